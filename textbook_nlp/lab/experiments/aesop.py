"""Row 26: Aesop's fables, a word at a time, from the last twenty words or from all before."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import text_generation
from textbook_nlp.lab.tasks.continued_texts import TextData
from textbook_nlp.lab.tasks.language_modelling import RecurrentModel, StreamTraining
from textbook_nlp.lab.tasks.text_generation import Generation, PrefixReader, RowTraining
from textbook_nlp.training import Adam, RMSprop

# The source learns from every run of twenty words, and keeps none. Here a tenth of the fables is
# kept to report on and a tenth to watch. Its stored weights are named after 100 epochs.
FAITHFUL = Generation(
    TextData("aesop", kept=0.1),
    PrefixReader(100, 256, bidirectional=False, length=20, examples="windows"),
    RowTraining(RMSprop(1e-3), epochs=100),
)
# The same size, read once from end to end, with dropout and one matrix for both ends.
OURS = changed(
    FAITHFUL,
    {
        "model": RecurrentModel(256, 256, tied=True, dropout=0.6, cell="lstm"),
        "training": StreamTraining(Adam(3e-3), epochs=40, batch_size=20, time_steps=35, clip=0.25),
        "choose": True,
    },
)

EXPERIMENT = Experiment(
    name="aesop",
    title="Aesop's fables, word by word",
    row=26,
    dataset="aesop",
    task=text_generation.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale(
            "a minute on a CPU",
            {"data.corpus": "fables", "training.epochs": 2, "data.size": 30},
        ),
        "medium": Scale("10 minutes on one CPU core", only={"faithful": {"training.epochs": 8}}),
        "full": Scale("5 minutes on one CPU core (ours); on a GPU (faithful)"),
    },
)
