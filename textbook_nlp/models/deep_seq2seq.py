"""Google's translator of 2016 in any size: many layers, the first both ways, with residuals."""

from textbook_nlp.layers.attention import AdditiveScore
from textbook_nlp.models.seq2seq import RecurrentDecoder, RecurrentEncoder, Seq2Seq


def gnmt(
    source_vocabulary_size: int,
    target_vocabulary_size: int,
    hidden_size: int = 1024,
    num_layers: int = 8,
    *,
    residual_from: int | None = 2,
    dropout: float = 0.2,
) -> Seq2Seq:
    """Make an encoder and a decoder of L LSTM layers each, with additive attention between.

    The first layer of the encoder reads both ways, all others read one way, so that they can run
    one behind the other on several machines. From the third layer on, in both, what a layer is
    given is added to what it puts out. It differs from the original where the layers of this
    package do: here the top layer of the decoder asks, and what it gets goes to the affine layer;
    there the lowest asks, and what it gets goes to all layers above. An affine layer of the
    encoder's summary begins the decoder.

    Args:
        source_vocabulary_size: V of the source.
        target_vocabulary_size: V of the target.
        hidden_size: H of every layer, in each direction, of the embeddings and of the score.
        num_layers: L of each.
        residual_from: first layer with a residual, counted from 0; None leaves all out.
        dropout: as in `RecurrentEncoder` and `RecurrentDecoder`.

    Raises:
        ValueError: if there is no layer, a size is below 1, or a residual would join two widths.

    Source: Wu et al., "Google's Neural Machine Translation System" (2016), section 3.
    Taught in: chapter 13.
    """
    H, L = hidden_size, num_layers
    encoder = RecurrentEncoder(
        source_vocabulary_size,
        H,
        H,
        L,
        bidirectional=[True, *[False] * (L - 1)],
        residual_from=residual_from,
        dropout=dropout,
    )
    C = encoder.output_size
    decoder = RecurrentDecoder(
        target_vocabulary_size,
        H,
        H,
        L,
        score=AdditiveScore(H, C, H),
        source_size=C,
        residual_from=residual_from,
        dropout=dropout,
    )
    return Seq2Seq(encoder, decoder, handover="affine")
