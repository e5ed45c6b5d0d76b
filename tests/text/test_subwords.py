import gzip
import json
import os
from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from textbook_nlp.files import DamagedFile
from textbook_nlp.text.subwords import (
    BYTES,
    BytePairTokenizer,
    apply_merges,
    learn_merges,
    merge_pair,
    split_symbols,
    split_words,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
# Few letters, so that counts tie and runs of one letter overlap with themselves.
WORDS = st.dictionaries(st.text("abc", min_size=1, max_size=7), st.integers(1, 4), min_size=1)
NOT_SURROGATES = st.characters(exclude_categories=["Cs"])
STYLES = ("symbol", "suffix", "plain", "bytes")
ROW_30 = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
REVIEWS = [
    "정말 재밌어요 ㅋㅋㅋㅋ",
    "정말 재미없어요...",
    "재밌는 영화, 최고예요!!",
    "ㅋㅋㅋㅋㅋㅋ ㅠㅠ",
] * 3


def published_merges(word_counts, number, style):
    """The program printed in Sennrich et al. 2016: everything is counted anew for each merge."""
    words = {tuple(split_symbols(word, style)): n for word, n in word_counts.items()}
    merges = []
    for _ in range(number):
        pairs = Counter()
        for word, count in words.items():
            for pair in pairwise(word):
                pairs[pair] += count
        if not pairs:
            break
        merges.append(max(pairs, key=pairs.get))
        words = {tuple(merge_pair(word, merges[-1])): n for word, n in words.items()}
    return merges


# Learning merges


def test_the_merges_of_the_four_words():
    merges = learn_merges(ROW_30, 10)
    assert ["".join(pair) for pair in merges] == [
        *("es", "est", "est</w>", "lo", "low", "ne", "new", "newest</w>", "low</w>", "wi")
    ]


@given(WORDS, st.integers(0, 30), st.sampled_from(["symbol", "suffix", "plain"]))
def test_first_is_the_order_of_the_published_program(word_counts, number, style):
    assert learn_merges(word_counts, number, style=style) == published_merges(
        word_counts, number, style
    )


@given(WORDS)
def test_learning_ends_when_every_word_is_one_token(word_counts):
    merges = learn_merges(word_counts, 10_000)
    tokenizer = BytePairTokenizer(merges, [*"abc", "</w>"])
    assert all(tokenizer.tokenize(word) == [word + "</w>"] for word in word_counts)


def test_rare_pairs_can_be_left_alone():
    assert learn_merges(ROW_30, 10, min_count=6) == learn_merges(ROW_30, 8)
    assert learn_merges(ROW_30, 0) == []


def test_no_merge_makes_a_special():
    merges = learn_merges({"<unk>": 9, "unk": 1}, 50, style="plain", specials=("<unk>",))
    assert "<unk>" not in {"".join(pair) for pair in merges}
    assert "<unk>" in {"".join(pair) for pair in learn_merges({"<unk>": 9}, 50, style="plain")}


@pytest.mark.parametrize(
    ("word_counts", "number", "message"),
    [
        ({}, 1, "no word"),
        ({"a": 1}, -1, "number_of_merges is -1"),
        ({"a": 0}, 1, "count below 1"),
        ({"a": 1, "": 1}, 1, "a word is empty"),
    ],
)
def test_impossible_training_is_refused(word_counts, number, message):
    with pytest.raises(ValueError, match=message):
        learn_merges(word_counts, number)


# Against Hugging Face's tokenizers


def peer(style, **model):
    """Hugging Face's tokenizer with our way of cutting text into words, trained or not."""
    tokenizers = pytest.importorskip("tokenizers")
    pre = tokenizers.pre_tokenizers
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE(**model))
    theirs.pre_tokenizer = pre.WhitespaceSplit()
    if style == "bytes":
        chunk = tokenizers.Regex(r"\s+(?!\S)|\s?\S+")
        cut = pre.Split(chunk, "isolated")
        theirs.pre_tokenizer = pre.Sequence(
            [cut, pre.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
    return theirs


def trained_peer(texts, style, size):
    from tokenizers import trainers

    theirs = peer(style)
    options = {"suffix": {"end_of_word_suffix": "</w>"}, "bytes": {"initial_alphabet": BYTES}}
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, **options.get(style, {}))
    theirs.train_from_iterator(texts, trainer)
    model = json.loads(theirs.to_str())["model"]
    return theirs, [tuple(pair) for pair in model["merges"]], model["vocab"]


def assert_same_as_peer(texts, merges, style):
    ours = BytePairTokenizer.fit(texts, merges, style=style, ties="id", specials=())
    theirs, their_merges, vocabulary = trained_peer(texts, style, len(ours.alphabet) + merges)
    if style == "suffix":
        # Their numbers for the symbols with "</w>" change from run to run, so we take them over.
        alphabet = sorted(ours.alphabet, key=vocabulary.get)
        counts = Counter(word for text in texts for word in split_words(text))
        learned = learn_merges(counts, merges, style=style, ties="id", alphabet=alphabet)
        ours = BytePairTokenizer(learned, alphabet, style, specials=())
    assert ours.merges == their_merges
    if len({"".join(pair) for pair in ours.merges}) == len(ours.merges):
        assert ours.vocabulary.index == vocabulary
    for text in texts[:500]:
        assert ours.tokenize(text) == theirs.encode(text).tokens


@pytest.mark.parametrize("style", ["suffix", "plain", "bytes"])
@given(texts=st.lists(st.text("ab ", min_size=1), min_size=1, max_size=5), merges=st.integers(1, 9))
@settings(max_examples=60)
def test_merges_are_those_of_the_peer(texts, merges, style):
    if any(text.split() for text in texts):
        assert_same_as_peer(texts, merges, style)
    else:
        assert all(split_words(text) == [] for text in texts)


@pytest.mark.parametrize("style", ["suffix", "plain", "bytes"])
@given(
    texts=st.lists(st.text("가각갂 nﬁ👍🏽é\u0301\t\n", min_size=1), min_size=1, max_size=5),
    merges=st.integers(1, 40),
)
@settings(max_examples=30)
def test_merges_are_those_of_the_peer_beyond_ascii(texts, merges, style):
    if any(text.split() for text in texts):
        assert_same_as_peer(texts, merges, style)
    else:
        assert all(split_words(text) == [] for text in texts)


def lines(name):
    folder = os.environ.get("TEXTBOOK_NLP_DATA")
    if not folder or not (Path(folder) / name).exists():
        pytest.skip(f"TEXTBOOK_NLP_DATA names no folder with {name}")
    return gzip.open(Path(folder) / name, "rt", encoding="utf-8", newline="\n")


@pytest.mark.parametrize("style", ["suffix", "plain", "bytes"])
def test_merges_on_the_penn_treebank_are_those_of_the_peer(style):
    with lines("ptb/ptb.train.txt.gz") as file:
        texts = [line.strip("\n") for line in islice(file, 800)]
    assert_same_as_peer(texts, 600, style)


@pytest.mark.parametrize("style", ["suffix", "plain", "bytes"])
def test_merges_on_film_reviews_are_those_of_the_peer(style):
    with lines("nsmc/ratings_train.txt.gz") as file:
        texts = [line.split("\t")[1] for line in islice(file, 1, 500)]
    assert_same_as_peer(texts, 500, style)


@given(st.text("ab", max_size=30), WORDS)
def test_applying_merges_is_what_the_peer_does(word, word_counts):
    merges = learn_merges(word_counts, 20, style="plain")
    ranks = {pair: i for i, pair in enumerate(merges)}
    tokens = dict.fromkeys([*"abc", *map("".join, merges)])
    theirs = peer("plain", vocab={t: i for i, t in enumerate(tokens)}, merges=merges)
    assert apply_merges(word, ranks) == theirs.encode(word).tokens


# Encoding and decoding

BYTE_TOKENIZER = BytePairTokenizer.fit(
    ["the cat sat on the mat, the end\n\n  the", *REVIEWS], 60, style="bytes", specials=("<eos>",)
)


@given(TEXT)
@settings(max_examples=300)
def test_any_text_comes_back_from_bytes(text):
    assert BYTE_TOKENIZER.decode(BYTE_TOKENIZER.encode(text)) == text
    assert BYTE_TOKENIZER.decode(BYTE_TOKENIZER.encode(text, specials=True)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "  \t\r\n\x0b\x1c\x85\xa0\u2028 ",
        "the  cat\n",
        "👨‍👩‍👧‍👦 👍🏽 🇰🇷",
        "e\u0301 é \u0301",
        "각 ㄱㅏㄱ \u1100\u1161\u11a8",
        "\x00\x07\x7f\ufeff\uffff",
        "<eos></w>Ġ<unk>",
        "ㅋ" * 5_000,
    ],
)
def test_hard_texts_come_back_from_bytes(text):
    assert BYTE_TOKENIZER.decode(BYTE_TOKENIZER.encode(text)) == text


