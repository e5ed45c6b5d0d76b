"""Cut texts in several ways, and let naive Bayes classify them by each: which cut keeps most?"""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from textbook_nlp.lab.runs.checked import Checked, Count, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks.labeled_texts import LabeledData, LabeledTexts, read_labeled
from textbook_nlp.text import BytePairTokenizer, CharacterTokenizer, WordTokenizer, ngrams

Cut = Callable[[str], Sequence[Hashable]]


@dataclass(frozen=True)
class JudgedCuts(Checked):
    """What a run measures.

    Attributes:
        data: the two parts are put together again, and the seed draws which texts to learn from.
        learn: so many; the others are judged.
        merges: of the byte pairs, which are learned from the same texts.
    """

    data: LabeledData
    learn: Size
    merges: Count = 400


def tidy(text: str) -> str:
    """Make capitals small and apostrophes one, as chapter 01 does."""
    return text.lower().replace("’", "'")


def words(text: str) -> list[str]:
    """Return the words without punctuation."""
    return WordTokenizer().tokenize(tidy(text).replace("—", " "))


def word_pairs(text: str) -> list[tuple[str, ...]]:
    """Return each two neighbors, the beginning and the end among them."""
    return ngrams(["<s>", *words(text), "</s>"], 2)


def cuts(texts: Sequence[str], merges: int) -> dict[str, Cut]:
    """Return the cuts of chapter 01, byte pairs learned from these texts, and two together."""
    characters, apart = CharacterTokenizer(), WordTokenizer(keep_filtered=True)
    pieces = BytePairTokenizer.fit([tidy(text) for text in texts], merges)
    return {
        "characters": lambda text: characters.tokenize(tidy(text)),
        "merges": lambda text: pieces.tokenize(tidy(text)),
        "words": words,
        "marks_apart": lambda text: apart.tokenize(tidy(text)),
        "marks_attached": lambda text: tidy(text).split(),
        "five_characters": lambda text: ngrams(tidy(text), 5),
        "word_pairs": word_pairs,
        "words_and_pairs": lambda text: [*words(text), *word_pairs(text)],
    }


def naive_bayes(cut: Cut, learn: LabeledTexts, judge: LabeledTexts) -> float:
    """Return the share of texts that naive Bayes gets right, with each count raised by one.

    Tokens that `learn` does not have are passed over. Both classes must occur in it.
    """
    counts: tuple[Counter[Hashable], Counter[Hashable]] = Counter(), Counter()
    for text, label in zip(learn.texts, learn.labels, strict=True):
        counts[int(label)].update(cut(text))
    types = counts[0] | counts[1]
    low, high = (log(each.total() + len(types)) for each in counts)
    weights = {t: log(counts[1][t] + 1) - log(counts[0][t] + 1) - high + low for t in types}
    share = learn.labels.mean()
    prior = log(share) - log(1 - share)
    scores = [prior + sum(weights.get(t, 0.0) for t in cut(text)) for text in judge.texts]
    return float(np.mean((np.array(scores) > 0) == judge.labels))


def run(configuration: JudgedCuts, setting: Setting) -> Measurement:
    """Draw the texts to learn from; count with each cut; judge the others."""
    parts = read_labeled(configuration.data)
    both = LabeledTexts(
        parts.train.texts + parts.test.texts,
        np.concatenate([parts.train.labels, parts.test.labels]),
    )
    order = np.random.default_rng(setting.seed).permutation(len(both.texts))
    learn, judge = both.pick(order[: configuration.learn]), both.pick(order[configuration.learn :])
    metrics = {
        f"{name}_accuracy": naive_bayes(cut, learn, judge)
        for name, cut in cuts(learn.texts, configuration.merges).items()
    }
    # What answering with the more frequent class would get.
    metrics["baseline_accuracy"] = float(np.mean(judge.labels == (learn.labels.mean() > 0.5)))
    if parts.optimum is not None:
        metrics["optimum"] = parts.optimum
    return Measurement(metrics, {}, parts.dataset)


TASK = Task(run, on_cpu=True)
