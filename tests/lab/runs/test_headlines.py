"""The rows of the headline list."""

from textbook_nlp.lab.runs import ledger
from textbook_nlp.lab.runs.headlines import HEADLINES


def test_every_row_is_there_once_and_in_order():
    assert [headline.row for headline in HEADLINES] == list(range(1, 33))


def test_every_row_could_stand_in_the_ledger():
    for headline in HEADLINES:
        dataset = {"name": headline.dataset, "sha256": None}
        record = ledger.Record("x", headline.title, headline.row, dataset, [*headline.goals], [])
        assert ledger.from_json(ledger.to_json(record), f"row {headline.row}") == record
        assert headline.goals
        assert set(headline.where.split("/")) <= {"CPU", "GPU"}
        metrics = [goal.metric for goal in headline.goals]
        assert len(set(metrics)) == len(metrics)


def test_the_reported_number_does_not_meet_what_is_to_be_beaten():
    beaten = {4: "cpu_seconds_to_98_percent", 5: "cpu_seconds", 14: "analogy_accuracy"}
    for row, metric in beaten.items():
        (goal,) = (goal for goal in HEADLINES[row - 1].goals if goal.metric == metric)
        assert goal.met(goal.reported) is False
