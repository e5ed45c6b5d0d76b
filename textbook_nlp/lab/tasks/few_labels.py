"""Judge texts after few labeled samples, with vectors that were learned from other texts."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.sparse import csr_array, hstack

from textbook_nlp.bags import BagOfWords, LinearClassifier, TfIdf
from textbook_nlp.chance import seed_all
from textbook_nlp.data import corpora
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Must, Number, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks.labeled_texts import (
    LabeledData,
    LabeledParts,
    LabeledTexts,
    read_labeled,
    without_line_breaks,
)
from textbook_nlp.lab.tasks.text_classification import (
    Encoding,
    TextTraining,
    ids_of,
    train_classifier,
)
from textbook_nlp.lab.tasks.text_models import VectorModel
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.text import KerasTokenizer, Vocabulary, WordTokenizer
from textbook_nlp.training import classification_accuracy, evaluate, labeled_batches
from textbook_nlp.vectors.counts import cooccurrence
from textbook_nlp.vectors.embeddings import Embeddings
from textbook_nlp.vectors.pmi import ppmi
from textbook_nlp.vectors.svd import svd_embeddings

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)  # of the averaged vectors; the rest are single words
STRENGTHS = (1.0, 3.0, 10.0, 30.0)  # C: how little a large weight costs
Found = tuple[dict[str, Number], dict[str, list[Number]]]


@dataclass(frozen=True)
class FrozenNetwork(Checked):
    """The source's network: frozen vectors of the last words side by side, then dense layers.

    Attributes:
        encoding: how texts become ids.
        hidden_size: units of the hidden layer.
        training: how; the last epoch is kept.
        validation: further labeled texts that the curves are measured on.
    """

    encoding: Encoding
    hidden_size: Size
    training: TextTraining
    validation: Size

    def learn(
        self, labeled: int, data: LabeledParts, vectors: list[Embeddings], setting: Setting
    ) -> Found:
        """Train, and measure the test part."""
        tokenizer = KerasTokenizer(self.encoding.num_words)
        tokenizer.fit_on_texts(data.train.texts)
        V = min(self.encoding.num_words, len(tokenizer.word_index) + 1)
        words = ["", *(tokenizer.index_word[i] for i in range(1, V))]
        matrix = np.concatenate([each.matrix_for(words)[0] for each in vectors], axis=1)
        rows = drawn(data.train, labeled + self.validation, setting.seed)
        train, validation, test = (
            ids_of(part, tokenizer, self.encoding, V)
            for part in (
                data.train.pick(rows[:labeled]),
                data.train.pick(rows[labeled:]),
                data.test,
            )
        )
        seed_all(setting.seed)
        network = VectorModel(matrix.shape[1], "flatten", masked=True, hidden_size=self.hidden_size)
        given = torch.from_numpy(matrix.astype(np.float32))
        model = network.build(V, self.encoding.length, vectors=given, frozen=True)
        epochs = iter(range(1, self.training.epochs + 1))
        _, curves = train_classifier(
            model.to(setting.device),
            train,
            labeled_batches(*validation, 500),
            self.training,
            setting,
            judge=lambda accuracy: next(epochs),  # the later the better: the last is kept
        )
        metrics = {
            "test_accuracy": evaluate(model, labeled_batches(*test, 500), classification_accuracy),
            "validation_accuracy": max(curves["validation_accuracy"]),
            "train_accuracy": evaluate(
                model, labeled_batches(*train, 500), classification_accuracy
            ),
            "parameters": count_parameters(model),
        }
        return metrics, curves


@dataclass(frozen=True)
class AverageAndWords(Checked):
    """Logistic regression on averaged vectors and words; every choice by cross-validation.

    A weight for each word beside those of the averaged vectors is what fine-tuning the vectors of
    a linear model amounts to: each word's own share in the score may depart from its vector's.

    Attributes:
        folds: parts of the labeled texts, each judged by what the others teach.
    """

    folds: Annotated[int, Must(lambda value: value >= 2, "an integer, at least 2")]

    def learn(
        self, labeled: int, data: LabeledParts, vectors: list[Embeddings], setting: Setting
    ) -> Found:
        """Choose, train, and measure the test part once for each kind of features."""
        few = data.train.pick(drawn(data.train, labeled, setting.seed))
        own = averages(few.texts, few.texts, vectors), words_of(few.texts, few.texts)
        new = averages(few.texts, data.test.texts, vectors), words_of(few.texts, data.test.texts)
        metrics: dict[str, Number] = {"parameters": sum(part.shape[1] for part in own) + 1}
        for prefix, shares in (("", SHARES), ("average_", (1.0,)), ("words_", (0.0,))):
            share, C, validated = choose(*own, few.labels, shares, self.folds)
            judge = LinearClassifier.fit(mixed(*own, share), few.labels, C)
            metrics |= {
                f"{prefix}test_accuracy": judge.accuracy(mixed(*new, share), data.test.labels),
                f"{prefix}validation_accuracy": validated,
                f"{prefix}share": share,
                f"{prefix}strength": C,
            }
        return metrics, {}


@dataclass(frozen=True)
class FewLabels(Checked):
    """What a run is made of.

    Attributes:
        data: the texts.
        vectors: files of them, side by side; `counted` makes them from the texts of the training
            part without looking at a label.
        labeled: how many labeled texts are drawn, by the seed, to learn from.
        method: what learns from them.
    """

    data: LabeledData
    vectors: tuple[Literal["glove_50d", "glove_100d", "counted"], ...]
    labeled: Size
    method: FrozenNetwork | AverageAndWords


def run(configuration: FewLabels, setting: Setting) -> Measurement:
    """Draw the labeled texts, learn from them alone, and measure the test part once."""
    data = read_labeled(configuration.data)
    vectors = {name: _vectors(name, data.train) for name in configuration.vectors}
    found = list(vectors.values())
    metrics, curves = configuration.method.learn(configuration.labeled, data, found, setting)
    metrics |= coverage(found, data.train)
    hashes = {name: _digest(each) for name, each in vectors.items() if name != "counted"}
    dataset = Dataset(data.dataset.name, {**data.dataset.sha256, **hashes})
    return Measurement(metrics, curves, dataset)


def drawn(part: LabeledTexts, n: int, seed: int) -> Int[np.ndarray, " n"]:
    """Draw the rows of the texts whose labels may be seen."""
    return np.random.default_rng([16, seed]).choice(len(part.texts), n, replace=False)


def coverage(vectors: list[Embeddings], part: LabeledTexts) -> dict[str, float]:
    """Return the shares of the types and of the tokens that have a vector in any of the files."""
    texts = without_line_breaks(part.texts)
    bag = BagOfWords.fit(texts)
    counts = bag.counts(texts).sum(axis=0)
    known = np.array([any(word in each for each in vectors) for word in bag.features])
    return {
        "type_coverage": float(known.mean()),
        "token_coverage": float(counts[known].sum() / counts.sum()),
    }


def mixed(averages: Float[np.ndarray, "N A"], words: csr_array, share: float) -> csr_array:
    """Return both kinds side by side; `share` of an inner product is the averages'."""
    return hstack([csr_array(np.sqrt(share) * averages), np.sqrt(1 - share) * words], format="csr")


