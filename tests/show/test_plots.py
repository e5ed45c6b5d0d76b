"""The house style holds; curves and heat maps show what they were given."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from textbook_nlp import show

COLORS = {name: getattr(show.palette, name) for name in ("model", "other", "third", "fourth")}
COLORS |= {"muted": show.palette.muted, "ink": show.palette.ink}


def luminance(color):
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def turned_over(color):
    """CSS `invert(1) hue-rotate(180deg)`, as the book's dark theme does with a picture."""
    turn = np.array([[-0.574, 1.430, 0.144], [0.426, 0.430, 0.144], [0.426, 1.430, -0.856]])
    return np.clip(turn @ (1 - color), 0, 1)


# What the colors become for eyes without red, green or blue receptors (Machado et al. 2009).
EYES = {
    "all": np.eye(3),
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def perceived(color, eyes):
    """CIE Lab coordinates of a color as seen by such eyes."""
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(EYES[eyes]) @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.array(to_xyz) @ linear / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("name", COLORS)
def test_every_color_can_be_read_in_both_themes(name):
    color = np.array(to_rgb(COLORS[name]))

    assert contrast(color, np.ones(3)) >= 4.5
    assert contrast(turned_over(color), np.zeros(3)) >= 4.5


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colors_stay_apart_for_all_eyes(eyes, theme):
    colors = [np.array(to_rgb(color)) for color in COLORS.values()]
    if theme == "dark":
        colors = [turned_over(color) for color in colors]

    seen = [perceived(color, eyes) for color in colors]

    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 18


def test_the_style_holds_whatever_a_person_has_set():
    with mpl.rc_context({"lines.linewidth": 7, "axes.titlelocation": "center", "font.size": 30}):
        fig, ax = show.axes()
        ax.plot([1, 2])
        ax.set_title("left")
        note = ax.text(0, 0, "a note")

    assert ax.lines[0].get_linewidth() == 2
    assert ax.get_title(loc="left") == "left"
    assert note.get_fontsize() == 12
    assert ax.lines[0].get_color() == show.palette.model
    assert fig.get_layout_engine() is not None
    assert isinstance(fig, Figure)


def test_panels_come_as_an_array():
    fig, axs = show.axes(2, 2, sharex=True)

    assert axs.shape == (2, 2)
    np.testing.assert_allclose(fig.get_size_inches(), (6.4, 5.8))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"ncols": 0}, "at least 1 panel"),
        ({"size": (6, -1)}, "both positive"),
        ({"size": (6, np.nan)}, "both positive"),
    ],
)
@pytest.mark.usefixtures("shapes_unchecked")
def test_an_impossible_figure_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        show.axes(**arguments)


def words_of(fig):
    fig.draw_without_rendering()
    return [text.get_text() for text in fig.findobj(Text)]


def test_curves_are_named_at_their_ends():
    fig = show.learning_curve(
        {"RNN": [30.0, 12.0, 9.0], "LSTM": [[28, 11, 8.6], [26, 12, 8.8]]},
        baseline=("bigram", 14),
        optimum=8,
        title="Both come close",
    )
    ax = fig.axes[0]

    assert {"RNN", "LSTM", "bigram", "optimum", "Both come close"} <= set(words_of(fig))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [30, 12, 9])
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [27, 11.5, 8.7])
    np.testing.assert_allclose(ax.lines[2].get_ydata(), 14)
    assert ax.lines[2].get_color() == show.palette.baseline
    assert ax.lines[3].get_color() == show.palette.optimum
    assert len(ax.collections) == 1  # the band of the two seeds


@pytest.mark.parametrize("logarithmic", [False, True])
def test_names_of_close_curves_do_not_overlap(logarithmic):
    names = {"one": [9, 2.00], "two": [8, 2.01], "three": [7, 2.02], "four": [6, 2.03]}
    fig = show.learning_curve(names, optimum=2.0, logarithmic=logarithmic)
    fig.draw_without_rendering()

    boxes = [Text.get_window_extent(label) for label in fig.axes[0].texts]
    boxes.sort(key=lambda box: box.y0)

    assert len(boxes) == 5
    for below, above in itertools.pairwise(boxes):
        assert above.y0 + above.height / 2 > below.y0 + below.height / 2 + 0.8 * below.height


def test_curves_are_drawn_where_they_are_told():
    fig, (left, right) = show.axes(2)

    assert show.learning_curve({"a": [3]}, ax=left) is fig
    assert show.learning_curve({"a": [3, 2, np.nan]}, x=[10, 20, 30], ax=right) is fig
    np.testing.assert_allclose(right.lines[0].get_xdata(), [10, 20, 30])


@pytest.mark.parametrize(
    ("curves", "x", "words"),
    [
        ({}, None, "1 to 4 curves: got 0"),
        ({name: [1] for name in "abcde"}, None, "got 5"),
        ({"a": []}, None, "'a' is a list of numbers"),
        ({"a": np.zeros((1, 2, 3))}, None, r"shape \(1, 2, 3\)"),
        ({"a": [1, 2]}, [1, 2, 3], "has 2 numbers, x has shape"),
    ],
)
def test_curves_that_cannot_be_drawn_are_refused(curves, x, words):
    with pytest.raises(ValueError, match=words):
        show.learning_curve(curves, x=x)


def test_a_heat_map_shows_its_values_and_names():
    fig = show.heatmap(
        [[0, 1], [-0.5, 0.25]], rows=["the", "cat"], columns=["short", "something"], title="A"
    )
    words = words_of(fig)

    assert {"0.00", "1.00", "\N{MINUS SIGN}0.50", "0.25", "the", "cat", "something"} <= set(words)
    np.testing.assert_allclose(fig.axes[0].images[0].get_array(), [[0, 1], [-0.5, 0.25]])


def test_values_are_legible_on_their_cells():
    fig = show.heatmap(np.linspace(0, 1, 12).reshape(2, 6))
    picture = fig.axes[0].images[0]

    for text in fig.axes[0].texts:
        j, i = (int(place) for place in text.get_position())
        cell = np.array(picture.cmap(picture.norm(picture.get_array()[i, j]))[:3])
        assert contrast(np.array(to_rgb(text.get_color())), cell) > 3.5


def test_zero_is_white_in_a_diverging_heat_map():
    fig = show.heatmap([[-1, 0, 4]], diverging=True)
    picture = fig.axes[0].images[0]

    np.testing.assert_allclose(picture.cmap(picture.norm(0.0))[:3], (1, 1, 1), atol=0.01)
    assert picture.get_clim() == (-4, 4)


def test_a_large_heat_map_has_a_scale_and_no_values():
    fig = show.heatmap(np.ones((30, 40)), limits=(0, 2))

    assert len(fig.axes) == 2
    assert len(fig.axes[0].texts) == 0
    assert fig.axes[0].images[0].get_clim() == (0, 2)


def test_a_heat_map_of_zeros_and_one_inside_a_figure():
    fig, ax = show.axes()

    assert show.heatmap(np.zeros((2, 2)), values=None, ax=ax) is fig
    assert show.heatmap(np.zeros((2, 2))) is not fig


@pytest.mark.parametrize(
    ("matrix", "rows", "words"),
    [
        ([1, 2], None, r"shape \(2,\)"),
        (np.zeros((0, 2)), None, "needs a matrix"),
        ([[1, 2]], ["a", "b"], "2 row names for 1 rows"),
    ],
)
def test_what_is_no_matrix_is_refused(matrix, rows, words):
    with pytest.raises(ValueError, match=words):
        show.heatmap(matrix, rows=rows)
