"""The training loop against one written out by hand, and everything that can stop it."""

import builtins
import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from textbook_nlp.models.language_model import RecurrentLanguageModel
from textbook_nlp.training import (
    Checkpoint,
    CheckpointError,
    TrainingDiverged,
    bptt_batches,
    detach,
    evaluate,
    fit,
    linear_decay,
    next_token_loss,
    progress,
    wrapping_batches,
)
from textbook_nlp.training import checkpoint as checkpoints

V = 9
IDS = torch.arange(203) ** 2 % V
BATCHES = bptt_batches(IDS, 4, 6)


def make(**options):
    torch.manual_seed(5)
    return RecurrentLanguageModel(V, 6, 6, **options).double()


def weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_equal(left, right):
    """Equal to the last bit."""
    torch.testing.assert_close(left, right, rtol=0, atol=0)


def tensors(state):
    """The tensors of a nested state."""
    if isinstance(state, torch.Tensor):
        return [state]
    return [tensor for part in state for tensor in tensors(part)]


def losses(history):
    return history.curve("train_loss")


class Scripted:
    """A validation that returns given numbers, one a call."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)
        self.seen = []

    def __call__(self, model):
        assert not model.training
        assert not torch.is_grad_enabled()
        self.seen.append(weights(model))
        return self.numbers[len(self.seen) - 1]


def by_hand(model, epochs, rate, limit, keep_state):
    """Truncated BPTT with SGD and clipping, without the package's loop."""
    parameters = list(model.parameters())
    history, state, step = [], None, 0
    total_steps = epochs * len(BATCHES)
    for _ in range(epochs):
        if not keep_state:
            state = None
        total = count = 0
        for inputs, targets in BATCHES:
            logits, state = model(inputs, state)
            loss = -logits.log_softmax(-1).gather(2, targets.unsqueeze(2)).mean()
            gradients = torch.autograd.grad(loss, parameters)
            norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))
            factor = min(1.0, limit / (norm + 1e-6)) * rate * (1 - step / total_steps)
            with torch.no_grad():
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter -= factor * gradient
            state = detach(state)
            total += loss.item() * targets.numel()
            count += targets.numel()
            step += 1
        history.append(total / count)
    return history


@pytest.mark.parametrize("keep_state", [False, True])
def test_fit_equals_a_loop_by_hand(keep_state):
    mine, theirs = make(), make()
    optimizer = torch.optim.SGD(mine.parameters(), lr=2.0)
    history = fit(
        mine,
        BATCHES,
        next_token_loss,
        optimizer,
        epochs=3,
        clip=0.2,
        schedule=linear_decay(3 * len(BATCHES)),
        keep_state=keep_state,
    )
    expected = by_hand(theirs, 3, 2.0, 0.2, keep_state)
    torch.testing.assert_close(losses(history), expected)
    torch.testing.assert_close(weights(mine), weights(theirs))
    assert history.curve("number") == [1, 2, 3]
    assert history.steps == 3 * len(BATCHES)
    assert 0 < history.epochs[0].clipped <= 1
    assert history.epochs[0].gradient_norm > 0.1


def test_batches_may_depend_on_the_epoch():
    seen = []

    def batches(epoch):
        seen.append(epoch)
        return wrapping_batches(IDS, 4, 6, epoch)

    model = make()
    fit(model, batches, next_token_loss, torch.optim.Adam(model.parameters()), epochs=3)
    assert seen == [1, 2, 3]


