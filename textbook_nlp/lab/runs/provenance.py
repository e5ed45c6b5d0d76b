"""Which code a number comes from: versions, the commit, and the code itself."""

import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

import torch

import textbook_nlp
from textbook_nlp.files import sha256

PACKAGE = Path(textbook_nlp.__file__).parent


def versions() -> dict[str, str]:
    """Return the versions that decide the numbers."""
    return {
        "textbook_nlp": textbook_nlp.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": metadata.version("numpy"),
    }


def commit(package: Path = PACKAGE) -> str:
    """Return the commit of the code, `-dirty` with changes on top, `unknown` outside git.

    Changes to the ledger do not count: a run changes nothing that another run depends on.
    """
    try:
        # An installed package may lie inside somebody's checkout without being part of it.
        _git(package, "ls-files", "--error-unmatch", "__init__.py")
        head = _git(package, "rev-parse", "HEAD").strip()
        status = _git(package, "status", "--porcelain", "--", ".", ":!lab/results")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return f"{head}-dirty" if status.strip() else head


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@cache
def code(package: Path = PACKAGE) -> str:
    """Return a SHA-256 over every module of the package, as it was when this was first asked.

    It tells apart what a commit does not: changes that nobody has committed, and an installed
    package.
    """
    files = sorted(path.relative_to(package).as_posix() for path in package.rglob("*.py"))
    return sha256("".join(f"{sha256(package / name)} {name}\n" for name in files))
