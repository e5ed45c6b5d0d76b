"""Show the tested source itself, so that the page never holds a copy that can grow stale."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import re
import textwrap
import tomllib
from pathlib import Path
from typing import Any

from textbook_nlp.show.svg import display

NOISE = ("jaxtyped", "beartype", "no_type_check")
"""Decorators that say nothing about the subject, left out of what is shown."""


def source(obj: Any, *, docstring: bool = False) -> None:
    """Show the source of a function, a method or a class, with its name and a link to its file.

    Args:
        obj: the function, method or class itself, of any package whose source is at hand.
        docstring: whether to show the docstrings too; the prose around the cell stands for them.

    Raises:
        TypeError: if the object has no source in Python: an instance, a number, a built-in.

    Example:
        >>> from textbook_nlp.text import pad
        >>> source(pad)  # doctest: +SKIP
    """
    obj = _unwrapped(obj)
    code = trimmed(source_of(obj), docstring=docstring)
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", code)), default=0))
    name, address = f"{obj.__module__}.{obj.__qualname__}", _address(obj)
    title = f"[`{name}`]({address})" if address else f"`{name}`"
    display(
        {
            "text/markdown": f"{title}\n\n{fence}python\n{code}\n{fence}",
            "text/plain": f"# {name}\n{code}",
        }
    )


def _unwrapped(obj: Any) -> Any:
    """The function or class behind properties, class methods and decorators."""
    if isinstance(obj, property):
        obj = obj.fget
    return inspect.unwrap(getattr(obj, "__func__", obj))


def source_of(obj: Any) -> str:
    """The source of a function, a method or a class, moved to the left margin.

    Raises:
        TypeError: if it has none.
    """
    if not (inspect.isfunction(obj) or inspect.isclass(obj)):
        raise TypeError(
            f"`source` shows a function, a method or a class: got a {type(obj).__name__}. "
            "Give the thing itself, without calling it"
        )
    try:
        return textwrap.dedent(inspect.getsource(obj)).rstrip()
    except (OSError, TypeError) as error:
        raise TypeError(f"no Python source of {obj!r} is at hand ({error})") from error


def trimmed(code: str, *, docstring: bool = False) -> str:
    """The code without decorators that are noise and, unless asked for, without docstrings."""
    lines: list[str | None] = list(code.splitlines())
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for decorator in node.decorator_list:
            if any(re.search(rf"\b{noise}\b", ast.unparse(decorator)) for noise in NOISE):
                _drop(lines, decorator)
        if not docstring:
            for i, statement in enumerate(node.body):
                if _is_text(statement) and (i == 0 or isinstance(node, ast.ClassDef)):
                    _drop(lines, statement, "..." if len(node.body) == 1 else None)
                    if i == 0:
                        _drop_blank_lines(lines, statement.end_lineno)
    return "\n".join(line for line in lines if line is not None).strip("\n")


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _drop(lines: list[str | None], node: ast.AST, instead: str | None = None) -> None:
    first, last = node.lineno - 1, node.end_lineno
    indent = re.match(r"\s*", lines[first] or "")[0]
    lines[first:last] = [None] * (last - first)
    if instead is not None:
        lines[first] = indent + instead


def _drop_blank_lines(lines: list[str | None], at: int) -> None:
    while at < len(lines) and lines[at] is not None and not lines[at].strip():
        lines[at] = None
        at += 1


def _address(obj: Any) -> str | None:
    """The file's address in the repository; without line numbers, which every edit would move."""
    if obj.__module__.split(".")[0] != "textbook_nlp":
        return None
    package = Path(__file__).parents[1]
    path = Path(inspect.getsourcefile(obj)).resolve().relative_to(package.resolve().parent)
    return f"{repository()}/blob/main/{path.as_posix()}"


def repository() -> str:
    """The repository's address: from `pyproject.toml` beside the package, or as installed."""
    project = Path(__file__).parents[2] / "pyproject.toml"
    if project.is_file():
        return tomllib.loads(project.read_text(encoding="utf-8"))["project"]["urls"]["repository"]
    urls = importlib.metadata.metadata("textbook_nlp").get_all("Project-URL") or []
    return dict(url.split(", ", 1) for url in urls)["repository"]
