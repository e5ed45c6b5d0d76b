"""The ledger: what was measured, by which run, where and when, one JSON file an experiment.

A record holds the experiment, its goals and its runs. Nothing in it is typed by hand: runs write
records (`add`), and whatever reads one gets it checked (`load`).
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Annotated, Any

from textbook_nlp.device import SCALES, ScaleName
from textbook_nlp.files import DamagedFile, whole
from textbook_nlp.lab.runs.checked import Checked, Count, Must, Number, WrongField
from textbook_nlp.lab.runs.goals import Goal, RowNumber, Text, goal_of

with suppress(ImportError):  # Windows has none; there, two writers at once are not held apart
    import fcntl

RESULTS = Path(__file__).parent.parent / "results"


def _matches(pattern: str) -> Any:
    return lambda value: re.fullmatch(pattern, value) is not None


def _is_date(value: str) -> bool:
    with suppress(ValueError):
        return date.fromisoformat(value).isoformat() == value
    return False


def _is_plain(value: Any) -> bool:
    """Whether a configuration's value has a place in JSON, and no NaN in it."""
    with suppress(ValueError, TypeError, RecursionError):
        return json.loads(json.dumps(value, allow_nan=False)) == value
    return False


ExperimentName = Annotated[
    str, Must(_matches("[a-z][a-z0-9_]*"), "a name in small letters, digits and _")
]
Sha256 = Annotated[str, Must(_matches("[0-9a-f]{64}"), "64 hexadecimal digits")]
Date = Annotated[str, Must(_is_date, "a date like 2026-01-31")]
Commit = Annotated[
    str,
    Must(
        _matches("[0-9a-f]{40}(-dirty)?|unknown"),
        "40 hexadecimal digits, perhaps with -dirty, or unknown",
    ),
]
Seconds = Annotated[float | int, Must(lambda value: value >= 0, "seconds, at least 0")]
Fields = Annotated[dict[str, Any], Must(_is_plain, "names with plain values, no NaN")]
Hashes = Annotated[dict[Text, Sha256], Must(bool, "part: 64 hexadecimal digits, at least once")]


class LedgerError(DamagedFile):
    """A record is damaged, incomplete, or says what a record must not say."""


@dataclass(frozen=True)
class Dataset(Checked):
    """What was read.

    Attributes:
        name: of a corpus or a generator.
        sha256: of each part as it was read; None, in the head of a record, until a run has read it.
    """

    name: Text
    sha256: Hashes | None


@dataclass(frozen=True)
class Chosen(Checked):
    """What a run was made of.

    Attributes:
        variant: its name in the experiment.
        fields: all values of its configuration at the run's scale.
    """

    variant: ExperimentName
    fields: Fields


