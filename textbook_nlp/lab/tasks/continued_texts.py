"""The texts that a model learns to continue, as ids: lines of songs, or whole fables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from textbook_nlp.data import corpora
from textbook_nlp.data.samples import fables
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Count, Share
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.text import WordTokenizer, pad

Ids = list[int]
Examples = tuple[Int[Tensor, "N L"], Int[Tensor, " N"]]
IGNORED = -100  # a target that `next_token_loss` does not count


@dataclass(frozen=True)
class TextData(Checked):
    """Which texts are read.

    Attributes:
        corpus: `sentences` and `fables` are of the book's own fables.
        kept: share of the texts, at the end, kept to report on; as many before them are kept to
            choose by. 0 keeps none.
        size: how many texts at most, from the beginning; 0 for all.
    """

    corpus: Literal["irish_lyrics", "aesop", "sentences", "fables"]
    kept: Share = 0.0
    size: Count = 0


@dataclass(frozen=True)
class Texts:
    """Texts as ids, in three parts with one vocabulary over all of them, as the sources have it.

    Attributes:
        train: to learn from.
        validation: to choose by; empty where nothing is kept.
        test: to report on; empty where nothing is kept.
        words: the word of each id; id 0 is the mark between texts, and fills up short rows.
        given: how many words of a text are given and not predicted.
        dataset: name, and SHA-256 of what was read.
        known: the words of `train`, which alone are asked for.
    """

    train: list[Ids]
    validation: list[Ids]
    test: list[Ids]
    words: list[str]
    given: int
    dataset: Dataset
    known: frozenset[int]

    def prefixes(self, passages: Sequence[Ids], length: int) -> Examples:
        """Return every beginning of every text, and the word that comes next.

        The last `length` words of a beginning are kept; short ones are filled up in front. Where
        the next word is none that the texts to learn from have, the example is left out.
        """
        pairs = [(text[:i], text[i]) for text in passages for i in range(self.given, len(text))]
        pairs = [(before, after) for before, after in pairs if after in self.known]
        rows = pad([before for before, _ in pairs], length, "pre", "pre")
        return torch.from_numpy(rows), torch.tensor([after for _, after in pairs])

    def windows(self, passages: Sequence[Ids], length: int) -> Examples:
        """Return every run of `length` words of the texts, laid end to end, and what comes next.

        Before each text the mark stands `length` times, as in the source of row 26.
        """
        marked = [[0] * length + text for text in passages]
        ids = np.array([i for text in marked for i in text])
        rows = np.lib.stride_tricks.sliding_window_view(ids[:-1], length)
        return torch.from_numpy(rows.copy()), torch.from_numpy(ids[length:])

    def stream(self, passages: Sequence[Ids]) -> Int[Tensor, " N"]:
        """Return the texts end to end, the mark before each and behind the last."""
        return torch.tensor([i for text in passages for i in (0, *text)] + [0])

    def judged(self, passages: Sequence[Ids]) -> tuple[Int[Tensor, "1 N"], Int[Tensor, "1 N"]]:
        """Return the stream as one row of inputs, and as targets the words that count.

        Those are the words that `prefixes` asks for: no mark, nothing that is given, and no word
        that the texts to learn from do not have.
        """
        ids = self.stream(passages)
        asked = [word for text in passages for word in (*self._asked(text), IGNORED)]
        return ids[None, :-1], torch.tensor(asked)[None]

    def rows(
        self, passages: Sequence[Ids], judged: bool = False
    ) -> tuple[Int[Tensor, "B T"], Int[Tensor, "B T"]]:
        """Return each text as a row from its mark on, and as targets what comes next.

        A shorter text ends with its mark; behind that nothing counts. To judge by, only the words
        count that `prefixes` asks for.
        """
        T = 1 + max(len(text) for text in passages)
        inputs = torch.zeros(len(passages), T, dtype=torch.long)
        targets = torch.full((len(passages), T), IGNORED)
        for row, text in enumerate(passages):
            inputs[row, 1 : 1 + len(text)] = torch.tensor(text)
            wanted = self._asked(text) if judged else [*text, 0]
            targets[row, : len(wanted)] = torch.tensor(wanted)
        return inputs, targets

    def _asked(self, text: Ids) -> Ids:
        """The words of a text, and IGNORED for each that is given or that nobody could learn."""
        return [
            word if i >= self.given and word in self.known else IGNORED
            for i, word in enumerate(text)
        ]

    def share_unknown(self, passages: Sequence[Ids]) -> float:
        """Return the share of words that the texts to learn from do not have."""
        words = [word for text in passages for word in text]
        return sum(word not in self.known for word in words) / len(words)


def read_texts(data: TextData) -> Texts:
    """Read the texts and number their words by falling count, the ids of the source for row 25.

    Raises:
        DataError: if a real corpus is neither here nor to be downloaded, or altered.
        ValueError: if so little is read that a part which should hold texts is empty.
    """
    texts, dataset = _tokens(data.corpus)
    texts = texts[: data.size or None]
    counts: dict[str, int] = {}
    for text in texts:
        for word in text:
            counts[word] = counts.get(word, 0) + 1
    words = ["<end>", *sorted(counts, key=counts.__getitem__, reverse=True)]
    index = {word: i for i, word in enumerate(words)}
    ids, given = [[index[word] for word in text] for text in texts], _given(data.corpus)
    kept = int(data.kept * len(ids))
    if len(ids) <= 2 * kept or (data.kept and not kept):
        raise ValueError(f"{len(ids)} texts leave none for a part if {data.kept} of them are kept")
    ends = len(ids) - 2 * kept, len(ids) - kept
    train, validation, test = ids[: ends[0]], ids[ends[0] : ends[1]], ids[ends[1] :]
    known = frozenset(word for text in train for word in text)
    return Texts(train, validation, test, words, given, dataset, known)


def _given(corpus: str) -> int:
    """Of a line the first word is given, as in the source of row 25; of a fable nothing."""
    return 1 if corpus in ("irish_lyrics", "sentences") else 0


def _tokens(corpus: str) -> tuple[list[list[str]], Dataset]:
    split, with_marks = WordTokenizer().tokenize, WordTokenizer(keep_filtered=True).tokenize
    if corpus == "irish_lyrics":
        lines = corpora.load("irish_lyrics").lines
        (path,) = corpora.fetch("irish_lyrics").values()
        return [split(line) for line in lines], Dataset(corpus, {"lyrics": sha256(path)})
    if corpus == "aesop":
        book = corpora.load("aesop")
        (path,) = corpora.fetch("aesop").values()
        told = [f"{t}. {s}" for t, s in zip(book.titles, book.texts, strict=True)]
        return [with_marks(text) for text in told], Dataset(corpus, {"fables": sha256(path)})
    own = [[f"{fable.title}.", *fable.sentences] for fable in fables()]
    dataset = Dataset("fables", {"fables": sha256("\n".join(" ".join(text) for text in own))})
    if corpus == "sentences":
        return [split(sentence) for text in own for sentence in text[1:]], dataset
    return [with_marks(" ".join(text)) for text in own], dataset
