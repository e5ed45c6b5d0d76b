"""Texts with labels: what is drawn, what is read, and that the parts do not mix."""

from types import SimpleNamespace

import numpy as np
import pytest

from textbook_nlp.data.generators import Headlines, Reviews
from textbook_nlp.lab.tasks import labeled_texts
from textbook_nlp.lab.tasks.labeled_texts import LabeledData, LabeledTexts, read_labeled


def read(corpus, size=0, **options):
    return read_labeled(LabeledData(corpus, size, **options))


def test_some_texts_keep_their_labels():
    texts = LabeledTexts(["a", "b", "c"], np.array([0, 1, 1]))
    some = texts.pick(np.array([2, 0]))
    assert some.texts == ["c", "a"]
    np.testing.assert_array_equal(some.labels, [1, 0])
    assert texts.pick(slice(1, None)).texts == ["b", "c"]


def test_reviews_come_with_both_optima():
    data = read("reviews", 40)
    texts, labels = Reviews().sample(60, seed=0)
    assert data.train.texts + data.test.texts == texts
    np.testing.assert_array_equal(data.train.labels, labels[:40])
    np.testing.assert_array_equal(data.test.labels, labels[40:])
    assert data.optimum == Reviews().optimum().value > data.bag_of_words_optimum > 0.5


def test_headlines_come_with_their_optimum():
    data = read("headlines", 40)
    assert len(data.train.texts) == 40
    assert len(data.test.texts) == 20
    assert data.optimum == Headlines().optimum("accuracy").value
    assert data.bag_of_words_optimum is None
    assert set(data.train.labels.tolist()) == {0, 1}


def test_the_hashes_tell_texts_and_labels_apart():
    assert read("reviews", 40).dataset == read("reviews", 40).dataset
    hashes = [read(name, n).dataset.sha256 for name in ("reviews", "headlines") for n in (20, 40)]
    assert len({digest for each in hashes for digest in each.values()}) == 8


def test_line_breaks_stay_or_go_and_the_hash_is_that_of_what_was_read(monkeypatch):
    part = SimpleNamespace(texts=["a<br /><br />b", "c"], labels=np.array([0, 1]))
    imdb = SimpleNamespace(train=part, test=part)
    monkeypatch.setattr(labeled_texts.corpora, "load", lambda name: imdb)
    kept, gone = read("imdb"), read("imdb", line_breaks=False)
    assert kept.test.texts == part.texts
    assert gone.test.texts == ["a  b", "c"]
    assert kept.dataset == gone.dataset


@pytest.mark.corpora("sarcasm", "imdb", "nsmc")
@pytest.mark.parametrize(
    ("name", "train", "test", "share"),
    [
        ("imdb", 25_000, 25_000, 0.5),
        ("sarcasm", 20_000, 6_709, 0.44),
        ("nsmc", 150_000, 50_000, 0.5),
    ],
)
def test_real_corpora_have_their_published_sizes(name, train, test, share):
    data = read(name)
    assert (len(data.train.texts), len(data.test.texts)) == (train, test)
    assert data.dataset.name == name
    for labels in (data.train.labels, data.test.labels):
        np.testing.assert_allclose(labels.mean(), share, atol=0.01)
    np.testing.assert_allclose(data.train.labels[-5_000:].mean(), share, atol=0.02)  # mixed
