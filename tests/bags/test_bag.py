"""One-hot, bags of words and hashed bags, against scikit-learn and against counting by hand."""

from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings

from textbook_nlp.bags import BagOfWords, TfIdf, buckets, hashed_bag, one_hot, weighted
from textbook_nlp.text import CharacterTokenizer, NgramTokenizer, PatternTokenizer, WordTokenizer

sklearn = pytest.importorskip("sklearn.feature_extraction.text")

TEXT = st.text("aabbcçDEé가1_'.,- \n\xa0İß😀", max_size=40)
WORDY = st.lists(
    st.sampled_from(["to", "be", "or", "not", "that", "is", "the", "question", "Be", "an"]),
    max_size=12,
)
TEXTS = st.lists(TEXT | WORDY.map(" ".join), min_size=1, max_size=8)
RANGES = st.sampled_from([(1, 1), (1, 2), (2, 2), (1, 3), (2, 4)])


# One-hot


def test_one_hot_by_hand():
    matrix = one_hot([2, 0, 2], 4)
    np.testing.assert_array_equal(matrix.toarray(), [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    assert matrix.nnz == 3
    assert one_hot([], 4).toarray().shape == (0, 4)


@given(st.lists(st.integers(0, 9), max_size=12))
def test_one_hot_is_rows_of_the_identity(ids):
    np.testing.assert_array_equal(one_hot(ids, 10).toarray(), np.eye(10)[np.array(ids, int)])
    np.testing.assert_array_equal(
        one_hot(np.array(ids, dtype=np.int32), 10).sum(axis=0), np.bincount(ids, minlength=10)
    )


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([0, 3], ValueError, "no column 3 among 3"),
        ([-1], ValueError, "no column -1"),
        ([0.5], TypeError, "list of integers"),
        ([[0], [1]], TypeError, "of shape"),
        (["a"], TypeError, "list of integers"),
    ],
)
def test_one_hot_refuses(ids, error, message):
    with pytest.raises(error, match=message):
        one_hot(ids, 3)


# Tokens


@given(st.text() | TEXT)
def test_the_pattern_finds_what_scikit_learn_finds(text):
    text = text.encode("utf-8", "ignore").decode("utf-8")
    analyzer = sklearn.CountVectorizer().build_analyzer()
    assert PatternTokenizer().tokenize(text) == analyzer(text)


@pytest.mark.usefixtures("shapes_unchecked")
def test_a_pattern_of_your_own():
    assert PatternTokenizer("[A-Z]", lower=False).tokenize("aBcD") == ["B", "D"]
    with pytest.raises(TypeError, match="got bytes"):
        PatternTokenizer().tokenize(b"a")


# Bags of words


def fitted(vectorizer, texts):
    """What the peer makes of texts in which it finds a word."""
    analyze = vectorizer.build_analyzer()
    assume(any(analyze(text) for text in texts))
    return vectorizer.fit_transform(texts).toarray()


@given(TEXTS, TEXTS, RANGES)
@settings(max_examples=80)
def test_counts_are_those_of_scikit_learn(texts, others, ngrams):
    peer = sklearn.CountVectorizer(ngram_range=ngrams)
    expected = fitted(peer, texts)
    bag = BagOfWords.fit(texts, PatternTokenizer().tokenize, ngrams)
    counts = bag.counts(texts)
    assert bag.features == peer.get_feature_names_out().tolist()
    assert bag.index == peer.vocabulary_
    assert len(bag) == len(bag.features)
    np.testing.assert_array_equal(counts.toarray(), expected)
    np.testing.assert_array_equal(bag.counts(others).toarray(), peer.transform(others).toarray())


@given(TEXTS, RANGES)
@settings(max_examples=100)
def test_characters_are_counted_as_in_scikit_learn(texts, ngrams):
    # Runs of blanks are one blank to scikit-learn.
    texts = [" ".join(text.split()) for text in texts]
    peer = sklearn.CountVectorizer(analyzer="char", ngram_range=ngrams)
    expected = fitted(peer, texts)
    bag = BagOfWords.fit(texts, CharacterTokenizer(lower=True).tokenize, ngrams, joiner="")
    counts = bag.counts(texts)
    assert bag.features == peer.get_feature_names_out().tolist()
    np.testing.assert_array_equal(counts.toarray(), expected)


