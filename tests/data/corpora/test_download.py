"""Downloads against a server that cuts, alters, refuses, stalls."""

import errno
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from textbook_nlp.data.corpora import download as module
from textbook_nlp.data.corpora import errors
from textbook_nlp.data.corpora.download import TransferError, download, record_path
from textbook_nlp.data.corpora.errors import ChecksumMismatch, NoRoom, UnknownChecksum

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


class Response:
    """What `requests.get` returns, as far as a download asks it."""

    def __init__(self, chunks, headers=()):
        self.chunks, self.headers = chunks, dict(headers)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def raise_for_status(self):
        pass

    def iter_content(self, size):
        yield from self.chunks


def test_a_download_that_is_interrupted_leaves_nothing(tmp_path, monkeypatch):
    def chunks():
        yield CONTENT[:100]
        raise KeyboardInterrupt

    monkeypatch.setattr(requests, "get", lambda *_, **__: Response(chunks()))
    with pytest.raises(KeyboardInterrupt):
        download(["https://a.invalid/a"], tmp_path / "new" / "a.txt", known=[digest(CONTENT)])
    assert list(tmp_path.iterdir()) == []


def test_a_failed_download_leaves_no_folder(site, tmp_path):
    with pytest.raises(TransferError):
        download([site.address("/gone")], tmp_path / "new" / "folder" / "a.txt", known=[])
    assert list(tmp_path.iterdir()) == []


DOWNLOAD = """
import signal, sys
from pathlib import Path
from textbook_nlp.data.corpora.download import download
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
download([sys.argv[1]], Path(sys.argv[2]), known=["0" * 64])
"""


@pytest.mark.skipif(os.name != "posix", reason="signals and locks of POSIX")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_download_that_is_ended_half_way(site, tmp_path, number):
    half = bytes(32 * 2**20)  # more than the buffers of a connection hold
    address = site.put("/half", half, promise=len(half), stall=True)
    target = tmp_path / "a.txt"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(
        [sys.executable, "-c", DOWNLOAD, address, target], env=environment
    ) as process:
        assert site.sent.wait(60)
        process.send_signal(number)
    left = list(tmp_path.iterdir())
    if number != signal.SIGKILL:
        assert (process.returncode, left) == (128 + number, [])
        return
    assert len(left) == 1
    assert left[0].suffix == ".part"
    assert left[0].stat().st_size > 0
    download([site.put("/a", CONTENT)], target, known=[digest(CONTENT)])
    assert list(tmp_path.iterdir()) == [target]


ENDLESS = 400


def endless():
    """A server that never ends, for as long as a test can wait."""
    for _ in range(ENDLESS):
        yield bytes(1 << 16)
    raise AssertionError("the download went on and on")


@pytest.mark.parametrize("announced", [None, "20000", "26214400"])
def test_no_more_is_written_than_was_expected(tmp_path, monkeypatch, announced):
    pages = [
        Response(endless(), [("Content-Length", announced)] if announced else []),
        Response([CONTENT]),
    ]
    monkeypatch.setattr(requests, "get", lambda *_, **__: pages.pop(0))
    addresses = ["https://a.invalid/endless", "https://a.invalid/a"]
    known = [digest(CONTENT)]
    download(addresses, tmp_path / "a.txt", known=known, size=len(CONTENT))
    assert (tmp_path / "a.txt").read_bytes() == CONTENT
    pages = [Response(endless())]
    with pytest.raises(TransferError, match="it sends more than the 20,000 bytes expected"):
        download(addresses[:1], tmp_path / "b.txt", known=known, size=len(CONTENT))
    assert contents(tmp_path) == ["a.txt"]


