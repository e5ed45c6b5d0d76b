"""From a text to a question about it, in five steps."""

from typing import NamedTuple

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.training.decoding.generate import checked_id, generate
from textbook_nlp.training.measures.evaluate import evaluating


class Asked(NamedTuple):
    """What was asked, and about what.

    Attributes:
        probabilities: of every token to be part of an answer, (B, S).
        marked: true at the tokens of the answer that was chosen, (B, S).
        questions: ids (B, T), behind the token that every question begins with.
    """

    probabilities: Float[Tensor, "B S"]
    marked: Bool[Tensor, "B S"]
    questions: Int[Tensor, "B T"]


def ask(
    model: nn.Module,
    ids: Int[Tensor, "B S"],
    start: int,
    *,
    steps: int,
    mask: Bool[Tensor, "B S"] | None = None,
    end: int | None = None,
    padding_id: int | None = None,
    share: float = 0.5,
) -> Asked:
    """Ask a question about each text, with dropout off.

    Read the text and give every token a probability of being part of an answer; choose the answer;
    mark it; read the marked tokens; write a question for them.

    Args:
        model: `model.mark(ids, mask)` gives the logits of the tokens, `model.read(ids, marked,
            mask)` a state, and `model(ids, state)` goes on from it: a `QuestionGenerator` is one.
        ids: the texts.
        start: the token that every question begins with.
        steps: how many tokens to write at most.
        mask: true at real tokens; None: all are.
        end: the token that ends a question; None ends none before the last step.
        padding_id: fills a question behind its end; None repeats the token that ended it.
        share: see `likeliest_span`.

    Raises:
        ValueError: if a text is empty, an id no whole number or out of range, an option is refused,
            or the scores of a text hold NaN or nothing but minus infinity.

    Source: Foster, "Generative Deep Learning" (2019), chapter 6.
    Taught in: chapter 14.
    """
    start = checked_id("start", start)
    device = next(model.parameters()).device
    ids, mask = ids.to(device), None if mask is None else mask.to(device)
    with evaluating(model):
        scores = model.mark(ids, mask)
        marked = likeliest_span(_beside_the_highest(scores), share)
        state = model.read(ids, marked, mask)
        first = ids.new_full((len(ids), 1), start)
        questions = generate(model, first, steps=steps, state=state, end=end, padding_id=padding_id)
    return Asked(scores.sigmoid(), marked, questions)


def _beside_the_highest(scores: Float[Tensor, "B S"]) -> Float[Tensor, "B S"]:
    """Divide the probabilities of each row by its highest, also where all would round to 0."""
    logs = F.logsigmoid(scores)
    highest = logs.amax(dim=1, keepdim=True)
    if not highest.isfinite().all():
        row = int(highest.isfinite().logical_not().nonzero()[0, 0])
        raise ValueError(
            f"the scores of row {row} are NaN somewhere, or minus infinity everywhere; expected a "
            "number for at least one token: look at the model's weights"
        )
    return (logs - highest).exp()


def likeliest_span(probabilities: Float[Tensor, "B S"], share: float = 0.5) -> Bool[Tensor, "B S"]:
    """Return the run of tokens around the likeliest one that are nearly as likely.

    Args:
        probabilities: of every token to be part of an answer, or any multiple of them.
        share: a token belongs to the run if its probability is at least so much of the highest,
            and so has every one between the two; in (0, 1].

    Raises:
        ValueError: if `share` is out of range, there is no token, or a probability is NaN.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; expected a number above 0 and at most 1")
    if probabilities.ndim != 2 or probabilities.shape[1] == 0:
        raise ValueError(
            f"probabilities have shape {tuple(probabilities.shape)}; expected (B, S), S >= 1"
        )
    if probabilities.isnan().any():
        raise ValueError("a probability is NaN, which is neither likely nor unlikely")
    highest, at = probabilities.max(dim=1, keepdim=True)
    # Tokens too unlikely divide a text into pieces; the answer is the piece that holds the best.
    pieces = (probabilities < share * highest).cumsum(dim=1)
    return (pieces == pieces.gather(1, at)) & (probabilities >= share * highest)
