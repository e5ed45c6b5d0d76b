"""textbook_nlp: the tested code behind a book that goes from raw text to the Transformer."""

__version__ = "0.1.0"
