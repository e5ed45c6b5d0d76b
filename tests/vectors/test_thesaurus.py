"""The thesaurus: paths by hand, the errors, and our own graph read back through `wn`."""

import builtins
import json
from itertools import combinations, product

import numpy as np
import pytest
import yaml

from textbook_nlp.data import samples
from textbook_nlp.data.corpora.wordnet import write_lmf
from textbook_nlp.files import DamagedFile
from textbook_nlp.vectors import NotInThesaurus, Synset, Thesaurus, WordNet

SMALL = Thesaurus.load(samples.path("thesaurus.json"))


@pytest.fixture
def wn():
    """The library, its settings put back and its database closed afterward."""
    wn = pytest.importorskip("wn")
    pytest.importorskip("wn.similarity")
    before = wn.config.data_directory
    yield wn
    from wn import _db

    for connection in _db.pool.values():
        connection.close()
    _db.pool.clear()
    wn.config.data_directory = before


def sources(folder, thesaurus):
    """Write a thesaurus as the sources of Open English WordNet are written."""
    entries = {}
    for word in thesaurus.words:
        for sense in thesaurus.senses(word):
            listed = entries.setdefault(word, {}).setdefault(sense.pos, {"sense": []})["sense"]
            listed.append({"id": f"{word}%{sense.id}", "synset": sense.id})
    synsets = {
        synset.id: {
            "definition": [synset.gloss],
            "partOfSpeech": synset.pos,
            "members": list(synset.words),
            "hypernym": [*synset.hypernyms],
        }
        for synset in thesaurus.synsets.values()
    }
    folder.mkdir()
    (folder / "entries-a.yaml").write_text(yaml.safe_dump(entries))
    (folder / "noun.all.yaml").write_text(yaml.safe_dump(synsets))
    return folder


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
            "a cycle: a -> b -> c -> b",
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


def test_wordnet_answers_as_our_own_thesaurus_does(tmp_path, wn):
    lmf = write_lmf(sources(tmp_path / "yaml", SMALL), tmp_path / "lmf" / "small.xml")
    wordnet = WordNet(lmf, tmp_path / "database")
    assert wordnet.words == sorted(SMALL.words)
    assert "goose" in wordnet
    assert "geese" not in wordnet
    assert wordnet.senses("bank")[0].gloss == SMALL.senses("bank")[0].gloss
    for word in SMALL.words:
        assert sorted(wordnet.synonyms(word)) == sorted(SMALL.synonyms(word))
        assert sorted([s.id for s in p] for p in wordnet.hypernym_paths(word)) == sorted(
            [f"oewn-{s.id}" for s in p] for p in SMALL.hypernym_paths(word)
        )
    lexicon = wn.Wordnet(lexicon="oewn")
    for first, second in combinations(SMALL.words[::4], 2):
        theirs = max(
            wn.similarity.path(a, b)
            for a, b in product(lexicon.synsets(first), lexicon.synsets(second))
        )
        np.testing.assert_allclose(SMALL.path_similarity(first, second), theirs)
        np.testing.assert_allclose(wordnet.path_similarity(first, second), theirs)


def test_a_filled_folder_is_enough(tmp_path, wn):
    lmf = write_lmf(sources(tmp_path / "yaml", SMALL), tmp_path / "small.xml")
    with pytest.raises(ValueError, match="give a WN-LMF file"):
        WordNet(None, tmp_path / "database")
    WordNet(lmf, tmp_path / "database")
    lmf.unlink()
    again = WordNet(None, tmp_path / "database")
    assert again.synonyms("car") == ["automobile"]
    assert set(again.synset("oewn-car").words) == {"car", "automobile"}
    with pytest.raises(KeyError):
        again.synset("oewn-unicorn")
    with pytest.raises(NotInThesaurus, match="unicorn"):
        again.senses("unicorn")
    assert wn.config.data_directory == tmp_path / "database"


def test_what_is_no_wordnet_is_refused(tmp_path, wn):
    path = tmp_path / "other.xml"
    path.write_text("<nothing/>")
    with pytest.raises(ValueError, match="no WN-LMF"):
        WordNet(path, tmp_path / "database")


def test_without_wn_the_error_says_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "wn":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="pip install wn"):
        WordNet(None, tmp_path)
