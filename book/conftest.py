"""What `pytest --nbval book/` needs to mean the same on every machine.

Notebooks are checked as they were made: on the CPU, at small scale, with the static form of every
figure. `TEXTBOOK_NLP_DEVICE` and `TEXTBOOK_NLP_SCALE` may say otherwise; what was set stays.
"""

import functools
import os
from pathlib import Path

import nbval.kernel
import pytest
from jupyter_client.manager import KernelManager

from book.tools import kernels

BOOK = Path(__file__).resolve().parent

collect_ignore = ["tools", "source", "_static", "_build"]
collect_ignore_glob = ["*.py"]

# Embedded images: their bytes differ between builds of matplotlib and of its font library (a guard
# compares the stored ones with a digest). No digit of a text is hidden: what is replaced must be
# base64 inside a data address.
SANITIZE = r"""
[embedded image]
regex: data:image/[a-z+]+;base64,[A-Za-z0-9+/=]+
replace: data:image
"""


def set_environment(scratch: Path) -> None:
    """Set what the kernels inherit; settings of the person who runs this are kept."""
    for name, value in kernels.SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ["TEXTBOOK_NLP_STATIC"] = "1"
    for name in kernels.PERSONAL:
        os.environ.pop(name, None)
    os.environ.update(kernels.private(scratch))
    # The package beside the notebooks is the one they are checked against, installed or not.
    paths = [str(BOOK.parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)


def pytest_configure(config: pytest.Config) -> None:
    """Prepare nbval, when it is asked for."""
    if not (config.getoption("nbval", False) or config.getoption("nbval_lax", False)):
        return
    scratch = kernels.scratch_folder()
    config.add_cleanup(functools.partial(kernels.remove, scratch))
    if not hasattr(config, "workerinput"):  # a worker inherits what the process above it has set
        set_environment(scratch)
    if config.option.nbval_kernel_name is None:
        config.option.nbval_current_env = True
    if config.option.nbval_sanitize_with is None:
        patterns = scratch / "sanitize.cfg"
        patterns.write_text(SANITIZE, encoding="utf-8")
        config.option.nbval_sanitize_with = str(patterns)
    nbval.kernel.KernelManager = lambda **options: KernelManager(
        **kernels.socket_options(scratch), **options
    )


def is_cell(item: pytest.Item) -> bool:
    """Whether an item is a cell of a notebook."""
    return type(item).__name__ == "IPyNbCell"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the cells back in their order: plugins that shuffle tests shuffle cells too."""
    places = [index for index, item in enumerate(items) if is_cell(item)]
    cells = sorted(
        (items[index] for index in places), key=lambda cell: (str(cell.path), cell.cell_num)
    )
    for index, cell in zip(places, cells, strict=True):
        items[index] = cell
