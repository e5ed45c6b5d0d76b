"""Say what stands in a generated picture: are the captions true, also of what was never shown?"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from textbook_nlp.chance import seed_all
from textbook_nlp.data.generators import CaptionedScenes, Scenes, Shape, is_true
from textbook_nlp.data.generators.scenes import CELLS, COLORS, SHAPES, SIZES
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Number, Positive, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.layers import AdditiveScore
from textbook_nlp.models import Captioner, ImageEncoder, RecurrentDecoder, count_parameters
from textbook_nlp.text import Vocabulary, pad
from textbook_nlp.training import Adam, evaluate, fit, generate, linear_decay, next_token_loss

WORDS = ["a", *SIZES, *COLORS, *SHAPES, "left", "right", "of", "above", "below"]
VOCABULARY = Vocabulary(WORDS, specials=("<pad>", "<start>", "<end>"))
PAD, START, END = 0, 1, 2
STEPS = 11  # words of the longest caption, and its end
TEST = 1_000_000  # the seed of the pictures to judge by, far from those of any run

Kind = tuple[str, str]  # color and name
NEVER: Kind = ("green", "triangle")  # no picture to learn from shows one
APART: tuple[Kind, Kind] = (("red", "circle"), ("blue", "square"))  # nor these two together


class PictureIds(NamedTuple):
    """Pictures as 1 minus their pixels, so that paper is near 0, and captions as padded ids."""

    images: Tensor
    ids: Tensor


@dataclass(frozen=True)
class PictureCaptions(Checked):
    """What a run is made of.

    Attributes:
        sees: the decoder's picture: by attention at every step, as one vector at every step, as
            one vector at the beginning, or not at all.
        pictures: to learn from.
        epochs: passes over them.
        rate: of learning, the highest.
        judged: pictures of each test.
        hidden_size: H of the decoder.
        channels: of the two convolutions.
        batch_size: B.
        clip: limit of the global norm of the gradients.
    """

    sees: Literal["places", "vector", "start", "nothing"]
    pictures: Size
    epochs: Size
    rate: Positive = 1e-2
    judged: Size = 2_000
    hidden_size: Size = 64
    channels: tuple[Size, Size] = (16, 32)
    batch_size: Size = 64
    clip: Positive = 1.0

    def build(self, side: int) -> Captioner:
        """Make the model, from the global source of chance."""
        H, C = self.hidden_size, self.channels[-1]
        decoder = RecurrentDecoder(
            len(VOCABULARY),
            16,
            H,
            source_size=C,
            peeky=self.sees == "vector",
            score=AdditiveScore(H, C, 32) if self.sees == "places" else None,
        )
        return Captioner(ImageEncoder(side, self.channels), decoder)


def kept_back(shapes: tuple[Shape, Shape]) -> bool:
    """Whether a picture shows what no picture to learn from shows."""
    kinds = {shape[1:3] for shape in shapes}
    return NEVER in kinds or kinds == set(APART)


def without(scenes: Scenes, n: int, known: Scenes | None = None) -> Scenes:
    """Return the first n scenes that show nothing that is kept back, or as many as there are.

    Args:
        scenes: to choose from.
        n: how many.
        known: scenes to learn from, whose shapes at their places are not to come again.
    """
    seen = set() if known is None else {frozenset(shapes) for shapes in known.shapes}
    rows = [
        i
        for i, shapes in enumerate(scenes.shapes)
        if not kept_back(shapes) and frozenset(shapes) not in seen
    ][:n]
    chosen = ([part[i] for i in rows] for part in (scenes.captions, scenes.shapes))
    return Scenes(scenes.images[rows], *chosen)


def recast(painter: CaptionedScenes, scenes: Scenes, kinds: list[Kind | None]) -> Scenes:
    """Paint scenes again, at the same places, with these colors and names; None keeps a shape's."""
    pairs = []
    for pair in scenes.shapes:
        first, second = (
            shape if kind is None else shape._replace(color=kind[0], name=kind[1])
            for shape, kind in zip(pair, kinds, strict=True)
        )
        pairs.append((first, second))
    clean = np.array([painter.picture(pair) for pair in pairs])
    noise = np.random.default_rng(0).standard_normal(clean.shape) * painter.noise
    return Scenes((clean + noise).clip(0, 1).astype(np.float32), [], pairs)


def encoded(scenes: Scenes, sees: str) -> PictureIds:
    """Turn scenes into tensors; without sight every picture is blank paper."""
    images = 1 - torch.from_numpy(scenes.images)
    ids = [[START, *VOCABULARY.encode(caption), END] for caption in scenes.captions]
    return PictureIds(images * (sees != "nothing"), torch.from_numpy(pad(ids)))


def caption_loss(model: Captioner, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, int]:
    """Return the cross-entropy of captions, in nats a token, given their pictures."""
    images, ids = batch
    mean, items, _ = next_token_loss(
        model, (ids[:, :-1], ids[:, 1:]), model.read(images), padding_id=PAD
    )
    return mean, items


