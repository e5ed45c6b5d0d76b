"""Byte-pair encoding: words cut into pieces that were learned from their counts."""

import heapq
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, SupportsIndex, get_args

from textbook_nlp.files import DamagedFile, load_json, save_json
from textbook_nlp.text.pair_table import Pair, PairTable, Ties
from textbook_nlp.text.vocabulary import Vocabulary
from textbook_nlp.text.words import check_text

Style = Literal["symbol", "suffix", "plain", "bytes"]

END = "</w>"
# A word with the blank before it; of a longer run of white space, all but its last character.
CHUNK = re.compile(r"\s+(?!\S)|\s?\S+")


def _byte_characters() -> list[str]:
    """Return a visible character for each of the 256 bytes: itself where Latin-1 has one."""
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(256) if byte not in visible]
    return [chr(b if b in visible else 0x100 + hidden.index(b)) for b in range(256)]


BYTES = _byte_characters()
_TO_VISIBLE = dict(enumerate(BYTES))
_TO_BYTE = {ord(character): byte for byte, character in enumerate(BYTES)}


def split_words(text: str, style: Style = "symbol") -> list[str]:
    """Cut text into the pieces inside which merges happen.

    Three styles drop the white space between words. The style "bytes" drops nothing: a word keeps
    the blank before it, and each byte of its UTF-8 form is written as one visible character.

    Example:
        >>> split_words("so  so", "bytes")
        ['so', 'Ġ', 'Ġso']

    Source: Radford et al. 2019, section 2.2, for the bytes.
    """
    if style != "bytes":
        return text.split()
    return [
        chunk.encode("utf-8").decode("latin-1").translate(_TO_VISIBLE)
        for chunk in CHUNK.findall(text)
    ]


def split_symbols(word: str, style: Style = "symbol") -> list[str]:
    """Return the symbols that a word starts from: its characters, and where it ends.

    Example:
        >>> split_symbols("low", "symbol"), split_symbols("low", "suffix")
        (['l', 'o', 'w', '</w>'], ['l', 'o', 'w</w>'])
    """
    if style == "symbol":
        return [*word, END]
    if style == "suffix":
        return [*word[:-1], word[-1] + END]
    return list(word)


def merge_pair(symbols: Sequence[str], pair: Pair) -> list[str]:
    """Join every occurrence of `pair`, from left to right.

    Example:
        >>> merge_pair(["w", "i", "d", "e", "s", "t"], ("e", "s"))
        ['w', 'i', 'd', 'es', 't']

    Source: Sennrich et al. 2016, section 3.2.
    """
    merged: list[str] = []
    i = 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            merged.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            merged.append(symbols[i])
            i += 1
    return merged


def learn_merges(
    word_counts: Mapping[str, int],
    number_of_merges: int,
    *,
    style: Style = "symbol",
    ties: Ties = "first",
    min_count: int = 1,
    alphabet: Sequence[str] | None = None,
    specials: Sequence[str] = (),
) -> list[Pair]:
    """Learn merges: again and again, join the most frequent pair of neighbors.

    Args:
        word_counts: word -> how often it occurs.
        number_of_merges: how many to learn; fewer when no pair is left.
        style: how a word's symbols are written (see `BytePairTokenizer`).
        ties: which of several pairs with the highest count goes first: "first", the one that stands
            first when the words are read in their order; "id", the one whose symbols have the
            smaller numbers, which is the rule of Hugging Face's `tokenizers`.
        min_count: stop when no pair occurs as often.
        alphabet: the order in which "id" numbers the single symbols; None sorts them.
        specials: tokens that no merge may make, so that no text can spell them.

    Example:
        >>> learn_merges({"low": 5, "lower": 2, "newest": 6, "widest": 3}, 3)
        [('e', 's'), ('es', 't'), ('est', '</w>')]

    Raises:
        ValueError: if there are no words, a word is empty, a count is below 1, or
            `number_of_merges` is negative.

    Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units",
        algorithm 1.
    Taught in: chapter 01.
    """
    if number_of_merges < 0:
        raise ValueError(f"number_of_merges is {number_of_merges}: give 0 or more")
    if not word_counts:
        raise ValueError("the corpus holds no word: there is nothing to learn from")
    if "" in word_counts or min(word_counts.values()) < 1:
        raise ValueError("a word is empty or has a count below 1: leave it out")
    words = [split_symbols(word, style) for word in word_counts]
    if alphabet is None:
        alphabet = sorted({symbol for word in words for symbol in word})
    table = PairTable(words, list(word_counts.values()), ties, alphabet)
    merges: list[Pair] = []
    while len(merges) < number_of_merges:
        pair = table.pop()
        if pair is None or table.counts[pair] < min_count:
            break
        if "".join(pair) in specials:
            continue
        merges.append(pair)
        table.merge(pair)
    return merges


