"""The exercises of chapter 01, tokenization."""

import re
from functools import cache
from itertools import pairwise

import numpy as np

from textbook_nlp.bags import BagOfWords, log_count_ratio
from textbook_nlp.data.generators import Headlines
from textbook_nlp.lab.checks import Hint, any_of, call, check, check_function, check_value
from textbook_nlp.text.hangul import split_syllable
from textbook_nlp.text.subwords import merge_pair


@check_value(
    expects="a list of five ids",
    mistakes={
        "0 is the id of <pad>, and no word of a sentence is padding": any_of(
            [0, 2, 1, 1, 1], when=lambda ids: 0 in ids
        ),
        "words without an id are not left out: they get the id of <unk>": [2, 4, 3],
        "the size of 6 includes <pad> and <unk>: there is room for four words": [2, 4, 6, 1, 3],
        "two of the words have no place in this vocabulary: they are <unk>": any_of(
            [2, 4, 5, 7, 3], when=lambda ids: len(ids) == 5 and ids[2:4] != [1, 1]
        ),
        "goose and mayor are equally frequent: the one that appeared first comes first": (
            [2, 3, 1, 1, 4]
        ),
    },
)
def ids(ids=(2, 4, 1, 1, 3)):
    """Exercise 1: encode a sentence with a vocabulary of six entries."""


@check_value(
    expects='two words, each "pre" or "post"',
    mistakes={
        'each is either "pre" (at the beginning) or "post" (at the end)': any_of(
            ("left", ...),
            (..., 0),
            when=lambda *sides: not set(sides) <= {"pre", "post"},
        ),
        "truncating at the end cuts the verdict of a long review off": (..., "post"),
        "a short review would end in zeros: what was read last is padding": ("post", ...),
    },
)
def sides(padding="pre", truncating="pre"):
    """Exercise 2: at which end to pad and to truncate reviews for a reader with a short memory."""


# Sixty-four tokens, so that shares add up exactly in binary, however they are added.
_SPREAD = {"a": 4, "b": 32, "c": 4, "d": 16, "e": 8}


def _until_more(counts, share):
    """Go on while the share is not exceeded; return nothing where it cannot be."""
    covered, ranked = 0, sorted(counts.values(), reverse=True)
    for k, count in enumerate(ranked, start=1):
        covered += count
        if covered / sum(ranked) > share:
            return k + 2
    return None


@check_function(
    expects="a function smallest_size(counts, share) that returns a whole number",
    cases=[
        (_SPREAD, 0.7),
        (_SPREAD, 0.75),
        (_SPREAD, 0.5),
        (_SPREAD, 1.0),
        ({"one": 7}, 0.5),
        ({f"w{i}": 1 + i % 7 for i in range(50)}, 0.8),
    ],
    reveal=False,
    mistakes={
        "<pad> and <unk> take two places of the vocabulary as well": {"reserved": 0},
        "the vocabulary takes the most frequent words first: sort the counts": {"order": None},
        "the most frequent words come first: sort from large to small": {"order": 1},
        "off by one: the k most frequent words and two reserved places make k + 2": any_of(
            {"reserved": 1}, {"reserved": 3}
        ),
        "a coverage of exactly `share` is enough": any_of(
            _until_more, lambda counts, share: _until_more(counts, share) or len(counts) + 2
        ),
    },
)
def smallest_size(counts, share, reserved=2, order=-1):
    """Exercise 3: the smallest vocabulary with a given coverage."""
    numbers = list(counts.values())
    running = np.cumsum(sorted(numbers, key=lambda n: order * n) if order else numbers)
    return int(np.argmax(running / running[-1] >= share)) + 1 + reserved


def _between_blanks(symbols, pair):
    text = f" {' '.join(symbols)} "
    return text.replace(f" {' '.join(pair)} ", f" {''.join(pair)} ").split()


