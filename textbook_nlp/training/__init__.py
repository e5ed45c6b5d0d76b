"""Training: batches, losses and measures, the loop, and text from a trained model."""

from textbook_nlp.training.averaging import after_stall
from textbook_nlp.training.batches import (
    Batches,
    ForecastBatch,
    ForecastWindows,
    LabeledBatches,
    Scaler,
    bptt_batches,
    cycles,
    labeled_batches,
    window_batches,
    wrapping_batches,
)
from textbook_nlp.training.checkpoint import Checkpoint, CheckpointError
from textbook_nlp.training.clipping import clip_gradients, global_norm
from textbook_nlp.training.decoding import (
    Beams,
    beam_search,
    generate,
    greedy,
    sample,
    sampling_distribution,
)
from textbook_nlp.training.fit import fit
from textbook_nlp.training.history import Epoch, History
from textbook_nlp.training.measures import (
    absolute_error,
    accuracy,
    class_cross_entropy,
    classes,
    classification_accuracy,
    classification_loss,
    evaluate,
    evaluating,
    exact_match,
    next_token_loss,
    perplexity,
)
from textbook_nlp.training.optimizers import SGD, Adam, AdamW, OptimizerChoice, RMSprop
from textbook_nlp.training.schedules import Schedule, divide_on_stall, linear_decay
from textbook_nlp.training.state import detach, select
from textbook_nlp.training.step import Step, TrainingDiverged, train_step

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Batches",
    "Beams",
    "Checkpoint",
    "CheckpointError",
    "Epoch",
    "ForecastBatch",
    "ForecastWindows",
    "History",
    "LabeledBatches",
    "OptimizerChoice",
    "RMSprop",
    "Scaler",
    "Schedule",
    "Step",
    "TrainingDiverged",
    "absolute_error",
    "accuracy",
    "after_stall",
    "beam_search",
    "bptt_batches",
    "class_cross_entropy",
    "classes",
    "classification_accuracy",
    "classification_loss",
    "clip_gradients",
    "cycles",
    "detach",
    "divide_on_stall",
    "evaluate",
    "evaluating",
    "exact_match",
    "fit",
    "generate",
    "global_norm",
    "greedy",
    "labeled_batches",
    "linear_decay",
    "next_token_loss",
    "perplexity",
    "sample",
    "sampling_distribution",
    "select",
    "train_step",
    "window_batches",
    "wrapping_batches",
]
