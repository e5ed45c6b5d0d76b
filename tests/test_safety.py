"""What no file of this repository does: run what it reads, or leave a check out."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("textbook_nlp", "tests", "benchmarks", "book")

# Formats that run code when they are read. To catch an error of pickle's is harmless.
MODULES = {"cPickle", "cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
ARGUMENTS = {("verify", False), ("weights_only", False), ("allow_pickle", True), ("shell", True)}


def faults(source: str, *, is_test: bool = False) -> list[str]:
    """The forbidden constructs in a Python file, each with its line."""
    # `hash` differs from run to run, since Python salts it. A test may execute a notebook's cell.
    functions = {"hash"} if is_test else {"hash", "eval", "exec"}
    # A test may also make the hostile file that the package must refuse.
    harmless = ("Error", "dump", "dumps") if is_test else "Error"
    found = []
    tree = ast.parse(source)
    # `hash(x)` alone on a line asks whether x can be hashed, and no result depends on it.
    alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name != "pickle" or alias.asname]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{a.name}" for a in node.names if not a.name.endswith("Error")]
        elif isinstance(node, ast.Attribute) and not node.attr.endswith(harmless):
            names = [ast.unparse(node)]
        elif isinstance(node, ast.Call):
            found += faulty_call(node, functions - {"hash"} if node in alone else functions)
        found += [f"{node.lineno}: {name}" for name in names if name.split(".")[0] in MODULES]
    return found


def faulty_call(node: ast.Call, functions: set[str]) -> list[str]:
    """What is forbidden about one call."""
    name = ast.unparse(node.func)
    given = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
    reasons = [f"{a}={value}" for a, value in ARGUMENTS if given.get(a) is value]
    if name in functions or name.endswith("_create_unverified_context"):
        reasons.append(f"{name}()")
    # torch before 2.6 unpickles anything unless told otherwise.
    if name == "torch.load" and "weights_only" not in given:
        reasons.append("torch.load without weights_only=True")
    return [f"{node.lineno}: {reason}" for reason in reasons]


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
    source = (ROOT / path).read_text(encoding="utf-8")

    assert faults(source, is_test=path.startswith("tests/")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle\npickle.load(file)",
        "import pickle as p",
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
    [
        "model.eval()",
        "torch.load(path, weights_only=True)",
        "digest = hashlib.sha256(b'')",
        "import pickle\ntry:\n    f()\nexcept pickle.UnpicklingError:\n    pass",
        "from pickle import UnpicklingError",
        "try:\n    hash(token)\nexcept TypeError:\n    pass",
    ],
)
def test_what_only_looks_forbidden_passes(source):
    assert faults(source) == []


def test_only_a_test_may_make_a_hostile_file():
    source = "import pickle\npickle.dumps(bomb)\nexec(cell)"

    assert len(faults(source)) == 2
    assert faults(source, is_test=True) == []
