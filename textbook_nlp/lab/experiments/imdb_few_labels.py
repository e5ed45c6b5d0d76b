"""Row 16: film reviews judged after 200 labeled samples, with vectors from other texts."""

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.sparse import csr_array, hstack

from textbook_nlp.bags import BagOfWords, LinearClassifier, TfIdf
from textbook_nlp.chance import seed_all
from textbook_nlp.data import corpora
from textbook_nlp.lab.experiments.labeled_texts import LabeledTexts, Texts, read
from textbook_nlp.lab.runs.experiment import Experiment, Result, Setting
from textbook_nlp.lab.runs.headlines import goals
from textbook_nlp.lab.runs.ledger import Goal
from textbook_nlp.models.classifier import EmbeddingClassifier
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.text import KerasTokenizer, Vocabulary, WordTokenizer, pad
from textbook_nlp.training import (
    RMSprop,
    classification_accuracy,
    classification_loss,
    evaluate,
    fit,
    labeled_batches,
)
from textbook_nlp.vectors.counts import cooccurrence
from textbook_nlp.vectors.embeddings import Embeddings
from textbook_nlp.vectors.pmi import ppmi
from textbook_nlp.vectors.svd import svd_embeddings

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)  # of the averaged vectors; the rest are single words
STRENGTHS = (1.0, 3.0, 10.0, 30.0)  # how little a large weight costs


@dataclass(frozen=True)
class Configuration:
    """What a run is made of.

    Attributes:
        corpus: ``imdb``, or ``reviews`` for generated ones.
        texts: of the generator, to learn from; 0 for all of a real corpus.
        vectors: ``glove_100d``, ``glove_50d`` or both joined by a blank; ``counted`` makes
            them from the texts of the training part without looking at a label.
        labeled: how many labeled texts are drawn, by the seed, to learn from.
        method: ``flatten`` (the source's network over the last words), or ``average`` (logistic
            regression on the averaged vectors and on the words themselves).
        num_words: of ``flatten``: as in Keras.
        length: of ``flatten``: T, the words that are kept.
        hidden: of ``flatten``: units of the hidden layer.
        epochs: of ``flatten``.
        validation: of ``flatten``: further labeled texts that the curves are measured on.
        folds: of ``average``: parts of the labeled texts, each judged by what the others teach.
    """

    corpus: str
    texts: int
    vectors: str
    labeled: int
    method: str
    num_words: int
    length: int
    hidden: int
    epochs: int
    validation: int
    folds: int


def run(configuration: Configuration, setting: Setting) -> Result:
    """Draw the labeled texts, learn from them alone, and measure the test part once."""
    data = read(configuration.corpus, configuration.texts)
    vectors = {name: _vectors(name, data) for name in configuration.vectors.split(" ")}
    methods = {"flatten": _flatten, "average": _average}
    found = list(vectors.values())
    metrics, curves = methods[configuration.method](configuration, setting, data, found)
    metrics |= coverage(found, data.train)
    hashes = {name: _sha256(each) for name, each in vectors.items() if name != "counted"}
    dataset = data.dataset | {"sha256": data.dataset["sha256"] | hashes}
    return Result(metrics, curves, dataset)


