"""The package's parts know of each other only what the design allows."""

import ast
import graphlib
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "textbook_nlp"
TOOLS = ROOT / "book" / "tools"

# What goes around the import rules, and who has a reason to.
DETOURS = {
    "__import__": (),
    "sys.path": (),
    "sys.modules": ("show",),
    "import_module": ("lab",),
}


def lint_imports(folder: Path) -> tuple[int, str]:
    """Hold a copy of the package against the contracts of `pyproject.toml`."""
    code = (
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def detours(source: str, part: str) -> list[str]:
    """The names in a module of one part that go around the import rules."""
    names = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute | ast.Name)
    ]
    return [
        name
        for name in names
        for detour, allowed in DETOURS.items()
        if part not in allowed and (name == detour or name.endswith(f".{detour}"))
    ]


def imports_among(paths: list[Path]) -> dict[str, set[str]]:
    """Which of some modules in one folder each of them imports, wherever the import stands."""
    names = {path.stem for path in paths}
    graph = defaultdict(set)
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                used = [node.module, *(alias.name for alias in node.names)]
            else:
                continue
            graph[path.stem] |= names & {name.rpartition(".")[2] for name in used}
    return graph


def test_imports_follow_the_design():
    code, report = lint_imports(ROOT)

    assert code == 0, report


def test_broken_import_rules_are_seen(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "textbook_nlp", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    broken = {
        "text/words.py": ("import torch", "textbook_nlp.text.words -> torch"),
        "by_hand/rnn.py": (
            "def f():\n    from textbook_nlp import layers",
            "textbook_nlp.by_hand.rnn -> textbook_nlp.layers",
        ),
        "training/fit.py": (
            "from textbook_nlp.models.language_model import RecurrentLanguageModel",
            "textbook_nlp.training.fit -> textbook_nlp.models.language_model",
        ),
        "models/ngram.py": (
            "import matplotlib.pyplot as plt",
            "textbook_nlp.models.ngram -> matplotlib",
        ),
        "lab/runs/ledger.py": (
            "from textbook_nlp.show import plots",
            "textbook_nlp.lab.runs.ledger -> textbook_nlp.show",
        ),
    }
    for name, (line, _) in broken.items():
        with (tmp_path / "textbook_nlp" / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")

    code, report = lint_imports(tmp_path)

    assert code == 1
    assert [arrow for _, arrow in broken.values() if arrow not in report] == []


@pytest.mark.parametrize(
    "path", [path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py"))]
)
def test_no_module_goes_around_the_rules(path):
    assert detours((PACKAGE / path).read_text(encoding="utf-8"), path.split("/")[0]) == []


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("m = __import__('torch')", "text"),
        ("import importlib\nimportlib.import_module('torch')", "text"),
        ("import sys\nsys.path.append('..')", "layers"),
        ("import sys\nsys.modules['torch']", "text"),
    ],
)
def test_a_detour_is_seen(source, part):
    assert len(detours(source, part)) == 1


def test_the_tools_of_the_book_import_in_no_circle():
    graph = imports_among(sorted(TOOLS.glob("*.py")))

    assert sum(map(len, graph.values())) > 5
    assert list(graphlib.TopologicalSorter(graph).static_order())[-1] == "__main__"


def test_a_circle_is_seen(tmp_path):
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{name}.py").write_text(f"def f():\n    from book.tools import {other}\n")

    with pytest.raises(graphlib.CycleError):
        list(graphlib.TopologicalSorter(imports_among(list(tmp_path.glob("*.py")))).static_order())


def loaded_after_importing(names: list[str]) -> set[str]:
    """The top-level modules that a fresh interpreter holds after importing `names`."""
    code = f"import sys, {', '.join(names)}; print(*{{n.partition('.')[0] for n in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(run.stdout.split())


def modules(*parts: str) -> list[str]:
    """Every module of some parts, by full name."""
    paths = [p for part in parts for p in sorted((PACKAGE / part).rglob("*.py"))]
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in paths]
    return [name.removesuffix(".__init__") for name in names]


def test_what_needs_no_torch_loads_without_it():
    names = [*modules("text", "bags", "by_hand"), "textbook_nlp.files"]

    assert loaded_after_importing(names).isdisjoint({"torch", "keras", "matplotlib", "IPython"})


def test_nothing_but_show_loads_the_figures():
    parts = [p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name not in {"show"}]
    loaded = loaded_after_importing(modules(*parts))

    assert "torch" in loaded
    assert loaded.isdisjoint({"matplotlib", "ipywidgets", "IPython"})
