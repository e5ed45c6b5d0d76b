"""Losses to train with, measures to judge by, and `evaluate`, which takes either."""

from textbook_nlp.training.measures.bleu import bleu, tokens_13a
from textbook_nlp.training.measures.classification import (
    accuracy,
    class_cross_entropy,
    classes,
    classification_accuracy,
    classification_loss,
    exact_match,
)
from textbook_nlp.training.measures.evaluate import evaluate, evaluating
from textbook_nlp.training.measures.forecast_error import absolute_error
from textbook_nlp.training.measures.label_smoothing import smoothed_cross_entropy
from textbook_nlp.training.measures.language import next_token_loss, perplexity, whole_text_loss
from textbook_nlp.training.measures.questions import QuestionBatch, marking_loss, question_loss
from textbook_nlp.training.measures.targets import seq2seq_loss

__all__ = [
    "QuestionBatch",
    "absolute_error",
    "accuracy",
    "bleu",
    "class_cross_entropy",
    "classes",
    "classification_accuracy",
    "classification_loss",
    "evaluate",
    "evaluating",
    "exact_match",
    "marking_loss",
    "next_token_loss",
    "perplexity",
    "question_loss",
    "seq2seq_loss",
    "smoothed_cross_entropy",
    "tokens_13a",
    "whole_text_loss",
]
