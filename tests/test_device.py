"""Device and scale: the variables, what is picked, and the messages."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from textbook_nlp import device


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    monkeypatch.delenv("TEXTBOOK_NLP_DEVICE", raising=False)
    monkeypatch.delenv("TEXTBOOK_NLP_SCALE", raising=False)


@pytest.fixture
def machine(monkeypatch):
    """Pretend to be a machine with some GPUs, or with an Apple GPU."""

    def pretend(gpus=0, mps=False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda d: f"GPU at {d}")
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


@pytest.mark.parametrize(
    ("gpus", "mps", "expected", "scale"),
    [
        (0, False, "cpu", "small"),
        (1, False, "cuda", "medium"),
        (1, True, "cuda", "medium"),
        (0, True, "mps", "small"),
    ],
)
def test_what_is_picked_where_nothing_is_said(machine, gpus, mps, expected, scale):
    machine(gpus, mps)
    assert device.pick() == torch.device(expected)
    assert device.scale() == scale


@pytest.mark.parametrize("value", ["cpu", " CPU ", "cuda", "cuda:1", "mps"])
def test_the_variable_overrides(machine, monkeypatch, value):
    machine(gpus=2, mps=True)
    monkeypatch.setenv("TEXTBOOK_NLP_DEVICE", value)
    assert device.pick() == torch.device(value.strip().lower())


def test_an_argument_overrides_the_variable(machine, monkeypatch):
    machine(gpus=1)
    monkeypatch.setenv("TEXTBOOK_NLP_DEVICE", "cuda")
    assert device.pick("cpu") == torch.device("cpu")


def test_an_empty_variable_says_nothing(machine, monkeypatch):
    machine()
    monkeypatch.setenv("TEXTBOOK_NLP_DEVICE", "")
    monkeypatch.setenv("TEXTBOOK_NLP_SCALE", "")
    assert device.pick() == torch.device("cpu")
    assert device.scale() == "small"


@pytest.mark.parametrize("value", ["gpu", "tpu", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "mps:0"])
def test_unknown_devices(machine, monkeypatch, value):
    machine(gpus=1, mps=True)
    monkeypatch.setenv("TEXTBOOK_NLP_DEVICE", value)
    with pytest.raises(ValueError, match=f"TEXTBOOK_NLP_DEVICE is '{value}'; expected 'cpu'"):
        device.pick()


@pytest.mark.parametrize(
    ("value", "cuda", "reason"),
    [
        ("cuda", None, "this build of torch has no CUDA"),
        ("cuda", "12.8", "torch sees no CUDA GPU"),
        ("cuda:1", "12.8", "torch sees no CUDA GPU"),
        ("mps", None, "torch sees no Apple GPU"),
    ],
)
def test_devices_that_are_absent(machine, monkeypatch, value, cuda, reason):
    machine()
    monkeypatch.setattr(torch, "version", SimpleNamespace(cuda=cuda, hip=None))
    monkeypatch.setenv("TEXTBOOK_NLP_DEVICE", value)
    with pytest.raises(device.DeviceUnavailable, match=f"{reason}.*TEXTBOOK_NLP_DEVICE=cpu"):
        device.pick()


def test_a_gpu_with_too_high_a_number(machine):
    machine(gpus=2)
    with pytest.raises(device.DeviceUnavailable, match="'cuda:2', but there are 2 GPUs"):
        device.pick("cuda:2")


@pytest.mark.parametrize("value", ["small", "medium", "full", " Full"])
def test_scale_from_the_variable(machine, monkeypatch, value):
    machine()
    monkeypatch.setenv("TEXTBOOK_NLP_SCALE", value)
    assert device.scale() == value.strip().lower()


def test_unknown_scale(monkeypatch):
    monkeypatch.setenv("TEXTBOOK_NLP_SCALE", "large")
    with pytest.raises(ValueError, match="TEXTBOOK_NLP_SCALE is 'large'; expected 'small'"):
        device.scale()


def test_scale_stays_small_on_a_gpu_when_it_is_asked_for(machine, monkeypatch):
    machine(gpus=1)
    monkeypatch.setenv("TEXTBOOK_NLP_SCALE", "small")
    assert device.scale() == "small"


def test_describe(machine, monkeypatch, tmp_path):
    machine(gpus=1)
    assert device.describe() == "GPU at cuda"
    assert device.describe(torch.device("cpu")).startswith("CPU (")
    assert "Apple GPU" in device.describe(torch.device("mps"))
    monkeypatch.setattr(device, "Path", lambda _: tmp_path / "absent")
    monkeypatch.setattr(device.platform, "processor", lambda: "")
    monkeypatch.setattr(device.platform, "machine", lambda: "arm64")
    assert device.describe(torch.device("cpu")).startswith("CPU (arm64, ")


def test_describe_reads_the_processors_name(monkeypatch, tmp_path):
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name\t: Fast One\n")
    monkeypatch.setattr(device, "Path", lambda _: tmp_path / "cpuinfo")
    assert device.describe(torch.device("cpu")).startswith("CPU (Fast One, ")


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"),
        MemoryError("Unable to allocate 8 TiB"),
        MemoryError(),
    ],
)
def test_out_of_memory_says_what_to_change(error):
    with (
        pytest.raises(
            device.OutOfMemory, match=r"lower batch_size \(now 64\).*SCALE=small"
        ) as info,
        device.explain_out_of_memory("lower batch_size (now 64)"),
    ):
        raise error
    assert info.value.__cause__ is error


def test_out_of_memory_on_the_cpu_is_recognized():
    with pytest.raises(device.OutOfMemory), device.explain_out_of_memory():
        torch.empty(2**58)
    with pytest.raises(device.OutOfMemory), device.explain_out_of_memory():
        np.empty(2**55)


def test_other_errors_pass_unchanged():
    with pytest.raises(RuntimeError, match="^shapes differ$") as info:  # noqa: SIM117
        with device.explain_out_of_memory():
            raise RuntimeError("shapes differ")
    assert not isinstance(info.value, device.OutOfMemory)
    with pytest.raises(KeyError), device.explain_out_of_memory():
        raise KeyError("x")
