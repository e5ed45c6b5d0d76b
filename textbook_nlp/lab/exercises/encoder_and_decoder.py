"""The exercises of chapter 12, encoder and decoder."""

import numpy as np

from textbook_nlp.lab.checks import any_of, check_function, check_value


@check_value(
    expects="two whole numbers",
    mistakes={
        "the decoder has an embedding of its own": any_of((150_365, ...), (..., 217_565)),
        "each half has a recurrent layer of its own": any_of((76_333, ...), (..., 143_533)),
        "that is with two biases in each LSTM layer; here there is one": any_of(
            (151_597, ...), (..., 218_797)
        ),
        "the bias of the affine layer is missing": any_of((150_560, ...), (..., 217_760)),
        "the biases of the LSTM layers are missing": any_of((149_549, ...), (..., 216_749)),
        "an LSTM has four gates": any_of((39_213, ...), (..., 57_261)),
        "a peeky decoder shows the state to the affine layer, too": (..., 216_109),
        "a peeky decoder shows the state to the recurrent layer, too": (..., 152_237),
        "the encoder does not peek": (..., 283_309),
    },
)
def parameters(plain_size=150_573, peeky_size=217_773):
    """Exercise 1: the parameters of a plain and of a peeky pair."""


_NATS = float(-np.log(0.3) / 3)


@check_value(
    expects="a probability, nats a character, and a probability",
    atol=0.0051,
    rtol=0.0,
    mistakes={
        "multiply the probabilities of the characters, do not add them": (1.1, ..., ...),
        "that is the mean of the probabilities, not their product": (0.55, ..., ...),
        "that is for the whole answer; divide by its three characters": (
            (..., float(-np.log(0.3)), ...)
        ),
        "the end is a character as well: there are three": (..., float(-np.log(0.3) / 2), ...),
        "a cross-entropy is at least 0: mind the sign": (..., -_NATS, ...),
        "that is in bits": (..., float(-np.log2(0.3) / 3), ...),
        "that is what greedy writing finds; another beginning leads to a likelier answer": (
            (..., ..., 0.3)
        ),
        "that is the second character's alone; multiply by the first one's": (..., ..., 0.9),
    },
)
def answer_probability(probability=0.3, nats=_NATS, likeliest_answer=0.36):
    """Exercise 2: the probability and the cross-entropy of an answer."""


@check_function(
    expects="a function turn(ids, padding_id) that returns an array like ids",
    cases=[
        (np.array([[5, 6, 7], [8, 9, 0]]), 0),
        (np.array([[1, 2, 3, 4], [4, 1, 9, 9], [9, 9, 9, 9], [2, 9, 9, 9]]), 9),
        (np.array([[3]]), 0),
    ],
    mistakes={
        "the padding should stay at the end": {"whole": True},
        "nothing was turned around": {"nothing": True},
        "the rows change places; turn around the tokens of each row": {"rows": True},
        "the padding is padding_id, which is not always 0": {"zero": True},
    },
)
def turn(ids, padding_id, whole=False, nothing=False, rows=False, zero=False):
    """Exercise 3: turn each row around and leave its padding where it is."""
    if nothing:
        return ids.copy()
    if rows:
        return ids[::-1].copy()
    if whole:
        return ids[:, ::-1].copy()
    turned = ids.copy()
    for row, new_row in zip(ids, turned, strict=True):
        real = row != (0 if zero else padding_id)
        new_row[real] = row[real][::-1]
    return turned


