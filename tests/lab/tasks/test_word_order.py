"""English into Korean by length: what is drawn, built and judged."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from textbook_nlp.lab.tasks import word_order
from textbook_nlp.lab.tasks.word_order import FROM, WordOrder, WordOrderModel
from textbook_nlp.layers.stack import BothWays
from textbook_nlp.training import Adam, evaluate, exact_answers, pair_batches

TINY = WordOrder(200, 150, WordOrderModel(hidden_size=6), Adam(1e-2), epochs=1)


def test_no_tested_sentence_was_learned_and_turning_round_keeps_the_padding_behind():
    learned, new, english, _ = word_order.draw(TINY)
    known = {tuple(pair.english) for pair in learned.pairs}
    assert not known & {tuple(pair.english) for pair in new.pairs}
    turned = word_order.draw(replace(TINY, model=WordOrderModel(reverse=True)))[0]
    for row, pair in zip(turned.source.tolist(), learned.pairs, strict=True):
        words = [english.tokens[i] for i in row if i]
        assert words[::-1] == [word if word in english.tokens else "<unk>" for word in pair.english]
        assert all(row[: len(pair.english)])


@pytest.mark.parametrize("score", [None, "general", "additive"])
@pytest.mark.parametrize("encoder", ["one_way", "wide", "both_ways"])
def test_a_model_is_built_as_it_is_told(encoder, score):
    built = WordOrderModel(6, score, encoder=encoder).build(20, 30)
    assert (built.decoder.score is None) == (score is None)
    assert built.encoder.output_size == (6 if encoder == "one_way" else 12)
    assert isinstance(built.encoder.recurrent.layers[0], BothWays) == (encoder == "both_ways")
    assert built.handover == ("state" if encoder == "one_way" else "affine")


def test_the_deep_ones_differ_in_their_residuals_alone():
    deep = WordOrderModel(6, "additive", layers=4)
    with_them, without = deep.build(20, 30), replace(deep, residuals=False).build(20, 30)
    assert with_them.encoder.recurrent.residual_from == 2
    assert without.encoder.recurrent.residual_from is None
    shapes = [p.shape for p in with_them.parameters()]
    assert [p.shape for p in without.parameters()] == shapes


@pytest.fixture(scope="module")
def trained():
    """A model that has learned a little, so that some short sentences are right."""
    torch.manual_seed(0)
    _, new, english, korean = word_order.draw(TINY)
    model = WordOrderModel(32, "dot", embedding_size=16).build(len(english), len(korean))
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
    for _ in range(60):
        optimizer.zero_grad()
        loss, _ = word_order.LOSS(model, (new.source, new.target))
        loss.backward()
        optimizer.step()
    return model.eval(), new


def test_right_and_nats_are_what_the_measures_of_the_package_find(trained):
    model, new = trained
    batches = pair_batches(new.source, new.target, 40, padding_id=0, by_length=True)
    share = evaluate(model, batches, lambda m, b: exact_answers(m, b, padding_id=0, end=2))
    right = word_order.right(model, new)
    assert 0 < share < 1
    np.testing.assert_allclose(right.mean(), share)
    words = (new.target[:, 1:] != 0).sum(dim=1).numpy()
    loss = evaluate(model, batches, word_order.LOSS)
    found = np.average(word_order.nats(model, new), weights=words)
    np.testing.assert_allclose(found, loss, rtol=1e-5)


def test_groups_of_lengths_share_out_all_sentences(trained):
    _, new = trained
    lengths = new.real.sum(dim=1).numpy()
    means = word_order.by_length("n", lengths.astype(float), new)
    assert means["n"] == pytest.approx(np.mean([len(pair.english) for pair in new.pairs]))
    for low, high in zip(FROM, (*FROM[1:], 99), strict=True):
        if f"n_from_{low}" in means:
            assert low <= means[f"n_from_{low}"] < high
    assert len(means) > 4


@pytest.mark.parametrize("turned", [False, True])
def test_weights_at_the_true_words_are_counted_as_aligned(turned, monkeypatch):
    configuration = replace(TINY, model=WordOrderModel(6, reverse=turned))
    _, new, _, _ = word_order.draw(configuration)
    weights = torch.zeros(len(new.pairs), new.target.shape[1] - 1, new.source.shape[1])
    for i, pair in enumerate(new.pairs):
        for t, s in enumerate(pair.alignment):
            if s is not None:
                weights[i, t, len(pair.english) - 1 - s if turned else s] = 1
    model = WordOrderModel(6, "dot").build(90, 90)
    monkeypatch.setattr(model, "read", lambda source, mask: None)
    monkeypatch.setattr(model.decoder, "alignment", lambda ids, state: weights)
    words = word_order.aligned_words(new, turned=turned)
    assert word_order.aligned(model, new, words) == 1
    assert word_order.aligned(model, new, word_order.aligned_words(new, turned=not turned)) < 0.5


def test_a_word_is_hidden_from_attention_and_from_nothing_else(trained):
    model, new = trained
    words = word_order.aligned_words(new, turned=False)
    shares = word_order.hidden(model, new, words, most=80)
    right = dict.fromkeys(shares, 0)
    for i, t, s in words[:80].tolist():
        source, ids, wanted = new.source[[i]], new.target[[i], :-1], new.target[i, t + 1]
        for name, place in (("nothing", None), ("its_word", s)):
            seen = new.real[[i]].clone()
            if place is not None:
                seen[0, place] = False
            logits, _ = model(ids, model.read(source, new.real[[i]])._replace(mask=seen))
            right[f"right_without_{name}"] += int(logits[0, t].argmax() == wanted)
    for name in ("right_without_nothing", "right_without_its_word"):
        assert shares[name] == pytest.approx(right[name] / 80)
    assert shares["right_without_its_word"] < shares["right_without_another"]
