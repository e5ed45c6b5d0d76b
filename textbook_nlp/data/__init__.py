"""Data: made by code with a known optimum, and real corpora that are fetched on request."""
