"""What the commands of `python -m textbook_nlp` do."""

import argparse
import importlib.util
import os
import platform
import shutil
from collections import Counter
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import torch

import textbook_nlp
from textbook_nlp import device as devices
from textbook_nlp.data import corpora
from textbook_nlp.data.corpora import DataError
from textbook_nlp.files import DamagedFile
from textbook_nlp.lab.runs import ledger, registry
from textbook_nlp.lab.runs.experiment import Experiment, record_of
from textbook_nlp.lab.runs.goals import Goal, rows
from textbook_nlp.training import CheckpointError, TrainingDiverged, distributed

CORE = ("torch", "numpy", "matplotlib", "pooch", "tqdm", "jaxtyping", "scipy")
EXTRAS = {"book": "jupyter_book", "test": "pytest"}


class Mistake(ValueError):
    """The command cannot be carried out as it was given."""


def mistakes() -> tuple[type[Exception], ...]:
    """Return the errors that are told in one message, without a traceback."""
    asked = (
        Mistake,
        registry.UnknownExperiment,
        devices.DeviceUnavailable,
        DataError,
        DamagedFile,
    )
    return asked + failures()


def failures() -> tuple[type[Exception], ...]:
    """Return those of them that are no mistake of the person who asked."""
    return (TrainingDiverged, devices.OutOfMemory)


def list_experiments(options: argparse.Namespace) -> None:
    """Print every experiment with what is recorded of it."""
    experiments = [registry.get(name) for name in registry.names()]
    for experiment in sorted(experiments, key=lambda found: found.rows or (99,)):
        row = f" (row {', '.join(map(str, experiment.rows))})" if experiment.rows else ""
        print(f"{experiment.name}{row}: {experiment.title}")
        variants = (
            f"{name} (default)" if name == experiment.default else name
            for name in experiment.variants
        )
        print(f"  variants: {', '.join(variants)}")
        for scale, size in experiment.scales.items():
            print(f"  {scale:6}  {size.expected}")
        for line in _recorded(experiment):
            print(f"  {line}")
    listed = {row for experiment in experiments for row in experiment.rows}
    missing = len(rows().keys() - listed)
    print(f"\n{missing} of {len(rows())} headline rows have no experiment yet.")


def _recorded(experiment: Experiment) -> Iterator[str]:
    record = ledger.read(experiment.name)
    lines = [
        _line(goal, summary)
        for goal in (record.goals if record else [])
        for summary in ledger.summarize(record, goal.metric)
        if goal.of in (None, summary.variant)
    ]
    yield from lines or ["recorded: not run"]


def _line(goal: Goal, summary: ledger.Summary) -> str:
    seeds = "1 seed" if summary.seeds == 1 else f"{summary.seeds} seeds"
    reported = "" if goal.reported is None else f" (reported {goal.reported:g}: {goal.note})"
    return (
        f"recorded: {summary.scale}, {summary.variant}: {goal.metric} "
        f"{_short(summary.median)} [{_short(summary.low)}, {_short(summary.high)}], "
        f"{seeds}, {summary.device}, {summary.date}{reported}"
    )


def _short(number: float | int) -> str:
    return f"{number:,.1f}" if abs(number) >= 100 else f"{number:.4g}"


def run_experiment(options: argparse.Namespace) -> None:
    """Run an experiment; after each seed its line is in the record under `--out`."""
    experiment = registry.get(options.name)
    try:
        device = devices.pick(options.device)
        scale = options.scale or devices.scale()
    except ValueError as error:  # a device or a scale that there is not
        raise Mistake(str(error)) from error
    chosen = options.variant or experiment.default
    variants = list(experiment.variants) if chosen == "all" else [chosen]
    for name in variants:
        try:
            experiment.configuration(name, scale)
        except ValueError as error:
            raise Mistake(str(error)) from error
    if experiment.task.on_cpu and device.type != "cpu":
        print(f"{options.name} computes on the CPU alone, not on {device}.", flush=True)
    folder = options.checkpoint_dir or options.out / "checkpoints"
    _writable(options.out, "--out")
    _writable(folder, "--checkpoint-dir")
    try:
        device = distributed.start(device)
    except ValueError as error:
        raise Mistake(str(error)) from error
    try:
        if experiment.task.on_cpu and distributed.world_size() > 1:
            raise Mistake(f"{options.name} runs in one process: start it without torchrun")
        done: list[ledger.Run] = []
        for name in variants:
            for seed in range(options.seeds) if options.seeds else [options.seed or 0]:
                _run_seed(options, scale, name, seed, device, folder, done)
    except CheckpointError as error:
        raise Mistake(f"{error}. With --fresh it is deleted") from error
    finally:
        distributed.finish()


