"""Text becomes tokens, and tokens become ids: the subject of part I of the book."""

from textbook_nlp.text import hangul
from textbook_nlp.text.hangul import JamoTokenizer, SyllableTokenizer
from textbook_nlp.text.keras import KerasTokenizer
from textbook_nlp.text.padding import Side, pad, turned_around
from textbook_nlp.text.subwords import BytePairTokenizer, apply_merges, learn_merges, merge_pair
from textbook_nlp.text.vocabulary import Vocabulary, stream
from textbook_nlp.text.words import (
    PUNCTUATION,
    CharacterTokenizer,
    NgramTokenizer,
    PatternTokenizer,
    Tokenizer,
    WordTokenizer,
    check_text,
    ngrams,
)

__all__ = [
    "PUNCTUATION",
    "BytePairTokenizer",
    "CharacterTokenizer",
    "JamoTokenizer",
    "KerasTokenizer",
    "NgramTokenizer",
    "PatternTokenizer",
    "Side",
    "SyllableTokenizer",
    "Tokenizer",
    "Vocabulary",
    "WordTokenizer",
    "apply_merges",
    "check_text",
    "hangul",
    "learn_merges",
    "merge_pair",
    "ngrams",
    "pad",
    "stream",
    "turned_around",
]
