"""How far can a recurrent cell carry what it was shown? One training for each delay and rate."""

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from textbook_nlp.data.generators import Copy
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Must, Number, Positive, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.layers import GRUCell, LSTMCell, RNNCell
from textbook_nlp.layers.cells import State
from textbook_nlp.models import RecurrentLanguageModel
from textbook_nlp.training import Adam, train_step

CLIP = 1.0
EVERY = 50  # steps from one look at the held-out draws to the next
SOLVED = 0.999  # share of the held-out symbols at which training ends
DRAWS, HELD_OUT, TEST = 1_000_000, 1_000_000_000, 2_000_000_000  # where their seeds begin
SOME = Must(lambda values: len(values) > 0, "one or more")


class OneGateLSTMCell(LSTMCell):
    """An LSTM that lets in what it does not keep: i is 1 - f, and the rows of i are not used.

    Source: Greff and others, "LSTM: A Search Space Odyssey" (2017), its coupled gates.
    """

    def step(self, projected: Tensor, state: State, keep: Tensor | None = None) -> State:
        """Take one step; the state is `(h, c)`."""
        h, c = state
        _, f, g, o = (projected + self.memory(h, keep)).chunk(4, dim=1)
        f = f.sigmoid()
        c = f * c + (1 - f) * g.tanh()
        return o.sigmoid() * c.tanh(), c


CELLS = {"rnn": RNNCell, "lstm": LSTMCell, "one_gate_lstm": OneGateLSTMCell, "gru": GRUCell}


@dataclass(frozen=True)
class Copying(Checked):
    """What a run is made of.

    Attributes:
        cell: of the network.
        delays: between the last symbol and the signal; each is a training of its own.
        rates: of learning, each tried at each delay; the held-out draws choose.
        steps: of training at most; it ends where the held-out draws are all right.
        orthogonal: whether W_h starts orthogonal and the biases at zero.
        keep: what the biases of the gate that keeps, f or z, add up to at the start; None leaves
            them as they are drawn.
        symbols: how many different ones.
        length: how many are shown.
        batch_size: sequences in a batch, all new at every step.
        hidden_size: H.
        judged: sequences of the held-out and of each test draw.
    """

    cell: Literal["rnn", "lstm", "one_gate_lstm", "gru"]
    delays: Annotated[tuple[Size, ...], SOME]
    rates: Annotated[tuple[Positive, ...], SOME]
    steps: Size
    orthogonal: bool = False
    keep: Number | None = None
    symbols: Size = 8
    length: Size = 3
    batch_size: Size = 64
    hidden_size: Size = 64
    judged: Size = 500


def build(configuration: Copying, seed: int) -> RecurrentLanguageModel:
    """Make the network as it is before training.

    Raises:
        ValueError: if a cell without gates is given a bias for one.
    """
    torch.manual_seed(seed)
    H, cell = configuration.hidden_size, CELLS[configuration.cell]
    model = RecurrentLanguageModel(configuration.symbols + 2, 16, H, cell=cell)
    torch.nn.init.normal_(model.embedding.weight)  # as PyTorch draws it: no softmax shares it
    (cell,) = model.recurrent.cells
    if configuration.orthogonal:
        torch.nn.init.orthogonal_(cell.weight_hh)
        torch.nn.init.zeros_(cell.bias_ih)
        torch.nn.init.zeros_(cell.bias_hh)
    if configuration.keep is not None:
        if cell.gates == 1:
            raise ValueError("a plain cell has no gate that keeps: leave keep at None")
        with torch.no_grad():  # the rows are i, f, g, o or r, z, n
            cell.bias_ih[H : 2 * H] = configuration.keep
            cell.bias_hh[H : 2 * H] = 0
    return model


def scores(model: RecurrentLanguageModel, task: Copy, n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return the logits (B L V) and targets (B L) of the places where a symbol is recalled."""
    inputs, targets, _ = task.sample(n, seed)
    outputs, _ = model.hidden(torch.from_numpy(inputs))
    return model.affine(outputs[:, -task.length :]), torch.from_numpy(targets[:, -task.length :])


def recall_loss(model: RecurrentLanguageModel, batch: tuple[Copy, int, int]) -> tuple[Tensor, int]:
    """Return the cross-entropy of the recalled symbols of a draw (task, sequences, seed)."""
    logits, targets = scores(model, *batch)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten()), targets.numel()


@torch.no_grad()
def right(model: RecurrentLanguageModel, task: Copy, n: int, seed: int) -> float:
    """Return the share of symbols that the network recalls."""
    logits, targets = scores(model, task, n, seed)
    return float((logits.argmax(dim=2) == targets).float().mean())


@dataclass(frozen=True)
class Trial:
    """One training: the rate, where it ended, and how long its longest gradient was."""

    rate: float
    steps: int
    held_out: float
    longest: float
    model: RecurrentLanguageModel


def train(configuration: Copying, task: Copy, rate: float, seed: int) -> Trial:
    """Train until the held-out draws are right, or the steps are used up."""
    model = build(configuration, seed)
    optimizer, longest, held_out = Adam(rate).of(model.parameters()), 0.0, 0.0
    for step in range(1, configuration.steps + 1):
        batch = task, configuration.batch_size, DRAWS * (seed + 1) + step
        taken = train_step(model, batch, recall_loss, optimizer, clip=CLIP)
        longest = max(longest, taken.gradient_norm)
        if step % EVERY == 0 or step == configuration.steps:
            held_out = right(model, task, configuration.judged, HELD_OUT + seed)
            if held_out >= SOLVED:
                break
    return Trial(rate, step, held_out, longest, model)


def run(configuration: Copying, setting: Setting) -> Measurement:
    """Measure each delay with the rate that is best there on held-out draws, then the fastest."""
    metrics: dict[str, Number] = {}
    of_rates = {str(rate): [] for rate in configuration.rates}
    for delay in configuration.delays:
        task = Copy(configuration.symbols, configuration.length, delay)
        trials = [train(configuration, task, rate, setting.seed) for rate in configuration.rates]
        for trial in trials:
            of_rates[str(trial.rate)].append(trial.held_out)
        best = max(trials, key=lambda trial: (trial.held_out, -trial.steps))
        metrics |= {f"rate_at_{delay}": best.rate, f"steps_at_{delay}": best.steps}
        metrics[f"longest_gradient_at_{delay}"] = best.longest
        for name, other in (("", delay), ("_half", delay // 2), ("_twice", 2 * delay)):
            task = Copy(configuration.symbols, configuration.length, other)
            share = right(best.model, task, configuration.judged, TEST + setting.seed)
            metrics[f"right_at_{delay}{name}"] = share
    # Each seed draws sequences of its own; what they share is the rule.
    rule = asdict(Copy(configuration.symbols, configuration.length, configuration.delays[0]))
    rule["delay"] = configuration.delays
    return Measurement(
        metrics,
        {f"held_out_at_rate_{rate}": shares for rate, shares in of_rates.items()},
        Dataset("copy", {"rule": sha256(repr(rule))}),
    )


TASK = Task(run, on_cpu=True)
