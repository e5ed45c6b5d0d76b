"""The exercises of chapter 01, tokenization."""

import re
from collections import Counter
from collections.abc import Callable
from math import log
from typing import Any

import numpy as np

from textbook_nlp.data.generators import Headlines
from textbook_nlp.lab.checks.core import (
    Hint,
    call,
    check,
    expect_choice,
    expect_equal,
    expect_function,
)
from textbook_nlp.text.hangul import split_syllable
from textbook_nlp.text.subwords import merge_pair


@check(expects="a list of five ids")
def ids(ids: Any) -> None:
    """Exercise 1: encode a sentence with a vocabulary of six entries."""
    expect_equal(
        ids,
        [2, 4, 1, 1, 3],
        name="ids",
        mistakes=[
            (lambda a: 0 in a, "0 is the id of <pad>, and no word of a sentence is padding"),
            ([2, 4, 3], "words without an id are not left out: they get the id of <unk>"),
            (
                [2, 4, 6, 1, 3],
                "the size of 6 includes <pad> and <unk>: there is room for four words",
            ),
            (
                lambda a: len(a) == 5 and a[2:4] != [1, 1],
                "two of the words have no place in this vocabulary: they are <unk>",
            ),
            (
                [2, 3, 1, 1, 4],
                "goose and mayor are equally frequent: the one that appeared first comes first",
            ),
        ],
    )


@check(expects='two words, each "pre" or "post"')
def sides(padding: Any, truncating: Any) -> None:
    """Exercise 2: at which end to pad and to truncate reviews for a reader with a short memory."""
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise Hint(f'{name} is either "pre" (at the beginning) or "post" (at the end)')
    expect_choice(
        truncating, "pre", {"post": "truncating at the end cuts the verdict of a long review off"}
    )
    expect_choice(
        padding, "pre", {"post": "a short review would end in zeros: what was read last is padding"}
    )


def _smallest_size(
    counts: dict[str, int], share: float, reserved: int = 2, ranked: bool = True
) -> int:
    """The least size of a vocabulary that covers a share of the tokens."""
    numbers = list(counts.values())
    running = np.cumsum(sorted(numbers, reverse=True) if ranked else numbers)
    return int(np.argmax(running / running[-1] >= share)) + 1 + reserved


@check(expects="a function smallest_size(counts, share) that returns a whole number")
def smallest_size(function: Any) -> None:
    """Exercise 3: the smallest vocabulary with a given coverage."""
    # Sixty-four tokens, so that shares add up exactly in binary, however they are added.
    spread = {"a": 4, "b": 32, "c": 4, "d": 16, "e": 8}
    cases = [
        (spread, 0.7),
        (spread, 0.75),
        (spread, 0.5),
        (spread, 1.0),
        ({"one": 7}, 0.5),
        ({f"w{i}": 1 + i % 7 for i in range(50)}, 0.8),
    ]
    expect_function(
        function,
        _smallest_size,
        cases,
        reveal=False,
        mistakes=[
            (
                lambda c, s: _smallest_size(c, s, reserved=0),
                "<pad> and <unk> take two places of the vocabulary as well",
            ),
            (
                lambda c, s: _smallest_size(c, s, ranked=False),
                "the vocabulary takes the most frequent words first: sort the counts",
            ),
            (
                lambda c, s: _smallest_size(c, s, reserved=1),
                "off by one: the k most frequent words and two reserved places make k + 2",
            ),
            (
                lambda c, s: _smallest_size(c, s + 1e-9) if s < 1 else len(c) + 2,
                "a coverage of exactly `share` is enough",
            ),
        ],
    )


