"""Data made by code: seeded, instant, and with a known optimum."""

from textbook_nlp.data.generators.addition import Additions, QuestionsAndAnswers
from textbook_nlp.data.generators.copy import Copy
from textbook_nlp.data.generators.copy_bits import BitSequences, CopyBits
from textbook_nlp.data.generators.dates import Dates
from textbook_nlp.data.generators.english_korean import (
    EnglishKorean,
    Translation,
    attach_particles,
)
from textbook_nlp.data.generators.grammar import Grammar
from textbook_nlp.data.generators.headlines import Headlines
from textbook_nlp.data.generators.optimum import Generator, Optimum
from textbook_nlp.data.generators.planted import Planted
from textbook_nlp.data.generators.reviews import Reviews
from textbook_nlp.data.generators.scenes import (
    CaptionedScenes,
    Scenes,
    Shape,
    is_true,
    true_captions,
)
from textbook_nlp.data.generators.state_space import StateSpace
from textbook_nlp.data.generators.stories import Answer, Stories, Story
from textbook_nlp.data.generators.weather import Weather

GENERATORS: dict[str, type[Generator]] = {
    "grammar": Grammar,
    "copy": Copy,
    "copy_bits": CopyBits,
    "additions": Additions,
    "dates": Dates,
    "english_korean": EnglishKorean,
    "headlines": Headlines,
    "planted": Planted,
    "reviews": Reviews,
    "scenes": CaptionedScenes,
    "stories": Stories,
    "weather": Weather,
}
"""Every generator by name; each can be made without arguments."""

__all__ = [
    "GENERATORS",
    "Additions",
    "Answer",
    "BitSequences",
    "CaptionedScenes",
    "Copy",
    "CopyBits",
    "Dates",
    "EnglishKorean",
    "Generator",
    "Grammar",
    "Headlines",
    "Optimum",
    "Planted",
    "QuestionsAndAnswers",
    "Reviews",
    "Scenes",
    "Shape",
    "StateSpace",
    "Stories",
    "Story",
    "Translation",
    "Weather",
    "attach_particles",
    "is_true",
    "true_captions",
]
