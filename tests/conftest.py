"""Settings that all tests share."""

import ipaddress
import os
import random
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import jaxtyping
import pytest
from filelock import FileLock

# Figures are drawn without a screen, and what a person has set does not reach the tests.
os.environ["MPLBACKEND"] = "Agg"
for _name in ("TEXTBOOK_NLP_DEVICE", "TEXTBOOK_NLP_SCALE"):
    os.environ.pop(_name, None)

# Threads that wait for a busy core make torch many times slower, and nothing here is large.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# An example is slow on a busy machine; that alone is no failure. Every run draws the same ones.
hypothesis.settings.register_profile("book", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("book")


def pytest_configure(config):
    """Say what the marker of this file means."""
    config.addinivalue_line("markers", "corpora(*names): skip where a file of a corpus is missing")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Skip a test whose real corpora are not here, file by file: an empty folder is not enough."""
    for mark in item.iter_markers("corpora"):
        from textbook_nlp.data.corpora import is_here

        for name in mark.args:
            if not is_here(name):
                pytest.skip(f"the corpus {name} is not here: set TEXTBOOK_NLP_DATA")


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session", autouse=True)
def loopback_only():
    """Refuse every connection to another machine: the tests pass without a network."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
            raise OSError(f"a test tried to reach {address}; tests talk to loopback only")
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True)
def torch_seeded():
    """Seed torch from `random`, which pytest-randomly has seeded for this test."""
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(random.getrandbits(32))


@pytest.fixture
def shapes_unchecked(monkeypatch):
    """Switch the shape checks of the test run off, to see the errors that a user gets."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture(scope="session")
def once(tmp_path_factory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Make what costs time once a run, not once a worker: `once(name, make)` gives its folder.

    The first that asks calls `make(folder)`; the others wait for it.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def made(name: str, make: Callable[[Path], None]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with FileLock(shared / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def wheel(once) -> Path:
    """The wheel of the package, built without a network."""
    from book.tools.elsewhere import build_wheel

    (built,) = once("wheel", build_wheel).glob("*.whl")
    return built
