"""From the YAML sources of WordNet to what `wn` reads: made in the test, and a part of the real."""

import builtins
import gzip
import io
import os
import tarfile
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml

from textbook_nlp.data import corpora
from textbook_nlp.data.corpora import wordnet
from textbook_nlp.data.corpora.errors import FormatError
from textbook_nlp.vectors.thesaurus import WordNet

ENTRIES = {
    "goose": {"n": {"sense": [{"id": "goose%1", "synset": "2-n"}]}},
    "bird's egg": {"n": {"sense": [{"id": "egg%1", "synset": "9-n"}]}},
    "bird": {"n-1": {"sense": [{"id": "bird%1", "synset": "1-n"}]}, "v": {"sense": []}},
    "Gus": {"n": {"sense": [{"id": "gus%1", "synset": "3-n"}]}},
    "R&B": {"n": {"sense": [{"id": "rb%1", "synset": "4-n"}]}},
}
SYNSETS = {
    "1-n": {"definition": ["an <animal>\nwith  feathers"], "partOfSpeech": "n"},
    "2-n": {"definition": ["a bird"], "partOfSpeech": "n", "hypernym": ["1-n", "8-n"]},
    "3-n": {"definition": ["a goose"], "partOfSpeech": "n", "instance_hypernym": ["2-n"]},
    "4-n": {"definition": ["a music"], "partOfSpeech": "n", "mero_part": ["1-n"]},
}
REAL = os.environ.get("TEXTBOOK_NLP_DATA", "")
ARCHIVE = Path(REAL, "wordnet/english-wordnet-2024-yaml.tar.gz")


@pytest.fixture
def wn(monkeypatch, tmp_path):
    """The library, and a cache that no test may share with the user."""
    wn = pytest.importorskip("wn")
    pytest.importorskip("wn.similarity")
    before = wn.config.data_directory
    monkeypatch.setattr(wordnet.pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    yield wn
    from wn import _db

    for connection in _db.pool.values():
        connection.close()
    _db.pool.clear()
    wn.config.data_directory = before


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "sources"
    (folder / "src").mkdir(parents=True)
    (folder / "src/entries-a.yaml").write_text(yaml.safe_dump(ENTRIES))
    (folder / "src/noun.all.yaml").write_text(yaml.safe_dump(SYNSETS))
    (folder / "src/frames.yaml").write_text(yaml.safe_dump({"vii": "Somebody ----s"}))
    return folder


def packed(folder, path):
    with tarfile.open(path, "w:gz") as tar:
        for file in sorted(folder.rglob("*.yaml")):
            content = file.read_bytes()
            member = tarfile.TarInfo(f"wordnet/{file.name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def check(net):
    assert net.words == ["Gus", "R&B", "bird", "goose"]
    assert net.senses("bird")[0].gloss == "an <animal> with feathers"
    assert [[s.words for s in path] for path in net.hypernym_paths("Gus")] == [
        [("Gus",), ("goose",), ("bird",)]
    ]
    np.testing.assert_allclose(net.path_similarity("Gus", "bird"), 1 / 3)
    assert net.path_similarity("R&B", "bird") == 0


def test_words_senses_and_what_lies_above_are_kept(sources, tmp_path, wn):
    lmf = wordnet.write_lmf(sources, tmp_path / "small.xml")
    check(WordNet(lmf, tmp_path / "database"))
    assert not list(tmp_path.glob(".*"))


def test_the_archive_is_read_once(sources, tmp_path, wn, monkeypatch):
    path = packed(sources, tmp_path / "small.tar.gz")
    check(wordnet.read_wordnet({"wordnet": path}))
    (cache,) = (tmp_path / "cache/textbook_nlp/wordnet").iterdir()
    assert cache.name.startswith("small.tar.gz-")
    monkeypatch.setattr(wordnet, "write_lmf", None)
    check(wordnet.read_wordnet({"wordnet": path}))


def test_the_published_form_is_read(sources, tmp_path, wn):
    lmf = wordnet.write_lmf(sources, tmp_path / "plain.xml")
    path = tmp_path / "small.xml.gz"
    path.write_bytes(gzip.compress(lmf.read_bytes()))
    check(wordnet.read_wordnet({"wordnet": path}))


def test_what_is_no_wordnet_is_refused(tmp_path, sources, wn):
    (tmp_path / "other.xml").write_text("<nothing/>")
    with pytest.raises(FormatError, match=r"other\.xml"):
        wordnet.read_wordnet({"wordnet": tmp_path / "other.xml"})
    with pytest.raises(FormatError, match="no synsets"):
        wordnet.write_lmf(tmp_path / "cache", tmp_path / "lmf.xml")
    for content in ("[1, 2", "- 1", "\xff"):
        (sources / "src/noun.all.yaml").write_bytes(content.encode("latin-1"))
        with pytest.raises(FormatError, match="Fetch the archive again"):
            wordnet.write_lmf(sources, tmp_path / "lmf.xml")
    assert not (tmp_path / "lmf.xml").exists()


def test_without_yaml_the_error_says_what_to_install(sources, tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "yaml":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="pip install pyyaml"):
        wordnet.write_lmf(sources, tmp_path / "lmf.xml")


@pytest.mark.skipif(not ARCHIVE.exists(), reason=f"TEXTBOOK_NLP_DATA has no {ARCHIVE.name}")
def test_a_part_of_the_real_sources(tmp_path, wn):
    chosen = ("entries-g.yaml", "entries-w.yaml", "noun.animal.yaml", "noun.Tops.yaml")
    folder = tmp_path / "part"
    folder.mkdir()
    with tarfile.open(ARCHIVE) as tar:
        for member in tar:
            if Path(member.name).name in chosen:
                content = tar.extractfile(member).read()
                (folder / Path(member.name).name).write_bytes(content)
    net = WordNet(wordnet.write_lmf(folder, tmp_path / "part.xml"), tmp_path / "database")
    words = ["goose", "goat", "wolf", "whale", "worm", "wasp", "gorilla", "gull"]
    assert len(net.words) > 1500
    lexicon = wn.Wordnet(lexicon="oewn")
    for first, second in product(words, words):
        theirs = max(
            wn.similarity.path(a, b)
            for a, b in product(lexicon.synsets(first), lexicon.synsets(second))
        )
        np.testing.assert_allclose(net.path_similarity(first, second), theirs)
    assert net.path_similarity("goose", "gull") > net.path_similarity("goose", "wasp")


def test_the_registry_knows_both_forms():
    (part,) = corpora.CORPORA["wordnet"].parts
    assert [variant.kind for variant in part.variants] == ["upstream", "repacked"]
