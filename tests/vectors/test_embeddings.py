"""Embeddings: neighbors, analogies and scores by definition, against gensim and scikit-learn."""

import gzip
import json
import zipfile

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA

from textbook_nlp.files import DamagedFile
from textbook_nlp.vectors import (
    Embeddings,
    UnknownWord,
    rank_correlation,
    read_glove,
    score_analogies,
    score_similarity,
)

WORDS = ("king", "queen", "man", "woman", "apple", "pear")


def vectors(seed=0, words=WORDS, width=4):
    generator = np.random.default_rng(seed)
    return Embeddings(words, generator.normal(size=(len(words), width)))


@pytest.fixture
def grid():
    """Vectors whose analogies hold exactly."""
    male, female, royal, plain = np.eye(4) * 2.0
    matrix = np.stack([male + royal, female + royal, male + plain, female + plain])
    fruit = np.array([[1.0, 1.0, -3.0, -3.0], [1.0, 1.2, -3.0, -3.0]])
    return Embeddings(WORDS, np.concatenate([matrix, fruit]))


def peer(embeddings):
    model = KeyedVectors(embeddings.matrix.shape[1], dtype=np.float64)
    model.add_vectors(list(embeddings.words), embeddings.matrix)
    return model


@pytest.mark.parametrize("seed", range(3))
def test_neighbors_and_analogies_equal_gensims(seed):
    ours = vectors(seed)
    theirs = peer(ours)
    for word in WORDS:
        expected = theirs.most_similar(word, topn=3)
        assert [w for w, _ in ours.nearest(word, 3)] == [w for w, _ in expected]
        np.testing.assert_allclose(
            [s for _, s in ours.nearest(word, 3)], [s for _, s in expected], rtol=1e-5, atol=1e-6
        )
    a, b, c = WORDS[:3]
    expected = theirs.most_similar(positive=[b, c], negative=[a], topn=3)
    answer = ours.analogy(a, b, c, 3)
    assert [w for w, _ in answer] == [w for w, _ in expected]
    found, theirs_found = [s for _, s in answer], [s for _, s in expected]
    np.testing.assert_allclose(found, theirs_found, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        ours.similarity("king", "pear"), theirs.similarity("king", "pear"), rtol=1e-5, atol=1e-6
    )


def test_nearest_by_definition(grid):
    query = np.array([1.0, 0.5, 0.0, 2.0])
    scores = grid.matrix @ query / np.linalg.norm(grid.matrix, axis=1) / np.linalg.norm(query)
    best = [WORDS[i] for i in np.argsort(-scores)]
    assert [word for word, _ in grid.nearest(query, k=6)] == best
    assert grid.nearest(query.tolist(), k=6) == grid.nearest(query, k=6)
    assert [word for word, _ in grid.nearest(query, 2, exclude=[best[0], "nothing"])] == best[1:3]
    assert len(grid.nearest("king", k=99)) == 5


@pytest.mark.parametrize(
    ("dtype", "size"),
    [
        (np.float64, 1e200),
        (np.float64, 1e-200),
        (np.float32, 1e25),
        (np.float32, 1e-25),
        (np.float32, 1e-40),
        (np.float16, 20.0),
    ],
)
def test_the_size_of_the_numbers_does_not_matter(dtype, size):
    rng = np.random.default_rng(0)
    matrix = (rng.normal(size=(6, 300)) * size).astype(dtype)
    exact = matrix.astype(np.longdouble)
    unit = exact / np.sqrt((exact**2).sum(axis=1, keepdims=True))
    ours = Embeddings(WORDS, matrix)
    np.testing.assert_allclose(
        ours.similarity("king", "queen"), float(unit[0] @ unit[1]), atol=1e-6
    )
    (best, cosine), *_ = ours.nearest(matrix[3].astype(np.float64))
    assert best == "woman"
    np.testing.assert_allclose(cosine, 1, rtol=1e-3)
    query = unit[1] - unit[0] + unit[2]
    scores = (unit @ query / np.sqrt(query @ query))[3:]
    answer, cosine = ours.analogy("king", "queen", "man", 1)[0]
    assert answer == WORDS[3 + int(scores.argmax())]
    np.testing.assert_allclose(cosine, float(scores.max()), atol=1e-6)


