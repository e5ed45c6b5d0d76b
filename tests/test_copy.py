"""A copy of the repository builds and tests itself, wherever the package is installed from."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_copy_of_the_repository_tests_itself(tmp_path):
    copy = tmp_path / "copy"
    (copy / "tests").mkdir(parents=True)
    shutil.copytree(
        ROOT / "textbook_nlp", copy / "textbook_nlp", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, copy / name)
    with (copy / "textbook_nlp" / "files.py").open("a", encoding="utf-8") as file:
        file.write("\nIN_THE_COPY = 'broken'\n")
    test = (
        "from textbook_nlp import files\n\n\ndef test():\n    assert files.IN_THE_COPY == 'whole'\n"
    )
    (copy / "tests" / "test_it.py").write_text(test, encoding="utf-8")

    # With -P the folder is not put on the path by Python, as where the script `pytest` is called.
    run = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-n=0", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=copy,
        env={k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHONPATH"))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1, run.stdout
    assert "assert 'broken' == 'whole'" in run.stdout


def test_the_makefile_runs_no_script_of_the_environment():
    """A script in `.venv/bin` names the folder that it was installed for."""
    recipes = re.findall(r"^\t.*", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    script = re.compile(r"(?:^\t@?|[;&|] *)(?:python3?|pip|pytest|ruff|jupyter-?book|pre-commit)\b")

    assert [line for line in recipes if script.search(line)] == []
    assert script.search("\tpytest --nbval book/")