@given(TEXT)
def test_chunks_lose_nothing(text):
    joined = "".join(split_words(text, "bytes"))
    assert len(joined) == len(text.encode("utf-8"))
    assert set(joined) <= set(BYTES)


def test_byte_characters_are_visible_and_distinct():
    assert len(set(BYTES)) == 256
    assert all(character.isprintable() and not character.isspace() for character in BYTES)
    assert BYTES[ord("A")] == "A"
    assert BYTES[ord(" ")] == "Ġ"
    assert BYTES[ord("\n")] == "Ċ"


def test_bytes_that_are_no_utf8_are_shown():
    first = BYTE_TOKENIZER.vocabulary.index[BYTES[0xE1]]
    assert BYTE_TOKENIZER.decode([first]) == "\ufffd"


@pytest.mark.parametrize("style", ["symbol", "suffix"])
@given(words=st.lists(st.text("abc", min_size=1), min_size=1))
def test_words_come_back_with_one_blank_between(style, words):
    tokenizer = BytePairTokenizer.fit([" ".join(words)], 5, style=style)
    assert tokenizer.decode(tokenizer.encode("  ".join(words))) == " ".join(words)


def test_styles():
    cuts = {
        style: BytePairTokenizer.fit(["low low"], 2, style=style).tokenize("low low")
        for style in STYLES
    }
    assert cuts == {
        "symbol": ["low", "</w>", "low", "</w>"],
        "suffix": ["low</w>", "low</w>"],
        "plain": ["low", "low"],
        "bytes": ["low", "Ġ", "low"],
    }
    plain = BytePairTokenizer.fit(["low low"], 2, style="plain")
    assert plain.decode(plain.encode("low low")) == "lowlow"
    marked = BytePairTokenizer.fit(["x</w>y z</w>"], 9, style="plain")
    assert marked.decode(marked.encode("x</w>y z</w>")) == "x</w>yz</w>"  # no mark, but text


