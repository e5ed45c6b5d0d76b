"""GloVe's vectors: the published archive, or parts of it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.vectors.embeddings import Embeddings
from textbook_nlp.vectors.glove import read_glove


def read_parts(member: str, paths: Mapping[str, Path]) -> Embeddings:
    """Parse GloVe's vectors: the member of the published archive, or the subsets joined.

    Raises:
        DamagedFile: if a file is damaged; the message names the line.
    """
    found = [read_glove(path, member=member) for path in dict.fromkeys(paths.values())]
    words = [word for one in found for word in one.words]
    return Embeddings(words, np.concatenate([one.matrix for one in found]))


def _subset(part: str, path: str, stored: tuple[str, int], differs: str) -> Part:
    """A file of GloVe: the publisher's archive has all of it, the subset a few rows."""
    upstream = Variant(
        "upstream",
        "glove/glove.6B.zip",
        "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
        862_182_613,
        "the archive as published: 400,000 words at 50, 100, 200 and 300 numbers each",
        (
            "https://nlp.stanford.edu/data/glove.6B.zip",
            "https://downloads.cs.stanford.edu/nlp/data/glove.6B.zip",
        ),
    )
    return Part(part, (upstream, Variant("subset", path, *stored, differs)))


def _glove(width: int, *parts: Part) -> Corpus:
    return Corpus(
        name=f"glove_{width}d",
        title=f"GloVe vectors of {width} numbers, trained on 6 billion tokens",
        parts=parts,
        read=partial(read_parts, f"glove.6B.{width}d.txt"),
        license="Open Data Commons PDDL 1.0",
        citation="Pennington, Socher & Manning (2014), GloVe: global vectors for word "
        "representation, EMNLP",
        generator="planted",
    )


GLOVE_50D = _glove(
    50,
    _subset(
        "vectors",
        "glove/glove.6B.50d.top2445.txt.gz",
        ("b11b57ca5348046421de81ae8acdcf335ac3494b216ea306c7cdf8841aa4d293", 414_139),
        "the 2,445 most frequent words; five tokens encoded anew as UTF-8",
    ),
    _subset(
        "more",
        "glove/glove.6B.50d.slice5402.txt.gz",
        ("73eaae962a8dbebe36fbeecfea5c12150af979559402b30ef6707f7b190109c6", 915_400),
        "5,402 further words, none of them among the most frequent",
    ),
)


GLOVE_100D = _glove(
    100,
    _subset(
        "vectors",
        "glove/glove.6B.100d.top2604.txt.gz",
        ("3988ae05af6391cec24cb47fd3484c46cc39adf9f187c94c99a38c6f0568094e", 861_855),
        "the 2,604 most frequent words; five tokens encoded anew as UTF-8",
    ),
)
