"""Whole models: layers put to a task, without a loss."""

from textbook_nlp.models.captioner import Captioner, ImageEncoder
from textbook_nlp.models.classifier import EmbeddingClassifier
from textbook_nlp.models.convolution_classifier import ConvolutionClassifier
from textbook_nlp.models.convolution_reader import ConvolutionReader, PatternReader
from textbook_nlp.models.deep_seq2seq import gnmt
from textbook_nlp.models.forecaster import (
    DenseReader,
    Forecaster,
    LinearForecaster,
    RecurrentReader,
)
from textbook_nlp.models.initialization import saito_init
from textbook_nlp.models.language_model import FeedForwardLanguageModel, RecurrentLanguageModel
from textbook_nlp.models.ngram import NGram
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.models.question_generator import QuestionGenerator
from textbook_nlp.models.recurrent_classifier import RecurrentClassifier, keras_init
from textbook_nlp.models.seq2seq import (
    DecoderState,
    RecurrentDecoder,
    RecurrentEncoder,
    Seq2Seq,
)
from textbook_nlp.models.smoothing import AddK, Interpolation, KneserNey, WittenBell
from textbook_nlp.models.summary import ModelSummary, model_summary
from textbook_nlp.models.transformer import Transformer, TransformerLanguageModel
from textbook_nlp.models.transformer_classifier import TransformerClassifier

__all__ = [
    "AddK",
    "Captioner",
    "ConvolutionClassifier",
    "ConvolutionReader",
    "DecoderState",
    "DenseReader",
    "EmbeddingClassifier",
    "FeedForwardLanguageModel",
    "Forecaster",
    "ImageEncoder",
    "Interpolation",
    "KneserNey",
    "LinearForecaster",
    "ModelSummary",
    "NGram",
    "PatternReader",
    "QuestionGenerator",
    "RecurrentClassifier",
    "RecurrentDecoder",
    "RecurrentEncoder",
    "RecurrentLanguageModel",
    "RecurrentReader",
    "Seq2Seq",
    "Transformer",
    "TransformerClassifier",
    "TransformerLanguageModel",
    "WittenBell",
    "count_parameters",
    "gnmt",
    "keras_init",
    "model_summary",
    "saito_init",
]
