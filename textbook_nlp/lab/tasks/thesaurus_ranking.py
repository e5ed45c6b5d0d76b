"""Rank pairs of words by paths through a thesaurus, beside what people say of them."""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from textbook_nlp.data import corpora, samples
from textbook_nlp.data.generators import Planted
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks.word_questions import Pairs, WordData, known_pairs, read_words
from textbook_nlp.vectors.scores import rank_correlation
from textbook_nlp.vectors.thesaurus import Thesaurus


@dataclass(frozen=True)
class ThesaurusRanking(Checked):
    """Which thesaurus is asked: that of the book, or WordNet."""

    thesaurus: Literal["small thesaurus", "wordnet"]


def rank(thesaurus: Thesaurus, pairs: Pairs) -> dict[str, float | int]:
    """Compare path similarity with people's scores, on the pairs that the thesaurus knows.

    Returns:
        `rho`, Spearman's rank correlation; `used` and `total` pairs; `values`, how many different
        similarities it gave; `unjoined`, pairs that no path joins.
    """
    known = known_pairs(pairs, thesaurus)
    paths = [thesaurus.path_similarity(a, b) for a, b, _ in known]
    return {
        "rho": rank_correlation([score for _, _, score in known], paths),
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


def run(configuration: ThesaurusRanking, setting: Setting) -> Measurement:
    """Rank pairs and count what is known; nothing depends on the seed but generated sentences."""
    sets: dict[str, Pairs] = {}
    if configuration.thesaurus == "wordnet":
        thesaurus, questioned = corpora.load("wordnet"), read_words(WordData("ptb"), setting.seed)
        sentences = questioned.sentences
        seen = {word for sentence in sentences for word in sentence}
        for name in ("simlex999", "wordsim353", "wordsim353_test"):
            pairs = questioned.pairs[name]
            # Shared are those of which the text has both words: vectors of it can rank them too.
            sets |= {name: pairs, f"{name}_shared": known_pairs(pairs, seen)}
    else:
        thesaurus = Thesaurus.load(samples.path("thesaurus.json"))
        sentences = Planted().sample(2_000, setting.seed)
    metrics: dict[str, Any] = dict(coverage(thesaurus, sentences))
    for name, pairs in sets.items():
        metrics |= {f"{name}_{key}": value for key, value in rank(thesaurus, pairs).items()}
    if not sets:
        values = [thesaurus.path_similarity(a, b) for a, b in combinations(thesaurus.words, 2)]
        metrics |= {"pairs": len(values), "values": len(set(values))}
    metrics["words"] = len(thesaurus.words)
    # What was asked: the words it knows.
    digest = sha256("\n".join(sorted(thesaurus.words)))
    return Measurement(metrics, {}, Dataset(configuration.thesaurus, {"words": digest}))


TASK = Task(run, on_cpu=True)
