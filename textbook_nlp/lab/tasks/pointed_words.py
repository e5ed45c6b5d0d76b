"""Words as ids; a rare one may get an id by its place, so that a question can repeat it."""

from collections.abc import Iterable, Sequence

from textbook_nlp.text import Vocabulary

PADDING, UNKNOWN, START, END = "<pad>", "<unk>", "<start>", "<end>"
KINDS = ("name", "number", "word")


class WordIds:
    """The numbering of the frequent words of texts and questions, in small letters.

    With pointers the first rare name of a text is `<name 0>`, whatever it is, the second another
    one `<name 1>`; so with numbers and with other words. A question that has such a word of its
    text has the same pointer, and what is written for a text is read with that text's words.

    Args:
        texts: tokens of each, to learn the words from.
        vocabulary_size: V, with pointers and other specials.
        pointers: of each kind; 0 makes every rare word `<unk>`.
    """

    def __init__(self, texts: Iterable[Sequence[str]], vocabulary_size: int, pointers: int):
        self.pointers = pointers
        specials = [f"<{kind} {k}>" for kind in KINDS for k in range(pointers)]
        self.vocabulary = Vocabulary.fit(
            ([word.lower() for word in text] for text in texts),
            vocabulary_size,
            specials=(PADDING, UNKNOWN, START, END, *specials),
        )

    def pointed(self, text: Sequence[str]) -> dict[str, str]:
        """Return the pointer of each rare word of a text."""
        found: dict[str, str] = {}
        counts = dict.fromkeys(KINDS, 0)
        for token in text:
            word, kind = token.lower(), _kind(token)
            if word in self.vocabulary or word in found or counts[kind] == self.pointers:
                continue
            found[word] = f"<{kind} {counts[kind]}>"
            counts[kind] += 1
        return found

    def encode(self, tokens: Sequence[str], pointed: dict[str, str]) -> list[int]:
        """Return the ids of a text, or of a question about it."""
        words = [token.lower() for token in tokens]
        return self.vocabulary.encode([pointed.get(word, word) for word in words])

    def question(self, tokens: Sequence[str], pointed: dict[str, str]) -> list[int]:
        """Return the ids of a question between START and END."""
        index = self.vocabulary.index
        return [index[START], *self.encode(tokens, pointed), index[END]]

    def decode(self, ids: Sequence[int], pointed: dict[str, str]) -> list[str]:
        """Return the words of a question up to END."""
        meant = {pointer: word for word, pointer in pointed.items()}
        words = self.vocabulary.decode(ids)
        words = words[: words.index(END)] if END in words else words
        return [meant.get(word, word) for word in words]


def _kind(token: str) -> str:
    if any(character.isdigit() for character in token):
        return "number"
    return "name" if token[0].isupper() else "word"
