"""Dataclasses that refuse wrong values, and changes to some of their fields."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from textbook_nlp.lab.runs.checked import Checked, Must, Number, Share, WrongField, changed, plain
from textbook_nlp.training import SGD, Adam, OptimizerChoice

pytestmark = pytest.mark.usefixtures("shapes_unchecked")


@dataclass(frozen=True)
class Inner(Checked):
    corpus: Literal["ptb", "grammar"] = "ptb"
    size: int = 3


@dataclass(frozen=True)
class Outer(Checked):
    data: Inner
    optimizer: OptimizerChoice
    dropout: Share = 0.0
    rates: tuple[Number, ...] = ()
    named: dict[str, Number] | None = None
    even: Annotated[int, Must(lambda value: value % 2 == 0, "an even number")] = 2


GOOD = Outer(Inner(), SGD(1.0))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data.corpus": "ptbb"}, r"Inner\.corpus is 'ptbb'; expected 'ptb' or 'grammar'"),
        ({"data.size": True}, r"Inner\.size is True; expected an integer"),
        ({"data.size": 3.0}, r"Inner\.size is 3\.0; expected an integer"),
        ({"data": "ptb"}, r"Outer\.data is 'ptb'; expected Inner"),
        ({"optimizer": "adamm"}, "expected SGD or Adam or AdamW or RMSprop"),
        ({"dropout": 1.0}, "expected a share, from 0 and below 1"),
        ({"dropout": math.nan}, r"Outer\.dropout is nan"),
        ({"rates": [1.0]}, r"Outer\.rates is \[1\.0\]; expected a tuple of a finite number"),
        ({"rates": (1.0, "x")}, r"Outer\.rates"),
        ({"named": {"x": None}}, "expected names, each with a finite number or None"),
        ({"even": 3}, "expected an even number"),
        ({"rates": (*range(99), None)}, r"\.\.\.; expected"),
    ],
)
def test_a_wrong_value_is_refused_when_the_configuration_is_made(changes, message):
    with pytest.raises(WrongField, match=message):
        changed(GOOD, changes)


def test_changes_reach_into_parts_and_leave_the_rest():
    other = changed(
        GOOD, {"data.size": 5, "optimizer": Adam(0.1), "optimizer.eps": 1e-7, "even": 4}
    )
    assert other == Outer(Inner("ptb", 5), Adam(0.1, eps=1e-7), even=4)
    assert Outer(Inner(), SGD(1.0)) == GOOD


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("sise", "Outer has no field 'sise'; it has data, optimizer"),
        ("data.sise", "Inner has no field 'sise'; it has corpus, size"),
        ("even.more", "even is 2, which has no field 'more'"),
    ],
)
def test_a_path_to_nothing_is_refused(path, message):
    with pytest.raises(ValueError, match=message):
        changed(GOOD, {path: 1})


def test_plain_values_say_which_part_was_chosen():
    assert plain(changed(GOOD, {"rates": (1.0, 2)})) == {
        "data": {"kind": "Inner", "corpus": "ptb", "size": 3},
        "optimizer": {"kind": "SGD", "learning_rate": 1.0, "momentum": 0.0, "weight_decay": 0.0},
        "dropout": 0.0,
        "rates": [1.0, 2],
        "named": None,
        "even": 2,
    }
