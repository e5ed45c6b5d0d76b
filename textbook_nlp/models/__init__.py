"""Whole models: layers put to a task, without a loss."""

from textbook_nlp.models.classifier import EmbeddingClassifier
from textbook_nlp.models.language_model import RecurrentLanguageModel, saito_init
from textbook_nlp.models.ngram import Bigram
from textbook_nlp.models.parameters import count_parameters

__all__ = [
    "Bigram",
    "EmbeddingClassifier",
    "RecurrentLanguageModel",
    "count_parameters",
    "saito_init",
]
