"""Written for the book, not generated and not copied: a small thesaurus."""

from importlib import resources
from pathlib import Path

FOLDER = Path(str(resources.files("textbook_nlp.data.samples")))


def path(name: str) -> Path:
    """Return where a sample lies, such as `thesaurus.json`.

    Raises:
        FileNotFoundError: if there is no sample of this name.

    Taught in: chapter 03.
    """
    found = FOLDER / name
    if not found.is_file():
        known = sorted(p.name for p in FOLDER.iterdir() if p.is_file() and p.suffix != ".py")
        raise FileNotFoundError(f"there is no sample {name!r}: the samples are {', '.join(known)}")
    return found