@dataclass(frozen=True)
class Run(Checked):
    """One run of one variant at one scale with one seed.

    Attributes:
        scale: `small`, `medium` or `full`.
        configuration: the variant, with its fields.
        dataset: what this run read.
        seed: of parameters and chance.
        metrics: name -> number.
        curves: name -> numbers over the run, such as one an epoch.
        device: what it ran on.
        cpu_seconds: processor time of all processes.
        wall_seconds: time passed.
        versions: of Python and the packages that decide the numbers.
        date: of the end of the run, ISO.
        commit: of the code; `unknown` outside a checkout, `-dirty` with changes on top.
    """

    scale: ScaleName
    configuration: Chosen
    dataset: Dataset
    seed: Count
    metrics: dict[Text, Number]
    curves: dict[Text, list[Number]]
    device: Text
    cpu_seconds: Seconds
    wall_seconds: Seconds
    versions: dict[Text, Text]
    date: Date
    commit: Commit

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dataset.sha256 is None:
            raise WrongField("Run.dataset has no sha256; expected that of each part that was read")

    @property
    def variant(self) -> str:
        """The name of the variant that ran."""
        return self.configuration.variant

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What a newer run must share with this one to replace it."""
        return self.variant, self.scale, self.seed, self.device


@dataclass(frozen=True)
class Record(Checked):
    """One experiment: what it is, what it is to reach, and every run.

    Attributes:
        experiment: the name, also of the file.
        title: one line.
        row: of the list of headlines; several in a list, or None.
        dataset: of the full scale.
        goals: for the full scale.
        runs: in order of scale, variant, device and seed.
    """

    experiment: ExperimentName
    title: Text
    row: RowNumber | list[RowNumber] | None
    dataset: Dataset
    goals: list[Goal]
    runs: list[Run]

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_contradictions(self.runs)

    @property
    def rows(self) -> list[int]:
        """The rows of the list of headlines that it stands for."""
        return self.row if isinstance(self.row, list) else [] if self.row is None else [self.row]


def _refuse_contradictions(runs: list[Run]) -> None:
    """Raise where two runs contradict each other."""
    keys: dict[tuple[str, str, int, str], int] = {}
    groups: dict[tuple[str, str], int] = {}
    for i, run in enumerate(runs):
        if run.key in keys:
            raise WrongField(
                f"runs[{i}] and runs[{keys[run.key]}] have equal variant, scale, seed and device; "
                "keep the newer one"
            )
        keys[run.key] = i
        first = groups.setdefault((run.scale, run.variant), i)
        for name in ("configuration", "dataset"):
            if getattr(run, name) != getattr(runs[first], name):
                raise WrongField(
                    f"runs[{i}].{name} differs from that of runs[{first}], which has equal scale "
                    "and variant; run all its seeds again"
                )


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
    except (ValueError, RecursionError) as error:
        raise LedgerError(
            f"{path} cannot be read as a record ({error}): restore the file, or run the "
            "experiment again"
        ) from error
    record = from_json(data, str(path))
    if record.experiment != path.stem:
        raise LedgerError(f"{path}: experiment is {record.experiment!r}; expected the file's name")
    return record


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def read(name: str, folder: str | Path = RESULTS) -> Record | None:
    """Return the recorded results of an experiment, or None where nobody has run it.

    Raises:
        LedgerError: if the record is damaged.

    Taught in: chapter 07.
    """
    path = Path(folder) / f"{name}.json"
    return load(path) if path.exists() else None


def save(record: Record, folder: str | Path) -> Path:
    """Write a record as `folder/NAME.json`, whole or not at all, and return the path."""
    path = Path(folder) / f"{record.experiment}.json"
    text = json.dumps(to_json(record), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    return path


def add(new: Record, folder: str | Path) -> tuple[Path, Record, list[Run]]:
    """Take the runs of a record into the one in `folder`; others may write there meanwhile.

    Returns:
        The file, all that it holds now, and the older runs that were dropped since they had other
        fields or read other data.

    Raises:
        LedgerError: if the record there is damaged.
    """
    with _locked(Path(folder)):
        old = read(new.experiment, folder)
        merged = merge(old, new)
        return save(merged, folder), merged, _outdated(old, new)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the system lets go of it should the process be killed."""
    folder.mkdir(parents=True, exist_ok=True)
    if "fcntl" not in globals():
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def merge(old: Record | None, new: Record) -> Record:
    """Take the runs of a newer record into an older one.

    A new run replaces the one with equal variant, scale, seed and device. Where a variant's fields
    or data have changed, its older runs at that scale go: they measured something else, and a
    median over both would be wrong. All else is the newer record's.

    Raises:
        LedgerError: if the records are of two experiments.
    """
    if old is None:
        return replace(new, runs=sorted(new.runs, key=_order))
    if old.experiment != new.experiment:
        raise LedgerError(f"a run of {new.experiment!r} does not belong to {old.experiment!r}")
    gone = {run.key for run in [*new.runs, *_outdated(old, new)]}
    dataset = new.dataset if new.dataset.sha256 is not None else old.dataset
    runs = sorted([run for run in old.runs if run.key not in gone] + new.runs, key=_order)
    return replace(new, dataset=dataset, runs=runs)


def _outdated(old: Record | None, new: Record) -> list[Run]:
    """The older runs that no newer one replaces, of variants that measure something else now."""
    keys = {run.key for run in new.runs}
    now = {(run.scale, run.variant): (run.configuration, run.dataset) for run in new.runs}

    def stays(run: Run) -> bool:
        same = (run.configuration, run.dataset)
        return now.get((run.scale, run.variant), same) == same

    return [run for run in (old.runs if old else []) if run.key not in keys and not stays(run)]


