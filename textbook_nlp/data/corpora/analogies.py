"""The Google analogy test: four words a question."""

from collections.abc import Mapping
from pathlib import Path

from textbook_nlp.data.corpora.corpus import Corpus, Part, plain_and_compressed
from textbook_nlp.data.corpora.reading import open_text
from textbook_nlp.files import DamagedFile
from textbook_nlp.vectors.scores import Analogy


def read_analogies(paths: Mapping[str, Path]) -> dict[str, list[Analogy]]:
    """Parse the analogy test: ": section", then four words a line, here in lower case.

    Raises:
        DamagedFile: if a line has another number of words, or stands before the first section.
    """
    path = paths["questions"]
    sections: dict[str, list[Analogy]] = {}
    with open_text(path) as file:
        for number, line in enumerate(file, start=1):
            words = line.lower().split()
            if words[:1] == [":"] and len(words) == 2:
                section = sections.setdefault(words[1], [])
            elif len(words) == 4 and sections:
                section.append((words[0], words[1], words[2], words[3]))
            else:
                raise DamagedFile(
                    f"{path}, line {number}: {line[:80]!r}, expected ': section' or four words"
                )
    if not sections:
        raise DamagedFile(f"{path} holds no analogy. Fetch it again")
    return sections


CORPUS = Corpus(
    name="analogies",
    title="The Google analogy test",
    parts=(
        Part(
            "questions",
            plain_and_compressed(
                "word_similarity/questions-words.txt",
                ("https://raw.githubusercontent.com/tmikolov/word2vec/master/questions-words.txt",),
                ("8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36", 603_955),
                ("24876e771faf8b97ca33cc0e3157285fe471bd2d72dd944b21a82dc50b95065f", 68_846),
            ),
        ),
    ),
    read=read_analogies,
    license="Apache-2.0 (word2vec)",
    citation="Mikolov, Chen, Corrado & Dean (2013), Efficient estimation of word "
    "representations in vector space, arXiv 1301.3781",
    generator="planted",
)
