"""Whole files and folders: what a crash leaves, what two writers at once do to each other."""

import os
import signal
import subprocess
import sys
import time

import pytest

from textbook_nlp import files
from textbook_nlp.files import DamagedFile, load_json, save_json, sha256, whole

posix = pytest.mark.skipif(os.name != "posix", reason="signals and locks of POSIX")
WRITER = """
import signal, sys, time
from pathlib import Path
from textbook_nlp.files import whole
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
with whole(sys.argv[1], folder=sys.argv[2] == "folder") as temporary:
    (temporary / "part" if temporary.is_dir() else temporary).write_text("half of it")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writer(tmp_path):
    """A process that writes half of a file or folder and waits."""
    processes = []

    def start(path, kind="file"):
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, path, kind],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        processes.append(process)
        assert process.stdout.readline() == b"writing\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def write(path, text):
    with whole(path) as temporary:
        temporary.write_text(text)


def test_the_file_appears_when_the_block_has_ended(tmp_path):
    target = tmp_path / "new" / "folder" / "a.txt"
    with whole(target) as temporary:
        temporary.write_text("all of it")
        assert temporary.parent == target.parent
        assert not target.exists()
    assert target.read_text() == "all of it"
    assert names(target.parent) == ["a.txt"]
    write(target, "another")
    assert target.read_text() == "another"


def test_a_file_has_the_rights_that_any_new_file_has(tmp_path):
    (tmp_path / "plain").touch()
    write(tmp_path / "whole", "x")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("folder", [False, True])
def test_a_block_that_raises_leaves_everything_as_it_was(tmp_path, folder):
    with pytest.raises(KeyboardInterrupt), whole(tmp_path / "x/y/z", folder=folder):
        raise KeyboardInterrupt
    assert names(tmp_path) == []
    write(tmp_path / "old", "old")
    with pytest.raises(TypeError):
        write(tmp_path / "old", b"no text")
    assert names(tmp_path) == ["old"]
    assert (tmp_path / "old").read_text() == "old"


def test_a_folder_appears_when_the_block_has_ended(tmp_path):
    with whole(tmp_path / "a", folder=True) as temporary:
        (temporary / "deep").mkdir()
        (temporary / "deep" / "file").write_text("x")
        assert not (tmp_path / "a").exists()
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a/deep") == ["file"]


def test_a_folder_that_somebody_else_made_in_the_meantime_stays(tmp_path):
    with whole(tmp_path / "a", folder=True) as temporary:
        (temporary / "mine").touch()
        with whole(tmp_path / "a", folder=True) as other:
            (other / "theirs").touch()
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == ["theirs"]


def test_a_long_name_can_be_written(tmp_path):
    write(tmp_path / ("n" * 255), "x")
    assert names(tmp_path) == ["n" * 255]


@posix
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_writer_left_goes_with_the_next_one(tmp_path, writer, kind):
    process = writer(tmp_path / "a", kind)
    write(tmp_path / "b", "x")
    assert len(names(tmp_path)) == 2  # that of a living writer stays, whatever its age
    process.kill()
    process.wait()
    assert len(names(tmp_path)) == 2
    write(tmp_path / "b", "y")
    assert names(tmp_path) == ["b"]


@posix
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_signal_that_ends_a_writer_leaves_nothing(tmp_path, writer, kind):
    process = writer(tmp_path / "new" / "a", kind)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    assert names(tmp_path) == []


@pytest.mark.parametrize("missing", ["module", "support"])
def test_where_nothing_can_be_locked_age_decides(tmp_path, monkeypatch, missing):
    old, new = (tmp_path / f".textbook_nlp-{name}.part" for name in ("old", "new"))
    for path in (old, new):
        path.touch()
    os.utime(old, (time.time() - 2 * files._OLD,) * 2)

    def flock(*_):
        raise OSError(files.errno.ENOLCK, "no locks available")

    if missing == "module":
        monkeypatch.setattr(files, "fcntl", None)
    else:
        monkeypatch.setattr(files.fcntl, "flock", flock)
    write(tmp_path / "a", "x")
    assert names(tmp_path) == [new.name, "a"]


@posix
def test_a_writer_that_was_taken_for_dead_before_it_had_its_lock_begins_anew(tmp_path, monkeypatch):
    lock, robbed = files._lock, []

    def late(path, *, wait):
        if wait and not robbed:
            robbed.append(path)
            descriptor = lock(path, wait=wait)
            path.unlink()  # as a cleaner does that came between
            return descriptor
        return lock(path, wait=wait)

    monkeypatch.setattr(files, "_lock", late)
    with whole(tmp_path / "a") as temporary:
        assert temporary.exists()
        assert temporary not in robbed
    assert len(robbed) == 1
    assert names(tmp_path) == ["a"]


def test_a_folder_that_another_writer_takes_away_is_made_again(tmp_path, monkeypatch):
    make, times = files.Path.mkdir, []

    def mkdir(self, *arguments, **options):
        make(self, *arguments, **options)
        times.append(self)
        if len(times) == 1:
            self.rmdir()

    monkeypatch.setattr(files.Path, "mkdir", mkdir)
    write(tmp_path / "new" / "a", "x")
    assert len(times) == 2
    assert names(tmp_path / "new") == ["a"]


def test_sha256_of_bytes_text_and_file(tmp_path):
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(b"abc") == sha256("abc") == sha256(tmp_path / "abc") == expected
    assert sha256("김치") == sha256("김치".encode())


def test_json_comes_back(tmp_path):
    path = tmp_path / "a.json"
    save_json(path, "fruit", {"name": "배", "numbers": [1, 2]})
    assert load_json(path, "fruit", ("name",)) == {
        "kind": "fruit",
        "name": "배",
        "numbers": [1, 2],
    }
    assert b"\r" not in path.read_bytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"kind": "fr', "is not a whole fruit file"),
        (b'{"kind": "\xff"}', "is not a whole fruit file"),
        (b"[" * 100_000, "is not a whole fruit file"),
        (b"[1]", "is JSON but no fruit file"),
        (b'{"kind": "stone"}', "is JSON but no fruit file"),
        (b'{"kind": "fruit"}', "lacks name: build the fruit anew"),
    ],
)
def test_damaged_json(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=message):
        load_json(path, "fruit", ("name",))


def test_json_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_json(tmp_path / "a.json", "fruit", ())
