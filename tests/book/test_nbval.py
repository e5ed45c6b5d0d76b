"""`pytest --nbval` compares: one stored digit changed, and the run fails; whoever runs it."""

import os
import re
import shutil

import nbformat
import pytest

from book.tools.chapter import chapters, code_cells

SETTINGS = ("TEXTBOOK_NLP_DEVICE", "TEXTBOOK_NLP_SCALE", "TEXTBOOK_NLP_STATIC", "OMP_NUM_THREADS")


def spoil_digits(cells):
    """Another digit in what is printed, in a value, and in a table beside a picture."""
    printed, value, table = cells[1:4]
    printed.outputs[0].text = printed.outputs[0].text.replace("10", "11")
    value.outputs[0].data["text/plain"] = value.outputs[0].data["text/plain"].replace("4", "5")
    html = table.outputs[0].data["text/html"]
    assert "<td>31</td>" in html
    table.outputs[0].data["text/html"] = html.replace("<td>31</td>", "<td>37</td>")


def spoil_letter_and_picture(cells):
    """Another letter, which is compared, and another picture, whose bytes differ elsewhere too."""
    html = cells[3].outputs[0].data["text/html"]
    cells[3].outputs[0].data["text/html"] = html.replace("iVBORw0KGgo", "iVBORw1")
    cells[4].outputs[0].text = cells[4].outputs[0].text.replace("'c'", "'d'")


def notebook_of(path, *cells):
    """A notebook of cells that are given as their source and what they print or return."""
    nb = nbformat.v4.new_notebook()
    for count, (source, output) in enumerate(cells, start=1):
        cell = nbformat.v4.new_code_cell(source, execution_count=count)
        cell.outputs = [output]
        if output.output_type == "execute_result":
            output.execution_count = count
        nb.cells.append(cell)
    nbformat.write(nb, path)


def printed(text):
    return nbformat.v4.new_output("stream", text=text)


def returned(text):
    return nbformat.v4.new_output("execute_result", data={"text/plain": text})


def settings_cell(expected):
    source = f"import os\nprint(*(os.environ[name] for name in {SETTINGS}))"
    return source, printed(expected + "\n")


FAILED = re.compile(r"^FAILED (\w+)\.ipynb::Cell (\d+)", re.M)
DONE = re.compile(r"^\[(gw\d)\] .*(?:PASSED|FAILED) (\w+)\W+ipynb::Cell (\d+)", re.M)


@pytest.fixture(scope="module")
def compared(executed, nbval, tmp_path_factory):
    """One run over honest and spoiled notebooks, shuffled, on two workers."""
    folder = shutil.copytree(executed, tmp_path_factory.mktemp("compared") / "book")
    (honest,) = chapters((), folder)
    for name, spoil in (("digits", spoil_digits), ("letter", spoil_letter_and_picture)):
        nb = honest.read_notebook()
        spoil(code_cells(nb))
        nbformat.write(nb, folder / f"{name}.ipynb")
    notebook_of(folder / "settings.ipynb", settings_cell("cpu small 1 1"))
    unset = dict.fromkeys((*SETTINGS, "PYTHONPATH"), None)
    return nbval(folder, "-n=2", "-vv", "--randomly-seed=1", **unset)


def test_a_changed_digit_or_letter_fails_its_cell_and_no_other(compared):
    failed = {f"{name} {cell}" for name, cell in FAILED.findall(compared.stdout)}
    assert failed == {"digits 1", "digits 2", "digits 3", "letter 4"}
    assert "4 failed, 18 passed" in compared.stdout


def test_shuffling_and_workers_keep_the_order_of_the_cells(compared):
    assert "--randomly-seed=1" in compared.stdout
    done = DONE.findall(compared.stdout)
    assert {worker for worker, _, _ in done} == {"gw0", "gw1"}
    for name in ("90_tiny", "digits", "letter"):
        assert [int(cell) for _, notebook, cell in done if notebook == name] == list(range(7))
        assert len({worker for worker, notebook, _ in done if notebook == name}) == 1


@pytest.fixture
def odd_person(tmp_path):
    """The variables of a person with a long temporary folder, no home, and own settings."""
    (tmp_path / "file").touch()
    start = tmp_path / "start.py"
    start.write_text("print('hello')", encoding="utf-8")
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    config = "c.InteractiveShell.ast_node_interactivity = 'all'"
    (profile / "ipython_config.py").write_text(config, encoding="utf-8")
    drawing = tmp_path / "matplotlib" / "matplotlibrc"
    drawing.parent.mkdir()
    drawing.write_text("text.usetex: True\nno.such.key: 1\n", encoding="utf-8")
    temporary = tmp_path / ("long" * 30)
    temporary.mkdir()
    return {
        "HOME": str(tmp_path / "file" / "home"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "MATPLOTLIBRC": str(drawing),
        "MPLCONFIGDIR": str(drawing.parent),
        "PYTHONSTARTUP": str(start),
        "TEXTBOOK_NLP_SCALE": "medium",
        "TMPDIR": str(temporary),
    }


def test_a_run_does_not_depend_on_the_person(odd_person, tmp_path, nbval):
    """Nor on whether the checkout can be written to. A scale that was set stays."""
    book = tmp_path / "book"
    book.mkdir()
    fonts = "print(len(glob.glob(os.environ['MPLCONFIGDIR'] + '/fontlist*')))"
    notebook_of(
        book / "odd.ipynb",
        settings_cell("cpu medium 1 1"),
        ("1\n2", returned("2")),
        (f"import glob\n{fonts}", printed("1\n")),
        ("import matplotlib.pyplot as plt\nprint(plt.rcParams['text.usetex'])", printed("False\n")),
    )
    closed = f"cache_dir={tmp_path / 'file' / 'cache'}"
    result = nbval(book, "-p", "cacheprovider", "-o", closed, **odd_person)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "4 passed" in result.stdout
    assert os.listdir(odd_person["TMPDIR"]) == []
