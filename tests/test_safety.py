"""What no file of this repository does, beyond what the linter's rules for security see."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("textbook_nlp", "tests", "benchmarks", "book")


def faults(source: str) -> list[str]:
    """The forbidden calls in a Python file, each with its line."""
    tree = ast.parse(source)
    # `hash(x)` alone on a line asks whether x can be hashed, and no result depends on it.
    alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        given = {k.arg: ast.unparse(k.value) for k in node.keywords}
        # torch before 2.6 unpickles anything unless told otherwise.
        if name == "torch.load" and given.get("weights_only") != "True":
            found.append(f"{node.lineno}: torch.load without weights_only=True")
        if given.get("allow_pickle", "False") != "False":
            found.append(f"{node.lineno}: allow_pickle")
        # Python salts it: another run, another number.
        if name == "hash" and node not in alone:
            found.append(f"{node.lineno}: hash() differs from run to run")
    return found


def python_files() -> list[str]:
    """Every Python file of the repository, as a path from its root."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if "_build" not in path.parts
    )


@pytest.mark.parametrize("path", python_files())
def test_no_forbidden_construct(path):
    assert faults((ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=trusted)",
        "np.load(path, allow_pickle=True)",
        "index = hash(word) % 10",
    ],
)
def test_a_forbidden_construct_is_seen(source):
    assert len(faults(source)) == 1


@pytest.mark.parametrize(
    "source",
    ["torch.load(path, weights_only=True)", "np.load(path)", "try:\n    hash(x)\nexcept E:\n    p"],
)
def test_what_only_looks_forbidden_passes(source):
    assert faults(source) == []
