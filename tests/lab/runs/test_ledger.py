"""The ledger: what a record must hold, what merging keeps, and that files are whole."""

import copy
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.lab.runs import ledger
from textbook_nlp.lab.runs.ledger import Goal, LedgerError, Record, Run

HASH = "0123456789abcdef" * 4
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
NAMES = st.from_regex("[a-z][a-z0-9_]{0,8}", fullmatch=True)
KEYS = st.tuples(
    st.sampled_from(ledger.SCALES),
    st.sampled_from(ledger.CONFIGURATIONS),
    st.integers(0, 3),
    st.sampled_from(["CPU (a)", "GPU b"]),
)


def make_run(key=("full", "ours", 0, "CPU (a)"), **changes):
    scale, configuration, seed, device = key
    fields = {
        "scale": scale,
        "configuration": configuration,
        "fields": {"hidden": 100, "tied": False, "corpus": "ptb", "rate": 0.5},
        "dataset": {"name": "ptb", "sha256": {"train": HASH}},
        "seed": seed,
        "metrics": {"test_perplexity": 100.5, "parameters": 7},
        "curves": {"train": [3.0, 2.0]},
        "device": device,
        "cpu_seconds": 12.5,
        "wall_seconds": 20,
        "versions": {"torch": "2.13.0+cpu"},
        "date": "2026-01-31",
        "commit": "a" * 40,
    }
    return Run(**fields | changes)


def make_record(*runs, **changes):
    fields = {
        "experiment": "toy",
        "title": "A toy",
        "row": 7,
        "dataset": {"name": "ptb", "sha256": {"train": HASH}},
        "goals": [
            Goal("test_perplexity", "at_most", 136.0, 135.6, "M", "perplexity"),
            Goal("exact_match", "between", (0.1, 0.2), None, None, "share", "a note"),
            Goal("cpu_seconds", "measure", None, None, None, "seconds"),
        ],
        "runs": list(runs),
    }
    return Record(**fields | changes)


VALID = ledger.to_json(make_record(make_run()))


@given(
    st.lists(KEYS, unique=True, max_size=8),
    st.dictionaries(NAMES, NUMBERS, max_size=4),
    st.dictionaries(NAMES, st.lists(NUMBERS, max_size=5), max_size=3),
)
def test_what_is_saved_comes_back(tmp_path_factory, keys, metrics, curves):
    runs = [make_run(key, metrics=metrics, curves=curves) for key in keys]
    folder = tmp_path_factory.mktemp("ledger")
    path = ledger.save(make_record(*runs), folder)
    assert ledger.load(path) == make_record(*runs)
    assert ledger.read("toy", folder) == make_record(*runs)
    assert [p.name for p in folder.iterdir()] == ["toy.json"]


def test_what_nobody_has_run_is_none(tmp_path):
    assert ledger.read("toy", tmp_path) is None
    with pytest.raises(FileNotFoundError):
        ledger.load(tmp_path / "toy.json")


def paths_of(data, prefix=()):
    """Every field of a record that has a rule of its own."""
    for name in data:
        yield (*prefix, name)
    for part in ("goals", "runs"):
        for i, entry in enumerate(data.get(part, [])):
            yield from (((part, i, name)) for name in entry)


def named(path):
    return path[0] if len(path) == 1 else f"{path[0]}[{path[1]}].{path[2]}"


def parent_of(data, path):
    for step in path[:-1]:
        data = data[step]
    return data


@pytest.mark.parametrize("path", list(paths_of(VALID)), ids=named)
def test_a_missing_field_is_named(tmp_path, path):
    data = copy.deepcopy(VALID)
    del parent_of(data, path)[path[-1]]
    (tmp_path / "toy.json").write_text(json.dumps(data))
    with pytest.raises(LedgerError) as caught:
        ledger.load(tmp_path / "toy.json")
    message = str(caught.value)
    assert "toy.json" in message
    assert f"field {named(path)} is missing; expected" in message


