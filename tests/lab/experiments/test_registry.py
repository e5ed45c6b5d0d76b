"""Every experiment of the registry: whole, its goals measured, a small run recorded and read."""

from dataclasses import replace

import pytest
import torch

from textbook_nlp.data.corpora import CORPORA
from textbook_nlp.lab.experiments import first_merges
from textbook_nlp.lab.runs import goals, ledger, registry
from textbook_nlp.lab.runs.checked import plain
from textbook_nlp.lab.runs.experiment import Scale, Setting, measure, record_of
from textbook_nlp.lab.tasks.translated_texts import TranslationData

CPU = torch.device("cpu")
WRITING = {"training.epochs": 1, "written": 2, "steps": 8}
DATES = {
    "data.size": 200,
    "model.hidden_size": 4,
    "training.epochs": 1,
    "training.batch_size": 90,
}
# The small scale, smaller still: changes to it, and to one variant alone.
TINY = {
    "addition_seq2seq": (
        {"data.size": 300, "model.hidden_size": 4, "training.epochs": 1, "training.batch_size": 32},
        {"ours": {"data.validation": 50}},
    ),
    "aesop": ({"data.size": 10, "model.hidden_size": 6, "model.embedding_size": 6} | WRITING, {}),
    "agreement": ({"sentences": 300, "pairs": 20, "epochs": 1}, {}),
    "copy_machine": (
        {"steps": 2, "batch_size": 2, "judged": 4, "bits": 2, "longest": 2, "tested": (2, 3)},
        {
            variant: {"model.rows": 5, "model.tested_rows": 6, "model.hidden_size": 4}
            for variant in ("faithful", "ours")
        },
    ),
    "captioned_scenes": ({"pictures": 64, "epochs": 1, "judged": 20, "hidden_size": 8}, {}),
    "cost_by_length": ({"lengths": (4, 8), "repeats": 1}, {}),
    "daily_forecast": (
        {
            "data.train": 1500,
            "data.validation": 600,
            "data.test": 600,
            "training.epochs": 1,
            "training.steps": 5,
        },
        {},
    ),
    "dates_factorial": (DATES, {}),
    "dates_seq2seq": (DATES, {"ours": {"data.validation": 50}}),
    "english_korean": (
        {"data.size": 200, "data.validation": 20, "data.test": 20, "training.epochs": 1},
        {},
    ),
    "fable_words": (
        {"model.embedding_size": 4, "model.hidden_size": 4, "training.epochs": 1},
        {},
    ),
    "first_merges": ({}, {}),
    "headline_cuts": ({"data.size": 400, "learn": 400}, {}),
    "imdb_both_ways": ({"data.size": 400, "data.validation": 100, "training.epochs": 2}, {}),
    "imdb_convnet": (
        {"data.size": 400, "data.validation": 100, "training.epochs": 2},
        {"ours": {"members": 2}},
    ),
    "imdb_few_labels": (
        {"data.size": 400, "labeled": 60},
        {
            "faithful": {"method.validation": 100, "method.training.epochs": 2},
            "ours": {"method.folds": 2},
        },
    ),
    "imdb_last_words": ({"data.size": 400, "data.validation": 100, "training.epochs": 2}, {}),
    "imdb_linear": ({"data.size": 600}, {"ours": {"data.validation": 150}}),
    "imdb_lstm": ({"data.size": 400, "data.validation": 100, "training.epochs": 2}, {}),
    "imdb_models": (
        {"data.size": 200, "data.validation": 50, "learned": 64, "tested": 50, "rates": (1e-2,)}
        | {"training.epochs": 1},
        {},
    ),
    "imdb_rnn": ({"data.size": 400, "data.validation": 100, "training.epochs": 2}, {}),
    "jena_forecast": (
        {
            "data.train": 4000,
            "data.validation": 2000,
            "data.test": 2000,
            "training.epochs": 1,
            "training.steps": 2,
            "training.batch_size": 8,
        },
        {},
    ),
    "irish_lyrics": (
        {"data.size": 60, "model.hidden_size": 6, "model.embedding_size": 6} | WRITING,
        {},
    ),
    "korean_by_length": (
        {"learned": 300, "tested": 120, "epochs": 1, "model.hidden_size": 6},
        {},
    ),
    "long_range_copy": (
        {"steps": 2, "hidden_size": 4, "batch_size": 4, "judged": 10, "rates": (1e-2, 1e-3)},
        {},
    ),
    "multi30k": (
        {
            "data": TranslationData("english_korean", size=200, validation=20, test=20),
            "training.epochs": 1,
        },
        {},
    ),
    "nsmc_syllables": ({"data.size": 400, "data.validation": 100, "training.epochs": 2}, {}),
    "ptb_awd_lstm": ({"data.sentences": 120, "data.validation": 60, "training.epochs": 2}, {}),
    "ptb_counts": ({"data.sentences": 400, "embedding_size": 8}, {}),
    "ptb_feed_forward": (
        {"data.sentences": 120, "data.validation": 60, "training.epochs": 2},
        {},
    ),
    "ptb_lstm": ({"data.sentences": 120, "data.validation": 60, "training.epochs": 2}, {}),
    "ptb_lstm_650": ({"data.sentences": 120, "data.validation": 60, "training.epochs": 2}, {}),
    "ptb_ngram": ({"data.sentences": 400, "data.validation": 60}, {}),
    "ptb_rnn": ({"data.sentences": 120, "data.validation": 60, "training.epochs": 2}, {}),
    "ptb_word2vec": (
        {"data.sentences": 400, "windows.embedding_size": 8, "windows.epochs": 2},
        {},
    ),
    "reviews_models": (
        {"data.size": 200, "data.validation": 50, "learned": 64, "tested": 50, "rates": (1e-2,)}
        | {"training.epochs": 1},
        {},
    ),
    "sarcasm_bilstm": (
        {"data.size": 400, "training.epochs": 2},
        {"ours": {"data.validation": 100}},
    ),
    "sarcasm_embedding": (
        {"data.size": 400, "training.epochs": 2},
        {"ours": {"data.validation": 100}},
    ),
    "squad_questions": (
        {"data.size": 40, "model.hidden_size": 4, "model.embedding_size": 4, "training.epochs": 1},
        {},
    ),
    "tokenization": ({"texts": 500}, {}),
    "weather_forecast": (
        {
            "data.train": 2000,
            "data.validation": 1000,
            "data.test": 1000,
            "training.epochs": 1,
            "training.steps": 3,
            "training.batch_size": 8,
        },
        {},
    ),
    "word2vec_speed": (
        {"data.sentences": 400, "windows.embedding_size": 8, "windows.epochs": 2},
        {},
    ),
    "wordnet_similarity": ({}, {}),
}
VARIANTS = [(name, variant) for name in registry.names() for variant in registry.get(name).variants]


