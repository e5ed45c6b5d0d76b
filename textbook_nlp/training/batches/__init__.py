"""Data cut into batches: a long stream, texts with labels, pairs, or windows of a series."""

from textbook_nlp.training.batches.paired import PairBatches, pair_batches
from textbook_nlp.training.batches.streams import Batches, bptt_batches, wrapping_batches
from textbook_nlp.training.batches.texts import LabeledBatches, labeled_batches
from textbook_nlp.training.batches.windows import (
    ForecastBatch,
    ForecastWindows,
    Scaler,
    cycles,
    window_batches,
)

__all__ = [
    "Batches",
    "ForecastBatch",
    "ForecastWindows",
    "LabeledBatches",
    "PairBatches",
    "Scaler",
    "bptt_batches",
    "cycles",
    "labeled_batches",
    "pair_batches",
    "window_batches",
    "wrapping_batches",
]