@given(
    st.lists(WORDY.map(" ".join), min_size=1, max_size=8),
    RANGES,
    st.sampled_from([1, 2, 3, 0.0, 0.3, 0.5, 1.0]),
    st.sampled_from([1, 2, 5, 0.5, 0.8, 1.0]),
)
@settings(max_examples=80)
def test_limits_are_those_of_scikit_learn(texts, ngrams, min_df, max_df):
    assume(not isinstance(max_df, int) or not isinstance(min_df, int) or max_df >= min_df)
    peer = sklearn.CountVectorizer(ngram_range=ngrams, min_df=min_df, max_df=max_df)
    try:
        expected = peer.fit_transform(texts).toarray()
    except ValueError:
        with pytest.raises(ValueError, match="no column is left"):
            BagOfWords.fit(texts, PatternTokenizer().tokenize, ngrams, min_df, max_df)
        return
    bag = BagOfWords.fit(texts, PatternTokenizer().tokenize, ngrams, min_df, max_df)
    counts = bag.counts(texts)
    assert bag.features == peer.get_feature_names_out().tolist()
    np.testing.assert_array_equal(counts.toarray(), expected)


def test_at_most_so_many_columns():
    texts = ["d d d d", "c c c", "b b a a"]
    tokenize = str.split
    assert BagOfWords.fit(texts, tokenize, max_features=2).features == ["c", "d"]
    bag = BagOfWords.fit(texts, tokenize, (1, 2), max_features=4)
    counts = bag.counts(texts)
    assert bag.features == ["a", "c", "d", "d d"]
    np.testing.assert_array_equal(counts.toarray(), [[0, 0, 4, 3], [0, 3, 0, 0], [2, 0, 0, 0]])
    np.testing.assert_array_equal(
        bag.counts(["d d x d", "a d d"]).toarray()[:, 2:], [[3, 1], [2, 1]]
    )
    peer = sklearn.CountVectorizer(tokenizer=tokenize, token_pattern=None, max_features=2)
    peer.fit(texts)
    assert peer.get_feature_names_out().tolist() == ["c", "d"]


@given(st.lists(st.text("ab .", max_size=20), min_size=1, max_size=6), st.integers(1, 4))
def test_counts_are_those_of_counting(texts, largest):
    ngrams = NgramTokenizer(1, largest)
    expected = [Counter(ngrams.tokenize(text)) for text in texts]
    assume(any(expected))
    bag = BagOfWords.fit(texts, ngrams=(1, largest))
    counts = bag.counts(texts)
    assert set(bag.features) == set().union(*expected)
    for row, counter in zip(counts.toarray(), expected, strict=True):
        assert {f: int(c) for f, c in zip(bag.features, row, strict=True) if c} == counter


def test_an_unknown_word_breaks_an_ngram():
    bag = BagOfWords.fit(["a b c"], str.split, (1, 3))
    counts = bag.counts(["a x b c", "b c a b c", "", "x"]).toarray()
    found = [{f: c for f, c in zip(bag.features, row, strict=True) if c} for row in counts]
    assert found[0] == {"a": 1, "b": 1, "c": 1, "b c": 1}
    assert found[1] == {"a": 1, "a b": 1, "a b c": 1, "b": 2, "b c": 2, "c": 2}
    assert found[2:] == [{}, {}]


@given(
    st.lists(st.text("ab|\x00\x1f!", max_size=12), min_size=1, max_size=5),
    RANGES,
    st.sampled_from([" ", "", "a"]),
)
def test_names_that_are_spelled_alike_share_a_column(texts, ngrams, joiner):
    """Tokens with blanks or control characters, and joiners that tokens may hold."""
    bag_of = NgramTokenizer(*ngrams, Bars(), joiner)
    peer = sklearn.CountVectorizer(analyzer=bag_of.tokenize)
    expected = fitted(peer, texts)
    bag = BagOfWords.fit(texts, Bars().tokenize, ngrams, joiner=joiner)
    assert bag.features == peer.get_feature_names_out().tolist()
    np.testing.assert_array_equal(bag.counts(texts).toarray(), expected)


