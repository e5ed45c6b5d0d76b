"""Learn to continue texts, judge by texts that were kept, let the model write, look for copies."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from textbook_nlp.chance import seed_all
from textbook_nlp.lab.runs.checked import Checked, Number, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks.continued_texts import (
    IGNORED,
    Examples,
    Ids,
    TextData,
    Texts,
    read_texts,
)
from textbook_nlp.lab.tasks.language_modelling import RecurrentModel, StreamTraining
from textbook_nlp.layers import LSTMCell
from textbook_nlp.models import KneserNey, NGram, RecurrentClassifier, count_parameters
from textbook_nlp.training import (
    History,
    OptimizerChoice,
    class_cross_entropy,
    classification_accuracy,
    classification_loss,
    evaluate,
    fit,
    generate,
    labeled_batches,
    linear_decay,
    next_token_loss,
    perplexity,
    sample,
)

TEMPERATURES = (0.2, 0.33, 0.5, 1.0)  # those of the source for row 26
RUN = 5  # words of a copy


@dataclass(frozen=True)
class PrefixReader(Checked):
    """A classifier that reads what came before anew for every word, and names the next.

    Attributes:
        embedding_size: E.
        hidden_size: H, in each direction.
        bidirectional: read it both ways. What is to come is in neither.
        length: T, how many words back it reads; short beginnings are filled up in front.
        examples: every beginning of every text, or every run of T words of all.
    """

    embedding_size: Size
    hidden_size: Size
    bidirectional: bool
    length: Size
    examples: Literal["prefixes", "windows"]

    def build(self, vocabulary_size: int) -> RecurrentClassifier:
        """Make the model in Keras' form, from the global source of chance."""
        return RecurrentClassifier(
            vocabulary_size,
            self.embedding_size,
            self.hidden_size,
            vocabulary_size,
            cell=partial(LSTMCell, bias="single"),
            bidirectional=self.bidirectional,
            masked=False,
        )


@dataclass(frozen=True)
class RowTraining(Checked):
    """How a model is trained on rows: the examples of a prefix reader, or whole texts.

    Attributes:
        optimizer: with its learning rate.
        epochs: how many.
        batch_size: B.
    """

    optimizer: OptimizerChoice
    epochs: Size
    batch_size: Size = 32


@dataclass(frozen=True)
class Generation(Checked):
    """What a run is made of: a prefix reader, or a language model that reads each word once.

    Attributes:
        data: the texts.
        model: what learns to continue them.
        training: how. A language model takes all texts as one stream, or each as a row of its own.
        choose: end with the epoch that is best on validation, or else with the last.
        written: how many texts to write at each temperature.
        steps: words of each.
    """

    data: TextData
    model: PrefixReader | RecurrentModel
    training: RowTraining | StreamTraining
    choose: bool = False
    written: Size = 30
    steps: Size = 100


class Reading(nn.Module):
    """A prefix reader as a step that `generate` can take: its state is the last `length` words."""

    def __init__(self, model: nn.Module, length: int):
        super().__init__()
        self.model, self.length = model, length

    def forward(
        self, ids: Int[Tensor, "B T"], state: Int[Tensor, "B L"] | None = None
    ) -> tuple[Float[Tensor, "B 1 V"], Int[Tensor, "B L"]]:
        """Return the logits after the last id, and the words that count from there on."""
        before = ids.new_zeros(len(ids), self.length) if state is None else state
        state = torch.cat([before, ids], dim=1)[:, -self.length :]
        return self.model(state).unsqueeze(1), state


