"""The exercises of chapter 06, language models."""

import numpy as np

from textbook_nlp.lab.checks import any_of, check_function, check_value


@check_value(
    expects="two numbers, the perplexity and the bits a word",
    rtol=0.0,
    atol=0.0101,
    mistakes={
        "average the logarithms, not the probabilities": (1 / 0.375, ...),
        "average the logarithms, not the numbers of choices 1/p": (3.0, ...),
        "that is for all four words together; take the fourth root": (64.0, ...),
        "the bits are logarithms to base 2, so it is 2 to their power, not e": (4.48, ...),
        "the perplexity is the other one: 2 to the power of the bits a word": (1.5, ...),
        "that is the entropy in nats; divide by ln 2": (..., 1.04),
        "that is the sum over four words; a mean is asked for": (..., 6.0),
        "bits are minus the logarithms, so that they are positive": (..., -1.5),
    },
)
def perplexity_and_bits(perplexity=2.83, bits=1.5):
    """Exercise 1: perplexity and bits of four probabilities, 1/2, 1/4, 1/4 and 1/2."""


@check_value(
    expects="one number, about 3,000",
    rtol=0.02,
    mistakes={
        "those are the bits a word; the perplexity is 2 to their power": 2.1 * 5.5,
        "that is the perplexity of a letter; a word has 5.5 of them": 2**2.1,
        "bits add up and perplexities do not: multiply the bits by 5.5, before 2 to their power": (
            2**2.1 * 5.5
        ),
        "the bits are logarithms to base 2, so it is 2 to their power, not e": np.exp(2.1 * 5.5),
        "add the bits of the letters, and take 2 to that power": 2.1**5.5,
        "a word costs 5.5 times as many bits as a letter, not fewer": 2 ** (2.1 / 5.5),
    },
)
def perplexity_of_words(perplexity=2 ** (2.1 * 5.5)):
    """Exercise 2: the perplexity of words that belongs to 2.1 bits a letter."""


@check_function(
    expects="a function left_for_new(k, total, types, V) that returns one number",
    cases=[(0.5, 3, 2, 6), (1, 10, 4, 100), (0.01, 1004, 300, 1871), (2, 5, 5, 5)],
    mistakes={
        "that is what one new word gets; there are V - types of them": {"words": lambda t, V: 1},
        "the words that were seen get their k too: of V words, types are not new": (
            {"words": lambda t, V: V}
        ),
        "that is the share of the words that were seen; the new ones are asked for": (
            {"words": lambda t, V: t}
        ),
        "k is added for each of the V words, so the total grows by k V": {"below": lambda V: 1},
        "each new word gets k, not 1": {"each": lambda k: 1},
    },
)
def left_for_new(k, total, types, V, words=lambda t, V: V - t, below=lambda V: V, each=lambda k: k):
    """Exercise 3: the probability that add-k gives to all words never seen after a context."""
    return words(types, V) * each(k) / (total + k * below(V))


@check_function(
    expects="a function perplexity_of_blocks(losses, sizes) that returns one number",
    cases=[
        (np.array([2.0, 2.0]), np.array([10, 10])),
        (np.array([1.0, 3.0]), np.array([5, 5])),
        (np.array([1.5, 2.5, 6.0]), np.array([100, 100, 3])),
    ],
    mistakes={
        "the fault is still there: the mean of perplexities is not the perplexity of the mean": (
            {"whole": lambda losses, sizes: np.mean(np.exp(losses))}
        ),
        "the mean of perplexities, weighted or not, is not the perplexity of the mean": (
            {"whole": lambda losses, sizes: np.average(np.exp(losses), weights=sizes)}
        ),
        "a block of few words counts as much as one of many: weigh the losses by the sizes": (
            {"whole": lambda losses, sizes: np.exp(np.mean(losses))}
        ),
        "that is the cross-entropy; e to its power is the perplexity": (
            {"whole": lambda losses, sizes: np.average(losses, weights=sizes)}
        ),
        "the losses are in nats: e to their power, not 2": (
            {"whole": lambda losses, sizes: 2 ** np.average(losses, weights=sizes)}
        ),
    },
)
def perplexity_of_blocks(
    losses, sizes, whole=lambda losses, sizes: np.exp(np.average(losses, weights=sizes))
):
    """Exercise 4: the perplexity of a text from the mean losses of its blocks."""
    return float(whole(losses, sizes))


@check_function(
    expects="a function witten_bell(count, total, types, lower) that returns one probability",
    cases=[(2, 3, 2, 0.1), (0, 3, 2, 0.1), (0, 0, 0, 0.25), (7, 7, 1, 0.5)],
    mistakes={
        "a context that was never seen leaves everything to the lower probability": (
            {"empty": lambda lower: 0.0}
        ),
        "the lower probability comes in for words that were seen as well": (
            {"share": lambda c, N, T, p: c / (N + T) if c else T * p / (N + T)}
        ),
        "the shares must leave room for what goes to the lower probability: divide by "
        "total + types": {"share": lambda c, N, T, p: c / N + T * p / (N + T)},
        "the lower probability counts as often as there are types": (
            {"share": lambda c, N, T, p: (c + p) / (N + 1)}
        ),
        "total and types are confused": ({"share": lambda c, N, T, p: (c + N * p) / (N + T)}),
    },
)
def witten_bell(
    count,
    total,
    types,
    lower,
    share=lambda c, N, T, p: (c + T * p) / (N + T),
    empty=lambda lower: lower,
):
    """Exercise 5: the probability of a word by Witten and Bell."""
    return share(count, total, types, lower) if total else empty(lower)