def apply_merges(symbols: Sequence[str], ranks: Mapping[Pair, int]) -> list[str]:
    """Join neighbors in the order in which their merges were learned, leftmost first.

    A queue finds the next merge, so a word of n symbols takes about n log n steps.

    Args:
        symbols: what to join.
        ranks: pair -> its number in the list of merges.

    Example:
        >>> apply_merges("lowest", {("e", "s"): 0, ("es", "t"): 1, ("l", "o"): 2})
        ['lo', 'w', 'est']

    Taught in: chapter 01.
    """
    symbols = [*symbols, ""]  # no pair ends in "", so the last symbol needs no special case
    right = list(range(1, len(symbols) + 1))
    left = list(range(-1, len(symbols) - 1))
    queue = [(ranks[pair], i) for i, pair in enumerate(pairwise(symbols)) if pair in ranks]
    heapq.heapify(queue)
    while queue:
        rank, i = heapq.heappop(queue)
        j = right[i]
        if not symbols[i] or ranks.get((symbols[i], symbols[j])) != rank:
            continue  # one of the two has been joined to something else meanwhile
        symbols[i], symbols[j] = symbols[i] + symbols[j], ""
        right[i] = right[j]
        left[right[j]] = i
        for k in (left[i], i):
            if k >= 0 and (symbols[k], symbols[right[k]]) in ranks:
                heapq.heappush(queue, (ranks[symbols[k], symbols[right[k]]], k))
    return [symbol for symbol in symbols if symbol]