def test_the_model_trains_with_dropout_and_keeps_the_best_epoch():
    model = make(dropout=0.3)
    validate = Scripted(3.0, 1.0, 2.0, 1.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    history = fit(model, BATCHES, next_token_loss, optimizer, epochs=4, validate=validate)
    assert history.best.number == 2
    assert_equal(weights(model), validate.seen[1])
    assert history.curve("validation") == [3.0, 1.0, 2.0, 1.0]
    assert losses(history)[-1] < losses(history)[0]


def test_higher_can_be_better():
    model = make()
    validate = Scripted(0.1, 0.5, 0.3)
    history = fit(
        model,
        BATCHES,
        next_token_loss,
        torch.optim.Adam(model.parameters(), lr=0.01),
        epochs=3,
        validate=validate,
        higher_is_better=True,
    )
    assert history.best.number == 2
    assert_equal(weights(model), validate.seen[1])


def test_training_stops_when_patience_is_out():
    model = make()
    validate = Scripted(5.0, 4.0, 4.5, 4.0, 9.9, 1.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history = fit(
        model, BATCHES, next_token_loss, optimizer, epochs=6, validate=validate, patience=3
    )
    assert len(history.epochs) == 5
    assert_equal(weights(model), validate.seen[1])


def gentler_when_stalled(step, history):
    """A schedule that reads the history: 1, 1/2, 1/3 ... the longer the best epoch is past."""
    return 1 / (1 + history.epochs_since_best)


def test_the_rate_follows_the_schedule_and_the_history():
    model = make()
    validate = Scripted(5.0, 4.0, 4.5, 4.2, 3.0)
    history = fit(
        model,
        BATCHES,
        next_token_loss,
        torch.optim.SGD(model.parameters(), lr=1.2),
        epochs=5,
        validate=validate,
        schedule=gentler_when_stalled,
    )
    torch.testing.assert_close(history.curve("learning_rate"), [1.2, 1.2, 1.2, 0.6, 0.4])


class Poisoned(nn.Module):
    """A model whose loss or gradient goes bad at one step."""

    def __init__(self, step, loss_too):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.step, self.loss_too, self.seen = step, loss_too, 0

    def loss(self, model, batch):
        self.seen += 1
        value = (self.weight * batch).sum()
        if self.seen == self.step:
            if self.loss_too:
                value = value * math.nan
            else:  # the square root of 0 is 0, its derivative infinite
                value = value + (self.weight - self.weight.detach()).abs().sum().sqrt()
        return value, 1


@pytest.mark.parametrize(
    ("loss_too", "clip", "what"),
    [(True, None, "loss"), (True, 1.0, "loss"), (False, None, "grad"), (False, 1.0, "grad")],
)
def test_nan_stops_the_run_and_the_last_checkpoint_stays(tmp_path, loss_too, clip, what):
    path = tmp_path / "run.pt"
    model = Poisoned(step=8, loss_too=loss_too)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.25)
    with pytest.raises(TrainingDiverged, match=what) as caught:
        fit(
            model,
            [torch.ones(2)] * 3,
            model.loss,
            optimizer,
            epochs=4,
            clip=clip,
            checkpoint=Checkpoint(path),
        )
    error = caught.value
    assert (error.epoch, error.step, error.learning_rate) == (3, 2, 0.25)
    assert str(path) in str(error)
    assert "lower the learning rate" in str(error)
    saved = checkpoints.load(path)
    assert len(saved["history"]) == 2
    assert saved["model"]["weight"].isfinite().all()
    assert model.weight.isfinite().all()  # the step was not taken


def test_nan_without_a_checkpoint_says_so():
    model = Poisoned(step=1, loss_too=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    with pytest.raises(TrainingDiverged, match="no checkpoint was written"):
        fit(model, [torch.ones(2)], model.loss, optimizer, epochs=1)


def test_nan_in_the_validation_stops_the_run():
    model = make()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(TrainingDiverged, match=r"validation is not finite \(nan\) in epoch 2"):
        fit(
            model,
            BATCHES,
            next_token_loss,
            optimizer,
            epochs=3,
            validate=Scripted(1.0, math.nan),
        )


def resumable(path, epochs, identity=None):
    """A run with everything that a checkpoint must hold: Adam, dropout, schedule, state."""
    model = make(dropout=0.4, num_layers=2)
    torch.manual_seed(77)
    history = fit(
        model,
        lambda epoch: wrapping_batches(IDS, 4, 6, epoch),
        next_token_loss,
        torch.optim.Adam(model.parameters(), lr=0.02),
        epochs=epochs,
        clip=0.5,
        validate=lambda model: evaluate(model, BATCHES, next_token_loss),
        schedule=gentler_when_stalled,
        keep_state=True,
        checkpoint=path and Checkpoint(path, identity or {}),
    )
    return model, history


def without_times(history):
    rows = history.to_json()
    return [{k: v for k, v in row.items() if "seconds" not in k} for row in rows]


def test_a_resumed_run_ends_with_the_same_bits(tmp_path):
    whole, expected = resumable(None, 5)
    resumable(tmp_path / "run.pt", 2)
    torch.rand(13)  # chance elsewhere between the two calls does not matter
    model, history = resumable(tmp_path / "run.pt", 5)
    assert without_times(history) == without_times(expected)
    assert_equal(weights(model), weights(whole))
    assert (history.resumed, expected.resumed) == (2, 0)


def test_the_best_epoch_before_a_resume_is_kept(tmp_path):
    def call(epochs, *validations):
        model = make()
        validate = Scripted(*validations)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        options = {
            "epochs": epochs,
            "checkpoint": Checkpoint(tmp_path / "run.pt"),
            "validate": validate,
        }
        history = fit(model, BATCHES, next_token_loss, optimizer, **options)
        return model, history, validate

    _, _, validate = call(2, 1.0, 2.0)
    model, history, _ = call(3, 3.0)
    assert history.best.number == 1
    assert_equal(weights(model), validate.seen[0])


def test_resuming_a_finished_run_trains_no_more(tmp_path):
    first, expected = resumable(tmp_path / "run.pt", 3)
    again, history = resumable(tmp_path / "run.pt", 3)
    assert history.to_json() == expected.to_json()
    assert_equal(weights(again), weights(first))


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "run.pt"
    resumable(path, 1, {"seed": 1, "scale": "small"})
    with pytest.raises(CheckpointError, match=r"its seed is 1, this run's is 2\. Delete it"):
        resumable(path, 2, {"seed": 2, "scale": "small"})


def test_a_checkpoint_of_more_processes_is_refused(tmp_path):
    path = tmp_path / "run.pt"
    resumable(path, 1)
    saved = checkpoints.load(path)
    checkpoints.save(path, {**saved, "processes": saved["processes"] * 2})
    with pytest.raises(CheckpointError, match="written by 2 processes, this run has 1"):
        resumable(path, 2)


def test_the_bar_shows_the_time_left(capsys):
    model = make()
    fit(
        model,
        BATCHES,
        next_token_loss,
        torch.optim.SGD(model.parameters(), lr=0.1),
        epochs=2,
        progress=True,
    )
    shown = capsys.readouterr().err
    assert "epoch 2/2: 100%" in shown
    assert f"{2 * len(BATCHES)}/{2 * len(BATCHES)}" in shown
    assert "<00:00" in shown


def test_nothing_is_shown_where_nobody_watches(capsys):
    model = make()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    fit(model, BATCHES, next_token_loss, optimizer, epochs=1)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("terminal", "kernel", "static", "shown"),
    [
        (False, False, None, False),
        (True, False, None, True),
        (False, True, None, True),
        (False, True, "0", True),
        (False, True, "1", False),
    ],
)
def test_the_bar_is_shown_where_somebody_watches(monkeypatch, terminal, kernel, static, shown):
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: terminal)
    shell = SimpleNamespace(kernel=...) if kernel else None
    monkeypatch.setattr(builtins, "get_ipython", lambda: shell, raising=False)
    monkeypatch.delenv("TEXTBOOK_NLP_STATIC", raising=False)
    if static is not None:
        monkeypatch.setenv("TEXTBOOK_NLP_STATIC", static)
    assert progress.somebody_watches() is shown
    with progress.progress_bar(False) as bar:
        assert bar.disable
    monkeypatch.delattr(builtins, "get_ipython")
    with progress.progress_bar(shown) as bar:
        assert bar.disable is not shown


