"""Open English WordNet: its sources in YAML made into WN-LMF, the format that `wn` reads."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pooch

from textbook_nlp.data.corpora.archives import extract
from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.data.corpora.download import sha256, temporary_beside
from textbook_nlp.data.corpora.errors import FormatError
from textbook_nlp.vectors.thesaurus import WordNet

RELATIONS = ("hypernym", "instance_hypernym")
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE LexicalResource SYSTEM "http://globalwordnet.github.io/schemas/WN-LMF-1.1.dtd">
<LexicalResource xmlns:dc="https://globalwordnet.github.io/schemas/dc/">
<Lexicon id="oewn" label="Open English WordNet" language="en" version="2024"
 email="english-wordnet@googlegroups.com"
 license="https://creativecommons.org/licenses/by/4.0/" url="https://en-word.net/">
"""
TAIL = "</Lexicon>\n</LexicalResource>\n"


def read_wordnet(paths: Mapping[str, Path]) -> WordNet:
    """Open WordNet from the published WN-LMF file, or from the archive of its YAML sources.

    What is derived from the file, the database of `wn` above all, goes into the user's cache for
    this book, under the digest of the file: the first call takes minutes, later ones do not.

    Raises:
        ImportError: if `wn` is not installed, or PyYAML where the sources are in YAML.
        FormatError: if the file is neither.
    """
    path = paths["wordnet"]
    folder = Path(pooch.os_cache("textbook_nlp")) / "wordnet" / f"{path.name}-{sha256(path)[:16]}"
    database = folder / "database"
    if (database / "wn.db").exists():
        return WordNet(None, database)
    try:
        if ".tar" in path.name:
            sources = folder / "sources"
            if not sources.is_dir():
                extract(path, sources)
            path = write_lmf(sources, folder / "wordnet.xml")
        return WordNet(path, database)
    except ValueError as error:
        raise FormatError(f"{path} cannot be read as WordNet ({error}). Fetch it again") from error


def write_lmf(sources: Path, lmf: Path) -> Path:
    """Write a minimal WN-LMF file: words, senses, glosses and what lies above what.

    Other relations, pronunciations and examples are left out, and so are senses and relations that
    point outside of what is there.

    Args:
        sources: a folder that holds `entries-*.yaml` and the files of synsets, at any depth.
        lmf: the file to write; it appears whole or not at all.

    Returns:
        `lmf`.

    Raises:
        ImportError: if PyYAML is not installed.
        FormatError: if there is no entry or no synset, or a file is no such YAML.
    """
    files = sorted(sources.rglob("*.yaml"))
    entry_files = [file for file in files if file.name.startswith("entries-")]
    synset_files = [file for file in files if file not in entry_files and file.stem != "frames"]
    synsets = {id: synset for file in synset_files for id, synset in _load(file).items()}
    if not synsets or not entry_files:
        raise FormatError(f"{sources} holds no entries-*.yaml, or no synsets beside them")
    lmf.parent.mkdir(parents=True, exist_ok=True)
    with temporary_beside(lmf) as part:
        with part.open("w", encoding="utf-8") as file:
            file.write(HEAD)
            for entry_file in entry_files:
                file.writelines(_entries(entry_file, synsets))
            file.writelines(_synset(id, synset, synsets) for id, synset in synsets.items())
            file.write(TAIL)
        os.replace(part, lmf)
    return lmf


def _load(file: Path) -> dict[str, Any]:
    try:
        import yaml  # noqa: PLC0415 - not every installation needs it
    except ImportError:
        raise ImportError(
            "reading the sources of WordNet needs PyYAML, which is not installed: run "
            "`pip install pyyaml`, or fetch the published english-wordnet-2024.xml.gz"
        ) from None
    # The loader written in C is ten times as fast; not every installation has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both are safe loaders
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FormatError(f"{file} is damaged ({error}). Fetch the archive again") from error
    if not isinstance(content, dict):
        raise FormatError(f"{file} holds no entries. Fetch the archive again")
    return content


def _entries(file: Path, synsets: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words of one file; `n-1` and `n-2` are two words of one spelling."""
    for lemma, parts in _load(file).items():
        for pos, entry in parts.items():
            known = [s for s in entry["sense"] if s["synset"] in synsets]
            if not known:
                continue
            key = quoteattr(f"oewn-{lemma}-{pos}")
            yield f"<LexicalEntry id={key}>"
            yield f'<Lemma writtenForm={quoteattr(str(lemma))} partOfSpeech="{pos[0]}"/>'
            for sense in known:
                yield f'<Sense id={quoteattr(sense["id"])} synset="{_id(sense["synset"])}"/>'
            yield "</LexicalEntry>\n"


def _synset(id: str, synset: Mapping[str, Any], synsets: Mapping[str, Any]) -> str:
    definition = " ".join(str(synset["definition"][0]).split())
    relations = "".join(
        f'<SynsetRelation relType="{relation}" target="{_id(target)}"/>'
        for relation in RELATIONS
        for target in synset.get(relation, ())
        if target in synsets
    )
    return (
        f'<Synset id="{_id(id)}" ili="" partOfSpeech="{synset["partOfSpeech"]}">'
        f"<Definition>{escape(definition)}</Definition>{relations}</Synset>\n"
    )


def _id(id: str) -> str:
    return f"oewn-{id}"


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
                    "the sources of the release in YAML, from which WN-LMF is made here",
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