def _run_seed(
    options: argparse.Namespace,
    scale: str,
    variant: str,
    seed: int,
    device: torch.device,
    folder: Path,
    done: list[ledger.Run],
) -> None:
    """Run one seed, write its line, and put it to what this command has done."""
    folder = folder / f"{options.name}-{variant}-{scale}-{seed}-{device.type}"
    first = distributed.rank() == 0
    if first and options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    if first and any(folder.glob("*.pt")):
        print(f"Going on from {folder}", flush=True)
    run = registry.run(
        options.name, variant=variant, seed=seed, scale=scale, device=device, folder=folder
    )
    if not first:
        return
    done.append(run)
    ledger.check_together(done)
    path, _, dropped = ledger.add(record_of(registry.get(options.name), [run]), options.out)
    shutil.rmtree(folder, ignore_errors=True)
    numbers = ", ".join(f"{metric} {value:.6g}" for metric, value in run.metrics.items())
    print(f"{registry.label(run)}\n  {numbers}\n  written to {path}", flush=True)
    _say_dropped(dropped)


def _say_dropped(runs: list[ledger.Run]) -> None:
    """Print how many earlier runs are no longer in a record."""
    for variant, n in Counter(run.variant for run in runs).items():
        were = f"run of {variant} was" if n == 1 else f"runs of {variant} were"
        why = "other data was read, or fields were others"
        print(f"  {n} earlier {were} dropped: {why}", flush=True)


def _writable(folder: Path, option: str) -> None:
    """Find out before the run, not after it, whether a folder can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}.probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Mistake(f"cannot write to {folder} ({error.strerror}): name another {option}") from (
            error
        )


def record_runs(options: argparse.Namespace) -> None:
    """Check the records of a folder and take all of them into the ledger, or none."""
    into = options.into or ledger.RESULTS
    new = [ledger.load(path) for path in sorted(options.folder.glob("*.json"))]
    if not new:
        raise Mistake(f"{options.folder} holds no records (*.json): first `run`, then `record`")
    for record in new:
        registry.get(record.experiment)
        ledger.merge(ledger.read(record.experiment, into), record)
    _writable(into, "--into")
    for record in new:
        path, merged, dropped = ledger.add(record, into)
        print(f"{path}: {len(record.runs)} runs taken, {len(merged.runs)} in all")
        _say_dropped(dropped)


def fetch_data(options: argparse.Namespace) -> None:
    """Fetch a corpus, or list all."""
    if options.name is None:
        for name, corpus in corpora.CORPORA.items():
            print(f"{name}: {corpus.title}")
        return
    if options.name not in corpora.CORPORA:
        raise Mistake(
            f"there is no corpus {options.name!r}; there are {', '.join(corpora.CORPORA)}"
        )
    print(corpora.fetch_command(options.name, accept=options.accept))


def doctor(options: argparse.Namespace) -> None:
    """Print versions, device, data and disk, then what is missing and what to do about it."""
    advice: list[str] = []
    print(f"textbook_nlp {textbook_nlp.__version__}, Python {platform.python_version()}")
    for name in CORE:
        try:
            print(f"  {name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            print(f"  {name} MISSING")
            advice.append(f"{name} is missing: pip install {name}")
    for extra, module in EXTRAS.items():
        if importlib.util.find_spec(module) is None:
            advice.append(
                f"the extra {extra!r} is not installed: pip install 'textbook_nlp[{extra}]'"
            )
    _doctor_device(advice)
    _doctor_data(advice)
    print(
        "\n".join(["To do:", *(f"  {line}" for line in advice)]) if advice else "Nothing missing."
    )


def _doctor_device(advice: list[str]) -> None:
    try:
        device = devices.pick()
        print(f"device: {device} ({devices.describe(device)}); scale: {devices.scale()}")
    except (ValueError, RuntimeError) as error:
        print("device: none")
        advice.append(str(error))
    print(f"threads: {torch.get_num_threads()} of {os.cpu_count()} cores")


def _doctor_data(advice: list[str]) -> None:
    try:
        folder = corpora.data_folder()
        there = folder
        while not there.exists():
            there = there.parent
        free = shutil.disk_usage(there).free / 1e9
        here = {name: corpora.is_here(name) for name in corpora.CORPORA}
    except (DataError, OSError) as error:
        print("data: no folder")
        advice.append(str(error))
        return
    print(f"data: {folder}, {free:.1f} GB free")
    if free < 2:
        advice.append(f"the disk of {folder} is nearly full: free some, or set {corpora.VARIABLE}")
    for name, found in here.items():
        print(f"  {name}: {'here' if found else 'not here'}")
        if not found:
            advice.append(f"for medium and full scale: python -m textbook_nlp data {name}")
