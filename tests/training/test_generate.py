"""Generation against running the model on everything written so far."""

import pytest
import torch

from textbook_nlp.models.language_model import RecurrentLanguageModel
from textbook_nlp.training.generate import generate, greedy, with_temperature


def model_and_prompt():
    torch.manual_seed(3)
    model = RecurrentLanguageModel(8, 6, 6, dropout=0.5)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    return model.train(), torch.randint(8, (2, 4))


def test_greedy_equals_reading_everything_anew():
    model, prompt = model_and_prompt()
    new = generate(model, prompt, 6)
    assert model.training
    model.eval()
    text = prompt
    for _ in range(6):
        text = torch.cat([text, model(text)[0][:, -1].argmax(-1, keepdim=True)], dim=1)
    torch.testing.assert_close(new, text[:, 4:])


def test_sampling_follows_the_temperature():
    logits = torch.tensor([[0.0, 1.0, 3.0]]).expand(20_000, 3)
    for temperature in (0.5, 1.0, 2.0):
        choose = with_temperature(temperature, torch.Generator().manual_seed(0))
        shares = choose(logits).bincount(minlength=3) / 20_000
        expected = (logits[0] / temperature).softmax(0)
        torch.testing.assert_close(shares, expected, rtol=0, atol=0.015)


def test_a_temperature_near_zero_is_greedy():
    model, prompt = model_and_prompt()
    cold = generate(model, prompt, 5, with_temperature(1e-3, torch.Generator().manual_seed(0)))
    torch.testing.assert_close(cold, generate(model, prompt, 5, greedy))


def test_equal_seeds_write_equal_texts():
    model, prompt = model_and_prompt()
    texts = [
        generate(model, prompt, 30, with_temperature(1.0, torch.Generator().manual_seed(seed)))
        for seed in (1, 1, 2)
    ]
    torch.testing.assert_close(texts[0], texts[1])
    assert not torch.equal(texts[0], texts[2])


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_that_is_not_above_zero_is_refused(temperature):
    with pytest.raises(ValueError, match="expected above 0"):
        with_temperature(temperature)


@pytest.mark.parametrize(("shape", "steps"), [((2, 0), 3), ((4,), 3), ((2, 3), 0)])
def test_bad_prompts_are_refused(shapes_unchecked, shape, steps):
    model, _ = model_and_prompt()
    with pytest.raises(ValueError, match=r"expected \(B, T\)|at least 1"):
        generate(model, torch.zeros(shape, dtype=torch.int64), steps)
