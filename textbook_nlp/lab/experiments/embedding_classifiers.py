"""What the experiments with an embedding classifier share: encode texts, train, measure."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from textbook_nlp.bags import with_hashed_pairs
from textbook_nlp.chance import seed_all
from textbook_nlp.lab.experiments.labeled_texts import LabeledTexts, Texts, read
from textbook_nlp.lab.runs.experiment import Result, Setting
from textbook_nlp.models.classifier import EmbeddingClassifier, Pooling
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.text import KerasTokenizer, Side, WordTokenizer, pad
from textbook_nlp.training import (
    Adam,
    RMSprop,
    classification_accuracy,
    classification_loss,
    evaluate,
    fit,
    labeled_batches,
)

Encoded = tuple[Int[Tensor, "_ _"], Int[Tensor, " _"]]


@dataclass(frozen=True)
class Configuration:
    """What a run is made of.

    Attributes:
        corpus: a name for `labeled_texts.read`.
        texts: of a generator, to learn from; 0 for all of a real corpus.
        line_breaks: keep the publisher's ``<br />``, which becomes the word *br*.
        marks: keep punctuation, each mark as a word of its own.
        num_words: as in Keras: ids from 1 to num_words - 1 stand for words, 1 for unknown ones.
        length: T, words of a text that are kept; 0 for all.
        side: the end at which long texts are cut and short ones filled.
        buckets: ids for pairs of neighboring words, by hashing; 0 for none.
        embedding: E.
        pooling: ``mean`` or ``flatten``.
        masked: whether padding counts for nothing.
        hidden: units of the hidden layer; 0 for none.
        dropout: share of the features dropped in training.
        optimizer: ``rmsprop`` or ``adam``, with the constants of Keras.
        learning_rate: constant.
        batch_size: B.
        epochs: at most.
        patience: stop after so many epochs without a new best; 0 never does.
        held_out: texts at the end of the training part that the epoch is chosen by; 0 chooses by
            the test part, as some sources do.
    """

    corpus: str
    texts: int
    line_breaks: bool
    marks: bool
    num_words: int
    length: int
    side: Side
    buckets: int
    embedding: int
    pooling: Pooling
    masked: bool
    hidden: int
    dropout: float
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int
    patience: int
    held_out: int


def run(configuration: Configuration, setting: Setting) -> Result:
    """Train, keep the epoch that is best on the held-out texts, and measure the test part once.

    A run takes minutes, so it writes no checkpoint: a killed one begins anew, with equal results.
    """
    data = read(configuration.corpus, configuration.texts)
    train, held_out, test, V = encode(configuration, data)
    seed_all(setting.seed)
    model = EmbeddingClassifier(
        V + configuration.buckets,
        configuration.embedding,
        pooling=configuration.pooling,
        length=configuration.length if configuration.pooling == "flatten" else None,
        hidden_size=configuration.hidden,
        dropout=configuration.dropout,
        masked=configuration.masked,
    ).to(setting.device)
    padding_id = 0 if configuration.masked and configuration.pooling == "mean" else None
    judged = labeled_batches(*held_out, 500, padding_id=padding_id)
    losses: list[float] = []

    def validate(model: EmbeddingClassifier) -> float:
        losses.append(evaluate(model, judged, classification_loss))
        return evaluate(model, judged, classification_accuracy)

    history = fit(
        model,
        lambda epoch: labeled_batches(
            *train, configuration.batch_size, seed=setting.seed, epoch=epoch, padding_id=padding_id
        ),
        classification_loss,
        _optimizer(configuration, model),
        epochs=configuration.epochs,
        validate=validate,
        higher_is_better=True,
        patience=configuration.patience or None,
        progress=setting.progress,
    )
    metrics = {
        "validation_accuracy": history.best.validation,
        "test_accuracy": evaluate(
            model, labeled_batches(*test, 500, padding_id=padding_id), classification_accuracy
        ),
        "last_validation_accuracy": history.epochs[-1].validation,
        "best_epoch": history.best.number,
        "parameters": count_parameters(model),
    }
    for name in ("optimum", "bag_of_words_optimum"):
        if getattr(data, name) is not None:
            metrics[f"{name}_accuracy"] = getattr(data, name)
    curves = {
        "train_nats": history.curve("train_loss"),
        "validation_nats": losses,
        "validation_accuracy": history.curve("validation"),
        "cpu_seconds": history.curve("cpu_seconds"),
    }
    return Result(metrics, curves, data.dataset)


def encode(
    configuration: Configuration, data: LabeledTexts
) -> tuple[Encoded, Encoded, Encoded, int]:
    """Return the parts to learn from, to choose by and to report on as ids, and V.

    The words are those of the part to learn from alone.
    """
    cut = len(data.train.texts) - configuration.held_out
    train, held_out = data.train.pick(slice(cut)), data.train.pick(slice(cut, None))
    if configuration.held_out == 0:
        held_out = data.test
    analyzer = WordTokenizer(keep_filtered=configuration.marks).tokenize
    tokenizer = KerasTokenizer(configuration.num_words, oov_token="<OOV>", analyzer=analyzer)
    tokenizer.fit_on_texts(_texts(configuration, train))
    V = min(configuration.num_words, len(tokenizer.word_index) + 1)

    def ids(part: Texts) -> Encoded:
        sequences = tokenizer.texts_to_sequences(_texts(configuration, part))
        padded = pad(
            sequences, configuration.length or None, configuration.side, configuration.side
        )
        if configuration.buckets:
            padded = with_hashed_pairs(padded, V, configuration.buckets)
        return torch.from_numpy(padded.astype(np.int64)), torch.from_numpy(part.labels)

    return ids(train), ids(held_out), ids(data.test), V


def _texts(configuration: Configuration, part: Texts) -> list[str]:
    if configuration.line_breaks:
        return part.texts
    return [text.replace("<br />", " ") for text in part.texts]


def _optimizer(configuration: Configuration, model: torch.nn.Module) -> torch.optim.Optimizer:
    rate = configuration.learning_rate
    choice = RMSprop(rate) if configuration.optimizer == "rmsprop" else Adam(rate, eps=1e-7)
    return choice.of(model.parameters())
