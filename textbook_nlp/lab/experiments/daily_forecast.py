"""Tomorrow's lowest temperature at Melbourne, from ten years of days."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import forecasts
from textbook_nlp.lab.tasks.forecasts import Forecasting, ForecastModel, ForecastTraining
from textbook_nlp.lab.tasks.series import SeriesData
from textbook_nlp.training import RMSprop

GRU = Forecasting(
    SeriesData("daily_temperatures", train=2190, validation=730, clock=True),
    lookback=14,
    step=1,
    delay=1,
    model=ForecastModel("recurrent"),
    training=ForecastTraining(RMSprop(1e-3), epochs=20, steps=100, batch_size=128, every=1),
    report_every=1,
)
MODELS = {
    "baseline": ForecastModel("baseline"),
    "linear": ForecastModel("linear"),
    "dense": ForecastModel("dense"),
    "recurrent_dropout": ForecastModel("recurrent", dropout=0.1, recurrent_dropout=0.2),
}

VARIANTS = {"gru": GRU} | {name: changed(GRU, {"model": each}) for name, each in MODELS.items()}
VARIANTS["linear_today"] = changed(VARIANTS["linear"], {"lookback": 1})

EXPERIMENT = Experiment(
    name="daily_forecast",
    title="Tomorrow's lowest temperature at Melbourne",
    dataset="daily_temperatures",
    task=forecasts.TASK,
    variants=VARIANTS,
    scales={
        "small": Scale(
            "seconds on a CPU",
            {
                "data": SeriesData("weather", train=6000, validation=2000, test=2000, clock=True),
                "training.epochs": 2,
            },
        ),
        "full": Scale("15 seconds on one CPU core"),
    },
    goals=tuple(
        Goal("test_mae_degrees", "measure", unit="°C", of=name)
        for name in ("baseline", "linear", "dense", "gru", "recurrent_dropout")
    ),
)
