"""Row 30: the first merges of byte-pair encoding on the example that made it known."""

import json
from dataclasses import dataclass

from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked
from textbook_nlp.lab.runs.experiment import Experiment, Measurement, Scale, Setting, Task
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.text.subwords import Ties, learn_merges

WORDS = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
REPORTED = ("es", "est", "est</w>", "lo", "low", "ne", "new", "newest</w>", "low</w>", "wi")


@dataclass(frozen=True)
class Merging(Checked):
    """Which of several equally frequent pairs is merged first, as in `learn_merges`."""

    ties: Ties


def run(configuration: Merging, setting: Setting) -> Measurement:
    """Learn ten merges and count how many agree with the reported list, from the first on."""
    pairs = learn_merges(WORDS, len(REPORTED), ties=configuration.ties)
    identical = 0
    for pair, reported in zip(pairs, REPORTED, strict=False):
        if "".join(pair) != reported:
            break
        identical += 1
    dataset = Dataset("bpe_example", {"words": sha256(json.dumps(WORDS))})
    return Measurement({"identical_merges": identical}, {}, dataset)


EXPERIMENT = Experiment(
    name="first_merges",
    title="Byte-pair encoding: the first ten merges",
    row=30,
    dataset="bpe_example",
    task=Task(run, on_cpu=True),
    variants={"faithful": Merging("first")},
    scales={scale: Scale("no time on a CPU") for scale in ("small", "medium", "full")},
)
