"""Row 30: the first merges of byte-pair encoding on the example that made it known."""

import json
from dataclasses import dataclass
from hashlib import sha256

from textbook_nlp.lab.runs.experiment import Experiment, Result, Setting
from textbook_nlp.lab.runs.headlines import goals
from textbook_nlp.text.subwords import Ties, learn_merges

WORDS = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
REPORTED = ("es", "est", "est</w>", "lo", "low", "ne", "new", "newest</w>", "low</w>", "wi")


@dataclass(frozen=True)
class Configuration:
    """Which of several equally frequent pairs is merged first, as in `learn_merges`."""

    ties: Ties


def run(configuration: Configuration, setting: Setting) -> Result:
    """Learn ten merges and count how many agree with the reported list, from the first on."""
    pairs = learn_merges(WORDS, len(REPORTED), ties=configuration.ties)
    identical = 0
    for pair, reported in zip(pairs, REPORTED, strict=False):
        if "".join(pair) != reported:
            break
        identical += 1
    digest = sha256(json.dumps(WORDS).encode()).hexdigest()
    dataset = {"name": "bpe_example", "sha256": {"words": digest}}
    return Result({"identical_merges": identical}, {}, dataset)


EXPERIMENT = Experiment(
    name="first_merges",
    title="Byte-pair encoding: the first ten merges",
    row=30,
    dataset="bpe_example",
    goals=goals(30),
    configurations={
        scale: {"faithful": Configuration("first")} for scale in ("small", "medium", "full")
    },
    expected=dict.fromkeys(("small", "medium", "full"), "no time on a CPU"),
    run=run,
)
