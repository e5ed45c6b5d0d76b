"""Every chapter of the book: its files, a run from an installed wheel, its exercises."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import exercise_runner
import nbformat
import pytest

from book.tools import guards
from book.tools.chapter import BOOK, ROOT, Chapter, chapters, code_cells

HERE = Path(__file__).parent
CHAPTERS = chapters()
EXECUTED = [chapter for chapter in CHAPTERS if chapter.notebook.exists()]
GROSS_OVERRUN = 120  # CPU seconds

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
each_executed = pytest.mark.parametrize("chapter", EXECUTED, ids=lambda chapter: chapter.name)


@each_chapter
def test_the_twins_agree(chapter):
    assert guards.twins_agree(chapter) == []


@each_executed
@pytest.mark.parametrize(
    "guard",
    [guards.first_cell, guards.says_what_the_map_shows, *guards.GUARDS],
    ids=lambda guard: guard.__name__,
)
def test_a_chapter_passes_its_guards(chapter, guard):
    assert guard(chapter.read_notebook()) == []


@each_executed
def test_a_chapter_stands_in_the_table_of_contents(chapter):
    assert f"file: book/{chapter.name}\n" in (ROOT / "_toc.yml").read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------
# In a fresh environment, from the wheel, with the network cut

SITECUSTOMIZE = '''\
"""Cuts this environment off: no name is looked up, no other machine is reached."""

import ipaddress
import socket


def _refuse(host):
    try:
        if host in (None, "", "localhost") or ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:
        pass
    raise OSError(f"the network is cut: {host}")


def _guard(name, host_of):
    original = getattr(socket.socket, name)

    def guarded(self, *arguments):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse(host_of(arguments))
        return original(self, *arguments)

    setattr(socket.socket, name, guarded)


_guard("connect", lambda arguments: arguments[0][0])
_guard("connect_ex", lambda arguments: arguments[0][0])
_guard("sendto", lambda arguments: arguments[-1][0])

_getaddrinfo = socket.getaddrinfo


def _lookup(host, *arguments, **options):
    _refuse(host)
    return _getaddrinfo(host, *arguments, **options)


socket.getaddrinfo = _lookup
socket.gethostbyname = lambda host: _refuse(host) or "127.0.0.1"
'''

# Runs as the last cell of a chapter, in its kernel.
LAST_CELL = """\
import importlib.util as _util, json as _json, time as _time
import textbook_nlp as _package
_seconds = _time.process_time()
_spec = _util.spec_from_file_location("exercise_runner", {runner!r})
_runner = _util.module_from_spec(_spec)
import sys as _sys; _sys.modules["exercise_runner"] = _runner
_spec.loader.exec_module(_runner)
_job = _json.load(open({job!r}, encoding="utf-8"))
_report = {{
    "package": _package.__file__,
    "cpu_seconds": _seconds,
    "exercises": _runner.run(_job["notebook"], dict(globals()), _job["wrong"]),
}}
with open({report!r}, "w", encoding="utf-8") as _file:
    _json.dump(_report, _file)
