"""Count runs of words, smooth the counts, and measure the perplexity for each order."""

from dataclasses import dataclass

from textbook_nlp.lab.runs.checked import Checked, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks.text_streams import StreamData, read_streams
from textbook_nlp.models.ngram import NGram
from textbook_nlp.models.smoothing import AddK, Interpolation, KneserNey, WittenBell
from textbook_nlp.training import perplexity


@dataclass(frozen=True)
class CountedRuns(Checked):
    """What is counted, and how it is smoothed.

    Attributes:
        data: the text.
        smoothing: with its options.
        orders: of the models, rising; the last gives the perplexity of the run.
        by_sentence: whether no context reaches back beyond the end of a sentence.
    """

    data: StreamData
    smoothing: AddK | Interpolation | WittenBell | KneserNey
    orders: tuple[Size, ...] = (2, 3, 4, 5)
    by_sentence: bool = True


def run(configuration: CountedRuns, setting: Setting) -> Measurement:
    """Count the training part, and measure on the others; there is no chance in it."""
    streams = read_streams(configuration.data)
    train, validation, test = (
        ids.numpy() for ids in (streams.train, streams.validation, streams.test)
    )
    boundary = streams.vocabulary.index["<eos>"] if configuration.by_sentence else None
    metrics, runs = {}, []
    for order in configuration.orders:
        model = NGram.fit(train, len(streams.vocabulary), order, configuration.smoothing, boundary)
        metrics["validation_perplexity"] = perplexity(model.cross_entropy(validation))
        metrics["test_perplexity"] = perplexity(model.cross_entropy(test))
        metrics[f"test_perplexity_{order}"] = metrics["test_perplexity"]
        runs.append(len(model.tables[-1].keys))
    metrics["different_runs"] = runs[-1]
    if streams.optimum is not None:
        metrics["optimum_perplexity"] = streams.optimum
    return Measurement(metrics, {"different_runs": runs}, streams.dataset)


TASK = Task(run, on_cpu=True)
