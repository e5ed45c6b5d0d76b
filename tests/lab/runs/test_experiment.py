"""Running experiments: what a run records, resumes and recalls."""

import subprocess
import sys
from dataclasses import dataclass, replace

import pytest
import torch

from textbook_nlp.data.corpora.errors import DataUnavailable
from textbook_nlp.lab.experiments import rnn_language_model, text_streams
from textbook_nlp.lab.runs import experiment as experiments
from textbook_nlp.lab.runs import ledger, registry
from textbook_nlp.lab.runs.experiment import Experiment, Result, measure, record_of
from textbook_nlp.lab.runs.ledger import LedgerError

CPU = torch.device("cpu")
HASHES = {"train": "ab" * 32}


@dataclass(frozen=True)
class Fields:
    corpus: str = "toy"
    size: int = 3


def toy(run=None, name="toy"):
    def measured(fields, setting):
        assert setting.identity["fields"] == {"corpus": "toy", "size": 3}
        dataset = {"name": "toy", "sha256": HASHES}
        return Result({"loss": 1.0}, {"loss": [2.0, 1.0]}, dataset, 100.0, 200.0)

    return Experiment(
        name=name,
        title="A toy",
        row=None,
        dataset="toy",
        goals=(),
        configurations={"small": {"ours": Fields()}, "full": {"ours": Fields()}},
        expected={"small": "seconds", "full": "a week"},
        run=run or measured,
    )


def test_a_run_says_everything_about_itself():
    run = measure(toy(), scale="small", configuration="ours", seed=4, device=CPU)
    assert run.fields == {"corpus": "toy", "size": 3}
    assert (run.scale, run.configuration, run.seed) == ("small", "ours", 4)
    assert run.cpu_seconds >= 100  # what was spent before a resume counts
    assert run.wall_seconds >= 200
    assert run.device.startswith("CPU")
    assert set(run.versions) == {"textbook_nlp", "python", "torch", "numpy"}
    record = record_of(toy(), [run])
    assert ledger.from_json(ledger.to_json(record), "toy") == record


@pytest.mark.parametrize(
    ("scale", "configuration", "seed", "message"),
    [
        ("medium", "ours", 0, "has no medium/ours; it has small/ours, full/ours"),
        ("small", "faithful", 0, "has no small/faithful"),
        ("small", "ours", -1, "seed is -1"),
    ],
)
def test_what_an_experiment_does_not_offer_is_refused(scale, configuration, seed, message):
    with pytest.raises(ValueError, match=message):
        measure(toy(), scale=scale, configuration=configuration, seed=seed, device=CPU)


def test_a_full_run_must_read_the_experiments_data():
    run = measure(toy(), scale="full", configuration="ours", seed=0, device=CPU)
    assert record_of(toy(), [run]).dataset == {"name": "toy", "sha256": HASHES}
    with pytest.raises(LedgerError, match="reads toy, not other"):
        record_of(toy(), [replace(run, dataset={"name": "other", "sha256": HASHES})])
    small = replace(run, scale="small", dataset={"name": "other", "sha256": HASHES})
    assert record_of(toy(), [small]).dataset == {"name": "toy", "sha256": None}


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    package = tmp_path / "textbook_nlp" / "experiments"
    package.mkdir(parents=True)
    (package / "experiment.py").write_text("x = 1\n")
    (tmp_path / "textbook_nlp" / "results").mkdir()
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "Begin")
    return package


def test_the_commit_is_found(checkout):
    head = git(checkout, "rev-parse", "HEAD")
    assert experiments.commit(checkout) == head
    (checkout.parent / "results" / "toy.json").write_text("{}")
    assert experiments.commit(checkout) == head
    (checkout / "experiment.py").write_text("x = 2\n")
    assert experiments.commit(checkout) == f"{head}-dirty"


