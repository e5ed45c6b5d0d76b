"""Captions of generated pictures: one vector or places to look at, and what was never shown."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import picture_captions
from textbook_nlp.lab.tasks.picture_captions import PictureCaptions

OURS = PictureCaptions("places", pictures=16_000, epochs=12)

EXPERIMENT = Experiment(
    name="captioned_scenes",
    title="Captions of generated pictures, by attention and by one vector",
    dataset="scenes",
    task=picture_captions.TASK,
    variants={
        "ours": OURS,
        "vector": changed(OURS, {"sees": "vector"}),
        "start": changed(OURS, {"sees": "start", "rate": 3e-3}),
        "blind": changed(OURS, {"sees": "nothing", "epochs": 2}),
    },
    default="ours",
    scales={
        "small": Scale("15 seconds on a CPU", {"pictures": 6_000, "epochs": 6, "judged": 500}),
        "full": Scale("2 minutes on one CPU core"),
    },
    goals=(
        Goal("above_optimum", "measure", unit="nats per caption"),
        Goal("true", "at_least", 0.95, unit="share of captions"),
        Goal("true", "at_most", 0.01, unit="share of captions", of="blind"),
        Goal("true_of_kind_never_shown", "measure", unit="share of captions"),
    ),
)
