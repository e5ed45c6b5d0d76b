"""How well a model marks what a text could be asked for, and asks for what is marked."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.training.measures.label_smoothing import smoothed_cross_entropy
from textbook_nlp.training.measures.targets import check_targets, real_tokens

# Texts, true at the answer's tokens of each, and the question that asks for it.
QuestionBatch = tuple[Int[Tensor, "B S"], Bool[Tensor, "B S"], Int[Tensor, "B T"]]


def marking_loss(
    model: nn.Module, batch: QuestionBatch, *, padding_id: int | None = None
) -> tuple[Float[Tensor, ""], int]:
    """Return the mean cross-entropy of the marks in nats a token of the text, and their number.

    Args:
        model: `model.mark(ids, mask)` gives the logits of the tokens: a `QuestionGenerator` is one.
        batch: texts, marks and questions; the questions are not looked at.
        padding_id: what fills texts up; None takes every token for a real one.

    Raises:
        ValueError: if the marks do not fit the texts, or stand on padding.
    """
    ids, marked, _ = batch
    mask = real_tokens(ids, padding_id)
    check_marked(ids, marked, mask)
    return _of_marks(model.mark(ids, mask), marked, mask)


def question_loss(
    model: nn.Module,
    batch: QuestionBatch,
    *,
    padding_id: int | None = None,
    marking: float = 0.0,
) -> tuple[Float[Tensor, ""], int]:
    """Return the mean cross-entropy in nats a token of the question, and the number of tokens.

    Each question begins with the token that a decoder is started with, which is not scored.

    Args:
        model: `model.mark_and_read(ids, marked, mask)` gives the logits of the marks and a state,
            and `model(ids, state)` the logits (B, T, V) and the new state: a `QuestionGenerator`
            is one.
        batch: texts, marks and questions.
        padding_id: what fills texts and questions up. None takes every token for a real one.
        marking: adds so many times the mean of `marking_loss`, to train both tasks at once.

    Raises:
        ValueError: if there is not one question a text, a question has fewer than two tokens or
            holds what is neither padding nor an id from 0 to V - 1, all are padding, or the marks
            do not fit the texts or stand on padding.

    Source: Foster, "Generative Deep Learning" (2019), chapter 6, adds both with equal weight.
    Taught in: chapter 14.
    """
    ids, marked, question = batch
    check_targets(ids, question)
    wanted, mask = question[:, 1:], real_tokens(ids, padding_id)
    check_marked(ids, marked, mask)
    items = wanted.numel() if padding_id is None else int((wanted != padding_id).sum())
    if items == 0:
        raise ValueError(f"all questions are padding ({padding_id}): leave such batches out")
    scores, state = model.mark_and_read(ids, marked, mask)
    logits, _ = model(question[:, :-1], state)
    mean = smoothed_cross_entropy(logits.flatten(0, 1), wanted.flatten(), padding_id=padding_id)
    if marking:
        mean = mean + marking * _of_marks(scores, marked, mask)[0]
    return mean, items


def check_marked(
    ids: Int[Tensor, "B S"], marked: Bool[Tensor, "B S"], mask: Bool[Tensor, "B S"] | None
) -> None:
    """Refuse marks that are none for these texts.

    Raises:
        ValueError: if they are not true or false at every token, or one stands where the mask says
            that there is none.
    """
    if marked.shape != ids.shape or marked.dtype != torch.bool:
        raise ValueError(
            f"the marks are {marked.dtype} of shape {tuple(marked.shape)}; expected torch.bool of "
            f"shape {tuple(ids.shape)}"
        )
    # On a GPU the comparison would wait for the device at every step.
    if mask is not None and marked.device.type == "cpu" and (marked & ~mask).any():
        row, place = (marked & ~mask).nonzero()[0].tolist()
        raise ValueError(f"the mark at {place} of row {row} lies outside of the text")


def _of_marks(
    scores: Float[Tensor, "B S"], marked: Bool[Tensor, "B S"], mask: Bool[Tensor, "B S"] | None
) -> tuple[Float[Tensor, ""], int]:
    if mask is not None:
        scores, marked = scores[mask], marked[mask]
    mean = F.binary_cross_entropy_with_logits(scores, marked.to(scores.dtype))
    return mean, marked.numel()
