"""The loss of a classifier: against the definition, at its edges, and inside the loop."""

import pytest
import torch
from torch.nn import functional as F

from textbook_nlp.models.classifier import EmbeddingClassifier
from textbook_nlp.training.batches import labeled_batches
from textbook_nlp.training.fit import fit
from textbook_nlp.training.losses import class_cross_entropy, classification_loss
from textbook_nlp.training.metrics import score


def test_one_logit_equals_two_of_which_one_is_zero():
    logits, labels = torch.randn(7, 1).double(), torch.randint(2, (7,))
    two = torch.cat([torch.zeros(7, 1), logits], dim=1)
    torch.testing.assert_close(
        class_cross_entropy(logits, labels), class_cross_entropy(two, labels)
    )
    probability = logits[:, 0].sigmoid()
    expected = -torch.where(labels == 1, probability, 1 - probability).log().mean()
    torch.testing.assert_close(class_cross_entropy(logits, labels), expected)
    torch.testing.assert_close(class_cross_entropy(two, labels), F.cross_entropy(two, labels))


def test_a_certain_and_wrong_classifier_has_a_finite_loss():
    loss = class_cross_entropy(torch.tensor([[800.0]]), torch.tensor([0]))
    torch.testing.assert_close(loss, torch.tensor(800.0))


@pytest.mark.parametrize(("K", "label"), [(1, 2), (1, -1), (3, 3)])
def test_a_label_that_is_no_class_is_refused(K, label):
    with pytest.raises(ValueError, match="expected classes from 0 to"):
        class_cross_entropy(torch.zeros(2, K), torch.tensor([0, label]))


@pytest.mark.parametrize("K", [1, 2])
def test_the_loop_trains_a_classifier_and_stops_early(K):
    torch.manual_seed(0)
    texts = torch.randint(1, 9, (300, 6))
    labels = ((texts == 3).sum(1) > (texts == 4).sum(1)).long()
    train = texts[:200], labels[:200]
    held_out = labeled_batches(texts[200:], labels[200:], 50)
    model = EmbeddingClassifier(9, 4, K)
    history = fit(
        model,
        lambda epoch: labeled_batches(*train, 16, seed=0, epoch=epoch),
        classification_loss,
        torch.optim.Adam(model.parameters(), 0.03),
        epochs=200,
        validate=lambda model: score(model, held_out).accuracy,
        higher_is_better=True,
        patience=5,
    )
    assert len(history.epochs) == history.best.number + 5 < 200
    torch.testing.assert_close(score(model, held_out).accuracy, history.best.validation)
    assert history.best.validation > 0.9
