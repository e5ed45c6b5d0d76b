"""word2vec in NumPy against gensim, whose inner loop is compiled, on the Penn Treebank.

Both learn vectors of 100 numbers in 10 epochs, window 5, 5 negatives, windows never shrunk, no
token left out, one thread. What is compared is CPU time from lists of words to vectors, and
Spearman's rank correlation with WordSim-353. One seed takes two minutes of CPU time; give another
number for medians over more seeds.

    OMP_NUM_THREADS=1 TEXTBOOK_NLP_DATA=/path/to/data python benchmarks/word2vec.py [SEEDS]

The way there, in words per CPU second on the machine where it was found. CBOW: the network in
PyTorch with Adam over both tables, 100 targets a batch, 20,000; blocks of 400 tokens with 20 shared
negatives, windows by running sums, rows added up by a sparse product, 0.6 million; windows by a
sparse band in place of running sums, 1.0 million. Blocks that stay from epoch to epoch, and the
sigmoid by tanh, which NumPy computes five times faster than SciPy's `expit`, pay for smaller
blocks and so for better vectors. Skip-gram: all pairs of a block in one matrix product, 128,000; in
tiles of 50 centers, 174,000; the sigmoid by tanh, about 300,000.
"""

import os
import sys

os.environ["OMP_NUM_THREADS"] = "1"

from statistics import median

import torch

from textbook_nlp.lab.experiments.word2vec_speed import EXPERIMENT
from textbook_nlp.lab.runs.experiment import Setting


def main(seeds: int):
    """Run row 13 with several seeds, and print medians."""
    configuration = EXPERIMENT.variants["ours"]
    setting = [Setting(seed, torch.device("cpu")) for seed in range(seeds)]
    runs = [EXPERIMENT.task.run(configuration, one).metrics for one in setting]
    epochs = configuration.windows.epochs
    print(f"{runs[0]['words']:,} words in {epochs} epochs, one thread, {seeds} seed(s)")
    for model in ("cbow", "skip_gram"):
        ours, theirs, ratio, rho, their_rho = (
            median(run[name] for run in runs)
            for name in (
                f"{model}_words_per_cpu_second",
                f"gensim_{model}_words_per_cpu_second",
                f"{model}_speed_to_gensim",
                f"{model}_rho",
                f"gensim_{model}_rho",
            )
        )
        print(f"{model:10s} ours {ours:9,.0f} words/CPU s   gensim {theirs:9,.0f}   x {ratio:.2f}")
        print(f"{'':10s} rho  {rho:9.3f}               gensim {their_rho:9.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
