"""What each way of cutting text costs: vocabulary, unknown tokens, length and CPU seconds."""

from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import text_cutting
from textbook_nlp.lab.tasks.text_cutting import Cutting

EXPERIMENT = Experiment(
    name="tokenization",
    title="Words, subwords and characters: what each way of cutting text costs",
    dataset="sarcasm and nsmc",
    task=text_cutting.TASK,
    variants={"ours": Cutting("sarcasm and nsmc", 0, 10_000, (1_000, 4_000, 16_000))},
    scales={
        "small": Scale(
            "2 seconds on a CPU",
            {"corpora": "headlines", "texts": 5_000, "words": 200, "subwords": (300, 400, 600)},
        ),
        "medium": Scale("a minute on one CPU core", {"texts": 15_000}),
        "full": Scale("3 minutes on one CPU core"),
    },
    goals=tuple(
        Goal(f"{corpus}_{level}_{metric}", "measure", unit=unit)
        for corpus in ("sarcasm", "nsmc")
        for level in ("word_10000", "subword_4000", "character")
        for metric, unit in (("unknown", "share of tokens"), ("tokens_per_word", "tokens a word"))
    ),
)
