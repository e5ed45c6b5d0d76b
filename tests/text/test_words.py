import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from textbook_nlp.files import DamagedFile
from textbook_nlp.text import (
    PUNCTUATION,
    CharacterTokenizer,
    NgramTokenizer,
    Vocabulary,
    WordTokenizer,
    check_text,
    mask,
    ngrams,
    pad,
    stream,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
TOKENS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3))
SEQUENCES = st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=6), min_size=1, max_size=5)
TOKENIZERS = [
    WordTokenizer(),
    WordTokenizer(split=" "),
    WordTokenizer(lower=False, keep_filtered=True),
    CharacterTokenizer(),
    NgramTokenizer(),
    NgramTokenizer(2, 3, CharacterTokenizer(lower=True), ""),
]


# Words, characters, n-grams


@pytest.mark.parametrize(
    ("tokenizer", "words"),
    [
        (WordTokenizer(), ["don't", "panic", "o", "reader"]),
        (WordTokenizer(lower=False), ["Don't", "panic", "O", "reader"]),
        (WordTokenizer(filters=""), ["don't", "panic,", "o", "reader!"]),
        (WordTokenizer(keep_filtered=True), ["don't", "panic", ",", "o", "reader", "!"]),
        (WordTokenizer(split=" "), ["don't", "panic", "o\xa0reader"]),
        (WordTokenizer(filters=",!", split="a"), ["don't p", "nic", "\to\xa0re", "der"]),
        (WordTokenizer(filters="n", split="<>"), ["do", "'t pa", "ic,\to\xa0reader!"]),
    ],
)
def test_words(tokenizer, words):
    assert tokenizer.tokenize("Don't panic,\tO\xa0reader!") == words


def test_words_may_be_none():
    assert WordTokenizer().tokenize("  ?!\n") == []


@given(TEXT)
def test_no_word_holds_white_space_or_a_filtered_character(text):
    words = WordTokenizer().tokenize(text)
    assert all(word and not set(word) & set(PUNCTUATION) for word in words)
    assert all(word.split() == [word] for word in words)


@given(TEXT)
def test_kept_filters_lose_only_white_space(text):
    words = WordTokenizer(lower=False, keep_filtered=True).tokenize(text)
    assert "".join(words) == "".join(text.split())


@given(TEXT)
def test_characters_join_to_the_text(text):
    assert "".join(CharacterTokenizer().tokenize(text)) == text
    assert CharacterTokenizer(lower=True).tokenize(text) == list(text.lower())


def test_empty_separator_is_refused():
    with pytest.raises(ValueError, match="separator"):
        WordTokenizer(split="")


@given(TOKENS, st.integers(1, 5))
def test_ngrams(tokens, n):
    grams = ngrams(tokens, n)
    assert len(grams) == max(len(tokens) - n + 1, 0)
    assert all(list(gram) == tokens[i : i + n] for i, gram in enumerate(grams))


def test_ngram_tokenizer():
    assert NgramTokenizer(2, 3, CharacterTokenizer(), "").tokenize("abcd") == [
        *("ab", "bc", "cd"),
        *("abc", "bcd"),
    ]
    assert NgramTokenizer(3, 3).tokenize("to be") == []
    with pytest.raises(ValueError, match="n is 0"):
        ngrams(["a"], 0)
    with pytest.raises(ValueError, match="smallest <= largest"):
        NgramTokenizer(3, 2)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("text", [b"bytes", None, 3, ["list"]])
def test_what_is_no_text_is_refused(tokenizer, text):
    with pytest.raises(TypeError):
        tokenizer.tokenize(text)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("text", ["\ud800", "tail \udfff", "\ud83d \ude00"])
def test_lone_surrogates_are_refused(tokenizer, text):
    with pytest.raises(ValueError, match="lone surrogate"):
        tokenizer.tokenize(text)


def test_messages_say_what_to_do():
    with pytest.raises(
        TypeError, match=r'got bytes: decode them first, as in data.decode\("utf-8"'
    ):
        check_text(b"bytes")
    with pytest.raises(TypeError, match="got NoneType: pass one string at a time"):
        check_text(None)
    with pytest.raises(ValueError, match="character 5 is a lone surrogate"):
        check_text("tail \udfff")


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_control_characters_are_text(tokenizer):
    assert "\x00\x07" in "".join(tokenizer.tokenize("a\x00\x07b"))


def test_ten_megabytes_on_one_line():
    line = "word and " * 1_200_000
    assert len(WordTokenizer().tokenize(line)) == 2_400_000
    assert len(CharacterTokenizer().tokenize(line)) == len(line)


