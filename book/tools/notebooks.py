"""Keep the book's notebooks in step with their text twins, executed and checked.

`book/source/NN_name.md` is what people edit and review; `book/NN_name.ipynb` is what people open,
with outputs. From the root of the repository:

    python book/tools/notebooks.py sync      text -> notebook (`--from-notebook`: the other way)
    python book/tools/notebooks.py execute   sync, then run the notebooks whose code changed
    python book/tools/notebooks.py pages     rewrite the generated parts of the pages
    python book/tools/notebooks.py times     CPU seconds of each chapter, nothing written
    python book/tools/notebooks.py check     every guard that needs no execution

Each command takes names of chapters (`07`, `07_recurrent_networks`); without one it takes all.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import hashlib
import json
import math
import os
import re
import sys
import tempfile
import tomllib
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"

TEXT_FORMAT = "md:myst"
# What a twin of text keeps of the metadata. Without `nbval_reason` and `mystnb` in the list an
# edited cell would lose its reason at the next sync.
JUPYTEXT = {
    "formats": "ipynb,source//md:myst",
    "notebook_metadata_filter": (
        "kernelspec,jupytext,-jupytext.text_representation.jupytext_version"
    ),
    "cell_metadata_filter": "tags,nbval_reason,mystnb,-all",
}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
CELL_TIMEOUT = 600  # seconds; a chapter takes about 20

COLAB_CELL = """\
# On Colab this installs the book's package. Anywhere else it does nothing.
import subprocess
import sys

if "google.colab" in sys.modules:
    package = "textbook_nlp @ git+{address}"
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", package])"""

RUN_TIME = re.compile(r"Run time on a CPU: [^.\n]*\.")


class NotebookError(Exception):
    """A notebook or its twin that the tool will not touch; the message says what to do."""


@dataclass(frozen=True)
class Chapter:
    """The two files of one chapter: `source` (text) and `notebook` (with outputs)."""

    name: str
    source: Path
    notebook: Path

    def read_source(self) -> NotebookNode:
        """The cells of the text twin, without outputs."""
        return jupytext.reads(self.source.read_text(encoding="utf-8"), fmt=TEXT_FORMAT)

    def read_notebook(self) -> NotebookNode:
        """The notebook, with outputs."""
        return nbformat.read(self.notebook, as_version=4)


def chapters(names: list[str] | tuple[str, ...] = (), book: Path = BOOK) -> list[Chapter]:
    """The chapters of the book, in order, or those that `names` asks for.

    Raises: NotebookError for a name that no chapter has.
    """
    stems = {path.stem for path in (book / "source").glob("[0-9]*.md")}
    stems |= {path.stem for path in book.glob("[0-9]*.ipynb")}
    wanted = sorted(stems)
    if names:
        asked = [Path(name).stem for name in names]
        for name in asked:
            if not any(stem == name or stem.startswith(f"{name}_") for stem in stems):
                raise NotebookError(
                    f"no chapter is called {name!r}; there are: {', '.join(wanted) or 'none'}"
                )
        wanted = [
            stem for stem in wanted if any(stem == a or stem.startswith(f"{a}_") for a in asked)
        ]
    return [
        Chapter(stem, book / "source" / f"{stem}.md", book / f"{stem}.ipynb") for stem in wanted
    ]


