"""Experiments as task, variant and scale: what a run records, resumes and recalls."""

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from textbook_nlp.data.corpora import DataUnavailable
from textbook_nlp.lab import experiments
from textbook_nlp.lab.runs import ledger, provenance, registry
from textbook_nlp.lab.runs.checked import Checked
from textbook_nlp.lab.runs.experiment import (
    Experiment,
    Measurement,
    Scale,
    Setting,
    Task,
    measure,
    record_of,
)
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.runs.ledger import Dataset, LedgerError
from textbook_nlp.training import SGD, Checkpoint, CheckpointError, Epoch, History, fit

CPU = torch.device("cpu")
HASHES = {"train": "ab" * 32}


@dataclass(frozen=True)
class Fields(Checked):
    size: int = 3
    reversed: bool = False


def measured(fields, setting):
    epoch = Epoch(1, 1, 1.0, None, 0.1, 1.0, None, cpu_seconds=100.0, wall_seconds=200.0)
    history = History([epoch], resumed=1)
    return Measurement({"loss": fields.size}, {"loss": [2.0]}, Dataset("toy", HASHES), [history])


def toy(run=measured, **changes):
    made = {
        "name": "toy",
        "title": "A toy",
        "dataset": "toy",
        "task": Task(run),
        "variants": {"ours": Fields(), "reversed": Fields(reversed=True)},
        "scales": {
            "small": Scale("seconds", {"size": 1}, only={"reversed": {"size": 2}}),
            "full": Scale("a week"),
        },
    }
    return Experiment(**made | changes)


def go(experiment=None, **options):
    options = {"variant": "ours", "scale": "small", "seed": 0, "device": CPU} | options
    return measure(experiment or toy(), **options)


def test_a_run_says_everything_about_itself():
    run = go(seed=4)
    assert run.configuration == ledger.Chosen("ours", {"size": 1, "reversed": False})
    assert (run.variant, run.scale, run.seed) == ("ours", "small", 4)
    assert run.cpu_seconds >= 100  # what was spent before a resume counts
    assert run.wall_seconds >= 200
    assert run.device.startswith("CPU")
    assert set(run.versions) == {"textbook_nlp", "python", "torch", "numpy"}
    record = record_of(toy(), [run])
    assert ledger.from_json(ledger.to_json(record), "toy") == record


def test_a_scale_changes_every_variant_and_may_change_one_alone():
    assert go(variant="reversed").configuration.fields == {"size": 2, "reversed": True}
    assert go(variant="reversed", scale="full").configuration.fields["size"] == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": "medium"}, "has no medium/ours; it has the scales small, full and the variants"),
        ({"variant": "faithful"}, "has no small/faithful"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**32}, "seed is 4294967296"),
    ],
)
def test_what_an_experiment_does_not_offer_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        go(**options)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"default": "other"}, "toy has no variant 'other'; it has ours, reversed"),
        ({"goals": (Goal("loss", "measure", of="other"),)}, "no variant 'other'"),
        ({"scales": {"small": Scale("", only={"other": {}})}}, "no variant 'other'"),
        ({"scales": {"small": Scale("", {"sise": 1})}}, "Fields has no field 'sise'"),
        ({"variants": {}}, "toy has no variants"),
    ],
)
def test_an_experiment_that_does_not_fit_together_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        toy(**changes)


def test_a_full_run_must_read_the_experiments_data():
    run = go(scale="full")
    assert record_of(toy(), [run]).dataset == Dataset("toy", HASHES)
    with pytest.raises(LedgerError, match="reads toy, not other"):
        record_of(toy(), [replace(run, dataset=Dataset("other", HASHES))])
    small = replace(run, scale="small", dataset=Dataset("other", HASHES))
    assert record_of(toy(), [small]).dataset == Dataset("toy", None)


def test_a_task_on_the_cpu_records_the_cpu_whatever_is_asked_for():
    seen = []

    def run(fields, setting):
        seen.append(setting.device)
        return measured(fields, setting)

    found = go(toy(task=Task(run, on_cpu=True)), device=torch.device("cuda"))
    assert seen == [CPU]
    assert found.device.startswith("CPU")


# ---------------------------------------------------------------------------------------------
# Stages


