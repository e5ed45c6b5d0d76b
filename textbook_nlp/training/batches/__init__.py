"""Data cut into batches: one long stream, texts with labels, or windows of a series."""

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
    "Scaler",
    "bptt_batches",
    "cycles",
    "labeled_batches",
    "window_batches",
    "wrapping_batches",
]