def tiny(name):
    """An experiment whose small scale takes no time."""
    experiment = registry.get(name)
    small = experiment.scales["small"]
    assert name in TINY, (
        f"add {name!r} to TINY above: what makes its small scale smaller, or ({{}}, {{}})"
    )
    changes, only = TINY[name]
    only = {
        variant: {**small.only.get(variant, {}), **changes, **only.get(variant, {})}
        for variant in experiment.variants
    }
    small = Scale("no time", small.changes, only)
    return replace(experiment, scales={**experiment.scales, "small": small})


def lasting(run):
    """The metrics that do not say how long it took."""
    clocks = ("seconds", "_seconds_to_98_percent", "_per_cpu_second", "speed_to_gensim")
    return {name: value for name, value in run.metrics.items() if not name.endswith(clocks)}


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_a_small_run_repeats_itself_and_its_record_can_be_read_back(name, variant, tmp_path):
    experiment = tiny(name)
    first, again, other = (
        measure(experiment, variant=variant, scale="small", seed=seed, device=CPU)
        for seed in (1, 1, 2)
    )
    # A library's sums may depend on where in memory an array lies: digits, not bits.
    assert lasting(first) == pytest.approx(lasting(again), rel=1e-5, nan_ok=True)
    assert (first.variant, first.scale, first.seed) == (variant, "small", 1)
    assert first.configuration.fields == plain(experiment.configuration(variant, "small"))
    path, kept, _ = ledger.add(record_of(experiment, [first]), tmp_path)
    _, kept, _ = ledger.add(record_of(experiment, [again]), tmp_path)
    assert kept.runs == [again]  # the newer of two with one key
    _, kept, dropped = ledger.add(record_of(experiment, [other]), tmp_path)
    assert (kept.runs, dropped) == ([again, other], [])  # one seed does not drop the other
    assert ledger.load(path) == kept


def nobody_has_seen(dataset):
    """Whether a corpus is in the registry without the digest of one of its files."""
    parts = CORPORA[dataset].parts if dataset in CORPORA else ()
    return any(all(each.sha256 is None for each in part.variants) for part in parts)


def test_an_experiment_whose_data_nobody_has_seen_is_recorded_as_not_run():
    unseen = {n for n in registry.names() if nobody_has_seen(registry.get(n).dataset)}
    assert unseen == {"jena_forecast"}
    assert not any(ledger.read(name) for name in unseen)


SEEN = [name for name in registry.names() if not nobody_has_seen(registry.get(name).dataset)]


@pytest.mark.parametrize("name", SEEN)
def test_every_goal_is_measured_by_some_recorded_or_small_run(name):
    experiment, record = registry.get(name), ledger.read(name)
    assert record, f"nobody has recorded {name}: run it at full scale, then `make record`"
    with_gpu = any(goals.rows()[row].where == "GPU" for row in experiment.rows)
    largest = ("full", "medium") if with_gpu else ("full",)
    full = [run for run in record.runs if run.scale in largest]
    assert full, f"{name} has no run at full scale: run it, then `make record`"
    assert {run.variant for run in record.runs} <= set(experiment.variants)
    for goal in experiment.all_goals:
        judged = [run for run in full if goal.of in (None, run.variant)]
        assert any(goal.metric in run.metrics for run in judged), goal


@pytest.mark.parametrize("name", registry.names())
def test_an_experiment_is_short_and_runs_at_small_and_full_scale(name):
    experiment = registry.get(name)
    assert {"small", "full"} <= set(experiment.scales) <= set(ledger.SCALES)
    assert ledger.from_json(ledger.to_json(record_of(experiment, [])), name).runs == []


def test_merges_count_up_to_the_first_that_differs(monkeypatch):
    configuration, setting = first_merges.Merging("first"), Setting(0, CPU)
    assert first_merges.run(configuration, setting).metrics == {"identical_merges": 10}
    monkeypatch.setattr(first_merges, "REPORTED", ("es", "est", "xx", "lo"))
    assert first_merges.run(configuration, setting).metrics == {"identical_merges": 2}
