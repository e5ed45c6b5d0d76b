"""The exercises of chapter 05, embeddings at work."""

import numpy as np

from textbook_nlp.lab.checks import any_of, check_function, check_value

V, E, H = 10_000, 16, 24


@check_value(
    expects="a whole number",
    mistakes={
        "either the biases of both dense layers or the whole last layer is missing": (
            V * E + E * H + H
        ),
        "one bias is missing: the last layer has one too": V * E + E * H + H + H,
        "the hidden layer has a bias for each of its units": V * E + E * H + H + 1,
        "the vectors are learned too: one for each word": E * H + H + H + 1,
        "between the average and the score stands a hidden layer": V * E + E + 1,
    },
)
def parameters(parameters=V * E + E * H + H + H + 1):
    """Exercise 1: the numbers that a classifier of V = 10,000, E = 16 and H = 24 learns."""


@check_value(
    expects="two numbers",
    atol=1e-3,
    mistakes={
        "that divides by all four places; one of them is padding": [1.5, 0.75],
        "that is the sum; divide it by the number of words": [6, 3],
        "the vector of padding must not be added or counted": [3, 2.25],
        "the vector of padding must not be added": [4, 3],
        "*fine* stands twice and counts twice": [2.5, 0],
    },
)
def average(average=(2.0, 1.0)):
    """Exercise 2: the average of a padded text."""


@check_value(
    expects="two numbers",
    atol=1e-3,
    mistakes={
        "that is the share of one place; the word stands at two": [0.15, -0.05],
        "the average divides by the four words, so each place gets a share": any_of(
            [0.6, -0.2], [1.2, -0.4]
        ),
        "the text has four words, of which two are the same": [0.4, -0.4 / 3],
    },
)
def gradient(gradient=(0.3, -0.1)):
    """Exercise 3: the gradient of the vector of a word that occurs twice among four."""


_W = np.random.default_rng(5).standard_normal((6, 3))
_PADDED = np.array([[4, 5, 0, 0], [1, 0, 0, 0], [3, 1, 2, 5]])


@check_function(
    expects="a function fixed_pool(W, ids) that returns an array (B, E)",
    cases=[
        (_W, np.array([[1, 2, 3, 2]])),
        (_W, _PADDED),
        (_W, np.pad(_PADDED, ((0, 0), (0, 3)))),
        (_W, np.zeros((1, 2), dtype=int)),
    ],
    reveal=False,
    mistakes={
        "the fault is still there: padding adds its vector and is counted as a word": (
            lambda W, ids: W[ids].mean(axis=1)
        ),
        "the vector of padding is gone, but its places still count in the length": (
            {"length": lambda mask: mask.shape[1]}
        ),
        "the length is right, but the vector of padding is still added": any_of(
            {"padding": 1}, {"padding": 1, "least": 0}
        ),
        "that divides by the number of texts: divide each sum by the words of its own text": (
            {"length": len}
        ),
        "a text without any word has no average; here it is defined as zeros: do not divide by a "
        "length below 1": {"least": 0},
    },
)
def fixed_pool(W, ids, padding=0, length=lambda mask: mask.sum(axis=1), least=1):
    """Exercise 4: the average that counted padding."""
    mask = (ids != 0)[:, :, None]
    return (W[ids] * np.maximum(mask, padding)).sum(axis=1) / np.maximum(length(mask), least)


_VECTORS = {"the": [1.0], "plot": [0.5], "dull": [2.0]}
_TEXTS = [["the", "plot", "was", "dull"], ["the", "the", "cast"], ["lumbering"]]


