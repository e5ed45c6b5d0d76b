"""What the translators of `english_korean` cost by length, on one core: B 8, V 100."""

from textbook_nlp.lab.experiments import english_korean
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import length_costs
from textbook_nlp.lab.tasks.length_costs import LengthCosts

LENGTHS = (16, 32, 64, 128, 256, 512, 1024)

EXPERIMENT = Experiment(
    name="cost_by_length",
    title="The cost of attention by length",
    dataset="ids by chance",
    task=length_costs.TASK,
    variants={
        name: LengthCosts(variant.model, LENGTHS)
        for name, variant in english_korean.EXPERIMENT.variants.items()
    },
    default="transformer",
    scales={
        "small": Scale("seconds on a CPU", {"lengths": (16, 32, 64), "repeats": 2}),
        "full": Scale("a minute or two on one CPU core"),
    },
    goals=tuple(
        Goal(f"at_{T}_{what}_seconds", "measure", unit="seconds", note=note)
        for what, note in (("training", "one step"), ("writing", "one token of each row"))
        for T in (LENGTHS[0], LENGTHS[-1])
    ),
)
