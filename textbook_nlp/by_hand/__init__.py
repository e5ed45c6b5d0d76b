"""Networks in NumPy with hand-written gradients: nothing here imports torch.

Arrays are batch first and vectors are rows, so a layer reads `x @ W + b`. A layer with parameters
is a module with two functions. `forward(p, x)` takes the parameters as a dict and returns the
result and a cache; `backward` takes the gradient of the loss with respect to the result, and the
cache, and returns the gradients of x and of the parameters. The recurrent layers `rnn`, `lstm` and
`gru` take and return a state as well, and one can stand in the other's place.
"""

from textbook_nlp.by_hand import (
    affine,
    attention,
    convolution,
    embedding,
    gru,
    language_model,
    layer_norm,
    lstm,
    rnn,
    transformer_block,
)
from textbook_nlp.by_hand.gradient_check import numerical_gradient, relative_error
from textbook_nlp.by_hand.pooling import masked_mean_backward, masked_mean_forward
from textbook_nlp.by_hand.softmax import cross_entropy, softmax

__all__ = [
    "affine",
    "attention",
    "convolution",
    "cross_entropy",
    "embedding",
    "gru",
    "language_model",
    "layer_norm",
    "lstm",
    "masked_mean_backward",
    "masked_mean_forward",
    "numerical_gradient",
    "relative_error",
    "rnn",
    "softmax",
    "transformer_block",
]
