"""The parsers, on small files made here."""

import gzip
import io
import json
import tarfile
from zipfile import ZipFile

import numpy as np
import pytest

from textbook_nlp.data.corpora.aesop import read_aesop
from textbook_nlp.data.corpora.imdb import read_imdb
from textbook_nlp.data.corpora.irish_lyrics import read_irish_lyrics
from textbook_nlp.data.corpora.multi30k import CaptionPairs, read_multi30k
from textbook_nlp.data.corpora.nsmc import read_nsmc
from textbook_nlp.data.corpora.penn_treebank import read_penn_treebank, read_sentences
from textbook_nlp.data.corpora.question_files import QuestionFile, read_question_file
from textbook_nlp.data.corpora.sarcasm import read_sarcasm
from textbook_nlp.data.corpora.squad import SquadAnswer, read_squad
from textbook_nlp.data.corpora.tatoeba import read_french, read_korean
from textbook_nlp.data.generators import QuestionsAndAnswers
from textbook_nlp.files import DamagedFile


def write(path, text, compress=False):
    content = text.encode("utf-8")
    path.write_bytes(gzip.compress(content) if compress else content)
    return path


@pytest.mark.parametrize("compress", [False, True])
def test_penn_treebank(tmp_path, compress):
    paths = {
        "train": write(tmp_path / "a", " the cat sat \n the <unk> sat N \n", compress),
        "valid": write(tmp_path / "b", "a dog\n", compress),
        "test": write(tmp_path / "c", "a cat\n", compress),
    }
    corpus = read_penn_treebank(paths)
    assert corpus.train == [["the", "cat", "sat"], ["the", "<unk>", "sat", "N"]]
    assert corpus.validation == [["a", "dog"]]
    assert corpus.test == [["a", "cat"]]
    assert corpus.vocabulary() == ["the", "cat", "sat", "<eos>", "<unk>", "N"]


@pytest.mark.parametrize(("text", "line"), [("", 1), ("a\n\nb\n", 2), ("a\n  \n", 2)])
def test_lines_without_words(tmp_path, text, line):
    with pytest.raises(DamagedFile, match=f"line {line}: no words"):
        read_sentences(write(tmp_path / "a", text))


def test_text_that_is_not_utf_8(tmp_path):
    (tmp_path / "a").write_bytes(b"caf\xe9\n")
    with pytest.raises(DamagedFile, match="is not UTF-8"):
        read_sentences(tmp_path / "a")


@pytest.mark.parametrize("keep", [12, -9, -4])
def test_damaged_gzip(tmp_path, keep):
    content = gzip.compress(b"words and words\n" * 500)
    (tmp_path / "a").write_bytes(content[:keep])
    with pytest.raises(DamagedFile, match="damaged gzip"):
        read_sentences(tmp_path / "a")
    wrong = bytearray(content)
    wrong[-6] ^= 1
    (tmp_path / "a").write_bytes(wrong)
    with pytest.raises(DamagedFile, match="damaged gzip"):
        read_sentences(tmp_path / "a")


RECORDS = [
    {
        "article_link": "https://a.invalid/1",
        "headline": "goose sues mayor",
        "is_sarcastic": 1,
    },
    {"article_link": "https://a.invalid/2", "headline": "mayor at café", "is_sarcastic": 0},
]


@pytest.mark.parametrize(
    "text",
    [
        "\r\n".join(json.dumps(r) for r in RECORDS) + "\r\n",
        "\n".join(json.dumps(r, ensure_ascii=False) for r in RECORDS),
        json.dumps(RECORDS),
        "\n" + json.dumps(RECORDS, indent=1),
    ],
)
def test_sarcasm_lines_and_array(tmp_path, text):
    corpus = read_sarcasm({"headlines": write(tmp_path / "a", text)})
    assert corpus.texts == ["goose sues mayor", "mayor at café"]
    np.testing.assert_array_equal(corpus.labels, [1, 0])
    assert corpus.links[1] == "https://a.invalid/2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", "is not JSON"),
        ("[{}", "is not JSON"),
        ("[1]", "record 1: '1', expected an object"),
        (json.dumps(RECORDS[0]) + "\n" + json.dumps({"headline": "x"}), "record 2"),
        (json.dumps(RECORDS[0] | {"is_sarcastic": 2}), "record 1"),
        (json.dumps(RECORDS[0] | {"headline": None}), "record 1"),
        (json.dumps(RECORDS[0] | {"article_link": 3}), "record 1"),
    ],
)
def test_sarcasm_in_another_form(tmp_path, text, message):
    with pytest.raises(DamagedFile, match=message):
        read_sarcasm({"headlines": write(tmp_path / "a", text)})


HEADER = "id\tdocument\tlabel\n"


