"""Rows 5 and 6: dates rewritten by encoder and decoder, with attention and without."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import sequence_to_sequence
from textbook_nlp.lab.tasks.paired_texts import PairData
from textbook_nlp.lab.tasks.sequence_to_sequence import PairModel, PairTraining, SequenceToSequence
from textbook_nlp.training import Adam

# The source reports each of 10 epochs, on the test part.
PLAIN = SequenceToSequence(
    PairData("date", reverse=True), PairModel(hidden_size=256), PairTraining(Adam(1e-3), epochs=10)
)
ATTENTION = changed(PLAIN, {"model.attention": True})
# Half the units are enough, and a rate four times as high, which rises and then falls to 0.
OURS = changed(
    ATTENTION,
    {
        "data.validation": 1_000,
        "model.hidden_size": 128,
        "training": PairTraining(Adam(4e-3, fused=True), epochs=4, triangle=True),
    },
)
SMALL = {
    "data.corpus": "dates",
    "data.size": 6_000,
    "model.hidden_size": 64,
    "training": PairTraining(Adam(1e-2), epochs=8, batch_size=32, triangle=True),
}

EXPERIMENT = Experiment(
    name="dates_seq2seq",
    title="Dates rewritten by encoder and decoder",
    row=(5, 6),
    dataset="date",
    task=sequence_to_sequence.TASK,
    variants={
        "attention": ATTENTION,
        "plain": PLAIN,
        "peeky": changed(PLAIN, {"model.peeky": True}),
        "ours": OURS,
    },
    scales={
        "small": Scale("16 seconds on a CPU", SMALL),
        "full": Scale("6 minutes on one CPU core, 1 minute for ours"),
    },
)
