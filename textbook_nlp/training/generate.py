"""One token after another: what a language model writes when it reads its own words."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

Choose = Callable[[Float[Tensor, "B V"]], Int[Tensor, " B"]]


def greedy(logits: Float[Tensor, "B V"]) -> Int[Tensor, " B"]:
    """Choose the most likely token. Taught in: chapter 07."""
    return logits.argmax(dim=-1)


def with_temperature(temperature: float | int, generator: torch.Generator | None = None) -> Choose:
    """Make a function that draws a token from softmax(logits / temperature).

    Below 1 the likely tokens become likelier, above 1 all become more alike.

    Args:
        temperature: above 0.
        generator: where the chance comes from; on the CPU, whatever the model's device.

    Raises:
        ValueError: if the temperature is not above 0.

    Taught in: chapter 07; more ways to choose in chapter 10.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; expected above 0 (or choose=greedy)")

    def choose(logits: Float[Tensor, "B V"]) -> Int[Tensor, " B"]:
        probabilities = (logits.double().cpu() / temperature).softmax(dim=-1)
        drawn = torch.multinomial(probabilities, 1, generator=generator)
        return drawn.squeeze(1).to(logits.device)

    return choose


@torch.no_grad()
def generate(
    model: nn.Module, prompt: Int[Tensor, "B T"], steps: int, choose: Choose = greedy
) -> Int[Tensor, "B S"]:
    """Continue each prompt by as many tokens as there are steps.

    The prompt is read once; after that every step reads one token and the state.

    Args:
        model: maps (tokens, state) to (logits (B, T, V), state).
        prompt: at least one token a row.
        steps: S, how many tokens to add.
        choose: picks tokens (B,) from logits (B, V): `greedy`, or one from `with_temperature`.

    Returns:
        The new tokens alone, (B, S).

    Raises:
        ValueError: if the prompt is empty or steps is below 1.

    Taught in: chapter 07.
    """
    if prompt.ndim != 2 or prompt.numel() == 0:
        raise ValueError(f"the prompt has shape {tuple(prompt.shape)}; expected (B, T), T >= 1")
    if steps < 1:
        raise ValueError(f"steps is {steps}; expected at least 1")
    was_training = model.training
    model.eval()
    tokens, state, new = prompt.to(next(model.parameters()).device), None, []
    try:
        for _ in range(steps):
            logits, state = model(tokens, state)
            tokens = choose(logits[:, -1]).unsqueeze(1)
            new.append(tokens)
    finally:
        model.train(was_training)
    return torch.cat(new, dim=1)