@pytest.mark.parametrize("path", list(paths_of(VALID)), ids=named)
@pytest.mark.parametrize("wrong", [{"x": {"y": None}}, True, -1, ["a", {}]], ids=repr)
def test_a_wrong_field_is_named(path, wrong):
    data = copy.deepcopy(VALID)
    parent_of(data, path)[path[-1]] = wrong
    if named(path) in ("goals[0].value", "goals[0].reported") and wrong == -1:
        return  # a number like any other
    with pytest.raises(LedgerError) as caught:
        ledger.from_json(data, "toy.json")
    assert "toy.json" in str(caught.value)
    assert named(path) in str(caught.value)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("experiment",), "Toy!"),
        (("title",), "  "),
        (("row",), 0),
        (("row",), "7"),
        (("row",), 7.0),
        (("dataset",), {"name": "ptb", "sha256": {"train": HASH[1:]}}),
        (("dataset",), {"name": "ptb", "sha256": {}}),
        (("dataset",), {"name": "ptb"}),
        (("goals", 0, "kind"), "above"),
        (("goals", 0, "value"), None),
        (("goals", 0, "value"), [1, 2]),
        (("goals", 1, "value"), 0.1),
        (("goals", 1, "value"), [0.2, 0.1]),
        (("goals", 1, "value"), [0.1, 0.2, 0.3]),
        (("goals", 2, "value"), 1.0),
        (("goals", 0, "known"), "X"),
        (("goals", 0, "known"), None),
        (("goals", 2, "known"), "V"),
        (("runs", 0, "scale"), "huge"),
        (("runs", 0, "configuration"), "best"),
        (("runs", 0, "dataset"), {"name": "ptb", "sha256": None}),
        (("runs", 0, "seed"), 1.0),
        (("runs", 0, "seed"), True),
        (("runs", 0, "metrics"), {"a": "1"}),
        (("runs", 0, "metrics"), {"a": math.nan}),
        (("runs", 0, "metrics"), {"a": math.inf}),
        (("runs", 0, "metrics"), {"": 1.0}),
        (("runs", 0, "curves"), {"a": [1.0, math.nan]}),
        (("runs", 0, "curves"), {"a": 1.0}),
        (("runs", 0, "cpu_seconds"), -0.1),
        (("runs", 0, "versions"), {"torch": 2}),
        (("runs", 0, "date"), "31.1.2026"),
        (("runs", 0, "date"), "20260131"),
        (("runs", 0, "commit"), "a" * 39),
    ],
)
def test_what_a_field_must_not_be(path, wrong):
    data = copy.deepcopy(VALID)
    parent_of(data, path)[path[-1]] = wrong
    with pytest.raises(LedgerError, match="toy"):
        ledger.from_json(data, "toy")


def test_unknown_fields_are_refused():
    for path in [("more",), ("goals", 0, "more"), ("runs", 0, "more")]:
        data = copy.deepcopy(VALID)
        parent_of(data, path)["more"] = 1
        with pytest.raises(LedgerError, match="more is unknown; known are"):
            ledger.from_json(data, "toy")


@pytest.mark.parametrize("data", [[], "text", None, {"runs": []}])
def test_what_is_no_record_is_refused(data):
    with pytest.raises(LedgerError, match="toy"):
        ledger.from_json(data, "toy")


@pytest.mark.parametrize(
    "text", ["", "{", '{"experiment": NaN}', '{"experiment": -Infinity}', "[1, 2"]
)
def test_a_damaged_file_gives_one_clear_error(tmp_path, text):
    (tmp_path / "toy.json").write_text(text)
    with pytest.raises(LedgerError, match=r"toy\.json cannot be read as a record"):
        ledger.load(tmp_path / "toy.json")


def test_a_record_under_another_name_is_refused(tmp_path):
    ledger.save(make_record(), tmp_path).rename(tmp_path / "other.json")
    with pytest.raises(LedgerError, match="field experiment is 'toy'"):
        ledger.load(tmp_path / "other.json")


