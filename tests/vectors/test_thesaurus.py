"""The thesaurus: paths by hand, and the errors; `wn` is the peer in the tests of WordNet."""

import json

import numpy as np
import pytest

from textbook_nlp.data import samples
from textbook_nlp.files import DamagedFile
from textbook_nlp.vectors import NotInThesaurus, Synset, Thesaurus

SMALL = Thesaurus.load(samples.path("thesaurus.json"))


def test_the_small_thesaurus_is_sound():
    assert len(SMALL.synsets) == 80
    assert [s.id for s in SMALL.synsets.values() if not s.hypernyms] == ["thing"]
    assert all(synset.gloss and synset.words for synset in SMALL.synsets.values())
    assert SMALL.synonyms("car") == ["automobile"]
    assert SMALL.synonyms("coach") == ["trainer", "bus"]
    assert SMALL.synonyms("goose") == []
    assert len(SMALL.senses("bank")) == 2
    assert "goose" in SMALL
    assert "geese" not in SMALL


def test_paths_lead_to_the_root():
    ids = [[step.id for step in path] for path in SMALL.hypernym_paths("dog")]
    assert ids == [
        ["dog", "mammal", "animal", "living", "matter", "thing"],
        ["dog", "pet", "animal", "living", "matter", "thing"],
    ]
    assert len(SMALL.hypernym_paths("mouse")) == 2


@pytest.mark.parametrize(
    ("first", "second", "steps"),
    [
        ("goose", "goose", 0),
        ("car", "automobile", 0),
        ("goose", "bird", 1),
        ("goose", "duck", 2),
        ("goose", "dog", 4),
        ("dog", "cat", 2),
        ("goose", "joy", 8),
        ("bank", "shore", 0),
        ("mouse", "hammer", 2),
        ("mouse", "cat", 2),
    ],
)
def test_similarity_is_that_of_the_shortest_path(first, second, steps):
    np.testing.assert_allclose(SMALL.path_similarity(first, second), 1 / (1 + steps))
    np.testing.assert_allclose(SMALL.path_similarity(second, first), 1 / (1 + steps))


def test_paths_are_counted_through_meanings_above_both():
    # x and y share what lies below them, and nothing above.
    graph = Thesaurus(
        [
            Synset("x", ("x",), "a root"),
            Synset("y", ("y",), "a root"),
            Synset("z", ("z",), "below both", ("x", "y")),
        ]
    )
    assert graph.path_similarity("x", "y") == 0
    np.testing.assert_allclose(graph.path_similarity("x", "z"), 0.5)
    assert graph.distance(graph.synset("x"), graph.synset("y")) is None


def test_the_shorter_of_two_ways_up_counts():
    graph = Thesaurus(
        [
            Synset("top", ("top",), "the root"),
            Synset("middle", ("middle",), "between", ("top",)),
            Synset("low", ("low",), "below both", ("middle", "top")),
        ]
    )
    assert graph.distances_up(graph.synset("low")) == {"low": 0, "middle": 1, "top": 1}
    np.testing.assert_allclose(graph.path_similarity("low", "top"), 1 / 2)


def test_parts_of_speech_are_kept_apart():
    graph = Thesaurus(
        [
            Synset("top", ("top",), "the root"),
            Synset("run.n", ("run",), "a row of days", ("top",)),
            Synset("run.v", ("run",), "to go fast", ("top",), pos="v"),
            Synset("go", ("go",), "to move", ("top",), pos="v"),
            Synset("quick", ("quick",), "fast", ("top",), pos="a"),
            Synset("fast", ("fast",), "quick", ("top",), pos="s"),
        ]
    )
    np.testing.assert_allclose(graph.path_similarity("run", "go"), 1 / 3)
    np.testing.assert_allclose(graph.path_similarity("run", "top"), 1 / 2)
    assert graph.path_similarity("go", "top") == 0
    np.testing.assert_allclose(graph.path_similarity("quick", "fast"), 1 / 3)


@pytest.mark.parametrize(
    ("synsets", "words"),
    [
        ([], "at least one synset"),
        ([Synset("a", ("a",), ""), Synset("a", ("b",), "")], "occurs twice"),
        ([Synset("a", (), "")], "no word"),
        ([Synset("a", ("a",), "", ("b",))], "'b', which is no synset"),
        ([Synset("a", ("a",), "", ("a",))], "a cycle: a -> a"),
        (
            [
                Synset("a", ("a",), "", ("b",)),
                Synset("b", ("b",), "", ("c",)),
                Synset("c", ("c",), "", ("b",)),
            ],
            "a cycle: (b -> c -> b|c -> b -> c)",
        ),
    ],
)
def test_unsound_graphs_are_refused(synsets, words):
    with pytest.raises(ValueError, match=words):
        Thesaurus(synsets)


def test_an_unknown_word_is_named():
    for ask in (SMALL.senses, SMALL.synonyms, SMALL.hypernym_paths):
        with pytest.raises(NotInThesaurus, match="'geese' among its 113 words"):
            ask("geese")
    with pytest.raises(NotInThesaurus, match="geese"):
        SMALL.path_similarity("goose", "geese")


@pytest.mark.parametrize("content", ["", "[1]", '[{"id": "a"}]', "[]", '{"a": 1}', "7"])
def test_a_damaged_file_is_refused(tmp_path, content):
    path = tmp_path / "thesaurus.json"
    path.write_text(content)
    with pytest.raises(DamagedFile, match=r"thesaurus\.json"):
        Thesaurus.load(path)


def test_a_thesaurus_of_ones_own_is_read(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([{"id": "a", "words": ["거위"], "gloss": "a goose", "pos": "n"}]))
    assert Thesaurus.load(path).words == ["거위"]


def test_what_was_saved_is_read_back(tmp_path):
    SMALL.save(tmp_path / "copy.json")
    assert Thesaurus.load(tmp_path / "copy.json").synsets == SMALL.synsets
