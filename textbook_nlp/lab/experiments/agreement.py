"""Subject and verb over a distance: a plain recurrent network against counting pairs."""

from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import verb_agreement
from textbook_nlp.lab.tasks.verb_agreement import SENTENCES, VerbChoice

EXPERIMENT = Experiment(
    name="agreement",
    title="Subject and verb over a distance: a plain recurrent network against counting pairs",
    dataset="grammar",
    task=verb_agreement.TASK,
    variants={"ours": VerbChoice(5 * SENTENCES, pairs=2000, epochs=6)},
    scales={
        "small": Scale("10 seconds on a CPU", {"sentences": SENTENCES, "pairs": 500}),
        "full": Scale("a minute on one CPU core"),
    },
    goals=(
        Goal("above_optimum", "at_most", 0.02, unit="share of the lowest perplexity"),
        Goal("network_right_at_3", "at_least", 0.99, unit="share of right verbs"),
    ),
)
