"""Ways to choose the next token from its logits."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

Choose = Callable[[Float[Tensor, "B V"]], Int[Tensor, " B"]]


def greedy(logits: Float[Tensor, "B V"]) -> Int[Tensor, " B"]:
    """Choose the most likely token."""
    return logits.argmax(dim=-1)


def sample(temperature: float | int = 1.0, generator: torch.Generator | None = None) -> Choose:
    """Make a function that draws a token from softmax(logits / temperature).

    Below 1 the likely tokens become likelier, above 1 all become more alike.

    Args:
        temperature: above 0.
        generator: where the chance comes from; on the CPU, whatever the model's device.

    Raises:
        ValueError: if the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; expected above 0 (or choose=greedy)")

    def choose(logits: Float[Tensor, "B V"]) -> Int[Tensor, " B"]:
        probabilities = (logits.cpu().double() / temperature).softmax(dim=-1)
        drawn = torch.multinomial(probabilities, 1, generator=generator)
        return drawn.squeeze(1).to(logits.device)

    return choose