def check_together(runs: list[Run]) -> None:
    """Refuse runs of one command of which the newer would drop the older.

    Raises:
        LedgerError: if two of equal scale and variant read different data.
    """
    first: dict[tuple[str, str], Run] = {}
    for run in runs:
        before = first.setdefault((run.scale, run.variant), run)
        if run.dataset != before.dataset:
            raise LedgerError(
                f"seed {run.seed} of {run.variant} read other data than seed {before.seed}, so it "
                "would drop that run, and was not recorded: let the task describe its data by what "
                "does not depend on the seed, such as a hash of the rules of the generator"
            )


def _order(run: Run) -> tuple[int, str, str, int]:
    return SCALES.index(run.scale), run.variant, run.device, run.seed


@dataclass(frozen=True)
class Summary:
    """A metric over the seeds of one variant on one device.

    Attributes:
        median: over the seeds.
        low: the smallest.
        high: the largest.
        seeds: how many.
        date: of the last run.
    """

    scale: str
    variant: str
    device: str
    metric: str
    median: Number
    low: Number
    high: Number
    seeds: int
    date: str


def summarize(record: Record, metric: str) -> list[Summary]:
    """Return median and range of a metric for each scale, variant and device."""
    groups: dict[tuple[str, str, str], list[Run]] = {}
    for run in record.runs:
        if metric in run.metrics:
            groups.setdefault((run.scale, run.variant, run.device), []).append(run)
    summaries = []
    for group, runs in groups.items():
        values = [run.metrics[metric] for run in runs]
        last = max(run.date for run in runs)
        spread = median(values), min(values), max(values), len(values)
        summaries.append(Summary(*group, metric, *spread, last))
    return summaries


def to_json(record: Record) -> dict[str, Any]:
    """Return a record as plain values."""
    return json.loads(json.dumps(asdict(record)))


def from_json(data: Any, where: str) -> Record:
    """Check plain values and build the record; `where` names them in an error.

    Raises:
        LedgerError: if a field is missing, unknown or wrong.
    """
    head = _object(Record, data, where)
    goals = [
        _made(Goal, goal, f"{where}: goals[{i}]", goal_of)
        for i, goal in enumerate(_list(head, "goals", where))
    ]
    runs = [_run(run, f"{where}: runs[{i}]") for i, run in enumerate(_list(head, "runs", where))]
    dataset = _made(Dataset, head["dataset"], f"{where}: dataset")
    return _made(Record, head | {"goals": goals, "runs": runs, "dataset": dataset}, where)


def _run(data: Any, where: str) -> Run:
    body = _object(Run, data, where)
    parts = {
        name: _made(kind, body[name], f"{where}.{name}")
        for name, kind in (("configuration", Chosen), ("dataset", Dataset))
    }
    return _made(Run, body | parts, where)


def _made(kind: Any, data: Any, where: str, make: Any = None) -> Any:
    """Make a dataclass from an object of JSON; its own message names the field."""
    try:
        return (make or (lambda found: kind(**found)))(_object(kind, data, where))
    except WrongField as error:
        raise LedgerError(f"{where}: {error}") from error


def _object(kind: Any, data: Any, where: str) -> dict[str, Any]:
    """Return an object of JSON that has the fields of a dataclass, all of them and no other."""
    if not isinstance(data, Mapping):
        raise LedgerError(f"{where} is no JSON object")
    names = [field.name for field in fields(kind)]
    for name in names:
        if name not in data:
            raise LedgerError(f"{where}: {kind.__name__}.{name} is missing")
    for name in data:
        if name not in names:
            raise LedgerError(f"{where}: {name} is unknown; known are {', '.join(names)}")
    return dict(data)


def _list(data: dict[str, Any], name: str, where: str) -> list[Any]:
    if not isinstance(data[name], list):
        raise LedgerError(f"{where}: {name} is no list")
    return data[name]
