"""Put one model to one task at a few settings, keep the best, and ask what order it needs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from textbook_nlp.bags import BagOfWords, LinearClassifier, weighted
from textbook_nlp.chance import seed_all
from textbook_nlp.lab.runs.checked import Checked, Must, Number, Positive, Size, changed
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks.labeled_texts import LabeledData, LabeledParts, read_labeled
from textbook_nlp.lab.tasks.text_classification import (
    Classification,
    Encoded,
    Encoding,
    TextTraining,
    encode,
    train_classifier,
)
from textbook_nlp.lab.tasks.text_models import (
    ConvolutionTextModel,
    PatternTextModel,
    RecurrentTextModel,
    TransformerTextModel,
    VectorModel,
)
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.training import evaluating, labeled_batches

KEPT = (1, 2, 4, 8, 16)  # neighbors that stay together when a text is shuffled
GOALS = tuple(
    Goal(name, "measure")
    for name in (
        "test_accuracy",
        "learned_without_order_accuracy",
        *(f"kept_{k}_accuracy" for k in KEPT),
    )
)
SOME = Must(lambda values: len(values) > 0, "one or more")
Verdicts = Callable[[Int[Tensor, "N T"]], Int[np.ndarray, " N"]]


@dataclass(frozen=True)
class BagTextModel(Checked):
    """A linear classifier of which words, or runs of words, occur.

    Attributes:
        n: of the longest runs.
        C: how much fitting counts against small weights.
    """

    n: Size
    C: Positive


TextModel = (
    BagTextModel
    | VectorModel
    | RecurrentTextModel
    | ConvolutionTextModel
    | PatternTextModel
    | TransformerTextModel
)


@dataclass(frozen=True)
class ModelChoice(Checked):
    """What a run is made of.

    Attributes:
        data: which texts; of them `data.validation` are kept aside to choose by.
        encoding: how they become ids.
        models: each is tried.
        rates: of learning, each tried with each model; a bag of words has none.
        training: how all but a bag of words learn.
        learned: texts to learn from.
        tested: texts to report on, drawn once and for all.
    """

    data: LabeledData
    encoding: Encoding
    models: Annotated[tuple[TextModel, ...], SOME]
    rates: Annotated[tuple[Positive, ...], SOME]
    training: TextTraining
    learned: Size
    tested: Size


@dataclass(frozen=True)
class FittedModel:
    """A model that has learned: what it says of ids, and what it cost."""

    verdicts: Verdicts
    parameters: int
    cpu_seconds: float


@dataclass(frozen=True)
class TriedSetting:
    """One setting: which of the models, and the learning rate, or None where there is none."""

    model: int
    rate: float | None


def read_parts(configuration: ModelChoice) -> tuple[LabeledParts, Encoded, Encoded, Encoded, int]:
    """Return the data, and the parts to learn from, to choose by and to report on, and V.

    Raises:
        ValueError: if there are fewer texts than are asked for.
    """
    data, kept = read_labeled(configuration.data), configuration.data.validation
    wanted = configuration.learned + kept, configuration.tested
    there = len(data.train.texts), len(data.test.texts)
    if wanted[0] > there[0] or wanted[1] > there[1] or kept == 0:
        raise ValueError(
            f"{wanted[0]} texts to learn from and {wanted[1]} to test are asked for, {kept} of "
            f"them to choose by; there are {there[0]} and {there[1]}, and one must choose"
        )
    drawn = np.random.default_rng(0).permutation(there[1])[: wanted[1]]
    parts = replace(data, train=data.train.pick(slice(wanted[0])), test=data.test.pick(drawn))
    return data, *encode(_classification(configuration, None), parts)


def run(configuration: ModelChoice, setting: Setting) -> Measurement:
    """Try every setting, keep the best on validation, and put it to texts whose words are moved.

    The same setting also learns anew from texts in which every word was moved: what it loses then
    is what the order tells. A killed run begins anew, with equal results.
    """
    data, train, validation, test, V = read_parts(configuration)
    trials = [
        TriedSetting(i, rate)
        for i, model in enumerate(configuration.models)
        for rate in ((None,) if isinstance(model, BagTextModel) else configuration.rates)
    ]
    tried = [learn(configuration, trial, train, validation, V, setting) for trial in trials]
    shares = [share_right(each, validation) for each in tried]
    best = int(np.argmax(shares))
    chosen, trial = tried[best], trials[best]
    metrics: dict[str, Number] = {
        "test_accuracy": share_right(chosen, test),
        "validation_accuracy": shares[best],
        "parameters": chosen.parameters,
        "training_cpu_seconds": round(chosen.cpu_seconds, 1),
        "model": trial.model,
        "rate": trial.rate or 0,
    }
    for k in KEPT:
        metrics[f"kept_{k}_accuracy"] = share_right(chosen, shuffled(test, k, seed=k))
    before, after = chosen.verdicts(test[0]), chosen.verdicts(shuffled(test, 1, seed=1)[0])
    metrics["verdicts_changed"] = float(np.mean(before != after))
    moved = [shuffled(part, 1, seed) for part, seed in ((train, 2), (validation, 3), (test, 1))]
    again = learn(configuration, trial, moved[0], moved[1], V, setting)
    metrics["learned_without_order_accuracy"] = share_right(again, moved[2])
    for name in ("optimum", "bag_of_words_optimum"):
        if getattr(data, name) is not None:
            metrics[f"{name}_accuracy"] = getattr(data, name)
    return Measurement(metrics, {"trials_validation_accuracy": shares}, data.dataset)


def learn(
    configuration: ModelChoice,
    trial: TriedSetting,
    train: Encoded,
    validation: Encoded,
    vocabulary_size: int,
    setting: Setting,
) -> FittedModel:
    """Train at one setting; networks keep the epoch that is best on validation."""
    model = configuration.models[trial.model]
    if isinstance(model, BagTextModel):
        return _fit_bag(model, train)
    chosen = _classification(configuration, trial)
    began = time.process_time()
    seed_all(setting.seed)
    network = chosen.model.build(vocabulary_size, configuration.encoding.length)
    judged = labeled_batches(*validation, 500, padding_id=0, by_length=True)
    train_classifier(network.to(setting.device), train, judged, chosen.training, setting, 0)
    spent = time.process_time() - began

    def verdicts(ids: Int[Tensor, "N T"]) -> Int[np.ndarray, " N"]:
        with evaluating(network):
            found = [network(part.long().to(setting.device)).cpu() for part in ids.split(250)]
        return (torch.cat(found)[:, 0] > 0).long().numpy()

    return FittedModel(verdicts, count_parameters(network), spent)


def shuffled(part: Encoded, kept: int, seed: int) -> Encoded:
    """Cut every text into runs of `kept` words, and shuffle the runs.

    Where the first run begins is drawn too, so that no place is always cut. Padding stays behind.
    """
    ids, labels = part
    rng, rows = np.random.default_rng(seed), []
    for row in ids.numpy():
        words = row[row != 0]
        first = int(rng.integers(kept))
        cuts = [*([first] if first else []), *range(first + kept, len(words), kept)]
        pieces = np.split(words, [cut for cut in cuts if cut < len(words)])
        order = rng.permutation(len(pieces))
        moved = np.concatenate([pieces[i] for i in order])
        rows.append(np.pad(moved, (0, len(row) - len(words))))
    return torch.from_numpy(np.stack(rows)), labels


def share_right(trained: FittedModel, part: Encoded) -> float:
    """Return the share of texts whose verdict is their label."""
    return float(np.mean(trained.verdicts(part[0]) == part[1].numpy()))


def _classification(configuration: ModelChoice, trial: TriedSetting | None) -> Classification:
    """The setting of a trial as that of a classifier; with None, some model stands there."""
    model, training = VectorModel(1, "mean"), configuration.training
    if trial is not None:
        model = configuration.models[trial.model]
        training = changed(training, {"optimizer.learning_rate": trial.rate})
    return Classification(configuration.data, configuration.encoding, model, training)


def _fit_bag(model: BagTextModel, train: Encoded) -> FittedModel:
    """Fit the linear classifier; pairs and longer runs count from the second text on."""

    def written(ids: Int[Tensor, "N T"]) -> list[str]:
        return [" ".join(map(str, row[row != 0])) for row in ids.numpy()]

    began = time.process_time()
    texts = written(train[0])
    bag = BagOfWords.fit(texts, str.split, (1, model.n), min_df=min(model.n, 2))
    x = weighted(bag.counts(texts), "binary")
    found = LinearClassifier.fit(x, train[1].numpy(), model.C, steps=5_000, tolerance=1e-2)
    spent = time.process_time() - began

    def verdicts(ids: Int[Tensor, "N T"]) -> Int[np.ndarray, " N"]:
        return found.predict(weighted(bag.counts(written(ids)), "binary"))

    return FittedModel(verdicts, len(found.weights) + 1, spent)


TASK = Task(run, on_cpu=True)
