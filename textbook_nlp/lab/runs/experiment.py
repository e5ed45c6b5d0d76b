"""What an experiment is, and how a run of one becomes a line of the ledger."""

import platform
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

import textbook_nlp
from textbook_nlp import device as devices
from textbook_nlp.lab.runs.ledger import Goal, LedgerError, Number, Record, Run
from textbook_nlp.training import distributed


@dataclass(frozen=True)
class Result:
    """What one run measured.

    Attributes:
        metrics: name -> number.
        curves: name -> numbers, such as one an epoch.
        dataset: name of the data and SHA-256 of its parts.
        earlier_cpu_seconds: processor time spent before a resume.
        earlier_wall_seconds: time passed before a resume.
    """

    metrics: dict[str, Number]
    curves: dict[str, list[Number]]
    dataset: dict[str, Any]
    earlier_cpu_seconds: float = 0.0
    earlier_wall_seconds: float = 0.0


@dataclass(frozen=True)
class Setting:
    """What a run is given beside its configuration.

    Attributes:
        seed: of parameters and chance.
        device: where to run.
        checkpoint: file to write and to resume from, or None.
        identity: says which run the checkpoint belongs to.
        progress: as for `training.fit`.
    """

    seed: int
    device: torch.device
    checkpoint: Path | None = None
    identity: Mapping[str, Any] = field(default_factory=dict)
    progress: bool | None = None


@dataclass(frozen=True)
class Experiment:
    """A headline experiment.

    Attributes:
        name: in small letters and underscores; also of the record.
        title: one line.
        row: of the list of headlines, or None.
        dataset: of the full scale.
        goals: for the full scale.
        configurations: scale -> name (``faithful`` or ``ours``) -> a dataclass of plain values.
        expected: scale -> how long one seed takes, and where.
        run: measures one configuration.
    """

    name: str
    title: str
    row: int | None
    dataset: str
    goals: tuple[Goal, ...]
    configurations: Mapping[str, Mapping[str, Any]]
    expected: Mapping[str, str]
    run: Callable[[Any, Setting], Result]


def measure(
    experiment: Experiment,
    *,
    scale: str,
    configuration: str,
    seed: int,
    device: torch.device,
    checkpoint: Path | None = None,
    progress: bool | None = None,
) -> Run:
    """Run one configuration with one seed, and return the line for the ledger.

    Raises:
        ValueError: if the experiment has no such scale or configuration, or the seed is negative.
    """
    try:
        fields = experiment.configurations[scale][configuration]
    except KeyError:
        offered = ", ".join(
            f"{s}/{name}" for s, names in experiment.configurations.items() for name in names
        )
        raise ValueError(
            f"{experiment.name} has no {scale}/{configuration}; it has {offered}"
        ) from None
    if seed < 0:
        raise ValueError(f"seed is {seed}; expected at least 0")
    identity = {
        "experiment": experiment.name,
        "scale": scale,
        "configuration": configuration,
        "seed": seed,
        "device": device.type,
        "fields": asdict(fields),
    }
    cpu, wall = time.process_time(), time.perf_counter()
    result = experiment.run(fields, Setting(seed, device, checkpoint, identity, progress))
    spent = sum(distributed.gather(time.process_time() - cpu))
    return Run(
        scale=scale,
        configuration=configuration,
        fields=asdict(fields),
        dataset=result.dataset,
        seed=seed,
        metrics=result.metrics,
        curves=result.curves,
        device=_describe(device),
        cpu_seconds=round(spent + result.earlier_cpu_seconds, 1),
        wall_seconds=round(time.perf_counter() - wall + result.earlier_wall_seconds, 1),
        versions=versions(),
        date=datetime.now(UTC).date().isoformat(),
        commit=commit(),
    )


def record_of(experiment: Experiment, runs: list[Run]) -> Record:
    """Return the record of some runs of an experiment.

    Raises:
        LedgerError: if runs at full scale read other data than the experiment's.
    """
    full = [run for run in runs if run.scale == "full"]
    for run in full:
        if run.dataset["name"] != experiment.dataset:
            raise LedgerError(
                f"a full run of {experiment.name} reads {experiment.dataset}, not "
                f"{run.dataset['name']}"
            )
    hashes = [r.dataset["sha256"] for r in runs if r.dataset["name"] == experiment.dataset]
    return Record(
        experiment=experiment.name,
        title=experiment.title,
        row=experiment.row,
        dataset={"name": experiment.dataset, "sha256": hashes[0] if hashes else None},
        goals=list(experiment.goals),
        runs=runs,
    )


def versions() -> dict[str, str]:
    """Return the versions that decide the numbers."""
    return {
        "textbook_nlp": textbook_nlp.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": metadata.version("numpy"),
    }


def commit(folder: str | Path = Path(__file__).parent) -> str:
    """Return the commit of the code, ``-dirty`` with changes on top, ``unknown`` outside git.

    Changes to the ledger do not count: a run changes nothing that another run depends on.
    """
    folder = Path(folder)
    try:
        # An installed package may lie inside somebody's checkout without being part of it.
        _git(folder, "ls-files", "--error-unmatch", Path(__file__).name)
        head = _git(folder, "rev-parse", "HEAD").strip()
        status = _git(folder.parent, "status", "--porcelain", "--", ".", ":!results")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return f"{head}-dirty" if status.strip() else head


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def _describe(device: torch.device) -> str:
    described = devices.describe(device)
    processes = distributed.world_size()
    return described if processes == 1 else f"{processes} x {described}"
