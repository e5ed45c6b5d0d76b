"""The run on another machine is one: from the wheel, cut off, and it sees what is wrong."""

import re
import subprocess
import sys

import nbformat
import pytest

from book.tools import cli, elsewhere
from book.tools.chapter import code_cells

ATTEMPTS = (
    "socket.create_connection(('192.0.2.1', 80), timeout=1)",
    "socket.getaddrinfo('example.org', 80)",
    "urllib.request.urlopen('http://example.org', timeout=1)",
    "socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 53))",
)


@pytest.fixture(scope="module")
def attempted(tmp_path_factory):
    """What each attempt to leave a machine that is cut off prints, from one process."""
    folder = tmp_path_factory.mktemp("offline")
    (folder / "offline.py").write_text(elsewhere.OFFLINE, encoding="utf-8")
    code = (
        f"import offline, socket, urllib.request\nfor attempt in {ATTEMPTS}:\n"
        "    try: print(eval(attempt))\n    except Exception as error: print(error)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return dict(zip(ATTEMPTS, done.stdout.splitlines(), strict=True))


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_no_other_machine_is_reached(attempted, attempt):
    assert "the network is cut" in attempted[attempt]


def outdated(cells):
    """A changed digit, and a solution that has become wrong since the notebook was stored."""
    cells[1].outputs[0].text = cells[1].outputs[0].text.replace("10", "11")
    cells[5].source += "\nsteps = np.arange(6)"


def test_a_chapter_that_is_true_passes_and_one_that_is_not_fails_where_it_is_not(
    book, chapter, wheel, capfd, monkeypatch
):
    nb = chapter.read_notebook()
    outdated(code_cells(nb))
    nbformat.write(nb, book / "91_false.ipynb")
    monkeypatch.setattr(cli, "run_elsewhere", lambda found: elsewhere.run_elsewhere(found, wheel))

    status = cli.main(["elsewhere", "--book", str(book)])

    printed = re.sub("\x1b\\[[0-9;]*m", "", capfd.readouterr().out)
    failed = re.findall(r"^FAILED book/(\w+)\.ipynb::Cell (\d+)", printed, re.M)
    assert sorted(failed) == [("91_false", "1"), ("91_false", "7")]
    assert "exercise 1 (count): the solution gives {'state': 'hint'" in printed
    assert "2 failed, 14 passed" in printed
    assert status == 1
