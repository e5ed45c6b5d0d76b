"""Word vectors: from a thesaurus and counts to word2vec and GloVe."""