def test_nsmc(tmp_path):
    train = write(
        tmp_path / "a", HEADER + '1\t"좋아요\t1\n2\t\t0\n3\t줄\x85끝\r\u2028"\t0\n4\t \t1\n'
    )
    test = write(tmp_path / "b", HEADER + "9\t별로\t0")
    corpus = read_nsmc({"train": train, "test": test})
    assert corpus.train.texts == ['"좋아요', "", '줄\x85끝\r\u2028"', " "]
    np.testing.assert_array_equal(corpus.train.labels, [1, 0, 0, 1])
    assert corpus.train.numbers == ["1", "2", "3", "4"]
    assert corpus.test.texts == ["별로"]
    visible = corpus.train.without_empty()
    assert visible.numbers == ["1", "3"]
    assert visible.texts == ['"좋아요', '줄\x85끝\r\u2028"']
    np.testing.assert_array_equal(visible.labels, [1, 0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "header ''"),
        ("id,document,label\n", "header 'id,document,label'"),
        (HEADER + "1\tfine\t1\n2\tno label\n", "line 3.*three fields"),
        (HEADER + "1\ta\tb\t1\n", "line 2"),
        (HEADER + "1\ta\t5\n", "line 2.*0 or 1"),
    ],
)
def test_nsmc_in_another_form(tmp_path, text, message):
    bad, good = write(tmp_path / "a", text), write(tmp_path / "b", HEADER)
    with pytest.raises(DamagedFile, match=message):
        read_nsmc({"train": bad, "test": good})


def packed(path, members, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return {"reviews": path}


REVIEWS = {
    "aclImdb/train/pos/10_9.txt": b"good",
    "aclImdb/train/pos/9_7.txt": "très bon".encode(),
    "aclImdb/train/unsup/0_0.txt": b"unlabeled",
    "aclImdb/README": b"read me",
    "aclImdb/test/neg/0_2.txt": b"bad<br />very bad",
    "aclImdb/train/neg/0_1.txt": b"awful",
}


def test_imdb(tmp_path):
    corpus = read_imdb(packed(tmp_path / "a.tar.gz", REVIEWS))
    assert corpus.train.texts == ["awful", "très bon", "good"]
    np.testing.assert_array_equal(corpus.train.labels, [0, 1, 1])
    assert corpus.train.numbers == ["0", "9", "10"]
    assert corpus.test.texts == ["bad<br />very bad"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


def test_imdb_in_another_form(tmp_path):
    path = tmp_path / "a.tar.gz"
    with pytest.raises(DamagedFile, match="no review of the train part"):
        read_imdb(packed(path, {"aclImdb/README": b"read me"}))
    with pytest.raises(DamagedFile, match=r"neg/0_1.txt is not UTF-8"):
        read_imdb(packed(path, REVIEWS | {"aclImdb/train/neg/0_1.txt": b"\xff"}))
    packed(path, REVIEWS)
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(DamagedFile, match="damaged archive"):
        read_imdb({"reviews": path})
    path.write_bytes(b"no archive")
    with pytest.raises(DamagedFile, match="damaged archive"):
        read_imdb({"reviews": path})


def test_a_file_of_questions(tmp_path):
    path = write(tmp_path / "a", "16+75  _91  \n52+607 _659 \n")
    file = read_question_file({"questions": path})
    assert file.pairs == (["16+75  ", "52+607 "], ["91  ", "659 "])


@pytest.mark.parametrize(
    ("text", "line"),
    [("", 1), ("1+1 2\n", 1), ("1_1_2\n", 1), ("1+1_2\n1+1_2 \n", 2), ("1+1_2\n\n", 2)],
)
def test_damaged_files_of_questions(tmp_path, text, line):
    path = write(tmp_path / "a", text)
    with pytest.raises(DamagedFile, match=f"line {line}: expected a question and an answer"):
        read_question_file({"questions": path})


def test_questions_are_split_once_and_with_the_seed_of_the_source():
    names = [f"{i:02d}" for i in range(25)]
    train, test = QuestionFile(QuestionsAndAnswers(names, names)).split()
    assert (len(train.questions), len(test.questions)) == (23, 2)
    assert sorted(train.questions + test.questions) == names
    assert train.questions == train.answers
    order = np.arange(25)
    np.random.seed(1984)  # noqa: NPY002
    np.random.shuffle(order)  # noqa: NPY002
    assert train.questions + test.questions == [names[i] for i in order]


def test_irish_lyrics(tmp_path):
    path = write(tmp_path / "a", "Come all ye maidens\nAnd you, \tthat bloom\n")
    corpus = read_irish_lyrics({"lyrics": path})
    assert corpus.lines == ["Come all ye maidens", "And you, that bloom"]


FABLES = [
    "THE FOX AND THE GRAPES\n\n\nA hungry Fox\nsaw Grapes.",
    "THE CROW\n\n\nA Crow sat.\n\n    Do not caw.",
]
CONTENTS = "CONTENTS\n\nTHE FOX AND THE GRAPES\n\nTHE CROW\n\n"
PICTURES = "\n\n\n\n\nILLUSTRATIONS\n\n\n[Illustration: THE CROW]\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_aesop(tmp_path, ends):
    book = CONTENTS + "\n\n\n\n\n".join(FABLES) + PICTURES
    corpus = read_aesop({"fables": write(tmp_path / "a", book.replace("\n", ends))})
    assert corpus.titles == ["THE FOX AND THE GRAPES", "THE CROW"]
    assert corpus.texts == ["A hungry Fox\nsaw Grapes.", "A Crow sat.\n\n    Do not caw."]


@pytest.mark.parametrize(
    ("book", "message"),
    [
        (CONTENTS + PICTURES, "has no fables between 'THE FOX AND THE GRAPES'"),
        (FABLES[0], "has no fables between"),
        (PICTURES + FABLES[0], "has no fables between"),
        (FABLES[0] + "\n\n\n\n\nA line" + PICTURES, "'A line' begins a fable; expected a title"),
        (FABLES[0] + "\n\n\n\n\nTHE CROW\n\n\n  " + PICTURES, "'THE CROW' begins a fable"),
    ],
)
def test_aesop_in_another_form(tmp_path, book, message):
    with pytest.raises(DamagedFile, match=message):
        read_aesop({"fables": write(tmp_path / "a", book)})


def squad(context="a hen, a fox", start=0, text="a hen", **others):
    asked = {"question": "who?", "id": "1", "answers": [{"answer_start": start, "text": text}]}
    paragraph = {"context": context, "qas": [asked | others]}
    return json.dumps({"version": "1.1", "data": [{"title": "T", "paragraphs": [paragraph]}]})


@pytest.mark.parametrize("compress", [False, True])
def test_squad(tmp_path, compress):
    (article,) = read_squad({"questions": write(tmp_path / "a", squad(), compress)})
    ((context, ((question, answers, ambiguous),)),) = article.paragraphs
    assert (article.title, context, question) == ("T", "a hen, a fox", "who?")
    assert answers == [SquadAnswer(0, "a hen")]
    assert not ambiguous
    for context, text in (("a hen, a hen", "a hen"), ("aaa", "aa")):  # also where they overlap
        (article,) = read_squad({"questions": write(tmp_path / "a", squad(context, 0, text))})
        assert article.paragraphs[0].questions[0].ambiguous


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "JSONDecodeError"),
        ("{}", "KeyError: 'data'"),
        (squad(answers=[]), "the question 'who\\?' has no answer"),
        (squad(start=1), "the answer 'a hen' does not stand at 1"),
        (squad(start=-12), "does not stand at -12"),
        (squad(answers=[{"text": "a hen"}]), "KeyError: 'answer_start'"),
    ],
)
def test_squad_in_another_form(tmp_path, text, message):
    with pytest.raises(DamagedFile, match=message):
        read_squad({"questions": write(tmp_path / "a", text)})


