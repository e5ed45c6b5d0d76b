"""Word vectors: from a thesaurus and counts to word2vec and GloVe."""

from textbook_nlp.vectors.counts import cooccurrence, cosines
from textbook_nlp.vectors.embeddings import Embeddings, UnknownWord
from textbook_nlp.vectors.fast_word2vec import WordVectors, fit_word2vec
from textbook_nlp.vectors.glove import read_glove
from textbook_nlp.vectors.negative_sampling import (
    NegativeSampler,
    keep_probability,
    noise_distribution,
)
from textbook_nlp.vectors.pmi import pmi, ppmi
from textbook_nlp.vectors.scores import (
    AnalogyScore,
    SimilarityScore,
    rank_correlation,
    score_analogies,
    score_similarity,
)
from textbook_nlp.vectors.svd import SVD, svd_embeddings, truncated_svd
from textbook_nlp.vectors.thesaurus import NotInThesaurus, Synset, Thesaurus
from textbook_nlp.vectors.word2vec import (
    NO_WORD,
    Word2Vec,
    cbow_pairs,
    negative_sampling_loss,
    softmax_loss,
    word2vec_batches,
    word2vec_loss,
)
from textbook_nlp.vectors.word2vec_blocks import (
    cbow_gradients,
    cbow_weights,
    cut_blocks,
    draw_scale,
    skip_gram_gradients,
    skip_gram_weights,
)

__all__ = [
    "NO_WORD",
    "SVD",
    "AnalogyScore",
    "Embeddings",
    "NegativeSampler",
    "NotInThesaurus",
    "SimilarityScore",
    "Synset",
    "Thesaurus",
    "UnknownWord",
    "Word2Vec",
    "WordVectors",
    "cbow_gradients",
    "cbow_pairs",
    "cbow_weights",
    "cooccurrence",
    "cosines",
    "cut_blocks",
    "draw_scale",
    "fit_word2vec",
    "keep_probability",
    "negative_sampling_loss",
    "noise_distribution",
    "pmi",
    "ppmi",
    "rank_correlation",
    "read_glove",
    "score_analogies",
    "score_similarity",
    "skip_gram_gradients",
    "skip_gram_weights",
    "softmax_loss",
    "svd_embeddings",
    "truncated_svd",
    "word2vec_batches",
    "word2vec_loss",
]
