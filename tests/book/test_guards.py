"""Each guard passes a good notebook and complains about one broken in its own way."""

import copy

import nbformat
import pytest

from book.tools import cli, guards, twins
from book.tools.chapter import chapters, code_cells


@pytest.fixture
def nb(executed):
    return chapters((), executed)[0].read_notebook()


def code(nb, position=1):
    return code_cells(nb)[position]


def html(nb, text):
    code(nb).outputs = [nbformat.v4.new_output("display_data", data={"text/html": text})]


def no_count(nb):
    code(nb).execution_count = None


def wrong_order(nb):
    code(nb, 1).execution_count, code(nb, 2).execution_count = 3, 2


def too_many_ignored(nb):
    for cell in code_cells(nb)[1:4]:
        cell.metadata.tags = [guards.IGNORE]


def skipped(nb):
    code(nb).metadata.tags = ["nbval-skip"]


def steered(nb):
    code(nb).source += "\n# NBVAL_IGNORE_OUTPUT"


def empty(nb):
    code(nb).source = " "


def no_reason(nb):
    del code(nb, 5).metadata["nbval_reason"]


def lame_reason(nb):
    code(nb, 5).metadata["nbval_reason"] = "flaky"


def idle_reason(nb):
    code(nb).metadata["nbval_reason"] = "it was ignored once"


def directive(nb):
    nb.cells[3].source += "\n\n```{note}\nread this\n```"


def role(nb):
    nb.cells[3].source += "\n\nSee {ref}`there`."


def target(nb):
    nb.cells[3].source += "\n\n(there)=\n"


def nameless_image(nb):
    nb.cells[3].source += "\n\n![](figure.png)"


def no_alt(nb):
    html(nb, "<img src='data:image/png;base64,AA=='>")


def path_as_alt(nb):
    html(nb, "<img src='x' alt='../book/figure_1.png'>")


def short_alt(nb):
    html(nb, "<img src='x' alt='a plot'>")


def alt_in_markdown(nb):
    nb.cells[3].source += "\n\n<img src='x'>"


def bare_png(nb):
    code(nb).outputs = [nbformat.v4.new_output("display_data", data={"image/png": "AA=="})]


def widget(nb):
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}}
    code(nb).outputs = [nbformat.v4.new_output("display_data", data=view)]


def widget_state(nb):
    nb.metadata["widgets"] = {}


def error(nb):
    code(nb).outputs = [
        nbformat.v4.new_output("error", ename="ValueError", evalue="", traceback=[])
    ]


def stderr(nb):
    code(nb).outputs = [nbformat.v4.new_output("stream", name="stderr", text="Warning")]


def outside(nb):
    html(nb, "<script src='https://cdn.example.org/x.js'></script>")


def address(nb):
    code(nb).outputs = [nbformat.v4.new_output("stream", text="<object at 0x7f12ab34cd>")]


def temporary(nb):
    code(nb).outputs = [nbformat.v4.new_output("stream", text="saved /tmp/x1y2")]


def timed(nb):
    code(nb).metadata["execution"] = {"iopub.execute_input": "2020-01-01"}


def python_version(nb):
    nb.metadata["language_info"]["version"] = "3.11.7"


def another_picture(nb):
    data = code(nb, 3).outputs[0].data
    data["text/html"] = data["text/html"].replace("iVBORw0KGgo", "iVBORw1KGgo")


def another_ignored_number(nb):
    code(nb, 5).outputs[0].text = "True 1\n"


def no_digest(nb):
    del nb.metadata["textbook_nlp"]


def tagged_alone(nb):
    code(nb).metadata.tags = ["check"]


BROKEN = {
    guards.executed_in_order: [no_count, wrong_order],
    guards.compared_enough: [too_many_ignored, skipped, steered, empty],
    guards.reasons_given: [no_reason, lame_reason, idle_reason],
    guards.no_directives: [directive, role, target, nameless_image],
    guards.images_described: [no_alt, path_as_alt, short_alt, alt_in_markdown, bare_png],
    guards.no_dead_widgets: [widget, widget_state],
    guards.no_errors: [error, stderr],
    guards.no_outside_requests: [outside],
    guards.nothing_local: [address, temporary, timed, python_version],
    guards.stored_as_executed: [another_picture, another_ignored_number, no_digest],
    guards.folded_as_tagged: [tagged_alone],
}


