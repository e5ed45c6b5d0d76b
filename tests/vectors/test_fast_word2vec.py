"""The fast trainer: gradients against autograd, shared negatives on average, what it learns."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.data.generators import Planted
from textbook_nlp.vectors import (
    NegativeSampler,
    Word2Vec,
    cbow_gradients,
    cbow_weights,
    cut_blocks,
    draw_scale,
    fast_word2vec,
    fit_word2vec,
    negative_sampling_loss,
    score_analogies,
    score_similarity,
    skip_gram_gradients,
    skip_gram_weights,
    word2vec_blocks,
)

SENTENCES = [[3, 1, 4, 1, 5, 0], [2], [0, 2], [5, 3, 5, 0, 1, 2, 4]]
IDS, LENGTHS = np.concatenate(SENTENCES), np.array([len(s) for s in SENTENCES])


def windows(ids, n):
    """Each id with its neighbors, by slices."""
    return [(i, ids[max(t - n, 0) : t] + ids[t + 1 : t + 1 + n]) for t, i in enumerate(ids)]


def one_block(window=2):
    (block,) = cut_blocks(IDS, LENGTHS, window, 1000, np.float64)
    return block


def drawn(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


@pytest.mark.parametrize("window", [1, 2, 50])
@pytest.mark.parametrize("least", [1, 5, 1000])
def test_blocks_are_the_sentences_with_their_windows(window, least):
    blocks = list(cut_blocks(IDS, LENGTHS, window, least, np.float64))
    np.testing.assert_array_equal(np.concatenate([b.ids for b in blocks]), IDS)
    assert all(len(b.ids) >= least for b in blocks[:-1])
    found = []
    for block in blocks:
        np.testing.assert_array_equal(block.words[block.place], block.ids)
        rows = block.neighbors.toarray()
        np.testing.assert_array_equal(rows, rows.T)
        np.testing.assert_array_equal(rows.sum(axis=1), block.degrees)
        one_hot = block.ids == block.words[:, None]
        np.testing.assert_array_equal(block.groups.toarray(), one_hot)
        found += [
            (int(i), block.ids[row > 0].tolist()) for i, row in zip(block.ids, rows, strict=True)
        ]
    assert found == [pair for s in SENTENCES for pair in windows(s, window)]


def explicit_loss(block, model, x, o, n, weights):
    """The loss as a sum over targets and negatives, one by one."""
    logs = torch.nn.functional.logsigmoid
    total = torch.zeros((), dtype=torch.float64)
    rows = block.neighbors.toarray()
    for t in range(len(rows)):
        near = np.flatnonzero(rows[t])
        if model == "cbow":
            if near.size == 0:
                continue
            h = x[near].mean(dim=0)
            total = total - logs(h @ o[t])
        else:
            h = x[t]
            for c in near:
                total = total - logs(h @ o[c])
        for k in range(len(n)):
            total = total - weights[t, k] * logs(-h @ n[k])
    return total


@pytest.mark.parametrize("tile", [3, 50])
@pytest.mark.parametrize("window", [1, 3, 50])
@pytest.mark.parametrize("model", ["cbow", "skip_gram"])
def test_gradients_equal_autograd(model, window, tile, monkeypatch):
    monkeypatch.setattr(word2vec_blocks, "TILE", tile)
    block = one_block(window)
    T = len(block.ids)
    x, o, n = drawn((T, 4), (T, 4), (3, 4))
    weights = np.random.default_rng(1).uniform(0.0, 2.0, size=(T, 3))
    function = {"cbow": cbow_gradients, "skip_gram": skip_gram_gradients}[model]
    found = function(block, x, o, n, weights)
    leaves = [torch.tensor(part, requires_grad=True) for part in (x, o, n)]
    explicit_loss(block, model, *leaves, weights).backward()
    for gradient, leaf in zip(found, leaves, strict=True):
        np.testing.assert_allclose(gradient, leaf.grad.numpy(), atol=1e-12)


def test_cbow_gradients_equal_those_of_the_torch_model():
    """One sentence of two words a row: the readable model sees the same."""
    (block,) = cut_blocks(np.array([0, 1]), np.array([2]), 5, 1, np.float64)
    W, C = drawn((4, 3), (4, 3))
    model = Word2Vec(4, 3).double()
    with torch.no_grad():
        model.input.weight.copy_(torch.tensor(W))
        model.output.weight.copy_(torch.tensor(C))
    contexts, targets = torch.tensor([[1], [0]]), torch.tensor([0, 1])
    negatives = torch.tensor([[2, 3], [2, 3]])
    (2 * negative_sampling_loss(model, contexts, targets, negatives)).backward()
    found = cbow_gradients(block, W[:2], C[:2], C[2:], np.ones((2, 2)))
    np.testing.assert_allclose(found.inputs, model.input.weight.grad[:2])
    np.testing.assert_allclose(found.outputs, model.output.weight.grad[:2])
    np.testing.assert_allclose(found.noise, model.output.weight.grad[2:])


@pytest.mark.parametrize("model", ["cbow", "skip_gram"])
def test_shared_negatives_weigh_on_average_as_own_ones(model):
    """Over many draws a word weighs 5 p(word) / (1 - p(target)) for each target."""
    block = one_block()
    sampler = NegativeSampler(np.bincount(IDS))
    p = sampler.probabilities
    scale = draw_scale(p, 5, 4, np.float64)
    weigh = {"cbow": cbow_weights, "skip_gram": skip_gram_weights}[model]
    rng = np.random.default_rng(0)
    total, n = np.zeros((2, len(IDS), 6)), 4000
    for _ in range(n):
        noise, times = np.unique(sampler.draw(4, rng), return_counts=True)
        weights = np.zeros((len(IDS), 6))
        weights[:, noise] = weigh(block, noise, times, scale)
        total += weights, weights**2
    own = 5 * p * (block.ids[:, None] != np.arange(6)) / (1 - p[block.ids])[:, None]
    expected = own if model == "cbow" else block.neighbors @ own
    mean = total[0] / n
    error = np.sqrt((total[1] / n - mean**2) / n)
    assert (abs(mean - expected) <= 5 * error + 1e-9).all()


def test_sigmoid_neither_overflows_nor_drifts():
    x = np.array([-1e4, -30.0, -1.0, 0.0, 2.0, 1e4])
    expected = torch.sigmoid(torch.tensor(x)).numpy()
    np.testing.assert_allclose(word2vec_blocks.sigmoid(x.copy()), expected, atol=1e-15)


@pytest.mark.parametrize(
    ("model", "sentences", "epochs"), [("cbow", 2_500, 30), ("skip_gram", 2_000, 20)]
)
def test_it_finds_the_planted_meaning(model, sentences, epochs):
    planted = Planted()
    text = planted.sample(sentences, 0)
    trained = fit_word2vec(text, model=model, embedding_size=32, epochs=epochs)
    assert score_analogies(trained.input, planted.analogies()).accuracy > 0.8
    assert score_similarity(trained.input, planted.similarities()).rho > 0.7
    assert sorted(trained.input.words) == planted.words
    assert trained.input.words == trained.output.words
    assert (np.diff(trained.counts) <= 0).all()


def test_equal_seeds_give_equal_vectors_and_others_do_not():
    text = Planted().sample(100, 0)
    one, same, other = (
        fit_word2vec(text, embedding_size=8, epochs=2, seed=s).input.matrix for s in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, same)
    assert abs(one - other).max() > 1e-3


def test_watch_sees_every_epoch_and_copies():
    seen = []
    text = Planted().sample(50, 0)
    last = fit_word2vec(
        text, embedding_size=4, epochs=3, watch=lambda n, v: seen.append((n, v.input.matrix))
    )
    assert [number for number, _ in seen] == [0, 1, 2, 3]
    np.testing.assert_array_equal(seen[-1][1], last.input.matrix)
    assert abs(seen[0][1]).max() <= 0.5 / 4
    assert all(abs(a - b).max() > 0 for (_, a), (_, b) in pairwise(seen))


def test_subsampling_thins_out_by_chance():
    ids, lengths = np.tile([0, 0, 0, 1], 2_000).astype(np.int32), np.full(2_000, 4)
    keep = np.array([0.25, 1.0])
    found, left = fast_word2vec._thin_out(ids, lengths, keep, np.random.default_rng(0))
    assert left.sum() == len(found)
    assert (found == 1).sum() == 2_000
    assert abs((found == 0).sum() - 1_500) < 5 * np.sqrt(6_000 * 0.25 * 0.75)
    text = Planted().sample(200, 0)
    plain = fit_word2vec(text, embedding_size=4, epochs=2).input.matrix
    thin = fit_word2vec(text, embedding_size=4, epochs=2, subsample=1e-3).input.matrix
    assert abs(plain - thin).max() > 1e-3


def test_rare_words_are_left_out_and_ties_keep_their_order():
    text = [["b", "a", "b", "c"], ["a", "once", "d", "c"], ["d", "b"]]
    trained = fit_word2vec(text, embedding_size=2, epochs=1, min_count=2)
    assert trained.input.words == ("b", "a", "c", "d")
    np.testing.assert_array_equal(trained.counts, [3, 2, 2, 2])


def test_steps_are_limited():
    text = [["a", "b"] * 300]
    trained = fit_word2vec(text, embedding_size=2, epochs=1, block=600, learning_rate=100.0)
    assert np.linalg.norm(trained.input.matrix, axis=1).max() < 0.31 + 0.4


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcde"), max_size=6), min_size=1, max_size=8),
    st.sampled_from(["cbow", "skip_gram"]),
    st.integers(1, 9),
    st.integers(1, 30),
)
def test_any_text_gives_finite_vectors_or_a_clear_error(text, model, window, block):
    different = {word for sentence in text for word in sentence}
    usable = len(different) > 1 and max(map(len, text)) > 1
    settings = {"model": model, "window": window, "block": block, "embedding_size": 3, "epochs": 2}
    if usable:
        trained = fit_word2vec(text, **settings)
        assert np.isfinite(trained.input.matrix).all()
        assert np.isfinite(trained.output.matrix).all()
    else:
        with pytest.raises(ValueError, match="no words|one word|two words"):
            fit_word2vec(text, **settings)


def test_bad_arguments():
    text = [["a", "b"], ["b", "c", "a"]]
    with pytest.raises(ValueError, match="the corpus holds no words"):
        fit_word2vec([])
    with pytest.raises(ValueError, match="the vocabulary has one word"):
        fit_word2vec([["a", "a", "a"]])
    with pytest.raises(ValueError, match="no sentence has two words"):
        fit_word2vec([["a"], ["b"]])
    with pytest.raises(ValueError, match="no word occurs 9 times: lower min_count"):
        fit_word2vec(text, min_count=9)
    with pytest.raises(TypeError, match="a sentence is a list of words, got the text 'a b'"):
        fit_word2vec(["a b"])
    with pytest.raises(ValueError, match="window is 0, expected at least 1"):
        fit_word2vec(text, window=0)
    with pytest.raises(ValueError, match="learning_rate is nan"):
        fit_word2vec(text, learning_rate=float("nan"))
    with pytest.raises(ValueError, match=r"threshold is -1\.0"):
        fit_word2vec(text, subsample=-1.0)


@pytest.mark.usefixtures("shapes_unchecked")
def test_an_unknown_model():
    with pytest.raises(ValueError, match="model is 'glove', expected one of cbow, skip_gram"):
        fit_word2vec([["a", "b"]], model="glove")


def test_vectors_that_run_away_are_an_error(monkeypatch):
    monkeypatch.setattr(fast_word2vec, "LONGEST", float("inf"))
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match="no longer finite after epoch 1: lower the learning rate"),
    ):
        fit_word2vec([["a", "b"] * 50], learning_rate=1e38, epochs=1, block=2, embedding_size=2)


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", 2.5),
        ("window", True),
        ("negatives", 1.5),
        ("epochs", 1.5),
        ("embedding_size", "3"),
    ],
)
def test_what_counts_is_a_whole_number(name, value):
    with pytest.raises(TypeError, match=rf"{name} is .*, expected a whole number"):
        fit_word2vec([["a", "b"]], **{name: value})


@pytest.mark.parametrize("rate", [0.0, -0.1, float("nan"), float("inf")])
def test_a_learning_rate_that_is_none(rate):
    with pytest.raises(ValueError, match=rf"learning_rate is {rate}, expected a finite number abo"):
        fit_word2vec([["a", "b"]], learning_rate=rate)


@pytest.mark.usefixtures("shapes_unchecked")
def test_generators_are_no_lists():
    with pytest.raises(TypeError, match="the sentences are a generator; give a list"):
        fit_word2vec(sentence for sentence in [["a", "b"]])
    with pytest.raises(TypeError, match="a sentence is a generator; give a list"):
        fit_word2vec([(word for word in "ab")])
    assert len(fit_word2vec([["a", "b"]], embedding_size=np.int64(2), epochs=1).input) == 2
