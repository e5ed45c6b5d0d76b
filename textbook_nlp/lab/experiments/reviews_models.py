"""Nine models on one generated task, each at the best of four settings."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import model_choice
from textbook_nlp.lab.tasks.labeled_texts import LabeledData
from textbook_nlp.lab.tasks.model_choice import BagTextModel, ModelChoice
from textbook_nlp.lab.tasks.text_classification import Encoding, TextTraining
from textbook_nlp.lab.tasks.text_models import (
    ConvolutionTextModel,
    RecurrentTextModel,
    TransformerTextModel,
    VectorModel,
)
from textbook_nlp.training import Adam

SIZES, DROPPED = (32, 64), 0.3
BAG = ModelChoice(
    LabeledData("reviews", size=10_000, validation=2_000),
    Encoding(num_words=10_000, length=0),
    tuple(BagTextModel(1, C) for C in (0.01, 0.1, 1.0, 10.0)),
    rates=(2e-3, 8e-3),
    training=TextTraining(
        Adam(1e-3, eps=1e-7), epochs=6, batch_size=32, by_length=True, clip=1.0, decay=True
    ),
    learned=5_000,
    tested=5_000,
)
PAIRS = tuple(BagTextModel(2, C) for C in (0.01, 0.1, 1.0, 10.0))
READ = {"summary": "mean", "masked": True, "dropout": DROPPED}
WHOLE = {"whole": True, "masked": True, "dropout": DROPPED}
MODELS = {
    "pairs": PAIRS,
    "average": tuple(VectorModel(D, "mean", masked=True, dropout=DROPPED) for D in SIZES),
    "convolution": tuple(ConvolutionTextModel(D, (D, D), 5, **WHOLE) for D in SIZES),
    "rnn": tuple(RecurrentTextModel(D, (D,), "rnn", **READ) for D in SIZES),
    "lstm": tuple(RecurrentTextModel(D, (D,), "lstm", **READ) for D in SIZES),
    "bilstm": tuple(RecurrentTextModel(D, (D,), "lstm", True, **READ) for D in SIZES),
    "convolution_gru": tuple(
        ConvolutionTextModel(D, (D, D), 5, pool_size=4, hidden_size=D, **WHOLE) for D in SIZES
    ),
    "transformer": tuple(TransformerTextModel(D, 2, 2, 2 * D, DROPPED, "rotary") for D in SIZES),
}
SINUSOIDS = tuple(TransformerTextModel(D, 2, 2, 2 * D, DROPPED) for D in SIZES)
VARIANTS = {"bag": BAG} | {name: changed(BAG, {"models": each}) for name, each in MODELS.items()}

EXPERIMENT = Experiment(
    name="reviews_models",
    title="Nine models on generated reviews",
    dataset="reviews",
    task=model_choice.TASK,
    variants=VARIANTS | {"transformer_sinusoids": changed(BAG, {"models": SINUSOIDS})},
    default="convolution_gru",
    scales={
        "small": Scale("10 seconds on a CPU", {"learned": 500, "training.epochs": 2}),
        "full": Scale("1 to 3 minutes on one CPU core"),
    },
    goals=model_choice.GOALS,
)
