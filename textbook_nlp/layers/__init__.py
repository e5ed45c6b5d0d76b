"""Layers in torch, built from primitives, with the parameter names and shapes of `torch.nn`."""

from textbook_nlp.layers.attention import (
    AdditiveScore,
    GeneralScore,
    attend,
    causal_mask,
    dot_score,
    masked_softmax,
    scaled_dot_score,
)
from textbook_nlp.layers.blocks import DecoderBlock, EncoderBlock
from textbook_nlp.layers.cells import GRUCell, LSTMCell, RecurrentCell, RNNCell
from textbook_nlp.layers.convolution import (
    Convolution,
    Window,
    convolve,
    fast_convolve,
    influence,
    receptive_field,
    unfold,
)
from textbook_nlp.layers.convolution_stack import ConvolutionStack
from textbook_nlp.layers.dropout import RecurrentDropout, VariationalDropout, WordDropout
from textbook_nlp.layers.fast_lstm import fast_scan
from textbook_nlp.layers.memory import TuringMachine
from textbook_nlp.layers.multi_head import MultiHeadAttention, recorded_weights
from textbook_nlp.layers.pooling import (
    masked_max,
    masked_mean,
    max_pool,
    mean_pool,
    shorten_by_pooling,
)
from textbook_nlp.layers.positions import (
    LearnedPositions,
    PositionedEmbedding,
    SinusoidPositions,
    angles,
    rotate,
    sinusoids,
)
from textbook_nlp.layers.recurrent import GRU, LSTM, RNN
from textbook_nlp.layers.scan import scan
from textbook_nlp.layers.shapes import (
    check_ids,
    check_mask,
    check_shape,
    check_share,
    tokens_first,
)
from textbook_nlp.layers.stack import BothWays, OneWay, Stack

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AdditiveScore",
    "BothWays",
    "Convolution",
    "ConvolutionStack",
    "DecoderBlock",
    "EncoderBlock",
    "GRUCell",
    "GeneralScore",
    "LSTMCell",
    "LearnedPositions",
    "MultiHeadAttention",
    "OneWay",
    "PositionedEmbedding",
    "RNNCell",
    "RecurrentCell",
    "RecurrentDropout",
    "SinusoidPositions",
    "Stack",
    "TuringMachine",
    "VariationalDropout",
    "Window",
    "WordDropout",
    "angles",
    "attend",
    "causal_mask",
    "check_ids",
    "check_mask",
    "check_shape",
    "check_share",
    "convolve",
    "dot_score",
    "fast_convolve",
    "fast_scan",
    "influence",
    "masked_max",
    "masked_mean",
    "masked_softmax",
    "max_pool",
    "mean_pool",
    "receptive_field",
    "recorded_weights",
    "rotate",
    "scaled_dot_score",
    "scan",
    "shorten_by_pooling",
    "sinusoids",
    "tokens_first",
    "unfold",
]
