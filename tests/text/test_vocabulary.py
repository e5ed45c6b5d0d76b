import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from textbook_nlp.files import DamagedFile
from textbook_nlp.text import Vocabulary, stream

TOKENS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3))


def test_ids_fall_with_the_count_and_ties_keep_their_order():
    corpus = [["b", "a", "c"], ["c", "d", "a"], ["c"]]
    assert Vocabulary.fit(corpus).tokens == ["<pad>", "<unk>", "c", "a", "b", "d"]
    assert Vocabulary.fit(corpus, specials=()).index == {"c": 0, "a": 1, "b": 2, "d": 3}
    assert Vocabulary.fit(corpus, min_count=2, specials=()).tokens == ["c", "a"]
    assert Vocabulary.fit(corpus, vocabulary_size=4).tokens == ["<pad>", "<unk>", "c", "a"]
    assert Vocabulary.fit(corpus, vocabulary_size=2).tokens == ["<pad>", "<unk>"]
    assert Vocabulary.fit(corpus, min_count=9).tokens == ["<pad>", "<unk>"]


def test_a_special_in_the_corpus_keeps_its_place():
    corpus = [["the", "<unk>", "the", "<unk>", "<unk>"]]
    assert Vocabulary.fit(corpus, specials=("<eos>", "<unk>")).tokens == ["<eos>", "<unk>", "the"]


@given(st.lists(TOKENS, min_size=1).filter(any))
def test_decode_inverts_encode(corpus):
    vocabulary = Vocabulary.fit(corpus)
    assert len(vocabulary) == len({"<pad>", "<unk>"} | {t for doc in corpus for t in doc})
    for document in corpus:
        assert vocabulary.decode(vocabulary.encode(document)) == document
        assert all(token in vocabulary for token in document)


def test_unknown_tokens():
    vocabulary = Vocabulary(["a"])
    assert vocabulary.encode(["a", "b", "<unk>", "<pad>"]) == [2, 1, 1, 0]
    other = Vocabulary(["a"], specials=("<pad>", "<OOV>"), unknown="<OOV>")
    assert other.decode(other.encode(["b", "a"])) == ["<OOV>", "a"]
    assert Vocabulary(["<unk>", "a"], specials=()).encode(["b"]) == [0]
    with pytest.raises(ValueError, match="'b' is not in the vocabulary, and neither is '<unk>'"):
        Vocabulary(["a"], specials=("<pad>",)).encode(["a", "b"])


@pytest.mark.parametrize("i", [-1, 3, 10**20])
def test_unknown_ids_are_refused(i):
    with pytest.raises(ValueError, match=rf"no token {i}: ids run from 0 to 2"):
        Vocabulary(["a"]).decode([0, i])


def test_decode_takes_integers_of_every_kind():
    vocabulary = Vocabulary(["a"])
    assert vocabulary.decode(np.array([2, 0], dtype=np.int16)) == ["a", "<pad>"]
    with pytest.raises(TypeError):
        vocabulary.decode([1.0])


@pytest.mark.usefixtures("shapes_unchecked")
def test_what_is_no_list_of_tokens_is_refused():
    vocabulary = Vocabulary(["a"])
    with pytest.raises(TypeError, match="tokenize the text first"):
        vocabulary.encode("text")
    with pytest.raises(TypeError, match="one list of tokens at a time"):
        vocabulary.encode([["a"]])
    with pytest.raises(TypeError, match="one list of tokens at a time"):
        vocabulary.encode([None])
    with pytest.raises(TypeError, match="tokenize the text first"):
        Vocabulary.fit(["text"])
    with pytest.raises(TypeError, match="a token is a str"):
        Vocabulary([1])


def test_an_impossible_vocabulary_is_refused():
    with pytest.raises(ValueError, match="holds no token"):
        Vocabulary.fit([])
    with pytest.raises(ValueError, match="holds no token"):
        Vocabulary.fit([[], []])
    with pytest.raises(ValueError, match="'a' occurs twice"):
        Vocabulary(["a", "a"])
    with pytest.raises(ValueError, match="'<pad>' occurs twice"):
        Vocabulary(["<pad>"])
    for size in (-1, 0, 1):
        with pytest.raises(ValueError, match=f"size is {size}"):
            Vocabulary.fit([["a"]], vocabulary_size=size)
    with pytest.raises(ValueError, match="size is 0"):
        Vocabulary.fit([["a"]], vocabulary_size=0, specials=())


def test_equality_and_repr():
    assert Vocabulary(["a"]) == Vocabulary(["a"])
    assert Vocabulary(["a"]) != Vocabulary(["b"])
    assert Vocabulary(["a"]) != ["a"]
    assert repr(Vocabulary(["a"])) == "Vocabulary(3 tokens: '<pad>', '<unk>', 'a', …)"


@given(TOKENS)
def test_a_saved_vocabulary_comes_back(tmp_path_factory, tokens):
    path = tmp_path_factory.mktemp("vocabulary") / "v.json"
    vocabulary = Vocabulary(dict.fromkeys(tokens), specials=("<none>", "<OOV>"), unknown="<OOV>")
    vocabulary.save(path)
    assert Vocabulary.load(path) == vocabulary
    assert [file.name for file in path.parent.iterdir()] == ["v.json"]


def test_every_cut_of_a_vocabulary_file_is_noticed(tmp_path):
    path = tmp_path / "v.json"
    Vocabulary(["rosé", "로즈"]).save(path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedFile, match=r"v\.json"):
            Vocabulary.load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "no vocabulary file"),
        ('{"kind": "other"}', "no vocabulary file"),
        ('{"kind": "vocabulary", "tokens": []}', "lacks specials, unknown"),
        ('{"kind": "vocabulary", "tokens": ["a", "a"], "specials": [], "unknown": ""}', "twice"),
        ('{"kind": "vocabulary", "tokens": 3, "specials": [], "unknown": ""}', "no vocabulary"),
    ],
)
def test_a_wrong_vocabulary_file_is_refused(tmp_path, content, message):
    path = tmp_path / "v.json"
    path.write_text(content)
    with pytest.raises(DamagedFile, match=message):
        Vocabulary.load(path)


def test_stream():
    vocabulary = Vocabulary(["a", "b"], specials=("<unk>", "<eos>"))
    ids = stream([["a", "b"], [], ["c"]], vocabulary)
    np.testing.assert_array_equal(ids, [2, 3, 1, 1, 0, 1])
    assert ids.dtype == np.int64
    np.testing.assert_array_equal(stream([["b"]], vocabulary, end="a"), [3, 2])


def test_stream_refuses():
    vocabulary = Vocabulary(["a"], specials=("<eos>",))
    with pytest.raises(ValueError, match="no '<eos>'"):
        stream([["a"]], Vocabulary(["a"]))
    with pytest.raises(ValueError, match="no sentences"):
        stream([], vocabulary)
    with pytest.raises(TypeError, match="tokenize the text first"):
        stream(["a"], vocabulary)
    with pytest.raises(ValueError, match="not in the vocabulary"):
        stream([["z"]], vocabulary)
