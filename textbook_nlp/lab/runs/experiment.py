"""What an experiment is, task × variant × scale, and how a run becomes a line of the ledger."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from textbook_nlp import device as devices
from textbook_nlp.lab.runs import provenance
from textbook_nlp.lab.runs.checked import Number, changed, plain
from textbook_nlp.lab.runs.goals import Goal, rows
from textbook_nlp.lab.runs.ledger import Chosen, Dataset, LedgerError, Record, Run
from textbook_nlp.training import Checkpoint, History, distributed


@dataclass(frozen=True)
class Measurement:
    """What one run measured.

    Attributes:
        metrics: name -> number.
        curves: name -> numbers, such as one an epoch.
        dataset: what was read.
        histories: of every fit of the run: they know what was spent before a resume.
    """

    metrics: dict[str, Number]
    curves: dict[str, list[Number]]
    dataset: Dataset
    histories: Sequence[History] = ()


@dataclass(frozen=True)
class Setting:
    """What a run is given beside its configuration.

    Attributes:
        seed: of parameters and chance.
        device: where to compute.
        checkpoint: the run's file and what identifies it, for its stages; None writes none.
        progress: as for `training.fit`.
    """

    seed: int
    device: torch.device
    checkpoint: Checkpoint | None = None
    progress: bool | None = None
    _stages: set[str] = field(default_factory=set, repr=False, compare=False)

    def stage(self, name: str) -> Checkpoint | None:
        """Return where one of the run's fits keeps its checkpoint, and what identifies it.

        Raises:
            ValueError: if this run has had a stage of that name: each fit needs its own.
        """
        if self.checkpoint is None:
            return None
        if name in self._stages:
            raise ValueError(f"this run has had a stage {name!r}: give each fit a name of its own")
        self._stages.add(name)
        return self.checkpoint.stage(name)


@dataclass(frozen=True)
class Task:
    """What a configuration is put to.

    Attributes:
        run: measures one configuration, a dataclass of typed parts.
        on_cpu: whether it computes on the CPU, whatever device is asked for.
    """

    run: Callable[[Any, Setting], Measurement]
    on_cpu: bool = False


@dataclass(frozen=True)
class Scale:
    """How big a run is, as changes to the variants.

    Attributes:
        expected: how long one seed takes, and where.
        changes: path -> value for every variant, such as `{"training.epochs": 1}`.
        only: variant -> further changes for it alone.
    """

    expected: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    only: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """A task, its variants, and the scales at which they run.

    Attributes:
        name: that of its file, and of its record.
        title: one line.
        dataset: the name of what the full scale reads.
        task: what every variant is put to.
        variants: name -> configuration at full scale.
        scales: `small`, `medium` and `full`, or some of them.
        default: the variant that runs where none is named, and that a row's goals are judged by
            unless they say otherwise; the first variant where it is left out.
        row: of the list of headlines, or several; its goals are the experiment's.
        goals: further ones.
    """

    name: str
    title: str
    dataset: str
    task: Task
    variants: Mapping[str, Any]
    scales: Mapping[str, Scale]
    default: str = ""
    row: int | tuple[int, ...] | None = None
    goals: tuple[Goal, ...] = ()

    def __post_init__(self) -> None:
        if not self.variants:
            raise ValueError(f"{self.name} has no variants")
        object.__setattr__(self, "default", self.default or next(iter(self.variants)))
        named = [self.default, *(goal.of for goal in self.all_goals if goal.of)]
        named += [name for scale in self.scales.values() for name in scale.only]
        for name in named:
            if name not in self.variants:
                raise ValueError(
                    f"{self.name} has no variant {name!r}; it has {', '.join(self.variants)}"
                )
        for scale in self.scales:  # a change that fits no field is found here, not in a run
            for variant in self.variants:
                self.configuration(variant, scale)

    @property
    def rows(self) -> tuple[int, ...]:
        """Its rows of the list of headlines."""
        return self.row if isinstance(self.row, tuple) else () if self.row is None else (self.row,)

    @property
    def all_goals(self) -> tuple[Goal, ...]:
        """The goals of its rows, then its own."""
        return (*(goal for row in self.rows for goal in rows()[row].goals), *self.goals)

    def configuration(self, variant: str, scale: str) -> Any:
        """Return a variant's configuration at a scale.

        Raises:
            ValueError: if there is no such variant or scale; the message lists those there are.
        """
        if variant not in self.variants or scale not in self.scales:
            raise ValueError(
                f"{self.name} has no {scale}/{variant}; it has the scales "
                f"{', '.join(self.scales)} and the variants {', '.join(self.variants)}"
            )
        size = self.scales[scale]
        return changed(self.variants[variant], {**size.changes, **size.only.get(variant, {})})


def measure(
    experiment: Experiment,
    *,
    variant: str,
    scale: str,
    seed: int,
    device: torch.device,
    folder: Path | None = None,
    progress: bool | None = None,
) -> Run:
    """Run one variant at one scale with one seed, and return the line for the ledger.

    Args:
        experiment: what to run.
        variant: one of its variants.
        scale: one of its scales.
        seed: of parameters and chance.
        device: where to compute, unless the task computes on the CPU alone.
        folder: for this run's checkpoints and nothing else; None writes none.
        progress: as for `training.fit`.

    Raises:
        ValueError: if the experiment has no such variant or scale, or the seed is out of range.
    """
    configuration = experiment.configuration(variant, scale)
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed is {seed}; expected an integer from 0 to 2**32 - 1")
    if experiment.task.on_cpu:
        device = torch.device("cpu")
        if distributed.world_size() > 1:
            raise ValueError(f"{experiment.name} runs in one process: start it without torchrun")
    fields, versions, commit = plain(configuration), provenance.versions(), provenance.commit()
    identity = {
        "experiment": experiment.name,
        "variant": variant,
        "scale": scale,
        "seed": seed,
        "device": device.type,
        "fields": fields,
        "versions": versions,
        "commit": commit,
        "code": provenance.code(),
    }
    checkpoint = None if folder is None else Checkpoint(folder / "run.pt", identity)
    cpu, wall = time.process_time(), time.perf_counter()
    result = experiment.task.run(configuration, Setting(seed, device, checkpoint, progress))
    spent = sum(distributed.gather(time.process_time() - cpu))
    earlier = [history.earlier for history in result.histories]
    return Run(
        scale=scale,
        configuration=Chosen(variant, fields),
        dataset=result.dataset,
        seed=seed,
        metrics=result.metrics,
        curves=result.curves,
        device=_describe(device),
        cpu_seconds=round(spent + sum(before.cpu_seconds for before in earlier), 1),
        wall_seconds=round(
            time.perf_counter() - wall + sum(before.wall_seconds for before in earlier), 1
        ),
        versions=versions,
        date=datetime.now(UTC).date().isoformat(),
        commit=commit,
    )


def record_of(experiment: Experiment, runs: list[Run]) -> Record:
    """Return the record of some runs of an experiment.

    Raises:
        LedgerError: if runs at full scale read other data than the experiment's.
    """
    for run in runs:
        if run.scale == "full" and run.dataset.name != experiment.dataset:
            raise LedgerError(
                f"a full run of {experiment.name} reads {experiment.dataset}, not "
                f"{run.dataset.name}"
            )
    read = [run.dataset for run in runs if run.dataset.name == experiment.dataset]
    return Record(
        experiment=experiment.name,
        title=experiment.title,
        row=list(experiment.row) if isinstance(experiment.row, tuple) else experiment.row,
        dataset=read[0] if read else Dataset(experiment.dataset, None),
        goals=list(experiment.all_goals),
        runs=runs,
    )


def _describe(device: torch.device) -> str:
    described = devices.describe(device)
    processes = distributed.world_size()
    return described if processes == 1 else f"{processes} x {described}"
