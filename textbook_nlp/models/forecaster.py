"""Forecasting one number from a window of a series: something reads it, an affine layer answers."""

from collections.abc import Iterable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from textbook_nlp.layers.cells import GRUCell
from textbook_nlp.layers.dropout import RecurrentDropout, VariationalDropout
from textbook_nlp.layers.shapes import check_shape, check_share
from textbook_nlp.layers.stack import MakeCell, Stack


class Forecaster(nn.Module):
    """Make one vector of a window, and one number of the vector.

    Args:
        reader: maps windows (B, T, D) to vectors (B, F): `DenseReader`, `RecurrentReader`,
            `ConvolutionReader`, or any other module that does.
        features: F.

    Raises:
        ValueError: if `features` is below 1.

    Source: Chollet, "Deep Learning with Python" (2017), section 6.3.
    Taught in: chapter 11.
    """

    def __init__(self, reader: nn.Module, features: int):
        super().__init__()
        if features < 1:
            raise ValueError(f"features is {features}; expected at least 1")
        self.reader, self.affine = reader, nn.Linear(features, 1)

    def forward(self, windows: Float[Tensor, "B T D"]) -> Float[Tensor, " B"]:
        """Return one forecast a window.

        Raises:
            ValueError: if the windows are not of shape (B, T, D) with T of at least 1, or the
                reader does not return vectors of F features.
        """
        if windows.ndim != 3 or windows.shape[1] == 0:
            raise ValueError(
                f"windows have shape {tuple(windows.shape)}; expected (B, T, D) with at least one "
                "time step"
            )
        vectors = self.reader(windows)
        check_shape("what the reader returns", vectors, ("B", self.affine.in_features))
        return self.affine(vectors).squeeze(1)


class DenseReader(nn.Module):
    """Lay a window out as one long row and pass it through a hidden layer with ReLU.

    It sees every row of the window at once, each with weights of its own: order means nothing
    to it, and windows of another length do not fit.

    Args:
        length: T.
        input_size: D.
        hidden_size: F.

    Raises:
        ValueError: if a size is below 1.

    Taught in: chapter 11.
    """

    def __init__(self, length: int, input_size: int, hidden_size: int):
        super().__init__()
        if min(length, input_size, hidden_size) < 1:
            raise ValueError(
                f"length, input_size and hidden_size are {length}, {input_size} and {hidden_size}; "
                "expected at least 1"
            )
        self.length, self.input_size = length, input_size
        self.hidden = nn.Linear(length * input_size, hidden_size)

    def forward(self, windows: Float[Tensor, "B T D"]) -> Float[Tensor, "B F"]:
        """Return the hidden layer.

        Raises:
            ValueError: if the windows have another shape.
        """
        check_shape("windows", windows, ("B", self.length, self.input_size))
        return torch.relu(self.hidden(windows.flatten(1)))


class RecurrentReader(nn.Module):
    """Read a window with recurrent layers, and return the last state of the uppermost.

    Where that layer reads both ways, the last states of both directions stand side by side.

    Args:
        input_size: D.
        hidden_size: H.
        num_layers: L.
        cell: makes a cell from two sizes, as for `Stack`.
        bidirectional: whether every layer reads both ways.
        dropout: share of the inputs of each layer dropped in training, the same at all steps.
        recurrent_dropout: share of the state dropped on its way from step to step.

    Attributes:
        features: of what it returns: H, or 2 H.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Gal and Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural
    Networks" (2016), for the dropouts.
    Taught in: chapters 11 and 19.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        cell: MakeCell = GRUCell,
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
    ):
        super().__init__()
        check_share("dropout", dropout)
        check_share("recurrent_dropout", recurrent_dropout)
        self.dropout = VariationalDropout(dropout)
        self.recurrent = Stack(
            cell,
            input_size,
            hidden_size,
            num_layers,
            bidirectional=bidirectional,
            between=VariationalDropout(dropout),
            recurrent_dropout=RecurrentDropout(recurrent_dropout) if recurrent_dropout else None,
        )
        self.input_size, self.features = input_size, self.recurrent.output_size
        self.bidirectional = bidirectional

    def forward(
        self, windows: Float[Tensor, "B T D"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B F"]:
        """Return the last state of the last layer, h alone.

        Args:
            windows: what is read.
            mask: true at real steps; the state passes the others unchanged. None: all are real.

        Raises:
            ValueError: if the windows have another shape, or the mask does not fit.
        """
        last = self.recurrent(self.dropout(windows), mask=mask)[1][-1]
        return torch.cat([way[0] for way in last], dim=1) if self.bidirectional else last[0]


class LinearForecaster(nn.Module):
    """One weight for each number of the window, and a constant, found by least squares.

    Args:
        length: T.
        input_size: D.

    Taught in: chapter 11.
    """

    def __init__(self, length: int, input_size: int):
        super().__init__()
        self.length, self.input_size = length, input_size
        self.affine = nn.Linear(length * input_size, 1)

    @classmethod
    def fit(
        cls,
        batches: Iterable[tuple[Float[Tensor, "B T D"], Float[Tensor, " B"]]],
        ridge: float | int = 1e-6,
    ) -> "LinearForecaster":
        """Find the weights with the least mean square error.

        Args:
            batches: windows and what came.
            ridge: times the sum of squared weights, added to the mean square error, so that
                columns that say the same share one weight; at least 0.

        Raises:
            ValueError: if there is no batch, a number in one is not finite, there is not one target
                for each window, or `ridge` is negative.
        """
        if not ridge >= 0:
            raise ValueError(f"ridge is {ridge}; expected at least 0")
        products = count = T = D = 0
        for windows, targets in batches:
            (B, T, D) = windows.shape
            check_shape("targets", targets, (B,))
            if not (windows.isfinite().all() and targets.isfinite().all()):
                raise ValueError("a batch holds NaN or infinite numbers: leave those windows out")
            ones = torch.ones(len(windows), 1, dtype=torch.float64)
            rows = torch.cat([windows.flatten(1).double(), targets[:, None].double(), ones], dim=1)
            products, count = products + rows.T @ rows, count + len(rows)
        if count == 0:
            raise ValueError("there is no window to learn from")
        keep = [*range(T * D), T * D + 1]  # the weights and the constant
        moments = (products / count)[keep]
        penalty = torch.diag(torch.tensor([ridge] * (T * D) + [0.0], dtype=torch.float64))
        found = torch.linalg.lstsq(moments[:, keep] + penalty, moments[:, T * D]).solution
        model = cls(T, D)
        with torch.no_grad():
            model.affine.weight.copy_(found[:-1])
            model.affine.bias.copy_(found[-1:])
        return model

    def forward(self, windows: Float[Tensor, "B T D"]) -> Float[Tensor, " B"]:
        """Return one forecast a window.

        Raises:
            ValueError: if the windows have another shape.
        """
        check_shape("windows", windows, ("B", self.length, self.input_size))
        return self.affine(windows.flatten(1)).squeeze(1)
