"""Rows 31 and 32: tomorrow's temperature at Jena."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import forecasts
from textbook_nlp.lab.tasks.forecasts import Forecasting, ForecastModel, ForecastTraining
from textbook_nlp.lab.tasks.series import SeriesData
from textbook_nlp.training import Adam, RMSprop

# The source's window ends a step before its now: its 144 rows are 150 here, with step 3 147.
GRU = Forecasting(
    SeriesData("jena", train=200_001, validation=100_000),
    lookback=1440,
    step=6,
    delay=150,
    model=ForecastModel("recurrent"),
    training=ForecastTraining(RMSprop(1e-3), epochs=20, steps=500, batch_size=128),
)
DROPPED = {"dropout": 0.1, "recurrent_dropout": 0.5}
MODELS = {
    "baseline": ForecastModel("baseline"),
    "dense": ForecastModel("dense"),
    "recurrent_dropout": ForecastModel("recurrent", dropout=0.2, recurrent_dropout=0.2),
    "stacked": ForecastModel("recurrent", num_layers=2, **DROPPED),
    "bidirectional": ForecastModel("recurrent", bidirectional=True),
    "reversed": ForecastModel("recurrent", reversed=True),
    "convolution": ForecastModel("convolution", num_layers=3),
    "convolution_gru": ForecastModel("convolution_recurrent", **DROPPED),
}
LONG = {"training.epochs": 40}  # with dropout the source trains for twice as long
VARIANTS = {"gru": GRU} | {name: changed(GRU, {"model": each}) for name, each in MODELS.items()}
VARIANTS |= {name: changed(VARIANTS[name], LONG) for name in ("recurrent_dropout", "stacked")}
VARIANTS["convolution_gru"] = changed(
    VARIANTS["convolution_gru"], {"lookback": 720, "step": 3, "delay": 147}
)
VARIANTS["ours"] = changed(
    GRU,
    {
        "data.clock": True,
        "data.wind": "parts",
        "model": ForecastModel("recurrent", 64, dropout=0.1, recurrent_dropout=0.1),
        "training.optimizer": Adam(2e-3),
        "training.decay": True,
    },
)

EXPERIMENT = Experiment(
    name="jena_forecast",
    title="Tomorrow's temperature at Jena",
    row=(31, 32),
    dataset="jena",
    task=forecasts.TASK,
    variants=VARIANTS,
    default="ours",
    scales={
        "small": Scale(
            "a minute on a CPU",
            {
                "data": SeriesData("weather", train=20_000, validation=6000, test=6000),
                "training.epochs": 2,
                "training.steps": 50,
            },
        ),
        "full": Scale("minutes (dense) to an hour on a GPU"),
    },
)
