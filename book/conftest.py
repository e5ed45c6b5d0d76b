"""What `pytest --nbval book/` needs to mean the same on every machine.

Notebooks are checked as they were made: on the CPU, at small scale, with the static form of every
figure. `TEXTBOOK_NLP_DEVICE` and `TEXTBOOK_NLP_SCALE` may say otherwise; what was set stays.
"""

import functools
import os
import tempfile
import uuid
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parent

collect_ignore = ["tools", "source", "_static", "_build"]
collect_ignore_glob = ["*.py"]

# Embedded images: their bytes differ between builds of matplotlib and of its font library. No digit
# of a text is hidden: what is replaced must be base64 inside a data address.
SANITIZE = r"""
[embedded image]
regex: data:image/[a-z+]+;base64,[A-Za-z0-9+/=]+
replace: data:image
"""


def set_environment() -> None:
    """Set what the kernels inherit; settings of the person who runs this are kept."""
    os.environ["TEXTBOOK_NLP_STATIC"] = "1"
    os.environ.setdefault("TEXTBOOK_NLP_DEVICE", "cpu")
    os.environ.setdefault("TEXTBOOK_NLP_SCALE", "small")
    # More threads than free cores make torch slower, and no chapter is large enough to gain.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # The package beside the notebooks is the one they are checked against, installed or not.
    paths = [str(BOOK.parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)


def pytest_configure(config: pytest.Config) -> None:
    """Prepare nbval, when it is asked for."""
    if not (config.getoption("nbval", False) or config.getoption("nbval_lax", False)):
        return
    set_environment()
    if config.option.nbval_kernel_name is None:
        config.option.nbval_current_env = True
    # Plain `-n 2` deals the cells of one notebook out to two kernels.
    if getattr(config.option, "dist", "no") == "load":
        config.option.dist = "loadfile"

    scratch = Path(tempfile.mkdtemp(prefix="nbval"))
    config.add_cleanup(functools.partial(remove, scratch))
    if config.option.nbval_sanitize_with is None:
        patterns = scratch / "sanitize.cfg"
        patterns.write_text(SANITIZE, encoding="utf-8")
        config.option.nbval_sanitize_with = str(patterns)
    if os.name == "posix":
        use_private_sockets(scratch)


def use_private_sockets(folder: Path) -> None:
    """Talk to kernels over sockets in `folder`: two kernels can pick the same TCP port."""
    import nbval.kernel
    from jupyter_client.manager import KernelManager

    def manager(**options: object) -> KernelManager:
        address = str(folder / uuid.uuid4().hex[:6])
        return KernelManager(transport="ipc", ip=address, **options)

    nbval.kernel.KernelManager = manager


def remove(folder: Path) -> None:
    """Remove the scratch folder and the sockets in it."""
    for path in folder.iterdir():
        path.unlink(missing_ok=True)
    folder.rmdir()


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
