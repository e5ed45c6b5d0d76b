"""Row 20: film reviews read by convolution over time."""

from dataclasses import replace

from textbook_nlp.lab.experiments import imdb_rnn
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import text_classification
from textbook_nlp.lab.tasks.labeled_texts import LabeledData
from textbook_nlp.lab.tasks.text_classification import TextTraining
from textbook_nlp.lab.tasks.text_models import ConvolutionTextModel, PatternTextModel
from textbook_nlp.training import Adam, RMSprop

# Each review's last 500 words; 32 kernels of 7 words, the largest of every five places, 32 kernels
# of 7 again, the largest of all. The source forgot the sigmoid; here the loss is that of logits.
FAITHFUL = changed(
    imdb_rnn.FAITHFUL,
    {
        "model": ConvolutionTextModel(128, (32, 32), kernel_size=7, pool_size=5),
        "training.optimizer": RMSprop(1e-4),
    },
)
TRAINING = TextTraining(
    Adam(1e-3, eps=1e-7), epochs=5, batch_size=64, by_length=True, clip=1.0, decay=True
)
# Patterns of one to three words anywhere in the whole review, and the votes of three. On the
# validation part, with one member each, two other settings did worse: half of the features dropped,
# 64 reviews a step, 2 epochs, and fewer of features and words dropped, 3 epochs.
OURS = changed(
    FAITHFUL,
    {
        "data": LabeledData("imdb", validation=2_500, line_breaks=False),
        "encoding.num_words": 30_000,
        "encoding.length": 0,
        "model": PatternTextModel(64, (1, 2, 3), channels=64, dropout=0.3, word_dropout=0.3),
        "training": replace(TRAINING, optimizer=Adam(3e-3, eps=1e-7), epochs=4, batch_size=32),
        "members": 3,
    },
)
# The source's two layers, blind to padding, and a GRU that reads in order what they put out.
READ_IN_ORDER = ConvolutionTextModel(
    128, (32, 32), 7, pool_size=5, whole=True, hidden_size=32, masked=True, dropout=0.2
)
THEN_GRU = changed(FAITHFUL, {"model": READ_IN_ORDER, "training": TRAINING})

SMALL = imdb_rnn.SMALL | {"training.optimizer": Adam(1e-2, eps=1e-7)}
EXPERIMENT = Experiment(
    name="imdb_convnet",
    title="Film reviews: convolution over time",
    row=20,
    dataset="imdb",
    task=text_classification.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS, "convolution_gru": THEN_GRU},
    default="ours",
    scales={
        "small": Scale("10 seconds on a CPU", SMALL, only={"ours": {"model.word_dropout": 0.0}}),
        "medium": Scale("2 to 5 minutes on one CPU core", {"training.epochs": 2}),
        "full": Scale("2 to 15 minutes on one CPU core"),
    },
)