def _neighbors(ids, V, before, after):
    table = np.zeros((V, V), int)
    np.add.at(table, (ids[before], ids[after]), 1)
    return table


_FIRST, _SECOND = slice(None, -1), slice(1, None)


@check_function(
    expects="a function preceded_by(ids, V) that returns V whole numbers",
    cases=[
        (np.array([0, 1, 0, 2, 0, 1]), 4),
        (np.array([3, 3, 3, 1, 2, 3, 1]), 5),
        (np.random.default_rng(0).integers(0, 6, 40), 7),
    ],
    mistakes={
        "that counts how often each token occurs after another; count different ones before it": (
            {"of": lambda table: table.sum(axis=0)}
        ),
        "that counts what follows each token; what precedes it is asked for": (
            {"of": lambda table: (table > 0).sum(axis=1)}
        ),
        "a token can precede itself, and then counts like any other": (
            {"of": lambda table: ((table > 0) & ~np.eye(len(table), dtype=bool)).sum(axis=0)}
        ),
        "every token of the vocabulary needs a number, 0 where nothing precedes it": (
            {"of": lambda table: (table > 0).sum(axis=0)[:-1]}
        ),
    },
)
def preceded_by(ids, V, of=lambda table: (table > 0).sum(axis=0)):
    """Exercise 6: by how many different tokens each token is preceded."""
    return of(_neighbors(ids, V, _FIRST, _SECOND))


@check_value(
    expects="two integers",
    mistakes={
        "a window of four words has four vectors, not three: K is 4": (3_070_200, ...),
        "the biases are missing: H for the hidden layer, V for the scores": (3_080_000, ...),
        "the bias of the hidden layer is missing: it has H numbers": (3_090_000, ...),
        "the bias of the scores is missing: it has V numbers": (3_080_200, ...),
        "the four vectors stand side by side: the hidden layer reads K E numbers": (3_030_200, ...),
        "the table of vectors is missing: it has V rows of E numbers": (2_090_200, ...),
        "one table of vectors serves all four places": (6_090_200, ...),
        "only the hidden layer grows, by E H for each further word": any_of(
            *((..., 2 * right) for right in (3_090_200, 3_080_000)), (..., 7_170_200)
        ),
        "a longer window needs more weights: E H for each further word": (..., 3_090_200),
    },
)
def parameters(window_of_4=3_090_200, window_of_8=3_170_200):
    """Exercise 7: the parameters of the network with V = 10,000, E = 100, H = 200."""


@check_value(
    expects="one integer",
    mistakes={
        "each phrase can have an adjective: near the old cabinet": 10,
        "the noun itself must be in the window too": 12,
        "the noun decides, not its article: nothing before it is needed": any_of(14, 15),
        "there can be three phrases, one after another": any_of(5, 9),
        "that is where the subject stands if each phrase has three words and one an adjective": 11,
    },
)
def window_for_all(K=13):
    """Exercise 8: the smallest window that holds the subject's noun in every sentence."""


@check_function(
    expects="a function with_cache(p, recent, weight) that returns an array like p",
    cases=[
        (np.array([0.5, 0.25, 0.25]), np.array([1, 1, 0, 1]), 0.2),
        (np.full(5, 0.2), np.array([4]), 0.5),
        (np.array([0.9, 0.1]), np.array([], int), 0.3),
    ],
    mistakes={
        "the result must sum to one: give p the share 1 - weight": (
            {"mix": lambda p, share, weight: p + weight * share}
        ),
        "weight and 1 - weight are exchanged": (
            {"mix": lambda p, share, weight: weight * p + (1 - weight) * share}
        ),
        "before anything was read there is no share: return p": (
            {"empty": lambda p, weight: (1 - weight) * p}
        ),
        "divide the counts by the number of recent words, so that they are shares": (
            {"share": lambda recent, V: np.bincount(recent, minlength=V).astype(float)}
        ),
        "a word that came three times counts three times": (
            {"share": lambda recent, V: (c := np.bincount(recent, minlength=V) > 0) / c.sum()}
        ),
    },
)
def with_cache(
    p,
    recent,
    weight,
    share=lambda recent, V: np.bincount(recent, minlength=V) / len(recent),
    mix=lambda p, share, weight: (1 - weight) * p + weight * share,
    empty=lambda p, weight: p,
):
    """Exercise 9: a distribution mixed with the words that came of late."""
    return mix(p, share(recent, len(p)), weight) if len(recent) else empty(p, weight)
