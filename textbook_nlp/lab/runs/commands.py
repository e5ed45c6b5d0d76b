"""What the commands of ``python -m textbook_nlp`` do."""

import argparse
import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import torch

import textbook_nlp
from textbook_nlp import device as devices
from textbook_nlp.data import corpora
from textbook_nlp.data.corpora.errors import DataError
from textbook_nlp.lab.runs import ledger, registry
from textbook_nlp.lab.runs.experiment import record_of
from textbook_nlp.lab.runs.headlines import HEADLINES
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
        ledger.LedgerError,
        CheckpointError,
    )
    return asked + failures()


def failures() -> tuple[type[Exception], ...]:
    """Return those of them that are no mistake of the person who asked."""
    return (TrainingDiverged, devices.OutOfMemory)


def list_experiments(options: argparse.Namespace) -> None:
    """Print every experiment with what is recorded of it."""
    rows = set()
    for name in registry.MODULES:
        experiment = registry.get(name)
        rows.add(experiment.row)
        row = "" if experiment.row is None else f" (row {experiment.row})"
        print(f"{name}{row}: {experiment.title}")
        for scale, names in experiment.configurations.items():
            print(f"  {scale:6}  {', '.join(names)}; {experiment.expected[scale]}")
        for line in _recorded(name):
            print(f"  {line}")
    missing = [headline for headline in HEADLINES if headline.row not in rows]
    print(f"\n{len(missing)} of {len(HEADLINES)} headline rows have no experiment yet.")


def _recorded(name: str) -> Iterator[str]:
    record = ledger.read(name)
    found = False
    for goal in record.goals if record else []:
        for summary in ledger.summarize(record, goal.metric):
            found = True
            seeds = "1 seed" if summary.seeds == 1 else f"{summary.seeds} seeds"
            reported = (
                "" if goal.reported is None else f" (reported {goal.reported:g}: {goal.note})"
            )
            yield (
                f"recorded: {summary.scale}, {summary.configuration}: {goal.metric} "
                f"{_short(summary.median)} [{_short(summary.low)}, {_short(summary.high)}], "
                f"{seeds}, {summary.device}, {summary.date}{reported}"
            )
    if not found:
        yield "recorded: not run"


def _short(number: float | int) -> str:
    return f"{number:,.1f}" if abs(number) >= 100 else f"{number:.4g}"


def run_experiment(options: argparse.Namespace) -> None:
    """Run an experiment; after each seed its line is in the record under ``--out``."""
    experiment = registry.get(options.name)
    try:
        device = devices.pick(options.device)
        scale = options.scale or devices.scale()
    except ValueError as error:  # a device or a scale that there is not
        raise Mistake(str(error)) from error
    offered = experiment.configurations.get(scale, {})
    names = list(offered) if options.configuration == "all" else [options.configuration]
    if not set(names) <= set(offered) or not names:
        raise Mistake(f"{options.name} has no {scale}/{options.configuration}; see `list`")
    _writable(options.out)
    seeds = range(options.seeds) if options.seeds else [options.seed or 0]
    try:
        device = distributed.start(device)
    except ValueError as error:
        raise Mistake(str(error)) from error
    try:
        for name in names:
            for seed in seeds:
                _run_seed(options, scale, name, seed, device)
    finally:
        distributed.finish()


def _run_seed(
    options: argparse.Namespace, scale: str, configuration: str, seed: int, device: torch.device
) -> None:
    folder = options.checkpoint_dir or options.out / "checkpoints"
    checkpoint = folder / f"{options.name}-{scale}-{configuration}-{device.type}-{seed}.pt"
    first = distributed.rank() == 0
    if first and options.fresh:
        checkpoint.unlink(missing_ok=True)
    if first and checkpoint.exists():
        print(f"Going on from {checkpoint}", flush=True)
    run = registry.run(
        options.name,
        configuration=configuration,
        seed=seed,
        scale=scale,
        device=device,
        checkpoint=checkpoint,
    )
    if not first:
        return
    new = record_of(registry.get(options.name), [run])
    path = ledger.save(ledger.merge(ledger.read(options.name, options.out), new), options.out)
    checkpoint.unlink(missing_ok=True)
    numbers = ", ".join(f"{metric} {value:.6g}" for metric, value in run.metrics.items())
    print(f"{registry.label(run)}\n  {numbers}\n  written to {path}", flush=True)


def _writable(folder: Path) -> None:
    """Find out before the run, not after it, whether its record can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}.probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Mistake(f"cannot write to {folder} ({error.strerror}): name another --out") from error


def record_runs(options: argparse.Namespace) -> None:
    """Check the records of a folder and take all of them into the ledger, or none."""
    into = options.into or ledger.RESULTS
    paths = sorted(options.folder.glob("*.json"))
    if not paths:
        raise Mistake(f"{options.folder} holds no records (*.json): first `run`, then `record`")
    merged = []
    for path in paths:
        new = ledger.load(path)
        registry.get(new.experiment)
        merged.append((ledger.merge(ledger.read(new.experiment, into), new), len(new.runs)))
    _writable(into)
    for record, count in merged:
        print(f"{ledger.save(record, into)}: {count} runs taken, {len(record.runs)} in all")


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
    except DataError as error:
        print("data: no folder")
        advice.append(str(error))
        return
    there = folder
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free / 1e9
    print(f"data: {folder}, {free:.1f} GB free")
    if free < 2:
        advice.append(f"the disk of {folder} is nearly full: free some, or set {corpora.VARIABLE}")
    for name, corpus in corpora.CORPORA.items():
        here = all(
            any((folder / variant.path).is_file() for variant in part.variants)
            for part in corpus.parts
        )
        print(f"  {name}: {'here' if here else 'not here'}")
        if not here:
            advice.append(f"for medium and full scale: python -m textbook_nlp data {name}")
