"""Which experiments there are, how one is run, and how a recorded result is recalled."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import torch

from textbook_nlp import device as devices
from textbook_nlp.data.corpora.errors import DataUnavailable
from textbook_nlp.lab.runs import ledger
from textbook_nlp.lab.runs.experiment import Experiment, measure

MODULES = {
    "agreement": "agreement",
    "imdb_few_labels": "imdb_few_labels",
    "imdb_last_words": "imdb_last_words",
    "imdb_linear": "imdb_linear",
    "sarcasm_embedding": "sarcasm_embedding",
    "first_merges": "first_merges",
    "ptb_counts": "ptb_counts",
    "ptb_rnn": "rnn_language_model",
    "ptb_word2vec": "ptb_word2vec",
    "tokenization": "tokenization",
    "word2vec_speed": "word2vec_speed",
    "wordnet_similarity": "wordnet_similarity",
}  # name -> file of this folder; a line an experiment


class UnknownExperiment(ValueError):
    """No experiment has this name."""


def get(name: str) -> Experiment:
    """Return an experiment by name.

    Raises:
        UnknownExperiment: if there is none; the message lists all.
    """
    if name not in MODULES:
        raise UnknownExperiment(f"there is no experiment {name!r}; there are {', '.join(MODULES)}")
    return import_module(f"textbook_nlp.lab.experiments.{MODULES[name]}").EXPERIMENT


def run(
    name: str,
    *,
    configuration: str = "faithful",
    seed: int = 0,
    scale: str | None = None,
    device: torch.device | None = None,
    checkpoint: Path | None = None,
    progress: bool | None = None,
) -> ledger.Run:
    """Run one experiment with one seed; scale and device are `textbook_nlp.device`'s by default.

    At full scale it first prints how long that takes.

    Raises:
        ValueError: for a name, scale, configuration or seed that there is not.
        DataError: if a corpus is needed and cannot be had.
        OutOfMemory: if it does not fit; the message says what to change.
        TrainingDiverged: at NaN or infinity.

    Taught in: chapter 07.
    """
    experiment = get(name)
    scale = devices.scale() if scale is None else scale
    device = devices.pick() if device is None else device
    if scale == "full":
        print(f"{name} at full scale takes {experiment.expected['full']}, each seed.", flush=True)
    with devices.explain_out_of_memory("lower the batch size of the configuration"):
        return measure(
            experiment,
            scale=scale,
            configuration=configuration,
            seed=seed,
            device=device,
            checkpoint=checkpoint,
            progress=progress,
        )


def run_or_recall(name: str, *, configuration: str = "faithful", seed: int = 0) -> ledger.Run:
    """Run an experiment as device and scale say; without its corpus, recall the recorded run.

    For notebooks: where a real corpus is missing, the message is printed and the chapter goes on
    with what the ledger holds.

    Raises:
        DataUnavailable: if the corpus is missing and no run is recorded either.

    Taught in: chapter 07.
    """
    try:
        return run(name, configuration=configuration, seed=seed)
    except DataUnavailable as error:
        found = recall(name, configuration=configuration)
        if found is None:
            raise
        print(f"{error}\n\nRecalled instead: {label(found)}.")
        return found


def recall(
    name: str, *, configuration: str = "faithful", scales: Sequence[str] = ("full", "medium")
) -> ledger.Run | None:
    """Return the first recorded run of a configuration at the largest scale, or None.

    Taught in: chapter 07.
    """
    record = ledger.read(name)
    for scale in scales:
        for found in record.runs if record else []:
            if (found.scale, found.configuration) == (scale, configuration):
                return found
    return None


def label(run: ledger.Run) -> str:
    """Say in one line which run a number comes from."""
    seconds = f"{run.cpu_seconds:,.0f}" if run.cpu_seconds >= 10 else f"{run.cpu_seconds:.1f}"
    return (
        f"{run.configuration} configuration, {run.scale} scale, seed {run.seed}, {run.device}, "
        f"{run.date}, {seconds} CPU seconds"
    )