def test_a_download_of_unknown_size_ends_somewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 100_000)
    monkeypatch.setattr(requests, "get", lambda *_, **__: Response(endless()))
    with pytest.raises(TransferError, match="more than the 100,000 bytes"):
        download(["https://a.invalid/a"], tmp_path / "a.txt", known=[], may_accept=True)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("many", "it announces 'many' bytes, expected a number"),
        ("-1", "it announces '-1' bytes"),
        ("300000000", "it announces 300,000,000 bytes, expected at most 20,000"),
    ],
)
def test_a_length_that_cannot_be(site, tmp_path, header, reason):
    odd = site.put("/odd", CONTENT, headers={"Content-Length": header})
    arguments = {"known": [digest(CONTENT)], "size": len(CONTENT)}
    with pytest.raises(TransferError, match=reason):
        download([odd], tmp_path / "a.txt", **arguments)
    download([odd, site.put("/a", CONTENT)], tmp_path / "a.txt", **arguments)
    assert contents(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    "location",
    ["http://[::1", "http://", "nothing://there", "http://" + "a" * 64 + ".b/", "//:x", "\\"],
)
def test_a_redirect_to_what_is_no_address(site, tmp_path, location):
    odd = site.put("/odd", b"", status=302, headers={"Location": location})
    with pytest.raises(TransferError, match="/odd: ") as info:
        download([odd], tmp_path / "a.txt", known=[digest(CONTENT)])
    assert "\n" not in str(info.value)
    download([odd, site.put("/a", CONTENT)], tmp_path / "a.txt", known=[digest(CONTENT)])
    assert contents(tmp_path) == ["a.txt"]


@pytest.fixture
def disk(monkeypatch):
    """A disk with so many bytes free."""

    def free(number):
        usage = shutil._ntuple_diskusage(10**12, 10**12 - number, number)
        monkeypatch.setattr(errors.shutil, "disk_usage", lambda _: usage)

    return free


def test_a_disk_that_is_too_small_is_seen_before_the_download(site, tmp_path, disk):
    disk(9_999)
    expected = r"9,999 bytes are free, 20,000 are needed. Make room there, or set TEXTBOOK_NLP"
    with pytest.raises(NoRoom, match=expected):
        download([site.put("/a", CONTENT)], tmp_path / "a.txt", known=[], size=len(CONTENT))
    assert site.asked == []
    with pytest.raises(NoRoom, match=expected):
        download([site.put("/a", CONTENT)], tmp_path / "a.txt", known=[])
    assert list(tmp_path.iterdir()) == []


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")
    yield


def test_a_disk_that_is_full_in_the_middle(tmp_path, monkeypatch, disk):
    disk(70_000)
    pages = [Response(full()), Response([CONTENT])]
    monkeypatch.setattr(requests, "get", lambda *_, **__: pages.pop(0))
    addresses, known = ["https://a.invalid/1", "https://a.invalid/2"], [digest(CONTENT)]
    download(addresses, tmp_path / "a.txt", known=known)  # the second needs less room
    pages = [Response(full()), Response(full())]
    with pytest.raises(NoRoom, match=r"no room for a file in .*: 70,000 bytes are free\. Make"):
        download(addresses, tmp_path / "b.txt", known=known)
    assert contents(tmp_path) == ["a.txt"]


def test_what_else_the_disk_refuses_is_passed_on(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        download(["http://127.0.0.1:1/a"], tmp_path / "file" / "a.txt", known=[])


PAGES = [
    b"<!DOCTYPE html><title>Log in</title>",
    b"\xef\xbb\xbf\n <HTML><body>Log in",
    b"<script>location = '/login'</script>",
]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [("a.txt", page, r"a web page \(HTML\)") for page in PAGES]
    + [("a.txt.gz", CONTENT, "no .gz file"), ("a.zip", CONTENT, "no .zip file")],
)
def test_what_cannot_be_the_file_is_not_accepted(site, tmp_path, name, content, what):
    wrong, right = site.put("/wrong", content), site.put("/right", b"\x1f\x8bPK")
    arguments = {"known": [], "may_accept": True, "accept": True}
    with pytest.raises(TransferError, match=f"/wrong: it sent {what}"):
        download([wrong], tmp_path / name, **arguments)
    assert contents(tmp_path) == []
    if not name.endswith(".zip"):
        download([wrong, right], tmp_path / name, **arguments)
        assert contents(tmp_path) == [name, f"{name}.sha256"]
