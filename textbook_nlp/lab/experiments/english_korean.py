"""English into Korean: recurrent networks, with attention and without, and a Transformer.

All three have as many parameters, within 5 %, and see the same pairs in the same order. The
learning rate of each is the best of three (0.0015, 0.003, 0.006), tried once for 5 epochs.
The epochs take equally long: what two of them cost in seconds of the processor can be compared at
any epoch or second, since the rate at a step does not depend on how many follow.
"""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import translation
from textbook_nlp.lab.tasks.translated_texts import TranslationData
from textbook_nlp.lab.tasks.translation import (
    RecurrentTranslator,
    TransformerTranslator,
    Translating,
    TranslationTraining,
)
from textbook_nlp.training import Adam

ATTENTION = Translating(
    TranslationData("english_korean", size=11_500, validation=500, test=1_000),
    RecurrentTranslator(embedding_size=64, hidden_size=92, attention=True),
    TranslationTraining(Adam(6e-3), warm_up=200, epochs=24),
)

EXPERIMENT = Experiment(
    name="english_korean",
    title="English into Korean: three translators of one size",
    dataset="english_korean",
    task=translation.TASK,
    variants={
        "recurrent": changed(
            ATTENTION,
            {
                "model": RecurrentTranslator(embedding_size=64, hidden_size=101),
                "training.epochs": 30,
            },
        ),
        "attention": ATTENTION,
        "transformer": changed(
            ATTENTION,
            {
                "model": TransformerTranslator(
                    model_size=64, num_heads=4, num_layers=2, inner_size=256
                ),
                "training.optimizer": Adam(3e-3),
                "training.epochs": 20,
            },
        ),
    },
    default="transformer",
    scales={
        "small": Scale(
            "10 seconds on a CPU",
            {
                "data": TranslationData("english_korean", size=4_000, validation=200, test=300),
                "training.epochs": 6,
            },
        ),
        "full": Scale("2 minutes on one CPU core"),
    },
    goals=(
        Goal("exact_match", "measure", note="of sentences that stand in no other part"),
        Goal("perplexity", "measure", unit="perplexity", note="the least possible is 1"),
        Goal("parameters", "measure", unit="parameters"),
        Goal("cpu_seconds", "measure", unit="seconds"),
        Goal("tokens_per_cpu_second", "measure", unit="tokens", note="of the targets, in training"),
    ),
)
