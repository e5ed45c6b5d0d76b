"""Downloads against a server that cuts, alters, refuses, stalls."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from textbook_nlp.data.corpora import download as module
from textbook_nlp.data.corpora.download import (
    TransferError,
    download,
    record_path,
    sha256,
    temporary_beside,
)
from textbook_nlp.data.corpora.errors import ChecksumMismatch, UnknownChecksum

CONTENT = b"one sentence a line\n" * 1000


def digest(content):
    return hashlib.sha256(content).hexdigest()


def contents(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_good_download(site, tmp_path):
    target = tmp_path / "new" / "folder" / "a.txt"
    download([site.put("/a", CONTENT)], target, known=[digest(CONTENT)])
    assert target.read_bytes() == CONTENT
    assert contents(tmp_path) == ["a.txt"]
    assert site.headers[0]["Accept-Encoding"] == "identity"


def test_the_second_address_serves_when_the_first_fails(site, tmp_path):
    first, second = site.put("/gone", b"", status=404), site.put("/a", CONTENT)
    download([first, second], tmp_path / "a.txt", known=["0" * 64, digest(CONTENT)])
    assert (tmp_path / "a.txt").read_bytes() == CONTENT
    assert site.asked == ["/gone", "/a"]


def test_the_second_address_serves_when_the_first_sends_something_else(site, tmp_path):
    first, second = site.put("/wrong", b"<html>login</html>"), site.put("/a", CONTENT)
    download([first, second], tmp_path / "a.txt", known=[digest(CONTENT)])
    assert (tmp_path / "a.txt").read_bytes() == CONTENT
    assert contents(tmp_path) == ["a.txt"]


def test_the_second_address_is_not_asked_when_the_first_serves(site, tmp_path):
    first, second = site.put("/a", CONTENT), site.put("/b", CONTENT)
    download([first, second], tmp_path / "a.txt", known=[digest(CONTENT)])
    assert site.asked == ["/a"]


@pytest.mark.parametrize(("status", "reason"), [(404, "404 Not Found"), (503, "503 Service")])
def test_an_error_of_the_server(site, tmp_path, status, reason):
    address = site.put("/a", b"an error page", status=status)
    with pytest.raises(TransferError, match=f"{address}: the server answered {reason}") as info:
        download([address], tmp_path / "a.txt", known=[digest(CONTENT)])
    assert len(info.value.failures) == 1
    assert contents(tmp_path) == []


def test_a_connection_that_breaks_half_way(site, tmp_path):
    address = site.put("/a", CONTENT[:5000], promise=5000)
    with pytest.raises(TransferError, match="broke before the end of the file"):
        download([address], tmp_path / "a.txt", known=[digest(CONTENT)])
    assert contents(tmp_path) == []


def test_a_file_that_is_cut_short_at_the_server(site, tmp_path):
    address = site.put("/a", CONTENT[:5000])
    with pytest.raises(ChecksumMismatch, match=r"5,000 bytes, expected 20,000: it was cut short"):
        download([address], tmp_path / "a.txt", known=[digest(CONTENT)], size=len(CONTENT))
    assert contents(tmp_path) == []


def test_one_altered_byte(site, tmp_path):
    altered = bytearray(CONTENT)
    altered[777] ^= 1
    address = site.put("/a", bytes(altered))
    with pytest.raises(ChecksumMismatch, match="something inside was altered") as info:
        download([address], tmp_path / "a.txt", known=[digest(CONTENT)], size=len(CONTENT))
    message = str(info.value)
    assert digest(CONTENT) in message
    assert digest(bytes(altered)) in message
    assert "Nothing was kept. Try again" in message
    assert info.value.got == digest(bytes(altered))
    assert info.value.expected == (digest(CONTENT),)
    assert contents(tmp_path) == []


def test_a_mismatch_outweighs_an_address_that_is_gone(site, tmp_path):
    addresses = [site.put("/wrong", b"wrong"), site.address("/gone")]
    with pytest.raises(ChecksumMismatch, match="/wrong"):
        download(addresses, tmp_path / "a.txt", known=[digest(CONTENT)])


def test_an_existing_file_survives_a_failed_download(site, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"the old one")
    with pytest.raises(ChecksumMismatch):
        download([site.put("/a", b"wrong")], tmp_path / "a.txt", known=[digest(CONTENT)])
    assert (tmp_path / "a.txt").read_bytes() == b"the old one"


def test_nobody_listens(site, tmp_path):
    address = "http://127.0.0.1:1/a"
    with pytest.raises(TransferError, match=f"{address}: no connection"):
        download([address], tmp_path / "a.txt", known=[digest(CONTENT)])


def test_no_address_at_all(tmp_path):
    with pytest.raises(TransferError) as info:
        download([], tmp_path / "a.txt", known=[])
    assert info.value.failures == ()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.ConnectTimeout("connect"), "no answer in time"),
        (requests.ReadTimeout("read"), "no answer in time"),
        (requests.ConnectionError("Read timed out."), "no answer in time"),
        (requests.exceptions.SSLError("self-signed"), r"not trusted \(self-signed\)"),
        (requests.TooManyRedirects("30 redirects"), "TooManyRedirects: 30 redirects"),
    ],
)
def test_other_reasons(tmp_path, monkeypatch, error, reason):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(requests, "get", fail)
    with pytest.raises(TransferError, match=reason):
        download(["https://example.invalid/a"], tmp_path / "a.txt", known=[])


def test_the_transfer_has_a_time_limit_and_checks_certificates(tmp_path, monkeypatch):
    seen = {}

    def get(address, **options):
        seen.update(options)
        raise requests.ConnectionError("seen")

    monkeypatch.setattr(requests, "get", get)
    with pytest.raises(TransferError):
        download(["https://example.invalid/a"], tmp_path / "a.txt", known=[], timeout=(1.0, 2.0))
    assert seen["timeout"] == (1.0, 2.0)
    assert seen.get("verify", True) is True


def test_no_module_switches_certificate_checks_off():
    for path in Path(module.__file__).parent.rglob("*.py"):
        assert not re.search(r"verify\s*=|_create_unverified|CERT_NONE", path.read_text("utf-8"))


def test_a_file_that_nobody_has_seen(site, tmp_path):
    address, target = site.put("/a", CONTENT), tmp_path / "a.txt"
    arguments = {"known": [], "may_accept": True, "how_to_accept": "say so."}
    with pytest.raises(UnknownChecksum, match="If you trust the address, say so") as info:
        download([address], target, **arguments)
    assert digest(CONTENT) in str(info.value)
    assert "20,000 bytes" in str(info.value)
    assert info.value.got == digest(CONTENT)
    assert contents(tmp_path) == []
    download([address], target, accept=True, **arguments)
    assert target.read_bytes() == CONTENT
    assert record_path(target).read_text() == digest(CONTENT) + "\n"
    assert contents(tmp_path) == ["a.txt", "a.txt.sha256"]


def test_accept_does_not_cover_a_file_whose_digest_is_known(site, tmp_path):
    with pytest.raises(ChecksumMismatch):
        download(
            [site.put("/a", b"wrong")], tmp_path / "a.txt", known=[digest(CONTENT)], accept=True
        )
    assert contents(tmp_path) == []


def test_the_checked_file_takes_its_name_in_one_step(tmp_path, monkeypatch):
    inodes = []

    def transfer(address, output_file, pooch):
        Path(output_file).write_bytes(CONTENT)
        inodes.append(os.stat(output_file).st_ino)

    monkeypatch.setattr(module.pooch, "HTTPDownloader", lambda **_: transfer)
    download(["https://example.invalid/a"], tmp_path / "a.txt", known=[digest(CONTENT)])
    assert [(tmp_path / "a.txt").stat().st_ino] == inodes  # renamed, not copied


def test_a_download_that_is_interrupted_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(address, output_file, pooch):
        Path(output_file).write_bytes(CONTENT[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(module.pooch, "HTTPDownloader", lambda **_: interrupt)
    with pytest.raises(KeyboardInterrupt):
        download(["https://example.invalid/a"], tmp_path / "a.txt", known=[digest(CONTENT)])
    assert contents(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="asks whether a process runs the POSIX way")
def test_a_download_that_is_killed_half_way(site, tmp_path):
    half = bytes(32 * 2**20)  # more than the buffers of a connection hold
    address = site.put("/half", half, promise=len(half), stall=True)
    target = tmp_path / "a.txt"
    code = (
        "import sys; from pathlib import Path;"
        "from textbook_nlp.data.corpora.download import download;"
        "download([sys.argv[1]], Path(sys.argv[2]), known=['0' * 64])"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(
        [sys.executable, "-c", code, address, target], env=environment
    ) as process:
        assert site.sent.wait(60)
        process.kill()
    left = list(tmp_path.iterdir())
    assert len(left) == 1
    assert left[0].name.endswith(".part")
    assert left[0].stat().st_size > 0
    download([site.put("/a", CONTENT)], target, known=[digest(CONTENT)])
    assert list(tmp_path.iterdir()) == [target]


def test_temporary_files_of_running_processes_are_left_alone(tmp_path):
    with temporary_beside(tmp_path / "a") as first:
        first.write_bytes(b"mine")
        with temporary_beside(tmp_path / "a") as second:
            assert first != second
            assert first.exists()
        assert first.exists()
    assert not first.exists()


def test_what_killed_processes_left_is_removed(tmp_path, monkeypatch):
    host = module._host()
    monkeypatch.setattr(module, "_runs", lambda process: process != 4000)
    dead, alive = tmp_path / f".{host}-4000-00aa.part", tmp_path / f".{host}-4001-00aa.part"
    folder = tmp_path / f".{host}-4000-00bb.part"
    other = tmp_path / f".{host}-notes.part"
    for path in (dead, alive, other):
        path.write_bytes(b"x")
    folder.mkdir()
    (folder / "inside").write_bytes(b"x")
    with temporary_beside(tmp_path / "a"):
        assert sorted(tmp_path.iterdir()) == sorted([alive, other])


def test_whether_a_process_runs(monkeypatch):
    assert module._runs(os.getpid())
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    assert not module._runs(process.pid)

    def forbid(*_):
        raise PermissionError

    monkeypatch.setattr(module.os, "kill", forbid)
    assert module._runs(1)
    monkeypatch.setattr(module.os, "name", "nt")
    assert module._runs(process.pid)


def test_sha256(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
