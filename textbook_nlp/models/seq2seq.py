"""From sequence to sequence: an encoder reads a source, a decoder writes from what it made of it.

The decoder is a language model that does not begin from nothing: `model.read(source)` is the state
that it begins from, and `model(ids, state)` goes on from there. So it is trained on whole targets,
and `generate` and `beam_search` write with it, as with any language model.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from textbook_nlp.layers.attention import Score, attend
from textbook_nlp.layers.cells import LSTMCell
from textbook_nlp.layers.shapes import (
    check_ids,
    check_mask,
    check_no_row_is_empty,
    check_shape,
    check_share,
    check_sizes,
    holds_tensors,
)
from textbook_nlp.layers.stack import BothWays, MakeCell, Stack

Handover = Literal["hidden", "state", "affine"]
READ_FIRST = "read the source first: state = model.read(source)"


class DecoderState(NamedTuple):
    """What a decoder goes on from; every tensor has a row for each row of the batch.

    Attributes:
        recurrent: the state of its recurrent layers, as a `Stack` returns it.
        summary: (B, C), what a peeky decoder sees at every step; None for others.
        memory: (B, S, C), what attention looks at; None without.
        mask: (B, S), true where the memory holds a real token; None where all do.
    """

    recurrent: tuple
    summary: Float[Tensor, "B C"] | None = None
    memory: Float[Tensor, "B S C"] | None = None
    mask: Bool[Tensor, "B S"] | None = None


class RecurrentEncoder(nn.Module):
    """Read a source: embedding (V, E), then L recurrent layers of H units.

    Dropout stands after the embedding and between the layers.

    Args:
        vocabulary_size: V, of the source.
        embedding_size: E.
        hidden_size: H, in each direction; a list says it of each layer, from below.
        num_layers: L.
        cell: makes a cell from two sizes: `LSTMCell`, `GRUCell`, `partial(RNNCell, ...)`.
        bidirectional: as in `Stack`.
        residual_from: as in `Stack`.
        dropout: share of the units dropped in training, in [0, 1).

    Attributes:
        output_size: C, features of an output.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
    Machine Translation" (2014), section 2.2; Sutskever et al., "Sequence to Sequence Learning with
    Neural Networks" (2014).
    Taught in: chapter 12.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int | Sequence[int],
        num_layers: int = 1,
        *,
        cell: MakeCell = LSTMCell,
        bidirectional: bool | Sequence[bool] = False,
        residual_from: int | None = None,
        dropout: float = 0.0,
    ):
        super().__init__()
        check_share("dropout", dropout)
        check_sizes(vocabulary_size=vocabulary_size, embedding_size=embedding_size)
        self.dropout = nn.Dropout(dropout)
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.recurrent = Stack(
            cell,
            embedding_size,
            hidden_size,
            num_layers,
            bidirectional=bidirectional,
            residual_from=residual_from,
            between=self.dropout,
        )
        self.output_size = self.recurrent.output_size

    def forward(
        self, ids: Int[Tensor, "B S"], mask: Bool[Tensor, "B S"] | None = None
    ) -> tuple[Float[Tensor, "B S C"], tuple]:
        """Return the output at every token of a source, and the state of every layer at its end.

        Args:
            ids: from 0 to V - 1.
            mask: true at real tokens; what stands elsewhere cannot matter. None: all are real.

        Raises:
            ValueError: if a source is empty, an id out of range, or the mask does not fit.
        """
        check_ids(ids, self.embedding.num_embeddings)
        if ids.numel() == 0:
            raise ValueError(f"the source has shape {tuple(ids.shape)}; expected (B, S), S >= 1")
        embedded = self.dropout(self.embedding(ids))
        if mask is not None:
            check_mask(mask, embedded)
            check_no_row_is_empty(mask)
        return self.recurrent(embedded, mask=mask)


