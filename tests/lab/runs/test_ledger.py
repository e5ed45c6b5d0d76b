"""The ledger: what a record must hold, what merging keeps, and that files are whole."""

import copy
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.lab.runs import ledger
from textbook_nlp.lab.runs.checked import WrongField
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.runs.ledger import Chosen, Dataset, LedgerError, Record, Run

HASH = "0123456789abcdef" * 4
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
NAMES = st.from_regex("[a-z][a-z0-9_]{0,8}", fullmatch=True)
KEYS = st.tuples(  # as `Run.key`
    st.sampled_from(["faithful", "ours", "peeky"]),
    st.sampled_from(ledger.SCALES),
    st.integers(0, 3),
    st.sampled_from(["CPU (a)", "GPU b"]),
)


FIELDS = {"model": {"kind": "RecurrentModel", "hidden_size": 100}, "tied": False, "rates": [0.5]}


def make_run(key=("ours", "full", 0, "CPU (a)"), fields=FIELDS, **changes):
    variant, scale, seed, device = key
    values = {
        "scale": scale,
        "configuration": Chosen(variant, fields),
        "dataset": Dataset("ptb", {"train": HASH}),
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
    return Run(**values | changes)


def make_record(*runs, **changes):
    fields = {
        "experiment": "toy",
        "title": "A toy",
        "row": 7,
        "dataset": Dataset("ptb", {"train": HASH}),
        "goals": [
            Goal("test_perplexity", "at_most", 136.0, 135.6, "M", "perplexity"),
            Goal("exact_match", "between", (0.1, 0.2), note="a note", of="ours"),
            Goal("cpu_seconds", "measure", unit="seconds"),
        ],
        "runs": list(runs),
    }
    return Record(**fields | changes)


VALID = ledger.to_json(make_record(make_run()))


@settings(max_examples=25)  # each waits for the disk
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
    """Every field of a record that has an annotation of its own."""
    for name, value in data.items():
        yield (*prefix, name)
        if name in ("configuration", "dataset"):
            yield from ((*prefix, name, inner) for inner in value)
    for part in ("goals", "runs") if not prefix else ():
        for i, entry in enumerate(data[part]):
            yield from paths_of(entry, (part, i))


def named(path):
    return ".".join(map(str, path))


def parent_of(data, path):
    for step in path[:-1]:
        data = data[step]
    return data


def refused(data):
    with pytest.raises(LedgerError) as caught:
        ledger.from_json(data, "toy.json")
    message = str(caught.value)
    assert message.startswith("toy.json")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("path", list(paths_of(VALID)), ids=named)
def test_a_missing_field_is_named(path):
    data = copy.deepcopy(VALID)
    del parent_of(data, path)[path[-1]]
    message = refused(data)
    assert f".{path[-1]} is missing" in message
    if isinstance(path[0], str) and len(path) > 2:
        assert f"{path[0]}[{path[1]}]" in message


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("path", list(paths_of(VALID)), ids=named)
@pytest.mark.parametrize("wrong", [{"x": {"y": None}}, True, -1, ["a", {}]], ids=repr)
def test_a_wrong_field_is_named(path, wrong):
    if path[-1] in ("value", "reported") and wrong == -1:
        return  # a number like any other
    if path[-1] == "fields" and isinstance(wrong, dict):
        return  # any plain values are
    data = copy.deepcopy(VALID)
    parent_of(data, path)[path[-1]] = wrong
    assert path[-1] in refused(data)


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("experiment",), "Toy!"),
        (("title",), "  "),
        (("row",), 0),
        (("row",), "7"),
        (("row",), 7.0),
        (("row",), [1, 0]),
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
        (("runs", 0, "configuration", "variant"), "Best!"),
        (("runs", 0, "configuration", "fields"), {"rate": math.nan}),
        (("goals", 0, "of"), ""),
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
    refused(data)


def test_unknown_fields_are_refused():
    for path in [("more",), ("goals", 0, "more"), ("runs", 0, "more"), ("dataset", "more")]:
        data = copy.deepcopy(VALID)
        parent_of(data, path)["more"] = 1
        assert "more is unknown; known are" in refused(data)


@pytest.mark.parametrize("data", [[], "text", None, {"runs": []}])
def test_what_is_no_record_is_refused(data):
    refused(data)


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"experiment": NaN}', '{"experiment": -Infinity}', "[1, 2", "[" * 100_000],
    ids=["empty", "cut", "nan", "infinity", "open", "deep"],
)
def test_a_damaged_file_gives_one_clear_error(tmp_path, text):
    (tmp_path / "toy.json").write_text(text)
    with pytest.raises(LedgerError, match=r"toy\.json cannot be read as a record"):
        ledger.load(tmp_path / "toy.json")