@pytest.mark.parametrize("style", ["symbol", "suffix"])
def test_a_mark_that_the_text_holds_is_read_as_the_end_of_a_word(style):
    """A limit that the docstring states; the style "bytes" has none."""
    text = "x</w>y </w>"
    marked = BytePairTokenizer.fit([text, "</w> </w>"], 9, style=style)
    assert marked.decode(marked.encode(text)) == "x y  "
    whole = BytePairTokenizer.fit([text], 9, style="bytes")
    assert whole.decode(whole.encode(text)) == text


def test_white_space_is_pythons():
    """Of which U+001C to U+001F are no white space to Hugging Face's tokenizers."""
    assert split_words("a\x1cb", "plain") == ["a", "b"]
    assert len(split_words("\xa0\x1e", "bytes")) == 1


def test_unknown_characters():
    tokenizer = BytePairTokenizer.fit(["aab"], 1)
    assert tokenizer.tokenize("aaz") == ["aa", "z", "</w>"]
    assert tokenizer.decode(tokenizer.encode("aaz")) == "aa<unk>"
    other = BytePairTokenizer.fit(["aab"], 1, specials=("<oov>",), unknown="<oov>")
    assert other.decode(other.encode("z")) == "<oov>"
    with pytest.raises(ValueError, match="'z' is not in the vocabulary"):
        BytePairTokenizer.fit(["aab"], 1, specials=()).encode("z")


def test_specials_are_read_only_when_asked():
    tokenizer = BytePairTokenizer.fit(["a <e> b"], 9, style="bytes", specials=("<e", "<e>"))
    assert tokenizer.encode("a<e>b<e", specials=True)[1::2] == [1, 0]
    assert not {0, 1} & set(tokenizer.encode("a<e>b<e"))
    assert tokenizer.decode(tokenizer.encode("é<e>é", specials=True)) == "é<e>é"
    assert BytePairTokenizer.fit(["ab"], 1, specials=()).tokenize("ab", specials=True) == [
        *("ab", "</w>")
    ]


def test_size_counts_everything():
    tokenizer = BytePairTokenizer.fit(["low lower lowest"], vocabulary_size=12)
    assert len(tokenizer) == 12
    assert tokenizer.vocabulary.tokens[0] == "<unk>"
    small = BytePairTokenizer.fit(["low lower"], vocabulary_size=300, style="bytes", ties="id")
    assert len(small) <= 300
    with pytest.raises(ValueError, match="the 4 single symbols take 5: give more"):
        BytePairTokenizer.fit(["low"], vocabulary_size=4)


