"""One training loop for every model, and what surrounds it."""