def repository_address(root: Path = ROOT) -> str:
    """The repository's address, as pyproject.toml gives it."""
    with (root / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["urls"]["repository"]


def colab_source(root: Path = ROOT) -> str:
    """The source of the first cell of every notebook."""
    return COLAB_CELL.format(address=repository_address(root))


def write_atomic(path: Path, text: str) -> bool:
    """Write `text` in one step, and only if the file differs. Returns whether it did."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


# ---------------------------------------------------------------------------------------------
# Twins


def signature(cell: NotebookNode) -> tuple[str, str, tuple[str, ...], str]:
    """What the twins must agree on: type, source, tags, and the reason for an ignored output."""
    return (
        cell.cell_type,
        cell.source,
        tuple(cell.metadata.get("tags", ())),
        cell.metadata.get("nbval_reason", ""),
    )


def fingerprint(nb: NotebookNode) -> str:
    """A hash of all that the text twin holds of a notebook."""
    text = json.dumps([signature(cell) for cell in nb.cells], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def put_colab_cell(nb: NotebookNode, root: Path = ROOT) -> None:
    """Make the first cell the one that installs the package on Colab."""
    source = colab_source(root)
    first = nb.cells[0] if nb.cells else None
    is_ours = first is not None and first.cell_type == "code" and "google.colab" in first.source
    if not is_ours:
        first = nbformat.v4.new_code_cell()
        nb.cells.insert(0, first)
    first.source = source
    first.metadata["tags"] = ["remove-cell"]


def to_text(nb: NotebookNode) -> str:
    """The text twin of a notebook, in its one canonical form."""
    copy = nbformat.from_dict({**nb, "metadata": {"kernelspec": KERNEL, "jupytext": {**JUPYTEXT}}})
    return jupytext.writes(copy, fmt=TEXT_FORMAT)


def to_json(nb: NotebookNode) -> str:
    """A notebook's file, in its one canonical form."""
    nbformat.validate(nb)
    return nbformat.writes(nb, version=4) + "\n"


def fresh_id(cell: NotebookNode, taken: set[str]) -> str:
    """An id that depends on the cell's content alone, distinct from those taken."""
    salt = 0
    while True:
        text = f"{cell.cell_type}\n{cell.source}\n{salt}"
        identity = hashlib.sha256(text.encode()).hexdigest()[:8]
        if identity not in taken:
            return identity
        salt += 1


def merge(new: NotebookNode, old: NotebookNode | None) -> NotebookNode:
    """The cells of `new` with the ids, outputs and other metadata that `old` has for them.

    A code cell that was edited loses its output: an old output under a new cell would be a lie.
    """
    before = list(old.cells) if old is not None else []
    partner: dict[int, tuple[NotebookNode, bool]] = {}
    matcher = difflib.SequenceMatcher(
        a=[(c.cell_type, c.source) for c in before],
        b=[(c.cell_type, c.source) for c in new.cells],
        autojunk=False,
    )
    for op, a0, a1, b0, b1 in matcher.get_opcodes():
        for a, b in zip(range(a0, a1), range(b0, b1), strict=False):
            if op == "equal" or (op == "replace" and before[a].cell_type == new.cells[b].cell_type):
                partner[b] = (before[a], op == "equal")

    taken = {cell.id for cell, _ in partner.values() if "id" in cell}
    for position, cell in enumerate(new.cells):
        match, same = partner.get(position, (None, False))
        kept = {"tags", "nbval_reason", "mystnb"}
        metadata = {k: v for k, v in cell.metadata.items() if k in kept}
        if match is not None:
            metadata |= {k: v for k, v in match.metadata.items() if k not in kept}
        cell.metadata = nbformat.from_dict(metadata)
        if match is not None and "id" in match:
            cell.id = match.id
        else:
            cell.id = fresh_id(cell, taken)
            taken.add(cell.id)
        if cell.cell_type == "code":
            cell.outputs = match.outputs if same else []
            cell.execution_count = match.execution_count if same else None

    metadata = dict(old.metadata) if old is not None else {}
    metadata |= {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
        "jupytext": dict(JUPYTEXT),
        "textbook_nlp": {"twin": fingerprint(new)},
    }
    metadata.pop("widgets", None)
    return nbformat.from_dict(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": new.cells}
    )


def sync(chapter: Chapter, *, from_notebook: bool = False, force: bool = False) -> NotebookNode:
    """Bring the twins in step, in the direction asked for; returns the notebook.

    Text to notebook keeps cell ids, outputs of unchanged cells and foreign metadata. Never goes by
    modification times, which mean nothing in a fresh clone.

    Raises: NotebookError when the notebook holds edits that the text has not seen.
    """
    old = chapter.read_notebook() if chapter.notebook.exists() else None
    if from_notebook:
        if old is None:
            raise NotebookError(f"{chapter.notebook} does not exist; nothing to sync from")
        new = nbformat.from_dict(json.loads(json.dumps(old)))
    else:
        if not chapter.source.exists():
            raise NotebookError(
                f"{chapter.source} does not exist; to make it from the notebook, "
                "run sync --from-notebook"
            )
        new = chapter.read_source()
        recorded = old.metadata.get("textbook_nlp", {}).get("twin") if old else None
        if recorded and not force and recorded != fingerprint(old) != fingerprint(new):
            raise NotebookError(
                f"{chapter.notebook.name} was edited since it was last synced, and the text twin "
                "does not have those edits. To keep them: sync --from-notebook. To drop them: "
                "sync --force"
            )
    put_colab_cell(new)
    nb = merge(new, old)
    write_atomic(chapter.source, to_text(nb))
    write_atomic(chapter.notebook, to_json(nb))
    return nb


def is_stale(nb: NotebookNode) -> bool:
    """Whether a notebook needs running: a code cell was edited, added, removed or moved."""
    counts = [cell.execution_count for cell in nb.cells if cell.cell_type == "code"]
    return counts != list(range(1, len(counts) + 1))


# ---------------------------------------------------------------------------------------------
# Execution


def environment() -> dict[str, str]:
    """The environment in which notebooks are made: CPU, small, static figures, one thread."""
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
    )
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environ = {
        **os.environ,
        **threads,
        "PYTHONPATH": os.pathsep.join(p for p in paths if p),
        "PYTHONHASHSEED": "0",
        "TEXTBOOK_NLP_STATIC": "1",
        "TEXTBOOK_NLP_DEVICE": "cpu",
        "TEXTBOOK_NLP_SCALE": "small",
    }
    # A pager, a color theme or a data folder of the person who runs this must not leave a trace.
    for name in ("PYTHONSTARTUP", "TEXTBOOK_NLP_DATA", "ATEN_CPU_CAPABILITY", "MKL_CBWR"):
        environ.pop(name, None)
    return environ


