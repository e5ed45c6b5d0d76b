"""Learned vectors: CBOW by the book learns, gensim is the peer, and how the vectors are asked."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
import torch

from textbook_nlp.lab.experiments import ptb_word2vec, word2vec_speed
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks import learned_vectors, word_questions
from textbook_nlp.lab.tasks.word_questions import QuestionedText, WordData, ask, read_words
from textbook_nlp.training import Adam
from textbook_nlp.vectors import Embeddings

SETTING = Setting(0, torch.device("cpu"))
TINY = {"data.sentences": 400, "windows.embedding_size": 8, "windows.epochs": 2}


def small(module, name="ours", **changes):
    return changed(module.EXPERIMENT.configuration(name, "small"), {**TINY, **changes})


def test_by_the_book_the_loss_falls_and_the_corpus_is_one_stream():
    configuration = small(ptb_word2vec, "faithful", trainer=learned_vectors.ByTheBook(Adam(0.01)))
    questioned = read_words(WordData("planted", 400), 0)
    windows = replace(configuration.windows, epochs=3)
    vectors, curves, _ = configuration.trainer.train(questioned, windows, SETTING)
    assert "<eos>" in vectors
    assert vectors.words[0] == questioned.sentences[0][0]
    assert curves["train_loss"][-1] < curves["train_loss"][0] < 6 * np.log(2)


def test_training_by_the_book_ranks_pairs_better_than_before():
    """Without training the vectors rank pairs by chance, within its error."""
    configuration = changed(
        small(ptb_word2vec, "faithful"),
        {
            "data.sentences": 2_000,
            "windows.epochs": 8,
            "windows.embedding_size": 16,
            "trainer": learned_vectors.ByTheBook(Adam(0.01)),
        },
    )
    metrics = learned_vectors.run(configuration, SETTING).metrics
    assert metrics["planted_rho"] > 0.3  # 276 pairs: chance stays below 0.2
    assert not any("gensim" in metric for metric in metrics)


def test_the_peer_gets_our_settings(monkeypatch):
    pytest.importorskip("gensim")
    told = []
    real = learned_vectors.train_gensim

    def train(sentences, **settings):
        told.append(settings)
        return real(sentences, **settings)

    monkeypatch.setattr(learned_vectors, "train_gensim", train)
    metrics = learned_vectors.run(small(ptb_word2vec, peer_seeds=2), SETTING).metrics
    same = {"model": "cbow", "embedding_size": 8, "window": 5, "negatives": 5, "epochs": 2}
    assert told == [same | {"seed": 0}, same | {"seed": 1}]
    assert "analogies_at_rank_1_cosine" in metrics
    assert "gensim_analogies_at_rank_1_cosine" in metrics


def test_we_stand_beside_the_median_of_the_peers():
    ours = {"x_rho": 0.5, "analogies_at_rank_1": 2, "analogies_used": 4}
    peers = [{"x_rho": rho, "analogies_at_rank_1": n} for rho, n in ((0.1, 0), (0.4, 4), (0.3, 3))]
    found = learned_vectors.beside_peers(ours, peers)
    assert found.pop("x_rho_above_gensim") == pytest.approx(0.2)
    assert found == {"gensim_x_rho": 0.3, "gensim_analogies_at_rank_1": 3}


def test_speed_counts_every_word_of_every_epoch(monkeypatch):
    clock = chain.from_iterable((t, t + 2.0) for t in range(0, 1000, 10))
    monkeypatch.setattr(learned_vectors.time, "process_time", lambda: next(clock))

    def train(sentences, **settings):
        return learned_vectors.fit_word2vec(sentences, **settings).input, 0.5

    monkeypatch.setattr(learned_vectors, "train_gensim", train)
    configuration = small(word2vec_speed, peer=True)
    metrics = learned_vectors.run_speed(configuration, SETTING).metrics
    words = 2 * sum(map(len, read_words(configuration.data, 0).sentences))
    assert metrics["words"] == words
    for model in ("cbow", "skip_gram"):
        assert metrics[f"{model}_words_per_cpu_second"] == words / 2
        assert metrics[f"{model}_speed_to_gensim"] == 0.25
        assert metrics[f"{model}_rho_above_gensim"] == 0


def test_without_gensim_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gensim.models", None)
    with pytest.raises(word_questions.PeerMissing, match="pip install gensim"):
        learned_vectors.run_speed(small(word2vec_speed, peer=True), SETTING)


def test_dot_and_cosine_are_asked_apart():
    king, man, queen = np.eye(5)[:3]
    words = ["king", "man", "queen", "woman", "long"]
    matrix = np.array([king, man, queen, queen - king + man, 9 * (queen + man - 0.5 * king)])
    questioned = QuestionedText([], {}, {}, Dataset("none", None))
    found = ask(Embeddings(words, matrix), questioned)
    assert (found["analogies_at_rank_1"], found["analogies_at_rank_1_cosine"]) == (0, 1)


def test_pairs_are_known_whatever_their_case():
    pairs = [("King", "man", 3.0), ("king", "x", 1.0)]
    assert word_questions.known_pairs(pairs, {"king", "man"}) == [("king", "man", 3.0)]