"""


def run(*command: object, **options: object) -> subprocess.CompletedProcess:
    """Run a command and show what it said if it fails."""
    result = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, **options
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy so that the checkout stays clean."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, source)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "textbook_nlp", source / "textbook_nlp", ignore=ignore)
    out = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", out, source)
    (built,) = out.glob("textbook_nlp-*.whl")
    return built


@pytest.fixture(scope="session")
def fresh_python(wheel, tmp_path_factory) -> Path:
    """A new virtual environment that holds the wheel, sees our dependencies, and has no network.

    Only the folder of the dependencies is on its path: an editable installation of the package
    there is a `.pth` file, which is not followed from here.
    """
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    )
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    run(*pip, "install", "--no-deps", "--no-index", wheel)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (site / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
    return python


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import urllib.request; urllib.request.urlopen('http://example.org', timeout=1)",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 53))",
    ],
)
def test_the_fresh_environment_reaches_no_other_machine(fresh_python, attempt, tmp_path):
    result = subprocess.run(
        [fresh_python, "-c", attempt], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert "the network is cut" in result.stderr


def wrong_answers(name: str) -> dict[str, list[tuple[str, str]]]:
    """The wrong answers that a chapter's checks are tried with, by exercise."""
    path = HERE / "wrong_answers" / f"{name}.py"
    if not path.exists():
        return {}
    spec = importlib.util.spec_from_file_location(f"wrong_answers_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.WRONG_ANSWERS


@pytest.fixture(scope="session")
def chapter_run(fresh_python, tmp_path_factory):
    """Run a chapter once, compared by nbval, and its exercises after it in the same kernel."""
    done: dict[str, dict] = {}

    def result(chapter: Chapter, command) -> dict:
        if chapter.name in done:
            return done[chapter.name]
        folder = tmp_path_factory.mktemp(chapter.name) / "book"
        folder.mkdir()
        shutil.copy(BOOK / "conftest.py", folder)
        nb = chapter.read_notebook()
        job, report = folder / "job.json", folder / "report.json"
        work = {"notebook": nb, "wrong": wrong_answers(chapter.name)}
        job.write_text(json.dumps(work), encoding="utf-8")
        runner = str(HERE / "exercise_runner.py")
        last = LAST_CELL.format(runner=runner, job=str(job), report=str(report))
        nb.cells.append(nbformat.v4.new_code_cell(last, execution_count=len(code_cells(nb)) + 1))
        nbformat.write(nb, folder / chapter.notebook.name)
        # Another salt than the notebook was made with; more threads than free cores would be slow.
        variables = {"PYTHONHASHSEED": "2718", "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
        finished = command(folder, python=str(fresh_python), **variables)
        done[chapter.name] = {"returncode": finished.returncode, "log": finished.stdout}
        if report.exists():
            done[chapter.name] |= json.loads(report.read_text(encoding="utf-8"))
        return done[chapter.name]

    return result


@each_executed
def test_a_chapter_runs_from_the_wheel_in_a_fresh_environment(
    chapter, chapter_run, fresh_python, nbval
):
    result = chapter_run(chapter, nbval)
    assert result["returncode"] == 0, result["log"]
    assert Path(result["package"]).is_relative_to(fresh_python.parents[1])


@each_executed
def test_a_chapter_takes_no_gross_time(chapter, chapter_run, nbval):
    assert chapter_run(chapter, nbval)["cpu_seconds"] < GROSS_OVERRUN


# ---------------------------------------------------------------------------------------------
# Exercises


@each_executed
def test_exercises_are_complete(chapter):
    found = exercise_runner.exercises(chapter.read_notebook())
    assert [exercise.number for exercise in found] == list(range(1, len(found) + 1))
    assert len(found) >= 6
    checked = [exercise for exercise in found if exercise.check]
    assert len(checked) >= 4
    for exercise in checked:
        assert exercise.solution, f"exercise {exercise.number} has no solution"
        assert "not tried yet" in exercise.stored, f"exercise {exercise.number} is stored solved"
        answers = wrong_answers(chapter.name).get(exercise.check, [])
        assert len(answers) >= 2, f"exercise {exercise.number} is tried with too few wrong answers"
    known = {exercise.check for exercise in checked}
    assert set(wrong_answers(chapter.name)) <= known


@each_executed
def test_starters_solutions_and_wrong_answers_go_through_the_checks(chapter, chapter_run, nbval):
    results = chapter_run(chapter, nbval)["exercises"]
    assert results
    wrong = []
    for name, result in results.items():
        if result["starter"]["state"] != "not tried yet":
            wrong.append(f"{name}: starter gives {result['starter']}")
        if (result["solution"] or {}).get("state") != "right":
            wrong.append(f"{name}: solution gives {result['solution']}")
        for answer in result["wrong"]:
            if answer["state"] != "hint" or answer["expected"] not in answer["message"]:
                wrong.append(f"{name}: wrong answer gives {answer}")
    assert not wrong, "\n".join(wrong)


# ---------------------------------------------------------------------------------------------
# Agreements with other files


def test_the_notebooks_are_compared_on_another_machine_too():
    """`make test` runs nbval again with another instruction set, thread count and salt."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert makefile.count("pytest --nbval book/") == 2
    for setting in ("ATEN_CPU_CAPABILITY=default", "MKL_CBWR=COMPATIBLE", "PYTHONHASHSEED="):
        assert setting in makefile


def test_the_config_and_the_project_name_one_repository():
    with (ROOT / "pyproject.toml").open("rb") as file:
        address = tomllib.load(file)["project"]["urls"]["repository"]
    assert f"  url: {address}\n" in (ROOT / "_config.yml").read_text(encoding="utf-8")