def kernel_manager(folder: Path) -> AsyncKernelManager:
    """A manager whose kernel is this very Python, over sockets that no other process can take.

    Two kernels that start at once can pick the same TCP port; a file name of our own is safe.
    """
    import ipykernel.kernelspec
    from jupyter_client.kernelspec import KernelSpec

    options = {}
    if os.name == "posix":
        options = {"transport": "ipc", "ip": str(folder / uuid.uuid4().hex[:6])}
    manager = AsyncKernelManager(
        kernel_name="python3", connection_file=str(folder / "kernel.json"), **options
    )
    spec = ipykernel.kernelspec.get_kernel_dict()
    manager._kernel_spec = KernelSpec(resource_dir=ipykernel.kernelspec.RESOURCES, **spec)
    return manager


def run_cells(nb: NotebookNode, folder: Path) -> float:
    """Execute all cells in a fresh kernel in `folder`; returns the kernel's CPU seconds."""

    async def run(client: NotebookClient) -> float:
        client.reset_execution_trackers()
        async with client.async_setup_kernel(env=environment(), cleanup_kc=True):
            for index, cell in enumerate(nb.cells):
                await client.async_execute_cell(
                    cell, index, execution_count=client.code_cells_executed + 1
                )
            clock = {"seconds": "__import__('time').process_time()"}
            message = client.kc.execute("", silent=True, user_expressions=clock)
            reply = await client.async_wait_for_reply(message)
        return float(reply["content"]["user_expressions"]["seconds"]["data"]["text/plain"])

    with tempfile.TemporaryDirectory(prefix="nb") as scratch:
        client = NotebookClient(
            nb,
            km=kernel_manager(Path(scratch)),
            timeout=CELL_TIMEOUT,
            record_timing=False,
            shutdown_kernel="immediate",
            resources={"metadata": {"path": str(folder)}},
        )
        # In a thread of its own: a caller's thread may have an event loop already.
        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(lambda: asyncio.run(run(client))).result()


def normalize(nb: NotebookNode) -> None:
    """Remove from executed cells what differs from run to run without being content."""
    nb.metadata["language_info"] = {"name": "python"}
    nb.metadata.pop("widgets", None)
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        outputs: list[NotebookNode] = []
        for output in cell.outputs:
            output.pop("transient", None)
            last = outputs[-1] if outputs else None
            # How a stream is cut into messages depends on the clock.
            if (
                last is not None
                and output.output_type == last.output_type == "stream"
                and output.name == last.name
            ):
                last.text += output.text
            else:
                outputs.append(output)
        cell.outputs = outputs