class BytePairTokenizer:
    """Cut text into subwords with a list of merges; `encode` goes from text to ids, `decode` back.

    The styles differ in what the symbols are and in what becomes of white space:

    - "symbol": characters, and `</w>` as a symbol of its own at the end of each word;
    - "suffix": the same, with `</w>` attached to the word's last character;
    - "plain": characters; nothing marks the end of a word;
    - "bytes": the 256 bytes of UTF-8. Every text can be written in them, so there is nothing
      unknown, and `decode(encode(text)) == text` for any text.

    With the first two, a `</w>` that stands in the text itself cannot be told from the mark, and
    `decode` gives a blank for it. White space is Python's `\\s`, which has four control characters
    (U+001C to U+001F) more than that of Hugging Face's `tokenizers`.

    Attributes:
        merges: the pairs in the order learned.
        alphabet: the single symbols.
        style: one of the four.
        vocabulary: the specials, the alphabet, then one token for each merge.

    Example:
        >>> tokenizer = BytePairTokenizer.fit(["low low lower"], 2)
        >>> tokenizer.tokenize("lowly")
        ['low', 'l', 'y', '</w>']

    Taught in: chapter 01.
    """

    CACHED_WORDS = 100_000
    CACHED_LENGTH = 100

    def __init__(
        self,
        merges: Iterable[Sequence[str]],
        alphabet: Iterable[str],
        style: Style = "symbol",
        specials: Sequence[str] = ("<unk>",),
        unknown: str = "<unk>",
    ) -> None:
        """Number the tokens.

        Raises:
            ValueError: if the style is unknown, a merge joins something neither in the alphabet nor
                made by an earlier merge, or a special is a token already.
        """
        self.merges = [(left, right) for left, right in merges]
        self.alphabet = tuple(alphabet)
        self.style = style
        _check_merges(self.merges, self.alphabet, style)
        tokens = dict.fromkeys([*self.alphabet, *("".join(pair) for pair in self.merges)])
        self.vocabulary = Vocabulary(tokens, specials, unknown)
        self.ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self._cache: dict[str, list[str]] = {}
        self._inside = _neighbors(self.merges, self.alphabet)

    @classmethod
    def fit(
        cls,
        texts: Iterable[str],
        number_of_merges: int | None = None,
        vocabulary_size: int | None = None,
        *,
        style: Style = "symbol",
        ties: Ties = "first",
        min_count: int = 1,
        specials: Sequence[str] = ("<unk>",),
        unknown: str = "<unk>",
    ) -> "BytePairTokenizer":
        """Learn merges from texts.

        Args:
            texts: the corpus, one string a document.
            number_of_merges: how many merges to learn; or else
            vocabulary_size: V: specials, alphabet and merges together.
            style: see the class.
            ties: see `learn_merges`.
            min_count: stop when no pair occurs as often.
            specials: tokens that come first and are never made by merging.
            unknown: the special that stands for characters outside the alphabet.

        Raises:
            TypeError: if a text is not a str, or `texts` is one string.
            ValueError: if the corpus holds no word, both or neither of `number_of_merges` and
                `vocabulary_size` are given, or `vocabulary_size` has no room for the alphabet.

        Taught in: chapter 01.
        """
        _check_wanted(texts, number_of_merges, vocabulary_size)
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(split_words(check_text(text), style))
        symbols = {symbol for word in counts for symbol in [*word, *split_symbols(word, style)]}
        alphabet = sorted(BYTES if style == "bytes" else symbols)
        if vocabulary_size is not None:
            number_of_merges = _room(vocabulary_size, specials, alphabet)
        options = {"ties": ties, "min_count": min_count, "alphabet": alphabet, "specials": specials}
        merges = learn_merges(counts, number_of_merges, style=style, **options)
        return cls(merges, alphabet, style, specials, unknown)

    def __len__(self) -> int:
        """Return V, the number of tokens, specials included."""
        return len(self.vocabulary)

    def tokenize(self, text: str, *, specials: bool = False) -> list[str]:
        """Return the subwords of `text`.

        Args:
            text: what to cut.
            specials: let a special that stands in the text be that token. Off by default, since
                text from outside could otherwise pose as an end-of-text mark.

        Raises:
            TypeError: if `text` is not a str.
            ValueError: if `text` holds a lone surrogate.

        Taught in: chapter 01.
        """
        text = check_text(text)
        if not specials or not self.vocabulary.specials:
            return [token for word in split_words(text, self.style) for token in self._cut(word)]
        longest_first = sorted(self.vocabulary.specials, key=len, reverse=True)
        tokens: list[str] = []
        for part in re.split(f"({'|'.join(map(re.escape, longest_first))})", text):
            tokens += [part] if part in longest_first else self.tokenize(part)
        return tokens

    def _cut(self, word: str) -> list[str]:
        """Return the subwords of one word; words repeat, so the answers are kept."""
        cached = self._cache.get(word)
        if cached is not None:
            return cached
        pieces = self._pieces(split_symbols(word, self.style))
        tokens = [token for piece in pieces for token in apply_merges(piece, self.ranks)]
        if len(self._cache) < self.CACHED_WORDS and len(word) <= self.CACHED_LENGTH:
            self._cache[word] = tokens
        return tokens

    def _pieces(self, symbols: list[str]) -> Iterator[list[str]]:
        """Cut a long word where no token can cross: the tokens stay the same, the queue short."""
        start = 0
        if len(symbols) > self.CACHED_LENGTH:
            for i, pair in enumerate(pairwise(symbols), start=1):
                if pair not in self._inside:
                    yield symbols[start:i]
                    start = i
        yield symbols[start:]

    def encode(self, text: str, *, specials: bool = False) -> list[int]:
        """Return the ids of the subwords of `text`.

        Raises:
            TypeError: if `text` is not a str.
            ValueError: if `text` holds a lone surrogate, or a character outside the alphabet when
                there is no `unknown`.

        Taught in: chapter 01.
        """
        return self.vocabulary.encode(self.tokenize(text, specials=specials))

    def decode(self, ids: Iterable[SupportsIndex]) -> str:
        """Return the text that the ids spell.

        In the style "bytes" this is the encoded text itself; bytes that are no UTF-8, which only a
        sequence made elsewhere can hold, become U+FFFD. With `</w>`, words come back with one blank
        between them. In the style "plain" they come back without any.

        Raises:
            TypeError: if an id is not an integer.
            ValueError: if an id is negative, or V or above.

        Taught in: chapter 01.
        """
        tokens = self.vocabulary.decode(ids)
        if self.style != "bytes":
            text = "".join(tokens)
            return text if self.style == "plain" else text.replace(END, " ").removesuffix(" ")
        specials = self.vocabulary.specials
        parts = [
            token.encode("utf-8")
            if token in specials
            else token.translate(_TO_BYTE).encode("latin-1")
            for token in tokens
        ]
        return b"".join(parts).decode("utf-8", errors="replace")

    def save(self, path: str | os.PathLike) -> None:
        """Write the tokenizer as JSON; the file appears whole or not at all."""
        content = {
            "style": self.style,
            "specials": self.vocabulary.specials,
            "unknown": self.vocabulary.unknown,
            "alphabet": self.alphabet,
            "merges": self.merges,
        }
        save_json(path, "byte-pair tokenizer", content)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "BytePairTokenizer":
        """Read a tokenizer that `save` wrote.

        Raises:
            FileNotFoundError: if there is no such file.
            DamagedFile: if the file was cut short or is no byte-pair tokenizer.
        """
        fields = ("merges", "alphabet", "style", "specials", "unknown")
        content = load_json(path, "byte-pair tokenizer", fields)
        try:
            return cls(*(content[field] for field in fields))
        except (TypeError, ValueError) as error:
            raise DamagedFile(f"{path} holds no byte-pair tokenizer: {error}") from None


