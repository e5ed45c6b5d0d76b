"""The package's parts know of each other only what the design allows."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "textbook_nlp"

# What each part may import of the others. A part that is missing here is an error.
MAY_IMPORT = {
    "__init__": set(),
    "device": set(),
    "text": set(),
    "by_hand": set(),
    "layers": set(),
    "data": {"text"},
    "models": {"layers", "text"},
    "training": {"device"},
    "experiments": {"device", "text", "by_hand", "layers", "data", "models", "training"},
    "__main__": {"device", "data", "experiments"},
    "show": {"device", "text", "by_hand", "layers", "data", "models", "training", "experiments"},
    "exercises": {"device", "text", "by_hand", "layers", "data", "models", "training"},
}
WITHOUT_TORCH = {"text", "by_hand"}
FIGURES = {"matplotlib", "ipywidgets", "IPython"}


def part_of(module: str) -> str:
    """The part that a name belongs to: `textbook_nlp.text.words` to `text`."""
    part = module.partition(".")[2].partition(".")[0]
    return "__init__" if part in {"", "__version__"} else part


def imported_modules(tree: ast.AST):
    """Line and full name of every import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "textbook_nlp":
            yield from ((node.lineno, f"textbook_nlp.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")


def import_faults(source: str, module: str) -> list[str]:
    """What in the imports of `module` breaks the rules."""
    part = part_of(module)
    if part not in MAY_IMPORT:
        return [f"1: {part} is no part of the design; name it in {Path(__file__).name}"]
    faults = []
    tree = ast.parse(source)
    for line, name in imported_modules(tree):
        top = name.split(".")[0]
        if name.startswith("."):
            faults.append(f"{line}: relative import; write textbook_nlp.{part}…")
        elif (
            top == "torch"
            and part in {"text", "by_hand"}
            and module != "textbook_nlp.vectors.word2vec"
        ):
            faults.append(f"{line}: {part} never imports torch")
        elif top in FIGURES and part != "show":
            faults.append(f"{line}: only show touches {top}")
        elif top == "textbook_nlp":
            other = part_of(name)
            if other not in MAY_IMPORT[part] | {part, "__init__"}:
                faults.append(f"{line}: {part} must not import {other}")
    for node in ast.walk(tree):
        text = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""
        if text in {"__import__", "sys.path"} or (text == "sys.modules" and part != "show"):
            faults.append(f"{node.lineno}: {text} goes around the import rules")
        if text.endswith("import_module") and part not in {"experiments", "exercises"}:
            faults.append(f"{node.lineno}: import_module goes around the import rules")
    return faults


def modules() -> dict[str, Path]:
    """Every module of the package, by full name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ("textbook_nlp", *path.relative_to(PACKAGE).with_suffix("").parts)
        name = ".".join(parts)
        found[name.removesuffix(".__init__")] = path
    return found


@pytest.mark.parametrize("module", modules())
def test_imports_follow_the_design(module):
    source = modules()[module].read_text(encoding="utf-8")

    assert import_faults(source, module) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("textbook_nlp.text.words", "import torch"),
        ("textbook_nlp.by_hand.rnn", "def f():\n    from torch.nn import functional"),
        ("textbook_nlp.by_hand.rnn", "from textbook_nlp.layers import recurrent"),
        ("textbook_nlp.by_hand.rnn", "from textbook_nlp import layers"),
        ("textbook_nlp.by_hand.rnn", "import textbook_nlp.layers.recurrent as r"),
        ("textbook_nlp.by_hand.rnn", "from ..layers import recurrent"),
        ("textbook_nlp.training.fit", "from textbook_nlp.models.language_model import x"),
        ("textbook_nlp.models.language_model", "import matplotlib.pyplot as plt"),
        ("textbook_nlp.lab.checks.core", "import IPython.display"),
        ("textbook_nlp.lab.experiments.x", "from textbook_nlp.show import plots"),
        ("textbook_nlp.text.words", "m = __import__('torch')"),
        ("textbook_nlp.text.words", "import importlib\nimportlib.import_module('torch')"),
        ("textbook_nlp.layers.gru", "import sys\nsys.path.append('..')"),
        ("textbook_nlp.utils", "pass"),
    ],
)
def test_a_broken_import_rule_is_seen(module, source):
    assert len(import_faults(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("textbook_nlp.vectors.word2vec", "import torch"),
        ("textbook_nlp.show.plots", "import matplotlib"),
        ("textbook_nlp.text.words", "from textbook_nlp.vectors.counts import count"),
        ("textbook_nlp.lab.runs.ledger", "from textbook_nlp import __version__, data"),
    ],
)
def test_an_allowed_import_passes(module, source):
    assert import_faults(source, module) == []


def loaded_after_importing(names: list[str]) -> set[str]:
    """The top-level modules that a fresh interpreter holds after importing `names`."""
    code = f"import sys, {', '.join(names)}; print(*{{n.partition('.')[0] for n in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    return set(run.stdout.split())


def test_text_and_by_hand_load_without_torch():
    parts = WITHOUT_TORCH | {"__init__"}
    names = [n for n in modules() if part_of(n) in parts and not n.endswith(".word2vec")]

    assert loaded_after_importing(names).isdisjoint({"torch", "keras", "tokenizers"} | FIGURES)


def test_nothing_but_show_loads_the_figures():
    names = [n for n in modules() if part_of(n) not in {"show", "__main__"}]

    assert loaded_after_importing(names).isdisjoint(FIGURES)


def test_what_is_loaded_is_seen():
    assert "json" in loaded_after_importing(["json.decoder"])
