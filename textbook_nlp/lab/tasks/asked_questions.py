"""Train a model that marks answers and asks for them, and judge both beside rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from textbook_nlp.chance import seed_all
from textbook_nlp.data import corpora
from textbook_nlp.lab.runs.checked import Checked, Count, Number, Positive, Share, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks import question_baselines as rules
from textbook_nlp.lab.tasks.marked_texts import MarkedData, MarkedParts, MarkedText, read_marked
from textbook_nlp.lab.tasks.pointed_words import END, START, WordIds
from textbook_nlp.layers import AdditiveScore
from textbook_nlp.models import QuestionGenerator, count_parameters
from textbook_nlp.text import pad
from textbook_nlp.training import (
    OptimizerChoice,
    QuestionBatch,
    evaluate,
    evaluating,
    fit,
    generate,
    marking_loss,
    question_loss,
)

LONGEST = 20  # tokens of a question that are written, and with END that are learned


@dataclass(frozen=True)
class QuestionModel(Checked):
    """A `QuestionGenerator` of GRU layers.

    Attributes:
        embedding_size: E.
        hidden_size: H of the reader in each direction.
        attention: whether the decoder looks at the whole text, too.
        dropout: share of the units dropped in training.
        vectors: what the embedding begins from where a word has a vector; it is trained on.
    """

    embedding_size: Size
    hidden_size: Size
    attention: bool = False
    dropout: Share = 0.0
    vectors: Literal["glove_100d"] | None = None

    def build(self, words: Sequence[str]) -> QuestionGenerator:
        """Make the model, from the global source of chance."""
        C = 2 * self.hidden_size
        score = AdditiveScore(C, C, self.hidden_size) if self.attention else None
        sizes = len(words), self.embedding_size, self.hidden_size
        model = QuestionGenerator(*sizes, score=score, dropout=self.dropout)
        if self.vectors is not None:
            matrix, found = corpora.load(self.vectors).matrix_for(words)
            embedding = model.reader.embedding.weight
            with torch.no_grad():
                embedding[torch.from_numpy(found)] = torch.from_numpy(matrix[found]).float()
        return model


@dataclass(frozen=True)
class QuestionTraining(Checked):
    """How both tasks are trained at once; the epoch with the lowest loss on validation is kept.

    Attributes:
        optimizer: with its learning rate.
        epochs: how many.
        batch_size: B.
        clip: limit of the global norm of the gradients.
    """

    optimizer: OptimizerChoice
    epochs: Size
    batch_size: Size = 32
    clip: Positive = 5.0


@dataclass(frozen=True)
class AskedQuestions(Checked):
    """What a run is made of.

    Attributes:
        data: which texts.
        model: what reads them.
        training: how it learns.
        vocabulary_size: V.
        pointers: as in `WordIds`.
    """

    data: MarkedData
    model: QuestionModel
    training: QuestionTraining
    vocabulary_size: Size
    pointers: Count = 0


def run(configuration: AskedQuestions, setting: Setting) -> Measurement:
    """Train, choose thresholds and rules on validation, and measure the test part once.

    A run takes minutes, so it writes no checkpoint: a killed one begins anew, with equal results.
    """
    parts, training = read_marked(configuration.data), configuration.training
    learned = [text.tokens for text in parts.train]
    learned += [q for text in parts.train for asked in text.questions.values() for q in asked]
    words = WordIds(learned, configuration.vocabulary_size, configuration.pointers)
    seed_all(setting.seed)
    model = configuration.model.build(words.vocabulary.tokens).to(setting.device)
    batches = partial(question_batches, words=words, B=training.batch_size)
    validation, watched = batches(parts.validation), {"question_nats": [], "marking_nats": []}

    def validate(model: QuestionGenerator) -> float:
        for name, loss in (("question_nats", question_loss), ("marking_nats", marking_loss)):
            watched[name].append(evaluate(model, validation, partial(loss, padding_id=0)))
        return watched["question_nats"][-1] + watched["marking_nats"][-1]

    history = fit(
        model,
        lambda epoch: batches(parts.train, rng=np.random.default_rng([setting.seed, epoch])),
        partial(question_loss, padding_id=0, marking=1.0),
        training.optimizer.of(model.parameters()),
        epochs=training.epochs,
        clip=training.clip,
        validate=validate,
        progress=setting.progress,
    )
    metrics: dict[str, Number] = {
        "best_epoch": history.best.number,
        "question_perplexity": float(np.exp(min(watched["question_nats"]))),
        "parameters": count_parameters(model),
        "cpu_seconds": round(history.cpu_seconds, 1),
    }
    metrics |= _marks(model, parts, words) | _questions(model, parts, words)
    return Measurement(
        metrics, watched | {"train_nats": history.curve("train_loss")}, parts.dataset
    )


def question_batches(
    part: Sequence[MarkedText],
    words: WordIds,
    B: int,
    rng: np.random.Generator | None = None,
) -> list[QuestionBatch]:
    """Cut all questions, each with its text and its mark, into batches of texts about as long."""
    rows = [
        (text, span, question)
        for text, start, end in rules.cases(part)
        for span in [(start, end)]
        for question in text.questions[span]
    ]
    lengths = np.array([len(text.tokens) for text, _, _ in rows], dtype=float)
    if rng is not None:
        lengths *= rng.uniform(1, 1.2, len(rows))
    order = np.argsort(lengths, kind="stable")
    groups = [order[i : i + B] for i in range(0, len(order), B)]
    chosen = range(len(groups)) if rng is None else rng.permutation(len(groups))
    return [_batch([rows[i] for i in groups[k]], words) for k in chosen]


def _batch(rows: list[tuple[MarkedText, tuple[int, int], list[str]]], words: WordIds):
    pointed = [words.pointed(text.tokens) for text, _, _ in rows]
    pairs = list(zip(rows, pointed, strict=True))
    ids, marked = _marked_ids([(text, *span) for text, span, _ in rows], words)
    asked = pad([words.question(question, own) for (_, _, question), own in pairs])
    return ids, marked, torch.from_numpy(asked[:, : LONGEST + 1])


def _marked_ids(
    chosen: Sequence[tuple[MarkedText, int, int]], words: WordIds
) -> tuple[Tensor, Tensor]:
    """Return the ids of texts (B, S), and where each is marked."""
    ids = pad([words.encode(text.tokens, words.pointed(text.tokens)) for text, _, _ in chosen])
    marked = np.zeros(ids.shape, dtype=bool)
    for row, (_, start, end) in zip(marked, chosen, strict=True):
        row[start:end] = True
    return torch.from_numpy(ids), torch.from_numpy(marked)


def _marks(model: QuestionGenerator, parts: MarkedParts, words: WordIds) -> dict[str, Number]:
    """Judge the marks; the best rule and every threshold are chosen on validation."""
    two = parts.validation, parts.test
    scored = {"": tuple(_scores(model, part, words) for part in two)}
    scored["word "] = tuple(rules.word_scores(parts.train, part) for part in two)
    found = [rules.marking_rules(part) for part in two]
    scored |= {name: (found[0][name], found[1][name]) for name in found[0]}
    judged: dict[str, tuple[float, list[Bool[np.ndarray, " _"]]]] = {}
    for name, (own, new) in scored.items():
        limit = rules.best_threshold(own, parts.validation) if name in ("", "word ") else 0.5
        f1 = rules.marks_f1([scores >= limit for scores in own], parts.validation)
        judged[name] = f1, [scores >= limit for scores in new]
    rule = max((name for name in judged if name), key=lambda name: judged[name][0])
    metrics = {}
    for kind, measure in (("answer", rules.marks_f1), ("span", rules.spans_f1)):
        ours, theirs = (measure(judged[name][1], parts.test) for name in ("", rule))
        metrics |= {
            f"{kind}_f1": ours,
            f"{kind}_f1_of_rule": theirs,
            f"{kind}_f1_above_baseline": ours - theirs,
        }
    return metrics


def _scores(
    model: QuestionGenerator, part: Sequence[MarkedText], words: WordIds
) -> list[Float[np.ndarray, " _"]]:
    """Return the probability of every token of every text."""
    found = []
    with evaluating(model):
        for i in range(0, len(part), 64):
            some = part[i : i + 64]
            ids, _ = _marked_ids([(text, 0, 0) for text in some], words)
            ids = ids.to(next(model.parameters()).device)
            scores = model.mark(ids, ids != 0).sigmoid().cpu().numpy()
            found += [row[: len(text.tokens)] for row, text in zip(scores, some, strict=True)]
    return found


def _questions(model: QuestionGenerator, parts: MarkedParts, words: WordIds) -> dict[str, Number]:
    """Judge the questions for what people asked for, beside what asks without a model."""
    constant = rules.constant_question(parts.train, parts.validation)
    widths = rules.best_widths(parts.validation)
    n = len(rules.cases(parts.test))
    metrics = {
        "question_bleu": rules.judged(written(model, parts.test, words), parts.test),
        "constant_bleu": rules.judged([constant] * n, parts.test),
        "copied_bleu": rules.judged(rules.copied_words(parts.test, *widths), parts.test),
    }
    for name in ("constant", "copied"):
        metrics[f"question_bleu_above_{name}"] = metrics["question_bleu"] - metrics[f"{name}_bleu"]
    return metrics


def written(
    model: QuestionGenerator, part: Sequence[MarkedText], words: WordIds
) -> list[list[str]]:
    """Return the question that the model asks for each piece that people asked for."""
    chosen, found = rules.cases(part), []
    index, device = words.vocabulary.index, next(model.parameters()).device
    with evaluating(model):
        for i in range(0, len(chosen), 64):
            ids, marked = (t.to(device) for t in _marked_ids(chosen[i : i + 64], words))
            state = model.read(ids, marked, ids != 0)
            first = ids.new_full((len(ids), 1), index[START])
            rows = generate(model, first, steps=LONGEST, state=state, end=index[END])
            for (text, _, _), row in zip(chosen[i : i + 64], rows.tolist(), strict=True):
                found.append(words.decode(row, words.pointed(text.tokens)))
    return found


TASK = Task(run)