def _check_merges(merges: list[Pair], alphabet: tuple[str, ...], style: str) -> None:
    """Refuse an unknown style, and a merge of what is not there yet."""
    if style not in get_args(Style):
        raise ValueError(f"style is {style!r}: choose one of {', '.join(get_args(Style))}")
    known = set(alphabet)
    for i, pair in enumerate(merges):
        if not known.issuperset(pair):
            raise ValueError(f"merge {i} joins {pair}, which no earlier merge has made")
        known.add("".join(pair))


def _neighbors(merges: list[Pair], alphabet: tuple[str, ...]) -> set[Pair]:
    """Return the pairs of single symbols that stand next to each other inside some token."""
    inside: set[Pair] = set()
    ends = {symbol: (symbol, symbol) for symbol in alphabet}
    for left, right in merges:
        inside.add((ends[left][1], ends[right][0]))
        ends[left + right] = ends[left][0], ends[right][1]
    return inside


def _check_wanted(texts: object, number_of_merges: int | None, vocabulary_size: int | None) -> None:
    """Refuse one text, and two sizes or none."""
    if isinstance(texts, str | bytes):
        raise TypeError("expected a list of texts, got one text: wrap it, as in [text]")
    if (number_of_merges is None) == (vocabulary_size is None):
        raise ValueError("give either number_of_merges or vocabulary_size")


def _room(vocabulary_size: int, specials: Sequence[str], alphabet: list[str]) -> int:
    """Return how many merges a vocabulary has room for."""
    taken = len(specials) + len(alphabet)
    if taken > vocabulary_size:
        raise ValueError(
            f"vocabulary_size is {vocabulary_size}, but the specials and the {len(alphabet)} "
            f"single symbols take {taken}: give more, or use the style 'bytes'"
        )
    return vocabulary_size - taken
