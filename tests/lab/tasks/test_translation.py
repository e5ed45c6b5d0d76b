"""Translations: what is drawn and numbered, the three models, and what a run counts."""

from dataclasses import replace

import pytest
import torch

from textbook_nlp.data.generators import EnglishKorean
from textbook_nlp.lab.experiments.english_korean import EXPERIMENT
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks.translated_texts import (
    END_ID,
    PADDING_ID,
    START_ID,
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
    parts = read_translations(replace(DATA, size=1500))
    drawn = EnglishKorean().sample(1500, 0)
    assert words(parts.train.questions[0], parts.source) == drawn[0].english
    assert words(parts.train.answers[0], parts.target) == drawn[0].korean
    rows = [
        {tuple(row[row != PADDING_ID].tolist()) for row in part.questions}
        for part in (parts.train, parts.validation, parts.test)
    ]
    assert [len(part) for part in rows[1:]] == [40, 50]
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
    tokens = metrics["tokens_per_cpu_second"] * sum(result.curves["cpu_seconds"])
    targets = read_translations(DATA).train.answers[:, 1:]
    assert tokens == pytest.approx(2 * int((targets != PADDING_ID).sum()), rel=0.05)


def test_a_translator_that_has_learned_its_sentences_by_heart_is_right_in_each():
    parts = read_translations(replace(DATA, size=60, validation=10, test=10))
    torch.manual_seed(0)
    model = RecurrentTranslator(16, 32, attention=True).build(len(parts.source), len(parts.target))
    optimizer, pairs = Adam(2e-2).of(model.parameters()), parts.validation
    watch = Watch(pairs)
    for _ in range(60):
        train_step(model, (pairs.questions, pairs.answers), LOSS, optimizer, clip=1.0)
    nats = watch(model)
    assert nats < 0.1
    assert (watch.nats, watch.shares, len(watch.seconds)) == ([nats], [1.0], 1)


def test_rivals_have_equally_many_parameters():
    models = [variant.model for variant in EXPERIMENT.variants.values()]
    sizes = [count_parameters(model.build(79, 92)) for model in models]
    assert max(sizes) < 1.05 * min(sizes)