# The vocabulary


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


def test_a_failed_save_keeps_the_old_file(tmp_path):
    path = tmp_path / "v.json"
    Vocabulary(["a"]).save(path)
    with pytest.raises(UnicodeEncodeError):
        Vocabulary(["\ud800"]).save(path)
    assert Vocabulary.load(path) == Vocabulary(["a"])
    assert [file.name for file in tmp_path.iterdir()] == ["v.json"]
    with pytest.raises(FileNotFoundError):
        Vocabulary.load(tmp_path / "absent.json")


def test_a_save_that_is_cut_off_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "v.json"
    Vocabulary(["a"]).save(path)

    def fail(source, target):
        assert Vocabulary.load(source) == Vocabulary(["b"])
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="no space left"):
        Vocabulary(["b"]).save(path)
    assert Vocabulary.load(path) == Vocabulary(["a"])
    assert [file.name for file in tmp_path.iterdir()] == ["v.json"]


# Padding, masks, streams


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({}, [[1, 2, 3], [4, 0, 0], [0, 0, 0]]),
        ({"padding": "pre"}, [[1, 2, 3], [0, 0, 4], [0, 0, 0]]),
        ({"length": 2}, [[1, 2], [4, 0], [0, 0]]),
        ({"length": 2, "truncating": "pre"}, [[2, 3], [4, 0], [0, 0]]),
        ({"length": 4, "value": 9}, [[1, 2, 3, 9], [4, 9, 9, 9], [9, 9, 9, 9]]),
    ],
)
def test_pad(options, rows):
    result = pad([[1, 2, 3], np.array([4]), []], **options)
    np.testing.assert_array_equal(result, rows, strict=False)
    assert result.dtype == np.int64


def test_pad_of_nothing_but_empty_sequences():
    assert pad([[], []]).shape == (2, 0)
    np.testing.assert_array_equal(pad([[]], length=2), [[0, 0]])


@pytest.mark.parametrize(
    ("sequences", "options", "error", "message"),
    [
        ([], {}, ValueError, "no sequences"),
        ([[1]], {"length": 0}, ValueError, "length is 0"),
        ([[1]], {"length": -2}, ValueError, "length is -2"),
        ([[1.5]], {}, TypeError, "sequence 0 is not a flat list of integers"),
        ([[1], ["a"]], {}, TypeError, "sequence 1 is not a flat list of integers"),
        ([[[1]]], {}, TypeError, "2 dimensions"),
        ([[2**70]], {}, TypeError, "not a flat list of integers"),
        ([[2**40]], {"dtype": np.int32}, ValueError, "do not fit into int32"),
        ([[-1]], {"dtype": np.uint8}, ValueError, "do not fit into uint8"),
        ([[1]], {"padding": "left"}, ValueError, "padding is 'left'"),
        ([[1]], {"truncating": "left"}, ValueError, "truncating is 'left'"),
        (["text"], {}, TypeError, "sequence 0 is a str"),
        ([3], {}, TypeError, "sequence 0 is a int"),
    ],
)
@pytest.mark.usefixtures("shapes_unchecked")
def test_pad_refuses(sequences, options, error, message):
    with pytest.raises(error, match=message):
        pad(sequences, **options)


@given(SEQUENCES, st.sampled_from(["pre", "post"]))
def test_the_two_kinds_of_mask_agree(sequences, padding):
    ids = [[i + 1 for i in sequence] for sequence in sequences]
    padded = pad(ids, padding=padding)
    lengths = [len(sequence) for sequence in sequences]
    np.testing.assert_array_equal(mask(lengths, padding=padding), mask(padded))
    np.testing.assert_array_equal(mask(lengths).sum(axis=1), lengths)


def test_mask_with_options():
    np.testing.assert_array_equal(mask([1], length=2, padding="pre"), [[False, True]])
    np.testing.assert_array_equal(mask(np.array([[7, 3]]), value=7), [[False, True]])


@pytest.mark.parametrize(
    ("given_lengths", "options", "message"),
    [
        ([], {}, "got shape"),
        ([3], {"length": 2}, "lengths run from 3 to 3, but a row has 2 places"),
        ([-1, 2], {}, "lengths run from -1"),
    ],
)
def test_mask_refuses(given_lengths, options, message):
    with pytest.raises(ValueError, match=message):
        mask(given_lengths, **options)


@pytest.mark.usefixtures("shapes_unchecked")
def test_mask_refuses_an_unknown_side():
    with pytest.raises(ValueError, match="padding is 'left'"):
        mask([1], padding="left")


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
