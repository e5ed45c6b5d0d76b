"""Row 27: mark what a paragraph could be asked for, and ask for what people marked."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import asked_questions
from textbook_nlp.lab.tasks.asked_questions import AskedQuestions, QuestionModel, QuestionTraining
from textbook_nlp.lab.tasks.marked_texts import MarkedData
from textbook_nlp.training import Adam

# The source's layers and vectors; it reads news, and shows the loss of two steps.
FAITHFUL = AskedQuestions(
    MarkedData("squad"),
    QuestionModel(embedding_size=100, hidden_size=100, vectors="glove_100d"),
    QuestionTraining(Adam(1e-3, fused=True), epochs=20),
    vocabulary_size=10_000,
)
# The sentence alone, rare words named by their place in it, and attention to all of it.
OURS = changed(
    FAITHFUL,
    {
        "data.unit": "sentence",
        "model.attention": True,
        "model.dropout": 0.3,
        "vocabulary_size": 2_000,
        "pointers": 12,
        "training": QuestionTraining(Adam(2e-3, fused=True), epochs=40),
    },
)
SMALL = {
    "data": MarkedData("stories", size=600),
    "model.hidden_size": 32,
    "model.embedding_size": 32,
    "model.vectors": None,
    "training": QuestionTraining(Adam(5e-3), epochs=6),
}

EXPERIMENT = Experiment(
    name="squad_questions",
    title="Questions for marked answers",
    row=27,
    dataset="squad",
    task=asked_questions.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale("20 seconds on a CPU", SMALL),
        "medium": Scale(
            "12 minutes on one CPU core",
            only={"faithful": {"training.epochs": 12}, "ours": {"training.epochs": 25}},
        ),
        "full": Scale("on a GPU"),
    },
)
