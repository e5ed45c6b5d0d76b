"""Tomorrow's temperature in generated weather, whose lowest possible error is known."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import forecasts
from textbook_nlp.lab.tasks.forecasts import Forecasting, ForecastModel, ForecastTraining
from textbook_nlp.lab.tasks.series import SeriesData
from textbook_nlp.training import RMSprop

YEAR = 365 * 144
GRU = Forecasting(
    SeriesData("weather", train=2 * YEAR, validation=YEAR, test=YEAR, clock=True),
    lookback=288,
    step=6,
    delay=144,
    model=ForecastModel("recurrent"),
    training=ForecastTraining(RMSprop(1e-3), epochs=4, steps=500, batch_size=128),
)
MODELS = {
    "baseline": ForecastModel("baseline"),
    "linear": ForecastModel("linear"),
    "dense": ForecastModel("dense"),
    "recurrent_dropout": ForecastModel("recurrent", dropout=0.1, recurrent_dropout=0.2),
    "stacked": ForecastModel("recurrent", num_layers=2),
    "bidirectional": ForecastModel("recurrent", bidirectional=True),
    "reversed": ForecastModel("recurrent", reversed=True),
    "convolution": ForecastModel("convolution", num_layers=2),
    "convolution_gru": ForecastModel("convolution_recurrent"),
}
VARIANTS = {"gru": GRU} | {name: changed(GRU, {"model": each}) for name, each in MODELS.items()}
VARIANTS |= {
    "gru_without_clock": changed(GRU, {"data.clock": False}),
    **{
        f"{name}_parts": changed(VARIANTS[name], {"data.wind": "parts"})
        for name in ("linear", "dense", "gru")
    },
}

EXPERIMENT = Experiment(
    name="weather_forecast",
    title="Tomorrow's temperature in generated weather",
    dataset="weather",
    task=forecasts.TASK,
    variants=VARIANTS,
    default="gru",
    scales={
        "small": Scale(
            "10 seconds on a CPU",
            {
                "data.train": YEAR,
                "data.validation": YEAR // 4,
                "data.test": YEAR // 4,
                "training.epochs": 2,
                "training.steps": 200,
            },
        ),
        "full": Scale("a minute on one CPU core"),
    },
    goals=(
        *(
            Goal("test_mae_degrees", "measure", unit="°C", of=name)
            for name in ("baseline", "linear", "dense", "gru", "recurrent_dropout")
        ),
        Goal("above_floor", "at_most", 0.1, unit="share of the floor", of="gru_parts"),
    ),
)
