"""Keras' `Tokenizer`, to the letter: what its defaults do to text, and in which order."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from textbook_nlp.text.words import PUNCTUATION, CharacterTokenizer, WordTokenizer, check_text


class KerasTokenizer:
    """Words become integers by the rules of Keras, which much published code relies on.

    - Filtered characters become the split character, and only that splits (a no-break space stays
      inside its word). With `char_level`, and for a text given as a list of words, nothing is
      filtered.
    - Index 0 is reserved. The other words are numbered by falling count, ties by first appearance;
      `oov_token`, if there is one, takes index 1.
    - `word_index` is never cut. `num_words` applies when texts are converted: indices below it
      stay, other words become `oov_token` or, without one, vanish.

    Where Keras goes on in silence, this class stops: text that is no text, one string in place of a
    list of texts, a `num_words` below 1 (Keras reads 0 as no limit, and a negative one as a limit
    that no word passes), an `oov_token` used before anything was counted, no `split` (with None
    Keras deletes the filtered characters, so that "a,b" becomes "ab").

    Left out of Keras' class: `fit_on_sequences`, the two methods that return generators,
    `get_config` and `to_json`. Its matrices are functions of `textbook_nlp.bags`.

    Attributes:
        num_words, filters, lower, split, char_level, oov_token, analyzer: as given.
        word_counts: word -> how often it occurs.
        word_docs: word -> in how many texts it occurs.
        document_count: how many texts were counted.
        word_index: word -> index, all words.
        index_word: index -> word.

    Example:
        >>> tokenizer = KerasTokenizer(num_words=3, oov_token="<OOV>")
        >>> tokenizer.fit_on_texts(["The cat sat.", "The dog!"])
        >>> tokenizer.texts_to_sequences(["the cat sat"])
        [[2, 1, 1]]

    Source: Keras, `keras.src.legacy.preprocessing.text.Tokenizer`.
    Taught in: chapters 01 and 02.
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = PUNCTUATION,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        """Keep the rules; nothing is counted yet.

        Raises:
            ValueError: if `num_words` is below 1, or `split` is empty or None.
        """
        if not split:
            raise ValueError(f'split is {split!r}: give a separator such as " "')
        if num_words is not None and num_words < 1:
            raise ValueError(
                f"num_words is {num_words}: give at least 1, or None to keep every word"
            )
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer or WordTokenizer(lower, filters, split).tokenize
        if char_level:
            self.analyzer = CharacterTokenizer(lower).tokenize
        self.word_counts: Counter[str] = Counter()
        self.word_docs: Counter[str] = Counter()
        self.document_count = 0
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    @property
    def index_docs(self) -> dict[int, int]:
        """Index -> in how many texts its word occurs; `oov_token` stands in none."""
        return {self.word_index[word]: count for word, count in self.word_docs.items()}

    def words(self, text: str | list[str]) -> list[str]:
        """Return the words of one text; a list is taken as it is.

        Raises:
            TypeError: if `text` is neither a str nor a list of str.
            ValueError: if it holds a lone surrogate.

        Taught in: chapter 01.
        """
        if not isinstance(text, list):
            return list(self.analyzer(check_text(text)))
        words = [check_text(word) for word in text]
        return [word.lower() for word in words] if self.lower else words

    def fit_on_texts(self, texts: Iterable[str | list[str]]) -> None:
        """Count the words of `texts`, on top of those counted before, and number them.

        Raises:
            TypeError: if `texts` is one string, or a text is no text.
            ValueError: if a text holds a lone surrogate.

        Taught in: chapter 01.
        """
        for words in self._each(texts):
            self.document_count += 1
            self.word_counts.update(words)
            self.word_docs.update(set(words))
        ranked = sorted(self.word_counts, key=self.word_counts.__getitem__, reverse=True)
        if self.oov_token is not None:
            ranked.insert(0, self.oov_token)
        self.word_index = {word: i for i, word in enumerate(ranked, start=1)}
        self.index_word = {i: word for word, i in self.word_index.items()}

    def texts_to_sequences(self, texts: Iterable[str | list[str]]) -> list[list[int]]:
        """Return the indices of the words of each text.

        Raises:
            TypeError: if `texts` is one string, or a text is no text.
            ValueError: if a text holds a lone surrogate, or nothing was counted yet and there is an
                `oov_token`.

        Taught in: chapter 01.
        """
        oov = self._oov_index()
        sequences = []
        for words in self._each(texts):
            found = (self.word_index.get(word) for word in words)
            kept = (i if self._is_kept(i) else oov for i in found)
            sequences.append([i for i in kept if i is not None])
        return sequences

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """Return the words of each sequence, joined by blanks; other indices become `oov_token`."""
        oov = self._oov_index()
        texts = []
        for sequence in sequences:
            kept = (i if i in self.index_word and self._is_kept(i) else oov for i in sequence)
            texts.append(" ".join(self.index_word[i] for i in kept if i is not None))
        return texts

    def _each(self, texts: Iterable[str | list[str]]) -> Iterator[list[str]]:
        """Yield the words of each text."""
        if isinstance(texts, str | bytes):
            raise TypeError("expected a list of texts, got one text: wrap it, as in [text]")
        return (self.words(text) for text in texts)

    def _is_kept(self, i: int | None) -> bool:
        """Say whether a word of index `i` (None: an unknown one) survives `num_words`."""
        return i is not None and (self.num_words is None or i < self.num_words)

    def _oov_index(self) -> int | None:
        """Return the index of `oov_token`, None without one."""
        if self.oov_token is not None and not self.word_index:
            raise ValueError("nothing was counted yet: call fit_on_texts first")
        return None if self.oov_token is None else self.word_index[self.oov_token]