def coverage(vectors: list[Embeddings], part: Texts) -> dict[str, float]:
    """Return the shares of the types and of the tokens that have a vector in any of the files."""
    texts = _plain(part.texts)
    bag = BagOfWords.fit(texts)
    tokens = bag.counts(texts).sum(axis=0)
    known = np.array([any(word in each for each in vectors) for word in bag.features])
    return {
        "type_coverage": float(known.mean()),
        "token_coverage": float(tokens[known].sum() / tokens.sum()),
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
    """Return the share and the strength with the best cross-validated accuracy, and that accuracy.

    Of equal ones the first counts: the smaller share, the smaller strength.
    """
    # A text is judged by the fold that its place in its own class gives it: classes stay balanced.
    place = np.empty(len(labels), dtype=np.int64)
    for label in (0, 1):
        place[labels == label] = np.arange((labels == label).sum())
    fold = place % folds
    best = (0.0, 0.0, -1.0)
    for share in shares:
        x = mixed(averages, words, share)
        for strength in STRENGTHS:
            right = 0
            for held_out in range(folds):
                inside, outside = fold != held_out, fold == held_out
                judge = LinearClassifier.fit(x[inside], labels[inside], strength)
                right += int((judge.predict(x[outside]) == labels[outside]).sum())
            if right / len(labels) > best[2]:
                best = (share, strength, right / len(labels))
    return best


def _average(configuration: Configuration, setting: Setting, data: LabeledTexts, vectors: list):
    """Logistic regression on averaged vectors and words; every choice by cross-validation.

    A weight for each word beside those of the averaged vectors is what fine-tuning the vectors of
    a linear model amounts to: each word's own share in the score may depart from its vector's.
    """
    rows = _drawn(configuration, setting, data.train, configuration.labeled)
    few = data.train.pick(rows)
    own = _average_features(few.texts, few.texts, vectors), _word_features(few.texts, few.texts)
    new = (
        _average_features(few.texts, data.test.texts, vectors),
        _word_features(few.texts, data.test.texts),
    )
    metrics = {"parameters": sum(part.shape[1] for part in own) + 1}
    for prefix, shares in (("", SHARES), ("average_", (1.0,)), ("words_", (0.0,))):
        share, strength, validated = choose(*own, few.labels, shares, configuration.folds)
        judge = LinearClassifier.fit(mixed(*own, share), few.labels, strength)
        metrics |= {
            f"{prefix}test_accuracy": judge.accuracy(mixed(*new, share), data.test.labels),
            f"{prefix}validation_accuracy": validated,
            f"{prefix}share": share,
            f"{prefix}strength": strength,
        }
    return metrics, {}


def _average_features(few: list[str], texts: list[str], vectors: list[Embeddings]):
    """Averaged vectors, standardized by the labeled texts; every text's mean square is near 1."""
    bag = BagOfWords.fit(_plain(few + texts))
    columns = []
    for each in vectors:
        matrix, found = each.matrix_for(bag.features)
        known = found.astype(float)
        averages = []
        for part in (few, texts):
            counts = bag.counts(_plain(part))
            averages.append((counts @ matrix) / np.maximum(counts @ known, 1.0)[:, None])
        mean, deviation = averages[0].mean(axis=0), averages[0].std(axis=0)
        columns.append((averages[1] - mean) / np.where(deviation == 0, 1.0, deviation))
    features = np.concatenate(columns, axis=1)
    return features / np.sqrt(features.shape[1])


def _word_features(few: list[str], texts: list[str]) -> csr_array:
    """tf–idf of the words that the labeled texts hold, with their document frequencies."""
    bag = BagOfWords.fit(_plain(few))
    tf_idf = TfIdf.fit(bag.counts(_plain(few)), sublinear=True)
    return tf_idf.weigh(bag.counts(_plain(texts)))


def _flatten(configuration: Configuration, setting: Setting, data: LabeledTexts, vectors: list):
    """The source's network: frozen vectors of the last words side by side, then dense layers."""
    tokenizer = KerasTokenizer(configuration.num_words)
    tokenizer.fit_on_texts(data.train.texts)
    V = min(configuration.num_words, len(tokenizer.word_index) + 1)
    words = ["", *(tokenizer.index_word[i] for i in range(1, V))]
    matrix = np.concatenate([each.matrix_for(words)[0] for each in vectors], axis=1)

    def ids(part: Texts) -> tuple[torch.Tensor, torch.Tensor]:
        sequences = tokenizer.texts_to_sequences(part.texts)
        padded = pad(sequences, configuration.length, "pre", "pre").astype(np.int64)
        return torch.from_numpy(padded), torch.from_numpy(part.labels)

    rows = _drawn(
        configuration, setting, data.train, configuration.labeled + configuration.validation
    )
    train, valid = np.split(rows, [configuration.labeled])
    seed_all(setting.seed)
    model = EmbeddingClassifier(
        V,
        matrix.shape[1],
        pooling="flatten",
        length=configuration.length,
        hidden_size=configuration.hidden,
        vectors=torch.from_numpy(matrix.astype(np.float32)),
        frozen=True,
    ).to(setting.device)
    few, judged = ids(data.train.pick(train)), labeled_batches(*ids(data.train.pick(valid)), 500)
    losses: list[float] = []
    accuracies: list[float] = []

    def validate(model: EmbeddingClassifier) -> int:
        losses.append(evaluate(model, judged, classification_loss))
        accuracies.append(evaluate(model, judged, classification_accuracy))
        return len(losses)  # the source keeps the last epoch, so the last is the best

    history = fit(
        model,
        lambda epoch: labeled_batches(*few, 32, seed=setting.seed, epoch=epoch),
        classification_loss,
        RMSprop(1e-3).of(model.parameters()),
        epochs=configuration.epochs,
        validate=validate,
        higher_is_better=True,
        progress=setting.progress,
    )
    metrics = {
        "test_accuracy": evaluate(
            model, labeled_batches(*ids(data.test), 500), classification_accuracy
        ),
        "validation_accuracy": max(accuracies),
        "train_accuracy": evaluate(model, labeled_batches(*few, 500), classification_accuracy),
        "parameters": count_parameters(model),
    }
    curves = {
        "train_nats": history.curve("train_loss"),
        "validation_nats": losses,
        "validation_accuracy": accuracies,
    }
    return metrics, curves


def _drawn(configuration: Configuration, setting: Setting, part: Texts, n: int) -> np.ndarray:
    return np.random.default_rng([16, setting.seed]).choice(len(part.texts), n, replace=False)


def _sha256(vectors: Embeddings) -> str:
    content = "\n".join(vectors.words).encode() + vectors.matrix.astype("<f4").tobytes()
    return sha256(content).hexdigest()


def _plain(texts: list[str]) -> list[str]:
    return [text.replace("<br />", " ") for text in texts]


def _vectors(name: str, data: LabeledTexts) -> Embeddings:
    if name != "counted":
        return corpora.load(name)
    words = [WordTokenizer().tokenize(text) for text in data.train.texts]
    vocabulary = Vocabulary.fit(words)
    counts = cooccurrence([vocabulary.encode(row) for row in words], len(vocabulary), 5)
    return svd_embeddings(ppmi(counts), vocabulary.tokens, 20, exponent=0.5)


FAITHFUL = Configuration(
    corpus="imdb",
    texts=0,
    vectors="glove_100d",
    labeled=200,
    method="flatten",
    num_words=10_000,
    length=100,
    hidden=32,
    epochs=10,
    validation=10_000,
    folds=5,
)
OURS = replace(FAITHFUL, vectors="glove_50d glove_100d", method="average")
SMALL = {"corpus": "reviews", "texts": 4_000, "vectors": "counted", "validation": 1_000}

EXPERIMENT = Experiment(
    name="imdb_few_labels",
    title="Film reviews: 200 labeled samples and GloVe",
    row=16,
    dataset="imdb",
    goals=(
        *goals(16),
        Goal(
            metric="average_test_accuracy",
            kind="measure",
            value=None,
            reported=None,
            known=None,
            unit="share",
            note="averaged GloVe alone; the files at hand hold a part of its words",
        ),
        Goal(
            metric="words_test_accuracy",
            kind="measure",
            value=None,
            reported=None,
            known=None,
            unit="share",
            note="the words alone, without any vectors",
        ),
        Goal("token_coverage", "measure", None, None, None, "share", "tokens that have a vector"),
    ),
    configurations={
        "small": {
            "faithful": replace(FAITHFUL, **SMALL, length=20),
            "ours": replace(OURS, **SMALL),
        },
        "medium": {"faithful": FAITHFUL, "ours": OURS},
        "full": {"faithful": FAITHFUL, "ours": OURS},
    },
    expected={
        "small": "10 seconds on a CPU",
        "medium": "a minute on one CPU core",
        "full": "a minute on one CPU core",
    },
    run=run,
)