def test_dot_and_cosine_differ():
    long = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [5.0, 9.0], [0.05, 1.0], [-1.0, -1.0]])
    embeddings = Embeddings(WORDS, long)
    cosine = embeddings.analogy("king", "queen", "man", k=1)
    dot = embeddings.analogy("king", "queen", "man", k=1, method="dot")
    query = long[1] - long[0] + long[2]
    assert dot == [("woman", pytest.approx(float(long[3] @ query)))]
    assert cosine[0][0] == "apple"


def test_scores_of_analogies(grid):
    questions = {
        "royal": [("man", "king", "woman", "queen"), ("king", "man", "queen", "woman")],
        "wrong": [("man", "king", "woman", "apple"), ("man", "emperor", "woman", "empress")],
    }
    score = score_analogies(grid, questions)
    assert (score.correct, score.used, score.total) == (2, 3, 4)
    assert score.by_section == {"royal": (2, 2), "wrong": (0, 1)}
    np.testing.assert_allclose(score.accuracy, 2 / 3)
    few = score_analogies(grid, questions, restrict=3)
    assert few.used == 0
    assert np.isnan(few.accuracy)
    for section, items in questions.items():
        for a, b, c, d in items:
            if section == "royal":
                assert grid.analogy(a, b, c, k=1)[0][0] == d


@pytest.mark.parametrize("restrict", [None, 5])
def test_analogies_are_scored_as_by_gensim(tmp_path, restrict):
    ours = vectors(3)
    words = [(a, b, c, d) for a in WORDS for b in WORDS for c in WORDS for d in WORDS]
    items = [item for item in words if len(set(item)) == 4]
    path = tmp_path / "questions.txt"
    path.write_text(": all\n" + "\n".join(" ".join(item) for item in items))
    accuracy, _ = peer(ours).evaluate_word_analogies(path, restrict_vocab=restrict or len(WORDS))
    np.testing.assert_allclose(score_analogies(ours, {"all": items}, restrict).accuracy, accuracy)


def test_similarity_score_equals_gensims(tmp_path):
    ours = vectors(5)
    pairs = [("King", "queen", 9.0), ("man", "pear", 1.5), ("apple", "pear", 8.0),
             ("woman", "king", 5.0), ("king", "tram", 2.0)]  # fmt: skip
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join("\t".join(map(str, pair)) for pair in pairs))
    _, (rho, _), share = peer(ours).evaluate_word_pairs(path)
    score = score_similarity(ours, pairs)
    np.testing.assert_allclose(score.rho, rho)
    assert (score.used, score.total) == (4, 5)
    np.testing.assert_allclose(100 * (1 - score.used / score.total), share)
    assert score_similarity(ours, pairs, lower=False).used == 3


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=2, max_size=9))
def test_the_rank_correlation_is_that_of_the_mean_ranks(pairs):
    def ranks(numbers):
        return [
            sum(x < y for x in numbers) + (sum(x == y for x in numbers) - 1) / 2 for y in numbers
        ]

    first, second = zip(*pairs, strict=True)
    if len(set(first)) == 1 or len(set(second)) == 1:
        with pytest.raises(ValueError, match="must differ"):
            rank_correlation(first, second)
    else:
        expected = np.corrcoef(ranks(first), ranks(second))[0, 1]
        np.testing.assert_allclose(rank_correlation(first, second), expected, atol=1e-12)


def test_lists_of_different_lengths_have_no_rank_correlation(shapes_unchecked):
    with pytest.raises(ValueError, match="expected two lists of N"):
        rank_correlation([1, 2], [1, 2, 3])


def test_too_few_pairs():
    ours = vectors()
    with pytest.raises(ValueError, match="1 of 2 pairs have vectors for both words"):
        score_similarity(ours, [("king", "queen", 1.0), ("king", "tram", 2.0)])
    with pytest.raises(ValueError, match="must differ"):
        score_similarity(ours, [("king", "queen", 1.0), ("king", "man", 1.0)])


def test_projection_equals_scikit_learns_up_to_the_sign():
    ours = vectors(7, width=5)
    points = ours.project(k=3)
    theirs = PCA(3, svd_solver="full").fit_transform(ours.matrix)
    np.testing.assert_allclose(np.abs(points), np.abs(theirs), rtol=1e-9, atol=1e-12)
    top = points[np.abs(points).argmax(axis=0), range(3)]
    assert (top > 0).all()
    assert ours.project(["king", "pear"], 1).shape == (2, 1)
    with pytest.raises(ValueError, match="span at most 2"):
        ours.project(["king", "pear"], 3)


