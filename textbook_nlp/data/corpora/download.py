"""Downloads that leave either the whole, checked file or nothing."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from textbook_nlp.data.corpora.errors import (
    FULL,
    ChecksumMismatch,
    NoRoom,
    UnknownChecksum,
    free_bytes,
)
from textbook_nlp.files import sha256, whole

TIMEOUT = (10.0, 60.0)
"""Seconds to wait for a connection, and for the next bytes."""

LARGEST = 2 * 2**30
"""Bytes at which a download ends whose size nobody has recorded."""

_PAGE = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")
_FIRST_BYTES = {".gz": b"\x1f\x8b", ".zip": b"PK"}


class TransferError(Exception):
    """No address gave the file.

    Attributes:
        failures: one line for each address, with the reason.
    """

    def __init__(self, failures: Sequence[str]) -> None:
        """Keep the reasons."""
        self.failures = tuple(failures)
        super().__init__("; ".join(failures))


def download(
    addresses: Sequence[str],
    destination: Path,
    *,
    known: Sequence[str],
    size: int | None = None,
    accept: bool = False,
    may_accept: bool = False,
    how_to_accept: str = "",
    timeout: tuple[float, float] = TIMEOUT,
) -> None:
    """Fetch a file from the first address that gives the right one.

    The bytes go to a temporary file beside `destination` and take its name only when they have
    been checked, so that a download that is cut or killed leaves no half-written file. No more
    bytes are taken than `size`, or `LARGEST`.

    Args:
        addresses: where to try, in order.
        destination: the file to write; its folder is made.
        known: the SHA-256 digests that are right; may be empty.
        size: the expected number of bytes; None where nobody knows.
        accept: take a file whose digest is not known, and record the digest beside it.
        may_accept: whether `accept` applies to this file at all.
        how_to_accept: what to tell a person to do to accept.
        timeout: seconds to wait for a connection, and for the next bytes.

    Raises:
        TransferError: if no address gave a file that can be the right one.
        NoRoom: if the disk is too small for it.
        ChecksumMismatch: if a file came, but not the right one.
        UnknownChecksum: if a file came that nobody can check, and `accept` is false.
    """
    failures: list[str] = []
    last: ChecksumMismatch | NoRoom | None = None
    for address in addresses:
        try:
            with whole(destination) as temporary:
                _transfer(address, temporary, size, timeout)
                got, length = sha256(temporary), temporary.stat().st_size
                if got not in known and not may_accept:
                    raise ChecksumMismatch(
                        f"what {address} sent",
                        expected=known,
                        got=got,
                        size=length,
                        expected_size=size,
                        advice="Nothing was kept. Try again; if it happens again, the publisher "
                        "changed the file or something on the way alters it: compare with the "
                        "digest on the publisher's page, or fetch it on another network",
                    )
                if got not in known:
                    if objection := wrong_kind(temporary, destination.name):
                        raise TransferError([f"it sent {objection}"])
                    if not accept:
                        advice = f"Nothing was kept. If you trust the address, {how_to_accept}"
                        what = f"what {address} sent"
                        raise UnknownChecksum(what, got=got, size=length, advice=advice)
                    record(destination, got)
            return
        except TransferError as error:
            failures.append(f"{address}: {error}")
        except (ChecksumMismatch, NoRoom) as error:
            last = error
        except OSError as error:
            if error.errno not in FULL:
                raise
            last = NoRoom(destination, size)  # the partial file is gone again by now
    raise last or TransferError(failures)


def _transfer(
    address: str, temporary: Path, size: int | None, timeout: tuple[float, float]
) -> None:
    """Write what an address sends to a file.

    Raises:
        TransferError: if that fails, or more comes than is expected.
        NoRoom: if it is known beforehand that the disk is too small.
    """
    import requests  # noqa: PLC0415 - pooch's own dependency, slow to import

    limit = LARGEST if size is None else size
    # The bytes as they are stored: some servers unpack .gz files on the way.
    headers = {"Accept-Encoding": "identity"}
    _make_sure_of_room(temporary, size)
    with (
        _reasons(),
        requests.get(address, stream=True, timeout=timeout, headers=headers) as response,
    ):
        response.raise_for_status()
        announced = response.headers.get("Content-Length")
        if announced is not None and not announced.strip().isdecimal():
            raise TransferError([f"it announces {announced!r} bytes, expected a number"])
        total = None if announced is None else int(announced)
        if total is not None and total > limit:
            raise TransferError([f"it announces {total:,} bytes, expected at most {limit:,}"])
        _make_sure_of_room(temporary, total)
        with (
            temporary.open("wb") as file,
            tqdm(total=total, unit="B", unit_scale=True, disable=not sys.stderr.isatty()) as bar,
        ):
            for chunk in response.iter_content(1 << 16):
                if file.tell() + len(chunk) > limit:
                    raise TransferError([f"it sends more than the {limit:,} bytes expected"])
                file.write(chunk)
                bar.update(len(chunk))


def _make_sure_of_room(temporary: Path, needed: int | None) -> None:
    if needed is not None and needed > free_bytes(temporary):
        raise NoRoom(temporary, needed)


@contextmanager
def _reasons() -> Iterator[None]:
    """Turn whatever a transfer can fail with into a reason."""
    import requests  # noqa: PLC0415 - pooch's own dependency, slow to import
    import urllib3  # noqa: PLC0415 - as requests

    try:
        yield
    except requests.HTTPError as error:
        response = error.response
        reason = f"the server answered {response.status_code} {response.reason}".rstrip()
        raise TransferError([reason]) from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise TransferError(["the connection broke before the end of the file"]) from error
    except requests.exceptions.SSLError as error:
        raise TransferError([f"the server's certificate is not trusted ({error})"]) from error
    except (requests.Timeout, requests.ConnectionError) as error:
        late = isinstance(error, requests.Timeout) or "timed out" in str(error)
        raise TransferError(["no answer in time" if late else "no connection"]) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
        # Among them a redirect to what is no address.
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise TransferError([reason[:200]]) from error


def wrong_kind(path: Path, name: str) -> str | None:
    """Say what a file is if it cannot be what its name says, or None."""
    with path.open("rb") as file:
        head = file.read(512)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_PAGE):
        return "a web page (HTML), perhaps one to log in"
    kind = Path(name).suffix
    return None if head.startswith(_FIRST_BYTES.get(kind, b"")) else f"no {kind} file"


def record_path(path: Path) -> Path:
    """Return where the digest of an accepted file is recorded."""
    return path.with_name(path.name + ".sha256")


def record(path: Path, digest: str) -> None:
    """Record the digest of an accepted file beside it."""
    with whole(record_path(path)) as temporary:
        temporary.write_text(digest + "\n", encoding="ascii")
