"""One list of dependencies: pyproject.toml, environment.yml, requirements.lock, pre-commit."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]

# What Colab brings, this year and the year before; there the package may replace none of it.
COLAB = {
    "2026": {"torch": "2.11.0", "numpy": "2.1.3", "matplotlib": "3.10.0", "python": "3.13.0"},
    "2025": {"torch": "2.8.0", "numpy": "2.0.2", "matplotlib": "3.10.0", "python": "3.12.0"},
}
COLAB_EXTRAS = {"ipywidgets": "7.7.1", "ipython": "7.34.0"}
# Which of torch's libraries for a GPU are installed depends on the machine, so none is pinned.
OF_THE_MACHINE = re.compile(r"nvidia|cuda|triton")


def project() -> dict:
    """The table `project` of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared() -> list[str]:
    """Every requirement of pyproject.toml: the core, then the extras."""
    extras = project()["optional-dependencies"]
    return [*project()["dependencies"], *extras["book"], *extras["test"]]


def pins() -> dict[str, str]:
    """Name and version of each line of the lock."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines)


def misfits(requirements: list[str], versions: dict[str, str]) -> list[str]:
    """The requirements that no version here satisfies."""
    known = {canonicalize_name(name): version for name, version in versions.items()}
    found = []
    for text in requirements:
        requirement = Requirement(text)
        version = known.get(canonicalize_name(requirement.name))
        if version is None or version not in requirement.specifier:
            found.append(f"{text}: {version}")
    return found


def needed(requirements: list[str], python: str) -> set[str]:
    """The names of all packages that the requirements bring along on Linux, as installed here."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    todo = [Requirement(text) for text in requirements]
    seen = set()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        if key in seen or OF_THE_MACHINE.match(name):
            continue
        seen.add(key)
        try:
            further = [Requirement(text) for text in requires(name) or []]
        except PackageNotFoundError:
            continue  # not in the lock, and the caller sees that
        todo += [
            r
            for r in further
            if r.marker is None
            or any(r.marker.evaluate(environment | {"extra": e}) for e in {"", *requirement.extras})
        ]
    return {name for name, _ in seen}


def test_the_environment_file_lists_the_same():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    first, *_, last = yaml.safe_load(text)["dependencies"]

    assert first == f"python{project()['requires-python']}"
    assert last["pip"] == declared()


def test_the_lock_is_flat():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    odd = [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[0-9][0-9a-z.]*", line)]

    assert odd == []
    assert lines == sorted(set(lines))


def test_each_pin_satisfies_its_requirement():
    assert misfits(declared(), pins()) == []


def test_a_pin_outside_its_range_is_seen():
    assert misfits(["numpy>=2", "ruff==1.0", "torch"], {"NumPy": "1.26", "ruff": "1.0"}) == [
        "numpy>=2: 1.26",
        "torch: None",
    ]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_leaves_nothing_out(python):
    assert needed(declared(), python) - pins().keys() == set()


def test_the_lock_holds_nothing_else():
    everywhere = set.union(*(needed(declared(), v) for v in ("3.11", "3.12", "3.13")))

    assert pins().keys() - everywhere == set()


def test_what_a_package_brings_along_is_seen():
    assert {"pytest", "pluggy", "iniconfig"} <= needed(["pytest"], "3.11")


def test_the_lock_can_build_the_package_without_a_network():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]

    assert misfits(build["requires"], pins()) == []


@pytest.mark.parametrize("year", COLAB)
def test_the_core_takes_what_colab_has(year):
    versions = COLAB[year]
    core = [r for r in project()["dependencies"] if Requirement(r).name in versions]

    assert len(core) == 3
    assert misfits(core, versions) == []
    assert versions["python"] in Requirement(f"python{project()['requires-python']}").specifier


def test_what_colab_has_besides_is_no_core_dependency():
    core = {canonicalize_name(Requirement(r).name) for r in project()["dependencies"]}
    mentioned = [r for r in declared() if Requirement(r).name in COLAB_EXTRAS]

    assert core.isdisjoint(COLAB_EXTRAS)
    assert misfits(mentioned, COLAB_EXTRAS) == []
