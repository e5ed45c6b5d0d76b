"""word2vec in PyTorch: losses against explicit sums, pairs against a loop, training by `fit`."""

import numpy as np
import pytest
import torch

from textbook_nlp.training import fit
from textbook_nlp.vectors import (
    NO_WORD,
    NegativeSampler,
    Word2Vec,
    cbow_pairs,
    negative_sampling_loss,
    softmax_loss,
    word2vec_batches,
    word2vec_loss,
)

SENTENCES = [[3, 1, 4, 1, 5], [2], [0, 2], [5, 3, 5, 0, 1, 2, 4]]


def windows(ids, n):
    """Each id with its neighbors, by slices."""
    return [(i, ids[max(t - n, 0) : t] + ids[t + 1 : t + 1 + n]) for t, i in enumerate(ids)]


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = Word2Vec(6, 4).double()
    torch.nn.init.normal_(model.input.weight)
    torch.nn.init.normal_(model.output.weight)
    return model


def tables(model):
    return model.input.weight.detach().numpy(), model.output.weight.detach().numpy()


@pytest.mark.parametrize("window", [1, 2, 9])
def test_pairs_are_those_of_a_loop(window):
    contexts, targets = cbow_pairs(SENTENCES, window)
    expected = [pair for s in SENTENCES if len(s) > 1 for pair in windows(s, window)]
    assert targets.tolist() == [target for target, _ in expected]
    assert [[i for i in row if i != NO_WORD] for row in contexts.tolist()] == [
        c for _, c in expected
    ]


def test_whole_windows_alone():
    contexts, targets = cbow_pairs(SENTENCES, 2, whole=True)
    assert targets.tolist() == [4, 5, 0, 1]
    assert contexts.tolist() == [[3, 1, 1, 5], [5, 3, 0, 1], [3, 5, 1, 2], [5, 0, 2, 4]]


def test_hidden_is_the_mean_of_the_real_words(model):
    W, _ = tables(model)
    contexts = torch.tensor([[1, NO_WORD, 3], [2, 2, 5], [NO_WORD] * 3])
    expected = [(W[1] + W[3]) / 2, (2 * W[2] + W[5]) / 3, np.zeros(4)]
    np.testing.assert_allclose(model.hidden(contexts).detach().numpy(), expected)
    one_hot = torch.nn.functional.one_hot(torch.tensor([4]), 6).double()
    torch.testing.assert_close(one_hot @ model.input.weight, model.hidden(torch.tensor([[4]])))


def test_losses_equal_explicit_sums(model):
    W, C = tables(model)
    contexts, targets = torch.tensor([[0, 1], [2, NO_WORD]]), torch.tensor([3, 4])
    negatives = torch.tensor([[1, 5, 5], [0, 2, 1]])
    softmax = sampled = 0.0
    for context, t, wrong in (([0, 1], 3, [1, 5, 5]), ([2], 4, [0, 2, 1])):
        h = sum(W[i] for i in context) / len(context)
        scores = [float(h @ C[v]) for v in range(6)]
        softmax -= np.log(np.exp(scores[t]) / sum(np.exp(scores))) / 2
        sampled -= np.log(1 / (1 + np.exp(-scores[t]))) / 2
        sampled -= sum(np.log(1 / (1 + np.exp(scores[n]))) for n in wrong) / 2
    np.testing.assert_allclose(softmax_loss(model, contexts, targets).item(), softmax)
    found = negative_sampling_loss(model, contexts, targets, negatives)
    np.testing.assert_allclose(found.item(), sampled)


def test_only_the_words_of_a_batch_learn(model):
    loss = negative_sampling_loss(
        model, torch.tensor([[0, 1]]), torch.tensor([3]), torch.tensor([[5, 4]])
    )
    loss.backward()
    moved = [
        grad.abs().sum(dim=1) > 0 for grad in (model.input.weight.grad, model.output.weight.grad)
    ]
    assert moved[0].nonzero().ravel().tolist() == [0, 1]
    assert moved[1].nonzero().ravel().tolist() == [3, 4, 5]


def test_batches_hold_every_pair_once():
    contexts, targets = cbow_pairs(SENTENCES, 2)
    sampler = NegativeSampler(np.bincount(np.concatenate(SENTENCES)))
    rng = np.random.default_rng(0)
    found = list(word2vec_batches(contexts, targets, sampler, batch_size=4, negatives=3, rng=rng))
    assert [len(t) for _, t, _ in found] == [4, 4, 4, 2]
    rows = sorted((*c.tolist(), int(t)) for cs, ts, _ in found for c, t in zip(cs, ts, strict=True))
    assert rows == sorted((*c, t) for c, t in zip(contexts.tolist(), targets.tolist(), strict=True))
    assert all((n != t[:, None]).all() for _, t, n in found)


def test_fit_trains_it():
    ids = np.array([0, 1, 2, 3] * 5)
    contexts, targets = ids[:-1, None], ids[1:]  # each word predicts the next one
    sampler = NegativeSampler(np.bincount(targets))
    torch.manual_seed(0)
    model = Word2Vec(4, 8)

    def epoch(number):
        rng = np.random.default_rng(number)
        return word2vec_batches(contexts, targets, sampler, batch_size=10, negatives=2, rng=rng)

    history = fit(
        model, epoch, word2vec_loss, torch.optim.Adam(model.parameters(), 0.05), epochs=25
    )
    losses = history.curve("train_loss")
    assert losses[-1] < 0.6 * losses[0]
    near = model(torch.tensor([[0]]))[0]
    assert near[1] > near[2]


def test_bad_arguments():
    with pytest.raises(ValueError, match="window is 0"):
        cbow_pairs(SENTENCES, 0)
    for empty in ([], [[]], [[1], [2]]):
        with pytest.raises(ValueError, match="no sentence has 2 words"):
            cbow_pairs(empty, 2)
    with pytest.raises(ValueError, match="no sentence has 9 words, as a full window of 4"):
        cbow_pairs(SENTENCES, 4, whole=True)
    contexts, targets = cbow_pairs(SENTENCES, 1)
    sampler = NegativeSampler(np.ones(6, dtype=int))
    with pytest.raises(ValueError, match="batch_size is 0"):
        next(
            word2vec_batches(
                contexts, targets, sampler, batch_size=0, negatives=1, rng=np.random.default_rng(0)
            )
        )


@pytest.mark.usefixtures("shapes_unchecked")
def test_ids_are_whole_numbers_in_lists():
    with pytest.raises(ValueError, match="an id is -1, expected 0 or more"):
        cbow_pairs([[0, -1, 2]], 1)
    for wrong in ([[0, 1.7, 2]], [0, 1, 2], [["a", "b"]]):
        with pytest.raises(TypeError, match="expected sentences, each a list of ids"):
            cbow_pairs(wrong, 1)


@pytest.mark.parametrize(("V", "E"), [(3, 0), (0, 3)])
def test_a_network_without_words_or_numbers(V, E):
    with pytest.raises(ValueError, match=f"V is {V} and E is {E}, expected at least one word"):
        Word2Vec(V, E)