def test_matrix_for_another_vocabulary():
    ours = vectors()
    matrix, found = ours.matrix_for(["<pad>", "pear", "king", "tram"])
    np.testing.assert_array_equal(found, [False, True, True, False])
    np.testing.assert_array_equal(matrix[1:3], np.stack([ours["pear"], ours["king"]]))
    np.testing.assert_array_equal(matrix[[0, 3]], 0)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text(min_size=0, max_size=5), min_size=1, max_size=6, unique=True),
    st.sampled_from([np.float32, np.float64]),
    st.data(),
)
def test_saved_and_loaded(tmp_path_factory, words, dtype, data):
    words = [word.encode("utf-8", "ignore").decode() + str(i) for i, word in enumerate(words)]
    numbers = st.floats(-1e6, 1e6, width=32)
    matrix = data.draw(arrays(dtype, (len(words), 3), elements=numbers))
    path = tmp_path_factory.mktemp("saved") / "vectors.npz"
    Embeddings(words, matrix).save(path)
    loaded = Embeddings.load(path)
    assert loaded.words == tuple(words)
    assert loaded.matrix.dtype == dtype
    np.testing.assert_array_equal(loaded.matrix, matrix)


@pytest.mark.parametrize("word", ["\\n", "\n", "\\\\n", "\\\n\\"])
def test_words_with_odd_characters_survive(tmp_path, word):
    Embeddings([word, "b"], np.ones((2, 1))).save(tmp_path / "a.npz")
    assert Embeddings.load(tmp_path / "a.npz").words == (word, "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_damaged_files(tmp_path):
    path = tmp_path / "vectors.npz"
    vectors().save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedFile, match="train anew"):
        Embeddings.load(path)
    path.write_bytes(json.dumps({}).encode())
    with pytest.raises(DamagedFile):
        Embeddings.load(path)
    np.save(tmp_path / "other.npy", np.ones(3))
    with pytest.raises(DamagedFile):
        Embeddings.load(tmp_path / "other.npy")
    np.savez(path, matrix=np.ones((1, 1)))
    with pytest.raises(DamagedFile):
        Embeddings.load(path)
    np.savez(path, words=np.array(["a", None], dtype=object), matrix=np.ones((2, 1)))
    with pytest.raises(DamagedFile):
        Embeddings.load(path)
    with pytest.raises(FileNotFoundError):
        Embeddings.load(tmp_path / "nothing.npz")


GLOVE = "the 0.1 -2 3e-1\n, 1 2 3\nü 0 0 1\n"


@pytest.mark.parametrize("how", ["plain", "gzip", "zip", "crlf", "heading", "mark"])
def test_glove(tmp_path, how):
    text = GLOVE.replace("\n", "\r\n") if how == "crlf" else GLOVE
    data = ({"heading": "3 3\n", "mark": "\ufeff"}.get(how, "") + text).encode()
    path, member = tmp_path / "vectors.txt", None
    if how == "zip":
        member = "glove.txt"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, data)
    else:
        path.write_bytes(gzip.compress(data) if how == "gzip" else data)
    read = read_glove(path, member=member)
    assert read.words == ("the", ",", "ü")
    expected = [[0.1, -2, 0.3], [1, 2, 3], [0, 0, 1]]
    np.testing.assert_array_equal(read.matrix, np.array(expected, dtype=np.float32))
    few = read_glove(path, ["ü", "tram"], member)
    assert few.words == ("ü",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a 1 2\nb 1\n", "line 2: 1 numbers after the word, expected 2"),
        (b"a 1 2\nb 1 2 3\n", "line 2: 3 numbers after the word, expected 2"),
        (b"a 1 2\nb 1 x\n", "line 2: could not convert"),
        (b"a 1 2\nb 1 nan\n", "line 2: NaN or an infinite"),
        (b"a 1 inf\n", "line 1: NaN or an infinite"),
        (b"a 1 2\nb 1 2\na 3 4\n", "line 3: the word 'a' occurs for the second time"),
        (b"a 1 2\n\xff 1 2\n", "line 2 is not UTF-8"),
        (b"a\n", "line 1: 0 numbers after the word, expected at least one"),
        (b"a 1 2\n\nb 1 2\n", "line 2 is '': expected a word and its numbers"),
        (b"a 1 2\nb 1  2\n", "line 2 is 'b 1  2': expected a word and .* one blank"),
        (b"a\t1\t2\n", "line 1 is .*one blank between"),
        (b"a 1_0 2\n", "line 1: a number with '_'"),
        (b"3 2\na 1 2\nb 1 2\n", "heading says 3 words, and there are 2"),
        (gzip.compress(b"a 1 2\n" * 99, mtime=0)[:12] + b"\xff" * 20, "is damaged"),
        (b"", "holds no vector$"),
        (b"\x1f\x8b\x08\x00abc", "is damaged"),
        (b"PK\x03\x04abc", "is damaged"),
    ],
)
def test_damaged_glove(tmp_path, text, message):
    path = tmp_path / "vectors.txt"
    path.write_bytes(text)
    with pytest.raises(DamagedFile, match=message):
        read_glove(path)


