"""Archives that mean harm, are damaged, or are good."""

import gzip
import io
import os
import stat
import tarfile
import warnings
import zipfile

import pytest

from textbook_nlp import files
from textbook_nlp.data.corpora.archives import altered, extract
from textbook_nlp.data.corpora.errors import UnsafeArchive


def tar_bytes(*members, compression=""):
    """A tar archive of (name, content), or (name, b"", type, link target)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{compression}") as tar:
        for name, content, *special in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if name.endswith("/"):
                info.type = tarfile.DIRTYPE
            if special:
                info.type, info.linkname = special
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zip_bytes(*members):
    """A zip archive of (name, content, Unix mode)."""
    buffer = io.BytesIO()
    with (
        warnings.catch_warnings(action="ignore"),  # of a name that comes twice
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle,
    ):
        for name, content, *mode in members:
            info = zipfile.ZipInfo("placeholder")
            info.filename = name
            info.orig_filename = name
            if mode:
                info.external_attr = mode[0] << 16
            bundle.writestr(info, content)
    return buffer.getvalue()


def assert_refused(tmp_path, content, message):
    archive = tmp_path / "folder" / "archive"
    archive.parent.mkdir()
    archive.write_bytes(content)
    with pytest.raises(UnsafeArchive, match=message) as info:
        extract(archive, archive.parent / "out")
    said = str(info.value)  # one thing, not two that contradict each other
    assert not ("damaged" in said and "Do not use this archive" in said)
    assert set(tmp_path.rglob("*")) == {archive.parent, archive}


GOOD = (("top/", b""), ("top/a.txt", b"alpha"), ("top/deep/er/b.txt", b"beta"), ("c", b""))


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
def test_a_good_tar(tmp_path, compression):
    archive = tmp_path / "data.tar"
    archive.write_bytes(tar_bytes(*GOOD, compression=compression))
    out = extract(archive, tmp_path / "new" / "out")
    assert (out / "top/a.txt").read_bytes() == b"alpha"
    assert (out / "top/deep/er/b.txt").read_bytes() == b"beta"
    assert (out / "c").read_bytes() == b""
    assert sorted(p.name for p in out.parent.iterdir()) == ["out"]


def test_a_good_zip(tmp_path):
    archive = tmp_path / "data.zip"
    archive.write_bytes(zip_bytes(*GOOD, ("run.sh", b"x", stat.S_IFREG | 0o4777)))
    out = extract(archive, tmp_path / "out")
    assert (out / "top/deep/er/b.txt").read_bytes() == b"beta"
    assert (out / "top").is_dir()
    # No permission of the archive is taken over.
    assert not (out / "run.sh").stat().st_mode & (stat.S_ISUID | stat.S_IXUSR)


def test_a_tar_of_a_dot(tmp_path):
    archive = tmp_path / "data.tar"
    archive.write_bytes(tar_bytes(("./", b""), ("./a.txt", b"alpha")))
    assert (extract(archive, tmp_path / "out") / "a.txt").read_bytes() == b"alpha"


OUTSIDE = "leads out of the folder"
ABSOLUTE = "absolute name"


@pytest.mark.parametrize("make", [tar_bytes, zip_bytes])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../evil.txt", OUTSIDE),
        ("good/../../evil.txt", OUTSIDE),
        ("good/..", OUTSIDE),
        ("/tmp/evil.txt", ABSOLUTE),
        ("//server/share", ABSOLUTE),
        ("C:/evil.txt", ABSOLUTE),
        ("C:evil.txt", ABSOLUTE),
        ("..\\evil.txt", ABSOLUTE),
        ("file:stream", ABSOLUTE),
        ("line\nbreak", "control character"),
        ("trailing.", "ends in a space or a dot"),
        ("dir /file", "ends in a space or a dot"),
        ("good.txt", "has the name of another member"),
        ("good.txt/inside", "has the name of another member"),
        ("n" * 256, "too long for this disk"),
        ("n" * 255 + "/" + "n" * 256 + "/a.txt", "too long for this disk"),
        ("deep/.textbook_nlp.json", "has the name of the list"),
    ],
)
def test_hostile_names(tmp_path, make, name, message):
    assert_refused(tmp_path, make(("good.txt", b"fine"), (name, b"evil")), message)


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (("link", b"", tarfile.SYMTYPE, "/etc/passwd"), r"is a link \(to '/etc/passwd'\)"),
        (("link", b"", tarfile.SYMTYPE, "good.txt"), "is a link"),
        (("hard", b"", tarfile.LNKTYPE, "../../etc/passwd"), "is a link"),
        (("pipe", b"", tarfile.FIFOTYPE, ""), "neither a regular file nor a folder"),
        (("device", b"", tarfile.CHRTYPE, ""), "neither a regular file nor a folder"),
        (("disk", b"", tarfile.BLKTYPE, ""), "neither a regular file nor a folder"),
    ],
)
def test_links_and_devices_in_a_tar(tmp_path, member, message):
    assert_refused(tmp_path, tar_bytes(("good.txt", b"fine"), member), message)


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        (stat.S_IFLNK | 0o777, "is a link"),
        (stat.S_IFIFO | 0o666, "neither a regular file"),
        (stat.S_IFCHR | 0o666, "neither a regular file"),
    ],
)
def test_links_and_devices_in_a_zip(tmp_path, mode, message):
    content = zip_bytes(("good.txt", b"fine"), ("bad", b"/etc/passwd", mode))
    assert_refused(tmp_path, content, message)


def test_a_zip_name_with_a_zero_byte(tmp_path):
    content = zip_bytes(("innocent.txtX.exe", b"evil")).replace(b"txtX.exe", b"txt\0.exe")
    assert_refused(tmp_path, content, "control character|damaged")


@pytest.mark.parametrize("make", [tar_bytes, zip_bytes])
def test_an_archive_that_unpacks_to_too_much(tmp_path, make):
    archive = tmp_path / "bomb"
    archive.write_bytes(make(("a", bytes(600)), ("b", bytes(600))))
    with pytest.raises(UnsafeArchive, match="'b' brings the total above the limit of 1,000 bytes"):
        extract(archive, tmp_path / "out", limit=1000)
    assert list(tmp_path.iterdir()) == [archive]


def test_a_zip_that_lies_about_its_size(tmp_path):
    content = zip_bytes(("bomb", bytes(100_000)))
    lie = content.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lie != content
    assert_refused(tmp_path, lie, "damaged")


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
def test_damaged_tars(tmp_path, compression):
    content = tar_bytes(("a", os.urandom(50_000)), compression=compression)
    assert_refused(tmp_path, content[: len(content) // 2], "damaged")


def test_a_tar_with_a_wrong_byte_inside(tmp_path):
    content = bytearray(tar_bytes(("a", os.urandom(50_000)), compression="gz"))
    content[-6] ^= 1  # in the check sum at the end
    assert_refused(tmp_path, bytes(content), "damaged")


def test_a_zip_with_a_wrong_byte_inside(tmp_path):
    content = bytearray(zip_bytes(("a", os.urandom(50_000))))
    content[20_000] ^= 1
    assert_refused(tmp_path, bytes(content), "damaged")


@pytest.mark.parametrize(
    "content", [b"", b"no archive at all", gzip.compress(b"a text, not a tar", mtime=0)]
)
def test_files_that_are_no_archives(tmp_path, content):
    assert_refused(tmp_path, content, "damaged, encrypted, or neither tar nor zip")


def test_an_encrypted_zip(tmp_path):
    content = bytearray(zip_bytes(("a", b"secret")))
    content[6] |= 1  # the flag in the local header, and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert_refused(tmp_path, bytes(content), "encrypted")


def test_an_existing_folder_is_left_alone(tmp_path):
    archive = tmp_path / "data.tar"
    archive.write_bytes(tar_bytes(*GOOD))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")
    with pytest.raises(FileExistsError, match="remove it to unpack data.tar again"):
        extract(archive, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["", "/", "//", "."])
def test_a_zip_with_an_empty_name(tmp_path, name):
    assert_refused(tmp_path, zip_bytes(("good.txt", b"fine"), (name, b"evil")), "was not unpacked")


def test_another_process_that_was_faster(tmp_path, monkeypatch):
    archive = tmp_path / "data.tar"
    archive.write_bytes(tar_bytes(*GOOD))
    replace = os.replace

    def late(source, destination):
        if destination == tmp_path / "out":
            destination.mkdir()
            (destination / "theirs").write_text("done")
        replace(source, destination)

    monkeypatch.setattr(files.os, "replace", late)
    out = extract(archive, tmp_path / "out")
    assert [p.name for p in out.iterdir()] == ["theirs"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data.tar", "out"]


def test_a_full_disk_is_not_called_damage(tmp_path, monkeypatch):
    archive = tmp_path / "data.tar"
    archive.write_bytes(tar_bytes(*GOOD))

    def full(source, file, length):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("textbook_nlp.data.corpora.archives.copyfileobj", full)
    with pytest.raises(OSError, match="No space left"):
        extract(archive, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [archive]


def test_what_was_altered_after_unpacking_is_noticed(tmp_path):
    archive = tmp_path / "data.tar"
    archive.write_bytes(tar_bytes(*GOOD))
    out = extract(archive, tmp_path / "out")
    assert altered(out) == []
    (out / "c").write_bytes(b"longer")
    (out / "top/a.txt").unlink()
    (out / "new").touch()
    assert altered(out) == ["c", "new", "top/a.txt"]
    (out / ".textbook_nlp.json").write_text("{")
    with pytest.raises(files.DamagedFile):
        altered(out)
    (out / ".textbook_nlp.json").unlink()
    assert altered(out) == [".textbook_nlp.json"]
