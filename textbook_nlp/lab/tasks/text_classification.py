"""Train a classifier of texts, choose an epoch by validation, and measure the test part once."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from textbook_nlp.bags import with_hashed_pairs
from textbook_nlp.chance import seed_all
from textbook_nlp.lab.runs.checked import Checked, Count, Number, Positive, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks.labeled_texts import (
    LabeledData,
    LabeledParts,
    LabeledTexts,
    read_labeled,
)
from textbook_nlp.lab.tasks.text_models import (
    Committee,
    ConvolutionTextModel,
    PatternTextModel,
    RecurrentTextModel,
    TransformerTextModel,
    VectorModel,
)
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.text import KerasTokenizer, Side, WordTokenizer, pad
from textbook_nlp.training import (
    History,
    OptimizerChoice,
    classification_accuracy,
    classification_loss,
    evaluate,
    fit,
    labeled_batches,
    linear_decay,
)

Encoded = tuple[Int[Tensor, "_ _"], Int[Tensor, " _"]]


@dataclass(frozen=True)
class Encoding(Checked):
    """How texts become ids.

    Attributes:
        num_words: as in Keras: ids from 1 to num_words - 1 stand for words, 1 for unknown ones.
        length: T, words of a text that are kept; 0 for all.
        side: the end at which long texts are cut and short ones filled.
        marks: keep punctuation, each mark as a word of its own.
        buckets: ids for pairs of neighboring words, by hashing; 0 for none.
        units: what an id stands for: a word, or a character, which in Korean is a syllable.
        backwards: turn the texts around, so that the last word comes first, before they are cut.
    """

    num_words: Size
    length: Count
    side: Side = "post"
    marks: bool = False
    buckets: Count = 0
    units: Literal["words", "characters"] = "words"
    backwards: bool = False


@dataclass(frozen=True)
class TextTraining(Checked):
    """How a classifier is trained.

    Attributes:
        optimizer: Keras' constants are those of `RMSprop`, and of `Adam` with an `eps` of 1e-7.
        epochs: at most.
        batch_size: B.
        patience: stop after so many epochs without a new best; 0 never does.
        by_length: batches of texts of about equal length.
        clip: limit of the global norm of the gradients; None does not clip.
        decay: let the learning rate fall in a line, to 0 at the end of the last epoch.
    """

    optimizer: OptimizerChoice
    epochs: Size
    batch_size: Size = 32
    patience: Count = 0
    by_length: bool = False
    clip: Positive | None = None
    decay: bool = False


@dataclass(frozen=True)
class Classification(Checked):
    """What a run is made of.

    Where `data.validation` is 0 the epoch is chosen by the test part, as some sources do.

    Attributes:
        data: which texts.
        encoding: how they become ids.
        model: what reads them.
        training: how it learns.
        members: how many models are trained, each from another seed; their logits are averaged.
    """

    data: LabeledData
    encoding: Encoding
    model: (
        VectorModel
        | RecurrentTextModel
        | ConvolutionTextModel
        | PatternTextModel
        | TransformerTextModel
    )
    training: TextTraining
    members: Size = 1


def run(configuration: Classification, setting: Setting) -> Measurement:
    """Train, keep the epoch that is best on validation, and measure the test part once.

    Of several members each keeps its own best epoch. A run takes minutes, so it writes no
    checkpoint: a killed one begins anew, with equal results.
    """
    data = read_labeled(configuration.data)
    train, validation, test, V = encode(configuration, data)
    length = configuration.encoding.length
    padding_id = 0 if configuration.model.skips_padding else None  # whole columns of it left out
    by_length = configuration.training.by_length
    judged, tested = (
        labeled_batches(*part, 500, padding_id=padding_id, by_length=by_length)
        for part in (validation, test)
    )
    members = []
    for i in range(configuration.members):
        own = replace(setting, seed=setting.seed + 1000 * i)
        seed_all(own.seed)
        member = configuration.model.build(V + configuration.encoding.buckets, length)
        history, watched = train_classifier(
            member.to(setting.device), train, judged, configuration.training, own, padding_id
        )
        members.append(member)
    model = members[0] if configuration.members == 1 else Committee(members)
    metrics = {
        "validation_accuracy": evaluate(model, judged, classification_accuracy),
        "test_accuracy": evaluate(model, tested, classification_accuracy),
        "last_validation_accuracy": history.epochs[-1].validation,  # here and below, of one model
        "best_epoch": history.best.number,
        "parameters": count_parameters(model),
    }
    for name in ("optimum", "bag_of_words_optimum"):
        if getattr(data, name) is not None:
            metrics[f"{name}_accuracy"] = getattr(data, name)
    curves = {**watched, "cpu_seconds": history.curve("cpu_seconds")}
    return Measurement(metrics, curves, data.dataset)


def train_classifier(
    model: nn.Module,
    train: Encoded,
    validation: Iterable[Any],
    training: TextTraining,
    setting: Setting,
    padding_id: int | None = None,
    judge: Callable[[float], Number] = lambda accuracy: accuracy,
) -> tuple[History, dict[str, list[Number]]]:
    """Train, and watch loss and accuracy on validation after every epoch.

    Args:
        model: ends with the weights of the epoch that `judge` puts highest.
        train: ids and labels to learn from.
        validation: batches.
        training: how.
        setting: of the run.
        padding_id: columns of it alone are left out of a batch.
        judge: what an epoch is worth, from its accuracy.

    Returns:
        The history and the curves.
    """
    curves: dict[str, list[Number]] = {"validation_nats": [], "validation_accuracy": []}

    def validate(model: nn.Module) -> Number:
        curves["validation_nats"].append(evaluate(model, validation, classification_loss))
        accuracy = evaluate(model, validation, classification_accuracy)
        curves["validation_accuracy"].append(accuracy)
        return judge(accuracy)

    steps = training.epochs * math.ceil(len(train[1]) / training.batch_size)
    history = fit(
        model,
        lambda epoch: labeled_batches(
            *train,
            training.batch_size,
            seed=setting.seed,
            epoch=epoch,
            padding_id=padding_id,
            by_length=training.by_length,
        ),
        classification_loss,
        training.optimizer.of(model.parameters()),
        epochs=training.epochs,
        clip=training.clip,
        validate=validate,
        higher_is_better=True,
        patience=training.patience or None,
        schedule=linear_decay(steps) if training.decay else None,
        progress=setting.progress,
    )
    return history, {"train_nats": history.curve("train_loss"), **curves}


def encode(
    configuration: Classification, data: LabeledParts
) -> tuple[Encoded, Encoded, Encoded, int]:
    """Return the parts to learn from, to choose by and to report on as ids, and V.

    The words are those of the part to learn from alone.
    """
    encoding, kept = configuration.encoding, configuration.data.validation
    cut = len(data.train.texts) - kept
    train, validation = data.train.pick(slice(cut)), data.train.pick(slice(cut, None))
    tokenize = WordTokenizer(keep_filtered=encoding.marks).tokenize
    analyzer = tokenize if encoding.units == "words" else list
    tokenizer = KerasTokenizer(encoding.num_words, oov_token="<OOV>", analyzer=analyzer)
    tokenizer.fit_on_texts(train.texts)
    V = min(encoding.num_words, len(tokenizer.word_index) + 1)
    parts = (train, validation if kept else data.test, data.test)
    return *(ids_of(part, tokenizer, encoding, V) for part in parts), V


def ids_of(part: LabeledTexts, tokenizer: KerasTokenizer, encoding: Encoding, V: int) -> Encoded:
    """Return the ids of texts, padded, and their labels."""
    sequences = tokenizer.texts_to_sequences(part.texts)
    if encoding.backwards:
        sequences = [sequence[::-1] for sequence in sequences]
    padded = pad(sequences, encoding.length or None, encoding.side, encoding.side)
    if encoding.buckets:
        padded = with_hashed_pairs(padded, V, encoding.buckets)
    return torch.from_numpy(padded.astype(np.int64)), torch.from_numpy(part.labels)


TASK = Task(run)
