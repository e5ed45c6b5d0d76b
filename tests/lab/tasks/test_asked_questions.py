"""Questions about texts: what is read and cut, pointers, rules, scores, and that a run learns."""

import numpy as np
import pytest
import torch

from textbook_nlp.data import corpora
from textbook_nlp.data.corpora import SquadAnswer, SquadArticle, SquadParagraph, SquadQuestion
from textbook_nlp.lab.experiments.squad_questions import EXPERIMENT
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks import question_baselines as rules
from textbook_nlp.lab.tasks.asked_questions import question_batches, run
from textbook_nlp.lab.tasks.marked_texts import (
    MarkedData,
    MarkedText,
    read_marked,
    sentence_ends,
    tokens_of,
)
from textbook_nlp.lab.tasks.pointed_words import WordIds

TEXT = "The fox met Mr. Crow in 1912. He (the crow) sang. It fell."
ASKED = ["Who met Mr. Crow?", "When?", "Who sang?", "And who?"]
ANSWERS = [(0, "The fox"), (24, "1912"), (34, "the crow"), (30, "He (the crow) sang. It")]


@pytest.fixture
def squad(monkeypatch):
    questions = [
        SquadQuestion(text, [SquadAnswer(*answer)], False)
        for text, answer in zip(ASKED, ANSWERS, strict=True)
    ]
    questions.append(SquadQuestion("Twice?", [SquadAnswer(0, "The")], True))
    questions.append(SquadQuestion("Which one?", [SquadAnswer(0, "The fox")], False))
    article = SquadArticle("T", [SquadParagraph(TEXT, questions)])
    monkeypatch.setattr(corpora, "load", lambda name: [article] * 20)


def pieces(text):
    return {" ".join(text.tokens[a:b]): asked for (a, b), asked in text.questions.items()}


def test_a_paragraph_with_its_questions(squad):
    parts = read_marked(MarkedData("squad"))
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [4, 8, 8]
    (text, *_) = parts.test
    assert text.tokens == tokens_of(TEXT)[0]
    assert pieces(text) == {
        "The fox": [["who", "met", "mr", ".", "crow", "?"], ["which", "one", "?"]],
        "1912": [["when", "?"]],
        "the crow": [["who", "sang", "?"]],
    }
    assert text.wanted.nonzero()[0].tolist() == [0, 1, 7, 11, 12]


def test_sentences_hold_the_same_questions_and_read_the_same_data(squad):
    whole, cut = (read_marked(MarkedData("squad", unit=u)) for u in ("paragraph", "sentence"))
    assert [" ".join(text.tokens) for text in cut.test[:3]] == [
        "The fox met Mr . Crow in 1912 .",
        "He ( the crow ) sang .",
        "It fell .",
    ]
    assert [len(text.questions) for text in cut.test[:3]] == [2, 1, 0]
    joined = {piece: asked for text in cut.test[:3] for piece, asked in pieces(text).items()}
    assert joined == pieces(whole.test[0])
    assert whole.dataset == cut.dataset


def test_what_lies_behind_the_tokens_that_are_kept_is_left_out(squad):
    short = read_marked(MarkedData("squad", length=8))
    assert set(pieces(short.test[0])) == {"The fox", "1912"}
    assert set(pieces(read_marked(MarkedData("squad", length=7)).test[0])) == {"The fox"}


def test_an_abbreviation_ends_no_sentence():
    assert sentence_ends(["Mr", ".", "Crow", "sang", ".", "It", "fell", "."]) == [5, 8]
    assert sentence_ends(["it", "fell", ".", "again"]) == [4]