@check_function(
    expects="a function coverage(texts, vectors) that returns a share from 0 to 1",
    cases=[
        (_TEXTS, _VECTORS),
        (_TEXTS[:1], _VECTORS),
        ([["was"]], _VECTORS),
        (_TEXTS, {"was": [0.0]}),
    ],
    reveal=False,
    mistakes={
        "that is the coverage of the types; count every token": {"counted": set},
        "that is the mean over texts; long texts hold more tokens than short ones": (
            lambda texts, vectors: np.mean([coverage.function([text], vectors) for text in texts])
        ),
        "that is the share that has no vector": {"then": lambda share: 1 - share},
        "that is a count; divide it by the number of tokens": {"divisor": lambda *both: 1},
        "that is the share of the dictionary that occurs; count the tokens of the texts": (
            {"counted": set, "divisor": lambda tokens, vectors: len(vectors)}
        ),
    },
)
def coverage(texts, vectors, counted=list, divisor=lambda tokens, vectors: len(tokens)):
    """Exercise 5: the share of the tokens that have a vector."""
    tokens = counted([token for text in texts for token in text])
    return sum(token in vectors for token in tokens) / divisor(tokens, vectors)


_FILE = {"dull": [2.0, 0.0, 1.0], "good": [-2.0, 0.5, 1.0], "plot": [0.0, 3.0, 0.0]}


@check_function(
    expects="a function embedding_matrix(tokens, vectors) that returns an array (V, E)",
    cases=[
        (["<pad>", "<unk>", "good", "turgid", "plot"], _FILE),
        (["dull"], _FILE),
        (["x", "good", "y"], _FILE),
    ],
    reveal=False,
    mistakes={
        "the rows are in the order of the file; they must be in that of the vocabulary": (
            lambda tokens, vectors: np.array(list(vectors.values()))
        ),
        "a word without a vector needs a row of zeros, or all rows behind it move up": (
            lambda tokens, vectors: np.array([vectors[t] for t in tokens if t in vectors])
        ),
        "one row for each token: the array is transposed": {"then": np.transpose},
    },
)
def embedding_matrix(tokens, vectors):
    """Exercise 6: one row for each token of a vocabulary."""
    E = len(next(iter(vectors.values())))
    return np.array([vectors.get(token, np.zeros(E)) for token in tokens])


def _sought_among_all(losses, patience):
    best = int(np.argmin(losses)) + 1
    return best, min(best + patience, len(losses))


@check_function(
    expects="a function stop(losses, patience) that returns two whole numbers",
    cases=[
        *(
            ([0.69, 0.6, 0.55, 0.58, 0.54, 0.56, 0.57, 0.6, 0.5], patience)
            for patience in (3, 1, 9)
        ),
        ([0.7, 0.6, 0.5, 0.45], 2),
        ([0.5, 0.5, 0.5, 0.4], 2),
        ([0.5, 0.6, 0.55, 0.58, 0.57], 3),
    ],
    reveal=False,
    mistakes={
        "training goes on to the end here; it must stop after `patience` epochs without a new "
        "best, and never see what would have come later": (
            lambda losses, patience: (int(np.argmin(losses)) + 1, len(losses))
        ),
        "the best epoch is sought among all losses, also those of epochs after the stop, which are "
        "never trained": any_of(
            _sought_among_all,
            lambda losses, patience: (
                int(np.argmin(losses)) + 1,
                stop.function(losses, patience)[1],
            ),
        ),
        "compare each loss with the best so far, not with that of the epoch before": (
            {"better": lambda losses, i, best: i and losses[i] < losses[i - 1]}
        ),
        "an equal loss is not a new lowest one: compare with <, not with <=": (
            {"better": lambda losses, i, best: losses[i] <= losses[best]}
        ),
        "the count of epochs without a new best begins again at each new best": {"again": False},
        "epochs count from 1": {"then": lambda epochs: (epochs[0] - 1, epochs[1] - 1)},
        "the weights that are kept are those of the best epoch, not of the last one": (
            {"then": lambda epochs: (epochs[1], epochs[1])}
        ),
        "it stops one epoch too late: `patience` epochs without a new best are enough": {"late": 1},
        "the best epoch comes first": {"then": lambda epochs: epochs[::-1]},
    },
)
def stop(
    losses,
    patience,
    better=lambda losses, i, best: losses[i] < losses[best],
    again=True,
    late=0,
):
    """Exercise 7: early stopping."""
    best = waited = 0
    for i in range(len(losses)):
        if better(losses, i, best):
            best, waited = i, 0 if again else waited
        elif i:
            waited += 1
        if waited >= patience + late:
            return best + 1, i + 1
    return best + 1, len(losses)
