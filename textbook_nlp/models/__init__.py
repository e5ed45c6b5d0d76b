"""Whole models: layers put to a task, without a loss."""

from textbook_nlp.models.classifier import EmbeddingClassifier
from textbook_nlp.models.language_model import RecurrentLanguageModel, saito_init
from textbook_nlp.models.ngram import Bigram
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.models.recurrent_classifier import RecurrentClassifier, keras_init
from textbook_nlp.models.summary import ModelSummary, model_summary

__all__ = [
    "Bigram",
    "EmbeddingClassifier",
    "ModelSummary",
    "RecurrentClassifier",
    "RecurrentLanguageModel",
    "count_parameters",
    "keras_init",
    "model_summary",
    "saito_init",
]