class Learner:
    """A model with its examples, so that both kinds are trained and judged by the same words."""

    def __init__(self, configuration: Generation, texts: Texts, setting: Setting):
        self.texts, self.configuration, self.setting = texts, configuration, setting
        self.prefixed = isinstance(configuration.model, PrefixReader)
        self.streamed = isinstance(configuration.training, StreamTraining)
        self.model = configuration.model.build(len(texts.words)).to(setting.device)
        self.right: list[list[int]] = []  # of each epoch: right answers, examples

    def batches(self, epoch: int) -> Iterable[Any]:
        """Return the batches of an epoch, and begin to count its right answers."""
        self.right.append([0, 0])
        training = self.configuration.training
        if isinstance(training, StreamTraining):
            return training.batches(self.texts.stream(self.texts.train), epoch)
        if self.prefixed:
            B, seed = training.batch_size, self.setting.seed
            return labeled_batches(*self.examples(), B, seed=seed, epoch=epoch)
        drawn = np.random.default_rng([self.setting.seed, epoch]).permutation(len(self.texts.train))
        order, B = [self.texts.train[i] for i in drawn], training.batch_size
        return [self.texts.rows(order[i : i + B]) for i in range(0, len(order), B)]

    def examples(self) -> Examples:
        """Return what a prefix reader learns from."""
        model = self.configuration.model
        return getattr(self.texts, model.examples)(self.texts.train, model.length)

    def loss(self, model: nn.Module, batch: Any, state: Any = None) -> tuple:
        """Return the loss, and count a prefix reader's right answers on the way, as Keras does."""
        if not self.prefixed:
            loss = next_token_loss(model, batch, state, padding_id=IGNORED)
            return loss if self.streamed else loss[:2]  # a row's state is no other row's
        ids, targets = batch
        logits = model(ids)
        self.right[-1][0] += int((logits.argmax(dim=1) == targets).sum())
        self.right[-1][1] += len(targets)
        return class_cross_entropy(logits, targets), len(targets)

    def judge(self, passages: Sequence[Ids], right: bool = False) -> float:
        """Return the cross-entropy in nats a word that counts, or the share of right answers."""
        if self.prefixed:
            examples = self.texts.prefixes(passages, self.configuration.model.length)
            measure = classification_accuracy if right else classification_loss
            return evaluate(self.model, labeled_batches(*examples, 500), measure)
        measure = share_right if right else partial(next_token_loss, padding_id=IGNORED)
        if self.streamed:
            return evaluate(self.model, [self.texts.judged(passages)], measure)
        return evaluate(self.model, [self.texts.rows(passages, judged=True)], measure)

    def write(self, temperature: float) -> tuple[list[Ids], float]:
        """Return texts that the model writes, and its own cross-entropy on them, in nats a word.

        Of its words those count that count in a text of people: no mark, and none that the texts to
        learn from do not have.
        """
        configuration, texts = self.configuration, self.texts
        begun = [text[: texts.given] for text in (texts.test or texts.train)]
        begun = begun[: configuration.written]
        step, nats = self.model, []
        if self.prefixed:
            step = Reading(step, configuration.model.length)
        draw = sample(temperature, torch.Generator().manual_seed(self.setting.seed))
        end = None if self.prefixed or self.streamed else 0  # a row knows nothing behind its end
        going = torch.ones(len(begun), dtype=torch.bool, device=self.setting.device)
        counts = torch.zeros(len(texts.words), dtype=torch.bool, device=self.setting.device)
        counts[sorted(texts.known)] = True

        def choose(logits: Float[Tensor, "B V"]) -> Int[Tensor, " B"]:
            drawn = draw(logits)
            chosen = logits.log_softmax(dim=1).gather(1, drawn[:, None])
            nats.extend((-chosen[going & counts[drawn]]).flatten().tolist())
            if end is not None:
                going.logical_and_(drawn != end)
            return drawn

        ids = torch.tensor([[0, *words] for words in begun])
        new = generate(step, ids, steps=configuration.steps, choose=choose, end=end).cpu()
        return torch.cat([ids, new], dim=1).tolist(), sum(nats) / max(len(nats), 1)


def share_right(
    model: nn.Module, batch: tuple[Int[Tensor, "B T"], Int[Tensor, "B T"]], state: Any = None
) -> tuple[float, int, Any]:
    """Return the share of targets that the model puts first, how many count, and the state."""
    logits, state = model(batch[0], state)
    counted = batch[1] != IGNORED
    right = (logits.argmax(dim=2) == batch[1])[counted]
    return right.double().mean().item(), len(right), state


def runs(passages: Iterable[Ids]) -> list[tuple[int, ...]]:
    """Return every run of five words of each text, the marks left out."""
    words = [[i for i in text if i != 0] for text in passages]
    return [tuple(text[i : i + RUN]) for text in words for i in range(len(text) - RUN + 1)]


def share_repeated(passages: Iterable[Ids]) -> float:
    """Return the share of runs of five words that stood earlier in the same text."""
    each = [runs([text]) for text in passages]
    return 1 - sum(len(set(found)) for found in each) / max(sum(map(len, each)), 1)


