"""Questions and answers: the source's split and numbering, padding, leaks, and what is counted."""

import numpy as np
import pytest
import torch

from textbook_nlp.data import corpora
from textbook_nlp.data.corpora import QuestionFile
from textbook_nlp.data.generators import Additions, QuestionsAndAnswers
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks.paired_texts import (
    PairData,
    characters_of,
    encode_pairs,
    read_pairs,
    rows_of,
)
from textbook_nlp.lab.tasks.sequence_to_sequence import (
    PairModel,
    PairTraining,
    SequenceToSequence,
    run,
)
from textbook_nlp.training import Adam

PAIRS = QuestionsAndAnswers(["16+75  ", "52+607 "], ["91  ", "659 "])


def written(ids, vocabulary):
    return ["".join(vocabulary.decode(row)) for row in ids.tolist()]


def test_characters_are_numbered_as_they_first_appear_in_the_file():
    vocabulary = characters_of(PAIRS, masked=False)
    assert vocabulary.tokens == list("16+75 _920")  # 16+75  _91  52+607 _659
    assert characters_of(PAIRS, masked=True).tokens == ["<pad>", *"16+75 _920"]
    ids = encode_pairs(PAIRS, vocabulary, reverse=False, masked=False)
    assert written(ids.questions, vocabulary) == PAIRS.questions
    assert written(ids.answers, vocabulary) == ["_91  ", "_659 "]


def test_turned_around_blanks_come_first_unless_they_are_padding():
    vocabulary = characters_of(PAIRS, masked=False)
    ids = encode_pairs(PAIRS, vocabulary, reverse=True, masked=False)
    assert written(ids.questions, vocabulary) == ["  57+61", " 706+25"]
    vocabulary = characters_of(PAIRS, masked=True)
    ids = encode_pairs(PAIRS, vocabulary, reverse=True, masked=True)
    assert written(ids.questions, vocabulary) == ["57+61<pad><pad>", "706+25<pad>"]
    assert written(ids.answers, vocabulary) == ["_91  ", "_659 "]


def test_a_blank_within_a_question_is_no_padding():
    pairs = QuestionsAndAnswers(["may 7, 1990 "], ["1990-05-07"])
    vocabulary = characters_of(pairs, masked=True)
    ids = encode_pairs(pairs, vocabulary, reverse=True, masked=True)
    assert written(ids.questions, vocabulary) == ["0991 ,7 yam<pad>"]


def test_characters_and_widths_that_do_not_fit_are_refused():
    vocabulary = characters_of(PAIRS, masked=False)
    with pytest.raises(ValueError, match="'x' is not in the vocabulary"):
        rows_of(["1+x"], vocabulary)
    with pytest.raises(ValueError, match=r"the texts are \[1, 2\] characters wide; expected one"):
        rows_of(["1", "16"], vocabulary)


def test_the_split_is_that_of_the_source_and_leaks_are_found(monkeypatch):
    questions = [f"{i}" for i in range(10, 20)] * 2
    pairs = QuestionsAndAnswers(questions, [question[::-1] for question in questions])
    monkeypatch.setattr(corpora, "load", lambda name: QuestionFile(pairs))
    parts = read_pairs(PairData("addition", validation=4))
    np.random.seed(1984)  # noqa: NPY002 - as the source does it
    order = np.arange(20)
    np.random.shuffle(order)  # noqa: NPY002
    for part, rows in [
        (parts.train, order[:14]),
        (parts.validation, order[14:18]),
        (parts.test, order[18:]),
    ]:
        assert written(part.questions, parts.vocabulary) == [questions[row] for row in rows]
    seen = {questions[row] for row in order[:14]}
    assert parts.leaked.tolist() == [questions[row] in seen for row in order[18:]]
    assert parts.dataset.name == "addition"
    whole = read_pairs(PairData("addition"))
    assert torch.equal(whole.validation.questions, whole.test.questions)
    assert len(whole.train.questions) == 18
    with pytest.raises(ValueError, match="validation is 18 of 18 pairs to learn from: lower it"):
        read_pairs(PairData("addition", validation=18))


SMALL = SequenceToSequence(
    PairData("additions", size=200),
    PairModel(hidden_size=8, peeky=True),
    PairTraining(Adam(1e-2), epochs=6, batch_size=32),
)


def test_a_run_reports_its_last_epoch_or_the_best_on_validation():
    last = run(SMALL, Setting(0, torch.device("cpu")))
    assert last.metrics["best_epoch"] == 6
    assert last.metrics["exact_match"] == last.curves["exact_match"][-1]
    assert last.metrics["mean_of_last_5_epochs"] == pytest.approx(
        np.mean(last.curves["exact_match"][1:])
    )
    assert "leaked" not in last.metrics
    best = run(
        changed(SMALL, {"data.validation": 50, "data.masked": True, "training.triangle": True}),
        Setting(0, torch.device("cpu")),
    )
    shares = best.curves["exact_match"]
    assert best.metrics["best_epoch"] == 1 + int(np.argmax(shares))
    assert "mean_of_last_5_epochs" not in best.metrics


def test_what_leaks_is_counted_apart_and_the_time_to_98_percent_taken(monkeypatch):
    questions = Additions(1).sample(27, 0).questions
    pairs = QuestionsAndAnswers(questions + questions[:13], ["1 "] * 40)  # soon learned
    monkeypatch.setattr(corpora, "load", lambda name: QuestionFile(pairs))
    configuration = changed(
        SMALL,
        {"data": PairData("addition"), "training.optimizer": Adam(0.1), "training.batch_size": 9},
    )
    result = run(configuration, Setting(0, torch.device("cpu")))
    leaked = read_pairs(configuration.data).leaked
    assert 0 < result.metrics["leaked"] == leaked.mean() < 1
    assert result.metrics["exact_match"] == result.metrics["exact_match_without_leak"] == 1
    spent = np.cumsum(result.curves["cpu_seconds"])
    reached = np.argmax(np.array(result.curves["exact_match"]) >= 0.98)
    assert result.metrics["cpu_seconds_to_98_percent"] == pytest.approx(spent[reached], abs=0.06)
