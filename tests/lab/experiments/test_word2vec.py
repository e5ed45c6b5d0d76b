"""word2vec as an experiment: both configurations at small scale, gensim as the peer, speed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from textbook_nlp.lab.experiments import ptb_word2vec, word2vec_speed, word2vec_texts
from textbook_nlp.lab.runs import registry
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.vectors.embeddings import Embeddings

SETTING = Setting(0, torch.device("cpu"))


def small(module, name, **fields):
    chosen = module.EXPERIMENT.configurations["small"][name]
    return replace(chosen, **{"sentences": 400, "size": 8, "epochs": 2, **fields})


@pytest.mark.parametrize("name", ["faithful", "ours"])
def test_both_configurations_train(name):
    result = ptb_word2vec.run(small(ptb_word2vec, name), SETTING)
    assert result.metrics["planted_coverage"] == 1.0
    assert 100 < result.metrics["analogies_used"] <= 168  # rare words may be missing
    assert not any("gensim" in metric for metric in result.metrics)
    assert registry.get("ptb_word2vec").row == 12


def test_by_the_book_the_loss_falls_and_the_corpus_is_one_stream():
    configuration = small(ptb_word2vec, "faithful", epochs=3, learning_rate=0.01)
    texts = word2vec_texts.read("planted", 400, 0)
    vectors, curves, _ = ptb_word2vec.train_by_the_book(texts, configuration, SETTING)
    assert "<eos>" in vectors
    assert vectors.words[0] == texts.sentences[0][0]
    assert curves["train_loss"][-1] < curves["train_loss"][0] < 6 * np.log(2)


def test_gensim_is_the_peer():
    pytest.importorskip("gensim")
    result = ptb_word2vec.run(small(ptb_word2vec, "ours", peer_seeds=1), SETTING)
    rho = [result.metrics[name] for name in ("planted_rho", "gensim_planted_rho")]
    np.testing.assert_allclose(result.metrics["planted_rho_above_gensim"], rho[0] - rho[1])
    speed = word2vec_speed.run(small(word2vec_speed, "ours", peer=True), SETTING).metrics
    for model in ("cbow", "skip_gram"):
        ours, theirs = (speed[f"{who}{model}_words_per_cpu_second"] for who in ("", "gensim_"))
        np.testing.assert_allclose(speed[f"{model}_speed_to_gensim"], ours / theirs)


def test_without_gensim_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gensim.models", None)
    with pytest.raises(word2vec_texts.PeerMissing, match="pip install gensim"):
        word2vec_speed.run(small(word2vec_speed, "ours", peer=True), SETTING)


def test_dot_and_cosine_are_asked_apart():
    king, man, queen = np.eye(5)[:3]
    words = ["king", "man", "queen", "woman", "long"]
    matrix = np.array([king, man, queen, queen - king + man, 9 * (queen + man - 0.5 * king)])
    texts = word2vec_texts.Texts([], {}, {}, {})
    found = word2vec_texts.ask(Embeddings(words, matrix), texts)
    assert (found["analogies_at_rank_1"], found["analogies_at_rank_1_cosine"]) == (0, 1)
