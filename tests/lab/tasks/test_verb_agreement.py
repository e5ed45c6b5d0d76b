"""Subject and verb over a distance: the scores against a loop over single sentences."""

import numpy as np
import pytest
import torch

from textbook_nlp.data.generators import Grammar
from textbook_nlp.lab.tasks import verb_agreement


@pytest.fixture(scope="module")
def compared():
    return verb_agreement.compare(seed=1, sentences=400, pairs=40, epochs=1)


def test_the_text_is_sentences_that_end_in_eos():
    data = verb_agreement.streams(Grammar(), 50, seed=0)
    words = data.vocabulary.decode(data.train)
    sentences = " ".join(words).removesuffix(" <eos>").split(" <eos> ")
    assert [s.split() for s in sentences] == Grammar().sample(50, 0)
    assert data.vocabulary.tokens == ["<eos>", *Grammar().words]
    assert len(data.validation) < len(data.train)


def test_the_network_is_scored_as_if_it_read_each_prefix_alone(compared):
    shares, trained = compared
    index = trained.streams.vocabulary.index
    for distance, share in shares["recurrent network"].items():
        right = 0
        for pair in Grammar().agreement(40, 1_000_010 + distance, distance):
            tokens = torch.tensor([trained.streams.vocabulary.encode(pair.prefix)])
            logits, _ = trained.model(tokens, trained.start)
            right += bool(logits[0, -1, index[pair.right]] > logits[0, -1, index[pair.wrong]])
        np.testing.assert_allclose(share, right / 40)


def test_the_bigram_is_scored_by_the_last_word(compared):
    shares, trained = compared
    index = trained.streams.vocabulary.index
    table = trained.bigram.probabilities(np.arange(len(index))[:, None])
    for distance, share in shares["counting pairs"].items():
        pairs = Grammar().agreement(40, 1_000_010 + distance, distance)
        rows = [(table[index[p.prefix[-1]]], p) for p in pairs]
        right = np.mean([row[index[p.right]] > row[index[p.wrong]] for row, p in rows])
        np.testing.assert_allclose(share, right)


def test_reading_goes_on_from_the_end_of_a_sentence(compared):
    _, trained = compared
    words = ["the", "keys", "are"]
    states, probabilities = trained.read(words)
    tokens = torch.tensor([trained.streams.vocabulary.encode(words)])
    logits, last = trained.model(tokens, trained.start)
    np.testing.assert_allclose(states[-1], last[0][0][0].detach().numpy(), rtol=1e-5)
    np.testing.assert_allclose(probabilities, logits[0].softmax(1).detach().numpy(), rtol=1e-5)
    by_word = trained.next_word(words)
    np.testing.assert_allclose(sum(by_word.values()), 1, rtol=1e-5)
    np.testing.assert_allclose(
        by_word["lost"], probabilities[-1, trained.streams.vocabulary.index["lost"]]
    )
