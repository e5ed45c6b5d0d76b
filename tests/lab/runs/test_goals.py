"""The list of headlines: whole, checked when it is read, and ready for the ledger."""

import re

import pytest

from textbook_nlp.lab.runs import ledger
from textbook_nlp.lab.runs.goals import HEADLINES, read_rows, rows

LIST = HEADLINES.read_text(encoding="utf-8")


def test_every_row_is_there_once_and_in_order():
    assert list(rows()) == list(range(1, 33))


def test_every_row_could_stand_in_the_ledger():
    for row in rows().values():
        dataset = ledger.Dataset(row.dataset, None)
        record = ledger.Record("x", row.title, row.row, dataset, [*row.goals], [])
        assert ledger.from_json(ledger.to_json(record), f"row {row.row}") == record
        assert row.goals
        asked = [(goal.metric, goal.of, goal.kind) for goal in row.goals]
        assert len(set(asked)) == len(asked)
        assert {each.metric for each in row.published} <= {goal.metric for goal in row.goals}


def test_the_reported_number_does_not_meet_what_is_to_be_beaten():
    beaten = {4: "cpu_seconds_to_98_percent", 5: "cpu_seconds", 14: "analogy_accuracy"}
    for row, metric in beaten.items():
        (goal,) = (goal for goal in rows()[row].goals if goal.metric == metric)
        assert goal.met(goal.reported) is False


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("row = 3\n", "row = 2\n", "twice or out of order"),
        ("row = 3\n", "row = 0\n", "row 0: Row.row is 0; expected the number of a row"),
        ("row = 3\n", "row = 3\nrank = 1\n", "row 3: .*unexpected keyword argument 'rank'"),
        ('kind = "between"', 'kind = "beneath"', "row 1: Goal.kind is 'beneath'; expected"),
        ("value = [0.03, 0.13]", "value = 0.03", "row 1: Goal.value is 0.03, which does not fit"),
        ("value = [0.03, 0.13]", "value = [0.13, 0.03]", "does not fit 'between'"),
        (', known = "M", of = "plain"', "", "row 1: Goal.reported and Goal.known belong together"),
        ('where = "CPU"', 'where = "Mars"', "row 1: Row.where is 'Mars'"),
        ("[[headline]]", "[headline", "is no list of headlines"),
        ('source = "Mikolov and Zweig 2012"', "source = 7", "row 7: Published.source is 7"),
    ],
)
def test_a_fault_in_the_list_is_named(tmp_path, old, new, message):
    assert old in LIST
    path = tmp_path / "list.toml"
    path.write_text(LIST.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        read_rows(path)
    assert re.match(r".*list\.toml", str(caught.value))
