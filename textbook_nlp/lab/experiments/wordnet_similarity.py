"""How well paths through WordNet rank pairs of words, beside what people say of them."""

from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import thesaurus_ranking
from textbook_nlp.lab.tasks.thesaurus_ranking import ThesaurusRanking

EXPERIMENT = Experiment(
    name="wordnet_similarity",
    title="WordNet: how well paths rank pairs of words, and how much of a text it knows",
    dataset="wordnet",
    task=thesaurus_ranking.TASK,
    variants={"ours": ThesaurusRanking("wordnet")},
    scales={
        "small": Scale("a second on a CPU", {"thesaurus": "small thesaurus"}),
        "medium": Scale("2 minutes on one CPU core, the first time"),
        "full": Scale("2 minutes on one CPU core, the first time"),
    },
    goals=tuple(
        Goal(f"{name}_{metric}", "measure", unit=unit)
        for name in ("simlex999", "wordsim353", "simlex999_shared", "wordsim353_test_shared")
        for metric, unit in (("rho", "rank correlation"), ("used", "pairs"))
    ),
)
