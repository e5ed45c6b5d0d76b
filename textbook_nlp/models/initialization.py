"""Where training begins in the programs of the source book."""

import math

from torch import nn

from textbook_nlp.layers.cells import RecurrentCell


def saito_init(model: nn.Module) -> None:
    """Draw the parameters as the source book does, and leave one bias a layer.

    Embeddings N(0, 0.01²), also where an affine layer shares one, every other weight of a recurrent
    or affine layer N(0, 1 / fan-in), biases 0. A layer of `torch.nn` adds two biases; with both
    trained, the bias would learn at twice the rate of the source's single one, so `bias_hh` is
    frozen at 0.

    Source: Saito, "Deep Learning from Scratch 2" (2018), chapters 5 to 8.
    """
    shared = {id(part.weight) for part in model.modules() if isinstance(part, nn.Embedding)}
    for part in model.modules():
        if isinstance(part, nn.Embedding):
            nn.init.normal_(part.weight, std=0.01)
        elif isinstance(part, RecurrentCell | nn.Linear):
            for parameter in part.parameters():
                if parameter.ndim == 1:
                    nn.init.zeros_(parameter)
                elif id(parameter) not in shared:
                    nn.init.normal_(parameter, std=1 / math.sqrt(parameter.shape[1]))
        if isinstance(part, RecurrentCell) and part.bias_hh is not None:
            part.bias_hh.requires_grad_(False)