class RecurrentDecoder(nn.Module):
    """Score every token of the vocabulary as the next one of a target, from a `DecoderState`.

    Embedding (V, E), L recurrent layers of H units, an affine layer to V scores. A plain decoder
    has of the source the state alone that it begins from. A peeky one sees the summary of the
    source at every step, beside the token that goes into the recurrent layers and beside what
    comes out of them. With attention every output of the recurrent layers asks the memory, and the
    weighted sum stands beside that output. A decoder may do both. Dropout stands after the
    embedding, between the layers and before the affine layer.

    Args:
        vocabulary_size: V, of the target.
        embedding_size: E.
        hidden_size: H; a list says it of each layer, from below.
        num_layers: L.
        cell: makes a cell from two sizes.
        peeky: whether to see the summary at every step.
        score: how attention compares an output with the memory: `dot_score`, `scaled_dot_score`,
            or a module such as `AdditiveScore(H, C, 64)`; None is no attention.
        source_size: C, features of the summary and of the memory; None for those of the
            decoder's own outputs.
        residual_from: as in `Stack`.
        dropout: share of the units dropped in training, in [0, 1).

    Raises:
        ValueError: if an option is not one of the above.

    Source: peeky: Cho et al. (2014), section 2.2, and Saito, "Deep Learning from Scratch 2" (2018),
    section 7.4.2; attention: Luong et al., "Effective Approaches to Attention-based Neural Machine
    Translation" (2015), and Saito, chapter 8.
    Taught in: chapter 12.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int | Sequence[int],
        num_layers: int = 1,
        *,
        cell: MakeCell = LSTMCell,
        peeky: bool = False,
        score: Score | None = None,
        source_size: int | None = None,
        residual_from: int | None = None,
        dropout: float = 0.0,
    ):
        super().__init__()
        check_share("dropout", dropout)
        check_sizes(vocabulary_size=vocabulary_size, embedding_size=embedding_size)
        last = hidden_size if isinstance(hidden_size, int) else hidden_size[-1]
        self.source_size = last if source_size is None else source_size
        self.peeky, self.score = peeky, score
        self.dropout = nn.Dropout(dropout)
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.recurrent = Stack(
            cell,
            embedding_size + peeky * self.source_size,
            hidden_size,
            num_layers,
            residual_from=residual_from,
            between=self.dropout,
        )
        beside = (peeky + (score is not None)) * self.source_size
        self.affine = nn.Linear(beside + self.recurrent.output_size, vocabulary_size)

    def forward(
        self, ids: Int[Tensor, "B T"], state: DecoderState
    ) -> tuple[Float[Tensor, "B T V"], DecoderState]:
        """Return the logits of the next token at every position, and the state after the last.

        Args:
            ids: tokens of the target, from 0 to V - 1: in training the true ones, all at once.
            state: the source's, or what an earlier call returned.

        Raises:
            TypeError: if the state is no `DecoderState`.
            ValueError: if an id is out of range, or the state is none for this batch or decoder.
        """
        features, state, _ = self._read(ids, state)
        return self.affine(self.dropout(features)), state

    def alignment(self, ids: Int[Tensor, "B T"], state: DecoderState) -> Float[Tensor, "B T S"]:
        """Return how much each step of the target looks at each token of the source.

        Args:
            ids: as for `forward`: row t of the weights is what the token after `ids[:, t]` saw.
            state: as for `forward`.

        Raises:
            ValueError: if the decoder has no attention, or as `forward` does.
        """
        _, _, weights = self._read(ids, state)
        if weights is None:
            raise ValueError("this decoder has no attention: give it a score, such as dot_score")
        return weights

    def _read(
        self, ids: Int[Tensor, "B T"], state: DecoderState
    ) -> tuple[Float[Tensor, "B T F"], DecoderState, Float[Tensor, "B T S"] | None]:
        """Return what the affine layer is given, the new state, and the weights of attention."""
        self._check(ids, state)
        x, weights = self.dropout(self.embedding(ids)), None
        peek = [state.summary.unsqueeze(1).expand(-1, ids.shape[1], -1)] if self.peeky else []
        outputs, recurrent = self.recurrent(torch.cat([*peek, x], dim=2), state.recurrent)
        beside = peek
        if self.score is not None:
            memory = state.memory
            context, weights = attend(outputs, memory, memory, state.mask, score=self.score)
            beside = [*peek, context]
        features = torch.cat([*beside, outputs], dim=2)
        return features, state._replace(recurrent=recurrent), weights

    def _check(self, ids: Int[Tensor, "B T"], state: DecoderState) -> None:
        check_ids(ids, self.embedding.num_embeddings)
        if ids.shape[1] == 0:
            raise ValueError(f"ids have shape {tuple(ids.shape)}; expected (B, T), T >= 1")
        if not isinstance(state, DecoderState):
            raise TypeError(
                f"the state is a {type(state).__name__}; expected a DecoderState: {READ_FIRST}"
            )
        parts, kinds = state.recurrent, [cell.state_tensors for cell in self.recurrent.cells]
        fits = isinstance(parts, tuple) and len(parts) == len(kinds)
        if not fits or not all(map(holds_tensors, parts, kinds)):
            raise ValueError(
                f"the state is none that a decoder of {len(kinds)} layers goes on from: "
                f"{READ_FIRST}"
            )
        B = len(parts[0][0])
        if len(ids) != B:
            raise ValueError(
                f"ids have {len(ids)} rows and the state {B}; expected a row of the target for "
                "each source"
            )
        if self.peeky:
            if state.summary is None:
                raise ValueError("a peeky decoder needs the summary of the source in its state")
            check_shape("the summary", state.summary, (B, self.source_size))
        if self.score is not None:
            if state.memory is None:
                raise ValueError("attention needs the memory of the source in the decoder's state")
            check_shape("the memory", state.memory, (B, "S", self.source_size))


class Seq2Seq(nn.Module):
    """An encoder, and a decoder that begins from what it handed over.

    Args:
        encoder: reads the source.
        decoder: writes the target.
        handover: what the decoder's layers begin from. `"state"`: all that the encoder's ended
            with; `"hidden"`: h alone, and zeros for an LSTM's c; both need as many layers of the
            same sizes, which read one way. `"affine"`, for any two: h is made of the encoder's
            summary by an affine layer and tanh.

    Raises:
        ValueError: if the layers do not allow what is to be handed over, or the decoder expects
            another number of features of the source.

    Source: Sutskever et al. (2014); h alone: Saito, "Deep Learning from Scratch 2" (2018), section
    7.3; an affine layer: Bahdanau et al., "Neural Machine Translation by Jointly Learning to Align
    and Translate" (2015), appendix A.2.2.
    Taught in: chapter 12.
    """

    def __init__(
        self,
        encoder: RecurrentEncoder,
        decoder: RecurrentDecoder,
        *,
        handover: Handover = "state",
    ):
        super().__init__()
        _check_handover(encoder, decoder, handover)
        self.encoder, self.decoder, self.handover = encoder, decoder, handover
        self.start = AffineStart(decoder) if handover == "affine" else None

    def read(
        self, source: Int[Tensor, "B S"], mask: Bool[Tensor, "B S"] | None = None
    ) -> DecoderState:
        """Read a source, and return the state that a target begins from.

        Args:
            source: ids from 0 to V - 1.
            mask: true at real tokens; None: all are real.

        Raises:
            ValueError: if a source is empty, an id out of range, or the mask does not fit.
        """
        outputs, state = self.encoder(source, mask)
        summary, attention = _summary(state), self.decoder.score is not None
        return DecoderState(
            self._handed_over(state, summary),
            summary if self.decoder.peeky else None,
            outputs if attention else None,
            mask if attention else None,
        )

    def forward(
        self, ids: Int[Tensor, "B T"], state: DecoderState
    ) -> tuple[Float[Tensor, "B T V"], DecoderState]:
        """Go on from what was read: the decoder's logits and state; see `RecurrentDecoder`."""
        return self.decoder(ids, state)

    def _handed_over(self, state: tuple, summary: Float[Tensor, "B C"]) -> tuple:
        """Return the state that the decoder's recurrent layers begin from."""
        if self.start is not None:
            return self.start(summary)
        if self.handover == "state":
            return state
        return _begun([h for h, *_ in state], self.decoder)


