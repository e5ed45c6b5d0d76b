"""Row 28: German captions into English: without attention, with it, and with it alone.

At `medium` each trains for about 10 minutes of one core, all with the same rate, which was not
tuned: far from where they would end.
"""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import translation
from textbook_nlp.lab.tasks.translated_texts import CaptionData, TranslationData
from textbook_nlp.lab.tasks.translation import (
    RecurrentTranslator,
    TransformerTranslator,
    Translating,
    TranslationTraining,
)
from textbook_nlp.training import Adam

# Four blocks of 128 each: the size that Wu et al., "Good for Misconceived Reasons" (2021),
# found best for captions.
TRANSFORMER = Translating(
    CaptionData(merges=8_000),
    TransformerTranslator(model_size=128, num_heads=4, num_layers=4, inner_size=256, dropout=0.3),
    TranslationTraining(
        Adam(5e-3, betas=(0.9, 0.98)), 2_000, epochs=80, batch_size=256, smoothing=0.1
    ),
)
ATTENTION = changed(
    TRANSFORMER,
    {
        "model": RecurrentTranslator(
            embedding_size=256, hidden_size=512, attention=True, dropout=0.5
        ),
        "training.optimizer": Adam(1e-3),
        "training.epochs": 30,
    },
)
SHORT = TranslationTraining(
    Adam(2e-3, betas=(0.9, 0.98)), 400, epochs=6, smoothing=0.1, falling="line"
)
NARROW = RecurrentTranslator(embedding_size=128, hidden_size=176, attention=True, dropout=0.1)
SMALLER = {
    "transformer": {"model": TransformerTranslator(128, 4, 3, 256, dropout=0.1)},
    "attention": {"model": NARROW},
    "seq2seq": {"model": changed(NARROW, {"attention": False, "hidden_size": 256})},
}
MADE = TranslationData("english_korean", 4_000, validation=200, test=300)

EXPERIMENT = Experiment(
    name="multi30k",
    title="German captions into English",
    row=28,
    dataset="multi30k",
    task=translation.TASK,
    variants={
        "transformer": TRANSFORMER,
        "attention": ATTENTION,
        "seq2seq": changed(ATTENTION, {"model.attention": False}),
    },
    scales={
        "small": Scale("a minute on a CPU", {"data": MADE, "training": SHORT}, SMALLER),
        "medium": Scale(
            "12 minutes on one CPU core", {"data.merges": 2_000, "training": SHORT}, SMALLER
        ),
        "full": Scale("half an hour on a GPU"),
    },
)
