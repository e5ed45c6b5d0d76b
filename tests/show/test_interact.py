"""One call draws the slider of the page and, in a live kernel, the one of ipywidgets."""

import html
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np
import pytest

from textbook_nlp import show
from textbook_nlp.show import interact, svg

ROOT = Path(__file__).parents[2]


def draw(t):
    fig, ax = show.axes(size=(6.4, 3))
    ax.plot(np.sin(np.arange(t + 2)))
    ax.set(xlim=(0, 20), ylim=(-1, 1), xlabel="time step t", ylabel="state h")
    ax.set_title(f"The state after {t} steps")
    return fig


def alt_of(t):
    return f"The state after {t} steps as a line."


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as MIME bundles; there is no kernel."""
    bundles = []
    monkeypatch.setattr(svg, "display", bundles.append)
    monkeypatch.setattr(interact, "live", lambda: False)
    return bundles


def frames_in(fragment):
    return json.loads(html.unescape(re.search(r"data-frames='([^']*)'", fragment)[1]))


def test_all_frames_are_stored_and_the_first_is_shown(shown):
    show.slider(draw, range(3), alt=alt_of, label="time <step>", caption="Drag.", start=1)

    (bundle,) = shown
    fragment = bundle["text/html"]
    frames = frames_in(fragment)
    assert [frame[0] for frame in frames] == ["0", "1", "2"]
    assert [frame[2] for frame in frames] == [alt_of(t) for t in range(3)]
    assert len({frame[1] for frame in frames}) == 3
    assert fragment.count("<img ") == 1
    assert f'<img src="{frames[1][1]}" alt="{alt_of(1)}"' in fragment
    assert bundle["text/plain"] == alt_of(1)
    assert 'min="0" max="2" step="1" value="1" aria-label="time &lt;step&gt;"' in fragment
    assert "<figcaption>Drag.</figcaption>" in fragment
    assert not re.search(
        r"https?://|//cdn|require|jquery| id=", re.sub(r"base64,[\w+/=]+", "", fragment)
    )


def test_frames_stay_small_and_equal(shown):
    for _ in range(2):
        show.slider(draw, range(0, 20, 5), alt=alt_of, label="t")

    assert shown[0] == shown[1]
    assert len(shown[0]["text/html"]) < 4 * 20_000


def test_a_finding_stands_beside_the_value_and_is_read_aloud(shown):
    show.slider(draw, [3, 5], alt=alt_of, label="t", finding=lambda t: f"{t + 80} % right", start=1)

    fragment = shown[0]["text/html"]
    assert [frame[0] for frame in frames_in(fragment)] == ["3 (83 % right)", "5 (85 % right)"]
    assert 'aria-valuetext="5 (85 % right)"' in fragment
    assert ">5 (85 % right)</output>" in fragment


def test_the_smallest_letters_of_all_frames_are_noted(shown):
    def shrinking(t):
        fig, ax = show.axes()
        ax.text(0.5, 0.5, "small", fontsize=12 - t)
        return fig

    show.slider(shrinking, [0, 3, 2], alt=alt_of, label="t")
    assert 'data-text="9"' in shown[0]["text/html"]


def test_one_alt_text_may_serve_all_frames(shown):
    show.slider(draw, [3, 5], alt="Says 'how' the <state> changes.", label="t")

    assert {frame[2] for frame in frames_in(shown[0]["text/html"])} == {
        "Says 'how' the <state> changes."
    }


def test_fragments_are_frames_too(shown):
    cuts = [["a cat's"], ["a", " cat", "'s"]]
    show.frames(
        [show.pieces(cut) for cut in cuts],
        ["words & all", "pieces"],
        alt="A sentence cut in two ways.",
        label="level",
    )

    fragment = shown[0]["text/html"]
    assert frames_in(fragment) == [
        ["words & all", show.pieces(cuts[0])],
        ["pieces", show.pieces(cuts[1])],
    ]
    assert f'aria-label="A sentence cut in two ways.">{show.pieces(cuts[0])}</div>' in fragment


def test_pieces_show_spaces_and_mark_some():
    fragment = show.pieces(["a <b>", "\n", "", "한국어"], highlight=[0])

    assert re.findall(r'">([^<]*)</span>', fragment) == ["a␣&lt;b&gt;", "↵", "&nbsp;", "한국어"]
    assert fragment.count("bold") == 1
    assert "flex-wrap:wrap" in fragment


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"values": []}, "at least one value"),
        ({"start": 3}, "among the 3 values: got 3"),
        ({"start": -1}, "got -1"),
        ({"label": " "}, "needs a label"),
        ({"alt": "short"}, "too short"),
        ({"alt": lambda t: ""}, "needs an alt text"),
    ],
)
def test_an_impossible_slider_is_refused(shown, arguments, words):
    arguments = {"values": range(3), "alt": alt_of, "label": "t"} | arguments

    with pytest.raises(ValueError, match=words):
        show.slider(draw, **arguments)

    assert shown == []


def test_frames_of_several_sizes_are_refused(shown):
    with pytest.raises(ValueError, match=r"one size.*\[\(6\.4, 3\.0\), \(6\.4, 4\.0\)\]"):
        show.slider(lambda t: show.axes(size=(6.4, 3 + t))[0], range(2), alt=alt_of, label="t")
    with pytest.raises(ValueError, match="1 labels for 2 frames"):
        show.frames(["a", "b"], ["a"], alt="Two frames, one label.", label="t")


@pytest.mark.usefixtures("shapes_unchecked")
def test_a_drawing_that_returns_no_figure_is_named(shown):
    with pytest.raises(TypeError, match="expected a matplotlib Figure, got NoneType"):
        show.slider(lambda t: None, range(2), alt=alt_of, label="t")


def test_controls_are_hidden_where_a_host_strips_scripts_and_attributes(shown):
    show.slider(draw, range(2), alt=alt_of, label="time step")

    fragment = shown[0]["text/html"]
    stripped = re.sub(
        r"<script>.*?</script>| hidden| (?:data|aria)-[\w-]+=('[^']*'|\"[^\"]*\")", "", fragment
    )
    assert "data-frames" not in stripped
    assert '<div class="tn-controls" style="display:none">' in stripped


def test_without_a_kernel_nothing_is_live(monkeypatch):
    monkeypatch.delenv("TEXTBOOK_NLP_STATIC", raising=False)
    monkeypatch.setattr(interact, "in_ipython", lambda: False)

    assert not interact.live()


# --- In a kernel -----------------------------------------------------------------------------

CELLS = [
    "import os\n%s",
    "from textbook_nlp import show",
    "calls = []\n"
    "def draw(t):\n"
    "    calls.append(t)\n"
    "    fig, ax = show.axes(size=(4, 2))\n"
    "    ax.plot(range(t + 2))\n"
    "    return fig",
    "show.slider(draw, [1, 2, 4], alt=lambda t: f'A line of {t} steps.', label='t', caption='x<y')",
    "show.frames(['<b>one</b>', '<b>two</b>'], [1, 2], alt='The words one and two.', label='n')",
    "show.figure(draw(1), alt='A line of one step.')",
    "from textbook_nlp.lab import checks as lab\nshow.source(lab.core.checks)",
    "def check_line():\n"
    "    @lab.check(expects='one')\n"
    "    def one(answer):\n"
    "        lab.expect(answer, 1)\n"
    "    return one\n"
    "check_line()(1)",
]
MOVE = """
import gc, ipywidgets
found = [o for o in gc.get_objects() if isinstance(o, ipywidgets.VBox)]
for box in sorted(found, key=lambda box: len(box.children)):
    control, picture = box.children[:2]
    before = picture.value
    for i in (1, 0, 1):
        control.index = i
    print(control.description, control.label, picture.value != before, picture.value[:21])
