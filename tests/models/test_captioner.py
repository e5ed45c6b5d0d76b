"""Captions: what the encoder sees and where, and that a small captioner learns."""

import numpy as np
import pytest
import torch
from torch import nn

from textbook_nlp.data.generators import CaptionedScenes
from textbook_nlp.data.generators.scenes import COLORS, Shape
from textbook_nlp.layers import AdditiveScore, GRUCell, LSTMCell
from textbook_nlp.models import Captioner, ImageEncoder, RecurrentDecoder
from textbook_nlp.training import generate, next_token_loss

V, E, H, C = 9, 4, 6, 5


def make(side=12, cell=LSTMCell, **options):
    encoder = ImageEncoder(side, (4, C))
    return Captioner(encoder, RecurrentDecoder(V, E, H, cell=cell, source_size=C, **options))


@pytest.mark.parametrize("side", [12, 13, 17])
def test_the_memory_has_a_place_for_each_output_of_the_convolutions(side):
    encoder = ImageEncoder(side, (4, C))
    images = torch.rand(2, 3, side, side)
    memory, summary = encoder(images)
    plain = nn.Sequential(encoder.convolutions[0], nn.ReLU(), encoder.convolutions[1], nn.ReLU())
    places = plain(images)
    assert places.shape[2] == places.shape[3] == encoder.grid
    for i in range(encoder.grid):
        for j in range(encoder.grid):
            at = i * encoder.grid + j
            expected = places[:, :, i, j] + encoder.position[at]
            torch.testing.assert_close(memory[:, at], expected)
    assert summary.shape == (2, C)


@pytest.mark.parametrize("cell", [LSTMCell, GRUCell])
@pytest.mark.parametrize("peeky", [False, True])
@pytest.mark.parametrize("attention", [False, True])
def test_whole_captions_and_steps_agree_for_every_decoder(cell, peeky, attention):
    score = AdditiveScore(H, C, 3) if attention else None
    model = make(cell=cell, peeky=peeky, score=score)
    images, ids = torch.rand(2, 3, 12, 12), torch.randint(V, (2, 5))
    whole, _ = model(ids, model.read(images))
    state, steps = model.read(images), []
    for t in range(5):
        logits, state = model(ids[:, [t]], state)
        steps.append(logits)
    torch.testing.assert_close(torch.cat(steps, dim=1), whole)


def test_a_picture_does_not_move_the_caption_of_another():
    model = make(peeky=True, score=AdditiveScore(H, C, 3))
    images, ids = torch.rand(3, 3, 12, 12), torch.randint(V, (3, 4))
    logits, _ = model(ids, model.read(images))
    alone, _ = model(ids[:1], model.read(images[:1]))
    torch.testing.assert_close(logits[:1], alone)
    assert (model(ids, model.read(images.flip(0)))[0][0] != logits[0]).all()


def test_every_parameter_learns():
    model = make(peeky=True, score=AdditiveScore(H, C, 3))
    ids = torch.randint(V, (3, 4))
    next_token_loss(model, (ids, ids), model.read(torch.rand(3, 3, 12, 12)))[0].backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())


def test_a_captioner_learns_to_name_a_color():
    torch.manual_seed(0)
    colors, scenes = list(COLORS), CaptionedScenes(side=12)
    shapes = [Shape("large", c, "square", *divmod(i, 3)) for c in colors for i in range(9)]
    pictures = np.array([scenes.picture((shape,)) for shape in shapes])
    images = 1 - torch.from_numpy(pictures).float()
    ids = torch.tensor([[4, colors.index(shape.color)] for shape in shapes])
    decoder = RecurrentDecoder(5, 4, 16, source_size=8, peeky=True)
    model = Captioner(ImageEncoder(12, (8,)), decoder)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
    for _ in range(40):
        loss, *_ = next_token_loss(model, (ids[:, :1], ids[:, 1:]), model.read(images))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    written = generate(model, ids[:, :1], steps=1, state=model.read(images))
    torch.testing.assert_close(written, ids[:, 1:])


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ImageEncoder(3, (4, 5)), "a side of 3 pixels cannot be halved 2 times"),
        (lambda: ImageEncoder(12, ()), "cannot be halved 0 times"),
        (lambda: ImageEncoder(8, (2, 0)), "channels is 0; expected at least 1"),
        (lambda: ImageEncoder(8, (2,), colors=0), "colors is 0"),
        (lambda: make().read(torch.rand(2, 3, 11, 12)), r"expected \(B, 3, 12, 12\)"),
        (lambda: make().read(torch.rand(2, 1, 12, 12)), r"expected \(B, 3, 12, 12\)"),
        (lambda: make().read(torch.rand(0, 3, 12, 12)), "images are 0 of torch.float32"),
        (
            lambda: make().read(torch.ones(2, 3, 12, 12, dtype=torch.uint8)),
            "images are 2 of torch.uint8; expected at least one, of torch.float32",
        ),
        (
            lambda: Captioner(ImageEncoder(12, (4, 5)), RecurrentDecoder(V, E, H)),
            "the encoder puts out 5 features, the decoder expects 6",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
