"""The headline results of the sources, as data: what was reported, and what is to be reached.

Accuracies are shares from 0 to 1. A goal with a reported number says how that is known (see
`ledger.Goal`): V read in the source's stored output, M measured with the source's own code or
weights, P printed in the book or paper.
"""

from dataclasses import dataclass

from textbook_nlp.lab.runs.ledger import Goal, Number


@dataclass(frozen=True)
class Headline:
    """One row of the list of headlines.

    Attributes:
        row: its number.
        title: one line.
        dataset: what it is measured on.
        where: where the full scale is affordable: ``CPU`` (two cores, minutes), ``GPU``, or both.
        goals: what is to be reached.
    """

    row: int
    title: str
    dataset: str
    where: str
    goals: tuple[Goal, ...]


def _goal(
    metric: str,
    kind: str,
    value: Number | tuple[Number, Number] | None = None,
    reported: Number | None = None,
    known: str | None = None,
    unit: str = "share",
    note: str = "",
) -> Goal:
    return Goal(metric, kind, value, reported, known, unit, note)


PERPLEXITY = "perplexity"

HEADLINES: tuple[Headline, ...] = (
    Headline(
        1,
        "Addition, plain",
        "addition",
        "CPU",
        (_goal("exact_match", "between", (0.03, 0.13), 0.121, "M"),),
    ),
    Headline(
        2,
        "Addition, reversed input",
        "addition",
        "CPU",
        (_goal("exact_match", "between", (0.47, 0.59), 0.540, "M"),),
    ),
    Headline(
        3,
        "Addition, peeky (not reversed)",
        "addition",
        "CPU",
        (_goal("exact_match", "between", (0.34, 0.43), 0.35, "M"),),
    ),
    Headline(
        4,
        "Addition, reversed and peeky",
        "addition",
        "CPU",
        (
            _goal("exact_match", "at_least", 0.995, 0.984, "M", note="epoch 25; 98 % as printed"),
            _goal(
                "cpu_seconds_to_98_percent",
                "at_most",
                31.0,
                155.0,
                "M",
                "CPU seconds",
                "the source's code; the goal is a fifth of it",
            ),
        ),
    ),
    Headline(
        5,
        "Date format, attention",
        "date",
        "CPU",
        (
            _goal("exact_match", "at_least", 1.0, 1.0, "M", note="epoch 10; 99.9 % after 3"),
            _goal(
                "exact_match_without_leak",
                "at_least",
                1.0,
                note="without the 28 % of the test strings that are in the training part",
            ),
            _goal(
                "cpu_seconds",
                "at_most",
                120.0,
                600.0,
                "M",
                "CPU seconds",
                "the source's code; the goal is a fifth of it",
            ),
        ),
    ),
    Headline(
        6,
        "Date format, plain and peeky",
        "date",
        "CPU",
        (_goal("exact_match_plain", "measure"), _goal("exact_match_peeky", "measure")),
    ),
    Headline(
        7,
        "Language model: LSTM 100/100, 4 epochs",
        "ptb",
        "CPU",
        (
            _goal("test_perplexity", "at_most", 136.0, 135.6, "M", PERPLEXITY),
            _goal(
                "test_perplexity_ours",
                "at_most",
                110.0,
                unit=PERPLEXITY,
                note="with tying, dropout and a schedule at about the same size",
            ),
        ),
    ),
    Headline(
        8,
        "Language model: LSTM 2 x 650, tied, dropout 0.5, 40 epochs",
        "ptb",
        "GPU",
        (
            _goal(
                "test_perplexity",
                "at_most",
                75.0,
                75.76,
                "P",
                PERPLEXITY,
                "the same configuration elsewhere: 75.96 (read in stored output)",
            ),
        ),
    ),
    Headline(
        9,
        "Language model: the best of the classic recipes",
        "ptb",
        "GPU",
        (
            _goal(
                "test_perplexity",
                "at_most",
                60.0,
                58.8,
                "V",
                PERPLEXITY,
                "AWD-LSTM; 56.5 fine-tuned (57.3 as printed)",
            ),
        ),
    ),
    Headline(
        10,
        "Language model: n-grams with Kneser-Ney smoothing",
        "ptb",
        "CPU",
        (_goal("test_perplexity", "measure", None, 141.0, "P", PERPLEXITY, "5-gram, literature"),),
    ),
    Headline(
        11,
        "Word vectors: co-occurrence, PPMI, SVD",
        "ptb",
        "CPU",
        (
            _goal(
                "cpu_seconds",
                "at_most",
                8.0,
                92.0,
                "M",
                "CPU seconds",
                "the source's PPMI loop alone; 2.1 s when vectorized",
            ),
            _goal("wordsim353_rho", "measure", unit="rank correlation"),
        ),
    ),
    Headline(
        12,
        "Word vectors: CBOW with negative sampling",
        "ptb",
        "CPU",
        (
            _goal(
                "analogies_at_rank_1",
                "at_least",
                3.0,
                3.0,
                "M",
                "of 4 analogies",
                "take:took = go:went, car:cars = child:children, king:man = queen:woman",
            ),
            _goal(
                "wordsim353_rho_above_gensim",
                "at_least",
                0.0,
                unit="rank correlation",
                note="difference to gensim on the same text",
            ),
        ),
    ),
    Headline(
        13,
        "Speed of word2vec",
        "ptb",
        "CPU",
        (
            _goal(
                "cbow_speed_to_gensim",
                "at_least",
                0.5,
                3540 / 902_000,
                "M",
                "ratio",
                "the source's 3,540 words a CPU second to gensim's 902,000, one core",
            ),
            _goal(
                "skip_gram_speed_to_gensim",
                "at_least",
                0.5,
                unit="ratio",
                note="gensim: 171,000 words a CPU second, one core",
            ),
        ),
    ),
    Headline(
        14,
        "Analogies: skip-gram on text8",
        "text8",
        "GPU",
        (
            _goal(
                "analogy_accuracy",
                "at_least",
                0.42,
                0.404,
                "V",
                note="of 12,268 questions among the 30,000 most frequent words",
            ),
        ),
    ),
    Headline(
        15,
        "Film reviews: embedding of the last 20 words",
        "imdb",
        "CPU",
        (
            _goal(
                "validation_accuracy",
                "at_least",
                0.76,
                0.759,
                "V",
                note="best of the epochs; here with our split of the same reviews",
            ),
        ),
    ),
    Headline(
        16,
        "Film reviews: 200 labeled samples and GloVe",
        "imdb",
        "CPU",
        (
            _goal(
                "test_accuracy",
                "at_least",
                0.72,
                0.537,
                "V",
                note="frozen GloVe; best validation 57.2 %",
            ),
        ),
    ),
    Headline(
        17,
        "Film reviews: plain recurrent network of 32",
        "imdb",
        "GPU/CPU",
        (_goal("validation_accuracy", "at_least", 0.85, 0.846, "V", note="best of the epochs"),),
    ),
    Headline(
        18,
        "Film reviews: LSTM of 32",
        "imdb",
        "GPU/CPU",
        (_goal("validation_accuracy", "at_least", 0.90, 0.893, "V", note="best of the epochs"),),
    ),
    Headline(
        19,
        "Film reviews: reversed and bidirectional LSTM",
        "imdb",
        "GPU",
        (
            _goal("validation_accuracy_reversed", "measure", None, 0.877, "V"),
            _goal("validation_accuracy", "at_least", 0.89, 0.886, "V", note="bidirectional"),
        ),
    ),
    Headline(
        20,
        "Film reviews: convolution over time",
        "imdb",
        "CPU",
        (
            _goal(
                "validation_accuracy",
                "at_least",
                0.89,
                0.838,
                "V",
                note="the source trains without a sigmoid",
            ),
        ),
    ),
    Headline(
        21,
        "Film reviews: linear models",
        "imdb",
        "CPU",
        (
            _goal(
                "test_accuracy",
                "at_least",
                0.91,
                0.912,
                "V",
                note="NB-SVM with bigrams; tf-idf and logistic regression 88.9 %",
            ),
        ),
    ),
    Headline(
        22,
        "Sarcasm: averaged embedding",
        "sarcasm",
        "CPU",
        (_goal("test_accuracy", "at_least", 0.86, 0.857, "V", note="best of the epochs"),),
    ),
    Headline(
        23,
        "Sarcasm: stacked bidirectional LSTM",
        "sarcasm",
        "CPU",
        (
            _goal(
                "test_accuracy",
                "at_least",
                0.87,
                0.832,
                "V",
                note="the plain bidirectional LSTM; the convolution 82.6 %",
            ),
            _goal("parameters", "equal", 246_913, unit="parameters"),
        ),
    ),
    Headline(
        24,
        "Korean film reviews: syllables and subwords",
        "nsmc",
        "GPU/CPU",
        (
            _goal(
                "test_accuracy",
                "at_least",
                0.86,
                note="in the literature, small models reach about 85 to 88 %",
            ),
        ),
    ),
    Headline(
        25,
        "Irish lyrics: next word",
        "irish_lyrics",
        "CPU",
        (
            _goal("train_accuracy", "measure", None, 0.75, "V"),
            _goal("held_out_perplexity", "measure", unit=PERPLEXITY),
        ),
    ),
    Headline(
        26,
        "Aesop's fables: LSTM of 256",
        "aesop",
        "CPU/GPU",
        (_goal("held_out_perplexity", "measure", unit=PERPLEXITY),),
    ),
    Headline(
        27,
        "Questions from answers",
        "squad",
        "GPU",
        (
            _goal("answer_f1_above_baseline", "at_least", 0.0, unit="F1"),
            _goal("question_bleu_above_baseline", "at_least", 0.0, unit="BLEU"),
        ),
    ),
    Headline(
        28,
        "Translation: from the encoder and decoder to the Transformer",
        "multi30k",
        "GPU",
        (
            _goal("bleu_seq2seq", "measure", None, 13.8, "V", "BLEU", "own tokenization"),
            _goal("bleu_attention", "measure", None, 28.3, "V", "BLEU", "own tokenization"),
            _goal("bleu_convolution", "measure", None, 34.1, "V", "BLEU", "own tokenization"),
            _goal("bleu", "at_least", 39.0, 36.5, "V", "BLEU", "own tokenization; goal sacreBLEU"),
        ),
    ),
    Headline(
        29,
        "Neural Turing Machine: copying",
        "copy",
        "GPU/CPU",
        (
            _goal(
                "bits_per_sequence",
                "at_most",
                0.1,
                unit="bits",
                note="as printed: near zero, and keeps copying when longer",
            ),
            _goal("bits_per_sequence_at_120", "measure", unit="bits"),
        ),
    ),
    Headline(
        30,
        "Byte-pair encoding: the first merges",
        "bpe_example",
        "CPU",
        (_goal("identical_merges", "equal", 10, 10, "M", "merges"),),
    ),
    Headline(
        31,
        "Temperature: the common-sense baseline",
        "jena",
        "CPU",
        (
            _goal(
                "validation_mae",
                "measure",
                None,
                0.2897,
                "V",
                "standard deviations",
                "2.57 °C; the last row of the input is 25 hours before the target, not 24",
            ),
            _goal("validation_mae_24_hours", "measure", unit="standard deviations"),
        ),
    ),
    Headline(
        32,
        "Temperature: recurrent networks",
        "jena",
        "GPU",
        (
            _goal(
                "validation_mae",
                "at_most",
                0.255,
                0.2615,
                "V",
                "standard deviations",
                "the best of the source: bidirectional GRU; dense 0.2994, GRU 0.2644, with "
                "recurrent dropout 0.2619, stacked 0.2633, reversed 0.399, convolution 0.452, "
                "convolution and GRU 0.273",
            ),
        ),
    ),
)


def goals(row: int) -> tuple[Goal, ...]:
    """Return what is to be reached in a row.

    Raises:
        KeyError: if there is no such row.
    """
    return {headline.row: headline for headline in HEADLINES}[row].goals
