"""Docstrings and messages are there, in one dialect, and what they say of the book is true."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "textbook_nlp"
CHAPTERS = {
    path.name[:2]: path.read_text(encoding="utf-8") for path in (ROOT / "book/source").glob("*.md")
}
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

TAUGHT = re.compile(r"Taught in:?\s*(.*?)(?:\.\s*$|\.\n|$)", re.MULTILINE)
RAISED = re.compile(r"^    (\w+): (?!if )(\w+)", re.MULTILINE)


def definitions(tree: ast.Module):
    """The public functions, classes and methods of a module: the name to look for, and the node."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node.name, node
            for inner in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(inner, Definition) and not inner.name.startswith("_"):
                    yield inner.name, inner


def is_overload(node: Definition) -> bool:
    """Whether a definition is one of several signatures of the function that follows."""
    return any(ast.unparse(d).endswith("overload") for d in node.decorator_list)


def missing(tree: ast.Module) -> list[str]:
    """The public definitions without words."""
    nodes = [("the module", tree), *((n, d) for n, d in definitions(tree) if not is_overload(d))]
    words = {name: ast.get_docstring(node) or "" for name, node in nodes}
    return [
        n for n, text in words.items() if not text or text.upper().startswith(("TODO", "FIXME"))
    ]


def untaught(tree: ast.Module, chapters: dict[str, str]) -> list[str]:
    """What says "Taught in" a chapter that does not name it, or says it in another form."""
    faults = []
    if "Taught in" in (ast.get_docstring(tree) or ""):
        faults.append("the module: a module is not taught, its functions are")
    for name, node in definitions(tree):
        for said in TAUGHT.findall(ast.get_docstring(node) or ""):
            if not re.fullmatch(r"chapter \d\d|chapters \d\d(, \d\d)* and \d\d", said):
                faults.append(f"{name}: write 'Taught in: chapter 07.' for {said!r}")
            faults += [
                f"{name}: chapter {number} does not name it"
                for number in re.findall(r"\d\d", said)
                if not re.search(rf"\b{re.escape(name)}\b", chapters.get(number, ""))
            ]
    return faults


def dialect(tree: ast.Module) -> list[str]:
    """Double backticks, and errors described otherwise than by "if"."""
    faults = []
    for name, node in [("the module", tree), *definitions(tree)]:
        words = ast.get_docstring(node) or ""
        if "``" in words.replace("```", ""):
            faults.append(f"{name}: one backtick, not two")
        _, _, raises = words.partition("Raises:\n")
        section = re.split(r"\n(?=\S)", raises)[0]
        faults += [f"{name}: write '{error}: if ...'" for error, _ in RAISED.findall(section)]
    return faults


def messages(tree: ast.Module) -> list[str]:
    """Messages of errors that begin with a capital that is no name, or end in a period."""
    faults = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args):
            continue
        text = literal(node.exc.args[0])
        if re.match(r"(A|[A-Z][a-z']+) ", text) or text.endswith("."):
            faults.append(f"{node.lineno}: {text}")
    return faults


def literal(node: ast.expr) -> str:
    """The text of a string, with `{}` for what is put into it; empty for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(v) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    if isinstance(node, ast.BinOp):
        return literal(node.left) + literal(node.right)
    return ""


PATHS = [path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py"))]


@pytest.mark.parametrize("path", PATHS)
def test_words_are_there_and_true(path):
    tree = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))

    assert missing(tree) + untaught(tree, CHAPTERS) + dialect(tree) + messages(tree) == []


@pytest.mark.parametrize(
    ("source", "check"),
    [
        ("", missing),
        ('"""TODO."""', missing),
        ('"""A module."""\ndef f():\n    return 1', missing),
        ('"""A module."""\nclass C:\n    """A class."""\n    def m(self): ...', missing),
        ('"""A module. Taught in: chapter 07."""', lambda t: untaught(t, {"07": "f"})),
        (
            '"""M."""\ndef f():\n    """Do.\n\n    Taught in: chapter 07.\n    """',
            lambda t: untaught(t, {"07": "only g and free"}),
        ),
        (
            '"""M."""\ndef f():\n    """Do.\n\n    Taught in: 07.\n    """',
            lambda t: untaught(t, {"07": "f(x)"}),
        ),
        ('"""Two ``backticks``."""', dialect),
        (
            '"""M."""\ndef f():\n    """Do.\n\n    Raises:\n        ValueError: when.\n    """',
            dialect,
        ),
        ('raise ValueError("The size is wrong")', messages),
        ('raise ValueError(f"x is {x}; expected 1.")', messages),
    ],
)
def test_a_fault_is_seen(source, check):
    assert len(check(ast.parse(source))) == 1


def test_words_in_place_pass():
    source = '''"""A module with `names`."""
def f():
    """Do it.

    Raises:
        ValueError: if it cannot be done.

    Taught in: chapter 07.
    """
    raise ValueError(f"B is {B}; expected at least 1: raise B")
def _g(): ...
'''
    tree = ast.parse(source)

    assert missing(tree) + untaught(tree, {"07": "`f`"}) + dialect(tree) + messages(tree) == []
