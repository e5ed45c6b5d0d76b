"""What marks and asks without a network: rules, each with what a sensible person would tune."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float

from textbook_nlp.lab.tasks.marked_texts import MarkedText
from textbook_nlp.training import bleu

Written = list[list[str]]
WIDTHS = (3, 5, 8, 12, 20, 30)  # words on either side of an answer
OFTEN = 10  # as many questions at least begin so


def marking_rules(part: Sequence[MarkedText]) -> dict[str, list[Float[np.ndarray, " _"]]]:
    """Return what each rule says of every token: 1 where it marks."""
    rules: dict[str, Callable[[list[str], int], bool]] = {
        "everything": lambda tokens, i: True,
        "capitals": lambda tokens, i: tokens[i][0].isupper(),
        "capitals within": lambda tokens, i: i > 0 and tokens[i - 1] != "." and _capital(tokens[i]),
        "numbers": lambda tokens, i: _number(tokens[i]),
        "capitals and numbers": lambda tokens, i: _capital(tokens[i]) or _number(tokens[i]),
        "capitals within and numbers": lambda tokens, i: (
            _number(tokens[i]) or (i > 0 and tokens[i - 1] != "." and _capital(tokens[i]))
        ),
        "long words": lambda tokens, i: len(tokens[i]) > 3,
    }
    return {
        name: [np.array([rule(t.tokens, i) for i in range(len(t.tokens))], float) for t in part]
        for name, rule in rules.items()
    }


def word_scores(
    train: Sequence[MarkedText], part: Sequence[MarkedText]
) -> list[Float[np.ndarray, " _"]]:
    """Return how often each word, taken alone, was part of an answer in the training part."""
    seen: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for text in train:
        words = [token.lower() for token in text.tokens]
        seen.update(words)
        hits.update(word for word, wanted in zip(words, text.wanted, strict=True) if wanted)
    share = hits.total() / seen.total()
    return [
        np.array([(hits[w.lower()] + share) / (seen[w.lower()] + 1) for w in text.tokens])
        for text in part
    ]


def marks_f1(marked: list[Bool[np.ndarray, " _"]], part: Sequence[MarkedText]) -> float:
    """Return the F1 of single tokens."""
    chosen, wanted = np.concatenate(marked), np.concatenate([text.wanted for text in part])
    return 2 * float((chosen & wanted).sum()) / max(1, int(chosen.sum() + wanted.sum()))


def spans_f1(marked: list[Bool[np.ndarray, " _"]], part: Sequence[MarkedText]) -> float:
    """Return the F1 of whole pieces: a run of marks is right if it is an answer, exactly."""
    right = found = 0
    for marks, text in zip(marked, part, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.astype(int), [0]])))
        spans = set(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
        right += len(spans & set(text.questions))
        found += len(spans)
    return 2 * right / max(1, found + sum(len(text.questions) for text in part))


def best_threshold(scores: list[Float[np.ndarray, " _"]], part: Sequence[MarkedText]) -> float:
    """Return the threshold, of two hundred quantiles, with the highest F1 of tokens."""
    flat = np.concatenate(scores)
    tried = np.unique(np.quantile(flat, np.linspace(0, 0.995, 200)))
    return float(max(tried, key=lambda limit: marks_f1([s >= limit for s in scores], part)))


def cases(part: Sequence[MarkedText]) -> list[tuple[MarkedText, int, int]]:
    """Return every text with every piece that was asked for."""
    return [(text, start, end) for text in part for start, end in text.questions]


def judged(written: Written, part: Sequence[MarkedText]) -> float:
    """Return the BLEU of one question for each of the `cases`."""
    return bleu(written, [text.questions[start, end] for text, start, end in cases(part)])


def constant_question(train: Sequence[MarkedText], part: Sequence[MarkedText]) -> list[str]:
    """Return the common beginning of questions that has the highest BLEU as answer to all."""
    begun = Counter(
        tuple(question[:n])
        for text in train
        for asked in text.questions.values()
        for question in asked
        for n in range(2, min(10, len(question)))
    )
    tried = [[*words, "?"] for words, count in begun.items() if count >= OFTEN] or [["what", "?"]]
    n = len(cases(part))
    return max(tried, key=lambda question: judged([question] * n, part))


def copied_words(part: Sequence[MarkedText], before: int, after: int) -> Written:
    """Ask by *what* and the words around each piece, within its sentence, without the piece."""
    written = []
    for text, start, end in cases(part):
        words = [token.lower() for token in text.tokens]
        stops = [i for i, word in enumerate(words) if word == "." and not start <= i < end]
        first = max([start - before, 0, *(i + 1 for i in stops if i < start)])
        last = min([end + after, len(words), *(i for i in stops if i >= end)])
        written.append(["what", *words[first:start], *words[end:last], "?"])
    return written


def best_widths(part: Sequence[MarkedText]) -> tuple[int, int]:
    """Return how many words to copy from before and behind."""
    pairs = [(before, after) for before in WIDTHS for after in WIDTHS]
    return max(pairs, key=lambda pair: judged(copied_words(part, *pair), part))


def _capital(token: str) -> bool:
    return token[0].isupper()


def _number(token: str) -> bool:
    return token[0].isdigit()
