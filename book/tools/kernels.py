"""Where the kernel of a chapter runs: the same settings, folders and sockets for everybody.

Used when chapters are executed, and by `book/conftest.py` when nbval compares them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from ipykernel import kernelspec
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

# The path of a socket has at most 103 bytes on macOS and 107 on Linux; 10 of them are the name.
LONGEST_FOLDER = 90

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# On the CPU, at small scale, every figure in its static form. More threads than free cores would
# make torch slower, and no chapter is large enough to gain.
SETTINGS = {
    "TEXTBOOK_NLP_STATIC": "1",
    "TEXTBOOK_NLP_DEVICE": "cpu",
    "TEXTBOOK_NLP_SCALE": "small",
    **dict.fromkeys(THREADS, "1"),
}
# A start-up script, a color theme or a drawing style of the person who runs this leaves no trace.
PERSONAL = ("PYTHONSTARTUP", "MATPLOTLIBRC", "MPLBACKEND")
FOLDERS = (
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "MPLCONFIGDIR",
)


def scratch_folder() -> Path:
    """A new empty folder whose path leaves room for the name of a socket."""
    folder = tempfile.mkdtemp(prefix="nb")
    if os.name == "posix" and len(os.fsencode(folder)) > LONGEST_FOLDER:
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix="nb", dir="/tmp")
    return Path(folder)


def private(folder: Path) -> dict[str, str]:
    """Variables that keep IPython, Jupyter and matplotlib out of a person's own folders.

    Their settings there may print every expression of a cell or draw with LaTeX, and the folders
    may be closed to us. The list of fonts is made here: where there are many, a kernel that has
    to make it says so among the outputs.
    """
    variables = {name: str(folder / name.lower()) for name in FOLDERS}
    for path in variables.values():
        Path(path).mkdir()
    environment = {k: v for k, v in os.environ.items() if k not in PERSONAL} | variables
    fonts = [sys.executable, "-c", "import matplotlib.font_manager"]
    subprocess.run(fonts, env=environment, capture_output=True, check=True)
    return variables


def socket_options(folder: Path) -> dict[str, str]:
    """How to reach a kernel over sockets in `folder`: two kernels can pick the same TCP port."""
    if os.name != "posix":
        return {}
    return {"transport": "ipc", "ip": str(folder / uuid.uuid4().hex[:6])}


def kernel_manager(folder: Path) -> AsyncKernelManager:
    """A manager whose kernel is this very Python, with sockets and connection file in `folder`."""
    manager = AsyncKernelManager(
        kernel_name="python3",
        connection_file=str(folder / "kernel.json"),
        **socket_options(folder),
    )
    spec = kernelspec.get_kernel_dict()
    manager._kernel_spec = KernelSpec(resource_dir=kernelspec.RESOURCES, **spec)
    return manager


def remove(folder: Path) -> None:
    """Remove a scratch folder; a kernel that is just ending may still hold a file in it."""
    shutil.rmtree(folder, ignore_errors=True)
