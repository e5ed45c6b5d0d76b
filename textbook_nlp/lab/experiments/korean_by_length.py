"""English into Korean by the length of a sentence: one vector, attention, and what may differ."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import word_order
from textbook_nlp.lab.tasks.word_order import FROM, WordOrder, WordOrderModel
from textbook_nlp.training import Adam

PLAIN = WordOrder(6_000, 3_000, WordOrderModel(), Adam(1e-2, fused=True), epochs=4)
PEEKY = changed(PLAIN, {"model.peeky": True})
LOWER = {"optimizer": Adam(5e-3, fused=True)}
DOT = changed(PLAIN, {"model.score": "dot"})
GENERAL = changed(PLAIN, {"model.score": "general"})
DEEP = changed(PLAIN, LOWER | {"model": WordOrderModel(hidden_size=48, layers=6, score="additive")})

EXPERIMENT = Experiment(
    name="korean_by_length",
    title="English into Korean by length",
    dataset="english_korean",
    task=word_order.TASK,
    variants={
        "plain": PLAIN,
        "peeky": PEEKY,
        "peeky_reversed": changed(PEEKY, {"model.reverse": True}),
        "peeky_lower_rate": changed(PEEKY, LOWER),
        "peeky_wide": changed(PEEKY, LOWER | {"model.hidden_size": 192}),
        "peeky_longer": changed(PEEKY, {"epochs": 16}),
        "peeky_wide_longer": changed(PEEKY, LOWER | {"model.hidden_size": 192, "epochs": 16}),
        "dot": DOT,
        "dot_longer": changed(DOT, {"epochs": 16}),
        "scaled": changed(PLAIN, {"model.score": "scaled"}),
        "general": GENERAL,
        "additive": changed(PLAIN, {"model.score": "additive"}),
        "wide": changed(GENERAL, {"model.encoder": "wide"}),
        "wide_lower_rate": changed(GENERAL, LOWER | {"model.encoder": "wide"}),
        "both_ways": changed(GENERAL, {"model.encoder": "both_ways"}),
        "both_ways_lower_rate": changed(GENERAL, LOWER | {"model.encoder": "both_ways"}),
        "deep": DEEP,
        "deep_without_residuals": changed(DEEP, {"model.residuals": False}),
        "deep_without_residuals_longer": changed(DEEP, {"model.residuals": False, "epochs": 8}),
    },
    default="dot",
    scales={
        "small": Scale("10 seconds on a CPU", {"learned": 600, "tested": 300, "epochs": 4}),
        "full": Scale("half a minute on one CPU core"),
    },
    goals=(
        Goal("right", "measure", note="all words of a sentence"),
        *(Goal(f"right_from_{low}", "measure", note=f"from {low} words on") for low in FROM),
        *(Goal(f"nats_from_{low}", "measure", unit="nats a word") for low in FROM),
        Goal("aligned", "measure", note="largest weight at the true word"),
        *(
            Goal(f"right_without_{hidden}", "measure", unit="share of words")
            for hidden in ("nothing", "its_word", "another")
        ),
        Goal("parameters", "measure", unit="parameters"),
    ),
)