def test_each_fit_of_a_run_has_a_checkpoint_of_its_own(tmp_path):
    setting = Setting(0, CPU, Checkpoint(tmp_path / "run.pt", {"seed": 0}))
    plain, turned = setting.stage("plain"), setting.stage("reversed")
    assert plain.path != turned.path
    assert (plain.identity["stage"], turned.identity["stage"]) == ("plain", "reversed")
    assert plain.identity["seed"] == 0
    with pytest.raises(ValueError, match="has had a stage 'plain'"):
        setting.stage("plain")
    assert Setting(0, CPU).stage("plain") is None


class Stopped(Exception):
    """What ends a run in these tests."""


def training(stop_after=None):
    """A run of two fits, perhaps stopped in the second."""

    def run(fields, setting):
        curves, histories = {}, []
        for name in ("first", "second"):
            torch.manual_seed(setting.seed + len(name))
            model = torch.nn.Linear(2, 1)
            epochs = 3

            def validate(model, name=name, calls=[]):  # noqa: B006 - counts the epochs
                calls.append(name)
                if name == "second" and len(calls) == stop_after:
                    raise Stopped
                return float(len(calls))

            history = fit(
                model,
                [(torch.ones(4, 2) * len(name), torch.ones(4))],
                lambda model, batch: (((model(batch[0])[:, 0] - batch[1]) ** 2).mean(), 4),
                SGD(0.01).of(model.parameters()),
                epochs=epochs,
                validate=validate,
                checkpoint=setting.stage(name),
            )
            curves[name] = history.curve("train_loss")
            histories.append(history)
        return Measurement(
            {"loss": curves["second"][-1]}, curves, Dataset("toy", HASHES), histories
        )

    return toy(run)


