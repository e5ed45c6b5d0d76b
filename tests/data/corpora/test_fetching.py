"""The registry: finding, fetching and checking corpora, and the real files where they are."""

import errno
import hashlib
import io
import os
import subprocess
import tarfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from textbook_nlp.data import corpora
from textbook_nlp.data.corpora import CORPORA, Corpus, Part, Variant, fetching
from textbook_nlp.data.corpora.download import record_path
from textbook_nlp.data.generators import GENERATORS
from textbook_nlp.data.generators.dates import FORMS, Dates
from textbook_nlp.files import DamagedFile

CONTENT = b"one sentence a line\n" * 1000
SIZE = len(CONTENT)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty data folder, and a cache that no test may share with the user."""
    folder = tmp_path / "data"
    monkeypatch.setenv("TEXTBOOK_NLP_DATA", str(folder))
    monkeypatch.setattr(fetching.pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    return folder


@pytest.fixture
def register(monkeypatch):
    """Add a corpus of one part to the registry for the time of a test."""

    def add(*variants, archive=False, read=lambda paths: paths["all"].read_text().split("\n")):
        corpus = Corpus(
            name="toy",
            title="a toy corpus",
            parts=(Part("all", variants, archive),),
            read=read,
            license="none",
            citation="nobody",
            generator="grammar",
        )
        monkeypatch.setitem(CORPORA, "toy", corpus)

    return add


def upstream(*addresses, sha256=DIGEST, size=SIZE, path="toy/a.txt"):
    return Variant("upstream", path, sha256, size, "nothing", addresses)


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_fetch_downloads_once(site, folder, register):
    register(upstream(site.put("/a", CONTENT)))
    assert corpora.fetch("toy") == {"all": folder / "toy/a.txt"}
    assert corpora.fetch("toy") == {"all": folder / "toy/a.txt"}
    assert site.asked == ["/a"]
    assert corpora.load("toy")[0] == "one sentence a line"
    assert files(folder) == ["toy/a.txt"]


def test_the_cache_is_used_where_no_folder_is_named(site, folder, register, monkeypatch, tmp_path):
    register(upstream(site.put("/a", CONTENT)))
    monkeypatch.delenv("TEXTBOOK_NLP_DATA")
    assert corpora.fetch("toy") == {"all": tmp_path / "cache/textbook_nlp/toy/a.txt"}
    assert not folder.exists()


def test_a_variant_in_the_folder_is_preferred_to_a_download(site, folder, register):
    other = Variant("compressed", "toy/a.txt.gz", DIGEST, SIZE, "compressed")
    register(upstream(site.put("/a", CONTENT)), other)
    (folder / "toy").mkdir(parents=True)
    (folder / "toy/a.txt.gz").write_bytes(CONTENT)
    assert corpora.fetch("toy") == {"all": folder / "toy/a.txt.gz"}
    assert site.asked == []


def test_not_available(site, folder, register):
    first, second = site.address("/gone"), site.address("/gone-too")
    register(upstream(first, second))
    with pytest.raises(corpora.DataUnavailable) as info:
        corpora.load("toy")
    message = str(info.value)
    for part in ("'toy'", "toy/a.txt", str(folder), first, second, "404", "GENERATORS['grammar']"):
        assert part in message
    assert "nothing was put in its place" in message
    assert info.value.corpus == "toy"
    assert info.value.generator == "grammar"
    assert len(info.value.failures) == 2
    assert files(folder) == []


def test_no_address(folder, register):
    register(upstream())
    with pytest.raises(corpora.DataUnavailable, match="no address for a direct download; put the"):
        corpora.fetch("toy")


def test_the_next_variant_is_tried(site, folder, register):
    repacked = Variant(
        "repacked", "toy/b.txt", DIGEST, SIZE, "packed anew", (site.put("/b", CONTENT),)
    )
    register(upstream(site.address("/gone")), repacked)
    assert corpora.fetch("toy") == {"all": folder / "toy/b.txt"}


@pytest.mark.parametrize("how", ["cut", "altered"])
def test_a_damaged_file_in_the_folder(site, folder, register, how):
    register(upstream(site.put("/a", CONTENT)))
    (folder / "toy").mkdir(parents=True)
    damaged = CONTENT[:99] if how == "cut" else CONTENT[:-1] + b"!"
    (folder / "toy/a.txt").write_bytes(damaged)
    with pytest.raises(corpora.ChecksumMismatch, match=f"was {how}.*\n.*\n.*\n.*left as it is"):
        corpora.fetch("toy")
    assert (folder / "toy/a.txt").read_bytes() == damaged
    assert site.asked == []


def test_accepting_a_file_that_nobody_has_seen(site, folder, register):
    register(upstream(site.put("/a", CONTENT), sha256=None, size=None))
    with pytest.raises(corpora.UnknownChecksum, match="textbook_nlp data toy --accept") as info:
        corpora.fetch("toy")
    assert DIGEST in str(info.value)
    assert files(folder) == []
    path = corpora.fetch("toy", accept=True)["all"]
    assert corpora.fetch("toy") == {"all": path}  # what was accepted stays accepted
    path.write_bytes(b"changed")
    with pytest.raises(corpora.ChecksumMismatch, match=DIGEST):
        corpora.fetch("toy", accept=True)


def test_accepting_a_file_that_was_put_there_by_hand(folder, register):
    register(upstream(sha256=None, size=None))
    (folder / "toy").mkdir(parents=True)
    (folder / "toy/a.txt").write_bytes(CONTENT)
    with pytest.raises(corpora.UnknownChecksum, match="left as it is. If you trust it"):
        corpora.fetch("toy")
    path = corpora.fetch("toy", accept=True)["all"]
    assert record_path(path).read_text().strip() == DIGEST
    assert corpora.fetch("toy") == {"all": path}


def test_a_known_variant_at_the_path_of_an_unseen_one_needs_no_accepting(site, folder, register):
    register(
        upstream(site.put("/a", CONTENT), sha256=None, size=None),
        Variant("derived", "toy/a.txt", DIGEST, SIZE, "made from another"),
    )
    assert corpora.fetch("toy") == {"all": folder / "toy/a.txt"}
    assert corpora.fetch("toy") == {"all": folder / "toy/a.txt"}


@pytest.fixture
def read_only(folder):
    (folder / "toy").mkdir(parents=True)
    (folder / "toy").chmod(0o555)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    (folder / "toy").chmod(0o755)


def test_a_read_only_folder_is_read(site, folder, register):
    register(upstream(site.put("/a", CONTENT)))
    corpora.fetch("toy")
    for path in (folder / "toy", folder):
        path.chmod(0o555)
    try:
        assert corpora.fetch("toy") == {"all": folder / "toy/a.txt"}
    finally:
        for path in (folder, folder / "toy"):
            path.chmod(0o755)


def test_nothing_is_written_to_a_read_only_folder(site, read_only, register, tmp_path):
    register(upstream(site.put("/a", CONTENT)))
    with pytest.raises(corpora.DataUnavailable, match="The folder is read-only") as info:
        corpora.fetch("toy")
    assert str(tmp_path / "cache/textbook_nlp") in str(info.value)
    assert site.asked == []
    assert files(read_only) == []


def test_accepting_in_a_read_only_folder_records_nothing(folder, register):
    register(upstream(sha256=None, size=None))
    (folder / "toy").mkdir(parents=True)
    (folder / "toy/a.txt").write_bytes(CONTENT)
    (folder / "toy").chmod(0o555)
    try:
        assert corpora.fetch("toy", accept=True) == {"all": folder / "toy/a.txt"}
        assert files(folder) == ["toy/a.txt"]
    finally:
        (folder / "toy").chmod(0o755)


def archive(*members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def archived(content, *addresses):
    digest = hashlib.sha256(content).hexdigest()
    return Variant("upstream", "toy/a.tar.gz", digest, len(content), "nothing", addresses)


def test_an_archive_is_unpacked_once(site, folder, register, monkeypatch):
    content = archive(("top/a.txt", b"alpha"))
    register(archived(content, site.put("/a", content)), archive=True)
    path = corpora.fetch("toy")["all"]
    assert (path / "top/a.txt").read_bytes() == b"alpha"
    monkeypatch.setattr(fetching, "extract", None)
    assert corpora.fetch("toy")["all"] == path


@pytest.mark.parametrize("how", ["removed", "altered", "added"])
def test_a_file_that_was_altered_after_unpacking_is_noticed(site, folder, register, how):
    content = archive(*((f"top/{i}.txt", b"text") for i in range(40)))
    register(archived(content, site.put("/a", content)), archive=True)
    path = corpora.fetch("toy")["all"]
    if how == "removed":
        (path / "top/7.txt").unlink()
    else:
        (path / "top" / ("7.txt" if how == "altered" else "7.txt.bak")).write_bytes(b"other")
    with pytest.raises(DamagedFile, match=r"1 files are missing, added or .*'top/7\.txt") as info:
        corpora.load("toy")
    command = str(info.value).rpartition(": ")[2]
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - what a person is told to type
    assert corpora.fetch("toy")["all"] == path
    assert len(list(path.rglob("*.txt"))) == 40


def test_an_archive_in_a_read_only_folder_is_unpacked_into_the_cache(folder, register, tmp_path):
    content = archive(("top/a.txt", b"alpha"))
    register(archived(content), archive=True)
    (folder / "toy").mkdir(parents=True)
    (folder / "toy/a.tar.gz").write_bytes(content)
    (folder / "toy").chmod(0o555)
    try:
        path = corpora.fetch("toy")["all"]
    finally:
        (folder / "toy").chmod(0o755)
    assert path.is_relative_to(tmp_path / "cache")
    assert (path / "top/a.txt").read_bytes() == b"alpha"


def test_an_archive_that_leads_outside(site, folder, register, tmp_path):
    content = archive(("top/a.txt", b"alpha"), ("../../../evil.txt", b"evil"))
    register(archived(content, site.put("/a", content)), archive=True)
    with pytest.raises(corpora.UnsafeArchive, match=r"'\.\./\.\./\.\./evil\.txt' has '\.\.'"):
        corpora.fetch("toy")
    assert files(tmp_path) == ["data/toy/a.tar.gz"]


@pytest.mark.parametrize("value", ["data", "./data", "../data", "~/data"])
def test_a_relative_folder(monkeypatch, value):
    monkeypatch.setenv("TEXTBOOK_NLP_DATA", value)
    with pytest.raises(corpora.DataFolderError, match="a relative path.*give the absolute path"):
        corpora.load("ptb")


def test_a_folder_that_is_a_file(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("TEXTBOOK_NLP_DATA", str(tmp_path / "file"))
    with pytest.raises(corpora.DataFolderError, match="which is not a folder"):
        corpora.data_folder()


@pytest.mark.parametrize("function", [corpora.fetch, corpora.load, corpora.describe])
def test_an_unknown_corpus(function):
    with pytest.raises(ValueError, match=r"called 'ptv'; there are .*nsmc, ptb, sarcasm"):
        function("ptv")


def test_the_command_prints_what_it_is_and_where(site, folder, register):
    register(upstream(site.put("/a", CONTENT)))
    text = corpora.fetch_command("toy")
    for part in ("a toy corpus", "terms: none", "cite: nobody", DIGEST, "20,000 bytes"):
        assert part in text
    assert text.endswith(f"all: {folder / 'toy/a.txt'}")
    register(upstream(site.put("/a", CONTENT), sha256=None, size=None, path="toy/b.txt"))
    assert "SHA-256 not recorded" in corpora.fetch_command("toy", accept=True)


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_every_entry_is_complete(name):
    corpus = CORPORA[name]
    assert corpus.name == name
    assert corpus.generator in GENERATORS
    assert corpus.title
    assert corpus.license
    assert corpus.citation
    for part in corpus.parts:
        assert any(variant.addresses for variant in part.variants)
        for variant in part.variants:
            assert not Path(variant.path).is_absolute()
            assert variant.differs
            assert variant.sha256 is None or len(bytes.fromhex(variant.sha256)) == 32
            assert (variant.sha256 is None) == (variant.size is None)
            assert all(address.startswith("https://") for address in variant.addresses)


def raw(name, content):
    """A file that a toy corpus is to have, put there by hand, and its variant."""
    path = corpora.data_folder() / "toy" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("command", [corpora.fetch, corpora.load])
@pytest.mark.parametrize(
    ("obstacle", "message"),
    [
        (lambda f: f.write_text("x"), r"which is not a folder\. Name a folder"),
        (lambda f: f.symlink_to("nowhere"), r"data cannot be used: a folder is needed there"),
        (lambda f: f.symlink_to(f), r"cannot be used: a link there leads"),
        (lambda f: [f.mkdir(), (f / "toy").write_text("x")], "toy cannot be used: a folder is ne"),
        (lambda f: [f.mkdir(), (f / "toy").symlink_to("nowhere")], "toy cannot be used: a folder"),
        (lambda f: [f.mkdir(), (f / "toy").symlink_to("toy")], "toy.* cannot be used: a "),
        (lambda f: (f / "toy/a.txt").mkdir(parents=True), "toy/a.txt is a folder, or a link to n"),
        (lambda f: [(f / "toy").mkdir(parents=True), (f / "toy/a.txt").symlink_to("x")], "link to"),
        (lambda f: [(f / "toy").mkdir(parents=True), (f / "toy/a.txt").symlink_to("a.txt")], "lin"),
    ],
)
def test_what_stands_in_the_way(site, folder, register, command, obstacle, message):
    register(upstream(site.put("/a", CONTENT)))
    obstacle(folder)
    with pytest.raises(corpora.DataFolderError, match=message) as info:
        command("toy")
    assert "\n" not in str(info.value)
    assert site.asked == []


@pytest.mark.parametrize("below", ["file/data", "file/deep/data", "n" * 300, "d/" * 2500])
def test_a_folder_that_cannot_be(site, register, monkeypatch, tmp_path, below):
    register(upstream(site.put("/a", CONTENT)))
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("TEXTBOOK_NLP_DATA", str(tmp_path / below))
    with pytest.raises(corpora.DataFolderError, match="folder is needed there|name is too long"):
        corpora.fetch("toy")
    assert site.asked == []


def test_a_name_too_long_for_the_disk(site, folder, register):
    register(upstream(site.put("/a", CONTENT), path="toy/" + "n" * 300))
    with pytest.raises(corpora.DataFolderError, match="the name is too long for the disk"):
        corpora.fetch("toy")


def test_a_full_disk_is_told_in_one_line(folder, register, monkeypatch):
    register(upstream(sha256=None, size=None))
    raw("a.txt", CONTENT)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetching, "record", full)
    with pytest.raises(corpora.NoRoom, match="bytes are free. Make room there"):
        corpora.fetch("toy", accept=True)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"abc\n", b"g" * 64])
def test_a_record_that_holds_no_digest(folder, register, content):
    register(upstream(sha256=None, size=None))
    path = raw("a.txt", CONTENT)
    record_path(path).write_bytes(content)
    for accept in (False, True):
        with pytest.raises(DamagedFile, match=r"should hold the SHA-256 .*: remove it \(rm -r "):
            corpora.fetch("toy", accept=accept)


def test_a_record_that_is_a_folder(folder, register):
    register(upstream(sha256=None, size=None))
    record_path(raw("a.txt", CONTENT)).mkdir()
    with pytest.raises(corpora.DataFolderError, match=r"sha256 cannot be used: a file is needed"):
        corpora.fetch("toy", accept=True)


LOGIN = b"<!DOCTYPE html><title>Log in to the library</title>"


def test_a_page_to_log_in_is_not_accepted(site, folder, register):
    addresses = site.put("/login", LOGIN), site.put("/a", CONTENT)
    register(upstream(addresses[0], sha256=None, size=None))
    for accept in (False, True):
        with pytest.raises(corpora.DataUnavailable, match=r"/login: it sent a web page"):
            corpora.fetch("toy", accept=accept)
    assert files(folder) == []
    register(upstream(*addresses, sha256=None, size=None))
    assert corpora.fetch("toy", accept=True)["all"].read_bytes() == CONTENT
    raw("a.txt", LOGIN)
    record_path(folder / "toy/a.txt").unlink()
    with pytest.raises(DamagedFile, match=r"is a web page .*: remove it: rm -r "):
        corpora.fetch("toy", accept=True)


def test_how_to_undo_that_a_wrong_file_was_accepted(site, folder, register, monkeypatch):
    def read(paths):
        if b"sentence" not in paths["all"].read_bytes():
            raise DamagedFile(f"{paths['all']} holds no sentences")
        return "a corpus"

    register(upstream(site.put("/a", CONTENT), sha256=None, size=None), read=read)
    wrong = raw("a.txt", b"nothing of the kind")
    monkeypatch.setattr(fetching, "wrong_kind", lambda *_: None)
    with pytest.raises(DamagedFile, match="without a recorded SHA-256; to undo that: rm") as info:
        corpora.load("toy", accept=True)
    subprocess.run(str(info.value).rpartition(": ")[2], shell=True, check=True)  # noqa: S602
    assert not wrong.exists()
    assert corpora.load("toy", accept=True) == "a corpus"
    raw("a.txt", CONTENT)
    register(upstream(), read=lambda paths: read({"all": folder / "none"}))
    with pytest.raises(corpora.DataFolderError, match="none cannot be used: No such file"):
        corpora.load("toy")


def test_what_is_here_has_the_right_size(folder, register):
    register(upstream())
    assert not corpora.is_here("toy")
    raw("a.txt", CONTENT[:-1])
    assert not corpora.is_here("toy")
    raw("a.txt", CONTENT)
    assert corpora.is_here("toy")


def test_without_a_network_no_folder_is_left(site, folder, register):
    folder.mkdir()
    register(upstream(site.address("/gone")))
    with pytest.raises(corpora.DataUnavailable):
        corpora.load("toy")
    assert list(folder.iterdir()) == []


REAL = os.environ.get("TEXTBOOK_NLP_DATA", "")


@pytest.mark.corpora("ptb")
def test_the_real_penn_treebank():
    corpus = corpora.load("ptb")
    parts = (corpus.train, corpus.validation, corpus.test)
    assert [len(part) for part in parts] == [42_068, 3_370, 3_761]
    tokens = [sum(len(sentence) + 1 for sentence in part) for part in parts]
    assert tokens == [929_589, 73_760, 82_430]
    vocabulary = corpus.vocabulary()
    assert len(vocabulary) == len(set(vocabulary)) == 10_000
    assert vocabulary[:2] == ["aer", "banknote"]
    assert vocabulary[24] == "<eos>"
    assert {word for part in parts for s in part for word in s} <= set(vocabulary)


@pytest.mark.corpora("sarcasm")
def test_the_real_sarcasm_headlines_in_both_forms():
    lines = corpora.load("sarcasm")
    assert len(lines.texts) == 26_709
    np.testing.assert_array_equal(np.bincount(lines.labels), [14_985, 11_724])
    (part,) = CORPORA["sarcasm"].parts
    array = next(v for v in part.variants if v.kind == "derived, compressed")
    path = Path(REAL, array.path)
    if not path.is_file():
        pytest.skip(f"TEXTBOOK_NLP_DATA has no {array.path}")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == array.sha256
    other = CORPORA["sarcasm"].read({"headlines": path})
    assert other.texts == lines.texts
    assert other.links == lines.links
    np.testing.assert_array_equal(other.labels, lines.labels)


@pytest.mark.corpora("nsmc")
def test_the_real_nsmc():
    corpus = corpora.load("nsmc")
    for reviews, counts, empty in (
        (corpus.train, [75_173, 74_827], 5),
        (corpus.test, [24_827, 25_173], 3),
    ):
        np.testing.assert_array_equal(np.bincount(reviews.labels), counts)
        assert len(reviews.texts) == len(reviews.numbers) == sum(counts)
        assert reviews.texts.count("") == empty
        assert len(reviews.without_empty().texts) == sum(counts) - empty


@pytest.mark.corpora("imdb")
def test_the_real_film_reviews():
    corpus = corpora.load("imdb")
    for part in (corpus.train, corpus.test):
        np.testing.assert_array_equal(part.labels, np.repeat([0, 1], 12_500))
        assert part.numbers == [str(i) for i in range(12_500)] * 2
    texts = corpus.train.texts + corpus.test.texts
    assert len(set(texts)) == 49_582
    assert sum(len(text.encode()) for text in texts) == 65_483_508
    assert corpus.train.texts[0].startswith("Story of a man who has unnatural feelings for a pig.")


@pytest.mark.corpora("wordsim353", "simlex999", "analogies")
def test_the_real_word_sets():
    pairs = corpora.load("wordsim353")
    assert (len(pairs), pairs[0], pairs[-1][2]) == (353, ("love", "sex", 6.77), pairs[-1][2])
    pairs = corpora.load("simlex999")
    assert (len(pairs), pairs[0]) == (999, ("old", "new", 1.58))
    assert all(0 <= score <= 10 for _, _, score in pairs)
    sections = corpora.load("analogies")
    assert (len(sections), sum(map(len, sections.values()))) == (14, 19_544)
    assert sections["family"][0] == ("boy", "girl", "brother", "sister")


@pytest.mark.corpora("glove_50d", "glove_100d")
def test_the_real_glove_subsets():
    small, large = corpora.load("glove_50d"), corpora.load("glove_100d")
    assert (small.matrix.shape, large.matrix.shape) == ((7_847, 50), (2_604, 100))
    assert small.words[:3] == large.words[:3] == ("the", ",", ".")
    assert "twitter" in small
    assert large.nearest("king", 1)[0][0] in ("prince", "queen")


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_the_sizes_and_digests_of_the_real_files(name):
    found = [
        (variant, Path(REAL, variant.path))
        for part in CORPORA[name].parts
        for variant in part.variants
        if REAL and Path(REAL, variant.path).is_file() and variant.sha256
    ]
    if not found:
        pytest.skip(f"TEXTBOOK_NLP_DATA names no folder with files of {name}")
    for variant, path in found:
        assert path.stat().st_size == variant.size
        assert hashlib.sha256(path.read_bytes()).hexdigest() == variant.sha256


def test_errors_have_one_base():
    for error in (
        corpora.DataUnavailable,
        corpora.ChecksumMismatch,
        corpora.UnknownChecksum,
        corpora.UnsafeArchive,
        corpora.NoRoom,
        corpora.DataFolderError,
    ):
        assert issubclass(error, corpora.DataError)
    for error in (corpora.ChecksumMismatch, corpora.UnsafeArchive):
        assert issubclass(error, DamagedFile)


@pytest.mark.corpora("addition")
def test_the_real_additions():
    file = corpora.load("addition")
    questions, answers = file.pairs
    assert [sum(map(int, question.split("+"))) for question in questions] == [*map(int, answers)]
    assert len(set(questions)) == 50_000
    train, test = file.split()
    assert (len(train.questions), len(test.questions)) == (45_000, 5_000)
    assert len(test.without(train).questions) == 5_000  # but for 1+2 and 2+1
    assert len(set("".join(questions + answers))) == 12  # 13 with the mark


@pytest.mark.corpora("date")
def test_the_real_dates_are_written_in_the_generators_forms():
    dates = Dates()
    file = corpora.load("date")
    for question, answer in zip(*file.pairs, strict=True):
        written = [FORMS[form](date.fromisoformat(answer)) for form in dates.forms]
        letters = [f(each) for each in written for f in (str, str.lower, str.upper)]
        assert question.rstrip() in letters
        assert len(question) == dates.question_length
    assert (min(file.pairs.answers), max(file.pairs.answers)) == (
        dates.first.isoformat(), dates.last.isoformat())  # fmt: skip
    train, test = file.split()
    assert 1 - len(test.without(train).questions) / 5_000 == pytest.approx(0.28, abs=0.005)
    assert len(set("".join(file.pairs.questions + file.pairs.answers))) == 58  # 59 with the mark


@pytest.mark.corpora("irish_lyrics")
def test_the_real_irish_lyrics():
    lines = corpora.load("irish_lyrics").lines
    assert (len(lines), len(set(lines))) == (1692, 1691)
    assert lines[0] == "Come all ye maidens young and fair"


@pytest.mark.corpora("aesop")
def test_the_real_fables_of_aesop():
    corpus = corpora.load("aesop")
    assert len(corpus.titles) == len(corpus.texts) == len(set(corpus.titles)) == 284
    assert corpus.titles[-1] == "THE TRAVELLER AND FORTUNE"
    assert corpus.texts[0].startswith("A hungry Fox saw")


@pytest.mark.corpora("squad")
def test_the_real_squad():
    articles = corpora.load("squad")
    paragraphs = [paragraph for article in articles for paragraph in article.paragraphs]
    questions = [question for paragraph in paragraphs for question in paragraph.questions]
    assert (len(articles), len(paragraphs), len(questions)) == (48, 2_067, 10_570)
    assert sum(len(question.answers) for question in questions) == 34_726
    assert sum(question.ambiguous for question in questions) == 1_659


@pytest.mark.corpora("multi30k")
def test_the_real_multi30k():
    corpus = corpora.load("multi30k")
    parts = (corpus.train, corpus.validation, corpus.test)
    assert [len(part.german) for part in parts] == [29_000, 1_014, 1_000]
    assert corpus.test.german[0] == "Ein Mann mit einem orangefarbenen Hut, der etwas anstarrt."
    assert corpus.test.english[0] == "A man in an orange hat starring at something."


@pytest.mark.corpora("tatoeba_french", "tatoeba_korean")
def test_the_real_sentences_of_tatoeba():
    french, korean = (corpora.load(f"tatoeba_{language}") for language in ("french", "korean"))
    assert (len(french.english), len(korean.english)) == (142_787, 5_749)
    assert (korean.english[1], korean.translated[1]) == ("Hi.", "안녕.")
