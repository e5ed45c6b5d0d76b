"""Translations: what is drawn and numbered, the three models, and what a run counts."""

from dataclasses import replace

import pytest
import torch

from textbook_nlp.data import corpora
from textbook_nlp.data.corpora import CaptionPairs, Multi30k
from textbook_nlp.data.generators import EnglishKorean
from textbook_nlp.lab.experiments.english_korean import EXPERIMENT
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks.translated_texts import (
    END_ID,
    PADDING_ID,
    START_ID,
    CaptionData,
    TranslationData,
    read_translations,
)
from textbook_nlp.lab.tasks.translation import (
    LOSS,
    RecurrentTranslator,
    TransformerTranslator,
    Translating,
    TranslationTraining,
    Watch,
    bleu_of,
    run,
)
from textbook_nlp.models import count_parameters
from textbook_nlp.training import Adam, train_step

DATA = TranslationData("english_korean", size=300, validation=40, test=50)
RECURRENT = RecurrentTranslator(embedding_size=4, hidden_size=6)
MODELS = {
    "recurrent": RECURRENT,
    "attention": replace(RECURRENT, attention=True, num_layers=2, dropout=0.1),
    "transformer": TransformerTranslator(8, 2, 1, 12, dropout=0.1, positions="rotary"),
}
SMALL = Translating(DATA, RECURRENT, TranslationTraining(Adam(1e-2), warm_up=3, epochs=2))
SETTING = Setting(0, torch.device("cpu"), progress=False)


def words(row, vocabulary):
    return vocabulary.decode([i for i in row.tolist() if i > END_ID])


def test_no_sentence_stands_in_two_parts_and_every_pair_is_whole():
    parts = read_translations(replace(DATA, size=1500, validation=300, test=300))
    drawn = EnglishKorean().sample(1500, 0)
    assert words(parts.train.questions[0], parts.source) == drawn[0].english
    assert words(parts.train.answers[0], parts.target) == drawn[0].korean
    rows = [
        {tuple(row[row != PADDING_ID].tolist()) for row in part.questions}
        for part in (parts.train, parts.validation, parts.test)
    ]
    assert [len(part) for part in rows[1:]] == [300, 300]
    assert len(set.union(*rows)) == sum(map(len, rows))
    assert sum(map(len, rows)) == len({tuple(pair.english) for pair in drawn}) < 1500
    targets = parts.test.answers
    assert (targets[:, 0] == START_ID).all()
    assert ((targets == END_ID).sum(dim=1) == 1).all()
    assert len(parts.source) == 4 + len({w for row in rows[0] for w in row if w > 3})
    with pytest.raises(ValueError, match="validation and test are 40 and 290 of 300 different"):
        read_translations(replace(DATA, test=290))


@pytest.mark.parametrize("name", MODELS)
def test_a_run_measures_each_model(name):
    result = run(replace(SMALL, model=MODELS[name]), SETTING)
    metrics = result.metrics
    assert metrics["perplexity"] > 1
    assert 0 <= metrics["exact_match"] <= 1
    assert metrics["cpu_seconds"] == pytest.approx(sum(result.curves["cpu_seconds"]), abs=0.1)
    assert {len(curve) for curve in result.curves.values()} == {2}
    best = min(result.curves["validation_nats"])
    assert result.curves["validation_nats"][metrics["best_epoch"] - 1] == best
    rate = metrics["tokens_per_cpu_second"]
    targets = read_translations(DATA).train.answers[:, 1:]
    # The seconds of the two epochs are rounded to hundredths.
    assert rate * sum(result.curves["cpu_seconds"]) == pytest.approx(
        2 * int((targets != PADDING_ID).sum()), abs=0.011 * rate
    )


def test_a_translator_that_has_learned_its_sentences_by_heart_is_right_in_each():
    parts = read_translations(replace(DATA, size=60, validation=10, test=10))
    torch.manual_seed(0)
    model = RecurrentTranslator(16, 32, attention=True).build(len(parts.source), len(parts.target))
    optimizer, pairs = Adam(2e-2).of(model.parameters()), parts.validation
    watch = Watch(parts)
    for _ in range(60):
        train_step(model, (pairs.questions, pairs.answers), LOSS, optimizer, clip=1.0)
    nats = watch(model)
    assert nats < 0.1
    assert (watch.nats, watch.scores, len(watch.seconds)) == ([nats], [1.0], 1)


def test_rivals_have_equally_many_parameters():
    models = [variant.model for variant in EXPERIMENT.variants.values()]
    sizes = [count_parameters(model.build(79, 92)) for model in models]
    assert max(sizes) < 1.05 * min(sizes)


CAPTIONS = CaptionPairs(
    ["Ein Hund, der rennt.", "Zwei Hunde rennen.", "Ein Mann schl\u00e4ft."],
    ["A dog that runs.", "Two dogs run.", "A man isn't awake."],
)


@pytest.fixture
def captions(monkeypatch):
    corpus = Multi30k(CAPTIONS, CAPTIONS, CAPTIONS)
    monkeypatch.setattr(corpora, "load", lambda name: corpus)


def test_captions_are_cut_into_byte_pairs_and_put_together_again(captions):
    parts = read_translations(CaptionData(merges=20))
    texts = [" ".join(parts.words_of(row)) for row in parts.test.answers]
    assert texts == ["a dog that runs .", "two dogs run .", "a man isn't awake ."]
    assert len(parts.target) > len(parts.tokenizer.alphabet)
    assert parts.dataset.name == "multi30k"
    few = read_translations(CaptionData(merges=20, size=2, judged=1))
    assert [len(part.questions) for part in (few.train, few.validation, few.test)] == [2, 1, 1]
    drawn = read_translations(DATA)
    row = drawn.train.answers[0]
    first = EnglishKorean().sample(1, 0)[0].korean
    assert drawn.words_of(row) == first
    assert drawn.words_of(torch.cat([row, row])) == first


def test_captions_are_judged_by_bleu(captions):
    parts = read_translations(CaptionData(merges=20))
    torch.manual_seed(0)
    model = TransformerTranslator(32, 2, 1, 64).build(len(parts.source), len(parts.target))
    pairs = parts.test
    assert bleu_of(model, parts, pairs) < 20
    optimizer = Adam(1e-2).of(model.parameters())
    for _ in range(80):
        train_step(model, (pairs.questions, pairs.answers), LOSS, optimizer, clip=1.0)
    assert bleu_of(model, parts, pairs) == pytest.approx(100)
    assert bleu_of(model, parts, pairs, width=3) == pytest.approx(100)
    result = run(
        replace(
            SMALL,
            data=CaptionData(merges=20),
            training=TranslationTraining(Adam(1e-2), 3, epochs=2, smoothing=0.1, falling="line"),
        ),
        SETTING,
    )
    assert {"bleu", "bleu_greedy", "perplexity"} <= set(result.metrics)
    assert len(result.curves["bleu"]) == 2
    assert "exact_match" not in result.metrics
