"""Boxes hold their words, arrows reach their boxes, and mistakes are named."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from textbook_nlp.show import Diagram


@pytest.fixture
def net():
    net = Diagram(columns=5, rows=3)
    net.row("x", ["$x_1$", "$x_2$", "$x_3$"], (1, 0), kind="value")
    net.row("h", ["$h_1$", "$h_2$", "a longer\nname"], (1, 1), kind="state")
    return net


def boxes(net):
    """Where the borders of the boxes and the words in them are, in pixels."""
    FigureCanvasAgg(net.figure).draw()
    words = [text for text in net.axes.texts if text.get_text()]
    return [patch.get_window_extent() for _, _, patch in net._boxes.values()], [
        text.get_window_extent() for text in words
    ]


def test_words_stay_inside_their_boxes(net):
    borders, words = boxes(net)

    assert len(borders) == len(words) == 6
    for border, text in zip(borders, words, strict=True):
        assert border.x0 <= text.x0
        assert text.x1 <= border.x1
        assert border.y0 <= text.y0
        assert text.y1 <= border.y1


def test_the_letters_can_be_read_on_a_phone(net):
    net.arrow("x1", "h1", "$W_x$")
    net.group(["h1", "h2"], "block")
    smallest = min(text.get_size() for text in net.axes.texts if text.get_text())
    width = net.figure.get_size_inches()[0]

    # On a phone the picture is 358 pixels wide; 72 points are an inch.
    assert smallest / 72 * 358 / width >= 10


def test_an_arrow_ends_at_the_borders(net):
    net.arrow("x1", "h1")
    borders, _ = boxes(net)
    arrow = net.axes.texts[-1].arrow_patch
    path = arrow.get_transform().transform_path(arrow.get_path())
    points = path.vertices[path.codes != path.CLOSEPOLY]

    assert borders[0].y1 <= points[:, 1].min()
    assert points[:, 1].max() <= borders[3].y0
    np.testing.assert_allclose(points[0, 0], (borders[0].x0 + borders[0].x1) / 2)


def test_a_group_frames_its_boxes(net):
    net.group(["h1", "h2"])
    borders, _ = boxes(net)
    frame = net.axes.patches[-1].get_window_extent()

    assert frame.x0 < borders[3].x0
    assert frame.x1 > borders[4].x1


def test_mistakes_are_named(net):
    with pytest.raises(ValueError, match="no box 'y'; there are x1, x2"):
        net.arrow("x1", "y")
    with pytest.raises(ValueError, match="there is a box 'x1' already"):
        net.box("x1", (0, 0))
    with pytest.raises(ValueError, match="has no room"):
        Diagram(columns=0, rows=1)