class Bars:
    """Cuts at bars, so that a word may hold a blank."""

    def tokenize(self, text):
        return text.replace("!", " ").split("|")


def test_one_column_for_two_pairs():
    texts = ["a b|c", "a|b c"]
    bag = BagOfWords.fit(texts, Bars().tokenize, (1, 2))
    assert bag.features == ["a", "a b", "a b c", "b c", "c"]
    np.testing.assert_array_equal(bag.counts(texts).toarray(), [[0, 1, 1, 0, 1], [1, 0, 1, 1, 0]])


@pytest.mark.parametrize("kind", [float, np.float64, np.float32, np.float16])
def test_a_share_of_any_type_is_a_share(kind):
    texts = ["a b", "a b", "a", "c"]
    assert BagOfWords.fit(texts, str.split, min_df=kind(0.5)).features == ["a", "b"]
    assert BagOfWords.fit(texts, str.split, max_df=kind(0.5)).features == ["b", "c"]
    with pytest.raises(ValueError, match="a share such as 0.5"):
        BagOfWords.fit(texts, str.split, max_df=kind(1.5))
    assert BagOfWords.fit(texts, str.split, min_df=np.int32(3)).features == ["a"]


def test_a_bag_of_pairs_of_texts_of_one_word_is_empty_in_those():
    texts = ["a", "a b", "b"]
    bag = BagOfWords.fit(texts, str.split, (2, 2))
    counts = bag.counts(texts)
    assert bag.features == ["a b"]
    np.testing.assert_array_equal(counts.toarray(), [[0], [1], [0]])


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("texts", "options", "error", "message"),
    [
        ([], {}, ValueError, "of the 0 that 0 texts hold"),
        (["", " .,"], {}, ValueError, "of the 0 that 2 texts hold"),
        ("one text", {}, TypeError, "got one text"),
        ([None], {}, TypeError, "got NoneType"),
        (["\ud800"], {"tokenize": str.split}, ValueError, "lone surrogate"),
        (["a"], {"tokenize": str.lower}, TypeError, "tokenize returned 'a'"),
        (["a"], {"tokenize": lambda text: [1]}, TypeError, r"tokenize returned \[1\]"),
        (["a"], {"ngrams": (0, 1)}, ValueError, "n runs from 0 to 1"),
        (["a"], {"ngrams": (2, 1)}, ValueError, "n runs from 2 to 1"),
        (["a"], {"ngrams": (2, 2)}, ValueError, "of the 0 that 1 texts hold"),
        (["a"], {"min_df": 2}, ValueError, "of the 1 that 1 texts hold"),
        (["a"], {"min_df": 1.5}, ValueError, r"limit is 1\.5"),
        (["a"], {"max_df": -1}, ValueError, "limit is -1"),
        (["a"], {"max_features": 0}, ValueError, "max_features is 0"),
    ],
)
def test_a_bag_refuses(texts, options, error, message):
    with pytest.raises(error, match=message):
        BagOfWords.fit(texts, **options)


# tf–idf


@given(
    TEXTS,
    TEXTS,
    RANGES,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["l1", "l2", None]),
)
@settings(max_examples=80)
def test_tf_idf_is_that_of_scikit_learn(
    texts, others, ngrams, smooth, use_idf, sublinear, binary, norm
):
    peer = sklearn.TfidfVectorizer(
        ngram_range=ngrams,
        smooth_idf=smooth,
        use_idf=use_idf,
        sublinear_tf=sublinear,
        binary=binary,
        norm=norm,
    )
    expected = fitted(peer, texts)
    bag = BagOfWords.fit(texts, PatternTokenizer().tokenize, ngrams)
    counts = bag.counts(texts)
    more = bag.counts(others)
    if binary:
        counts, more = weighted(counts, "binary"), weighted(more, "binary")
    weights = TfIdf.fit(counts, smooth, use_idf, sublinear, norm)
    np.testing.assert_allclose(weights.weigh(counts).toarray(), expected, rtol=1e-12)
    np.testing.assert_allclose(
        weights.weigh(more).toarray(), peer.transform(others).toarray(), rtol=1e-12
    )


