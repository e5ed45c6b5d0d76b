"""The files around the package agree with each other and hold nothing of one machine."""

import hashlib
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

import textbook_nlp

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "book" / "_static" / "vendor"

# A folder that is somebody's own, at the start of a path.
OWN_FOLDER = re.compile(r"(?<![\w.:/~<>-])/(?:home|Users|root|work)/\w|\b[A-Z]:\\\\?Users\\")


def read(name: str) -> str:
    """A text file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def repository_files() -> list[Path]:
    """Every file that is, or is about to be, under version control."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def own_folders(text: str) -> list[str]:
    """The lines that name a folder of one machine."""
    return [f"{i}: {t}" for i, t in enumerate(text.splitlines(), 1) if OWN_FOLDER.search(t)]


def undeclared(makefile: str) -> set[str]:
    """The targets of a makefile that are names of actions and are not declared phony."""
    targets = set(re.findall(r"^([a-z]+):(?!=)", makefile, re.MULTILINE))
    return targets - set(" ".join(re.findall(r"^\.PHONY:(.*)", makefile, re.MULTILINE)).split())


def altered(folder: Path) -> list[str]:
    """The files of a folder that SHA256SUMS does not know in this form, and those that are gone."""
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    known = {line[66:].removeprefix("./"): line[:64] for line in lines}
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"SHA256SUMS", "README.md"}
    }
    return sorted(name for name in known | found if known.get(name) != found.get(name))


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone of the repository")
def test_no_file_names_a_folder_of_one_machine():
    faults = []
    for path in repository_files():
        if VENDOR in path.parents or path == Path(__file__) or b"\0" in path.read_bytes():
            continue
        name = path.relative_to(ROOT).as_posix()
        faults += [f"{name}:{line}" for line in own_folders(path.read_text(encoding="utf-8"))]

    assert faults == []


@pytest.mark.parametrize(
    "line", ["see /home/ann/data", 'open("/Users/ann/x")', "C:\\Users\\ann", "cd /root/book"]
)
def test_a_folder_of_one_machine_is_seen(line):
    assert own_folders(line) == [f"1: {line}"]


@pytest.mark.parametrize("line", ["https://example.org/home/page", "of work/tmp", "~/tmp/x"])
def test_other_paths_pass(line):
    assert own_folders(line) == []


def test_every_target_of_the_makefile_is_phony():
    assert undeclared(read("Makefile")) == set()


def test_a_target_that_is_not_phony_is_seen():
    assert undeclared(".PHONY: book\nbook: install\ntest: install\nname := 1\n") == {"test"}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_every_target_that_is_named_exists(name):
    targets = set(re.findall(r"^([a-z]+):(?!=)", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", read(name), re.MULTILINE))

    assert {"book", "test"} <= named <= targets


def test_there_is_one_version():
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    newest = re.search(r"^## \[(\d[^]]*)\]", read("CHANGELOG.md"), re.MULTILINE)

    assert textbook_nlp.__version__ == version
    assert yaml.safe_load(read("CITATION.cff"))["version"] == version
    assert newest is not None
    assert newest[1] == version


def test_there_is_one_address():
    address = tomllib.loads(read("pyproject.toml"))["project"]["urls"]["repository"]

    assert yaml.safe_load(read("CITATION.cff"))["repository-code"] == address
    assert address in read("README.md")


def test_workflows_use_the_two_commands():
    commands = " ".join(path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml"))

    assert {"book", "test", "lint"} <= set(re.findall(r"make ([a-z]+)", commands))
    assert "permissions:" in commands


@pytest.mark.parametrize("folder", [p.parent for p in VENDOR.rglob("SHA256SUMS")], ids=str)
def test_vendored_files_are_unchanged(folder):
    assert altered(folder) == []


def test_vendored_folders_have_checksums_and_a_license():
    folders = [path for path in VENDOR.glob("*") if path.is_dir()]

    assert [f.name for f in folders if not (f / "SHA256SUMS").exists()] == []
    assert [f.name for f in folders if not list(f.rglob("LICENSE*"))] == []


def test_an_altered_file_is_seen(tmp_path):
    (tmp_path / "a.js").write_text("a")
    (tmp_path / "b.js").write_text("b")
    right = hashlib.sha256(b"a").hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{right}  ./a.js\n{right}  b.js\n{right}  gone.js\n")

    assert altered(tmp_path) == ["b.js", "gone.js"]


def test_the_wheel_ships_the_records_and_the_samples(wheel):
    package = ROOT / "textbook_nlp"
    shipped = set(zipfile.ZipFile(wheel).namelist())
    files = [path for path in repository_files() if package in path.parents]
    missing = {path.relative_to(ROOT).as_posix() for path in files} - shipped

    assert len(files) > 100
    assert missing == set()
    assert {"LICENSE", "LICENSE-TEXT"} <= {Path(name).name for name in shipped}