@pytest.mark.parametrize("guard", guards.GUARDS, ids=lambda guard: guard.__name__)
def test_a_good_notebook_passes(guard, nb):
    assert guard(nb) == []


def test_every_guard_is_seen_failing():
    assert set(BROKEN) == set(guards.GUARDS)


@pytest.mark.parametrize(
    ("guard", "damage"),
    [(guard, damage) for guard, damages in BROKEN.items() for damage in damages],
    ids=lambda function: function.__name__,
)
def test_a_broken_notebook_does_not(guard, damage, nb):
    before = copy.deepcopy(nb)
    damage(nb)
    assert nb != before
    assert guard(nb) != []


def test_a_link_in_an_output_is_no_request(nb):
    html(nb, "<a href='https://example.org'>a page</a>")
    assert guards.no_outside_requests(nb) == []


def test_a_figure_counts_by_its_alternative_text(nb):
    data = {"text/html": '<figure class="tn-figure"></figure>', "text/plain": "Two bars."}
    for cell in code_cells(nb)[1:4]:
        cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
    assert guards.compared_enough(nb) == []
    too_many_ignored(nb)
    assert guards.compared_enough(nb) != []


def test_code_and_formulas_in_markdown_are_no_directives(nb):
    nb.cells[3].source += "\n\nA set `{a}` and $x_{t}`$.\n\n```python\nx = {ref}`y`\n```\n"
    assert guards.no_directives(nb) == []


def test_a_whole_chapter_is_in_order(chapter):
    assert guards.problems(chapter) == []


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_notebook_that_begins_otherwise_is_refused(chapter, position):
    assert guards.opening_written(chapter) == []
    nb = chapter.read_notebook()
    nb.cells[position].source = nb.cells[position].source.replace("t", "T")
    nb.cells[position].source += "\n\nMore." * (position == 0)
    nbformat.write(nb, chapter.notebook)
    assert guards.opening_written(chapter) != []


@pytest.mark.parametrize("words", ["# A tiny", "Run time on a CPU", "You need"])
def test_a_chapter_that_does_not_say_what_the_map_shows_is_refused(nb, words):
    assert guards.says_what_the_map_shows(nb) == []
    for cell in nb.cells:
        cell.source = cell.source.replace(words, "It has")
    assert len(guards.says_what_the_map_shows(nb)) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("steps = np.arange(5)", "steps = np.arange(6)"),
        ("As a value", "As a number"),
        (":tags: [nbval-ignore-output]", ":tags: [heavy]"),
        ("differs from run to run", "differs often enough"),
        ("## By hand", "## By hand\n\n+++\n\nOne cell more."),
    ],
)
def test_twins_that_differ_are_refused(chapter, old, new):
    text = chapter.source.read_text(encoding="utf-8").replace("The same numbers as a", "As a")
    chapter.source.write_text(text, encoding="utf-8")
    twins.sync(chapter)
    assert guards.twins_agree(chapter) == []
    assert text.count(old) == 1
    chapter.source.write_text(text.replace(old, new), encoding="utf-8")
    assert guards.twins_agree(chapter) != []


@pytest.mark.parametrize("side", ["source", "notebook"])
def test_a_missing_twin_is_refused(chapter, side):
    getattr(chapter, side).unlink()
    assert guards.twins_agree(chapter) == [f"{getattr(chapter, side).name} is missing; run sync"]


def test_check_reports_through_its_exit_status(book, chapter, capsys):
    text = chapter.source.read_text(encoding="utf-8")
    chapter.source.write_text(text.replace("As a value", "As"), encoding="utf-8")
    chapter.notebook.unlink()
    assert cli.main(["check", "--book", str(book)]) == 1
    assert "90_tiny.ipynb is missing" in capsys.readouterr().out