def test_a_bad_record_does_not_replace_a_good_one(tmp_path):
    path = ledger.save(make_record(make_run()), tmp_path)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"runs\[0\]\.metrics"):
        ledger.save(make_record(make_run(metrics={"loss": math.nan})), tmp_path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["toy.json"]


@given(st.lists(KEYS, unique=True, max_size=8), st.lists(KEYS, unique=True, max_size=8))
def test_merging_keeps_the_newest_of_each_key(old_keys, new_keys):
    old = make_record(*[make_run(key, cpu_seconds=1.0) for key in old_keys])
    new = make_record(*[make_run(key, cpu_seconds=2.0) for key in new_keys])
    merged = ledger.merge(old, new)
    got = {run.key: run.cpu_seconds for run in merged.runs}
    assert got == dict.fromkeys(old_keys, 1.0) | dict.fromkeys(new_keys, 2.0)
    assert len(merged.runs) == len(got)
    assert ledger.merge(merged, new) == merged
    assert ledger.from_json(ledger.to_json(merged), "toy") == merged
    assert ledger.merge(None, merged) == merged


def test_runs_of_changed_fields_or_data_go():
    stale = make_run(("full", "ours", 1, "CPU (a)"), fields={"hidden": 1})
    other = make_run(("full", "faithful", 1, "CPU (a)"), fields={"hidden": 1})
    new = make_run(("full", "ours", 0, "CPU (a)"))
    assert ledger.merge(make_record(stale, other), make_record(new)).runs == [other, new]
    reread = make_run(dataset={"name": "ptb", "sha256": {"train": HASH[::-1]}})
    assert ledger.merge(make_record(new), make_record(reread)).runs == [reread]


def test_merging_keeps_the_hash_that_a_small_run_does_not_know():
    small = make_record(dataset={"name": "ptb", "sha256": None})
    assert ledger.merge(make_record(), small).dataset == make_record().dataset


def test_records_of_two_experiments_do_not_merge():
    with pytest.raises(LedgerError, match="does not belong"):
        ledger.merge(make_record(), make_record(experiment="other"))


def test_contradictions_between_runs_are_refused():
    twice = ledger.to_json(make_record(make_run(), make_run()))
    with pytest.raises(LedgerError, match=r"runs\[1\] and runs\[0\] have equal"):
        ledger.from_json(twice, "toy")
    mixed = make_record(make_run(), make_run(("full", "ours", 1, "CPU (a)"), fields={"a": 1}))
    with pytest.raises(LedgerError, match=r"runs\[1\]\.fields differs"):
        ledger.from_json(ledger.to_json(mixed), "toy")


def test_the_summary_is_median_and_range():
    runs = [
        make_run(("full", "ours", seed, "CPU (a)"), metrics={"x": value}, date=f"2026-01-0{seed}")
        for seed, value in [(1, 3.0), (2, 9.0), (3, 4.0)]
    ]
    other = make_run(("full", "faithful", 0, "CPU (a)"), metrics={"y": 1.0})
    (summary,) = ledger.summarize(make_record(*runs, other), "x")
    assert (summary.median, summary.low, summary.high, summary.seeds) == (4.0, 3.0, 9.0, 3)
    assert summary.date == "2026-01-03"
    assert ledger.summarize(make_record(), "x") == []


@pytest.mark.parametrize(
    ("kind", "value", "measured", "met"),
    [
        ("at_least", 0.5, 0.5, True),
        ("at_least", 0.5, 0.4, False),
        ("at_most", 136.0, 136.1, False),
        ("at_most", 136.0, 99.0, True),
        ("between", (0.1, 0.2), 0.2, True),
        ("between", (0.1, 0.2), 0.3, False),
        ("equal", 10, 10, True),
        ("equal", 10, 11, False),
        ("measure", None, 5.0, None),
    ],
)
def test_a_goal_knows_when_it_is_met(kind, value, measured, met):
    assert Goal("x", kind, value, None, None, "u").met(measured) is met


def test_every_record_of_the_package_is_valid():
    paths = sorted(ledger.RESULTS.glob("*.json"))
    for path in paths:
        record = ledger.load(path)
        assert record.runs, path
        assert all(
            run.dataset["name"] == record.dataset["name"]
            for run in record.runs
            if run.scale == "full"
        )
    assert [path.name for path in ledger.RESULTS.iterdir() if path not in paths] == []
