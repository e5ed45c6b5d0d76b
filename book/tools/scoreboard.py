"""The Scoreboard: what was reported elsewhere, what is to be reached, and what we have recorded."""

from __future__ import annotations

from itertools import groupby

from book.tools.tables import escaped, table
from textbook_nlp.lab.runs.amounts import amount
from textbook_nlp.lab.runs.goals import Goal, Row, rows
from textbook_nlp.lab.runs.ledger import RESULTS, Record, Summary, load, summarize

SIGNS = {"at_least": "≥ ", "at_most": "≤ ", "equal": ""}
HEAD = ("", "Experiment", "Reported", "Goal", "Ours")


def reported(goal: Goal) -> str:
    """What the source gives, and how that is known."""
    if goal.reported is None:
        return "–"
    return f"{amount(goal.reported, goal.unit, exact=True)} ({goal.known})"


def target(goal: Goal) -> str:
    """What is to be reached."""
    if goal.kind == "measure":
        return "measure"
    if goal.kind == "between":
        low, high = (amount(value, goal.unit, exact=True) for value in goal.value)
        return f"{low} to {high}"
    return SIGNS[goal.kind] + amount(goal.value, goal.unit, exact=True)


def digits_of(goal: Goal, summary: Summary) -> int:
    """How many digits show on which side of the goal a result lies: 136.01 has not reached 136."""
    if not isinstance(goal.value, float | int):
        return 4
    shown = [amount(summary.median, goal.unit, digits=digits) for digits in (4, 5)]
    met = goal.met(summary.median)
    return 5 if shown[0] == amount(goal.value, goal.unit) != shown[1] and not met else 4


def spread(summary: Summary, unit: str, digits: int = 4) -> tuple[str, str]:
    """The smallest and the largest over the seeds, and how many those are."""
    if summary.seeds == 1:
        return "", "1 seed"
    ends = (amount(value, unit, digits=digits) for value in (summary.low, summary.high))
    low, high = (end.split(" ")[0] for end in ends)
    return f" [{low} to {high}]", f"{summary.seeds} seeds"


def summary_line(goal: Goal, summary: Summary) -> str:
    """One variant's result: median and range over the seeds, where, when, how many."""
    digits = digits_of(goal, summary)
    span, seeds = spread(summary, goal.unit, digits)
    where = f"{summary.variant}, {summary.scale}, {seeds}, {summary.device}, {summary.date}"
    met = goal.met(summary.median) if summary.scale == "full" else None
    verdict = {True: "; goal met", False: "; goal not met", None: ""}[met]
    return f"**{amount(summary.median, goal.unit, digits=digits)}**{span}<br>{where}{verdict}"


def ours(goal: Goal, records: list[Record]) -> str:
    """What we have measured, at the largest scale that anybody has run on real data."""
    found = [
        summary
        for record in records
        for summary in summarize(record, goal.metric)
        if goal.of in (None, summary.variant)
    ]
    for scale in ("full", "medium"):
        lines = [summary_line(goal, summary) for summary in found if summary.scale == scale]
        if lines:
            return "<br>".join(lines)
    return "not run"


def published(goal: Goal, row: Row) -> str:
    """The best that was published beside the source."""
    found = [each for each in row.published if each.metric == goal.metric]
    lines = (
        f"<br>published: {amount(each.value, goal.unit, exact=True)}, {each.what} ({each.source})"
        for each in found
    )
    return "".join(lines)


def goal_row(label: str, title: str, goal: Goal, records: list[Record]) -> list[str]:
    """A line of the table; a goal of its own metric says which."""
    note = f"<br>{escaped(goal.note)}" if goal.note else ""
    metric = goal.metric.replace("_", " ") + (f", {goal.of.replace('_', ' ')}" if goal.of else "")
    title = f"{title}<br>" if title else ""
    return [label, f"{title}{metric}{note}", reported(goal), target(goal), ours(goal, records)]


OPTIMUM = "optimum_"
"""A metric `optimum_X` is the best that any model can reach in `test_X`."""


def own_metrics(record: Record) -> list[str]:
    """The metrics of a record whose optimum is recorded beside them: `perplexity` and so on."""
    names = {name for run in record.runs for name in run.metrics}
    bounded = (name.removeprefix(OPTIMUM) for name in names if name.startswith(OPTIMUM))
    return sorted(name for name in bounded if f"test_{name}" in names)


def own_row(record: Record, metric: str, summary: Summary, best: float) -> list[str]:
    """One variant's result on our own data, beside the line that no model can pass."""
    span, seeds = spread(summary, metric)
    where = f"{seeds}, {summary.device}, {summary.date}"
    percent = 100 * (summary.median / best - 1)
    return [
        f"{record.title}<br>{summary.variant}, {summary.scale}",
        amount(best, metric),
        f"**{amount(summary.median, metric)}**{span}<br>{where}",
        f"{abs(percent):.1f} % {'above' if percent >= 0 else 'below'}",
    ]


def own_data(records: list[Record]) -> list[list[str]]:
    """Small runs on our own data, beside the line that no model can pass."""

    def of(summary: Summary) -> tuple:
        return summary.scale, summary.variant, summary.device

    rows = []
    for record in records:
        for metric in own_metrics(record):
            best = {of(b): b.median for b in summarize(record, OPTIMUM + metric)}
            rows += [
                own_row(record, metric, summary, best[of(summary)])
                for summary in summarize(record, f"test_{metric}")
                if of(summary) in best
            ]
    return rows


def scoreboard(book: Path) -> str:
    """Every headline row: reported elsewhere, our goal, our recorded result or "not run"."""
    records = [load(path) for path in sorted(RESULTS.glob("*.json"))]
    parts = []
    for group, members in groupby(rows().values(), key=lambda row: row.group):
        lines = []
        for row in members:
            mine = [record for record in records if row.row in record.rows]
            shown = set()
            for i, goal in enumerate(row.goals):
                label, title = (str(row.row), f"**{row.title}**") if i == 0 else ("", "")
                line = goal_row(label, title, goal, mine)
                if goal.metric not in shown:  # once, where a metric has several variants
                    line[2] += published(goal, row)
                shown.add(goal.metric)
                lines.append(line)
        parts.append(f"## {group}\n\n{table(HEAD, lines)}")

    beside = [record for record in records if not record.rows]
    if lines := [
        goal_row("", f"**{record.title}**", goal, [record])
        for record in beside
        for goal in record.goals
    ]:
        parts.append(f"## Beside the list\n\n{table(HEAD, lines)}")
    if lines := own_data(records):
        head = ("Experiment", "No model can pass", "Ours", "Distance")
        note = "Test data that a generator made, at the scale of the chapters."
        parts.append(f"## On our own data\n\n{note}\n\n{table(head, lines)}")
    return "\n\n".join(parts)
