"""What the tests of the book share: the tool's modules, and a small chapter that was executed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from book.tools import chapter as chapter_files
from book.tools import cli

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = Path(__file__).parent / "fixtures"

collect_ignore = ["fixtures"]

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def executed(once) -> Path:
    """A folder laid out like `book/`, with one chapter that the tools have executed."""

    def make(book: Path) -> None:
        (book / "source").mkdir(parents=True)
        shutil.copy(FIXTURES / "90_tiny.md", book / "source")
        assert cli.main(["execute", "--book", str(book)]) == 0

    return once("executed", make)


@pytest.fixture
def book(executed, tmp_path) -> Path:
    """A copy of that folder that a test may change."""
    return shutil.copytree(executed, tmp_path / "book")


@pytest.fixture
def chapter(book) -> chapter_files.Chapter:
    """The one chapter of that copy."""
    return chapter_files.chapters((), book)[0]


@pytest.fixture(scope="session")
def nbval():
    """Run `pytest --nbval` on a folder in a fresh process, with the settings of the repository."""

    def run(folder: Path, *arguments: str, **variables: str | None):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
        environment = {k: v for k, v in (environment | variables).items() if v is not None}
        if not (folder / "conftest.py").exists():
            shutil.copy(ROOT / "book" / "conftest.py", folder)
        settings = ["-c", str(ROOT / "pyproject.toml"), f"--rootdir={folder}", "-n=0", "-q"]
        cache = [] if "cacheprovider" in arguments else ["-p", "no:cacheprovider"]
        return subprocess.run(
            [sys.executable, "-m", "pytest", "--nbval", *settings, *cache, *arguments, str(folder)],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    return run
