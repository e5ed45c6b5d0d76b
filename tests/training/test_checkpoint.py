"""Checkpoint files: whole or not there, sealed, refused in one line, and read without code."""

import os
import pickle
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from textbook_nlp.chance import seed_all
from textbook_nlp.files import DamagedFile, sha256
from textbook_nlp.training import SGD, Adam, Checkpoint, CheckpointError, History, fit
from textbook_nlp.training.checkpoint import MARK, SEAL, load, save
from textbook_nlp.training.random_states import random_states, restore_random_states


def test_what_is_saved_comes_back(tmp_path):
    contents = {"a": torch.arange(5), "b": [{"c": 1.5, "d": "text"}, None]}
    save(tmp_path / "deep" / "x.pt", contents)
    loaded = load(tmp_path / "deep" / "x.pt")
    torch.testing.assert_close(loaded["a"], contents["a"])
    assert loaded["b"] == contents["b"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["x.pt"]


def test_torch_alone_can_read_it_too(tmp_path):
    save(tmp_path / "x.pt", {"a": torch.arange(5)})
    loaded = torch.load(tmp_path / "x.pt", weights_only=True)
    torch.testing.assert_close(loaded["a"], torch.arange(5))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_gives_one_clear_error(tmp_path, share):
    path = tmp_path / "x.pt"
    save(path, {"weights": torch.randn(2000)})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError, match=r"x\.pt cannot be read: .* Delete it"):
        load(path)


def test_no_flipped_bit_is_trusted(tmp_path):
    path = tmp_path / "x.pt"
    save(path, {"weights": torch.randn(20)})
    content = path.read_bytes()
    chance = random.Random(0)
    ends = [*range(30), *range(len(content) - 100, len(content))]
    for place in {*ends, *chance.sample(range(len(content)), 300)}:
        altered = bytearray(content)
        altered[place] ^= 1 << chance.randrange(8)
        path.write_bytes(altered)
        with pytest.raises(DamagedFile, match="cannot be read"):
            load(path)
    path.write_bytes(content)
    load(path)


@pytest.mark.parametrize("content", [b"{}", b"PK\x03\x04", b"\x80\x04K\x01.", b"\0" * 5000])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(tmp_path / "x.pt")
    (tmp_path / "folder.pt").mkdir()
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(tmp_path / "folder.pt")


def seal(path):
    """Give a file of somebody else the digest that a checkpoint has."""
    content = path.read_bytes()
    path.write_bytes(content + MARK + sha256(content).encode())
    assert len(MARK) + 64 == SEAL


def test_a_sealed_file_must_hold_names_and_values(tmp_path):
    torch.save([1, 2], tmp_path / "x.pt")
    seal(tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(tmp_path / "x.pt")


def test_code_in_a_sealed_file_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"x": Evil()}, tmp_path / "x.pt")
    (tmp_path / "y.pt").write_bytes(pickle.dumps({"x": Evil()}))
    for name in ("x.pt", "y.pt"):
        seal(tmp_path / name)
        with pytest.raises(CheckpointError, match="cannot be read"):
            load(tmp_path / name)
    assert not (tmp_path / "ran").exists()


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_a_torchscript_archive_is_refused_without_a_warning(tmp_path):
    torch.jit.save(torch.jit.trace(nn.Linear(1, 1), torch.ones(1, 1)), tmp_path / "x.pt")
    for sealed in (False, True):
        if sealed:
            seal(tmp_path / "x.pt")
        with (
            warnings.catch_warnings(action="error"),
            pytest.raises(CheckpointError, match="cannot be read"),
        ):
            load(tmp_path / "x.pt")


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "x.pt")


def test_a_failed_save_keeps_the_old_file(tmp_path):
    path = tmp_path / "x.pt"
    save(path, {"a": 1})
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        save(path, {"a": lambda: None})
    assert load(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["x.pt"]


def draw():
    return [random.random(), np.random.rand(), torch.rand(1).item()]  # noqa: NPY002


def test_every_source_of_chance_goes_back(tmp_path):
    np.random.standard_normal()  # noqa: NPY002 - leaves half a pair behind
    save(tmp_path / "x.pt", random_states())
    first = draw()
    draw()
    restore_random_states(load(tmp_path / "x.pt"))
    assert draw() == first


class Model(nn.Module):
    """A line, with a buffer."""

    def __init__(self, outputs=2):
        super().__init__()
        self.affine = nn.Linear(3, outputs).double()
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x):
        return self.affine(x)


def train(checkpoint, epochs=1, model=None, choice=Adam(0.1)):  # noqa: B008 - it is frozen
    model = model or Model()
    return fit(
        model,
        [torch.ones(4, 3).double()] * 2,
        lambda model, x: (model(x).square().mean(), len(x)),
        choice.of(model.parameters()),
        epochs=epochs,
        validate=lambda model: 1.0,
        checkpoint=checkpoint,
    )


def put(*keys, value):
    """A change that puts a value at some place of the contents."""

    def change(contents):
        *way, last = keys
        for key in way:
            contents = contents[key]
        contents[last] = value

    return change


def drop(*keys):
    """A change that takes something away."""

    def change(contents):
        *way, last = keys
        for key in way:
            contents = contents[key]
        del contents[last]

    return change


