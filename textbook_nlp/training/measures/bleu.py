"""How much of what a model wrote stands in what people wrote: BLEU."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from textbook_nlp.text import ngrams

LONGEST = 4  # of the n-grams that are compared
_ENTITIES = {"&quot;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">"}
_RULES = [
    (re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), r" \1 "),  # marks, but ' , - and .
    (re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),  # a point or comma, unless digits stand around it
    (re.compile(r"([\.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
]


def bleu(
    texts: Sequence[Sequence[str]],
    references: Sequence[Sequence[Sequence[str]]],
    *,
    smooth: bool = True,
) -> float:
    """Return the corpus BLEU of texts, from 0 to 100, each beside one reference or several.

    The geometric mean of four shares, those of the n-grams of the texts, n from 1 to 4, that stand
    in a reference too, each at most as often as there; times a factor below 1 if the texts are
    shorter, all in all, than the references nearest to them in length. Scores of different
    tokenizations are not to be compared.

    Args:
        texts: tokens of each.
        references: for each text the tokens of one reference or several.
        smooth: where no n-gram of a length is found, count a half of one, then a quarter, and so
            on with each longer length of which none is; otherwise the score is 0.

    Raises:
        TypeError: if a text or a reference is a str, whose characters would be taken for tokens.
        ValueError: if there is no text, not as many lists of references, or an empty one.

    Source: Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation"
        (2002); the smoothing and the choice of the length as in sacreBLEU, Post (2018).
    Taught in: chapter 14.
    """
    _check(texts, references)
    found, there = [0] * LONGEST, [0] * LONGEST
    written = wanted = 0
    for text, choices in zip(texts, references, strict=True):
        written += len(text)
        wanted += min((abs(len(choice) - len(text)), len(choice)) for choice in choices)[1]
        for n in range(1, LONGEST + 1):
            allowed: Counter = Counter()
            for choice in choices:
                allowed |= Counter(ngrams(choice, n))
            counts = Counter(ngrams(text, n))
            found[n - 1] += (counts & allowed).total()
            there[n - 1] += counts.total()
    if not any(found) or not all(there):
        return 0.0
    logs, halves = 0.0, 1.0
    for hits, count in zip(found, there, strict=True):
        if hits == 0 and not smooth:
            return 0.0
        if hits == 0:
            halves /= 2
        logs += math.log((hits or halves) / count)
    short = min(0.0, 1 - wanted / written)
    return 100 * math.exp(short + logs / LONGEST)


def tokens_13a(text: str) -> list[str]:
    """Cut a text as the "13a" of mteval and sacreBLEU does, so that a BLEU compares with theirs.

    Capitals stay, marks become tokens; a point or a comma between digits stays in its number.

    Example:
        >>> tokens_13a("It's 3.50, isn't it?")
        ["It's", '3.50', ',', "isn't", 'it', '?']
    """
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for written, meant in _ENTITIES.items():
        text = text.replace(written, meant)
    text = f" {text} "
    for pattern, spaced in _RULES:
        text = pattern.sub(spaced, text)
    return text.split()


def _check(texts: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]) -> None:
    if len(texts) == 0 or len(texts) != len(references):
        raise ValueError(
            f"{len(texts)} texts and {len(references)} lists of references; expected a list of "
            "references for each text, and at least one text"
        )
    for row, (text, choices) in enumerate(zip(texts, references, strict=True)):
        if isinstance(text, str) or isinstance(choices, str):
            raise TypeError(f"row {row} holds a str; expected tokens: cut it first")
        if len(choices) == 0:
            raise ValueError(f"row {row} has no reference; expected one or several")
        if any(isinstance(choice, str) for choice in choices):
            raise TypeError(
                f"a reference of row {row} is a str; expected lists of tokens, [tokens] for one"
            )
