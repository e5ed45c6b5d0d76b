"""Questions from a text: mark what could be asked for, and ask for what is marked."""

from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from textbook_nlp.layers.attention import Score
from textbook_nlp.layers.cells import GRUCell
from textbook_nlp.layers.shapes import check_mask
from textbook_nlp.layers.stack import MakeCell, Stack
from textbook_nlp.models.seq2seq import (
    AffineStart,
    DecoderState,
    RecurrentDecoder,
    RecurrentEncoder,
)


class QuestionGenerator(nn.Module):
    """One reader for two tasks: it scores every token of a text as part of an answer, and it hands
    the marked tokens to an encoder and decoder that write a question for them.

    A text is read both ways, so that every token's output knows what stands around it. Those of the
    marked tokens, in their order, are read by a layer of their own, and the decoder begins from its
    end. Texts and questions share one embedding.

    Args:
        vocabulary_size: V.
        embedding_size: E.
        hidden_size: H of the reader, in each direction; the other layers have 2 H.
        cell: makes a cell from two sizes.
        score: how attention of the decoder compares its output with the whole text; None is none,
            as in the source.
        dropout: share of the units dropped in training, in [0, 1).

    Raises:
        ValueError: if an option is not one of the above.

    Source: Foster, "Generative Deep Learning" (2019), chapter 6; compare Subramanian et al.,
        "Neural Models for Key Phrase Detection and Question Generation" (2017).
    Taught in: chapter 14.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        *,
        cell: MakeCell = GRUCell,
        score: Score | None = None,
        dropout: float = 0.0,
    ):
        super().__init__()
        C = 2 * hidden_size
        sizes = partial(RecurrentEncoder, vocabulary_size, embedding_size, cell=cell)
        self.reader = sizes(hidden_size, bidirectional=True, dropout=dropout)
        self.marker = nn.Linear(C, 1)
        self.answer_reader = Stack(cell, C, C)
        self.decoder = RecurrentDecoder(
            vocabulary_size, embedding_size, C, cell=cell, score=score, dropout=dropout
        )
        self.decoder.embedding = self.reader.embedding
        self.start = AffineStart(self.decoder)

    def mark(
        self, ids: Int[Tensor, "B S"], mask: Bool[Tensor, "B S"] | None = None
    ) -> Float[Tensor, "B S"]:
        """Score every token of a text as part of an answer: logits, above 0 for more likely so.

        Args:
            ids: from 0 to V - 1.
            mask: true at real tokens; elsewhere the score is -inf. None: all are real.

        Raises:
            ValueError: if a text is empty, an id out of range, or the mask does not fit.
        """
        return self._scores(self.reader(ids, mask)[0], mask)

    def read(
        self,
        ids: Int[Tensor, "B S"],
        marked: Bool[Tensor, "B S"],
        mask: Bool[Tensor, "B S"] | None = None,
    ) -> DecoderState:
        """Read a text of which some tokens are marked, and return what a question begins from.

        Args:
            ids: from 0 to V - 1.
            marked: true at the answer's tokens.
            mask: true at real tokens. None: all are real.

        Raises:
            ValueError: if a text is empty, an id out of range, a mask does not fit, no token of a
                text is marked, or one is that is not real.
        """
        return self._begin(self.reader(ids, mask)[0], marked, mask)

    def mark_and_read(
        self,
        ids: Int[Tensor, "B S"],
        marked: Bool[Tensor, "B S"],
        mask: Bool[Tensor, "B S"] | None = None,
    ) -> tuple[Float[Tensor, "B S"], DecoderState]:
        """Return what `mark` and `read` return, of one reading: what both tasks are trained with.

        Args:
            ids: from 0 to V - 1.
            marked: true at the answer's tokens; the scores do not depend on it.
            mask: true at real tokens. None: all are real.

        Raises:
            ValueError: if `mark` or `read` raises it.
        """
        outputs, _ = self.reader(ids, mask)
        return self._scores(outputs, mask), self._begin(outputs, marked, mask)

    def forward(
        self, ids: Int[Tensor, "B T"], state: DecoderState
    ) -> tuple[Float[Tensor, "B T V"], DecoderState]:
        """Go on with a question: the decoder's logits and state; see `RecurrentDecoder`."""
        return self.decoder(ids, state)

    def _scores(
        self, outputs: Float[Tensor, "B S C"], mask: Bool[Tensor, "B S"] | None
    ) -> Float[Tensor, "B S"]:
        scores = self.marker(outputs).squeeze(2)
        return scores if mask is None else scores.masked_fill(~mask, -torch.inf)

    def _begin(
        self,
        outputs: Float[Tensor, "B S C"],
        marked: Bool[Tensor, "B S"],
        mask: Bool[Tensor, "B S"] | None,
    ) -> DecoderState:
        """Read the outputs of the marked tokens alone, and begin from the end of them."""
        check_mask(marked, outputs)
        _check_marks(marked, mask)
        # The marked tokens of every row come first, in their order.
        first = marked.long().sort(dim=1, descending=True, stable=True).indices
        counts = marked.sum(dim=1)
        longest = int(counts.max())
        places = first[:, :longest].unsqueeze(2).expand(-1, -1, outputs.shape[2])
        there = torch.arange(longest, device=outputs.device) < counts.unsqueeze(1)
        _, ((answer, *_),) = self.answer_reader(outputs.gather(1, places), mask=there)
        attention = self.decoder.score is not None
        return DecoderState(
            self.start(answer),
            memory=outputs if attention else None,
            mask=mask if attention else None,
        )


def _check_marks(marked: Bool[Tensor, "B S"], mask: Bool[Tensor, "B S"] | None) -> None:
    """Refuse a text without a mark, or with one outside of it; looked at on the CPU only."""
    if marked.device.type != "cpu":
        return
    if not marked.any(dim=1).all():
        row = int(marked.any(dim=1).logical_not().nonzero()[0])
        raise ValueError(f"no token of row {row} is marked: mark the answer's tokens")
    if mask is not None and (marked & ~mask).any():
        row, place = (marked & ~mask).nonzero()[0].tolist()
        raise ValueError(f"the mark at {place} of row {row} lies outside of the text")
