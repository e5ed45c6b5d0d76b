"""Downloads that leave either the whole, checked file or nothing."""

import logging
import os
import platform
import re
import secrets
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pooch

from textbook_nlp.data.corpora.errors import ChecksumMismatch, UnknownChecksum

TIMEOUT = (10.0, 60.0)
"""Seconds to wait for a connection, and for the next bytes."""

logger = logging.getLogger(__name__)


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
    been checked, so that a download that is cut or killed leaves no half-written file.

    Args:
        addresses: where to try, in order.
        destination: the file to write; its folder is made.
        known: the SHA-256 digests that are right; may be empty.
        size: the expected number of bytes, to say whether a wrong file was cut short.
        accept: take a file whose digest is not known, and record the digest beside it.
        may_accept: whether `accept` applies to this file at all.
        how_to_accept: what to tell a person to do to accept.
        timeout: seconds to wait for a connection, and for the next bytes.

    Raises:
        TransferError: if no address could be read.
        ChecksumMismatch: if a file came, but not the right one.
        UnknownChecksum: if a file came that nobody can check, and `accept` is false.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    failures: list[str] = []
    mismatch: ChecksumMismatch | None = None
    for address in addresses:
        with temporary_beside(destination) as temporary:
            reason = _transfer(address, temporary, timeout)
            if reason is not None:
                failures.append(f"{address}: {reason}")
                continue
            got, length = sha256(temporary), temporary.stat().st_size
            if got not in known:
                if not may_accept:
                    mismatch = ChecksumMismatch(
                        f"What {address} sent",
                        expected=known,
                        got=got,
                        size=length,
                        expected_size=size,
                        advice="Nothing was kept. Try again; if it happens again, the publisher "
                        "changed the file or something on the way alters it: compare with the "
                        "digest on the publisher's page, or fetch it on another network.",
                    )
                    continue
                if not accept:
                    raise UnknownChecksum(
                        f"what {address} sent",
                        got=got,
                        size=length,
                        advice=f"Nothing was kept. If you trust the address, {how_to_accept}",
                    )
                record(destination, got)
            os.replace(temporary, destination)
            return
    raise mismatch or TransferError(failures)


def _transfer(address: str, temporary: Path, timeout: tuple[float, float]) -> str | None:
    """Write what an address sends to a file; return the reason if that fails."""
    import requests  # noqa: PLC0415 - pooch's own dependency, slow to import

    downloader = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(),
        chunk_size=1 << 16,
        timeout=timeout,
        # The bytes as they are stored: some servers unpack .gz files on the way.
        headers={"Accept-Encoding": "identity"},
    )
    try:
        downloader(address, str(temporary), None)
    except requests.HTTPError as error:
        return f"the server answered {error.response.status_code} {error.response.reason}".rstrip()
    except requests.exceptions.ChunkedEncodingError:
        return "the connection broke before the end of the file"
    except requests.Timeout:
        return "no answer in time"
    except requests.exceptions.SSLError as error:
        return f"the server's certificate is not trusted ({error})"
    except requests.ConnectionError as error:
        return "no answer in time" if "timed out" in str(error) else "no connection"
    except requests.RequestException as error:
        return f"{type(error).__name__}: {error}"
    return None


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    return pooch.file_hash(str(path), alg="sha256")


def record_path(path: Path) -> Path:
    """Return where the digest of an accepted file is recorded."""
    return path.with_name(path.name + ".sha256")


def record(path: Path, digest: str) -> None:
    """Record the digest of an accepted file beside it."""
    with temporary_beside(record_path(path)) as temporary:
        temporary.write_text(digest + "\n", encoding="ascii")
        os.replace(temporary, record_path(path))


@contextmanager
def temporary_beside(destination: Path) -> Iterator[Path]:
    """Give a name for a temporary file or folder beside `destination`, removed afterwards.

    What processes that no longer run have left in the folder is removed too.
    """
    folder = destination.parent
    mine = f".{_host()}-{os.getpid()}-"
    for old in folder.glob(f".{_host()}-*.part"):
        process = re.fullmatch(re.escape(f".{_host()}-") + r"(\d+)-[0-9a-f]+\.part", old.name)
        if process and not _runs(int(process[1])):
            logger.info("Removing %s, left behind by a process that was killed.", old)
            _remove(old)
    temporary = folder / f"{mine}{secrets.token_hex(4)}.part"
    try:
        yield temporary
    finally:
        _remove(temporary)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", platform.node()) or "host"


def _runs(process: int) -> bool:
    """Whether a process runs; where that cannot be asked without harm, assume that it does."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
