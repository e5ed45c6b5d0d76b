"""Data cut into batches: one long stream, or texts with labels."""

from textbook_nlp.training.batches.streams import Batches, bptt_batches, wrapping_batches
from textbook_nlp.training.batches.texts import LabeledBatches, labeled_batches

__all__ = [
    "Batches",
    "LabeledBatches",
    "bptt_batches",
    "labeled_batches",
    "wrapping_batches",
]
