"""Cuts judged by naive Bayes: weights by hand and by log-count ratios, cuts by chapter 01's own."""

from string import punctuation

import numpy as np
import torch

from textbook_nlp.bags import BagOfWords, log_count_ratio
from textbook_nlp.data.generators import Headlines
from textbook_nlp.lab.experiments.headline_cuts import EXPERIMENT
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks import judged_cuts
from textbook_nlp.lab.tasks.judged_cuts import cuts, naive_bayes, words
from textbook_nlp.lab.tasks.labeled_texts import LabeledTexts


def test_naive_bayes_is_right_where_the_formula_says_so():
    learn = LabeledTexts(["a a b", "b c", "c c c a"], np.array([1, 0, 0]))
    # Of "a" 2 + 1 in 3 + 3 against 1 + 1 in 6 + 3; of "c" 1 in 6 against 4 + 1 in 9; prior 1 to 2.
    # "a": 1/2 (3/6) (9/2) = 1.125 says 1; "a b": b is 2 in 6 against 2 in 9, 1.6875 says 1;
    # "c a": 0.3375 says 0; a token never seen changes nothing, and the prior alone says 0.
    judge = LabeledTexts(["a", "a b", "c a", "z", ""], np.array([1, 1, 0, 0, 1]))
    np.testing.assert_allclose(naive_bayes(str.split, learn, judge), 4 / 5)
    turned = LabeledTexts(judge.texts, 1 - judge.labels)
    np.testing.assert_allclose(naive_bayes(str.split, learn, turned), 1 / 5)


def test_naive_bayes_agrees_with_log_count_ratios():
    texts, labels = Headlines().sample(900, seed=3)
    learn = LabeledTexts(texts[:600], labels[:600].astype(int))
    judge = LabeledTexts(texts[600:], labels[600:].astype(int))
    bag = BagOfWords.fit(learn.texts, words)
    prior = np.log(learn.labels.mean() / (1 - learn.labels.mean()))
    ratios = log_count_ratio(bag.counts(learn.texts), learn.labels)
    right = np.mean((bag.counts(judge.texts) @ ratios + prior > 0) == judge.labels)
    np.testing.assert_allclose(naive_bayes(words, learn, judge), right)


def test_the_cuts_are_those_of_chapter_01():
    text = "UPDATE — City’s oldest café won't rule out 15.5-day strike, again!"
    blanks = str.maketrans(dict.fromkeys(punctuation.replace("'", "") + "—", " "))
    cleaned = text.lower().replace("’", "'").translate(blanks).split()
    found = cuts([text], 3)
    assert found["words"](text) == cleaned
    assert found["marks_attached"](text)[-2:] == ["strike,", "again!"]
    assert found["marks_apart"](text)[-4:] == ["strike", ",", "again", "!"]
    assert "".join(found["characters"](text)) == text.lower().replace("’", "'")
    assert found["five_characters"]("abcdef") == [tuple("abcde"), tuple("bcdef")]
    assert found["word_pairs"]("Say no.") == [("<s>", "say"), ("say", "no"), ("no", "</s>")]
    assert found["words_and_pairs"]("No") == ["no", ("<s>", "no"), ("no", "</s>")]
    assert any(len(piece) > 1 for piece in found["merges"]("aa again again"))


def test_marks_help_on_generated_headlines_and_the_seed_draws_the_texts():
    configuration = changed(EXPERIMENT.configuration("ours", "small"), {"data.size": 2_000})
    configuration = changed(configuration, {"learn": 2_000})
    first, second = (
        judged_cuts.run(configuration, Setting(seed, torch.device("cpu"))).metrics
        for seed in (0, 1)
    )
    assert first["marks_attached_accuracy"] > first["words_accuracy"] > first["baseline_accuracy"]
    assert first["words_accuracy"] != second["words_accuracy"]
    assert max(first.values()) < first["optimum"] + 0.03
