"""What is to be reached: the rows of `headlines.toml`, beside what was reported elsewhere."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from textbook_nlp.lab.runs.checked import Checked, Must, Number, WrongField

HEADLINES = Path(__file__).parent.parent / "headlines.toml"
Known = Literal["V", "M", "P"]
RowNumber = Annotated[int, Must(lambda value: value >= 1, "the number of a row, from 1")]
Text = Annotated[str, Must(lambda value: value.strip() != "", "a text that is not empty")]


@dataclass(frozen=True)
class Goal(Checked):
    """What is to be reached, beside what was reported elsewhere.

    Attributes:
        metric: a name among the metrics of the runs.
        kind: how a measured number is held against the value; `measure` has no target.
        value: the target; (low, high) for `between`, None for `measure`.
        reported: the number of the source, or None.
        known: how the reported number is known: V read in the source's stored output, M measured
            with the source's own code or weights, P printed in the book or paper; None with none.
        unit: of all three, such as `perplexity` or `share` (0 to 1).
        note: what the reported number is, where the metric alone does not say it.
        of: the variant that the goal is judged by; None for any.
    """

    metric: Annotated[str, Must(str.isidentifier, "a name in letters, digits and _")]
    kind: Literal["at_least", "at_most", "between", "equal", "measure"]
    value: Number | tuple[Number, Number] | None = None
    reported: Number | None = None
    known: Known | None = None
    unit: Text = "share"
    note: str = ""
    of: Text | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        shape = {"measure": type(None), "between": tuple}.get(self.kind, int | float)
        low, high = self.value if isinstance(self.value, tuple) else (0, 0)
        if not isinstance(self.value, shape) or low > high:
            raise WrongField(f"Goal.value is {self.value!r}, which does not fit {self.kind!r}")
        if (self.reported is None) != (self.known is None):
            raise WrongField(
                "Goal.reported and Goal.known belong together: a number and how it is known, or "
                "neither"
            )

    def met(self, measured: Number) -> bool | None:
        """Say whether a measured number reaches the goal; None where there is nothing to reach."""
        match self.kind:
            case "at_least":
                return measured >= self.value
            case "at_most":
                return measured <= self.value
            case "between":
                return self.value[0] <= measured <= self.value[1]
            case "equal":
                return measured == self.value
        return None


@dataclass(frozen=True)
class Published(Checked):
    """The best that was published at comparable size, as printed.

    Attributes:
        metric: the name of the goal that it stands beside.
        value: in the goal's unit.
        what: the model.
        source: the paper.
    """

    metric: str
    value: Number
    what: Text
    source: Text


@dataclass(frozen=True)
class Row(Checked):
    """One row of the list of headlines.

    Attributes:
        row: its number.
        title: one line.
        group: the heading that it stands under on the Scoreboard.
        dataset: what it is measured on.
        where: where the full scale is affordable: two cores for minutes, or a GPU.
        goals: what is to be reached.
        published: the best known beside the source.
    """

    row: RowNumber
    title: Text
    group: Text
    dataset: Text
    where: Literal["CPU", "GPU", "CPU or GPU"]
    goals: tuple[Goal, ...]
    published: tuple[Published, ...] = ()


@cache
def rows() -> dict[int, Row]:
    """Return the list of headlines, by row."""
    return {row.row: row for row in read_rows(HEADLINES)}


def read_rows(path: str | Path) -> list[Row]:
    """Read and check a list of headlines.

    Raises:
        ValueError: if it is no TOML, or a field is missing, unknown or wrong; the message names it.
    """
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        found = [_row(entry) for entry in data["headline"]]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} is no list of headlines: {error}") from error
    numbers = [entry.row for entry in found]
    if sorted(set(numbers)) != numbers:
        raise ValueError(f"{path} has its rows twice or out of order: {numbers}")
    return found


def _row(entry: dict[str, Any]) -> Row:
    where = f"row {entry.get('row')}"
    try:
        goals = tuple(goal_of(goal) for goal in entry["goals"])
        published = tuple(Published(**each) for each in entry.get("published", []))
        return Row(**entry | {"goals": goals, "published": published})
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{where}: {error}") from error


def goal_of(data: dict[str, Any]) -> Goal:
    """Return the goal that a table of TOML or an object of JSON holds."""
    value = data.get("value")
    return Goal(**data | {"value": tuple(value) if isinstance(value, list) else value})