@pytest.mark.parametrize(
    ("texts", "options", "error", "message"),
    [
        ([], {"number_of_merges": 1}, ValueError, "no word"),
        ([" "], {"number_of_merges": 1}, ValueError, "no word"),
        ("text", {"number_of_merges": 1}, TypeError, "got one text"),
        ([b"bytes"], {"number_of_merges": 1}, TypeError, "got bytes"),
        ([None], {"number_of_merges": 1}, TypeError, "got NoneType"),
        (["\ud800"], {"number_of_merges": 1}, ValueError, "lone surrogate"),
        (["a"], {}, ValueError, "give either"),
        (["a"], {"number_of_merges": 1, "vocabulary_size": 9}, ValueError, "give either"),
    ],
)
@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_training_texts_are_refused(texts, options, error, message):
    with pytest.raises(error, match=message):
        BytePairTokenizer.fit(texts, **options)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_texts_and_ids_are_refused(style):
    tokenizer = BytePairTokenizer.fit(["low"], 1, style=style)
    with pytest.raises(TypeError, match="got bytes"):
        tokenizer.encode(b"low")
    with pytest.raises(TypeError, match="got NoneType"):
        tokenizer.tokenize(None)
    with pytest.raises(ValueError, match="lone surrogate"):
        tokenizer.encode("\udc00")
    for i in (-1, len(tokenizer)):
        with pytest.raises(ValueError, match=f"no token {i}"):
            tokenizer.decode([i])


def test_a_merge_out_of_order_is_refused():
    with pytest.raises(ValueError, match=r"merge 0 joins \('ab', 'c'\)"):
        BytePairTokenizer([("ab", "c"), ("a", "b")], "abc")


# Long lines, the cache


@given(WORDS, st.text("abcd", min_size=1))
def test_cutting_long_words_changes_nothing(word_counts, word):
    tokenizer = BytePairTokenizer(learn_merges(word_counts, 9, style="plain"), "abc", "plain")
    whole = tokenizer.tokenize(word)
    tokenizer.CACHED_LENGTH = 0
    tokenizer._cache.clear()
    assert tokenizer.tokenize(word) == whole
    assert tokenizer._cache == {}


def test_the_cache_is_bounded():
    tokenizer = BytePairTokenizer([("a", "b")], "ab", "plain")
    tokenizer.CACHED_WORDS = 2
    assert [tokenizer.tokenize(word) for word in ("ab", "b", "abb", "ab")] == [
        *(["ab"], ["b"], ["ab", "b"], ["ab"])
    ]
    assert sorted(tokenizer._cache) == ["ab", "b"]


@pytest.mark.parametrize("line", ["word and " * 10_000, "정말재밌어요." * 2_000, "ㅋ" * 10_000])
def test_a_very_long_line(line):
    assert BYTE_TOKENIZER.decode(BYTE_TOKENIZER.encode(line)) == line


# Files


@pytest.mark.parametrize("style", STYLES)
def test_a_saved_tokenizer_comes_back(tmp_path, style):
    path = tmp_path / "bpe.json"
    before = BytePairTokenizer.fit(REVIEWS, 20, style=style, specials=("<oov>",), unknown="<oov>")
    before.save(path)
    after = BytePairTokenizer.load(path)
    assert (after.merges, after.alphabet, after.style) == (before.merges, before.alphabet, style)
    assert after.vocabulary == before.vocabulary
    assert after.encode("정말 xyz") == before.encode("정말 xyz")
    assert [file.name for file in tmp_path.iterdir()] == ["bpe.json"]


def test_every_cut_of_a_tokenizer_file_is_noticed(tmp_path):
    path = tmp_path / "bpe.json"
    BytePairTokenizer.fit(["lów"], 2).save(path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedFile, match=r"bpe\.json"):
            BytePairTokenizer.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "vocabulary"}, "no byte-pair tokenizer file"),
        ({"merges": [["x", "y"]]}, "no earlier merge"),
        ({"merges": [["x", "y", "z"]]}, "too many values"),
        ({"merges": 3}, "holds no byte-pair tokenizer"),
        ({"style": "other"}, "style is 'other'"),
        ({"specials": ["a"]}, "occurs twice"),
    ],
)
@pytest.mark.usefixtures("shapes_unchecked")
def test_a_wrong_tokenizer_file_is_refused(tmp_path, change, message):
    path = tmp_path / "bpe.json"
    BytePairTokenizer.fit(["ab"], 1).save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DamagedFile, match=message):
        BytePairTokenizer.load(path)