def test_glove_without_the_wanted_words(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text(GLOVE)
    with pytest.raises(DamagedFile, match="no vector of a wanted word"):
        read_glove(path, ["tram"])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", GLOVE)
    with pytest.raises(DamagedFile, match="no member 'b.txt'; it has a.txt"):
        read_glove(path, member="b.txt")


def test_glove_words_with_blanks(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("the 1 2\n. . . 3 4\n")
    assert read_glove(path, blanks=True).words == ("the", ". . .")
    with pytest.raises(DamagedFile, match="pass blanks=True"):
        read_glove(path)


def test_unknown_words():
    ours = vectors()
    assert "king" in ours
    assert "tram" not in ours
    assert len(ours) == 6
    np.testing.assert_array_equal(ours["queen"], ours.matrix[1])
    for ask in (
        lambda: ours["tram"],
        lambda: ours.nearest("tram"),
        lambda: ours.analogy("king", "queen", "tram"),
        lambda: ours.similarity("king", "tram"),
        lambda: ours.project(["king", "tram"]),
    ):
        with pytest.raises(UnknownWord, match="no vector for 'tram' among 6 words") as info:
            ask()
        assert info.value.words == ("tram",)


def test_a_vector_of_zeros_is_like_nothing():
    ours = Embeddings(("a", "b"), np.array([[0.0, 0.0], [1.0, 2.0]]))
    np.testing.assert_array_equal(ours.similarity("a", "b"), 0.0)
    assert ours.nearest("a") == [("b", 0.0)]
    assert ours.nearest(np.zeros(2)) == [("a", 0.0), ("b", 0.0)]


@pytest.mark.parametrize(
    ("words", "matrix", "error", "message"),
    [
        (("a",), np.ones((2, 3)), ValueError, "1 words and a matrix of shape"),
        ((), np.ones((0, 3)), ValueError, "at least one word"),
        (("a",), np.ones((1, 0)), ValueError, "at least one number"),
        (("a", "a"), np.ones((2, 3)), ValueError, "'a' occurs twice"),
        (("a", "b"), np.array([[1.0], [np.nan]]), ValueError, "'b' holds NaN"),
        (("a",), np.ones((1, 3), dtype=int), TypeError, "floating-point"),
        (("a",), [[1.0]], TypeError, "floating-point"),
        ((b"a",), np.ones((1, 3)), TypeError, "decode bytes"),
    ],
)
@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_embeddings(words, matrix, error, message):
    with pytest.raises(error, match=message):
        Embeddings(words, matrix)


@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_questions():
    ours = vectors()
    with pytest.raises(ValueError, match="k is 0"):
        ours.nearest("king", k=0)
    with pytest.raises(ValueError, match="shape"):
        ours.nearest(np.ones(9))
    with pytest.raises(ValueError, match=r"shape \(9,\), expected \(4,\)"):
        ours.nearest([0.0] * 9)
    with pytest.raises(ValueError, match="expected a word, or a vector of numbers"):
        ours.nearest([None, "a"])
    with pytest.raises(ValueError, match="finite"):
        ours.nearest(np.full(4, np.nan))
    with pytest.raises(ValueError, match="method is 'sum'"):
        ours.analogy("king", "queen", "man", method="sum")
    with pytest.raises(ValueError, match="restrict is 0"):
        score_analogies(ours, {}, restrict=0)
