"""Captions: a convolutional encoder for pictures in front of the decoder that translates."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from textbook_nlp.layers.shapes import check_shape, check_sizes
from textbook_nlp.models.seq2seq import AffineStart, DecoderState, RecurrentDecoder


class ImageEncoder(nn.Module):
    """Read square pictures: convolutions, each of which halves the side, then two ways to see it.

    The memory has an entry for each place of what the last convolution puts out, row by row, so
    that attention can look at a place; where an entry stands is added to it as a vector of its own,
    which is learned. The summary is an affine layer of all places.

    Args:
        side: S, the pixels of a side.
        channels: features after each convolution; the last are the C of memory and summary.
        colors: of a pixel.

    Attributes:
        grid: the places of a side that the memory has.
        output_size: C.

    Raises:
        ValueError: if there is no convolution, the side is too short for so many, or a number is
            below 1.

    Source: Xu et al., "Show, Attend and Tell" (2015), section 3.1.1.
    Taught in: chapter 17.
    """

    def __init__(self, side: int, channels: Sequence[int] = (16, 32), *, colors: int = 3):
        super().__init__()
        if not channels or side < 2 ** len(channels):
            raise ValueError(
                f"a side of {side} pixels cannot be halved {len(channels)} times; expected one "
                "convolution or more, and a longer side for more of them"
            )
        check_sizes(colors=colors, channels=min(channels))
        self.side, self.colors = side, colors
        self.convolutions = nn.ModuleList(
            nn.Conv2d(below, above, kernel_size=3, stride=2, padding=1)
            for below, above in pairwise((colors, *channels))
        )
        self.grid = side
        for _ in channels:
            self.grid = (self.grid + 1) // 2
        self.output_size = channels[-1]
        places = self.grid**2
        self.position = nn.Parameter(0.1 * torch.randn(places, self.output_size))
        self.affine = nn.Linear(places * self.output_size, self.output_size)

    def forward(
        self, images: Float[Tensor, "B 3 S S"]
    ) -> tuple[Float[Tensor, "B P C"], Float[Tensor, "B C"]]:
        """Return the memory, with P places, and the summary.

        Raises:
            ValueError: if the pictures have another size or type of numbers, or there is none.
        """
        check_shape("images", images, ("B", self.colors, self.side, self.side))
        if len(images) == 0 or images.dtype != self.position.dtype:
            raise ValueError(
                f"images are {len(images)} of {images.dtype}; expected at least one, of "
                f"{self.position.dtype} and from 0 to 1: divide whole numbers by 255"
            )
        x = images
        for convolution in self.convolutions:
            x = convolution(x).relu()
        places = x.flatten(2).transpose(1, 2)
        return places + self.position, self.affine(places.flatten(1))


class Captioner(nn.Module):
    """Say what a picture shows: an encoder for pictures, and a decoder that begins from it.

    `model.read(images)` is the state that a caption begins from, made of the summary's tanh by an
    affine layer and another tanh, and `model(ids, state)` goes on,
    so that `next_token_loss` trains it and `generate` writes with it, as with a `Seq2Seq`.

    Args:
        encoder: reads pictures.
        decoder: writes; plain, peeky or with attention, with the encoder's C as its `source_size`.

    Raises:
        ValueError: if the decoder expects another number of features.

    Source: Vinyals et al., "Show and Tell: A Neural Image Caption Generator" (2015); with
        attention: Xu et al. (2015).
    Taught in: chapter 17.
    """

    def __init__(self, encoder: ImageEncoder, decoder: RecurrentDecoder):
        super().__init__()
        if decoder.source_size != encoder.output_size:
            raise ValueError(
                f"the encoder puts out {encoder.output_size} features, the decoder expects "
                f"{decoder.source_size}: give it source_size={encoder.output_size}"
            )
        self.encoder, self.decoder = encoder, decoder
        self.start = AffineStart(decoder)

    def read(self, images: Float[Tensor, "B 3 S S"]) -> DecoderState:
        """Look at pictures, and return the state that a caption begins from.

        Args:
            images: from 0 to 1, row 0 at the top.

        Raises:
            ValueError: if the pictures are others than the encoder's, or there is none.
        """
        memory, summary = self.encoder(images)
        return DecoderState(
            self.start(summary.tanh()),
            summary if self.decoder.peeky else None,
            memory if self.decoder.score is not None else None,
        )

    def forward(
        self, ids: Int[Tensor, "B T"], state: DecoderState
    ) -> tuple[Float[Tensor, "B T V"], DecoderState]:
        """Go on from what was seen: the decoder's logits and state; see `RecurrentDecoder`."""
        return self.decoder(ids, state)
