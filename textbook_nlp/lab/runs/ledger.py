"""The ledger: what was measured, by which run, where and when, one JSON file an experiment.

A record holds the experiment, its goals and its runs. Nothing in it is typed by hand: runs write
records (`merge`, `save`), and whatever reads one gets it checked (`load`).
"""

import json
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

SCALES = ("small", "medium", "full")
CONFIGURATIONS = ("faithful", "ours")
KINDS = ("at_least", "at_most", "between", "equal", "measure")
KNOWN = ("V", "M", "P")

Number = float | int

RESULTS = Path(__file__).parent.parent / "results"


class LedgerError(ValueError):
    """A record is damaged, incomplete, or says what a record must not say."""


@dataclass(frozen=True)
class Goal:
    """What is to be reached, beside what was reported elsewhere.

    Attributes:
        metric: a name among the metrics of the runs.
        kind: ``at_least``, ``at_most``, ``between``, ``equal``, or ``measure`` (no target).
        value: the target; (low, high) for ``between``, None for ``measure``.
        reported: the number of the source, or None.
        known: how the reported number is known: V read in the source's stored output, M measured
            with the source's own code or weights, P printed in the book or paper; None with none.
        unit: of all three, such as ``"perplexity"`` or ``"share"`` (0 to 1).
        note: what the reported number is, where the metric alone does not say it.
    """

    metric: str
    kind: str
    value: Number | tuple[Number, Number] | None
    reported: Number | None
    known: str | None
    unit: str
    note: str = ""

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
class Run:
    """One run of one configuration with one seed.

    Attributes:
        scale: ``small``, ``medium`` or ``full``.
        configuration: ``faithful`` to the source, or ``ours``.
        fields: the configuration's values.
        dataset: name of the data and SHA-256 of each of its parts, as this run read them.
        seed: of parameters and chance.
        metrics: name -> number.
        curves: name -> numbers over the run, such as one an epoch.
        device: what it ran on.
        cpu_seconds: processor time of all processes.
        wall_seconds: time passed.
        versions: of Python and the packages that decide the numbers.
        date: of the end of the run, ISO.
        commit: of the code; ``unknown`` outside a checkout, ``-dirty`` with changes on top.
    """

    scale: str
    configuration: str
    fields: dict[str, Any]
    dataset: dict[str, Any]
    seed: int
    metrics: dict[str, Number]
    curves: dict[str, list[Number]]
    device: str
    cpu_seconds: Number
    wall_seconds: Number
    versions: dict[str, str]
    date: str
    commit: str

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What a newer run must share with this one to replace it."""
        return self.scale, self.configuration, self.seed, self.device


@dataclass(frozen=True)
class Record:
    """One experiment: what it is, what it is to reach, and every run.

    Attributes:
        experiment: the name, also of the file.
        title: one line.
        row: of the list of headlines, or None.
        dataset: name of the data of the full scale, and SHA-256 of its parts (None until a run
            has read it).
        goals: for the full scale.
        runs: in order of scale, configuration, device and seed.
    """

    experiment: str
    title: str
    row: int | None
    dataset: dict[str, Any]
    goals: list[Goal]
    runs: list[Run]


def load(path: str | Path) -> Record:
    """Read and check a record.

    Raises:
        FileNotFoundError: if there is no such file.
        LedgerError: if it is no JSON, or a field is missing, unknown or wrong: one message that
            names file and field.
    """
    path = Path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except ValueError as error:
        raise LedgerError(
            f"{path} cannot be read as a record ({error}): restore the file, or run the "
            "experiment again"
        ) from error
    record = from_json(data, str(path))
    if record.experiment != path.stem:
        raise LedgerError(f"{path}: field experiment is {record.experiment!r}; expected the file's")
    return record


def read(name: str, folder: str | Path = RESULTS) -> Record | None:
    """Return the recorded results of an experiment, or None where nobody has run it.

    Raises:
        LedgerError: if the record is damaged.
    """
    path = Path(folder) / f"{name}.json"
    return load(path) if path.exists() else None


def save(record: Record, folder: str | Path) -> Path:
    """Write a record as ``folder/NAME.json``, whole or not at all, and return the path.

    Raises:
        LedgerError: if a field is wrong; then nothing is written.
    """
    folder = Path(folder)
    path = folder / f"{record.experiment}.json"
    data = to_json(record)
    from_json(data, str(path))
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def merge(old: Record | None, new: Record) -> Record:
    """Take the runs of a newer record into an older one.

    A new run replaces the one with equal scale, configuration, seed and device. Where a
    configuration's fields or data have changed, its older runs at that scale go: they measured
    something else, and a median over both would be wrong. All else is the newer record's.

    Raises:
        LedgerError: if the records are of two experiments.
    """
    if old is None:
        return replace(new, runs=sorted(new.runs, key=_order))
    if old.experiment != new.experiment:
        raise LedgerError(f"a run of {new.experiment!r} does not belong to {old.experiment!r}")
    keys = {run.key for run in new.runs}
    now = {(run.scale, run.configuration): (run.fields, run.dataset) for run in new.runs}

    def stays(run: Run) -> bool:
        same = (run.fields, run.dataset)
        return run.key not in keys and now.get((run.scale, run.configuration), same) == same

    dataset = new.dataset if new.dataset["sha256"] is not None else old.dataset
    runs = sorted([run for run in old.runs if stays(run)] + new.runs, key=_order)
    return replace(new, dataset=dataset, runs=runs)


@dataclass(frozen=True)
class Summary:
    """A metric over the seeds of one configuration on one device.

    Attributes:
        median: over the seeds.
        low: the smallest.
        high: the largest.
        seeds: how many.
        date: of the last run.
    """

    scale: str
    configuration: str
    device: str
    metric: str
    median: Number
    low: Number
    high: Number
    seeds: int
    date: str


def summarize(record: Record, metric: str) -> list[Summary]:
    """Return median and range of a metric for each scale, configuration and device."""
    groups: dict[tuple[str, str, str], list[Run]] = {}
    for run in record.runs:
        if metric in run.metrics:
            groups.setdefault((run.scale, run.configuration, run.device), []).append(run)
    summaries = []
    for (scale, configuration, device), runs in groups.items():
        values = [run.metrics[metric] for run in runs]
        summaries.append(
            Summary(
                scale,
                configuration,
                device,
                metric,
                median(values),
                min(values),
                max(values),
                len(values),
                max(run.date for run in runs),
            )
        )
    return summaries


def to_json(record: Record) -> dict[str, Any]:
    """Return a record as plain values."""
    return json.loads(json.dumps(asdict(record)))


def from_json(data: Any, where: str) -> Record:
    """Check plain values and build the record; `where` names them in an error.

    Raises:
        LedgerError: if a field is missing, unknown or wrong.
    """
    _check(data, _RECORD, where, "")
    for i, goal in enumerate(data["goals"]):
        _check(goal, _GOAL, where, f"goals[{i}].")
        _check_goal(goal, where, f"goals[{i}].")
    for i, run in enumerate(data["runs"]):
        _check(run, _RUN, where, f"runs[{i}].")
    goals = [Goal(**{**goal, "value": _tuple(goal["value"])}) for goal in data["goals"]]
    record = Record(**{**data, "goals": goals, "runs": [Run(**run) for run in data["runs"]]})
    _check_runs(record, where)
    return record


def _order(run: Run) -> tuple[Any, ...]:
    scale, configuration = SCALES.index(run.scale), CONFIGURATIONS.index(run.configuration)
    return scale, configuration, run.device, run.seed


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


# What each field must be: a test and the words for it.
Rule = tuple[Callable[[Any], bool], str]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _mapping(test: Callable[[Any], bool], value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and name and test(part) for name, part in value.items()
    )


def _list(test: Callable[[Any], bool], value: Any) -> bool:
    return isinstance(value, list) and all(map(test, value))


def _text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _sha256(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _dataset(value: Any, hashed: bool) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"name", "sha256"}
        and _text(value["name"])
        and (
            (_mapping(_sha256, value["sha256"]) and value["sha256"] != {})
            or (not hashed and value["sha256"] is None)
        )
    )


def _field(value: Any) -> bool:
    return value is None or isinstance(value, bool | str) or _number(value) or _list(_field, value)


def _date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _commit(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{40}(-dirty)?|unknown", value))


def _target(value: Any) -> bool:
    return value is None or _number(value) or (_list(_number, value) and len(value) == 2)


def _one_of(names: Iterable[str]) -> Rule:
    names = tuple(names)
    return (lambda value: value in names if isinstance(value, str) else False), ", ".join(names)


_NAME: Rule = (
    lambda value: isinstance(value, str) and bool(re.fullmatch("[a-z][a-z0-9_]*", value)),
    "a name in small letters, digits and _",
)
_TEXT: Rule = (_text, "a text that is not empty")
_SECONDS: Rule = (lambda value: _number(value) and value >= 0, "seconds, at least 0")
_HASHES = "{'name': ..., 'sha256': {part: 64 hexadecimal digits}}"

_RECORD: dict[str, Rule] = {
    "experiment": _NAME,
    "title": _TEXT,
    "row": (lambda value: value is None or (_integer(value) and value >= 1), "a row or null"),
    "dataset": (lambda value: _dataset(value, hashed=False), f"{_HASHES}, sha256 perhaps null"),
    "goals": (lambda value: isinstance(value, list), "a list"),
    "runs": (lambda value: isinstance(value, list), "a list"),
}
_GOAL: dict[str, Rule] = {
    "metric": _NAME,
    "kind": _one_of(KINDS),
    "value": (_target, "a finite number, two for 'between', null for 'measure'"),
    "reported": (lambda value: value is None or _number(value), "a finite number or null"),
    "known": (lambda value: value is None or value in KNOWN, "V, M, P or null"),
    "unit": _TEXT,
    "note": (lambda value: isinstance(value, str), "a text"),
}
_RUN: dict[str, Rule] = {
    "scale": _one_of(SCALES),
    "configuration": _one_of(CONFIGURATIONS),
    "fields": (lambda value: _mapping(_field, value), "names with plain values"),
    "dataset": (lambda value: _dataset(value, hashed=True), _HASHES),
    "seed": (lambda value: _integer(value) and value >= 0, "an integer, at least 0"),
    "metrics": (lambda value: _mapping(_number, value), "names with finite numbers (no NaN)"),
    "curves": (
        lambda value: _mapping(lambda part: _list(_number, part), value),
        "names with lists of finite numbers (no NaN)",
    ),
    "device": _TEXT,
    "cpu_seconds": _SECONDS,
    "wall_seconds": _SECONDS,
    "versions": (lambda value: _mapping(_text, value), "names with versions"),
    "date": (_date, "a date like 2026-01-31"),
    "commit": (_commit, "40 hexadecimal digits, perhaps with -dirty, or unknown"),
}


def _check(data: Any, rules: Mapping[str, Rule], where: str, prefix: str) -> None:
    """Raise at the first field that is missing, unknown or wrong."""
    if not isinstance(data, dict):
        raise LedgerError(f"{where}: {prefix.rstrip('.') or 'the record'} is no JSON object")
    for name, (test, expected) in rules.items():
        if name not in data:
            raise LedgerError(f"{where}: field {prefix}{name} is missing; expected {expected}")
        if not test(data[name]):
            value = repr(data[name])
            shown = value if len(value) <= 80 else f"{value[:77]}..."
            raise LedgerError(f"{where}: field {prefix}{name} is {shown}; expected {expected}")
    for name in data:
        if name not in rules:
            raise LedgerError(
                f"{where}: field {prefix}{name} is unknown; known are {', '.join(rules)}"
            )


def _check_goal(goal: Mapping[str, Any], where: str, prefix: str) -> None:
    value, kind = goal["value"], goal["kind"]
    right = {"measure": value is None, "between": isinstance(value, list)}
    if not right.get(kind, _number(value)) or (kind == "between" and value[0] > value[1]):
        raise LedgerError(f"{where}: field {prefix}value is {value!r}, which does not fit {kind!r}")
    if (goal["reported"] is None) != (goal["known"] is None):
        raise LedgerError(
            f"{where}: fields {prefix}reported and {prefix}known belong together: a number and how "
            "it is known, or two nulls"
        )


def _check_runs(record: Record, where: str) -> None:
    """Raise where two runs contradict each other."""
    keys: dict[tuple[str, str, int, str], int] = {}
    groups: dict[tuple[str, str], int] = {}
    for i, run in enumerate(record.runs):
        if run.key in keys:
            raise LedgerError(
                f"{where}: runs[{i}] and runs[{keys[run.key]}] have equal scale, configuration, "
                "seed and device; keep the newer one"
            )
        keys[run.key] = i
        first = groups.setdefault((run.scale, run.configuration), i)
        for name in ("fields", "dataset"):
            if getattr(run, name) != getattr(record.runs[first], name):
                raise LedgerError(
                    f"{where}: field runs[{i}].{name} differs from that of runs[{first}], which "
                    "has equal scale and configuration; run all its seeds again"
                )
