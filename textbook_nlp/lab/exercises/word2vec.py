"""The exercises of chapter 04, predicting meaning."""

import numpy as np

from textbook_nlp.data.generators import Planted
from textbook_nlp.lab.checks import Hint, any_of, check, check_function, check_value
from textbook_nlp.vectors import fit_word2vec, score_analogies


@check_value(
    expects="two whole numbers",
    mistakes={
        "the first and the last word are covered too; they have one neighbor each": (4, ...),
        "that counts pairs: CBOW asks once for each word, whatever its neighbors": (10, ...),
        "CBOW asks once for each word that can be covered": (12, ...),
        "the first and the last word have one neighbor, not two": (..., 12),
        "each pair of neighbors gives two questions, one for either word in the middle": (..., 5),
        "the words at the ends ask as well, one question each": (..., 8),
    },
)
def questions(cbow_questions=6, skip_gram_questions=10):
    """Exercise 1: how many questions six words ask with a window of 1."""


@check_value(
    expects="one number, a probability",
    atol=5e-5,
    mistakes={
        "those are the plain frequencies: raise the counts to the power of 3/4": 16 / 353,
        "divide by the sum over all three words": 8,
        "the power is 3/4, not 1/4: the third power of the fourth root": 2 / 9,
        "the power is 3/4; this is the square root": 4 / 29,
        "divide by the sum of the powers, or they do not add up to 1": (16 / 353) ** 0.75,
        "that is in percent; a probability lies between 0 and 1": any_of(
            800 / 99, when=lambda probability: abs(probability - 800 / 99) < 0.1
        ),
    },
)
def rarest(probability=8 / 99):
    """Exercise 2: the probability of the rarest of three words under the noise distribution."""


@check_function(
    expects="a function pairs_of(tokens, window) that returns a list of tuples",
    cases=[
        (["we", "saw", "the", "big", "house"], 1),
        (["we", "saw", "the", "big", "house"], 2),
        (["a", "b", "a", "b"], 2),
        (["alone"], 2),
        (["a", "b"], 5),
    ],
    mistakes={
        "the neighbors on the left are missing": {"left": 0},
        "a negative place counts from the end: begin at max(0, i - window)": any_of(
            {"first": -99},
            lambda tokens, window: pairs_of.function(tokens, window, first=-len(tokens)),
        ),
        "the neighbors on the right are missing": {"right": 0},
        "the word in the middle comes first, the neighbor second": (
            {"then": lambda pairs: [(b, a) for a, b in pairs]}
        ),
        "leave out the place itself, not every equal word: a word may be its own neighbor": (
            {"then": lambda pairs: [(a, b) for a, b in pairs if a != b]}
        ),
        "a word is not a neighbor of itself: leave out the place in the middle": {"itself": True},
        "the window reaches one word further on the right: range stops before its end": {"end": 0},
    },
)
def pairs_of(tokens, window, left=1, right=1, first=0, end=1, itself=False):
    """Exercise 3: all pairs of a word and a neighbor."""
    return [
        (word, tokens[j])
        for i, word in enumerate(tokens)
        for j in range(max(first, i - left * window), min(len(tokens), i + right * window + end))
        if j != i or itself
    ]


_RNG = np.random.default_rng(0)


@check_function(
    expects="a function sampled_loss(h, right, wrong) that returns one number",
    cases=[
        *(
            (_RNG.normal(size=E), _RNG.normal(size=E), _RNG.normal(size=(K, E)))
            for E, K in ((2, 1), (3, 5), (8, 2))
        ),
        (np.array([1000.0]), np.array([-1.0]), np.array([[1.0], [-1.0]])),
    ],
    mistakes={
        "a negative is right to be called wrong: the sign of its score is turned": {"negative": -1},
        "the negatives are added up, not averaged": {"total": np.mean},
        "the loss of the target falls when its score rises: -ln σ(s) = ln(1 + exp(-s))": (
            {"target": 1}
        ),
        "both signs are turned: -ln σ(s) = ln(1 + exp(-s)) for the target, and ln(1 + exp(s)) for "
        "a negative": {"target": 1, "negative": -1},
        "the negatives are missing": {"total": lambda losses: 0},
        "the target is missing": lambda h, right, wrong: np.logaddexp(0, wrong @ h).sum(),
        "the loss is the negative logarithm, and never below 0": {"then": np.negative},
        "infinite: was something divided by zero, or an exponential too large?": (
            lambda h, right, wrong: (
                -np.log(1 / (1 + np.exp(-right @ h))) - np.log(1 / (1 + np.exp(wrong @ h))).sum()
            )
        ),
    },
)
def sampled_loss(h, right, wrong, target=-1, negative=1, total=np.sum):
    """Exercise 4: the loss of negative sampling."""
    losses = np.logaddexp(0, negative * wrong @ h)
    return float(np.logaddexp(0, target * right @ h) + total(losses))


def _add_at(W, context, gradient, rate):
    np.add.at(W, context, rate * gradient)
    return W


def _with_bug(W, context, gradient, rate):
    W[context] -= rate * gradient
    return W


def _everywhere(W, context, gradient, rate):
    W -= rate * gradient
    return W


