"""Bags of words: texts as sparse rows of counts, weights and hashes, and a linear classifier.

Every matrix here is a `scipy.sparse.csr_array`, which keeps the entries that are not zero and where
they stand; its `toarray` writes it out.
"""

from textbook_nlp.bags.bag import BagOfWords
from textbook_nlp.bags.hashing import (
    buckets,
    expected_buckets,
    hashed_bag,
    hashing_trick,
    murmur3,
    shared_buckets,
)
from textbook_nlp.bags.keras_matrices import (
    sequences_to_matrix,
    sequences_to_sparse_matrix,
    texts_to_matrix,
)
from textbook_nlp.bags.linear import (
    LinearClassifier,
    interpolate_weights,
    log_count_ratio,
    scale_columns,
)
from textbook_nlp.bags.one_hot import one_hot
from textbook_nlp.bags.pairs import with_hashed_pairs
from textbook_nlp.bags.weights import TfIdf, normalized, weighted

__all__ = [
    "BagOfWords",
    "LinearClassifier",
    "TfIdf",
    "buckets",
    "expected_buckets",
    "hashed_bag",
    "hashing_trick",
    "interpolate_weights",
    "log_count_ratio",
    "murmur3",
    "normalized",
    "one_hot",
    "scale_columns",
    "sequences_to_matrix",
    "sequences_to_sparse_matrix",
    "shared_buckets",
    "texts_to_matrix",
    "weighted",
    "with_hashed_pairs",
]
