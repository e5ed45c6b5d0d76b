"""The exercises of chapter 12: references against the package."""

import numpy as np
import torch

from textbook_nlp.lab.exercises import encoder_and_decoder as check
from textbook_nlp.lab.experiments.addition_seq2seq import EXPERIMENT
from textbook_nlp.models import RecurrentDecoder, RecurrentEncoder, Seq2Seq, count_parameters
from textbook_nlp.text import turned_around
from textbook_nlp.training import exact_answers


def test_the_counts_of_exercise_1_are_the_packages():
    sizes = (
        count_parameters(EXPERIMENT.variants[name].model.build(13)) for name in ("plain", "peeky")
    )
    assert check.parameters(*sizes).state == "right"


def test_the_rows_of_exercises_3_and_8_are_turned_as_the_package_turns_them():
    def turned_targets(answers):
        rest = answers[:, 1:]
        return np.concatenate([answers[:, :1], turned_around(rest, rest != 0)], axis=1)

    assert check.turn(lambda ids, padding: turned_around(ids, ids != padding)).state == "right"
    assert check.turned_targets(turned_targets).state == "right"


def test_whole_answers_of_exercise_4_are_those_of_running_free():
    def whole(logits, targets, padding_id=0):
        right = logits.argmax(axis=2) == targets[:, 1:]
        return (right | (targets[:, 1:] == padding_id)).all(axis=1).mean()

    assert check.whole(whole).state == "right"
    torch.manual_seed(0)
    model = Seq2Seq(RecurrentEncoder(4, 3, 5), RecurrentDecoder(4, 3, 5))
    source, target = torch.randint(1, 4, (400, 3)), torch.randint(1, 4, (400, 3))
    target[:, 0] = 1
    with torch.no_grad():
        logits, _ = model(target[:, :-1], model.read(source))
    share, items = exact_answers(model, (source, target))
    assert 0 < share < 1
    np.testing.assert_allclose(whole(logits.numpy(), target.numpy()), float(share))
    assert items == 400
