"""Every test asserts something, and no comparison is thrown away."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

# Functions that answer a question: called for nothing but their answer.
QUESTIONS = {
    "all", "any", "isinstance", "issubclass", "callable", "hasattr", "len", "sorted",
    "allclose", "isclose", "equal", "eq", "equals", "array_equal", "array_equiv",
    "isfinite", "isnan", "startswith", "endswith", "exists", "is_file", "is_dir",
}  # fmt: skip
ASSERTING = {"pytest.raises", "pytest.warns", "pytest.fail", "raises", "warns", "expect"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_assertion(node: ast.AST, helpers: set[str]) -> bool:
    """Whether a node can fail a test: an `assert`, or a call that asserts."""
    if isinstance(node, ast.Assert):
        return not isinstance(node.test, ast.Constant | ast.Tuple)
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func)
    last = name.rpartition(".")[2]
    return name in ASSERTING or last.startswith("assert_") or name in helpers


def asserting_helpers(tree: ast.Module) -> set[str]:
    """The functions of a file that assert, directly or through each other."""
    functions = [n for n in ast.walk(tree) if isinstance(n, Function)]
    helpers: set[str] = set()
    while True:
        more = {f.name for f in functions if any(is_assertion(n, helpers) for n in ast.walk(f))}
        if more == helpers:
            return {name for name in helpers if not name.startswith("test_")}
        helpers = more


def faults(source: str) -> list[str]:
    """Tests without an assertion, and results that nobody looks at."""
    tree = ast.parse(source)
    helpers = asserting_helpers(tree)
    blocks = [n for n in ast.walk(tree) if isinstance(n, ast.With) and expects_an_error(n)]
    expected_to_fail = {inner for block in blocks for inner in ast.walk(block)}
    found = []
    for node in ast.walk(tree):
        is_test = isinstance(node, Function) and node.name.startswith("test_")
        if is_test and not any(is_assertion(n, helpers) for n in ast.walk(node)):
            found.append(f"{node.lineno}: {node.name} asserts nothing")
        if isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant | ast.Tuple):
            found.append(f"{node.lineno}: this assertion cannot fail, or cannot pass")
        is_statement = isinstance(node, ast.Expr) and node not in expected_to_fail
        if is_statement and is_discarded(node.value):
            found.append(f"{node.lineno}: the result of {ast.unparse(node.value)!r} is thrown away")
        # `all(assert_…)` stops after the first, since an assertion returns None.
        if isinstance(node, ast.GeneratorExp) and is_assertion(node.elt, helpers):
            found.append(f"{node.lineno}: an assertion inside a generator")
    return found


def expects_an_error(block: ast.With) -> bool:
    """Whether a block is there to see an error, so that its result does not matter."""
    return any(
        isinstance(item.context_expr, ast.Call) and ast.unparse(item.context_expr.func) in ASSERTING
        for item in block.items
    )


def is_discarded(value: ast.expr) -> bool:
    """Whether an expression that stands alone was meant as a check."""
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).rpartition(".")[2] in QUESTIONS
    return isinstance(value, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.BinOp)


def files_with_tests() -> list[str]:
    """Every file with tests, as a path from the folder of the tests."""
    return sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("*.py"))


@pytest.mark.parametrize("path", files_with_tests())
def test_no_test_is_empty(path):
    assert faults((TESTS / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "body",
    [
        "f()",
        "x = f()\n    x == 3\n    assert x",
        "np.allclose(a, b)\n    assert a",
        "torch.equal(a, b)\n    assert a",
        "a.startswith('x')\n    assert a",
        "assert True\n    assert a",
        "assert (a == b, 'they differ')\n    assert a",
        "ok = [1]\n    all(np.testing.assert_array_equal(a, b) for a in ok) or 1\n    assert ok",
        "not f()\n    assert a",
        "helper()",
    ],
)
def test_an_empty_test_is_seen(body):
    assert faults(f"def helper():\n    return 1\n\ndef test_it():\n    {body}\n") != []


@pytest.mark.parametrize(
    "body",
    [
        "assert f() == 1",
        "np.testing.assert_allclose(a, b)",
        "torch.testing.assert_close(a, b)",
        "with pytest.raises(ValueError, match='x'):\n        a @ b",
        "helper()",
        "expect(page).to_have_title('x')",
        "def inner(x):\n        assert x\n    inner(1)",
    ],
)
def test_a_test_that_asserts_passes(body):
    assert faults(f"def helper():\n    assert f()\n\ndef test_it():\n    {body}\n") == []
