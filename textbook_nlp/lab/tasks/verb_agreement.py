"""Does a recurrent language model carry a subject's number to its verb? The data is generated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int

from textbook_nlp.data.generators.grammar import Agreement, Grammar
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.models.language_model import RecurrentLanguageModel
from textbook_nlp.models.ngram import NGram
from textbook_nlp.text import Vocabulary, pad, stream
from textbook_nlp.training import (
    Adam,
    History,
    bptt_batches,
    evaluate,
    fit,
    linear_decay,
    next_token_loss,
    perplexity,
    select,
)

DISTANCES = (0, 1, 2, 3)
SENTENCES = 20_000  # to train on, in the notebook


@dataclass(frozen=True)
class GrammarStreams:
    """Sentences of the grammar as streams of ids, each sentence ending in `<eos>`."""

    vocabulary: Vocabulary
    train: Int[np.ndarray, " N"]
    validation: Int[np.ndarray, " M"]


@dataclass(frozen=True)
class Trained:
    """A trained model with all that is needed to question it.

    Attributes:
        model: in evaluation mode.
        streams: what it was trained and judged on.
        history: its training; `validation` is a perplexity.
        bigram: the counting model, on the same text.
        start: the state of one row after some text that ended in `<eos>`. A state of zeros is one
            that the model has met only once, so no sentence is begun from it.
    """

    model: RecurrentLanguageModel
    streams: GrammarStreams
    history: History
    bigram: NGram
    start: tuple

    @property
    def bigram_perplexity(self) -> float:
        """Perplexity of the counting model on the validation text."""
        return perplexity(self.bigram.cross_entropy(self.streams.validation))

    @torch.no_grad()
    def read(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the states (T, H) and next-word probabilities (T, V) after each word."""
        ids = torch.tensor([self.streams.vocabulary.encode(words)])
        states, _ = self.model.hidden(ids, self.start)
        logits, _ = self.model(ids, self.start)
        return states[0].numpy(), logits[0].softmax(dim=1).numpy()

    def next_word(self, prefix: Sequence[str]) -> dict[str, float]:
        """Return the model's probability of every word after a prefix."""
        _, probabilities = self.read(prefix)
        return dict(zip(self.streams.vocabulary.tokens, probabilities[-1].tolist(), strict=True))


def streams(grammar: Grammar, sentences: int, seed: int) -> GrammarStreams:
    """Draw a text to train on and, from another seed, one of a fifth of the size to judge by."""
    train, validation = grammar.sample(sentences, seed), grammar.sample(sentences // 5, seed + 1)
    vocabulary = Vocabulary(grammar.words, specials=("<eos>",))
    return GrammarStreams(vocabulary, stream(train, vocabulary), stream(validation, vocabulary))


def train(
    data: GrammarStreams, seed: int, epochs: int = 6, hidden_size: int = 100
) -> tuple[RecurrentLanguageModel, History]:
    """Train the recurrent language model by truncated BPTT: 50 streams, blocks of 20 words."""
    torch.manual_seed(seed)
    model = RecurrentLanguageModel(len(data.vocabulary), 32, hidden_size)
    batches = bptt_batches(data.train, 50, 20)
    validation = bptt_batches(data.validation, 10, 200)
    steps = epochs * len(batches)
    history = fit(
        model,
        batches,
        next_token_loss,
        Adam(4e-3).of(model.parameters()),
        epochs=epochs,
        clip=1.0,
        schedule=linear_decay(steps, warm_up=steps // 10),
        validate=lambda model: perplexity(evaluate(model, validation, next_token_loss)),
    )
    return model.eval(), history


def compare(
    seed: int, sentences: int = SENTENCES, pairs: int = 500, epochs: int = 6
) -> tuple[dict[str, dict[int, float]], Trained]:
    """Train the network and the counting model, and let both choose verbs at every distance.

    Returns:
        For each of the two, the share of right verbs at each number of phrases between subject
        and verb (the last noun before the verb always has the wrong number), and the trained model.
    """
    grammar = Grammar()
    data = streams(grammar, sentences, 2 * seed)
    model, history = train(data, seed, epochs)
    trained = Trained(
        model, data, history, NGram.fit(data.train, len(data.vocabulary)), _warm(model, data)
    )
    # Seeds of their own, so that no sentence of the training text is drawn once more by design.
    tests = {d: grammar.agreement(pairs, 1_000_000 + 10 * seed + d, d) for d in DISTANCES}
    return {
        "recurrent network": {d: network_right(trained, test) for d, test in tests.items()},
        "counting pairs": {d: bigram_right(trained, test) for d, test in tests.items()},
    }, trained


@dataclass(frozen=True)
class VerbChoice(Checked):
    """What a run is made of.

    Attributes:
        sentences: to train on.
        pairs: verbs to choose at each distance.
        epochs: passes over the text.
    """

    sentences: Size
    pairs: Size
    epochs: Size


def run(configuration: VerbChoice, setting: Setting) -> Measurement:
    """Measure both models' choices and perplexities, beside the grammar's own perplexity."""
    shares, trained = compare(setting.seed, **vars(configuration))
    lowest = Grammar().optimum("perplexity").value
    curve = trained.history.curve("validation")
    metrics = {
        "perplexity": curve[-1],
        "optimum_perplexity": lowest,
        "above_optimum": curve[-1] / lowest - 1,
        "bigram_perplexity": trained.bigram_perplexity,
    }
    for name, by_distance in zip(("network", "bigram"), shares.values(), strict=True):
        metrics |= {f"{name}_right_at_{d}": share for d, share in by_distance.items()}
    # Each seed draws a text of its own; what they share is the grammar.
    rules = sha256(repr(Grammar().pcfg.rules))
    return Measurement(metrics, {"perplexity": curve}, Dataset("grammar", {"rules": rules}))


@torch.no_grad()
def _warm(model: RecurrentLanguageModel, data: GrammarStreams) -> tuple:
    ids = data.validation[:200]
    end = np.flatnonzero(ids == data.vocabulary.index["<eos>"])[-1] + 1
    _, state = model(torch.from_numpy(ids[None, :end]))
    return state


@torch.no_grad()
def network_right(trained: Trained, test: list[Agreement]) -> float:
    """Return the share of pairs in which the network finds the right verb the likelier one."""
    encode = trained.streams.vocabulary.encode
    prefixes = torch.from_numpy(pad([encode(pair.prefix) for pair in test]))
    start = select(trained.start, torch.zeros(len(test), dtype=torch.long))
    logits, _ = trained.model(prefixes, start)
    # Padding stands behind the prefix, and the model reads forward: it cannot matter.
    last = torch.tensor([len(pair.prefix) - 1 for pair in test])
    at_verb = logits[torch.arange(len(test)), last]
    right, wrong = (torch.tensor(encode(verbs)).unsqueeze(1) for verbs in _verbs(test))
    return float((at_verb.gather(1, right) > at_verb.gather(1, wrong)).float().mean())


def bigram_right(trained: Trained, test: list[Agreement]) -> float:
    """Return the share of pairs in which the counting model finds the right verb the likelier."""
    encode = trained.streams.vocabulary.encode
    rows = trained.bigram.probabilities(np.array([encode(pair.prefix[-1:]) for pair in test]))
    right, wrong = (rows[np.arange(len(test)), encode(verbs)] for verbs in _verbs(test))
    return float((right > wrong).mean())


def _verbs(test: list[Agreement]) -> tuple[list[str], list[str]]:
    return [pair.right for pair in test], [pair.wrong for pair in test]


TASK = Task(run, on_cpu=True)
