"""Every real corpus by name: a line a corpus."""

from textbook_nlp.data.corpora import (
    aesop,
    analogies,
    glove,
    imdb,
    irish_lyrics,
    multi30k,
    nsmc,
    penn_treebank,
    question_files,
    sarcasm,
    squad,
    tatoeba,
    temperatures,
    word_pairs,
    wordnet,
)
from textbook_nlp.data.corpora.corpus import Corpus

ENTRIES = (
    penn_treebank.CORPUS,
    sarcasm.CORPUS,
    nsmc.CORPUS,
    imdb.CORPUS,
    irish_lyrics.CORPUS,
    aesop.CORPUS,
    question_files.ADDITION,
    question_files.DATE,
    squad.CORPUS,
    multi30k.CORPUS,
    tatoeba.FRENCH,
    tatoeba.KOREAN,
    glove.GLOVE_50D,
    glove.GLOVE_100D,
    word_pairs.WORDSIM353,
    word_pairs.SIMLEX999,
    analogies.CORPUS,
    wordnet.CORPUS,
    temperatures.JENA,
    temperatures.DAILY_TEMPERATURES,
)
CORPORA: dict[str, Corpus] = {corpus.name: corpus for corpus in ENTRIES}
