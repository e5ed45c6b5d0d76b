"""Every chapter once more, on what is nearly another machine.

From the installed wheel, in a fresh environment, outside the repository, with the network cut,
under an older instruction set, with other threads and another hash seed; the outputs are compared
as `pytest --nbval` does, and the chapter's exercises go through their checks in the same kernel.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import nbformat
from numpy._core._multiarray_umath import __cpu_dispatch__

from book.tools.chapter import BOOK, ROOT, Chapter, code_cells

RUNNER = ROOT / "tests" / "book" / "exercise_runner.py"
GROSS_OVERRUN = 120  # CPU seconds; a chapter takes about 20

# Comes into the fresh environment as a module that every Python there imports first.
OFFLINE = '''\
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

# Added to every chapter: nbval reports its exception like that of any other cell.
LAST_CELL = """\
def _look_back():
    import json, sys, time
    import textbook_nlp
    seconds = time.process_time()
    sys.path.insert(0, {folder!r})
    import exercise_runner
    with open({notebook!r}, encoding="utf-8") as file:
        report = exercise_runner.run_exercises(dict(globals()), json.load(file))
    faults = list(report["problems"])
    if not textbook_nlp.__file__.startswith(sys.prefix):
        faults.append(f"the package is not the installed one: {{textbook_nlp.__file__}}")
    if seconds > {limit}:
        faults.append(f"the chapter took {{seconds:.0f}} CPU seconds, more than {limit}")
    if not report["exercises"]:
        faults.append("no exercise has a check")
    assert not faults, "\\n".join(faults)

_look_back()"""


def run(*command: object) -> str:
    """Run a command; what it printed."""
    options = {"capture_output": True, "text": True, "check": False}
    done = subprocess.run([str(part) for part in command], **options)
    if done.returncode:
        raise RuntimeError(f"{command} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def build_wheel(folder: Path) -> Path:
    """The wheel, built without a network, from a copy so that the checkout stays clean."""
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, source)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "textbook_nlp", source / "textbook_nlp", ignore=ignore)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", folder, source)
    (wheel,) = folder.glob("*.whl")
    return wheel


def fresh_python(folder: Path, wheel: Path) -> Path:
    """The Python of a new virtual environment that holds the wheel and has no network.

    It sees the folder of our dependencies, so that nothing is installed twice, but not the package
    there: an editable installation is a `.pth` file, which is not followed from here.
    """
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-c", code).strip())
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--no-deps", "--no-index", wheel)
    (site / "offline.py").write_text(OFFLINE, encoding="utf-8")
    lines = f"import offline\n{sysconfig.get_path('purelib')}\n"
    (site / "elsewhere.pth").write_text(lines, encoding="utf-8")
    return python


def conditions() -> dict[str, str]:
    """The variables that make a computer another one: what is compared must not depend on them."""
    variables = {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "COMPATIBLE",
        "NPY_DISABLE_CPU_FEATURES": " ".join(__cpu_dispatch__),
        "OMP_NUM_THREADS": "2",
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait for a busy core would slow each other
        "PYTHONHASHSEED": "2718",
        "PYTHONPATH": "",
    }
    if platform.machine() == "x86_64":
        variables["OPENBLAS_CORETYPE"] = "Nehalem"
    return variables


def prepare(chapters: list[Chapter], folder: Path) -> None:
    """Lay the notebooks out as in the repository, each with a cell more that does its exercises."""
    book, stored = folder / "book", folder / "stored"
    stored.mkdir()
    shutil.copytree(BOOK / "tools", book / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(BOOK / "conftest.py", book)
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for chapter in chapters:
        nb = chapter.read_notebook()
        original = shutil.copy(chapter.notebook, stored)
        names = {"folder": str(RUNNER.parent), "notebook": str(original)}
        last = LAST_CELL.format(**names, limit=GROSS_OVERRUN)
        count = len(code_cells(nb)) + 1
        nb.cells.append(nbformat.v4.new_code_cell(last, execution_count=count))
        nbformat.write(nb, book / chapter.notebook.name)


def cut_off() -> list[str]:
    """How a command is started with no network at all, where the system lets us do that."""
    command = ["unshare", "--map-root-user", "--net"]
    if shutil.which(command[0]) is None:
        return []
    works = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    return command if works else []


def run_elsewhere(chapters: list[Chapter], wheel: Path | None = None) -> int:
    """Run chapters, as many at a time as there are cores; the exit status of pytest, which reports.

    Without a `wheel` one is built.
    """
    with tempfile.TemporaryDirectory(prefix="tn") as name:
        scratch = Path(name)
        python = fresh_python(scratch / "venv", wheel or build_wheel(scratch))
        folder = scratch / "elsewhere"
        folder.mkdir()
        prepare(chapters, folder)
        pytest = [
            *(python, "-m", "pytest", "--nbval", "--nbval-cell-timeout=600", "-q", "-ra"),
            *("-n=auto", "--dist=loadfile", "-p", "no:cacheprovider", "-p", "no:randomly"),
            *("--durations=3", "book"),
        ]
        command = [*cut_off(), *map(str, pytest)]
        environment = os.environ | conditions()
        return subprocess.run(command, cwd=folder, env=environment, check=False).returncode