def test_outside_git_the_commit_is_unknown(checkout, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    assert experiments.commit(tmp_path / "elsewhere") == "unknown"
    installed = checkout.parents[1] / ".venv" / "experiments"
    installed.mkdir(parents=True)
    (installed / "experiment.py").write_text("x = 1\n")
    assert experiments.commit(installed) == "unknown"


def test_without_git_the_commit_is_unknown(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert experiments.commit(checkout) == "unknown"


def test_every_experiment_is_whole():
    for name in registry.MODULES:
        experiment = registry.get(name)
        assert experiment.name == name
        assert set(experiment.configurations) == set(experiment.expected) <= set(ledger.SCALES)
        for names in experiment.configurations.values():
            assert set(names) <= set(ledger.CONFIGURATIONS)
        assert ledger.from_json(ledger.to_json(record_of(experiment, [])), name).runs == []


def test_an_unknown_experiment_is_refused():
    with pytest.raises(registry.UnknownExperiment, match=r"there is no experiment 'x'; there are"):
        registry.get("x")


def test_looking_an_experiment_up_by_name_costs_nothing():
    code = "import sys, textbook_nlp.lab.experiments; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def tiny(**changes):
    """The small configuration, smaller still."""
    ours = registry.get("ptb_rnn").configurations["small"]["ours"]
    return replace(ours, sentences=120, embedding=8, hidden=8, epochs=2, **changes)


def run_tiny(configuration, **options):
    experiment = registry.get("ptb_rnn")
    experiment = replace(experiment, configurations={"small": {"ours": configuration}})
    options = {"scale": "small", "configuration": "ours", "seed": 3, "device": CPU} | options
    return measure(experiment, **options)


@pytest.mark.parametrize(
    "configuration",
    [
        tiny(),
        tiny(
            tied=False,
            initialization="saito",
            optimizer="sgd",
            batching="wrapping",
            schedule="constant",
        ),
    ],
    ids=["ours", "faithful"],
)
def test_the_language_model_runs_and_repeats(configuration):
    first, second = run_tiny(configuration), run_tiny(configuration)
    other = run_tiny(configuration, seed=4)
    assert first.metrics == second.metrics
    assert first.metrics["test_perplexity"] != other.metrics["test_perplexity"]
    assert first.dataset == other.dataset
    assert first.dataset["name"] == "grammar"
    assert set(first.dataset["sha256"]) == {"train", "valid", "test"}
    assert {len(curve) for curve in first.curves.values()} == {2}
    best = first.curves["validation_perplexity"][int(first.metrics["best_epoch"]) - 1]
    assert first.metrics["validation_perplexity"] == best
    assert min(first.curves["validation_perplexity"]) == best
    assert first.metrics["optimum_perplexity"] > 1


def test_a_language_model_run_resumes(tmp_path, monkeypatch):
    configuration = tiny()
    whole = run_tiny(configuration)
    path = tmp_path / "run.pt"
    real = rnn_language_model.fit

    def stopped(*arguments, epochs, **options):
        real(*arguments, epochs=1, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(rnn_language_model, "fit", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_tiny(configuration, checkpoint=path)
    monkeypatch.setattr(rnn_language_model, "fit", real)
    resumed = run_tiny(configuration, checkpoint=path)
    assert resumed.metrics == whole.metrics
    assert resumed.curves["train_perplexity"] == whole.curves["train_perplexity"]


def test_a_model_beats_a_guess_at_small_scale():
    run = registry.run("ptb_rnn", configuration="ours", scale="small", device=CPU)
    optimum = run.metrics["optimum_perplexity"]
    assert optimum < run.metrics["test_perplexity"] < 1.25 * optimum


def test_the_penn_treebank_is_read_with_its_hashes(monkeypatch):
    if not text_streams.corpora.data_folder().joinpath("ptb").exists():
        pytest.skip("the Penn Treebank is not here: set TEXTBOOK_NLP_DATA")
    streams = text_streams.penn_treebank()
    assert [len(part) for part in (streams.train, streams.valid, streams.test)] == [
        929_589,
        73_760,
        82_430,
    ]
    assert len(streams.vocabulary) == 10_000
    assert streams.train[:3].tolist() == [0, 1, 2]
    published = {
        part.name: part.variants[0].sha256 for part in text_streams.corpora.CORPORA["ptb"].parts
    }
    assert streams.dataset == {"name": "ptb", "sha256": published}


def unavailable(name):
    return DataUnavailable(name, name, "x.txt", [], text_streams.Path("/nowhere"), "grammar", "Do.")


def test_full_scale_says_first_how_long_it_takes(monkeypatch, capsys):
    monkeypatch.setattr(registry, "get", lambda name: toy())
    registry.run("toy", configuration="ours", scale="full", device=CPU)
    assert "toy at full scale takes a week, each seed" in capsys.readouterr().out
    registry.run("toy", configuration="ours", scale="small", device=CPU)
    assert capsys.readouterr().out == ""


def test_out_of_memory_says_what_to_change(monkeypatch):
    def run(fields, setting):
        raise MemoryError

    monkeypatch.setattr(registry, "get", lambda name: toy(run))
    with pytest.raises(registry.devices.OutOfMemory, match="lower the batch size"):
        registry.run("toy", configuration="ours", scale="small", device=CPU)


def test_without_its_corpus_a_recorded_run_is_recalled(monkeypatch, capsys, tmp_path):
    def run(fields, setting):
        raise unavailable("toy")

    found = measure(toy(), scale="full", configuration="ours", seed=0, device=CPU)
    record = record_of(toy(), [found])
    monkeypatch.setattr(registry, "get", lambda name: toy(run))
    monkeypatch.setattr(registry.ledger, "read", lambda name: None)
    with pytest.raises(DataUnavailable):
        registry.run_or_recall("toy", configuration="ours")
    monkeypatch.setattr(registry.ledger, "read", lambda name: record)
    assert registry.run_or_recall("toy", configuration="ours") == found
    shown = capsys.readouterr().out
    assert "is not available" in shown
    assert "Recalled instead: ours configuration, full scale, seed 0, CPU" in shown
    assert registry.recall("toy", configuration="faithful") is None
    monkeypatch.setattr(registry, "get", lambda name: toy())
    assert registry.run_or_recall("toy", configuration="ours").scale == "small"
