"""How well a model writes a target from a source."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from textbook_nlp.training.measures.label_smoothing import smoothed_cross_entropy


def seq2seq_loss(
    model: nn.Module,
    batch: tuple[Int[Tensor, "B S"], Int[Tensor, "B T"]],
    *,
    padding_id: int | None = None,
    teacher_forcing: bool = True,
    smoothing: float = 0.0,
) -> tuple[Float[Tensor, ""], int]:
    """Return the mean cross-entropy in nats a token of the target, and the number of tokens.

    Each target begins with the token that a decoder is started with, which is not scored.

    Args:
        model: `model.read(source, mask)` gives a state, and `model(ids, state)` the logits
            (B, T, V) and the new state: a `Seq2Seq` is one.
        batch: sources and targets, one target a source.
        padding_id: what fills sources and targets up: there nothing is read and nothing scored.
            None takes every token for a real one.
        teacher_forcing: whether the model reads the true target, so that all steps are scored at
            once. Otherwise it runs free: at each step it reads the token that it found likeliest
            at the step before.
        smoothing: of the targets, in training; see `smoothed_cross_entropy`.

    Raises:
        ValueError: if there is not one target a source, a target has fewer than two tokens or
            holds what is neither padding nor an id from 0 to V - 1, every target is padding, or
            `smoothing` is not in [0, 1).

    Source: teacher forcing: Williams and Zipser, "A Learning Algorithm for Continually Running
    Fully Recurrent Neural Networks" (1989).
    Taught in: chapter 12.
    """
    source, target = batch
    check_targets(source, target)
    wanted = target[:, 1:]
    items = wanted.numel() if padding_id is None else int((wanted != padding_id).sum())
    if items == 0:
        raise ValueError(f"all targets are padding ({padding_id}): leave such batches out")
    state = model.read(source, real_tokens(source, padding_id))
    if teacher_forcing:
        logits, _ = model(target[:, :-1], state)
    else:
        steps, ids = [], target[:, :1]
        for _ in range(wanted.shape[1]):
            scores, state = model(ids, state)
            steps.append(scores)
            ids = scores.argmax(dim=2)
        logits = torch.cat(steps, dim=1)
    mean = smoothed_cross_entropy(
        logits.flatten(0, 1), wanted.flatten(), smoothing, padding_id=padding_id
    )
    return mean, items


def real_tokens(source: Int[Tensor, "B S"], padding_id: int | None) -> Tensor | None:
    """Return the mask of the tokens that are no padding; None where all are real."""
    mask = None if padding_id is None else source != padding_id
    return None if mask is None or mask.all() else mask


def check_targets(source: Int[Tensor, "B S"], target: Int[Tensor, "B T"]) -> None:
    """Refuse targets that are none for these sources.

    Raises:
        ValueError: if there is not one a source, or one has nothing behind its first token.
    """
    if source.ndim != 2 or target.ndim != 2 or len(source) != len(target):
        raise ValueError(
            f"sources have shape {tuple(source.shape)} and targets {tuple(target.shape)}; expected "
            "(B, S) and (B, T), one target a source"
        )
    if target.shape[1] < 2:
        raise ValueError(
            f"targets have shape {tuple(target.shape)}; expected the token to start with and at "
            "least one more, T >= 2"
        )