print(calls)
"""


# In a process of its own, since clients of kernels leave sockets behind. The kernel's sockets are
# files in a folder: two kernels that start at once can pick the same TCP port.
RUN = """
import sys, nbclient, nbformat
from jupyter_client.manager import AsyncKernelManager
folder = sys.argv[1]
nb = nbformat.read(folder + "/in.ipynb", 4)
manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=folder + "/s")
nbclient.NotebookClient(nb, km=manager, timeout=300).execute()
nbformat.write(nb, folder + "/out.ipynb")
"""


def executed(setting, *more):
    """The outputs of each cell of a notebook, run with a setting in its first cell."""
    cells = [nbformat.v4.new_code_cell(cell) for cell in (*CELLS, *more)]
    cells[0]["source"] %= setting
    with tempfile.TemporaryDirectory(prefix="k") as folder:
        nbformat.write(nbformat.v4.new_notebook(cells=cells), f"{folder}/in.ipynb")
        run = subprocess.run(
            [sys.executable, "-c", RUN, folder],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        nb = nbformat.read(f"{folder}/out.ipynb", 4)
    return [cell["outputs"] for cell in nb["cells"]]


@pytest.fixture(scope="module")
def static():
    return executed("os.environ['TEXTBOOK_NLP_STATIC'] = '1'")


@pytest.fixture(scope="module")
def live():
    pytest.importorskip("ipywidgets", reason="the live slider needs ipywidgets")
    return executed("os.environ['TEXTBOOK_NLP_STATIC'] = '0'", MOVE)


def test_while_the_book_is_made_frames_are_stored(static):
    for outputs in static[3:6]:
        (output,) = outputs
        assert set(output["data"]) == {"text/html", "text/plain"}
        assert output["output_type"] == "display_data"
    assert len(frames_in(static[3][0]["data"]["text/html"])) == 3
    assert static[5][0]["data"]["text/html"].startswith('<figure class="tn-figure"')


def test_in_a_live_kernel_widgets_drive_the_same_drawing(live):
    for outputs in live[3:5]:
        (output,) = outputs
        assert "application/vnd.jupyter.widget-view+json" in output["data"]
        assert "text/html" not in output["data"]
    assert "".join(output["text"] for output in live[-1]) == (
        'n 2 True <div class="tn-frame"\nt 2 True <img src="data:image/\n[1, 1, 2]\n'
    )


@pytest.mark.parametrize("world", ["static", "live"])
def test_source_and_checks_show_one_thing_in_both(world, request):
    outputs = request.getfixturevalue(world)

    assert set(outputs[6][0]["data"]) == {"text/markdown", "text/plain"}
    assert [output["text"] for output in outputs[7]] == ["right, well done\n"]


def test_without_ipywidgets_a_live_kernel_gets_the_stored_form():
    setting = "import sys\nos.environ.pop('TEXTBOOK_NLP_STATIC', None)\n"
    setting += "sys.modules['ipywidgets'] = None"
    outputs = executed(setting)

    assert len(frames_in(outputs[3][0]["data"]["text/html"])) == 3


# --- In a browser ----------------------------------------------------------------------------

PAGE = (
    "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<style>body{margin:16px}</style><body>%s</body>"
)
INSERT = """fragment => {
    const box = document.createElement("div");
    box.innerHTML = fragment;
    document.body.append(box);
    for (const old of box.querySelectorAll("script")) {
        const script = document.createElement("script");
        script.textContent = old.textContent;
        old.replaceWith(script);
    }
}"""


@pytest.fixture(scope="module")
def chromium():
    from shutil import which

    path = which("chromium")
    if path is None:
        pytest.skip("no Chromium here: install Debian's `chromium` to try the sliders")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 390, "height": 800})
    page.faults = []
    page.on("pageerror", lambda fault: page.faults.append(str(fault)))
    page.on("console", lambda line: page.faults.append(line.text) if line.type == "error" else 0)
    page.on("request", lambda request: page.faults.append(request.url)
            if not request.url.startswith(("data:", "about:")) else 0)  # fmt: skip
    yield page
    assert page.faults == []
    page.close()


@pytest.fixture
def fragments(shown):
    show.slider(draw, [3, 5, 8], alt=alt_of, label="time step")
    show.frames(
        [show.pieces(f"{n} long wrapped".split() * 9) for n in range(3)], "abc",
        alt="The same words, numbered.", label="level", start=1,
    )  # fmt: skip
    return [bundle["text/html"] for bundle in shown]


def state(figure):
    image = figure.locator("img")
    return figure.locator("output").text_content(), image.get_attribute("alt")


def test_keyboard_and_mouse_move_a_slider(page, fragments):
    page.set_content(PAGE % "".join(fragments))
    figure, other = page.locator("figure").all()
    control = figure.get_by_role("slider", name="time step")
    frames = frames_in(fragments[0])

    assert state(figure) == ("3", alt_of(3))
    control.focus()
    page.keyboard.press("ArrowRight")
    assert state(figure) == ("5", alt_of(5))
    assert figure.locator("img").get_attribute("src") == frames[1][1]
    assert control.get_attribute("aria-valuetext") == "5"
    page.keyboard.press("End")
    assert state(figure) == ("8", alt_of(8))
    box = control.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert state(figure) == ("5", alt_of(5))
    figure.get_by_role("button", name="time step: previous").click()
    figure.get_by_role("button", name="time step: previous").click()
    assert state(figure) == ("3", alt_of(3))
    figure.get_by_role("button", name="time step: next").press("Enter")
    assert state(figure) == ("5", alt_of(5))
    assert other.locator("output").text_content() == "b"


def test_fragments_move_in_the_browser(page, fragments):
    page.set_content(PAGE % "".join(fragments))
    figure = page.locator("figure").nth(1)

    assert "1long" in figure.locator(".tn-frame").text_content()
    figure.get_by_role("slider", name="level").press("Home")
    assert "0long" in figure.locator(".tn-frame").text_content()
    assert figure.locator("output").text_content() == "a"
    figure.get_by_role("button", name="level: next").click()
    assert figure.locator("output").text_content() == "b"
    assert state(page.locator("figure").first) == ("3", alt_of(3))


def test_a_phone_needs_no_sideways_scrolling_and_has_room_for_fingers(page, fragments):
    page.set_content(PAGE % "".join(fragments))

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('img').naturalWidth") > 0
    for target in page.locator("button, input").all():
        assert target.bounding_box()["height"] >= 40
    for button in page.locator("button").all():
        assert button.bounding_box()["width"] >= 40


def test_outputs_inserted_later_and_again_start_too(page, fragments):
    page.set_content(PAGE % "")
    page.evaluate(INSERT, fragments[0])
    page.evaluate(INSERT, fragments[0])

    for figure in page.locator("figure").all():
        figure.get_by_role("slider").press("ArrowRight")
        assert state(figure) == ("5", alt_of(5))


def test_a_page_saved_while_in_use_starts_again(page, fragments):
    page.set_content(PAGE % fragments[0])
    page.get_by_role("slider").press("End")
    page.set_content(page.content())

    page.get_by_role("slider").press("Home")
    assert state(page.locator("figure")) == ("3", alt_of(3))


def test_without_scripts_the_first_frame_stands_alone(chromium, fragments):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(PAGE % "".join(fragments))

    assert page.locator("img").get_attribute("alt") == alt_of(3)
    assert page.get_by_role("slider").count() == 0
    assert "1long" in page.locator(".tn-frame").text_content()
    context.close()


def test_the_test_itself_would_see_a_dead_slider(page, fragments):
    page.set_content(PAGE % re.sub(r"<script>.*?</script>", "", fragments[0], flags=re.S))

    assert not page.locator("input").is_visible()


def test_ipython_is_looked_for_but_not_loaded(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)

    assert not svg.in_ipython()
    assert "IPython" not in sys.modules
