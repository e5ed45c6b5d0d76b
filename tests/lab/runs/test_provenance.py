"""The commit and the code that a number comes from."""

import subprocess

import pytest

from textbook_nlp.lab.runs import provenance


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    package = tmp_path / "textbook_nlp"
    (package / "lab" / "results").mkdir(parents=True)
    (package / "models").mkdir()
    for name in ("__init__.py", "models/rnn.py"):
        (package / name).write_text("x = 1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "Begin")
    return package


def test_the_commit_is_found(checkout):
    head = git(checkout, "rev-parse", "HEAD")
    assert provenance.commit(checkout) == head
    (checkout / "lab" / "results" / "toy.json").write_text("{}")
    assert provenance.commit(checkout) == head
    (checkout / "models" / "rnn.py").write_text("x = 2\n")
    assert provenance.commit(checkout) == f"{head}-dirty"


def test_outside_git_the_commit_is_unknown(checkout, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    assert provenance.commit(tmp_path / "elsewhere") == "unknown"
    installed = checkout.parent / ".venv" / "textbook_nlp"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("x = 1\n")
    assert provenance.commit(installed) == "unknown"


def test_without_git_the_commit_is_unknown(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance.commit(checkout) == "unknown"


def test_the_code_is_told_apart_without_git(tmp_path):
    for name, text in (("one", "x = 1\n"), ("same", "x = 1\n"), ("other", "x = 2\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(text)
    one, same, other = (provenance.code(tmp_path / name) for name in ("one", "same", "other"))
    assert one == same != other