def choose(
    averages: Float[np.ndarray, "N A"],
    words: csr_array,
    labels: Int[np.ndarray, " N"],
    shares: tuple[float, ...],
    folds: int,
) -> tuple[float, float, float]:
    """Return the share and the C with the best cross-validated accuracy, and that accuracy.

    Of equal ones the first counts: the smaller share, the smaller C.
    """
    # A text is judged by the fold that its place in its own class gives it: classes stay balanced.
    place = np.empty(len(labels), dtype=np.int64)
    for label in (0, 1):
        place[labels == label] = np.arange((labels == label).sum())
    fold = place % folds
    best = (0.0, 0.0, -1.0)
    for share in shares:
        x = mixed(averages, words, share)
        for C in STRENGTHS:
            right = 0
            for outside in (fold == each for each in range(folds)):
                judge = LinearClassifier.fit(x[~outside], labels[~outside], C)
                right += int((judge.predict(x[outside]) == labels[outside]).sum())
            if right / len(labels) > best[2]:
                best = (share, C, right / len(labels))
    return best


def averages(
    few: list[str], texts: list[str], vectors: list[Embeddings]
) -> Float[np.ndarray, "N A"]:
    """Averaged vectors, standardized by the labeled texts; every text's mean square is near 1."""
    bag = BagOfWords.fit(few + texts)
    columns = []
    for each in vectors:
        matrix, found = each.matrix_for(bag.features)
        own, new = (
            (counts @ matrix) / np.maximum(counts @ found.astype(float), 1.0)[:, None]
            for counts in (bag.counts(few), bag.counts(texts))
        )
        deviation = own.std(axis=0)
        columns.append((new - own.mean(axis=0)) / np.where(deviation == 0, 1.0, deviation))
    features = np.concatenate(columns, axis=1)
    return features / np.sqrt(features.shape[1])


def words_of(few: list[str], texts: list[str]) -> csr_array:
    """tf–idf of the words that the labeled texts hold, with their document frequencies."""
    bag = BagOfWords.fit(few)
    return TfIdf.fit(bag.counts(few), sublinear=True).weigh(bag.counts(texts))


def _digest(vectors: Embeddings) -> str:
    return sha256("\n".join(vectors.words).encode() + vectors.matrix.astype("<f4").tobytes())


def _vectors(name: str, part: LabeledTexts) -> Embeddings:
    if name != "counted":
        return corpora.load(name)
    words = [WordTokenizer().tokenize(text) for text in part.texts]
    vocabulary = Vocabulary.fit(words)
    counts = cooccurrence([vocabulary.encode(row) for row in words], len(vocabulary), 5)
    return svd_embeddings(ppmi(counts), vocabulary.tokens, 20, exponent=0.5)


TASK = Task(run, on_cpu=True)