def test_rare_words_are_pointed_at_by_their_place():
    words = WordIds([["a", "fox", "met", "a", "fox", "met"]], 4 + 6 + 3, 2)
    text = ["a", "Crow", "met", "Crow", "Mina", "Omar", "1912", "singing"]
    pointed = words.pointed(text)
    assert pointed == {
        "crow": "<name 0>",
        "mina": "<name 1>",
        "1912": "<number 0>",
        "singing": "<word 0>",
    }
    ids = words.question(["crow", "met", "omar", "?"], pointed)
    assert words.vocabulary.decode(ids) == [
        "<start>", "<name 0>", "met", "<unk>", "<unk>", "<end>",
    ]  # fmt: skip
    assert words.decode([*ids[1:], 0, 0], pointed) == ["crow", "met", "<unk>", "<unk>"]
    assert words.decode(ids[1:3], {}) == ["<name 0>", "met"]
    assert WordIds([["a"]], 5, 0).pointed(text) == {}


TEXTS = [
    MarkedText(
        ["the", "fox", "met", "Mina", "on", "7", "may", "."],
        {(3, 4): [["who", "did", "fox", "meet", "?"]]},
    ),
    MarkedText(["she", "sang", ".", "Omar", "fell", "."], {(3, 4): [["who", "then", "fell", "?"]]}),
]


def test_rules_and_scores_by_hand():
    found = rules.marking_rules(TEXTS)
    assert found["capitals"][0].nonzero()[0].tolist() == [3]
    assert found["capitals within"][1].sum() == 0
    assert found["capitals and numbers"][0].nonzero()[0].tolist() == [3, 5]
    marked = [row > 0 for row in found["capitals and numbers"]]
    assert rules.marks_f1(marked, TEXTS) == rules.spans_f1(marked, TEXTS) == 2 * 2 / (3 + 2)
    wide = [np.ones(8, dtype=bool), np.zeros(6, dtype=bool)]
    assert rules.marks_f1(wide, TEXTS) == 2 / (8 + 2)
    assert rules.spans_f1(wide, TEXTS) == 0
    scores = rules.word_scores(TEXTS, TEXTS)
    assert scores[0][3] == (1 + 2 / 14) / 2
    assert scores[0][7] == (2 / 14) / 4
    limit = rules.best_threshold(scores, TEXTS)
    assert rules.marks_f1([row >= limit for row in scores], TEXTS) == 1


def test_what_is_copied_stays_within_the_sentence():
    assert rules.copied_words(TEXTS, 2, 2) == [
        ["what", "fox", "met", "on", "7", "?"],
        ["what", "fell", "?"],
    ]
    right = [["who", "did", "fox", "meet", "?"], ["who", "then", "fell", "?"]]
    assert rules.judged(right, TEXTS) == pytest.approx(100)
    one = rules.constant_question(TEXTS * 10, TEXTS)
    assert one in right
    assert rules.judged([one] * 2, TEXTS) > rules.judged([["who", "?"], ["who", "?"]], TEXTS)


def test_batches_hold_every_question_with_its_text_and_mark():
    words = WordIds([text.tokens for text in TEXTS], 40, 0)
    ((ids, marked, asked),) = question_batches(TEXTS, words, 5)
    assert words.vocabulary.decode(ids[0].tolist())[:6] == [t.lower() for t in TEXTS[1].tokens]
    assert marked.nonzero().tolist() == [[0, 3], [1, 3]]
    written = words.vocabulary.decode(asked[0].tolist())
    assert written == ["<start>", "<unk>", "<unk>", "fell", "<unk>", "<end>", "<pad>"]
    some = question_batches(TEXTS * 10, words, 3, np.random.default_rng(0))
    assert sum(len(ids) for ids, _, _ in some) == 20


def test_a_run_learns_to_ask(monkeypatch):
    configuration = changed(
        EXPERIMENT.variants["ours"], EXPERIMENT.scales["small"].changes | {"data.size": 100}
    )
    result = run(configuration, Setting(0, torch.device("cpu")))
    curve = result.curves["question_nats"]
    assert curve[-1] < 0.8 * curve[0]
    for kind in ("answer", "span"):
        ours, theirs = result.metrics[f"{kind}_f1"], result.metrics[f"{kind}_f1_of_rule"]
        assert result.metrics[f"{kind}_f1_above_baseline"] == ours - theirs