def usual(curve: Sequence[float]) -> float:
    """Return the median over the second half of the epochs: the last alone may be a bad one."""
    return float(np.median(curve[len(curve) // 2 :]))


def table_accuracy(examples: Examples) -> float:
    """Return what a table of all beginnings gets right by naming the commonest successor of each.

    No model that reads these beginnings can have a larger share of its training examples right.
    """
    after: dict[tuple[int, ...], Counter] = defaultdict(Counter)
    for row, target in zip(examples[0].tolist(), examples[1].tolist(), strict=True):
        after[tuple(row)][target] += 1
    return sum(max(counts.values()) for counts in after.values()) / len(examples[1])


def counted_perplexity(read: Texts) -> float:
    """Return the test perplexity of counted runs, of the length that is best on validation."""
    ids, V = read.stream(read.train).numpy(), len(read.words)

    def nats(order: int, part: list[Ids]) -> float:
        surprise = -NGram.fit(ids, V, order, KneserNey()).log_probabilities(
            read.stream(part).numpy()
        )
        return float(surprise[read.judged(part)[1][0].numpy() != IGNORED].mean())

    best = min((1, 2, 3, 4), key=lambda order: nats(order, read.validation))
    return perplexity(nats(best, read.test))


def run(configuration: Generation, setting: Setting) -> Measurement:
    """Train, judge the kept texts, and let the model write at four temperatures.

    A run takes minutes, so it writes no checkpoint: a killed one begins anew, with equal results.
    """
    texts, training = read_texts(configuration.data), configuration.training
    seed_all(setting.seed)
    learner, watched = Learner(configuration, texts, setting), []

    def validate(model: nn.Module) -> float:
        watched.append(learner.judge(texts.validation))
        return watched[-1] if configuration.choose else -float(len(watched))  # or keep the last

    slanted = isinstance(training, StreamTraining) and training.schedule == "slanted_triangle"
    steps = training.epochs * len(learner.batches(1)) if slanted else 0
    history = fit(
        learner.model,
        learner.batches,
        learner.loss,
        training.optimizer.of(learner.model.parameters()),
        epochs=training.epochs,
        clip=training.clip if isinstance(training, StreamTraining) else None,
        validate=validate if texts.validation else None,
        schedule=linear_decay(steps, warm_up=steps // 10) if slanted else None,
        progress=setting.progress,
    )
    return Measurement(*measured(learner, history, watched), texts.dataset)


def measured(learner: Learner, history: History, watched: list[float]) -> tuple[dict, dict]:
    """Return the metrics and the curves of a trained model."""
    texts, known = learner.texts, set(runs([learner.texts.stream(learner.texts.train).tolist()]))
    metrics: dict[str, Number] = {
        "train_accuracy_after": learner.judge(texts.train, right=True),
        "train_perplexity_after": perplexity(learner.judge(texts.train)),
        "vocabulary_size": len(texts.words),
        "parameters": count_parameters(learner.model),
    }
    curves: dict[str, list[Number]] = {"cpu_seconds": history.curve("cpu_seconds")}
    if learner.prefixed:
        examples = learner.examples()
        curves["train_accuracy"] = [right / asked for right, asked in learner.right]
        metrics |= {
            "train_accuracy": curves["train_accuracy"][-1],
            "usual_train_accuracy": usual(curves["train_accuracy"]),
            "table_accuracy": table_accuracy(examples),
            "examples": len(examples[1]),
        }
    if texts.test:
        copied = [found in known for found in runs([texts.stream(texts.test).tolist()])]
        curves["validation_perplexity"] = [perplexity(nats) for nats in watched]
        metrics |= {
            "validation_perplexity": perplexity(learner.judge(texts.validation)),
            "best_validation_perplexity": perplexity(min(watched)),
            "best_epoch": 1 + min(range(len(watched)), key=watched.__getitem__),
            "test_perplexity": perplexity(learner.judge(texts.test)),
            "test_accuracy": learner.judge(texts.test, right=True),
            "counted_runs_perplexity": counted_perplexity(texts),
            "unknown_words": texts.share_unknown(texts.test),
            "copied_by_people": sum(copied) / len(copied),
            "repeated_by_people": share_repeated(texts.test),
        }
    for name in ("temperature", "copied", "repeated", "own_perplexity"):
        curves[name] = []
    for temperature in TEMPERATURES:
        written, nats = learner.write(temperature)
        found = runs(written)
        values = (
            temperature,
            sum(each in known for each in found) / max(len(found), 1),
            share_repeated(written),
            perplexity(nats),
        )
        for name, value in zip(
            ("temperature", "copied", "repeated", "own_perplexity"), values, strict=True
        ):
            curves[name].append(value)
    metrics["copied_at_temperature_1"] = curves["copied"][-1]
    return metrics, curves


TASK = Task(run)