def test_a_resumed_bar_starts_where_it_stopped(tmp_path, capsys):
    def call(epochs, progress):
        model = make()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        path = tmp_path / "run.pt"
        options = {"epochs": epochs, "checkpoint": Checkpoint(path), "progress": progress}
        fit(model, BATCHES, next_token_loss, optimizer, **options)

    call(2, False)
    call(3, True)
    assert f"{3 * len(BATCHES)}/{3 * len(BATCHES)}" in capsys.readouterr().err


def test_the_device_can_be_named():
    model = make()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history = fit(model, BATCHES, next_token_loss, optimizer, epochs=1, device="cpu")
    assert len(history.epochs) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"patience": 2}, "patience needs validate"),
        ({"patience": 0, "validate": lambda model: 1.0}, "at least 1"),
        ({"batches": iter(BATCHES)}, "exhausted after one epoch"),
        ({"batches": []}, "has no batches"),
        ({"clip": 0.0}, "clip is 0.0; expected above 0"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    model = make()
    options = {"batches": BATCHES, "epochs": 2} | options
    batches = options.pop("batches")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=message):
        fit(model, batches, next_token_loss, optimizer, **options)


def test_gradients_stop_at_the_batch_but_the_state_goes_on():
    states = []

    def loss(model, batch, state=None):
        states.append(state)
        return next_token_loss(model, batch, state)

    model = make()
    fit(model, BATCHES, loss, torch.optim.SGD(model.parameters(), lr=0.1), epochs=1)
    assert states[0] is None
    for state in map(tensors, states[1:]):
        assert not any(tensor.requires_grad for tensor in state)
        assert all(tensor.abs().max() > 0 for tensor in state)
