"""What no file of this repository does: run what it reads, or leave a check out."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("textbook_nlp", "tests", "benchmarks", "book")

# Formats that run code when they are read.
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
# `hash` differs from run to run, since Python salts it.
FUNCTIONS = {"eval", "exec", "hash"}
ARGUMENTS = {("verify", False), ("weights_only", False), ("allow_pickle", True), ("shell", True)}


def faults(source: str) -> list[str]:
    """The forbidden constructs in a Python file, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        found += [f"{node.lineno}: {n}" for n in names if n.split(".")[0] in MODULES]
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        given = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
        if name in FUNCTIONS:
            found.append(f"{node.lineno}: {name}()")
        for argument, value in ARGUMENTS:
            if given.get(argument) is value:
                found.append(f"{node.lineno}: {argument}={value}")
        # torch before 2.6 unpickles anything unless told otherwise.
        if name == "torch.load" and "weights_only" not in given:
            found.append(f"{node.lineno}: torch.load without weights_only=True")
        if name.endswith("_create_unverified_context"):
            found.append(f"{node.lineno}: {name}")
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
        "import pickle",
        "def f():\n    from pickle import loads",
        "import joblib.numpy_pickle",
        "requests.get(url, verify=False)",
        "torch.load(path, weights_only=False)",
        "torch.load(path)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(line, shell=True)",
        "eval('1 + 1')",
        "exec(source)",
        "index = hash(word) % 10",
        "ssl._create_unverified_context()",
    ],
)
def test_a_forbidden_construct_is_seen(source):
    assert len(faults(source)) == 1


@pytest.mark.parametrize(
    "source",
    ["model.eval()", "torch.load(path, weights_only=True)", "digest = hashlib.sha256(b'')"],
)
def test_what_only_looks_forbidden_passes(source):
    assert faults(source) == []
