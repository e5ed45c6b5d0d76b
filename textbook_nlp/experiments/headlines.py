"""The headline results of the sources, as data."""

HEADLINES: tuple = ()
