"""Every public function and class says what it does, and where the book teaches it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "textbook_nlp"
# The parts whose functions and classes a chapter explains one by one.
TAUGHT = ("text", "by_hand", "layers", "models")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def faults(source: str, *, taught: bool) -> list[str]:
    """The public definitions without words, and those that name no chapter if they should."""
    tree = ast.parse(source)
    found = [] if says_something(tree) else ["1: the module"]
    for node in tree.body:
        if not isinstance(node, Definition) or node.name.startswith("_") or is_overload(node):
            continue
        body = node.body if isinstance(node, ast.ClassDef) else []
        methods = [n for n in body if isinstance(n, Definition)]
        for definition in (node, *(m for m in methods if not m.name.startswith("_"))):
            if not says_something(definition):
                found.append(f"{definition.lineno}: {definition.name}")
        words = (ast.get_docstring(node) or "") + (ast.get_docstring(tree) or "")
        holds_code = bool(methods) or not isinstance(
            node, ast.ClassDef
        )  # errors and records do not
        if taught and holds_code and "Taught in:" not in words:
            found.append(f"{node.lineno}: {node.name} says no 'Taught in:'")
    return found


def is_overload(node: Definition) -> bool:
    """Whether a definition is one of several signatures of the function that follows."""
    return any(ast.unparse(d).endswith("overload") for d in node.decorator_list)


def says_something(node: ast.Module | Definition) -> bool:
    """Whether a docstring is there and is more than a reminder."""
    words = ast.get_docstring(node) or ""
    return bool(words) and not words.upper().startswith(("TODO", "FIXME", "XXX"))


def modules() -> list[str]:
    """Every module of the package, as a path from its folder."""
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("module", modules())
def test_everything_public_is_described(module):
    source = (PACKAGE / module).read_text(encoding="utf-8")

    assert faults(source, taught=module.startswith(TAUGHT)) == []


@pytest.mark.parametrize(
    "source",
    [
        "",
        '"""TODO."""',
        '"""A module."""\ndef f():\n    return 1',
        '"""A module."""\nclass C:\n    """Taught in: chapter 07."""\n    def m(self): ...',
        '"""A module."""\ndef f():\n    """Taught nowhere."""',
    ],
)
def test_missing_words_are_seen(source):
    assert len(faults(source, taught="nowhere" in source)) == 1


def test_words_in_place_pass():
    source = '"""A module."""\ndef f():\n    """Do it. Taught in: chapter 07."""\ndef _g(): ...'

    assert faults(source, taught=True) == []
