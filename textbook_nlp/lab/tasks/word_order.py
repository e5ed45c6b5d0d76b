"""Translate generated English into Korean: the share of right sentences by their length."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from textbook_nlp.chance import seed_all
from textbook_nlp.data.generators import EnglishKorean, Translation
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Number, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks.translated_texts import END_ID, PADDING_ID, SPECIALS, START_ID, rows_of
from textbook_nlp.layers import AdditiveScore, GeneralScore, dot_score, scaled_dot_score
from textbook_nlp.models import (
    DecoderState,
    RecurrentDecoder,
    RecurrentEncoder,
    Seq2Seq,
    count_parameters,
    gnmt,
)
from textbook_nlp.text import Vocabulary, pad, turned_around
from textbook_nlp.training import (
    OptimizerChoice,
    answer,
    fit,
    linear_decay,
    pair_batches,
    seq2seq_loss,
)

FROM = (3, 6, 9, 12, 15)  # words, from which on the groups of lengths count
LOSS = partial(seq2seq_loss, padding_id=PADDING_ID)


@dataclass(frozen=True)
class WordOrderModel(Checked):
    """An LSTM that reads and one that writes, of as many units.

    Attributes:
        hidden_size: H of the decoder; of the encoder C in all, unless it is wide.
        score: how attention compares; None is no attention.
        peeky: whether the decoder sees the encoder's last h at every step.
        reverse: turn the English around.
        encoder: `"one_way"`: H units. `"wide"`: 2 H units; `"both_ways"`: H in each direction;
            these two begin the decoder by an affine layer.
        embedding_size: E of both.
        layers: L of both; with more than 1 the model is `gnmt`, and E is H.
        residuals: whether those have them.
    """

    hidden_size: Size = 64
    score: Literal["dot", "scaled", "general", "additive"] | None = None
    peeky: bool = False
    reverse: bool = False
    encoder: Literal["one_way", "wide", "both_ways"] = "one_way"
    embedding_size: Size = 32
    layers: Size = 1
    residuals: bool = True

    def build(self, source_size: int, target_size: int) -> Seq2Seq:
        """Make the model for two vocabularies, from the global source of chance."""
        E, H = self.embedding_size, self.hidden_size
        if self.layers > 1:
            start = 2 if self.residuals else None
            sizes = source_size, target_size, H, self.layers
            return gnmt(*sizes, residual_from=start, dropout=0.0)
        both_ways, plain = self.encoder == "both_ways", self.encoder == "one_way"
        units = 2 * H if self.encoder == "wide" else H
        encoder = RecurrentEncoder(source_size, E, units, bidirectional=both_ways)
        C = encoder.output_size
        scores = {
            None: lambda: None,
            "dot": lambda: dot_score,
            "scaled": lambda: scaled_dot_score,
            "general": lambda: GeneralScore(H, C),
            "additive": lambda: AdditiveScore(H, C, H),
        }
        decoder = RecurrentDecoder(
            target_size, E, H, peeky=self.peeky, score=scores[self.score](), source_size=C
        )
        return Seq2Seq(encoder, decoder, handover="state" if plain else "affine")


@dataclass(frozen=True)
class WordOrder(Checked):
    """What a run is made of.

    Attributes:
        learned: sentences to learn from.
        tested: sentences drawn after those; the ones that stand among those too are left out.
        model: what translates.
        optimizer: whose rate rises over a tenth of the steps and then falls to 0.
        epochs: how many.
        batch_size: B, of sentences of about equal length.
    """

    learned: Size
    tested: Size
    model: WordOrderModel
    optimizer: OptimizerChoice
    epochs: Size
    batch_size: Size = 64


@dataclass(frozen=True)
class Sentences:
    """Pairs of sentences and their ids: sources (N, S), targets (N, T) with start and end."""

    pairs: list[Translation]
    source: Int[Tensor, "N S"]
    target: Int[Tensor, "N T"]

    @property
    def real(self) -> Bool[Tensor, "N S"]:
        """True at words of the sources."""
        return self.source != PADDING_ID


def draw(configuration: WordOrder) -> tuple[Sentences, Sentences, Vocabulary, Vocabulary]:
    """Draw what is learned from and what is tested, and number the words of both languages."""
    drawn = EnglishKorean().sample(configuration.learned + configuration.tested, seed=0)
    learned = drawn[: configuration.learned]
    known = {tuple(pair.english) for pair in learned}
    new = [pair for pair in drawn[configuration.learned :] if tuple(pair.english) not in known]
    english = Vocabulary.fit(pair.english for pair in learned)
    korean = Vocabulary.fit((pair.korean for pair in learned), specials=SPECIALS)

    def numbered(pairs: list[Translation]) -> Sentences:
        source = pad([english.encode(pair.english) for pair in pairs])
        if configuration.model.reverse:
            source = turned_around(source, source != PADDING_ID)
        target = rows_of([pair.korean for pair in pairs], korean, start=True)
        return Sentences(pairs, torch.from_numpy(source), target)

    return numbered(learned), numbered(new), english, korean


def run(configuration: WordOrder, setting: Setting) -> Measurement:
    """Train, and judge new sentences by their length.

    A run takes seconds, so it writes no checkpoint: a killed one begins anew, with equal results.
    """
    learned, new, english, korean = draw(configuration)
    seed_all(setting.seed)
    model = configuration.model.build(len(english), len(korean)).to(setting.device)
    steps = configuration.epochs * (len(learned.pairs) // configuration.batch_size)
    history = fit(
        model,
        lambda epoch: pair_batches(
            learned.source,
            learned.target,
            configuration.batch_size,
            seed=setting.seed,
            epoch=epoch,
            padding_id=PADDING_ID,
            by_length=True,
            whole=True,
        ),
        LOSS,
        configuration.optimizer.of(model.parameters()),
        epochs=configuration.epochs,
        clip=1.0,
        schedule=linear_decay(steps, warm_up=steps // 10),
        progress=setting.progress,
    )
    model = model.eval().cpu()
    metrics: dict[str, Number] = {
        **by_length("right", right(model, new), new),
        **by_length("nats", nats(model, new), new),
        "parameters": count_parameters(model),
        "cpu_seconds": round(history.cpu_seconds, 1),
    }
    if model.decoder.score is not None:
        words = aligned_words(new, turned=configuration.model.reverse)
        metrics["aligned"] = aligned(model, new, words)
        metrics |= hidden(model, new, words)
    lines = (f"{pair.english}{pair.korean}\n" for pair in [*learned.pairs, *new.pairs])
    dataset = Dataset("english_korean", {"pairs": sha256("".join(lines))})
    return Measurement(metrics, {"train_nats": history.curve("train_loss")}, dataset)


def right(model: Seq2Seq, new: Sentences) -> Bool[np.ndarray, " N"]:
    """Return which sentences are translated right in every word, written greedily."""
    wanted = new.target[:, 1:]
    options = {"steps": wanted.shape[1], "mask": new.real, "end": END_ID, "padding_id": PADDING_ID}
    written = answer(model, new.source, START_ID, **options)
    written = torch.nn.functional.pad(written, (0, wanted.shape[1] - written.shape[1]))
    return (written == wanted).all(dim=1).numpy()


@torch.no_grad()
def nats(model: Seq2Seq, new: Sentences) -> np.ndarray:
    """Return the mean cross-entropy of each sentence's words, (N,)."""
    logits, _ = model(new.target[:, :-1], model.read(new.source, new.real))
    wanted = new.target[:, 1:]
    losses = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), wanted, ignore_index=PADDING_ID, reduction="none"
    )
    return (losses.sum(dim=1) / (wanted != PADDING_ID).sum(dim=1)).numpy()


