"""Text from a model, token by token: `generate` and `beam_search` over anything that reads on."""

from textbook_nlp.training.decoding.answers import answer, exact_answers
from textbook_nlp.training.decoding.beam import Beams, beam_search
from textbook_nlp.training.decoding.choose import greedy, sample, sampling_distribution
from textbook_nlp.training.decoding.generate import generate
from textbook_nlp.training.decoding.questions import Asked, ask, likeliest_span

__all__ = [
    "Asked",
    "Beams",
    "answer",
    "ask",
    "beam_search",
    "exact_answers",
    "generate",
    "greedy",
    "likeliest_span",
    "sample",
    "sampling_distribution",
]