@check_function(
    expects="a function like update_with_a_bug, repaired",
    cases=[
        (_RNG.normal(size=(5, 2)), context, _RNG.normal(size=2), 0.5)
        for context in ([0, 1, 0], [2, 2, 2], [3, 1], [4])
    ],
    in_place=True,
    reveal=False,
    outputs=("what is returned", "W after the call"),
    mistakes={
        "W did not change: subtract from its rows, and return it": lambda W, *others: W,
        "every row changed: only the rows of the context learn from it": any_of(
            _everywhere, lambda W, *others: _everywhere(W.copy(), *others)
        ),
        "a descent goes against the gradient: subtract": _add_at,
        "the rate is missing: subtract `rate * gradient`": (
            lambda W, context, gradient, rate: fixed_update.function(W, context, gradient, 1)
        ),
        "the fault is still there: of two equal rows only one counts": _with_bug,
        "what you return is right, but the W that was passed is not: change it in place, without a "
        "copy": lambda W, *others: fixed_update.function(W.copy(), *others),
    },
)
def fixed_update(W, context, gradient, rate):
    """Exercise 5: an update in which equal rows add up."""
    np.subtract.at(W, context, rate * gradient)
    return W


_LENGTHS = np.random.default_rng(2)
# Every word that may be the answer scores below -1: the question points away from all.
_AWAY = np.array([[-1.0, 0.1], [1.0, 0.1], [1.0, -0.1], [-2.0, 0.5], [-1.0, -1.0], [-0.5, 0.2]])


@check_function(
    expects="a function answer(matrix, a, b, c) that returns the number of a row",
    cases=[
        *(
            (
                _LENGTHS.normal(size=(9, 3)) * _LENGTHS.uniform(0.3, 5.0, size=(9, 1)),
                *_LENGTHS.choice(9, 3, replace=False).tolist(),
            )
            for _ in range(12)
        ),
        (_AWAY, 0, 1, 2),
        # The same with scores between -1 and 0: the question is as long as one vector.
        (np.vstack([_AWAY[1:2], _AWAY[1:]]), 0, 1, 2),
    ],
    reveal=False,
    mistakes={
        "long vectors win: bring every row to length 1 first": {"asked": False, "answers": False},
        "bring the three vectors of the question to length 1 as well, before adding them": (
            {"asked": False}
        ),
        "bring the vectors that are compared with the question to length 1 as well": (
            {"answers": False}
        ),
        "where all other scores are negative, an excluded word with a score of 0 wins: set it to "
        "-np.inf": {"excluded": 0},
        "the sum of three vectors may be longer than 1, so scores may lie below -1: set the "
        "excluded ones to -np.inf": {"excluded": -1},
        "the three words of the question are no answers: exclude them": {"excluded": None},
        "the sign is turned: from a to b, and then on from c, is b - a + c": (
            lambda matrix, a, b, c: answer.function(matrix, b, a, c)
        ),
    },
)
def answer(matrix, a, b, c, asked=True, answers=True, excluded=-np.inf):
    """Exercise 6: complete an analogy by the cosine."""
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    question, candidates = unit if asked else matrix, unit if answers else matrix
    scores = candidates @ (question[b] - question[a] + question[c])
    if excluded is not None:
        scores[[a, b, c]] = excluded
    return int(np.argmax(scores))


SENTENCES, SHARE, LONGEST = 2_000, 0.9, 64
ALLOWED = {"model", "embedding_size", "window", "negatives", "epochs", "learning_rate", "subsample"}
ALLOWED |= {"block", "shared", "seed"}


@check(
    expects="a dictionary of arguments of fit_word2vec",
    mistakes={
        "give a dictionary, such as {'epochs': 5}": 25,
        "fit_word2vec has no argument 'layers' for this": {"embedding_size": 32, "layers": 2},
        "the vectors may have 64 numbers at most: set embedding_size": any_of(
            {"embedding_size": 128}, {}
        ),
        "more than 200 epochs take too long": {"embedding_size": 8, "epochs": 1000},
        "fit_word2vec refuses this": {"embedding_size": 8, "epochs": 0},
        "which of the two models uses each pair by itself?": {"embedding_size": 16, "epochs": 3},
        "how often is the text read?": {"embedding_size": 32, "epochs": 1, "model": "skip_gram"},
        "the model and the epochs can do it: what of the other arguments?": (
            {"model": "skip_gram", "embedding_size": 8, "epochs": 20, "learning_rate": 1e-6}
        ),
    },
)
def arguments(arguments):
    """Exercise 7: enough analogies from few sentences."""
    if not isinstance(arguments, dict):
        raise Hint("give a dictionary, such as {'epochs': 5}")
    if unknown := set(arguments) - ALLOWED:
        raise Hint(f"fit_word2vec has no argument {sorted(map(str, unknown))[0]!r} for this")
    if not arguments.get("embedding_size", 100) <= LONGEST:
        raise Hint(f"the vectors may have {LONGEST} numbers at most: set embedding_size")
    if not arguments.get("epochs", 10) <= 200:
        raise Hint("more than 200 epochs take too long; something else is more effective")
    planted = Planted()
    for seed in (101, 102):
        try:
            learned = fit_word2vec(planted.sample(SENTENCES, seed), **arguments).input
        except (TypeError, ValueError) as error:
            raise Hint(f"fit_word2vec refuses this: {error}") from None
        share = score_analogies(learned, planted.analogies()).accuracy
        found = f"{100 * share:.0f} % of the analogies are right"
        if share < SHARE and arguments.get("model", "cbow") == "cbow":
            raise Hint(f"{found}: which of the two models uses each pair by itself?")
        if share < SHARE and arguments.get("epochs", 10) < 20:
            raise Hint(f"{found}: how often is the text read?")
        if share < SHARE:
            raise Hint(f"{found}: the model and the epochs can do it: what of the other arguments?")