def _scored(seed, shape, vocabulary_size):
    """Logits and targets of which some rows are right throughout, some in part."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(1, vocabulary_size, size=shape)
    targets[:, 0] = 1
    for row in targets:
        row[1 + rng.integers(1, shape[1]) :] = 0
    logits = rng.normal(size=(shape[0], shape[1] - 1, vocabulary_size))
    for i, row in enumerate(targets[:, 1:]):
        for t, token in enumerate(row):
            if token and (i % 2 or t % 3):
                logits[i, t, token] = 9.0
    return logits, targets


@check_function(
    expects="a function whole(logits, targets) that returns a share",
    cases=[_scored(0, (6, 5), 4), _scored(1, (9, 7), 5), _scored(2, (5, 4), 3)],
    mistakes={
        "that is still the share of characters; an answer counts as a whole": {"characters": True},
        "what stands behind the end of an answer cannot be wrong": {"padding": True},
        "an answer counts only if all of its characters are right, not any": {"any_of_them": True},
        "the logits at t belong to the target at t + 1, behind the start token": {"shift": True},
        "that is a number of answers; return their share": {"count": True},
    },
)
def whole(
    logits,
    targets,
    padding_id=0,
    characters=False,
    padding=False,
    any_of_them=False,
    shift=False,
    count=False,
):
    """Exercise 4: the share of answers that are right as a whole."""
    wanted = targets[:, :-1] if shift else targets[:, 1:]
    right, real = logits.argmax(axis=2) == wanted, wanted != padding_id
    if characters:
        return right[real].mean()
    if any_of_them:
        return (right & real).any(axis=1).mean()
    rows = (right if padding else right | ~real).all(axis=1)
    return rows.sum() if count else rows.mean()


@check_function(
    expects="a function first_input(v, w, S) that returns two numbers",
    cases=[(0.5, 0.9, 4), (1.3, 0.7, 7), (0.8, 1.1, 2)],
    mistakes={
        "those are exchanged: read first, it has the longer way": {"exchanged": True},
        "from the first input to h_S there are S - 1 steps": any_of(
            {"more": 1}, {"more": 1, "turned_more": 0}
        ),
        "the step of the decoder multiplies by v as well": {"decoder": False},
        "the recurrent weight acts once at each step: a power, not a product": {"power": False},
    },
)
def first_input(v, w, S, exchanged=False, more=0, turned_more=None, decoder=True, power=True):
    """Exercise 5: the gradient by the first input, as it is and turned around."""
    factor = v if decoder else 1.0
    k = S - 1 + more
    found = (
        factor * (w**k if power else w * k),
        factor * w ** (more if turned_more is None else turned_more),
    )
    return found[::-1] if exchanged else found


_T = {2: 12.7062, 3: 4.30265, 4: 3.18245, 5: 2.77645, 6: 2.57058}  # Student's, by seeds


@check_function(
    expects="a function effects(m) that returns an array of shape (3, 2)",
    cases=[
        (np.random.default_rng(n).normal([[1.6, 1.37], [1.42, 1.3]], 0.05, size=(n, 2, 2)),)
        for n in (3, 4, 5)
    ],
    mistakes={
        "the sign is the other way round: with the change, minus without": {"sign": -1},
        "an effect is the mean over both kinds of the other change, not the sum": {"mean": False},
        "reversal is the first axis behind the seeds, peeky the second": {"exchanged": True},
        "the interaction is the difference of two differences, not half of it": {"half": True},
        "with so few seeds the factor is Student's, not 1.96": {"normal": True},
        "Student's factor depends on n; that is the one of four seeds": {"constant": True},
        "divide the standard deviation by the root of n": {"root": False},
        "the standard deviation of a sample divides by n - 1 (ddof=1)": {"ddof": 0},
        "give half the width of the interval": {"width": 2},
    },
)
def effects(
    m,
    sign=1,
    mean=True,
    exchanged=False,
    half=False,
    normal=False,
    constant=False,
    root=True,
    ddof=1,
    width=1,
):
    """Exercise 6: two effects, their interaction, and the intervals."""
    if exchanged:
        m = m.swapaxes(1, 2)
    n, share = len(m), 0.5 if mean else 1.0
    each = sign * np.stack(
        [
            share * (m[:, 1] - m[:, 0]).sum(axis=1),
            share * (m[:, :, 1] - m[:, :, 0]).sum(axis=1),
            (0.5 if half else 1.0) * (m[:, 1, 1] - m[:, 0, 1] - m[:, 1, 0] + m[:, 0, 0]),
        ]
    )
    factor = 1.96 if normal else _T[4 if constant else n]
    spread = width * factor * each.std(axis=1, ddof=ddof) / (np.sqrt(n) if root else 1.0)
    return np.stack([each.mean(axis=1), spread], axis=1)


@check_value(
    expects="two lists of two numbers",
    mistakes={
        "that is running free: with teacher forcing it reads 6, whatever it wrote": any_of(
            ([4, 8], ...), (..., [7, 1])
        ),
        "those are the true digits, which it reads; what does it write?": any_of(
            ([6, 2], ...), (..., [6, 2])
        ),
        "at the second step the place is 1: what is left is not divided by 10": any_of(
            ([4, -120], ...), (..., [7, 110])
        ),
    },
)
def led(from_48=(4, -12), from_71=(7, 11)):
    """Exercise 7: what the little decoder writes when it is led."""


@check_function(
    expects="a function turned_targets(answers) that returns ids like answers",
    cases=[
        (np.array([[1, 9, 5, 0], [1, 4, 0, 0], [1, 3, 4, 5]]),),
        (np.array([[2, 7, 8, 0, 0], [2, 5, 6, 7, 8]]),),
    ],
    mistakes={
        "the start token should stay in front": {"start": True},
        "the blanks should stay at the end": {"blanks": True},
        "nothing was turned around": {"nothing": True},
        "return the start token, too": {"cut": True},
    },
)
def turned_targets(answers, start=False, blanks=False, nothing=False, cut=False):
    """Exercise 8: answers that begin with the units."""
    turned = np.asarray(answers).copy()
    first = 0 if start else 1
    for row in turned:
        real = np.flatnonzero(row[first:] != 0) + first
        places = np.arange(first, len(row)) if blanks else real
        if not nothing:
            row[places] = row[places][::-1]
    return turned[:, 1:] if cut else turned
