"""News headlines, sarcastic or not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int

from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.data.corpora.reading import open_text
from textbook_nlp.files import DamagedFile


@dataclass(frozen=True)
class SarcasmHeadlines:
    """News headlines, labeled 1 where sarcastic.

    Attributes:
        texts: the headlines, in lower case.
        labels: 1 for sarcastic, 0 for not (N,).
        links: addresses of the articles.

    Source: Misra & Arora (2023), News headlines dataset for sarcasm detection.
    """

    texts: list[str]
    labels: Int[np.ndarray, "N"]
    links: list[str]


def read_sarcasm(paths: Mapping[str, Path]) -> SarcasmHeadlines:
    """Parse the sarcasm headlines: one JSON object a line, or one JSON array.

    Raises:
        DamagedFile: if the text is not JSON, or a record lacks one of the three keys.
    """
    path = paths["headlines"]
    with open_text(path) as file:
        text = file.read()
    try:
        if text.lstrip().startswith("["):
            records = json.loads(text)
        else:
            records = [json.loads(line) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError) as error:  # no JSON, or nested too deep
        raise DamagedFile(f"{path} is not JSON ({error}). Fetch it again") from error
    for number, item in enumerate(records, start=1):
        if not (
            isinstance(item, dict)
            and isinstance(item.get("headline"), str)
            and isinstance(item.get("article_link"), str)
            and item.get("is_sarcastic") in (0, 1)
        ):
            raise DamagedFile(
                f"{path}, record {number}: {str(item)[:80]!r}, expected an object with "
                "'headline', 'article_link' and 'is_sarcastic' (0 or 1)"
            )
    labels = np.array([item["is_sarcastic"] for item in records], dtype=np.int64)
    texts = [item["headline"] for item in records]
    return SarcasmHeadlines(texts, labels, [item["article_link"] for item in records])


CORPUS = Corpus(
    name="sarcasm",
    title="News headlines for sarcasm detection, version 1",
    parts=(
        Part(
            "headlines",
            (
                Variant(
                    "upstream",
                    "sarcasm/Sarcasm_Headlines_Dataset.json",
                    "a0ef80faee87588f307aceb44eba562bc5c6b6f655c96c91677ae2fcc554ac51",
                    5_616_830,
                    "one JSON object a line, as on kaggle.com/datasets/rmisra/"
                    "news-headlines-dataset-for-sarcasm-detection (needs an account)",
                ),
                Variant(
                    "compressed",
                    "sarcasm/Sarcasm_Headlines_Dataset.json.gz",
                    "3ddcfcc1a7d8a04a239d1f9ab7cc0c75efad17308650baf519c94ea72414e952",
                    1_627_149,
                    "the same bytes, compressed with gzip",
                ),
                Variant(
                    "mirror",
                    "sarcasm/sarcasm.json",
                    None,
                    None,
                    "one JSON array, as served for the TensorFlow courses",
                    (
                        "https://storage.googleapis.com/tensorflow-1-public/course3/sarcasm.json",
                        "https://storage.googleapis.com/learning-datasets/sarcasm.json",
                    ),
                ),
                Variant(
                    "derived",
                    "sarcasm/sarcasm.json",
                    "93725b14cb92d4e89abfb608bc6a8be6778db4f46fbf30b9e2351226fd630d80",
                    5_643_544,
                    "the upstream lines joined into one JSON array; perhaps not byte-equal "
                    "to what the courses serve",
                ),
                Variant(
                    "derived, compressed",
                    "sarcasm/sarcasm.json.gz",
                    "b229981ddcd95f353722fbc297b02685a1fab6cd6160667d140c9be1a9e43ca2",
                    1_627_789,
                    "the derived array, compressed with gzip",
                ),
            ),
        ),
    ),
    read=read_sarcasm,
    license="terms on its Kaggle page; the author asks for citation",
    citation="Misra & Arora (2023), Sarcasm detection using news headlines dataset, AI Open 4",
    generator="headlines",
)