class AffineStart(nn.Module):
    """What a decoder's layers begin from, made of a summary: each h by an affine layer and tanh.

    Args:
        decoder: what is to begin; an LSTM's c begins at zero.

    Source: Bahdanau et al. (2015), appendix A.2.2.
    """

    def __init__(self, decoder: RecurrentDecoder):
        super().__init__()
        self._decoder = (decoder,)  # in a tuple: its parameters are not this module's
        self.sizes = [cell.hidden_size for cell in decoder.recurrent.cells]
        self.affine = nn.Linear(decoder.source_size, sum(self.sizes))

    def forward(self, summary: Float[Tensor, "B C"]) -> tuple:
        """Return the state of every layer."""
        hs = self.affine(summary).tanh().split(self.sizes, dim=1)
        return _begun(hs, self._decoder[0])


def _begun(hs: Sequence[Float[Tensor, "B H"]], decoder: RecurrentDecoder) -> tuple:
    """The state of every layer of a decoder that begins from these h and no c."""
    cells = decoder.recurrent.cells
    return tuple((h, *cell.zeros(h)[1:]) for h, cell in zip(hs, cells, strict=True))


def _summary(state: tuple) -> Float[Tensor, "B C"]:
    """Return the last h of the top layer, of both directions side by side."""
    top = state[-1]
    return top[0] if isinstance(top[0], Tensor) else torch.cat([h for h, *_ in top], dim=1)


def _check_handover(encoder: RecurrentEncoder, decoder: RecurrentDecoder, handover: str) -> None:
    if handover not in ("hidden", "state", "affine"):
        raise ValueError(f"handover is {handover!r}; expected 'hidden', 'state' or 'affine'")
    if decoder.source_size != encoder.output_size:
        raise ValueError(
            f"the encoder puts out {encoder.output_size} features, the decoder expects "
            f"{decoder.source_size}: give it source_size={encoder.output_size}"
        )
    ours, theirs = encoder.recurrent, decoder.recurrent
    tensors = handover == "state"  # whose number must be the same too
    kinds = [
        [(c.hidden_size, tensors and c.state_tensors) for c in s.cells] for s in (ours, theirs)
    ]
    both_ways = any(isinstance(layer, BothWays) for layer in ours.layers)
    if handover != "affine" and (both_ways or kinds[0] != kinds[1]):
        raise ValueError(
            f"handover={handover!r} needs as many layers of the same kind and size in encoder and "
            "decoder, all of which read one way: make them so, or choose handover='affine'"
        )
