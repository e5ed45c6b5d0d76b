"""Byte-pair encoding in Python against Hugging Face's `tokenizers`, which is written in Rust.

Both learn 5,000 merges on the training part of the Penn Treebank (on generated headlines where that
is missing) and then encode it. They are checked to learn the same merges and to cut every line
alike before they are timed. What is compared is CPU time, one thread, the smallest of several
runs that take turns. `encode_batch` would use several threads; here each line is one call.

    TEXTBOOK_NLP_DATA=/path/to/data python benchmarks/byte_pair.py
"""

import os

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import json
import time

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from textbook_nlp.data import corpora
from textbook_nlp.data.corpora.errors import DataUnavailable
from textbook_nlp.data.generators.headlines import Headlines
from textbook_nlp.text import BytePairTokenizer

MERGES, RUNS = 5_000, 5


def corpus():
    """Return the name of the text and its lines."""
    try:
        return "Penn Treebank", [" ".join(words) for words in corpora.load("ptb").train]
    except DataUnavailable:
        return "generated headlines", Headlines().sample(40_000, seed=0).texts


def learn_ours(texts):
    """Learn the merges, ties as the peer decides them."""
    return BytePairTokenizer.fit(texts, MERGES, style="plain", ties="id", specials=())


def learn_theirs(texts, size):
    """Learn the merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def fresh(tokenizer):
    """Return the same tokenizer with nothing in its cache."""
    return BytePairTokenizer(tokenizer.merges, tokenizer.alphabet, tokenizer.style, specials=())


def seconds(*jobs):
    """Return the smallest CPU time of several runs of each job, the jobs taking turns."""
    best = [float("inf")] * len(jobs)
    for _ in range(RUNS):
        for i, (prepare, job) in enumerate(jobs):
            prepared = prepare()
            start = time.process_time()
            job(prepared)
            best[i] = min(best[i], time.process_time() - start)
    return best


def report(what, ours, theirs):
    """Print both times and the ratio."""
    times = f"ours {ours:6.2f} CPU s   tokenizers {theirs:6.2f} CPU s   x {ours / theirs:.2f}"
    print(f"{what:24s} {times}")


def main():
    """Compare results, then time."""
    name, texts = corpus()
    ours = learn_ours(texts)
    theirs = learn_theirs(texts, len(ours))
    assert ours.merges == [tuple(pair) for pair in json.loads(theirs.to_str())["model"]["merges"]]
    for text in texts:
        assert ours.encode(text) == theirs.encode(text).ids
    print(f"{name}: {len(texts):,} lines, {len(ours.merges):,} merges, one thread")
    learning = seconds(
        (lambda: texts, learn_ours), (lambda: texts, lambda texts: learn_theirs(texts, len(ours)))
    )
    report("learning the merges", *learning)
    saved = theirs.to_str()
    encoding = seconds(
        (lambda: fresh(ours), lambda tokenizer: [tokenizer.encode(text) for text in texts]),
        (
            lambda: Tokenizer.from_str(saved),
            lambda tokenizer: [tokenizer.encode(text).ids for text in texts],
        ),
    )
    report("encoding every line", *encoding)


if __name__ == "__main__":
    main()
