"""How well paths through WordNet rank pairs of words, beside what people say of them."""

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations
from typing import Any

import numpy as np

from textbook_nlp.data import corpora, samples
from textbook_nlp.data.generators import Planted
from textbook_nlp.lab.runs.experiment import Experiment, Result, Setting
from textbook_nlp.lab.runs.ledger import Goal
from textbook_nlp.vectors.scores import rank_correlation
from textbook_nlp.vectors.thesaurus import Thesaurus

OURS, REAL = "small thesaurus", "wordnet"


@dataclass(frozen=True)
class Configuration:
    """Which thesaurus is asked: ``small thesaurus``, that of the book, or ``wordnet``."""

    thesaurus: str


def rank(thesaurus: Thesaurus, pairs: list[tuple[str, str, float]]) -> dict[str, float | int]:
    """Compare path similarity with people's scores, on the pairs that the thesaurus knows.

    Returns:
        ``rho``, Spearman's rank correlation; ``used`` and ``total`` pairs; ``values``, how many
        different similarities it gave; ``unjoined``, pairs that no path joins.
    """
    known = [(a.lower(), b.lower(), score) for a, b, score in pairs]
    known = [pair for pair in known if pair[0] in thesaurus and pair[1] in thesaurus]
    paths = [thesaurus.path_similarity(a, b) for a, b, _ in known]
    people = [score for _, _, score in known]
    return {
        "rho": rank_correlation(people, paths),
        "used": len(known),
        "total": len(pairs),
        "values": len(set(np.round(paths, 9).tolist())),
        "unjoined": paths.count(0.0),
    }


def coverage(thesaurus: Thesaurus, sentences: list[list[str]]) -> dict[str, float]:
    """Return the shares of the types and of the tokens of a corpus that the thesaurus knows."""
    counts = Counter(word for sentence in sentences for word in sentence)
    known = [word for word in counts if word in thesaurus]
    return {
        "known_types": len(known) / len(counts),
        "known_tokens": sum(counts[word] for word in known) / sum(counts.values()),
    }


def within(sentences: list[list[str]], pairs: list[tuple[str, str, float]]) -> list:
    """Return the pairs of which the text has both words: those that vectors of it can rank."""
    seen = {word for sentence in sentences for word in sentence}
    return [(a, b, score) for a, b, score in pairs if {a.lower(), b.lower()} <= seen]


def run(configuration: Configuration, setting: Setting) -> Result:
    """Rank pairs and count what is known; nothing depends on the seed but generated sentences."""
    sets: dict[str, list[tuple[str, str, float]]] = {}
    if configuration.thesaurus == OURS:
        thesaurus = Thesaurus.load(samples.path("thesaurus.json"))
        sentences = Planted().sample(2_000, setting.seed)
    else:
        thesaurus = corpora.load("wordnet")
        sentences = corpora.load("ptb").train
        sets = {name: corpora.load(name) for name in ("simlex999", "wordsim353")}
        # The half that `ptb_counts` chooses nothing on.
        sets["wordsim353_test"] = sets["wordsim353"][1::2]
    metrics: dict[str, Any] = dict(coverage(thesaurus, sentences))
    for name, pairs in sets.items():
        shared = within(sentences, pairs)
        for part, chosen in ((name, pairs), (f"{name}_shared", shared)):
            metrics |= {f"{part}_{key}": value for key, value in rank(thesaurus, chosen).items()}
    if configuration.thesaurus == OURS:
        values = [thesaurus.path_similarity(a, b) for a, b in combinations(thesaurus.words, 2)]
        metrics |= {"pairs": len(values), "values": len(set(values))}
    metrics["words"] = len(thesaurus.words)
    # What was asked: the words it knows.
    digest = sha256("\n".join(sorted(thesaurus.words)).encode()).hexdigest()
    return Result(metrics, {}, {"name": configuration.thesaurus, "sha256": {"words": digest}})


EXPERIMENT = Experiment(
    name="wordnet_similarity",
    title="WordNet: how well paths rank pairs of words, and how much of a text it knows",
    row=None,
    dataset=REAL,
    goals=tuple(
        Goal(f"{name}_{metric}", "measure", None, None, None, unit)
        for name in ("simlex999", "wordsim353", "simlex999_shared", "wordsim353_test_shared")
        for metric, unit in (("rho", "rank correlation"), ("used", "pairs"))
    ),
    configurations={
        "small": {"ours": Configuration(OURS)},
        "medium": {"ours": Configuration(REAL)},
        "full": {"ours": Configuration(REAL)},
    },
    expected={
        "small": "a second on a CPU",
        "medium": "2 minutes on one CPU core, the first time",
        "full": "2 minutes on one CPU core, the first time",
    },
    run=run,
)