def captions(tmp_path, **texts):
    files = [f"{part}_{side}" for part in ("train", "validation", "test") for side in ("de", "en")]
    return {name: write(tmp_path / name, texts.get(name, f"{name}\nzwei \n")) for name in files}


def test_multi30k(tmp_path):
    corpus = read_multi30k(captions(tmp_path))
    assert corpus.train == CaptionPairs(["train_de", "zwei"], ["train_en", "zwei"])
    assert corpus.validation.german == ["validation_de", "zwei"]
    assert corpus.test.english == ["test_en", "zwei"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("ein\n\nzwei\n", "line 2: empty"), ("ein\n", "hold 1 and 2 captions"), ("", "hold 0 and 2")],
)
def test_multi30k_in_another_form(tmp_path, text, message):
    with pytest.raises(DamagedFile, match=message):
        read_multi30k(captions(tmp_path, train_de=text))


def test_tatoeba(tmp_path):
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("fra.txt", "Go.\tVa\u202f!\nRun!\tCours\u202f!\n")
    pairs = read_french({"sentences": tmp_path / "a.zip"})
    assert pairs == (["Go.", "Run!"], ["Va\u202f!", "Cours\u202f!"])
    file = write(tmp_path / "b", "Go.\t가.\tCC-BY\r\n", compress=True)
    assert read_korean({"sentences": file}) == (["Go."], ["가."])


@pytest.mark.parametrize(
    ("text", "message"),
    [("Go.\t가.\nRun!\n", "line 2: 'Run!'"), ("Go.\t\n", "line 1"), ("", "holds no sentence")],
)
def test_tatoeba_in_another_form(tmp_path, text, message):
    with pytest.raises(DamagedFile, match=message):
        read_korean({"sentences": write(tmp_path / "a", text)})