def test_a_stopped_run_of_several_fits_goes_on_and_ends_with_the_same_numbers(tmp_path):
    whole = go(training())
    assert whole.curves["first"] != whole.curves["second"]
    with pytest.raises(Stopped):
        go(training(stop_after=2), folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    resumed = go(training(), folder=tmp_path)
    assert (resumed.metrics, resumed.curves) == (whole.metrics, whole.curves)


@pytest.mark.parametrize(
    ("name", "other"), [("commit", "f" * 40), ("code", "another"), ("versions", {"torch": "1.0"})]
)
def test_a_run_does_not_go_on_under_other_code(tmp_path, monkeypatch, name, other):
    with pytest.raises(Stopped):
        go(training(stop_after=2), folder=tmp_path)
    monkeypatch.setattr(provenance, name, lambda: other)
    with pytest.raises(CheckpointError, match=name):
        go(training(), folder=tmp_path)


# ---------------------------------------------------------------------------------------------
# The registry


def test_two_variants_of_one_task_are_one_file_of_a_few_lines(tmp_path, monkeypatch):
    (tmp_path / "repeating.py").write_text(
        """
from dataclasses import dataclass
from textbook_nlp.lab.runs.experiment import Experiment, Measurement, Scale, Task
from textbook_nlp.lab.runs.ledger import Dataset

@dataclass(frozen=True)
class Repeating:
    times: int

def run(configuration, setting):
    return Measurement({"length": configuration.times}, {}, Dataset("none", {"all": "0" * 64}))

EXPERIMENT = Experiment(
    name="repeating", title="Twice", dataset="none", task=Task(run, on_cpu=True), row=(1, 2),
    variants={"plain": Repeating(10), "reversed": Repeating(20)},
    scales={"small": Scale("no time", {"times": 1}), "full": Scale("no time")},
)
""",
        encoding="utf-8",
    )
    monkeypatch.setattr(experiments, "__path__", [*experiments.__path__, str(tmp_path)])
    assert "repeating" in registry.names()
    runs = [
        registry.run("repeating", variant=variant, scale=scale, device=CPU)
        for variant in ("plain", "reversed")
        for scale in ("small", "full")
    ]
    assert [run.metrics["length"] for run in runs] == [1, 10, 1, 20]
    _, merged, _ = ledger.add(record_of(registry.get("repeating"), runs), tmp_path / "results")
    assert merged.rows == [1, 2]
    assert ledger.read("repeating", tmp_path / "results") == merged
    assert [goal.of for goal in merged.goals] == ["plain", "reversed"]
    (tmp_path / "renamed.py").write_text((tmp_path / "repeating.py").read_text())
    with pytest.raises(ValueError, match=r"'repeating' stands in renamed\.py"):
        registry.get("renamed")


def test_an_unknown_experiment_is_refused():
    with pytest.raises(registry.UnknownExperiment, match=r"there is no experiment 'x'; there are"):
        registry.get("x")


def test_looking_an_experiment_up_by_name_costs_nothing():
    code = "import sys, textbook_nlp.lab.experiments; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_full_scale_says_first_how_long_it_takes(monkeypatch, capsys):
    monkeypatch.setattr(registry, "get", lambda name: toy())
    registry.run("toy", scale="full", device=CPU)
    assert "toy at full scale takes a week, each seed" in capsys.readouterr().out
    registry.run("toy", scale="small", device=CPU)
    assert capsys.readouterr().out == ""


def test_out_of_memory_says_what_to_change(monkeypatch):
    def run(fields, setting):
        raise MemoryError

    monkeypatch.setattr(registry, "get", lambda name: toy(run))
    with pytest.raises(registry.devices.OutOfMemory, match="lower the batch size"):
        registry.run("toy", scale="small", device=CPU)


def test_without_its_corpus_a_recorded_run_is_recalled(monkeypatch, capsys):
    def run(fields, setting):
        raise DataUnavailable("toy", "toy", "x.txt", [], Path("/nowhere"), "grammar", "Do.")

    found = go(scale="full")
    monkeypatch.setattr(registry, "get", lambda name: toy(run))
    monkeypatch.setattr(registry.ledger, "read", lambda name: None)
    with pytest.raises(DataUnavailable):
        registry.run_or_recall("toy")
    monkeypatch.setattr(registry.ledger, "read", lambda name: record_of(toy(), [found]))
    assert registry.run_or_recall("toy") == found
    shown = capsys.readouterr().out
    assert "is not available" in shown
    assert "Recalled instead: ours variant, full scale, seed 0, CPU" in shown
    assert registry.recall("toy", variant="reversed") is None
    monkeypatch.setattr(registry, "get", lambda name: toy())
    assert registry.run_or_recall("toy").scale == "small"


def test_what_is_recorded_stands_beside_what_others_report(monkeypatch):
    goals = (
        Goal("loss", "at_most", 10, reported=12.0, known="V", of="reversed"),
        Goal("loss", "measure", of="ours"),
        Goal("speed", "measure"),
    )
    experiment = toy(goals=goals, row=10)
    runs = [go(experiment, scale="full", variant="reversed", seed=seed) for seed in range(3)]
    runs = [
        replace(run, metrics={"loss": value}) for run, value in zip(runs, (9, 30, 7), strict=True)
    ]
    runs.append(replace(go(experiment, variant="ours"), metrics={"loss": 1}))  # a small run
    monkeypatch.setattr(registry, "get", lambda name: experiment)
    monkeypatch.setattr(registry.ledger, "read", lambda name: record_of(experiment, runs))
    listed, _, turned, plain, *speed = registry.recorded("toy")
    assert (listed.goal.metric, listed.ours) == ("test_perplexity", None)
    assert [each.value for each in listed.published] == [141.2, 124.7, 114.5]
    assert (turned.name, turned.goal.reported) == ("A toy, reversed", 12.0)
    ours = turned.ours
    assert (ours.median, ours.low, ours.high, ours.seeds) == (9, 7, 30, 3)
    assert (turned.met, turned.published) == (True, ())
    assert (plain.name, plain.ours, plain.met) == ("A toy, by our settings", None, None)
    assert [line.name for line in speed] == ["A toy, by our settings", "A toy, reversed"]
    assert listed.row[2:] == ("114.5\nZaremba and others 2014", "not run")
    assert turned.row == ("A toy, reversed", "1,200 %", "-", "900.0 %\n700.0 to 3,000, 3 seeds")
    assert len(turned.row) == len(registry.COLUMNS)
    monkeypatch.setattr(registry.ledger, "read", lambda name: None)
    assert {line.ours for line in registry.recorded("toy")} == {None}


def test_the_records_of_the_package_are_found():
    (line, *_) = registry.recorded("ptb_rnn")
    assert (line.goal.reported, line.ours.seeds) == (135.6, 3)
