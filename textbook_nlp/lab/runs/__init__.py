"""Running experiments and keeping their records."""
