"""Continuing texts: what is read, that all models are asked for the same words, copies."""

from dataclasses import replace

import pytest
import torch

from textbook_nlp.lab.experiments import irish_lyrics
from textbook_nlp.lab.runs.experiment import Scale, measure
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks.continued_texts import IGNORED, TextData, Texts, read_texts
from textbook_nlp.lab.tasks.text_generation import (
    PrefixReader,
    Reading,
    runs,
    share_repeated,
    table_accuracy,
    usual,
)
from textbook_nlp.training import generate

SMALL = Texts(
    [[1, 2, 3], [2, 4, 1, 3]],
    [],
    [[5, 1, 2]],
    list("_abcde"),
    1,
    Dataset("x", None),
    frozenset({1, 2, 3, 4}),
)


def test_prefixes_are_what_keras_users_write_in_a_loop():
    ids, after = SMALL.prefixes(SMALL.train, 2)
    assert ids.tolist() == [[0, 1], [1, 2], [0, 2], [2, 4], [4, 1]]
    assert after.tolist() == [2, 3, 4, 1, 3]


def test_windows_run_over_all_texts_with_marks_between():
    ids, after = SMALL.windows([[1, 2], [3]], 2)
    assert ids.tolist() == [[0, 0], [0, 1], [1, 2], [2, 0], [0, 0]]
    assert after.tolist() == [1, 2, 0, 0, 3]


def test_marks_given_words_and_unknown_words_do_not_count():
    inputs, targets = SMALL.judged([[1, 2, 3], [5, 5, 1]])
    assert inputs.tolist() == [[0, 1, 2, 3, 0, 5, 5, 1]]
    assert targets.tolist() == [[IGNORED, 2, 3, IGNORED, IGNORED, IGNORED, 1, IGNORED]]
    assert SMALL.share_unknown([[1, 2, 3], [5, 5, 1]]) == 2 / 6


def test_rows_begin_with_the_mark_and_end_with_it():
    inputs, targets = SMALL.rows([[1, 2, 3], [5, 1]])
    assert inputs.tolist() == [[0, 1, 2, 3], [0, 5, 1, 0]]
    assert targets.tolist() == [[1, 2, 3, 0], [5, 1, 0, IGNORED]]
    _, judged = SMALL.rows([[1, 2, 3], [5, 5, 1]], judged=True)
    assert judged.tolist() == [[IGNORED, 2, 3, IGNORED], [IGNORED, IGNORED, 1, IGNORED]]


@pytest.mark.parametrize("corpus", ["sentences", "fables"])
def test_every_model_is_asked_for_the_same_words(corpus):
    texts = read_texts(TextData(corpus, kept=0.1))
    parts = (texts.train, texts.validation, texts.test)
    assert len(texts.validation) == len(texts.test) == int(0.1 * sum(map(len, parts)))
    for part in parts:
        ids, after = texts.prefixes(part, 6)
        inputs, targets = texts.judged(part)
        counted = targets != IGNORED
        torch.testing.assert_close(targets[counted], after)
        _, in_rows = texts.rows(part, judged=True)
        torch.testing.assert_close(in_rows[in_rows != IGNORED], after)
        seen = ids[:, -1] if texts.given else ids[after.new_tensor(range(len(ids))), -1]
        torch.testing.assert_close(inputs[counted], seen)
    assert {i for part in parts for text in part for i in text} == set(range(1, len(texts.words)))


def test_too_few_texts_for_three_parts_are_refused():
    for options in ({"kept": 0.6}, {"kept": 0.1, "size": 5}):
        with pytest.raises(ValueError, match="leave none for a part"):
            read_texts(TextData("sentences", **options))


def test_a_prefix_reader_generates_by_reading_its_last_words_anew():
    torch.manual_seed(0)
    model = PrefixReader(4, 5, bidirectional=True, length=3, examples="prefixes").build(7)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    row = [1, 2]
    for _ in range(6):
        row.append(int(model(torch.tensor([([0, 0, 0, *row])[-3:]])).argmax()))
    new = generate(Reading(model, 3), torch.tensor([[1, 2], [4, 4]]), steps=6)
    assert [1, 2, *new[0].tolist()] == row


def test_runs_repetitions_and_a_table_counted_by_hand():
    assert runs([[1, 2, 0, 3, 4, 5, 6], [1, 2]]) == [(1, 2, 3, 4, 5), (2, 3, 4, 5, 6)]
    assert share_repeated([[1] * 8, [1, 2, 3, 4, 5]]) == 3 / 5
    ids = torch.tensor([[0, 1], [0, 1], [0, 1], [2, 1]])
    assert table_accuracy((ids, torch.tensor([3, 4, 3, 5]))) == 3 / 4


def test_the_usual_accuracy_is_no_single_epoch():
    assert usual([0.1, 0.2, 0.8, 0.3, 0.9]) == 0.8
    assert usual([0.1, 0.2, 0.8, 0.6]) == pytest.approx(0.7)
    assert usual([0.4]) == 0.4


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("variant", ["faithful", "kept", "stopped", "ours"])
def test_a_run_measures_what_its_parts_allow(variant):
    tiny = {"data.corpus": "sentences", "data.size": 60, "training.epochs": 3}
    tiny |= {"model.embedding_size": 6, "model.hidden_size": 6, "written": 3, "steps": 9}
    experiment = replace(irish_lyrics.EXPERIMENT, scales={"small": Scale("no time", tiny)})
    run = measure(experiment, variant=variant, scale="small", seed=1, device=torch.device("cpu"))
    assert len(run.curves["temperature"]) == len(run.curves["copied"]) == 4
    assert min(run.curves["own_perplexity"]) >= 1
    assert ("train_accuracy" in run.metrics) == (variant != "ours")
    if variant != "ours":
        accuracies = run.curves["train_accuracy"]
        assert run.metrics["usual_train_accuracy"] == pytest.approx(sum(accuracies[1:]) / 2)
    if variant == "faithful":
        assert "test_perplexity" not in run.metrics
        assert run.metrics["train_accuracy"] <= run.metrics["table_accuracy"]
    else:
        assert 0 <= run.metrics["repeated_by_people"] < 1
        watched = run.curves["validation_perplexity"]
        kept = watched[-1] if variant == "kept" else min(watched)
        assert run.metrics["validation_perplexity"] == pytest.approx(kept)
        assert watched.index(min(watched)) + 1 == run.metrics["best_epoch"]


@pytest.mark.corpora("irish_lyrics")
def test_the_songs_give_the_words_and_the_prefixes_of_the_source():
    texts = read_texts(TextData("irish_lyrics"))
    ids, _ = texts.prefixes(texts.train, 15)
    assert (len(texts.words), *ids.shape) == (2_690, 12_038, 15)
    assert max(map(len, texts.train)) == 16
    assert texts.words[1:4] == ["the", "and", "i"]


@pytest.mark.corpora("aesop")
def test_the_fables_of_aesop_in_words_and_marks():
    texts = read_texts(TextData("aesop", kept=0.1))
    assert [len(part) for part in (texts.train, texts.validation, texts.test)] == [228, 28, 28]
    assert " ".join(texts.words[i] for i in texts.train[0][:8]) == (
        "the fox and the grapes . a hungry"
    )
    # The source counts a mark between fables and an id of padding besides the words: 4,169.
    assert len(texts.words) == 4_168
