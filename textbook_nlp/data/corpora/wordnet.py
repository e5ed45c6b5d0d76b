"""Open English WordNet, read into the book's own thesaurus from either form it comes in."""

import gzip
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast
from xml.etree import ElementTree

import pooch

from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.files import DamagedFile, sha256
from textbook_nlp.vectors.thesaurus import Synset, Thesaurus

ABOVE = ("hypernym", "instance_hypernym")
DAMAGED = (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, ElementTree.ParseError)
_SYNSETS = re.compile(r"(?:.*/)?(?:noun|verb|adj|adv)\.\w+\.yaml")


def read_wordnet(paths: Mapping[str, Path]) -> Thesaurus:
    """Read the words, glosses and hypernyms of WordNet; all else is left out.

    What is read is kept as JSON in the user's cache for this book, under the digest of the file:
    the first call takes a minute or two, later ones a few seconds.

    Args:
        paths: under `"wordnet"`, the published file in the format WN-LMF, or the archive of the
            sources in YAML.

    Raises:
        ImportError: if PyYAML is not installed and the sources are in YAML.
        DamagedFile: if the file is damaged, or is no WordNet.
    """
    path = paths["wordnet"]
    cache = Path(pooch.os_cache("textbook_nlp"))
    kept = cache / "wordnet" / f"{path.name}-{sha256(path)[:16]}.json"
    if kept.is_file():
        try:
            return Thesaurus.load(kept)
        except DamagedFile:  # somebody altered it: it can be made anew
            pass
    try:
        thesaurus = Thesaurus(_joined(_from_yaml(path) if ".tar" in path.name else _from_lmf(path)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFile(f"{path} cannot be read as WordNet ({error}): fetch it again") from error
    except DAMAGED as error:
        raise DamagedFile(f"{path} is damaged ({error}): fetch it again") from error
    thesaurus.save(kept)
    return thesaurus


def _joined(rows: Iterator[tuple[str, list[str], str, list[str], str]]) -> list[Synset]:
    """Make synsets of their fields, without hypernyms that point outside of what is there."""
    kept = [row for row in rows if row[1]]
    ids = {id for id, *_ in kept}
    return [
        Synset(id, tuple(words), " ".join(gloss.split()), tuple(a for a in above if a in ids), pos)
        for id, words, gloss, above, pos in kept
    ]


def _from_yaml(path: Path) -> Iterator[tuple[str, list[str], str, list[str], str]]:
    try:
        import yaml  # noqa: PLC0415 - not every installation needs it
    except ImportError:
        raise ImportError(
            "reading the sources of WordNet needs PyYAML, which is not installed: run "
            "`pip install pyyaml`, or fetch the published english-wordnet-2024.xml.gz"
        ) from None
    # The loader written in C is ten times as fast; not every installation has it.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            if member.isfile() and _SYNSETS.fullmatch(member.name):
                content = cast(IO[bytes], archive.extractfile(member)).read()
                try:
                    synsets = yaml.load(content, Loader=loader)  # noqa: S506 - a safe loader
                except yaml.YAMLError as error:
                    raise ValueError(f"{member.name}: {' '.join(str(error).split())}") from error
                for id, row in synsets.items():
                    above = [a for relation in ABOVE for a in row.get(relation, ())]
                    yield id, row["members"], row["definition"][0], above, row["partOfSpeech"]


def _from_lmf(path: Path) -> Iterator[tuple[str, list[str], str, list[str], str]]:
    words: dict[str, list[str]] = {}
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        for _, element in ElementTree.iterparse(file):  # noqa: S314 - expat limits expansion
            if element.tag == "LexicalEntry":
                lemma = element.find("Lemma").attrib["writtenForm"]
                for sense in element.iter("Sense"):
                    words.setdefault(sense.attrib["synset"], []).append(lemma)
            elif element.tag == "Synset":
                id, gloss = element.attrib["id"], element.findtext("Definition") or ""
                above = [
                    relation.attrib["target"]
                    for relation in element.iter("SynsetRelation")
                    if relation.attrib["relType"] in ABOVE
                ]
                yield id, words.get(id, []), gloss, above, element.attrib["partOfSpeech"]
            if element.tag in ("LexicalEntry", "Synset"):
                element.clear()  # the whole file would not fit into a small memory


CORPUS = Corpus(
    name="wordnet",
    title="Open English WordNet 2024",
    parts=(
        Part(
            "wordnet",
            (
                Variant(
                    "upstream",
                    "wordnet/english-wordnet-2024.xml.gz",
                    None,
                    None,
                    "the release in the format WN-LMF, as published",
                    ("https://en-word.net/static/english-wordnet-2024.xml.gz",),
                ),
                Variant(
                    "repacked",
                    "wordnet/english-wordnet-2024-yaml.tar.gz",
                    "8dcce863b98756c7c1e226d46943e4d58a592e0a9c4e4b46f0b95c2c1ba9adaf",
                    10_196_438,
                    "the sources of the release in YAML",
                ),
            ),
        ),
    ),
    read=read_wordnet,
    license="CC BY 4.0, and the license of Princeton WordNet",
    citation="McCrae, Rademaker, Rudnicka & Bond (2020), English WordNet 2020, MWE-LEX; "
    "Miller (1995), WordNet: a lexical database for English, Communications of the ACM 38(11)",
    generator="planted",
)