def test_a_record_under_another_name_is_refused(tmp_path):
    ledger.save(make_record(), tmp_path).rename(tmp_path / "other.json")
    with pytest.raises(LedgerError, match="experiment is 'toy'"):
        ledger.load(tmp_path / "other.json")


def test_a_bad_record_does_not_replace_a_good_one(tmp_path):
    run = make_run(metrics={"loss": 1.0})
    path = ledger.save(make_record(run), tmp_path)
    before = path.read_bytes()
    run.metrics["loss"] = math.nan  # behind the back of the checks
    with pytest.raises(ValueError, match="JSON"):
        ledger.save(make_record(run), tmp_path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["toy.json"]


@pytest.mark.usefixtures("shapes_unchecked")
def test_a_wrong_run_cannot_be_made():
    with pytest.raises(WrongField, match=r"Run\.metrics is .*nan"):
        make_run(metrics={"loss": math.nan})
    with pytest.raises(WrongField, match="Run.dataset has no sha256"):
        make_run(dataset=Dataset("ptb", None))


def test_writers_at_once_lose_nothing(tmp_path):
    def write(first):
        for seed in range(first, 20, 4):
            ledger.add(make_record(make_run(("ours", "full", seed, "CPU (a)"))), tmp_path)

    with ThreadPoolExecutor(4) as pool:  # each holds the folder by a handle of its own
        list(pool.map(write, range(4)))
    assert [run.seed for run in ledger.read("toy", tmp_path).runs] == list(range(20))
    assert [path.name for path in tmp_path.iterdir()] == ["toy.json"]


@settings(max_examples=40)
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
    stale = make_run(("ours", "full", 1, "CPU (a)"), fields={"hidden": 1})
    other = make_run(("faithful", "full", 1, "CPU (a)"), fields={"hidden": 1})
    new = make_run(("ours", "full", 0, "CPU (a)"))
    assert ledger.merge(make_record(stale, other), make_record(new)).runs == [other, new]
    reread = make_run(dataset=Dataset("ptb", {"train": HASH[::-1]}))
    assert ledger.merge(make_record(new), make_record(reread)).runs == [reread]


def test_adding_says_which_runs_went_because_fields_or_data_changed(tmp_path):
    keys = [("ours", "full", seed, "CPU (a)") for seed in range(3)]
    first, second, third = map(make_run, keys)
    assert ledger.add(make_record(first, second), tmp_path)[2] == []
    again = make_run(keys[0], dataset=Dataset("ptb", {"train": HASH[::-1]}))
    _, kept, dropped = ledger.add(make_record(again), tmp_path)
    assert (kept.runs, dropped) == ([again], [second])  # the first was replaced, not dropped
    assert ledger.add(make_record(third), tmp_path)[2] == [again]


def test_runs_of_one_command_may_not_drop_each_other():
    first = make_run(("ours", "full", 0, "CPU (a)"))
    other = make_run(("ours", "full", 1, "CPU (a)"), dataset=Dataset("ptb", {"train": HASH[::-1]}))
    ledger.check_together([first, first, replace(other, scale="small")])
    with pytest.raises(LedgerError, match="seed 1 of ours read other data than seed 0.*the rules"):
        ledger.check_together([first, other])


def test_merging_keeps_the_hash_that_a_small_run_does_not_know():
    small = make_record(dataset=Dataset("ptb", None))
    assert ledger.merge(make_record(), small).dataset == make_record().dataset


def test_records_of_two_experiments_do_not_merge():
    with pytest.raises(LedgerError, match="does not belong"):
        ledger.merge(make_record(), make_record(experiment="other"))


def test_contradictions_between_runs_are_refused():
    twice = copy.deepcopy(VALID)
    twice["runs"] *= 2
    assert "runs[1] and runs[0] have equal" in refused(twice)
    mixed = copy.deepcopy(VALID)
    other = copy.deepcopy(mixed["runs"][0]) | {"seed": 1}
    other["configuration"]["fields"] = {"a": 1}
    mixed["runs"].append(other)
    assert "runs[1].configuration differs" in refused(mixed)


def test_the_summary_is_median_and_range():
    runs = [
        make_run(("ours", "full", seed, "CPU (a)"), metrics={"x": value}, date=f"2026-01-0{seed}")
        for seed, value in [(1, 3.0), (2, 9.0), (3, 4.0)]
    ]
    other = make_run(("faithful", "full", 0, "CPU (a)"), metrics={"y": 1.0})
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
    assert Goal("x", kind, value).met(measured) is met


def test_every_record_of_the_package_is_valid():
    paths = sorted(ledger.RESULTS.glob("*.json"))
    for path in paths:
        record = ledger.load(path)
        assert record.runs, path
        read = {run.dataset.name for run in record.runs if run.scale == "full"}
        assert read <= {record.dataset.name}
    assert [path.name for path in ledger.RESULTS.iterdir() if path not in paths] == []
