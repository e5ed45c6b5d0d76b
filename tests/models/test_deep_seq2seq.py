"""Google's translator in miniature: its layers, their sizes, its residuals, and that it learns."""

import pytest
import torch

from textbook_nlp.layers import AdditiveScore
from textbook_nlp.layers.stack import BothWays, OneWay
from textbook_nlp.models import count_parameters, gnmt
from textbook_nlp.training import Adam, answer, seq2seq_loss, train_step


def test_the_first_layer_of_the_encoder_reads_both_ways_and_no_other():
    model = gnmt(7, 9, 4, 3)
    kinds = [type(layer) for layer in model.encoder.recurrent.layers]
    assert kinds == [BothWays, OneWay, OneWay]
    assert {type(layer) for layer in model.decoder.recurrent.layers} == {OneWay}
    assert isinstance(model.decoder.score, AdditiveScore)


@pytest.mark.parametrize(("H", "L"), [(3, 1), (4, 3), (5, 8)])
def test_parameters_are_those_that_one_counts(H, L):
    def lstm(D):
        return 4 * H * (D + H + 2)

    C = 2 * H if L == 1 else H
    encoder = 7 * H + 2 * lstm(H) + (lstm(2 * H) + (L - 2) * lstm(H)) * (L > 1)
    decoder = 9 * H + L * lstm(H) + 9 * (H + C + 1)
    score, start = H * H + C * H + 2 * H, L * H * (C + 1)
    assert count_parameters(gnmt(7, 9, H, L)) == encoder + decoder + score + start


def test_a_residual_carries_what_a_layer_without_weights_would_lose():
    ids = torch.tensor([[1, 2, 3], [4, 5, 6]])
    for residual_from, same in ((2, True), (None, False)):
        torch.manual_seed(0)
        model = gnmt(7, 9, 4, 5, residual_from=residual_from, dropout=0.0)
        with torch.no_grad():
            for stack in (model.encoder.recurrent, model.decoder.recurrent):
                for parameter in stack.layers[2:].parameters():
                    parameter.zero_()  # such a layer puts out zeros
        outputs, _ = model.encoder(ids)
        second = model.encoder.recurrent.layers[1]
        first, _ = model.encoder.recurrent.layers[0](model.encoder.embedding(ids))
        if same:
            torch.testing.assert_close(outputs, second(first)[0])
        else:
            assert not outputs.any()


def test_it_learns_to_copy_and_padding_changes_nothing():
    torch.manual_seed(0)
    model = gnmt(8, 8, 24, 3, dropout=0.0)
    optimizer = Adam(2e-2).of(model.parameters())
    ids = torch.randint(2, 8, (16, 3))
    target = torch.cat([torch.ones(16, 1, dtype=torch.long), ids], dim=1)
    losses = [train_step(model, (ids, target), seq2seq_loss, optimizer, clip=1.0).loss]
    for _ in range(79):
        losses.append(train_step(model, (ids, target), seq2seq_loss, optimizer, clip=1.0).loss)
    assert losses[-1] < 0.2 < 1.5 < losses[0]
    padded = torch.cat([ids, torch.zeros(16, 2, dtype=torch.long)], dim=1)
    written = answer(model, ids, 1, steps=3)
    torch.testing.assert_close(answer(model, padded, 1, steps=3, mask=padded != 0), written)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"num_layers": 0}, "num_layers is 0"),
        ({"residual_from": 1}, "residual"),
        ({"residual_from": 0}, "residual"),
        ({"dropout": 1.0}, "dropout"),
    ],
)
def test_what_cannot_be_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        gnmt(7, 9, **{"hidden_size": 4, "num_layers": 3, **options})


@pytest.mark.parametrize("vocabularies", [(0, 9), (7, 0), (-1, 9)])
def test_an_empty_vocabulary_is_refused(vocabularies):
    with pytest.raises(ValueError, match=f"vocabulary_size is {min(vocabularies)}"):
        gnmt(*vocabularies, 4, 3)