OTHER = [None, [], {}, [1], {"a": 1}, "text", 3, 0.5, torch.zeros(2)]
PARTS = ["identity", "model", "optimizer", "history", "processes", "best", "average"]
CHANGES = {
    **{
        f"{part} is {value!r}": put(part, value=value)
        for part in PARTS
        for value in OTHER
        if (part, value) != ("identity", {}) and (part, value) != ("average", None)
    },
    **{f"no {part}": drop(part) for part in PARTS},
    "one part more": put("more", value=1),
    **{
        f"{part} of another {what}": put(part, "affine.weight", value=value)
        for part in ("model", "best")
        for what, value in {
            "shape": torch.zeros(2, 2).double(),
            "type": torch.zeros(2, 3),
            "kind": [[0.0] * 3] * 2,
        }.items()
    },
    **{f"{part} without a weight": drop(part, "affine.bias") for part in ("model", "best")},
    "a weight more": put("model", "affine.scale", value=torch.ones(2)),
    "a row lacks a field": drop("history", 0, "steps"),
    "a row has another field": put("history", 0, "loss", value=1.0),
    "a row is no row": put("history", 0, value=[1, 2]),
    "a row of text": put("history", 0, "train_loss", value="small"),
    "an epoch is missing": put("history", 0, "number", value=2),
    "steps of None": put("history", 0, "steps", value=None),
    "the optimizer is another": put("optimizer", "kind", value="SGD"),
    "no groups": put("optimizer", "param_groups", value=[]),
    "groups are text": put("optimizer", "param_groups", value="text"),
    "a group lacks a setting": drop("optimizer", "param_groups", 0, "betas"),
    "a group of other parameters": put("optimizer", "param_groups", 0, "params", value=[0]),
    "states are a list": put("optimizer", "state", value=[]),
    "a state of nothing": put("optimizer", "state", 7, value={}),
    "a state of another shape": put("optimizer", "state", 0, "exp_avg", value=torch.zeros(9)),
    "a state is missing": drop("optimizer", "state", 0, "exp_avg"),
    "a process is a number": put("processes", 0, value=1),
    "a process without chance": drop("processes", 0, "random"),
    "no random states": put("processes", 0, "random", value=None),
    "no Python state": drop("processes", 0, "random", "python"),
    "Python's state cut short": put("processes", 0, "random", "python", value=[3, [1, 2], None]),
    "NumPy's state cut short": put("processes", 0, "random", "numpy", 1, value=[1, 2]),
    "NumPy's state negative": put("processes", 0, "random", "numpy", 1, value=[-1] * 624),
    "torch's state cut short": put("processes", 0, "random", "torch", value=torch.zeros(9).byte()),
    "torch's state is a list": put("processes", 0, "random", "torch", value=[1]),
    "another number of GPUs": put("processes", 0, "random", "cuda", value=[torch.zeros(1)] * 99),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_parts_of_another_kind_are_refused_and_nothing_is_changed(
    shapes_unchecked,  # which draws random numbers
    tmp_path,
    change,
):
    path = tmp_path / "x.pt"
    train(Checkpoint(path))
    contents = load(path)
    change(contents)
    save(path, contents)
    model = Model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    seed_all(1)
    with pytest.raises(CheckpointError, match=r"x\.pt .* (Delete it|[Nn]ame another file)"):
        train(Checkpoint(path), 2, model)
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)
    drawn = draw()
    seed_all(1)
    assert draw() == drawn


def test_another_model_or_optimizer_is_refused(tmp_path):
    path = tmp_path / "x.pt"
    train(Checkpoint(path))
    with pytest.raises(CheckpointError, match=r"affine.weight in its part 'model' is float64 of "):
        train(Checkpoint(path), 2, Model(outputs=5))
    with pytest.raises(CheckpointError, match="is not that of SGD"):
        train(Checkpoint(path), 2, choice=SGD(0.1))


def test_a_second_fit_of_one_run_needs_a_stage_of_its_own(tmp_path):
    checkpoint = Checkpoint(tmp_path / "x.pt")
    train(checkpoint)
    with pytest.raises(ValueError, match=r"a fit of this run has ended in .*x\.pt already"):
        train(checkpoint)
    train(checkpoint.stage("second"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.pt", "x.second.pt"]


def test_the_message_names_what_differs(tmp_path):
    ours = {"seed": 1, "fields": {"rate": 0.1, "layers": [1, 2], "name": "plain"}}
    theirs = {"seed": 1, "fields": {"rate": 0.2, "layers": [1, 2]}}
    train(Checkpoint(tmp_path / "x.pt", theirs))
    with pytest.raises(CheckpointError) as caught:
        train(Checkpoint(tmp_path / "x.pt", ours), 2)
    said = str(caught.value)
    assert "belongs to another run: its fields.name is None, this run's is 'plain'" in said
    assert "its fields.rate is 0.2, this run's is 0.1" in said
    assert "seed" not in said
    assert "layers" not in said


@pytest.mark.parametrize("value", [np.float64(1.0), {1: 2}, torch.zeros(1), [{"a": object()}]])
def test_an_identity_is_made_of_plain_values(value):
    with pytest.raises(TypeError, match="more than plain values"):
        Checkpoint(Path("x.pt"), {"value": value})


@pytest.mark.parametrize("name", ["file", "file/deeper", "file/deeper/still"])
def test_a_folder_that_cannot_be_written_to_is_found_before_the_first_step(tmp_path, name):
    (tmp_path / "file").write_text("a file where a folder should be")
    steps = []
    with pytest.raises(CheckpointError, match=r"no checkpoint can be written .*: name another"):
        fit(
            Model(),
            [torch.ones(1, 3)],
            lambda *given: steps.append(given),
            SGD(0.1).of(Model().parameters()),
            epochs=1,
            checkpoint=Checkpoint(tmp_path / name / "x.pt"),
        )
    assert steps == []


def test_a_history_of_other_rows_is_refused():
    with pytest.raises(ValueError, match="is not epoch 1"):
        History.from_json([{"number": 1}], higher_is_better=False)