def write(model: Captioner, images: Tensor) -> list[list[str]]:
    """Return the caption that the model finds likeliest, word by word, for each picture."""
    with torch.no_grad():
        begun = torch.full((len(images), 1), START, device=images.device)
        state = model.read(images)
        ids = generate(model, begun, steps=STEPS, state=state, end=END, padding_id=PAD)
    return [VOCABULARY.decode([i for i in row if i > END]) for row in ids.tolist()]


def share_true(model: Captioner, scenes: Scenes, sees: str) -> float:
    """Return the share of pictures of which the caption that the model writes is true."""
    images = encoded(scenes._replace(captions=[["a"]]), sees).images
    written = write(model, images.to(next(model.parameters()).device))
    return float(np.mean([is_true(*pair) for pair in zip(written, scenes.shapes, strict=True)]))


@torch.no_grad()
def looks(model: Captioner, scenes: Scenes) -> tuple[float, float]:
    """Return the weight on the named shape's places, and on the other's, at the color words.

    The true caption is read. A cell of the picture has as many places as the grid of the memory
    has in a ninth; where they are no whole number, the places whose middle it holds.
    """
    data = encoded(scenes, "places")
    device = next(model.parameters()).device
    ids = data.ids.to(device)
    weights = model.decoder.alignment(ids[:, :-1], model.read(data.images.to(device))).cpu()
    grid = model.encoder.grid
    cell = (torch.arange(grid) * CELLS) // grid
    named, other = [], []
    for row, (caption, pair) in enumerate(zip(scenes.captions, scenes.shapes, strict=True)):
        steps = [t for t, word in enumerate(caption) if word in COLORS]  # row t writes word t
        on = [(cell[:, None] == s.row) & (cell[None] == s.column) for s in pair]
        for number, t in enumerate(steps):
            seen = weights[row, t].view(grid, grid)
            named.append(float(seen[on[number]].sum()))
            other.append(float(seen[on[1 - number]].sum()))
    return float(np.mean(named)), float(np.mean(other))


def run(configuration: PictureCaptions, setting: Setting) -> Measurement:
    """Train, and judge by new pictures, by pairs that were apart, and by a kind never shown."""
    generator, sees = CaptionedScenes(), configuration.sees
    n, B, epochs = configuration.pictures, configuration.batch_size, configuration.epochs
    scenes = without(generator.sample(n + n // 3, setting.seed), n)
    test = without(generator.sample(4 * configuration.judged, TEST), configuration.judged, scenes)
    data, judged = encoded(scenes, sees), encoded(test, sees)
    seed_all(setting.seed)
    model = configuration.build(generator.side).to(setting.device)

    def batches(epoch: int) -> list[tuple[Tensor, Tensor]]:
        order = np.random.default_rng([setting.seed, epoch]).permutation(len(data.ids))
        return [
            (data.images[order[i : i + B]], data.ids[order[i : i + B]])
            for i in range(0, len(order), B)
        ]

    steps, held = epochs * len(batches(1)), [(judged.images, judged.ids)]
    words = float((judged.ids[:, 1:] != PAD).sum()) / len(judged.ids)
    history = fit(
        model,
        batches,
        caption_loss,
        Adam(configuration.rate).of(model.parameters()),
        epochs=epochs,
        clip=configuration.clip,
        schedule=linear_decay(steps, warm_up=steps // 10),
        validate=lambda model: words * evaluate(model, held, caption_loss),
        progress=setting.progress,
    )
    nats, optimum = history.best.validation, generator.optimum().value
    circle, square = APART
    first, _ = NEVER
    tests = {
        "true": test,
        "true_of_pairs_kept_apart": recast(generator, test, [circle, square]),
        "true_of_pairs_shown": recast(
            generator, test, [(square[0], circle[1]), (circle[0], square[1])]
        ),
        "true_of_kind_never_shown": recast(generator, test, [NEVER, circle]),
        "true_of_kind_shown": recast(generator, test, [(first, square[1]), circle]),
    }
    metrics: dict[str, Number] = {
        "cross_entropy": nats,
        "optimum": optimum,
        "above_optimum": nats - optimum,
        **{name: share_true(model, part, sees) for name, part in tests.items()},
        "parameters": count_parameters(model),
        "cpu_seconds": round(history.cpu_seconds, 1),
    }
    if sees == "places":
        metrics["weight_at_named"], metrics["weight_at_other"] = looks(model, test)
    # Each seed draws pictures of its own; what they share is how they are painted.
    rules = sha256(repr((COLORS, SHAPES, SIZES, CELLS, generator, NEVER, APART)))
    curves = {"cross_entropy": history.curve("validation")}
    return Measurement(metrics, curves, Dataset("scenes", {"rules": rules}))


TASK = Task(run)