def _by_pattern(before, after, escape=re.escape):
    """Join with a pattern that looks at what stands before and after the pair."""

    def merge_by_pattern(symbols, pair):
        pattern = before + escape(" ".join(pair)) + after
        return re.sub(pattern, lambda _: "".join(pair), " ".join(symbols)).split(" ")

    return merge_by_pattern


def merge(symbols, pair):
    """What the chapter has made already: right, but no answer."""
    return merge_pair(symbols, pair)


def _overlapping(symbols, pair):
    """Join without stepping over what was joined."""
    merged = []
    for i, symbol in enumerate(symbols):
        if tuple(symbols[i : i + 2]) == pair:
            merged.append("".join(pair))
        elif i == 0 or tuple(symbols[i - 1 : i + 1]) != pair:
            merged.append(symbol)
    return merged


@check_function(
    expects="a function like merge_with_a_bug, repaired",
    cases=[
        (["w", "i", "d", "e", "s", "t"], ("e", "s")),
        (["ne", "s", "t"], ("e", "s")),
        (["e", "st"], ("e", "s")),
        (["e", "s", "e", "s"], ("e", "s")),
        (["a", "a", "a"], ("a", "a")),
        (["a", ".", "x", "a", "x"], (".", "x")),
        (["x"], ("x", "y")),
        (["e", "s</w>"], ("e", "s")),
        (["'e", "s"], ("e", "s")),
    ],
    mistakes={
        "the fault is still there: look at what stands before the e in 'ne s t'": _by_pattern(
            "", ""
        ),
        "of e s e s only the first pair is joined: str.replace uses up the blank behind it, and "
        "the next pair needs that blank before it": _between_blanks,
        "a symbol may be a dot, and in a pattern a dot stands for anything: re.escape": (
            _by_pattern(r"(?<!\S)", r"(?!\S)", escape=str)
        ),
        "a symbol may hold more than letters, as in 's</w>': look for blanks around it": (
            _by_pattern(r"(?<!\w)", r"(?!\w)")
        ),
        "the pair may also end inside a symbol, as in 'e st'": _by_pattern(r"(?<!\S)", ""),
        "the pair may also begin inside a symbol, as in 'ne s'": _by_pattern("", r"(?!\S)"),
        "that is the chapter's own `merge`: repair the one that joins a string": (
            any_of(merge, when=lambda function: function.__name__ == "merge")
        ),
        "in a a a the middle one can be used only once: go on behind what was joined": _overlapping,
    },
)
def fixed_merge(symbols, pair):
    """Exercise 4: join a pair of symbols, and no parts of symbols."""
    return merge_pair(symbols, pair)


@check_value(
    expects="a list of three pairs, each like ('b', 'a')",
    mistakes={
        "count every place: banana holds a n twice, and occurs twice": any_of(
            [("b", "a"), ("ba", "n"), ("a", "n")], when=lambda merges: merges[0] == ["b", "a"]
        ),
        "after the first merge there is no single a behind b: count anew": any_of(
            [("a", "n"), ("b", "a"), ("n", "a")],
            when=lambda merges: merges[:2] == [["a", "n"], ["b", "a"]],
        ),
        "after the first merge no single n is left before an a: count anew": any_of(
            [("a", "n"), ("n", "a"), ("b", "a")],
            when=lambda merges: merges[:2] == [["a", "n"], ["n", "a"]],
        ),
        "ban and a are no neighbors: after the second merge, banana is ban an a": (
            [("a", "n"), ("b", "an"), ("ban", "a")]
        ),
        "several pairs occur 3 times: take the one that stands first in the corpus": any_of(
            [("a", "n"), ("b", "an"), ("a", "</w>")], [("a", "n"), ("b", "an"), ("ban", "</w>")]
        ),
    },
)
def merges(merges=(("a", "n"), ("b", "an"), ("an", "a"))):
    """Exercise 5: three merges on paper."""


