"""The settings that all tests share do what they say."""

import os
import socket

import jaxtyping
import numpy as np
import pytest
import torch

from textbook_nlp.by_hand import rnn
from textbook_nlp.data.corpora import is_here


def test_shapes_are_checked():
    p = {"W_x": np.eye(3), "W_h": np.eye(3), "b": np.ones(3)}

    with pytest.raises(jaxtyping.TypeCheckError):
        rnn.forward(p, np.ones((2, 4, 3)), (np.ones((1, 3)),))


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org"])
def test_no_other_machine_is_reached(host):
    with socket.socket() as client, pytest.raises(OSError, match="loopback only"):
        client.connect((host, 80))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_reached(host):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect((host, server.getsockname()[1]))

        assert client.getpeername() == server.getsockname()


def test_what_a_person_has_set_does_not_reach_the_tests():
    assert {"TEXTBOOK_NLP_DEVICE", "TEXTBOOK_NLP_SCALE"}.isdisjoint(os.environ)
    assert os.environ["MPLBACKEND"] == "Agg"


def test_warnings_are_errors():
    with pytest.raises(RuntimeWarning):
        np.array([1.0]) / np.array([0.0])


def test_torch_is_seeded_for_each_test():
    assert torch.initial_seed() < 2**32  # torch's own default is larger


@pytest.mark.corpora("ptb", "imdb")
def test_a_test_marked_with_corpora_has_their_files():
    assert is_here("ptb")
    assert is_here("imdb")
