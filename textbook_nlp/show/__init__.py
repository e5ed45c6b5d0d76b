"""What the notebooks show: figures with alt text, sliders that need no kernel, the tested source.

Used by notebooks only; the only part of the package that touches matplotlib and IPython.
"""

from textbook_nlp.show.diagram import Diagram
from textbook_nlp.show.game import Gap, guessing_game
from textbook_nlp.show.interact import frames, pieces, slider
from textbook_nlp.show.plots import heatmap, label_ends, learning_curve
from textbook_nlp.show.source import source
from textbook_nlp.show.style import axes, palette
from textbook_nlp.show.svg import figure
from textbook_nlp.show.tables import table

__all__ = [
    "Diagram",
    "Gap",
    "axes",
    "figure",
    "frames",
    "guessing_game",
    "heatmap",
    "label_ends",
    "learning_curve",
    "palette",
    "pieces",
    "slider",
    "source",
    "table",
]
