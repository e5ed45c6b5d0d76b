"""The mean of the weights: when it begins, what it is, and that a resumed fit goes on with it."""

import pytest
import torch
from torch import nn

from textbook_nlp.training import Checkpoint, after_stall, bptt_batches, fit, next_token_loss
from textbook_nlp.training.averaging import Average, averaged
from textbook_nlp.training.history import Epoch, History

V = 7
BATCHES = bptt_batches(torch.arange(120) ** 2 % V, 4, 5)


class Lookup(nn.Module):
    """A language model that knows the last token alone; one number of it is frozen."""

    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(V, V).double())
        self.frozen = nn.Parameter(torch.ones(1).double(), requires_grad=False)

    def forward(self, ids, state=None):
        return self.table[ids] * self.frozen, state


def history(*validations, higher_is_better=False):
    rows = [Epoch(i + 1, 10, 1.0, v, 0.1, 1.5, None, 2.0, 3.0) for i, v in enumerate(validations)]
    return History(rows, higher_is_better)


@pytest.mark.parametrize(
    ("epochs", "validations", "higher", "expected"),
    [
        (2, (), False, False),
        (2, (None, None, None), False, False),
        (2, (5.0, 6.0), False, False),  # nothing is left to compare with
        (2, (5.0, 4.0, 6.0), False, True),
        (2, (5.0, 4.0, 4.5), False, False),  # worse than the last, better than the first
        (1, (5.0, 4.0, 4.5), False, True),
        (1, (5.0, 5.0), False, False),
        (1, (5.0, 4.5), True, True),
    ],
)
def test_it_begins_when_the_last_epoch_is_worse_than_the_best_but_for_the_last_few(
    epochs, validations, higher, expected
):
    assert after_stall(epochs)(history(*validations, higher_is_better=higher)) == expected


def test_fewer_than_one_epoch_is_refused():
    with pytest.raises(ValueError, match="epochs is 0; expected at least 1"):
        after_stall(0)


def steps(epochs):
    """The weights after every step of plain gradient descent, without the package's loop."""
    model, found = Lookup(), []
    for _ in range(epochs):
        for batch in BATCHES:
            loss = next_token_loss(model, batch)[0]
            (gradient,) = torch.autograd.grad(loss, [model.table])
            model.table.data -= 2.0 * gradient
            found.append(model.table.detach().clone())
    return found


def from_the_second_on(history):
    return len(history.epochs) >= 1


def train(epochs, **options):
    model = Lookup()
    optimizer = torch.optim.SGD([model.table], lr=2.0)
    return model, fit(
        model, BATCHES, next_token_loss, optimizer, epochs=epochs, progress=False, **options
    )


def test_a_fit_ends_with_the_mean_of_its_steps():
    model, _ = train(3, average=from_the_second_on)
    wanted = torch.stack(steps(3)[len(BATCHES) :]).mean(dim=0)
    torch.testing.assert_close(model.table.detach(), wanted)
    assert model.frozen.item() == 1


def test_validation_judges_the_mean_and_training_goes_on_without_it():
    seen = []

    def validate(model):
        seen.append(model.table.detach().clone())
        return float(len(seen) != 2)  # the second epoch is the best

    model, _ = train(3, average=from_the_second_on, validate=validate)
    each, n = steps(3), len(BATCHES)
    torch.testing.assert_close(seen[0], each[n - 1])
    torch.testing.assert_close(seen[1], torch.stack(each[n : 2 * n]).mean(dim=0))
    torch.testing.assert_close(seen[2], torch.stack(each[n:]).mean(dim=0))
    torch.testing.assert_close(model.table.detach(), seen[1], rtol=0, atol=0)


def test_a_resumed_fit_goes_on_with_the_mean(tmp_path):
    whole, _ = train(4, average=from_the_second_on)
    checkpoint = tmp_path / "run.pt"
    train(2, average=from_the_second_on, checkpoint=Checkpoint(checkpoint))
    resumed, history = train(4, average=from_the_second_on, checkpoint=Checkpoint(checkpoint))
    assert history.resumed == 2
    torch.testing.assert_close(resumed.table, whole.table, rtol=0, atol=0)


def test_the_weights_come_back_when_validation_fails():
    model = Lookup()
    average = Average(model)
    model.table.data += 1

    def fail():
        with averaged(model, average):
            assert not model.table.any()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (model.table == 1).all()
