"""Keep the book's notebooks in step with their text twins, executed and checked.

`book/source/NN_name.md` is what people edit and review; `book/NN_name.ipynb` is what people open,
with outputs. From the root of the repository:

    python -m book.tools sync       text -> notebook (`--from-notebook`: the other way)
    python -m book.tools execute    sync, then run the notebooks whose code changed
    python -m book.tools pages      rewrite the generated parts of the pages
    python -m book.tools times      CPU seconds of each chapter, nothing written
    python -m book.tools check      every guard that needs no execution
    python -m book.tools form       what is not of the second edition's form; reads the text alone
    python -m book.tools elsewhere  run and compare from the wheel, as on another machine

Each command takes names of chapters (`07`, `07_recurrent_networks`); without one it takes all.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbclient.exceptions import CellExecutionError

from book.tools import form, guards, pages
from book.tools.chapter import BOOK, Chapter, NotebookError, chapters
from book.tools.elsewhere import run_elsewhere
from book.tools.execute import execute, run_cells
from book.tools.twins import is_stale, sync


def command_sync(options: argparse.Namespace) -> int:
    """Bring the twins in step."""
    for chapter in chapters(options.names, options.book):
        nb = sync(chapter, from_notebook=options.from_notebook, force=options.force)
        print(f"{chapter.name}: in step" + (", needs running" if is_stale(nb) else ""))
    return 0


def command_execute(options: argparse.Namespace) -> int:
    """Sync, then run what changed (or what was named, or everything), a chapter a core."""
    found = chapters(options.names, options.book)
    synced = [sync(c, from_notebook=options.from_notebook, force=options.force) for c in found]

    def one(chapter: Chapter, is_wanted: bool) -> bool:
        if not is_wanted:
            print(f"{chapter.name}: unchanged")
            return True
        try:
            print(f"{chapter.name}: {execute(chapter):.1f} CPU s", flush=True)
            return True
        except CellExecutionError as error:
            print(f"{chapter.name}: {error}", file=sys.stderr)
            return False

    wanted = [bool(options.all or options.names or is_stale(nb)) for nb in synced]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        all_ran = all(list(pool.map(one, found, wanted)))
    # The front page states each chapter's run time.
    return command_pages(options) if all_ran else 1


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
    for path in pages.write(options.book):
        print(f"{path.name}: rewritten")
    return 0


def command_check(options: argparse.Namespace) -> int:
    """Print everything that is wrong; the exit status says whether there was something."""
    problems = [
        f"{chapter.name}: {problem}"
        for chapter in chapters(options.names, options.book)
        for problem in guards.problems(chapter)
    ]
    problems += form_problems(options, declared=True) + pages.problems(options.book)
    print("\n".join(problems) or "all in order")
    return 1 if problems else 0


def form_problems(options: argparse.Namespace, *, declared: bool) -> list[str]:
    """What is not of the form in the chapters, or in those alone that declare it."""
    return [
        f"{chapter.name}: {problem}"
        for chapter in chapters(options.names, options.book)
        if not declared or form.is_declared(chapter)
        for problem in form.problems(chapter, options.book)
    ]


def command_form(options: argparse.Namespace) -> int:
    """Print what is not of the form, in chapters that are named whether they declare it or not."""
    problems = form_problems(options, declared=not options.names)
    print("\n".join(problems) or "all in form")
    return 1 if problems else 0


def command_elsewhere(options: argparse.Namespace) -> int:
    """Run and compare the notebooks from the wheel, as on another machine."""
    return run_elsewhere(chapters(options.names, options.book))


COMMANDS = {
    "sync": command_sync,
    "execute": command_execute,
    "pages": command_pages,
    "times": command_times,
    "check": command_check,
    "form": command_form,
    "elsewhere": command_elsewhere,
}


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run one command."""
    parser = argparse.ArgumentParser(
        prog="python -m book.tools",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS)
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
        return COMMANDS[options.command](options)
    except NotebookError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