def _replaced(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    return " ".join(symbols).replace(" ".join(pair), "".join(pair)).split(" ")


def _between_blanks(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    text = f" {' '.join(symbols)} "
    return text.replace(f" {' '.join(pair)} ", f" {''.join(pair)} ").split()


def _not_escaped(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    pattern = rf"(?<!\S){' '.join(pair)}(?!\S)"
    return re.sub(pattern, "".join(pair), " ".join(symbols)).split(" ")


def _half_fixed(before: str, after: str) -> Callable[..., list[str]]:
    def function(symbols: list[str], pair: tuple[str, str]) -> list[str]:
        pattern = before + re.escape(" ".join(pair)) + after
        return re.sub(pattern, lambda _: "".join(pair), " ".join(symbols)).split(" ")

    return function


def _overlapping(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    """Join without stepping over what was joined."""
    merged = []
    for i, symbol in enumerate(symbols):
        if tuple(symbols[i : i + 2]) == pair:
            merged.append("".join(pair))
        elif i == 0 or tuple(symbols[i - 1 : i + 1]) != pair:
            merged.append(symbol)
    return merged


@check(expects="a function like merge_with_a_bug, repaired")
def fixed_merge(function: Any) -> None:
    """Exercise 4: join a pair of symbols, and no parts of symbols."""
    cases = [
        (["w", "i", "d", "e", "s", "t"], ("e", "s")),
        (["ne", "s", "t"], ("e", "s")),
        (["e", "st"], ("e", "s")),
        (["e", "s", "e", "s"], ("e", "s")),
        (["a", "a", "a"], ("a", "a")),
        (["a", ".", "x", "a", "x"], (".", "x")),
        (["x"], ("x", "y")),
        (["e", "s</w>"], ("e", "s")),
        (["'e", "s"], ("e", "s")),
    ]
    expect_function(
        function,
        merge_pair,
        cases,
        mistakes=[
            (
                _replaced,
                "the fault is still there: look at what stands before the e in 'ne s t'",
            ),
            (
                _between_blanks,
                "of e s e s only the first pair is joined: str.replace uses up the blank behind "
                "it, and the next pair needs that blank before it",
            ),
            (
                _not_escaped,
                "a symbol may be a dot, and in a pattern a dot stands for anything: re.escape",
            ),
            (
                _half_fixed(r"(?<!\w)", r"(?!\w)"),
                "a symbol may hold more than letters, as in 's</w>': look for blanks around it",
            ),
            (_half_fixed(r"(?<!\S)", ""), "the pair may also end inside a symbol, as in 'e st'"),
            (_half_fixed("", r"(?!\S)"), "the pair may also begin inside a symbol, as in 'ne s'"),
            (
                _overlapping,
                "in a a a the middle one can be used only once: go on behind what was joined",
            ),
        ],
    )


@check(expects="a list of three pairs of texts")
def merges(merges: Any) -> None:
    """Exercise 5: three merges on paper."""
    try:
        pairs = [tuple(pair) for pair in merges]
    except TypeError:
        raise Hint("give a list of three pairs, each like ('b', 'a')") from None
    if len(pairs) == 3 and all(len(pair) == 2 for pair in pairs):
        if pairs[0] == ("b", "a"):
            raise Hint("count every place: banana holds a n twice, and occurs twice")
        if pairs[:2] == [("a", "n"), ("b", "a")]:
            raise Hint("after the first merge there is no single a behind b: count anew")
        if pairs[:2] == [("a", "n"), ("n", "a")]:
            raise Hint("after the first merge no single n is left before an a: count anew")
        if pairs[:2] == [("a", "n"), ("b", "an")] and pairs[2] in (("a", "</w>"), ("ban", "</w>")):
            raise Hint("several pairs occur 3 times: take the one that stands first in the corpus")
    expect_equal(pairs, [("a", "n"), ("b", "an"), ("an", "a")], name="merges")


def _grams(text: str, n: int) -> list[str]:
    return [text[i : i + n] for i in range(len(text) - n + 1)]


@check(expects="a function character_ngrams(text, n) that returns a list of texts")
def character_ngrams(function: Any) -> None:
    """Exercise 6: all runs of n characters."""
    expect_function(
        function,
        _grams,
        [("to be", 3), ("aaaa", 2), ("ab", 3), ("goose", 1), ("abc", 3)],
        mistakes=[
            (
                lambda text, n: [text[i : i + n] for i in range(0, len(text), n)],
                "the runs overlap: one begins at every character, not at every n-th",
            ),
            (
                lambda text, n: _grams(text, n)[:-1],
                "the last run is missing: there are len(text) - n + 1 of them",
            ),
            (
                lambda text, n: [text[i : i + n] for i in range(len(text))],
                "the last ones are too short: every run has n characters",
            ),
            (
                lambda text, n: _grams(text.replace(" ", ""), n),
                "the blank is a character like any other: keep it",
            ),
            (
                lambda text, n: [tuple(text[i : i + n]) for i in range(len(text) - n + 1)],
                "return texts, not tuples of characters",
            ),
        ],
    )


def _with_object(noun: str, place: int = -1, swapped: bool = False) -> str:
    closed = split_syllable(noun[place])[2] > 0
    return noun + ("을" if closed != swapped else "를")


@check(expects="a function object_form(noun) that returns a text")
def object_form(function: Any) -> None:
    """Exercise 7: a Korean noun with the particle of the object."""
    expect_function(
        function,
        _with_object,
        [("학교",), ("책",), ("물고기",), ("학생",), ("나무",), ("시간",)],
        mistakes=[
            (
                lambda noun: _with_object(noun, swapped=True),
                "the other way round: 을 follows a final consonant, 를 a vowel",
            ),
            (
                lambda noun: _with_object(noun, place=0),
                "the particle depends on the last syllable of the noun, not on the first",
            ),
            (
                lambda noun: noun + ("을" if ord(noun[-1]) % 28 else "를"),
                "the syllables begin at 44,032: subtract that before you divide",
            ),
            (
                lambda noun: "을" if split_syllable(noun[-1])[2] else "를",
                "return the noun and the particle together",
            ),
        ],
    )


ACCURACY, TYPES, DRAWS = 0.85, 2500, (101, 102, 103)


def _cut_all(function: Any, texts: list[str]) -> list[list[Any]]:
    rows = []
    for text in texts:
        row = call(function, text)
        if not isinstance(row, list | tuple):
            raise Hint("your function should return a list of tokens")
        try:
            hash(tuple(row))
        except TypeError:
            raise Hint("a token is a text or a tuple of texts, so that it can be counted") from None
        rows.append(list(row))
    return rows


def _naive_bayes(function: Any, seed: int, n: int = 4000) -> tuple[float, int]:
    """The accuracy on 2,000 new headlines, and the types in the n headlines learned from."""
    texts, labels = Headlines().sample(n + 2000, seed)
    rows = _cut_all(function, texts)
    counts = Counter[Any](), Counter[Any]()
    for row, label in zip(rows[:n], labels[:n], strict=True):
        counts[int(label)].update(row)
    types = counts[0] | counts[1]
    plain, sarcastic = (sum(c.values()) + len(types) for c in counts)
    weight = {
        s: log((counts[1][s] + 1) / sarcastic) - log((counts[0][s] + 1) / plain) for s in types
    }
    share = float(labels[:n].mean())
    scores = [log(share / (1 - share)) + sum(weight.get(s, 0.0) for s in row) for row in rows[n:]]
    return float(np.mean((np.array(scores) > 0) == labels[n:])), len(types)


@check(expects="a function that cuts a headline into a list of tokens")
def best_cut(function: Any) -> None:
    """Exercise 8: a cut with which naive Bayes is good, at a limited number of types."""
    results = [_naive_bayes(function, seed) for seed in DRAWS]
    accuracy = float(np.mean([accuracy for accuracy, _ in results]))
    types = max(types for _, types in results)
    found = f"{100 * accuracy:.1f} % right with up to {types:,} types"
    if types > TYPES and accuracy >= ACCURACY:
        raise Hint(f"{found}: good, but too many types. Which of them are numbers, or rare?")
    if types > TYPES:
        raise Hint(f"{found}: too many types, and too few headlines right")
    if accuracy < ACCURACY:
        raise Hint(f"{found}: does any of your tokens know what stands beside it?")