def stated_seconds(nb: NotebookNode) -> int | None:
    """The run time that the chapter states, or None when it does not yet state one."""
    for cell in nb.cells:
        if cell.cell_type == "markdown" and (match := RUN_TIME.search(cell.source)):
            number = re.search(r"about (\d+) s", match.group())
            return int(number.group(1)) if number else None
    return None


def put_run_time(nb: NotebookNode, seconds: float) -> bool:
    """Write the run time, rounded up to 10 s, where the chapter has its line.

    A stated time that is still about right stays, so that running again changes nothing.
    Returns whether the chapter has such a line.
    """
    stated = stated_seconds(nb)
    rounded = max(10, 10 * math.ceil(seconds / 10))
    if stated is not None and stated - 15 <= seconds <= stated + 3:
        rounded = stated
    for cell in nb.cells:
        if cell.cell_type == "markdown" and RUN_TIME.search(cell.source):
            line = f"Run time on a CPU: about {rounded} s."
            cell.source = RUN_TIME.sub(line, cell.source, count=1)
            return True
    return False


def execute(chapter: Chapter) -> float:
    """Run a synced chapter from top to bottom and write both twins; returns CPU seconds.

    Nothing is written when a cell fails.

    Raises: nbclient.exceptions.CellExecutionError with the cell and its traceback.
    """
    nb = chapter.read_notebook()
    seconds = run_cells(nb, chapter.notebook.parent)
    normalize(nb)
    if not put_run_time(nb, seconds):
        print(f"{chapter.name}: no line 'Run time on a CPU: ….' to write the time into")
    nb.metadata["textbook_nlp"] = {"twin": fingerprint(nb)}
    write_atomic(chapter.source, to_text(nb))
    write_atomic(chapter.notebook, to_json(nb))
    return seconds


# ---------------------------------------------------------------------------------------------
# Commands


def command_sync(options: argparse.Namespace) -> int:
    """Bring the twins in step."""
    for chapter in chapters(options.names, options.book):
        nb = sync(chapter, from_notebook=options.from_notebook, force=options.force)
        print(f"{chapter.name}: in step" + (", needs running" if is_stale(nb) else ""))
    return 0


def command_execute(options: argparse.Namespace) -> int:
    """Sync, then run what changed (or what was named, or everything)."""
    for chapter in chapters(options.names, options.book):
        nb = sync(chapter, from_notebook=options.from_notebook, force=options.force)
        if options.all or options.names or is_stale(nb):
            seconds = execute(chapter)
            print(f"{chapter.name}: {seconds:.1f} CPU s")
        else:
            print(f"{chapter.name}: unchanged")
    return command_pages(options)  # the front page states each chapter's run time


def command_times(options: argparse.Namespace) -> int:
    """Run every chapter and report, writing nothing."""
    total = 0.0
    for chapter in chapters(options.names, options.book):
        seconds = run_cells(chapter.read_notebook(), chapter.notebook.parent)
        total += seconds
        print(f"{chapter.name:<40} {seconds:7.1f} CPU s")
    print(f"{'all':<40} {total:7.1f} CPU s")
    return 0


def command_pages(options: argparse.Namespace) -> int:
    """Rewrite the generated parts of the pages."""
    import pages

    for path in pages.write(options.book):
        print(f"{path.name}: rewritten")
    return 0


def command_check(options: argparse.Namespace) -> int:
    """Print everything that is wrong; the exit status says whether there was something."""
    import guards
    import pages

    problems = [
        f"{chapter.name}: {problem}"
        for chapter in chapters(options.names, options.book)
        for problem in guards.problems(chapter)
    ]
    problems += pages.problems(options.book)
    print("\n".join(problems) or "all in order")
    return 1 if problems else 0


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run one command."""
    parser = argparse.ArgumentParser(
        prog="notebooks.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=["sync", "execute", "pages", "times", "check"])
    parser.add_argument("names", nargs="*", help="chapters (07 or its full name); default all")
    parser.add_argument("--all", action="store_true", help="execute: also what did not change")
    parser.add_argument(
        "--from-notebook", action="store_true", help="sync notebook -> text, not text -> notebook"
    )
    parser.add_argument("--force", action="store_true", help="drop unsynced edits of the notebook")
    parser.add_argument("--book", type=Path, default=BOOK, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.book = options.book.resolve()
    try:
        return globals()[f"command_{options.command}"](options)
    except NotebookError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
