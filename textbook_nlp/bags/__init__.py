"""Bags of words: texts as sparse rows of counts, weights and hashes, and a linear classifier."""