# Hashed bags


@given(
    TEXTS,
    RANGES,
    st.sampled_from([1, 2, 7, 64, 2**20, 2**31 - 1]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["l1", "l2", None]),
)
@settings(max_examples=80)
def test_a_hashed_bag_is_that_of_scikit_learn(texts, ngrams, width, signed, binary, norm):
    peer = sklearn.HashingVectorizer(
        ngram_range=ngrams, n_features=width, alternate_sign=signed, norm=norm
    )
    ours = hashed_bag(texts, width, PatternTokenizer().tokenize, ngrams, signed, norm=norm)
    theirs = peer.transform(texts)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(abs(ours - theirs).max(), 0.0, atol=1e-15)
    assert (ours.data != 0).all()
    if binary:
        peer = sklearn.HashingVectorizer(
            ngram_range=ngrams, n_features=width, alternate_sign=signed, norm=norm, binary=True
        )
        ours = hashed_bag(
            texts, width, PatternTokenizer().tokenize, ngrams, signed, True, norm=norm
        )
        np.testing.assert_allclose(abs(ours - peer.transform(texts)).max(), 0.0, atol=1e-15)


def test_a_binary_bag_holds_what_has_cancelled():
    words = [f"w{i}" for i in range(9)]
    _, signs = buckets(words, 1)
    minus, plus = (words[signs.tolist().index(sign)] for sign in (-1, 1))
    cancels = f"{minus} {plus}"
    assert hashed_bag([cancels], 1, norm=None).toarray() == 0.0
    assert hashed_bag([cancels], 1, norm=None, binary=True).toarray() == 1.0


def test_a_hashed_bag_of_characters():
    texts = ["to be", "or not"]
    peer = sklearn.HashingVectorizer(analyzer="char", ngram_range=(2, 3), n_features=32)
    ours = hashed_bag(texts, 32, CharacterTokenizer().tokenize, (2, 3), joiner="")
    np.testing.assert_allclose(ours.toarray(), peer.transform(texts).toarray(), rtol=1e-12)


def test_a_hashed_bag_needs_no_other_texts():
    texts = ["to be or not to be", "that is the question", ""]
    together = hashed_bag(texts, 64).toarray()
    alone = np.concatenate([hashed_bag([text], 64).toarray() for text in texts])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together[2], 0)
    assert hashed_bag([], 64).shape == (0, 64)


def test_another_seed_is_another_table():
    one, other = (hashed_bag(["to be or not"], 2**16, seed=seed) for seed in (0, 1))
    assert set(one.indices.tolist()) != set(other.indices.tolist())


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("texts", "options", "error", "message"),
    [
        (["a"], {"width": 0}, ValueError, "width is 0: give at least 1 column"),
        (["a"], {"width": -4}, ValueError, "width is -4"),
        (["a"], {"width": 2**31}, ValueError, "fewer than"),
        (["a"], {"width": 10.0}, TypeError, "an integer"),
        (["a"], {"width": True}, TypeError, "an integer"),
        ("a", {}, TypeError, "got one text"),
        ([3], {}, TypeError, "got int"),
        (["\ud800"], {}, ValueError, "lone surrogate"),
        (["a"], {"ngrams": (0, 1)}, ValueError, "n runs from 0"),
        (["a"], {"norm": "max"}, ValueError, "norm is 'max'"),
        (["a"], {"tokenize": lambda text: [1]}, TypeError, r"tokenize returned \[1\]"),
    ],
)
def test_a_hashed_bag_refuses(texts, options, error, message):
    with pytest.raises(error, match=message):
        hashed_bag(texts, **options)


def test_words_by_default():
    bag = BagOfWords.fit(["Don't panic!"])
    assert bag.features == ["don't", "panic"] == WordTokenizer().tokenize("Don't panic!")
