"""Runs the exercises of a chapter, and its boxes, in the namespace that its cells have left.

An exercise is a heading `### Exercise N. Title`, text, a starter cell tagged `exercise` that ends
in `check.name(answer)`, and a Markdown cell with `<details><summary>Solution</summary>` that holds
one block of Python. This file imports nothing of the tests, so that a kernel can load it.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
from dataclasses import dataclass
from typing import Any

HEADING = re.compile(r"^### Exercise (\d+)\. (.+)$", re.M)
CALL = re.compile(r"^check\.(\w+)\(", re.M)
SOLUTION = re.compile(
    r"<details>\s*<summary>Solution</summary>(.*?)</details>", re.S | re.IGNORECASE
)
FURTHER = re.compile(
    r"<details>\s*<summary>Further: (.*?)</summary>(.*?)</details>", re.S | re.IGNORECASE
)
BLOCK = re.compile(r"```python\n(.*?)```", re.S)


@dataclass
class Exercise:
    """One exercise: its number, title, starter code and solution (None where there is none)."""

    number: int
    title: str
    starter: str | None = None
    solution: str | None = None
    stored: str = ""

    @property
    def check(self) -> str | None:
        """The name of the check that the starter ends in."""
        last = (self.starter or "").strip().splitlines()[-1:]
        match = CALL.match(last[0]) if last else None
        return match.group(1) if match else None


def exercises(nb: Any) -> list[Exercise]:
    """The exercises of a notebook (nbformat 4), in order."""
    found: list[Exercise] = []
    for cell in nb["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            if "exercise" in cell["metadata"].get("tags", []) and found:
                found[-1].starter = source
                found[-1].stored = "".join(
                    "".join(output.get("text", "")) for output in cell["outputs"]
                )
            continue
        # One Markdown cell can end one exercise and begin the next.
        marks = [(m.start(), m) for p in (HEADING, SOLUTION) for m in p.finditer(source)]
        for _, match in sorted(marks, key=lambda mark: mark[0]):
            if match.re is HEADING:
                found.append(Exercise(int(match.group(1)), match.group(2)))
            elif found:
                blocks = BLOCK.findall(match.group(1))
                found[-1].solution = "\n".join(blocks) if blocks else None
    return found


def further(nb: Any) -> dict[str, str]:
    """The Python in the folded boxes that go further, by the title of the box."""
    found = {}
    for cell in nb["cells"]:
        if cell["cell_type"] == "markdown":
            for title, inside in FURTHER.findall("".join(cell["source"])):
                if blocks := BLOCK.findall(inside):
                    found[title.strip()] = "\n".join(blocks)
    return found


def attempt(code: str, namespace: dict[str, Any]) -> dict[str, str]:
    """Run code in a copy of a namespace; the state and message of the check it ends in.

    A state of "raised" means that the code or the check raised an exception.
    """
    namespace = dict(namespace)
    tree = ast.parse(code)
    last = tree.body[-1]
    if isinstance(last, ast.Expr):
        tree.body[-1] = ast.copy_location(
            ast.Assign(targets=[ast.Name("_result", ast.Store())], value=last.value), last
        )
        ast.fix_missing_locations(tree)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(tree, "<exercise>", "exec"), namespace)
    except Exception as error:
        return {"state": "raised", "message": f"{type(error).__name__}: {error}", "printed": ""}
    result = namespace.get("_result")
    return {
        "state": str(getattr(result, "state", None)),
        "message": str(getattr(result, "message", "")),
        "printed": printed.getvalue(),
    }


def run_exercises(namespace: dict[str, Any], nb: Any) -> dict[str, Any]:
    """Put starters, solutions and known mistakes of all exercises through their checks.

    The code in the boxes that go further is run as well.

    Args:
        namespace: what the chapter's cells have left, `check` among it; it stays as it is.
        nb: the chapter's notebook (nbformat 4, as an object or read as JSON).

    Returns:
        What fits into JSON: under `exercises` the names of the checks that were tried, in order;
        under `problems` a sentence for each answer that was not judged as it must be, and for each
        box whose code fails.
    """
    problems, tried = [], []
    for title, code in further(nb).items():
        found = attempt(code, namespace)
        if found["state"] == "raised":
            problems.append(f"the box 'Further: {title}' gives {found['message']}")
    for exercise in exercises(nb):
        if exercise.check is None:
            continue
        tried.append(exercise.check)
        where = f"exercise {exercise.number} ({exercise.check})"
        call = exercise.starter.strip().splitlines()[-1]
        solution = exercise.solution or ""
        if not CALL.search(solution):
            solution = f"{solution}\n{call}"
        answers = (("not tried yet", "starter", exercise.starter), ("right", "solution", solution))
        for wanted, kind, code in answers:
            found = attempt(code, namespace)
            if found["state"] != wanted:
                problems.append(f"{where}: the {kind} gives {found}")
        check = getattr(namespace["check"], exercise.check, None)
        if misjudged := getattr(check, "misjudged", None):
            problems += [f"{where}: {fault}" for fault in misjudged()]
    return {"exercises": tried, "problems": problems}
