"""Rows 1 to 4: sums written by encoder and decoder; reversed, peeky, and with attention."""

from itertools import product

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import sequence_to_sequence
from textbook_nlp.lab.tasks.paired_texts import PairData
from textbook_nlp.lab.tasks.sequence_to_sequence import PairModel, PairTraining, SequenceToSequence
from textbook_nlp.training import Adam

# The source reports the last of 25 epochs, on the test part.
PLAIN = SequenceToSequence(
    PairData("addition"), PairModel(hidden_size=128), PairTraining(Adam(1e-3), epochs=25)
)
NAMES = ("plain", "peeky", "reversed", "both")
# Every combination of the three; those with attention are no row of the list.
FACTORIAL = {
    NAMES[2 * reverse + peeky] + "_attention" * attention: changed(
        PLAIN, {"data.reverse": reverse, "model.peeky": peeky, "model.attention": attention}
    )
    for attention, reverse, peeky in product((False, True), repeat=3)
}

# Turned around, a question has its blanks in front: is it the order that helps, or the blanks? With
# the blanks masked it is the order alone. Peeky adds parameters: 156 units have as many without.
CONTROLS = {
    f"{name}_{end}": changed(FACTORIAL[name], {field: value})
    for name in ("plain", "reversed")
    for end, field, value in (("masked", "data.masked", True), ("wide", "model.hidden_size", 156))
}
# A rate five times as high, which rises and then falls to 0, needs a quarter of the epochs.
OURS = changed(
    FACTORIAL["both"],
    {
        "data.validation": 1_000,
        "training": PairTraining(Adam(5e-3, fused=True), epochs=7, triangle=True),
    },
)

EXPERIMENT = Experiment(
    name="addition_seq2seq",
    title="Sums written by encoder and decoder",
    row=(1, 2, 3, 4),
    dataset="addition",
    task=sequence_to_sequence.TASK,
    variants=FACTORIAL | CONTROLS | {"ours": OURS},
    default="both",
    scales={
        "small": Scale(
            "12 seconds on a CPU",
            {
                "data.corpus": "additions",
                "data.size": 15_000,
                "model.hidden_size": 64,
                "training": PairTraining(Adam(1e-2), epochs=8, batch_size=64, triangle=True),
            },
        ),
        "full": Scale("2 minutes on one CPU core, half a minute for ours"),
    },
)
