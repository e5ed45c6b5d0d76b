"""Checkpoint files: whole or not there, and read without running code."""

import os
import pickle
import random

import numpy as np
import pytest
import torch

from textbook_nlp.training.checkpoint import (
    CheckpointError,
    load,
    random_states,
    restore_random_states,
    save,
)


def test_what_is_saved_comes_back(tmp_path):
    contents = {"a": torch.arange(5), "b": [{"c": 1.5, "d": "text"}, None]}
    save(tmp_path / "deep" / "x.pt", contents)
    loaded = load(tmp_path / "deep" / "x.pt")
    torch.testing.assert_close(loaded["a"], contents["a"])
    assert loaded["b"] == contents["b"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["x.pt"]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_gives_one_clear_error(tmp_path, share):
    path = tmp_path / "x.pt"
    save(path, {"weights": torch.randn(2000)})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError, match=r"x\.pt cannot be read: .* Delete it"):
        load(path)


@pytest.mark.parametrize("content", [b"{}", b"PK\x03\x04", b"\x80\x04K\x01.", b"\0" * 5000])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(tmp_path / "x.pt")


def test_a_checkpoint_holds_names_and_values(tmp_path):
    torch.save([1, 2], tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(tmp_path / "x.pt")


def test_code_in_a_file_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"x": Evil()}, tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(tmp_path / "x.pt")
    (tmp_path / "y.pt").write_bytes(pickle.dumps({"x": Evil()}))
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(tmp_path / "y.pt")
    assert not (tmp_path / "ran").exists()


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


def test_states_of_another_number_of_gpus_are_refused():
    states = random_states()
    states["cuda"] = [torch.zeros(16, dtype=torch.uint8)] * 99
    with pytest.raises(CheckpointError, match="with 99 GPUs in sight"):
        restore_random_states(states)
