"""Which experiments there are, how one is run, and how recorded results are recalled."""

import pkgutil
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import torch

from textbook_nlp import device as devices
from textbook_nlp.data.corpora import DataUnavailable
from textbook_nlp.lab.runs import ledger
from textbook_nlp.lab.runs.amounts import amount
from textbook_nlp.lab.runs.experiment import Experiment, measure
from textbook_nlp.lab.runs.goals import Goal, Published, rows

EXPERIMENTS = "textbook_nlp.lab.experiments"


class UnknownExperiment(ValueError):
    """No experiment has this name."""


def names() -> list[str]:
    """Return the names of all experiments: those of the files in `lab/experiments`."""
    folders = import_module(EXPERIMENTS).__path__
    return sorted(module.name for module in pkgutil.iter_modules(folders))


def get(name: str) -> Experiment:
    """Return an experiment by name.

    Raises:
        UnknownExperiment: if there is none; the message lists all.
    """
    if name not in names():
        raise UnknownExperiment(f"there is no experiment {name!r}; there are {', '.join(names())}")
    found = import_module(f"{EXPERIMENTS}.{name}").EXPERIMENT
    if found.name != name:
        raise ValueError(f"experiment {found.name!r} stands in {name}.py; give both one name")
    return found


def run(
    name: str,
    *,
    variant: str | None = None,
    seed: int = 0,
    scale: str | None = None,
    device: torch.device | None = None,
    folder: Path | None = None,
    progress: bool | None = None,
) -> ledger.Run:
    """Run one experiment with one seed.

    At full scale it first prints how long that takes.

    Args:
        name: of the experiment.
        variant: the experiment's default where it is left out.
        seed: of parameters and chance.
        scale: what `textbook_nlp.device` says where it is left out.
        device: the same.
        folder: for the run's checkpoints; None writes none.
        progress: as for `training.fit`.

    Raises:
        ValueError: if there is no such name, scale, variant or seed.
        DataError: if a corpus is needed and cannot be had.
        OutOfMemory: if it does not fit; the message says what to change.
        TrainingDiverged: if the loss, a gradient or the validation is no finite number.
    """
    experiment = get(name)
    scale = devices.scale() if scale is None else scale
    device = devices.pick() if device is None else device
    if scale == "full":
        expected = experiment.scales["full"].expected
        print(f"{name} at full scale takes {expected}, each seed.", flush=True)
    with devices.explain_out_of_memory("lower the batch size of the configuration"):
        return measure(
            experiment,
            variant=experiment.default if variant is None else variant,
            scale=scale,
            seed=seed,
            device=device,
            folder=folder,
            progress=progress,
        )


def run_or_recall(name: str, *, variant: str | None = None, seed: int = 0) -> ledger.Run:
    """Run an experiment as device and scale say; without its corpus, recall the recorded run.

    For notebooks: where a real corpus is missing, the message is printed and the chapter goes on
    with what the ledger holds.

    Raises:
        DataUnavailable: if the corpus is missing and no run is recorded either.
    """
    try:
        return run(name, variant=variant, seed=seed)
    except DataUnavailable as error:
        found = recall(name, variant=variant)
        if found is None:
            raise
        print(f"{error}\n\nRecalled instead: {label(found)}.")
        return found


def recall(
    name: str, *, variant: str | None = None, scales: Sequence[str] = ("full", "medium")
) -> ledger.Run | None:
    """Return the first recorded run of a variant at the largest scale, or None."""
    record = ledger.read(name)
    wanted = get(name).default if variant is None else variant
    for scale in scales:
        for found in record.runs if record else []:
            if (found.scale, found.variant) == (scale, wanted):
                return found
    return None


def label(run: ledger.Run) -> str:
    """Say in one line which run a number comes from.

    Taught in: chapter 07.
    """
    seconds = f"{run.cpu_seconds:,.0f}" if run.cpu_seconds >= 10 else f"{run.cpu_seconds:.1f}"
    return (
        f"{run.variant} variant, {run.scale} scale, seed {run.seed}, {run.device}, "
        f"{run.date}, {seconds} CPU seconds"
    )


class Recorded(NamedTuple):
    """A line of a table of results: one variant, held against one goal.

    Attributes:
        name: what the line is about: the experiment's title and the variant.
        goal: metric, unit, target, and the number of the source.
        published: the best known beside the source, each with its paper.
        ours: median and range over our seeds at the largest scale, or None where nobody has run it.
        met: whether our median reaches the goal; None where there is nothing to reach.
    """

    name: str
    goal: Goal
    published: tuple[Published, ...]
    ours: ledger.Summary | None
    met: bool | None

    @property
    def row(self) -> tuple[str, str, str, str]:
        """The line in words, under `COLUMNS`: for `show.table`."""
        unit, best = self.goal.unit, None
        if self.published:
            pick = min if self.goal.kind == "at_most" or unit == "perplexity" else max
            best = pick(self.published, key=lambda each: each.value)
        source = amount(self.goal.reported, unit, exact=True) if self.goal.known else "-"
        ours = "not run"
        if self.ours:
            ours = amount(self.ours.median, unit)
            low, high = (
                amount(value, unit).split()[0] for value in (self.ours.low, self.ours.high)
            )
            spread = f"{low} to {high}, " if low != high else ""
            ours += f"\n{spread}{self.ours.seeds} seeds" if self.ours.seeds > 1 else ""
        beside = f"{amount(best.value, unit, exact=True)}\n{best.source}" if best else "-"
        return self.name, source, beside, ours


COLUMNS = ("", "the source", "best published", "ours")
"""What stands in a `Recorded.row`."""

SETTINGS = {"faithful": "by the source's settings", "ours": "by our settings"}
"""What readers call these variants."""


def recorded(*names: str) -> list[Recorded]:
    """Return what the ledger holds of some experiments, beside what others report.

    A line for each goal and each variant that it is judged by, in the order of the goals. Only
    runs at full scale count, and where there are none those at medium scale.
    """
    lines = []
    for experiment in map(get, names):
        record = ledger.read(experiment.name)
        beside = [each for row in experiment.rows for each in rows()[row].published]
        for goal in experiment.all_goals:
            published = tuple(each for each in beside if each.metric == goal.metric)
            found = ledger.summarize(record, goal.metric) if record else []
            for variant in [goal.of] if goal.of else experiment.variants:
                ours = next(
                    (
                        summary
                        for scale in ("full", "medium")
                        for summary in found
                        if (summary.scale, summary.variant) == (scale, variant)
                    ),
                    None,
                )
                met = goal.met(ours.median) if ours and ours.scale == "full" else None
                name = f"{experiment.title}, {SETTINGS.get(variant, variant)}"
                lines.append(Recorded(name, goal, published, ours, met))
    return lines
