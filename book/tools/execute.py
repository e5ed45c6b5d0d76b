"""Executes chapters, each from top to bottom in a kernel of its own, and stores what they show."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from book.tools import kernels
from book.tools.chapter import ROOT, Chapter, outputs_digest, put_run_time, to_json, write
from book.tools.twins import fingerprint

CELL_TIMEOUT = 600  # seconds; a chapter takes about 20

# What changes numbers or finds other data on the machine of the person who executes.
OF_THE_MACHINE = ("TEXTBOOK_NLP_DATA", "ATEN_CPU_CAPABILITY", "MKL_CBWR")


def environment(folder: Path) -> dict[str, str]:
    """The environment in which notebooks are made; private folders are made in `folder`."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    left_out = (*kernels.PERSONAL, *OF_THE_MACHINE)
    return {
        **{name: value for name, value in os.environ.items() if name not in left_out},
        **kernels.SETTINGS,
        **kernels.private(folder),
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONHASHSEED": "0",
    }


def run_cells(nb: NotebookNode, folder: Path) -> float:
    """Execute all cells in a fresh kernel in `folder`; returns the kernel's CPU seconds.

    Raises:
        CellExecutionError: if a cell fails; it has the cell and its traceback.
    """

    async def run(client: NotebookClient) -> float:
        client.reset_execution_trackers()
        async with client.async_setup_kernel(env=environment(scratch), cleanup_kc=True):
            for index, cell in enumerate(nb.cells):
                await client.async_execute_cell(
                    cell, index, execution_count=client.code_cells_executed + 1
                )
            clock = {"seconds": "__import__('time').process_time()"}
            message = client.kc.execute("", silent=True, user_expressions=clock)
            reply = await client.async_wait_for_reply(message)
        return float(reply["content"]["user_expressions"]["seconds"]["data"]["text/plain"])

    scratch = kernels.scratch_folder()
    try:
        client = NotebookClient(
            nb,
            km=kernels.kernel_manager(scratch),
            timeout=CELL_TIMEOUT,
            record_timing=False,
            shutdown_kernel="immediate",
            resources={"metadata": {"path": str(folder)}},
        )
        # In a thread of its own: a caller's thread may have an event loop already.
        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(lambda: asyncio.run(run(client))).result()
    finally:
        kernels.remove(scratch)


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


def execute(chapter: Chapter) -> float:
    """Run a synced chapter from top to bottom and write both twins; returns CPU seconds.

    Nothing is written when a cell fails.

    Raises:
        CellExecutionError: if a cell fails; it has the cell and its traceback.
    """
    nb = chapter.read_notebook()
    seconds = run_cells(nb, chapter.notebook.parent)
    normalize(nb)
    if not put_run_time(nb, seconds):
        print(f"{chapter.name}: no line 'Run time on a CPU: ….' to write the time into")
    as_stored = nbformat.reads(to_json(nb), as_version=4)
    nb.metadata["textbook_nlp"] = {"twin": fingerprint(nb), "outputs": outputs_digest(as_stored)}
    write(chapter, nb)
    return seconds
