"""WordNet in both forms, made in the test, and a part of the real one, judged by `wn`."""

import builtins
import gzip
import io
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pytest
import yaml

from textbook_nlp.data import corpora, samples
from textbook_nlp.data.corpora import wordnet
from textbook_nlp.files import DamagedFile
from textbook_nlp.vectors import Thesaurus, thesaurus

SYNSETS = {
    "1-n": {"definition": ["an <animal>\nwith  feathers"], "members": ["bird"]},
    "2-n": {"definition": ["a bird"], "members": ["goose"], "hypernym": ["1-n", "8-n"]},
    "3-n": {"definition": ["a goose"], "members": ["Gus"], "instance_hypernym": ["2-n"]},
    "4-n": {"definition": ["a music"], "members": ["R&B"], "mero_part": ["1-n"]},
}
SMALL = Thesaurus.load(samples.path("thesaurus.json"))
REAL = os.environ.get("TEXTBOOK_NLP_DATA", "")
ARCHIVE = Path(REAL, "wordnet/english-wordnet-2024-yaml.tar.gz")


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """A cache that no test may share with the user."""
    monkeypatch.setattr(wordnet.pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "textbook_nlp" / "wordnet"


def packed(path, **files):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"wordnet/src/{name.replace('_', '.')}.yaml")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return {"wordnet": path}


@pytest.fixture
def archive(tmp_path):
    nouns = yaml.safe_dump({id: row | {"partOfSpeech": "n"} for id, row in SYNSETS.items()})
    other = yaml.safe_dump({"vii": "Somebody ----s"})
    return packed(tmp_path / "small.tar.gz", noun_all=nouns.encode(), frames=other.encode())


def lmf(path, net):
    """Write a thesaurus in the format in which wordnets are published and `wn` reads them."""
    entries = "".join(
        f"<LexicalEntry id={quoteattr(f'oewn-{word}-{pos}')}>"
        f'<Lemma writtenForm={quoteattr(word)} partOfSpeech="{pos}"/>'
        + "".join(
            f'<Sense id={quoteattr(f"oewn-{word}%{sense.id}")} synset="oewn-{sense.id}"/>'
            for sense in net.senses(word)
            if sense.pos == pos
        )
        + "</LexicalEntry>\n"
        for word in net.words
        for pos in sorted({sense.pos for sense in net.senses(word)})
    )
    synsets = "".join(
        f'<Synset id="oewn-{of.id}" ili="" partOfSpeech="{of.pos}">'
        f"<Definition>{escape(of.gloss)}</Definition>"
        + "".join(
            f'<SynsetRelation relType="hypernym" target="oewn-{above}"/>' for above in of.hypernyms
        )
        + "</Synset>\n"
        for of in net.synsets.values()
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE LexicalResource SYSTEM '
        '"http://globalwordnet.github.io/schemas/WN-LMF-1.1.dtd">\n'
        '<LexicalResource xmlns:dc="https://globalwordnet.github.io/schemas/dc/">\n'
        '<Lexicon id="oewn" label="small" language="en" version="1" email="a@b.invalid" '
        f'license="none" url="">\n{entries}{synsets}</Lexicon>\n</LexicalResource>\n'
    )
    path.write_text(text, encoding="utf-8")
    return path


def check(net):
    assert sorted(net.words) == ["Gus", "R&B", "bird", "goose"]
    assert net.senses("bird")[0].gloss == "an <animal> with feathers"
    assert [[s.words for s in path] for path in net.hypernym_paths("Gus")] == [
        [("Gus",), ("goose",), ("bird",)]
    ]
    np.testing.assert_allclose(net.path_similarity("Gus", "bird"), 1 / 3)
    assert net.path_similarity("R&B", "bird") == 0


def test_the_sources_are_read_once(archive, cache, monkeypatch):
    check(wordnet.read_wordnet(archive))
    (kept,) = cache.iterdir()
    assert re.fullmatch(r"small\.tar\.gz-[0-9a-f]{16}\.json", kept.name)
    monkeypatch.setattr(wordnet, "_from_yaml", None)
    check(wordnet.read_wordnet(archive))


def test_what_was_kept_and_then_altered_is_made_anew(archive, cache):
    wordnet.read_wordnet(archive)
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:50])
    check(wordnet.read_wordnet(archive))
    check(Thesaurus.load(kept))


@pytest.mark.parametrize("name", ["plain.xml", "packed.xml.gz"])
def test_the_published_form_is_read(archive, tmp_path, name):
    path = lmf(tmp_path / "plain.xml", wordnet.read_wordnet(archive))
    if name.endswith(".gz"):
        (tmp_path / name).write_bytes(gzip.compress(path.read_bytes()))
    check(wordnet.read_wordnet({"wordnet": tmp_path / name}))


