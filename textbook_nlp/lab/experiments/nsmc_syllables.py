"""Row 24: Korean film reviews read by syllables, in order or by the patterns in them."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import text_classification
from textbook_nlp.lab.tasks.labeled_texts import LabeledData
from textbook_nlp.lab.tasks.text_classification import Classification, Encoding, TextTraining
from textbook_nlp.lab.tasks.text_models import PatternTextModel, RecurrentTextModel
from textbook_nlp.training import Adam

OURS = Classification(
    LabeledData("nsmc", validation=10_000),
    Encoding(num_words=3_000, length=100, units="characters"),
    RecurrentTextModel(
        embedding_size=64,
        hidden_size=(96,),
        bidirectional=True,
        summary="max",
        masked=True,
        dropout=0.3,
        word_dropout=0.1,
    ),
    TextTraining(
        Adam(3e-3, eps=1e-7), epochs=8, batch_size=128, by_length=True, clip=1.0, decay=True
    ),
)
# Patterns of one to five syllables: pieces of words, and pairs of short ones.
CONVOLUTION = changed(
    OURS,
    {
        "model": PatternTextModel(64, (1, 2, 3, 4, 5), channels=128, dropout=0.3, word_dropout=0.1),
        "training.optimizer": Adam(1e-3, eps=1e-7),
    },
)

EXPERIMENT = Experiment(
    name="nsmc_syllables",
    title="Korean film reviews by syllables",
    row=24,
    dataset="nsmc",
    task=text_classification.TASK,
    variants={"ours": OURS, "convolution": CONVOLUTION},
    default="ours",
    scales={
        "small": Scale(
            "10 seconds on a CPU",
            {"data.corpus": "headlines", "data.size": 1_000, "data.validation": 200},
        ),
        "medium": Scale("10 minutes on one CPU core", {"training.epochs": 4}),
        "full": Scale("20 minutes on one CPU core"),
    },
)
