"""One run on two processes, over loopback, against the same run on one."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from textbook_nlp.models.language_model import RecurrentLanguageModel
from textbook_nlp.training import (
    Checkpoint,
    bptt_batches,
    distributed,
    evaluate,
    fit,
    next_token_loss,
)

V = 9
IDS = torch.arange(203) ** 2 % V


def train(dropout=0.0, checkpoint=None, epochs=2):
    """Train a small model with everything on; this also runs on every process of a launch."""
    torch.manual_seed(distributed.rank())  # they differ until the first process shares its own
    model = RecurrentLanguageModel(V, 6, 6, dropout=dropout).double()
    history = fit(
        model,
        bptt_batches(IDS, 5, 6),
        next_token_loss,
        torch.optim.Adam(model.parameters(), lr=0.02),
        epochs=epochs,
        clip=0.5,
        validate=lambda model: evaluate(model, bptt_batches(IDS, 1, 50), next_token_loss),
        checkpoint=checkpoint and Checkpoint(checkpoint),
        keep_state=True,
    )
    weights = [value for p in model.parameters() for value in p.flatten().tolist()]
    rows = [{k: v for k, v in row.items() if "seconds" not in k} for row in history.to_json()]
    return {"weights": weights, "rows": rows, "resumed": history.resumed}


WORKER = """
import json, sys
sys.path.insert(0, {tests!r})
import torch
import test_distributed as tests
from textbook_nlp.training import distributed

device = distributed.start(torch.device("cpu"))
done = [tests.train(**job) for job in {jobs!r}]
everyone = distributed.gather([result["weights"] for result in done])
assert everyone[0] == everyone[1], "the processes disagree"
print(json.dumps(done))
distributed.finish()
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def launch(processes, command):
    """Start a command on several processes that find each other, and return what they print."""
    shared = os.environ | {
        "OMP_NUM_THREADS": "1",
        "GLOO_SOCKET_IFNAME": "lo",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
        "WORLD_SIZE": str(processes),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    running = [
        subprocess.Popen(
            command,
            env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(processes)
    ]
    printed = []
    try:
        for process in running:
            output, errors = process.communicate(timeout=600)
            assert process.returncode == 0, errors
            printed.append(output)
    finally:
        for process in running:
            process.kill()
            process.communicate()
    return printed


def test_two_processes_give_the_numbers_of_one_and_resume_with_the_same_bits(tmp_path):
    checkpoint = str(tmp_path / "run.pt")
    jobs = [
        {},
        {"dropout": 0.3, "epochs": 3},
        {"dropout": 0.3, "epochs": 1, "checkpoint": checkpoint},
        {"dropout": 0.3, "epochs": 3, "checkpoint": checkpoint},
    ]
    code = WORKER.format(tests=str(Path(__file__).parent), jobs=jobs)
    two, whole, _, resumed = json.loads(launch(2, [sys.executable, "-c", code])[0])
    one = train()
    torch.testing.assert_close(two["weights"], one["weights"], rtol=1e-9, atol=1e-12)
    for row, expected in zip(two["rows"], one["rows"], strict=True):
        torch.testing.assert_close(row, expected, rtol=1e-9, atol=1e-12)
    assert (whole["resumed"], resumed["resumed"]) == (0, 1)
    assert resumed["weights"] == whole["weights"]
    assert resumed["rows"] == whole["rows"]


def test_the_command_writes_one_record(tmp_path):
    command = [sys.executable, "-m", "textbook_nlp", "run", "ptb_rnn", "--scale", "small"]
    first, second = launch(2, [*command, "--device", "cpu", "--out", str(tmp_path)])
    assert "written to" in first
    assert second == ""
    record = json.loads((tmp_path / "ptb_rnn.json").read_text())
    assert len(record["runs"]) == 1
    assert record["runs"][0]["device"].startswith("2 x CPU")


@pytest.fixture
def second_of_three(monkeypatch):
    monkeypatch.setattr(distributed, "world_size", lambda: 3)
    monkeypatch.setattr(distributed, "rank", lambda: 1)


def test_rows_are_split_without_gaps(monkeypatch):
    batch = (torch.arange(14).view(7, 2), {"x": [torch.arange(7)]})
    parts = []
    monkeypatch.setattr(distributed, "world_size", lambda: 3)
    for rank in range(3):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        parts.append(distributed.rows(batch))
    torch.testing.assert_close(torch.cat([part[0] for part in parts]), batch[0])
    torch.testing.assert_close(torch.cat([part[1]["x"][0] for part in parts]), batch[1]["x"][0])
    assert [len(part[0]) for part in parts] == [3, 2, 2]


def test_fewer_rows_than_processes_are_refused(second_of_three):
    with pytest.raises(ValueError, match="2 rows cannot be split over 3 processes"):
        distributed.rows(torch.zeros(2, 5))
    with pytest.raises(TypeError, match="a batch is made of tensors"):
        distributed.rows("text")


def test_one_process_is_left_alone():
    batch = object()
    assert distributed.rows(batch) is batch
    assert distributed.gather(3) == [3]
    assert distributed.from_first("x") == "x"
    assert (distributed.rank(), distributed.world_size()) == (0, 1)
    assert distributed.start(torch.device("cpu")) == torch.device("cpu")
    distributed.share_parameters(torch.nn.Linear(1, 1))
    distributed.finish()
    assert not torch.distributed.is_initialized()


def test_a_device_that_processes_cannot_share_is_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    with pytest.raises(ValueError, match="several processes run on"):
        distributed.start(torch.device("mps"))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ValueError, match="process 1 of this machine has no GPU"):
        distributed.start(torch.device("cuda"))