def aligned_words(new: Sentences, *, turned: bool) -> Int[np.ndarray, "W 3"]:
    """Return sentence, place in the target and place in the source of each word that has both."""
    return np.array(
        [
            (i, t, len(pair.english) - 1 - s if turned else s)
            for i, pair in enumerate(new.pairs)
            for t, s in enumerate(pair.alignment)
            if s is not None
        ]
    )


@torch.no_grad()
def aligned(model: Seq2Seq, new: Sentences, words: Int[np.ndarray, "W 3"]) -> float:
    """Return the share of words whose largest weight is at the word that they stand for."""
    weights = model.decoder.alignment(new.target[:, :-1], model.read(new.source, new.real))
    i, t, s = words.T
    return float((weights.argmax(dim=2).numpy()[i, t] == s).mean())


@torch.no_grad()
def hidden(
    model: Seq2Seq, new: Sentences, words: Int[np.ndarray, "W 3"], most: int = 3_000
) -> dict[str, float]:
    """Return how many words are still the likeliest where attention may not see one word.

    The encoder has read it, and the target before it is the true one. Hidden is nothing, the word
    of the source that it stands for, or any other.
    """
    i, t, s = words[:most].T
    state, ids = model.read(new.source, new.real), new.target[i, :-1]
    lengths = new.real.sum(dim=1).numpy()[i]
    other = (s + np.random.default_rng(0).integers(1, lengths)) % lengths
    rows, shares = np.arange(len(i)), {}
    for name, place in (("nothing", None), ("its_word", s), ("another", other)):
        seen = new.real[i].clone()
        if place is not None:
            seen[rows, place] = False
        logits, _ = model(ids, _rows_of(state, i)._replace(mask=seen))
        right = logits[rows, t].argmax(dim=1) == new.target[i, t + 1]
        shares[f"right_without_{name}"] = float(right.float().mean())
    return shares


def _rows_of(state: DecoderState, i: Int[np.ndarray, " W"]) -> DecoderState:
    """Return a state of some sentences, which may be named more than once."""
    recurrent = tuple(tuple(tensor[i] for tensor in layer) for layer in state.recurrent)
    summary = None if state.summary is None else state.summary[i]
    return DecoderState(recurrent, summary, state.memory[i], state.mask[i])


def by_length(name: str, values: np.ndarray, new: Sentences) -> dict[str, float]:
    """Return the mean of values over all sentences, and over those of each group of lengths."""
    lengths = new.real.sum(dim=1).numpy()
    means = {name: float(values.mean())}
    for low, high in zip(FROM, (*FROM[1:], np.inf), strict=True):
        group = values[(lengths >= low) & (lengths < high)]
        if len(group):
            means[f"{name}_from_{low}"] = float(group.mean())
    return means


TASK = Task(run)
