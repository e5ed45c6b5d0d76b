"""Pictures and captions: what is said is to be seen, and as uncertain as the optimum says."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from textbook_nlp.data.generators import CaptionedScenes
from textbook_nlp.data.generators import scenes as parts
from textbook_nlp.data.generators.scenes import Shape, is_true, true_captions

RED, BLUE = Shape("small", "red", "circle", 0, 0), Shape("large", "blue", "square", 2, 1)


def test_captions_done_by_hand():
    assert [" ".join(caption) for caption in true_captions(RED, BLUE)] == [
        "a small red circle left of a large blue square",
        "a small red circle above a large blue square",
    ]
    below = RED._replace(row=1)
    assert [" ".join(caption) for caption in true_captions(below, RED)] == [
        "a small red circle below a small red circle"
    ]
    beside = BLUE._replace(row=0)
    assert [" ".join(caption[4:6]) for caption in true_captions(beside, RED)] == ["right of"]


def test_a_shape_stands_in_its_cell_and_has_its_color():
    image = CaptionedScenes(side=30).picture((RED, BLUE))
    painted = np.abs(image - parts.BACKGROUND).max(axis=0) > 0.01
    cells = painted.reshape(3, 10, 3, 10).any(axis=(1, 3))
    assert np.argwhere(cells).tolist() == [[0, 0], [2, 1]]
    np.testing.assert_array_equal(image[:, 5, 5], parts.COLORS["red"])
    np.testing.assert_array_equal(image[:, 25, 15], parts.COLORS["blue"])


@pytest.mark.parametrize(
    ("name", "share"), [("circle", np.pi / 4), ("square", 1.0), ("triangle", 0.5)]
)
@pytest.mark.parametrize("size", ["small", "large"])
def test_shapes_have_their_area(name, share, size):
    shape = Shape(size, "green", name, 1, 1)
    image = CaptionedScenes(side=900).picture((shape,))
    area = (image[0] != parts.BACKGROUND).sum() / 300**2
    np.testing.assert_allclose(area, share * (2 * parts.SIZES[size]) ** 2, rtol=0.02)


def test_triangles_point_up():
    image = CaptionedScenes(side=90).picture((Shape("large", "red", "triangle", 1, 1),))
    widths = (image[0] != parts.BACKGROUND).sum(axis=1)
    widths = widths[widths > 0]
    assert (np.diff(widths) >= 0).all()
    assert widths[-1] > 3 * widths[0]


def test_a_caption_is_true_of_its_picture_and_the_optimum_is_its_entropy():
    images, captions, shapes = CaptionedScenes(side=12, noise=0.0).sample(6_000, 3)
    entropies, said = [], defaultdict(Counter)
    for caption, (first, second) in zip(captions, shapes, strict=True):
        options = true_captions(first, second)
        assert caption in options
        entropies.append(np.log(2 * len(options)))
        kind = len(options), options.index(caption)
        said[len(options)][kind] += 1
    optimum = CaptionedScenes().optimum().value
    np.testing.assert_allclose(np.mean(entropies), optimum, atol=0.015)
    assert abs(said[2][2, 0] / said[2].total() - 0.5) < 0.03
    assert images.shape == (6_000, 3, 12, 12)
    swapped = np.mean([first.row * 3 + first.column > 3 * s.row + s.column for first, s in shapes])
    assert abs(swapped - 0.5) < 0.02


def test_noise_changes_pixels_and_no_caption():
    clean, noisy = (CaptionedScenes(noise=noise).sample(50, 1) for noise in (0.0, 0.2))
    assert clean.captions == noisy.captions
    spread = (noisy.images - clean.images)[clean.images < 0.5].std()
    np.testing.assert_allclose(spread, 0.2, rtol=0.2)
    assert noisy.images.min() >= 0
    assert noisy.images.max() <= 1


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CaptionedScenes(side=11), "side is 11"),
        (lambda: CaptionedScenes(noise=2.0), "noise is 2.0"),
        (lambda: CaptionedScenes().optimum("accuracy"), "expected 'cross_entropy'"),
    ],
)
def test_wrong_parameters_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("caption", "true"),
    [
        ("a small red circle left of a large blue square", True),
        ("a large blue square right of a small red circle", True),
        ("a large blue square below a small red circle", True),
        ("a small red circle right of a large blue square", False),
        ("a large red circle left of a large blue square", False),
        ("a small red circle left of", False),
    ],
)
def test_a_caption_is_true_in_either_order_and_in_every_word(caption, true):
    assert is_true(caption.split(), (RED, BLUE)) is true
