"""Several fits in one run: each has its checkpoint, and a killed run ends with the same bits."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from textbook_nlp.models.language_model import RecurrentLanguageModel
from textbook_nlp.training import (
    Adam,
    Checkpoint,
    CheckpointError,
    bptt_batches,
    evaluate,
    fit,
    next_token_loss,
)

V = 9
IDS = torch.arange(163) ** 2 % V
EPOCHS = 3


def run(folder, stages=("plain", "reversed")):
    """Train on the text as it is, then on the text reversed, from one source of chance.

    The epoch that is kept is the worst one, which is not the last.
    """
    whole = Checkpoint(Path(folder) / "run.pt", {"seed": 7}) if folder else None
    torch.manual_seed(7)
    results = {}
    for name in stages:
        ids = IDS if name == "plain" else IDS.flip(0)
        model = RecurrentLanguageModel(V, 6, 6, dropout=0.3)
        history = fit(
            model,
            bptt_batches(ids, 4, 8),
            next_token_loss,
            Adam(0.02).of(model.parameters()),
            epochs=EPOCHS,
            clip=0.5,
            validate=lambda model, ids=ids: evaluate(
                model, bptt_batches(ids, 1, 50), next_token_loss
            ),
            higher_is_better=True,
            checkpoint=whole.stage(name) if whole else None,
        )
        results[name] = model.state_dict(), history
    return results


def numbers(history):
    return [{k: v for k, v in row.items() if "seconds" not in k} for row in history.to_json()]


def assert_same(mine, theirs):
    """Equal weights and curves, to the last bit."""
    assert list(mine) == list(theirs)
    for name, (weights, history) in theirs.items():
        torch.testing.assert_close(mine[name][0], weights, rtol=0, atol=0)
        assert numbers(mine[name][1]) == numbers(history)


@pytest.fixture(scope="module")
def uninterrupted():
    return run(None)


def test_two_fits_of_one_run_have_their_own_curves(tmp_path, uninterrupted):
    first = run(tmp_path)
    assert_same(first, uninterrupted)
    curves = [history.curve("train_loss") for _, history in first.values()]
    assert curves[0] != curves[1]
    assert [history.resumed for _, history in first.values()] == [0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.plain.pt", "run.reversed.pt"]


def test_stages_that_have_ended_are_not_trained_again(tmp_path, monkeypatch, uninterrupted):
    run(tmp_path)
    monkeypatch.setattr(torch.optim.Adam, "step", None)
    again = run(tmp_path)
    assert_same(again, uninterrupted)
    assert [history.resumed for _, history in again.values()] == [EPOCHS, EPOCHS]
    assert all(history.best.number < EPOCHS for _, history in again.values())


def test_a_fit_refuses_the_file_of_another_stage(tmp_path):
    run(tmp_path, ["plain"])
    (tmp_path / "run.plain.pt").rename(tmp_path / "run.reversed.pt")
    with pytest.raises(
        CheckpointError,
        match=r"run\.reversed\.pt belongs to another stage: its stage is 'plain', this stage's is "
        r"'reversed'\. Delete it to train from the start, or name another file",
    ):
        run(tmp_path, ["reversed"])


def test_a_stage_has_a_name_and_no_stages_of_its_own():
    checkpoint = Checkpoint(Path("run.pt"), {"seed": 1})
    stage = checkpoint.stage("reversed-2")
    assert stage.path == Path("run.reversed-2.pt")
    assert stage.identity == {"seed": 1, "stage": "reversed-2"}
    assert checkpoint.identity == {"seed": 1}
    with pytest.raises(ValueError, match="already of the stage 'reversed-2'"):
        stage.stage("again")
    for name in ("", "a/b", "..", "Plain", "two words"):
        with pytest.raises(ValueError, match="expected small letters"):
            checkpoint.stage(name)


KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
import torch
import test_stages
calls = 0
def dying(*arguments, real={where}, **options):
    global calls
    calls += 1
    if calls == {at}:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **options)
{where} = dying
test_stages.run({folder!r})
"""
BATCHES = len(bptt_batches(IDS, 4, 8))


@pytest.mark.parametrize(
    ("where", "at", "kept"),
    [
        ("os.replace", 2, [1]),  # while the second checkpoint of the first stage is written
        ("torch.optim.Adam.step", (EPOCHS + 1) * BATCHES + 2, [EPOCHS, 1]),  # within the second
    ],
)
def test_a_killed_run_of_two_stages_ends_with_the_same_bits(
    tmp_path, uninterrupted, where, at, kept
):
    code = KILLED.format(tests=str(Path(__file__).parent), where=where, at=at, folder=str(tmp_path))
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    torch.rand(13)  # chance elsewhere does not matter
    resumed = run(tmp_path)
    assert_same(resumed, uninterrupted)
    assert [history.resumed for _, history in resumed.values()][: len(kept)] == kept
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["run.plain.pt", "run.reversed.pt"]  # and nothing half-written