@check_function(
    expects="a function character_ngrams(text, n) that returns a list of texts",
    cases=[("to be", 3), ("aaaa", 2), ("ab", 3), ("goose", 1), ("abc", 3)],
    mistakes={
        "the runs overlap: one begins at every character, not at every n-th": lambda text, n: [
            text[i : i + n] for i in range(0, len(text), n)
        ],
        "the last run is missing: there are len(text) - n + 1 of them": {
            "then": lambda runs: runs[:-1]
        },
        "the last ones are too short: every run has n characters": lambda text, n: [
            text[i : i + n] for i in range(len(text))
        ],
        "the blank is a character like any other: keep it": lambda text, n: (
            character_ngrams.function(text.replace(" ", ""), n)
        ),
        "return texts, not tuples of characters": {"kind": tuple},
    },
)
def character_ngrams(text, n, kind=str):
    """Exercise 6: all runs of n characters."""
    return [kind(text[i : i + n]) for i in range(len(text) - n + 1)]


@check_function(
    expects="a function object_form(noun) that returns a text",
    cases=["학교", "책", "물고기", "학생", "나무", "시간", "외곬"],
    mistakes={
        "the other way round: 을 follows a final consonant, 를 a vowel": {
            "closed": "를",
            "open": "을",
        },
        "the particle depends on the last syllable of the noun, not on the first": {"place": 0},
        "the particle depends on the noun: 을 after a final consonant, 를 after a vowel": any_of(
            {"open": "을"}, {"closed": "를"}
        ),
        "the syllables begin at 44,032: subtract that before you divide": lambda noun: (
            noun + ("을" if ord(noun[-1]) % 28 else "를")
        ),
        "return the noun and the particle together": {"then": lambda form: form[-1]},
    },
)
def object_form(noun, place=-1, closed="을", open="를"):
    """Exercise 7: a Korean noun with the particle of the object."""
    return noun + (closed if split_syllable(noun[place])[2] else open)


ACCURACY, TYPES, DRAWS = 0.85, 2500, (101, 102, 103)


def _naive_bayes(function, seed, n=4000):
    """The accuracy on 2,000 new headlines, and the types in the n headlines learned from."""

    @cache
    def tokens_of(text):
        tokens = call(function, text)
        if not isinstance(tokens, list | tuple):
            raise Hint("your function should return a list of tokens")
        return list(map(str, tokens))

    texts, labels = Headlines().sample(n + 2000, seed)
    bag = BagOfWords.fit(texts[:n], tokens_of)
    weights = log_count_ratio(bag.counts(texts[:n]), labels[:n])
    share = labels[:n].mean()
    sarcastic = bag.counts(texts[n:]) @ weights + np.log(share / (1 - share)) > 0
    return np.mean(sarcastic == labels[n:]), len(bag)


def _pairs(text):
    row = ["<s>", *text.lower().split(), "</s>"]
    return list(pairwise(row))


@check(
    expects="a function that cuts a headline into a list of tokens",
    mistakes={
        "does any of your tokens know what stands beside it?": str.split,
        "good, but too many types. Which of them are numbers, or rare?": _pairs,
        "too many types, and too few headlines right": lambda text: [text],
        "your function should return a list of tokens": lambda text: 5,
    },
)
def best_cut(function):
    """Exercise 8: a cut with which naive Bayes is good, at a limited number of types."""
    results = []
    for seed in DRAWS:
        results.append(_naive_bayes(function, seed))
        accuracy, types = np.mean(results, axis=0)[0], np.max(results, axis=0)[1]
        if accuracy < ACCURACY - 0.03 or types > 1.2 * TYPES:
            break  # the other draws will not change that
    found = f"{100 * accuracy:.1f} % right with up to {types:,.0f} types"
    if types > TYPES and accuracy >= ACCURACY:
        raise Hint(f"{found}: good, but too many types. Which of them are numbers, or rare?")
    if types > TYPES:
        raise Hint(f"{found}: too many types, and too few headlines right")
    if accuracy < ACCURACY:
        raise Hint(f"{found}: does any of your tokens know what stands beside it?")