@pytest.mark.skipif(os.name != "posix", reason="kills the POSIX way")
def test_a_first_reading_that_was_killed_can_be_repeated(archive, cache):
    code = (
        "import os, signal, sys; from pathlib import Path;"
        "from textbook_nlp.data.corpora import wordnet;"
        "from textbook_nlp.vectors import thesaurus;"
        "wordnet.pooch.os_cache = lambda name: sys.argv[2];"
        "thesaurus.json.dump = lambda rows, file: (file.write('[{'), file.flush(),"
        " os.kill(os.getpid(), signal.SIGKILL));"
        "wordnet.read_wordnet({'wordnet': Path(sys.argv[1])})"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-c", code, archive["wordnet"], cache.parent]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    assert [path.suffix for path in cache.iterdir()] == [".part"]
    check(wordnet.read_wordnet(archive))
    assert [path.suffix for path in cache.iterdir()] == [".json"]


def test_two_first_readings_at_once(archive, cache, monkeypatch):
    both, dump = threading.Barrier(2, timeout=60), thesaurus.json.dump

    def slow(rows, file):
        both.wait()
        dump(rows, file)
        both.wait()

    monkeypatch.setattr(thesaurus.json, "dump", slow)
    with ThreadPoolExecutor(2) as pool:
        for net in pool.map(wordnet.read_wordnet, [archive, archive]):
            check(net)
    assert [path.suffix for path in cache.iterdir()] == [".json"]


@pytest.mark.parametrize("content", [b"[1, 2", b"- 1", b"\xff", b"1-n: {}", b""])
def test_damaged_sources_are_refused(tmp_path, cache, content):
    with pytest.raises(DamagedFile, match=r"small\.tar\.gz .*: fetch it again"):
        wordnet.read_wordnet(packed(tmp_path / "small.tar.gz", noun_all=content))
    assert not cache.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tar.gz", b"no archive"),
        ("a.tar.gz", gzip.compress(bytes(10_000), mtime=0)[:-9]),
        ("a.xml", b"<nothing/>"),
        ("a.xml", b"<Synset"),
        ("a.xml", b"<a><Synset id='x'/></a>"),
        ("a.xml", b"<a><LexicalEntry/></a>"),
        ("a.xml.gz", b"<a/>"),
        ("a.xml.gz", gzip.compress(b"<a/>" + bytes(range(250)) * 4, mtime=0)[:-20]),
    ],
)
def test_what_is_no_wordnet_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DamagedFile, match=rf"{name} .*fetch it again"):
        wordnet.read_wordnet({"wordnet": tmp_path / name})


def test_without_yaml_the_error_says_what_to_install(archive, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "yaml":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="pip install pyyaml"):
        wordnet.read_wordnet(archive)


@pytest.fixture
def by_wn(tmp_path):
    """The similarity of two words in a thesaurus, as `wn` finds it in its own database."""
    wn = pytest.importorskip("wn")
    pytest.importorskip("wn.similarity")
    before = wn.config.data_directory
    wn.config.data_directory = tmp_path / "database"

    def similarity(net):
        wn.add(lmf(tmp_path / "net.xml", net), progress_handler=None)
        lexicon = wn.Wordnet(lexicon="oewn")
        return lambda *words: max(
            wn.similarity.path(a, b) for a, b in product(*(map(lexicon.synsets, words)))
        )

    yield similarity
    from wn import _db

    for connection in _db.pool.values():
        connection.close()
    _db.pool.clear()
    wn.config.data_directory = before


def test_similarities_are_those_of_wn(by_wn):
    theirs = by_wn(SMALL)
    for first, second in product(SMALL.words[::4], SMALL.words[::5]):
        np.testing.assert_allclose(SMALL.path_similarity(first, second), theirs(first, second))


@pytest.mark.skipif(not ARCHIVE.is_file(), reason=f"TEXTBOOK_NLP_DATA has no {ARCHIVE.name}")
def test_a_part_of_the_real_sources(tmp_path, by_wn):
    chosen = {"noun.feeling.yaml": "noun_feeling", "noun.Tops.yaml": "noun_Tops"}
    found = {}
    with tarfile.open(ARCHIVE) as tar:
        for member in tar:
            if name := chosen.get(Path(member.name).name):
                found[name] = tar.extractfile(member).read()
    net = wordnet.read_wordnet(packed(tmp_path / "part.tar.gz", **found))
    words = ["joy", "fear", "anger", "pride", "grief", "envy", "hope", "feeling"]
    assert len(net.words) > 800
    theirs = by_wn(net)
    for first, second in product(words, words):
        np.testing.assert_allclose(net.path_similarity(first, second), theirs(first, second))
    assert net.path_similarity("joy", "feeling") > net.path_similarity("joy", "envy")


def test_the_registry_knows_both_forms():
    (part,) = corpora.CORPORA["wordnet"].parts
    assert [variant.kind for variant in part.variants] == ["upstream", "repacked"]
