"""Language modelling: that a run learns, and resumes; what is read as streams."""

from dataclasses import replace

import pytest
import torch

from textbook_nlp.data import corpora
from textbook_nlp.lab.experiments.ptb_rnn import EXPERIMENT
from textbook_nlp.lab.runs import registry
from textbook_nlp.lab.runs.checked import WrongField
from textbook_nlp.lab.runs.experiment import Scale, measure
from textbook_nlp.lab.tasks import language_modelling
from textbook_nlp.lab.tasks.language_modelling import RecurrentModel
from textbook_nlp.lab.tasks.text_streams import StreamData, read_streams
from textbook_nlp.layers import GRUCell, LSTMCell, RNNCell

CPU = torch.device("cpu")


def run_tiny(variant="ours", seed=3, **options):
    small = EXPERIMENT.scales["small"].changes
    tiny = {"data.sentences": 120, "data.validation": 60, "training.epochs": 2}
    size = {"model.embedding_size": 8, "model.hidden_size": 8}
    scale = Scale("no time", {**small, **tiny, **size})
    experiment = replace(EXPERIMENT, scales={"small": scale})
    return measure(experiment, variant=variant, scale="small", seed=seed, device=CPU, **options)


@pytest.mark.parametrize("variant", ["faithful", "ours"])
def test_the_best_epoch_is_kept_and_the_seed_counts(variant):
    first, other = run_tiny(variant), run_tiny(variant, seed=4)
    assert first.metrics["test_perplexity"] != other.metrics["test_perplexity"]
    assert first.dataset == other.dataset
    assert set(first.dataset.sha256) == {"train", "validation", "test"}
    assert {len(curve) for curve in first.curves.values()} == {2}
    best = first.curves["validation_perplexity"][int(first.metrics["best_epoch"]) - 1]
    assert first.metrics["validation_perplexity"] == best
    assert min(first.curves["validation_perplexity"]) == best
    assert first.metrics["optimum_perplexity"] > 1


@pytest.mark.parametrize("variant", ["faithful", "ours"])
def test_a_stopped_run_goes_on_and_ends_with_the_same_numbers(tmp_path, monkeypatch, variant):
    whole = run_tiny(variant)
    real = language_modelling.fit

    def stopped(*arguments, epochs, **options):
        real(*arguments, epochs=1, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(language_modelling, "fit", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_tiny(variant, folder=tmp_path)
    monkeypatch.setattr(language_modelling, "fit", real)
    resumed = run_tiny(variant, folder=tmp_path)
    assert resumed.metrics == whole.metrics
    assert resumed.curves["train_perplexity"] == whole.curves["train_perplexity"]


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(("kind", "cell"), [("rnn", RNNCell), ("lstm", LSTMCell), ("gru", GRUCell)])
def test_a_run_says_which_cell_and_how_many_layers(kind, cell):
    model = RecurrentModel(4, 6, cell=kind, num_layers=2).build(9)
    assert [type(each) for each in model.recurrent.cells] == [cell, cell]
    with pytest.raises(WrongField, match="expected 'rnn' or 'lstm' or 'gru'"):
        RecurrentModel(4, 6, cell="elman")


@pytest.mark.usefixtures("shapes_unchecked")  # it is long
def test_the_default_variant_comes_near_the_optimum_at_small_scale():
    run = registry.run("ptb_rnn", scale="small", device=CPU)
    optimum = run.metrics["optimum_perplexity"]
    assert optimum < run.metrics["test_perplexity"] < 1.25 * optimum


@pytest.mark.corpora("ptb")
def test_the_penn_treebank_is_read_with_its_hashes():
    streams = read_streams(StreamData("ptb"))
    lengths = [len(part) for part in (streams.train, streams.validation, streams.test)]
    assert lengths == [929_589, 73_760, 82_430]
    assert len(streams.vocabulary) == 10_000
    assert streams.train[:3].tolist() == [0, 1, 2]
    published = {part.name: part.variants[0].sha256 for part in corpora.CORPORA["ptb"].parts}
    assert (streams.dataset.name, streams.dataset.sha256) == ("ptb", published)
