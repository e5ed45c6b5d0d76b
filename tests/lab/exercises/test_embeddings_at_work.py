"""The exercises of chapter 05: references against the package."""

import numpy as np
import torch

from textbook_nlp.by_hand.pooling import masked_mean_backward, masked_mean_forward
from textbook_nlp.lab.exercises import embeddings_at_work as check
from textbook_nlp.models.classifier import EmbeddingClassifier
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.training import fit
from textbook_nlp.vectors.embeddings import Embeddings


def test_the_count_of_exercise_1_is_the_packages():
    model = EmbeddingClassifier(10_000, 16, hidden_size=24, masked=False)
    assert check.parameters(count_parameters(model)).state == "right"


def test_the_average_of_exercise_2_is_the_packages():
    vectors = np.array([[[1.0, 3.0], [4.0, -3.0], [1.0, 3.0], [6.0, 6.0]]])
    mask = np.array([[True, True, True, False]])
    assert check.average(masked_mean_forward(vectors, mask)[0]).state == "right"


def test_the_gradient_of_exercise_3_is_the_packages():
    shares = masked_mean_backward(np.array([[0.6, -0.2]]), np.ones((1, 4), dtype=bool))
    assert check.gradient(shares[0, 0] + shares[0, 2]).state == "right"


def test_the_matrix_of_exercise_6_is_the_packages():
    def embedding_matrix(tokens, vectors):
        table = Embeddings(list(vectors), np.array(list(vectors.values())))
        return table.matrix_for(tokens)[0]

    assert check.embedding_matrix(embedding_matrix).state == "right"


def test_the_loop_stops_as_exercise_7_does():
    def stop(losses, patience):
        model = torch.nn.Linear(1, 1)
        rest = iter(losses)
        history = fit(
            model,
            [torch.ones(1, 1)],
            lambda model, x: (model(x).sum(), 1),
            torch.optim.SGD(model.parameters(), 0.1),
            epochs=len(losses),
            validate=lambda model: next(rest),
            patience=patience,
        )
        return history.best.number, len(history.epochs)

    assert check.stop(stop).state == "right"
