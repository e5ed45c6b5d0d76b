"""Real corpora: where they are, how to check them, how to read them."""

from textbook_nlp.data.corpora.aesop import Aesop
from textbook_nlp.data.corpora.catalog import CORPORA
from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.data.corpora.errors import (
    ChecksumMismatch,
    DataError,
    DataFolderError,
    DataUnavailable,
    NoRoom,
    UnknownChecksum,
    UnsafeArchive,
)
from textbook_nlp.data.corpora.fetching import (
    VARIABLE,
    data_folder,
    describe,
    fetch,
    fetch_command,
    is_here,
    load,
)
from textbook_nlp.data.corpora.imdb import Imdb
from textbook_nlp.data.corpora.irish_lyrics import IrishLyrics
from textbook_nlp.data.corpora.multi30k import CaptionPairs, Multi30k
from textbook_nlp.data.corpora.nsmc import Nsmc
from textbook_nlp.data.corpora.penn_treebank import PennTreebank
from textbook_nlp.data.corpora.question_files import QuestionFile
from textbook_nlp.data.corpora.reading import ReviewPart
from textbook_nlp.data.corpora.sarcasm import SarcasmHeadlines
from textbook_nlp.data.corpora.squad import (
    SquadAnswer,
    SquadArticle,
    SquadParagraph,
    SquadQuestion,
)
from textbook_nlp.data.corpora.tatoeba import TatoebaPairs
from textbook_nlp.data.corpora.temperatures import DailyTemperatures, JenaClimate

__all__ = [
    "CORPORA",
    "VARIABLE",
    "Aesop",
    "CaptionPairs",
    "ChecksumMismatch",
    "Corpus",
    "DailyTemperatures",
    "DataError",
    "DataFolderError",
    "DataUnavailable",
    "Imdb",
    "IrishLyrics",
    "JenaClimate",
    "Multi30k",
    "NoRoom",
    "Nsmc",
    "Part",
    "PennTreebank",
    "QuestionFile",
    "ReviewPart",
    "SarcasmHeadlines",
    "SquadAnswer",
    "SquadArticle",
    "SquadParagraph",
    "SquadQuestion",
    "TatoebaPairs",
    "UnknownChecksum",
    "UnsafeArchive",
    "Variant",
    "data_folder",
    "describe",
    "fetch",
    "fetch_command",
    "is_here",
    "load",
]
