"""A figure is one element with its picture and alt text, equal byte for byte every time."""

import base64
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure

from textbook_nlp import show
from textbook_nlp.show import svg

ALT = "A line that rises from one to four."


def drawn(title="A line"):
    fig, ax = show.axes()
    ax.plot([1, 2, 4])
    ax.set_title(title)
    return fig


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as MIME bundles."""
    bundles = []
    monkeypatch.setattr(svg, "display", bundles.append)
    return bundles


def picture_in(fragment):
    data = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', fragment)[1]
    return base64.b64decode(data).decode()


def test_a_figure_is_one_element_with_alt_and_caption(shown):
    show.figure(drawn(), alt=f"  {ALT}\n ", caption="1 < 2 & so on")

    (bundle,) = shown
    fragment = bundle["text/html"]
    tree = ET.fromstring(fragment.replace("><figcaption", "/><figcaption"))
    image, caption = tree
    assert (tree.tag, tree.get("class")) == ("figure", "tn-figure")
    assert image.get("alt") == ALT == bundle["text/plain"]
    assert (image.get("width"), image.get("height")) == ("614", "365")
    assert caption.text == "1 < 2 & so on"


def test_a_figure_whose_colors_are_named_says_so_to_the_dark_theme(shown):
    show.figure(drawn(), alt=ALT, keep_colors=True)
    show.slider(lambda _: drawn(), [1, 2], alt=ALT, label="t", keep_colors=True)
    for bundle in shown:
        assert "tn-as-it-is" in bundle["text/html"].split(">")[0]


def test_the_smallest_letters_that_show_are_noted(shown):
    fig, ax = show.axes()
    ax.set_xlabel("small", fontsize=9.5)
    ax.text(0.5, 0.5, "unseen", fontsize=4, visible=False)
    ax.text(0.5, 0.5, " ", fontsize=4)
    show.figure(fig, alt=ALT)
    assert ' data-text="9.5" ' in shown[0]["text/html"]


def test_the_picture_is_complete_and_opaque(shown):
    show.figure(drawn(), alt=ALT)

    root = ET.fromstring(picture_in(shown[0]["text/html"]))
    names = {element.get("id") for element in root.iter() if element.get("id")}
    text = ET.tostring(root, encoding="unicode")
    used = set(re.findall(r'href="#([^"]+)|url\(#([^)]+)', text))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert {one or other for one, other in used} == names
    assert "fill:#ffffff" in text[: text.index("</")] + text[:1000]
    assert "<ns0:text" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_a_plain_figure_is_small():
    assert len(svg.to_svg(drawn("A title that says what was found here"))) < 20_000


def test_pictures_are_equal_in_other_processes():
    code = (
        "import hashlib\nfrom textbook_nlp import show\nfrom textbook_nlp.show import svg\n"
        "fig = show.learning_curve({'a': [3, 2.2, 1.9]}, baseline=2, optimum=1)\n"
        "print(hashlib.sha256(svg.to_svg(fig).encode()).hexdigest())"
    )
    prints = set()
    for seed, day in (("0", "0"), ("1", "86400")):
        settings = {**os.environ, "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": day}
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=settings
        )
        prints.add(run.stdout)

    assert len(prints) == 1


def test_drawing_twice_gives_the_same_bytes():
    fig = drawn()

    assert svg.to_svg(fig) == svg.to_svg(fig) == svg.to_svg(drawn())


@pytest.mark.parametrize(
    ("alt", "words"),
    [
        (None, "needs an alt text"),
        ("", "needs an alt text"),
        ("  \n", "needs an alt text"),
        (3, "needs an alt text"),
        ("figures/loss_curve_of_the_model.png", "looks like a file name"),
        ("A curve.", "too short"),
    ],
)
@pytest.mark.usefixtures("shapes_unchecked")
def test_a_poor_alt_text_is_refused(shown, alt, words):
    with pytest.raises(ValueError, match=words):
        show.figure(drawn(), alt=alt)

    assert shown == []


def test_letters_without_a_glyph_are_named(shown):
    fig, ax = show.axes()
    ax.set_title("말 means word")
    ax.set_xticks([0, 1], ["나무", "tree"])

    with pytest.raises(ValueError, match=r"has no .*(나무|말).*Latin letters.*show\.frames"):
        show.figure(fig, alt=ALT)

    assert shown == []


def test_hidden_letters_and_known_ones_are_no_fault(shown):
    fig, ax = show.axes()
    ax.set_title("naïve → ½ α ≤ −1")
    ax.text(0, 0, "한글").set_visible(False)

    show.figure(fig, alt=ALT)

    assert len(shown) == 1


@pytest.mark.usefixtures("shapes_unchecked")
def test_what_is_no_figure_is_refused():
    with pytest.raises(TypeError, match=r"got tuple; `show.axes\(\)` returns a figure and"):
        svg.to_svg(show.axes())
    with pytest.raises(TypeError, match="got int$"):
        svg.to_svg(3)


def test_a_figure_of_pyplot_is_closed(shown):
    fig = plt.figure()
    fig.add_subplot().plot([1, 2])

    show.figure(fig, alt=ALT)

    assert not plt.fignum_exists(fig.number)


@pytest.mark.parametrize("kind", ["scatter", "plot", "pcolormesh"])
def test_many_points_become_pixels(kind):
    rng = np.random.default_rng(0)
    few, many = Figure(), Figure()
    for fig, side in ((few, 20), (many, 80)):
        ax = fig.subplots()
        if kind == "scatter":
            ax.scatter(*rng.random((2, side * side)))
        elif kind == "plot":
            ax.plot(*rng.random((2, side * side)), ".")
        else:
            ax.pcolormesh(rng.random((side, side)))

    assert "<image" not in svg.to_svg(few)
    assert svg.to_svg(many).count("<image") == 1


def test_a_heat_map_keeps_its_cells_sharp_and_small():
    picture = svg.to_svg(show.heatmap(np.eye(60)))

    assert "image-rendering:pixelated" in picture
    assert len(picture) < 20_000


def points_of(path):
    """Absolute points of a path, whichever way it was written."""
    points, at, start = [], np.zeros(2), np.zeros(2)
    sizes = {"m": 1, "l": 1, "q": 2, "c": 3}
    for command, text in re.findall(r"([MLQCZmlqcz])([^MLQCZmlqcz]*)", path):
        if command in "zZ":
            at = start
            continue
        numbers = np.array(re.findall(r"-?(?:\d+\.?\d*|\.\d+)", text), dtype=float).reshape(-1, 2)
        for i in range(0, len(numbers), sizes[command.lower()]):
            segment = numbers[i : i + sizes[command.lower()]] + at * command.islower()
            points.extend(segment)
            at = segment[-1]
        start = at if command in "mM" else start
    return np.array(points)


@pytest.mark.parametrize(
    "path",
    [
        "M 1.234 2.345 L 10 20 L -3.5 4 z M 5 5 Q 6 7 8 9.999 C 1 2 3 4 -5 -6 z L 0 0",
        "M 0 0 L 1 1 2 2 3 3",
        "M 0.004 -0.004 L 100000.126 -0.0001",
        "M " + " L ".join(f"{x / 7:.6f} {x / 3:.6f}" for x in range(1000)),
    ],
)
def test_short_paths_pass_the_same_points(path):
    short = svg.relative(path, 2)

    np.testing.assert_allclose(points_of(short), points_of(path), atol=0.00501)
    assert len(short) < len(path)


def test_an_unknown_path_is_refused():
    with pytest.raises(ValueError, match="unknown command in the path 'M 0 0 A"):
        svg.relative("M 0 0 A 1 1 0 0 0 1 1", 2)


def test_without_ipython_the_alt_text_is_printed(capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)

    show.figure(drawn(), alt=ALT)

    assert capsys.readouterr().out == ALT + "\n"


def test_in_ipython_the_figure_is_displayed(capsys):
    shell = InteractiveShell.instance()
    try:
        with pytest.MonkeyPatch.context() as patch:
            sent = []
            patch.setattr(shell.display_pub, "publish", lambda data, *a, **k: sent.append(data))
            show.figure(drawn(), alt=ALT)
    finally:
        InteractiveShell.clear_instance()

    assert [set(data) for data in sent] == [{"text/html", "text/plain"}]
