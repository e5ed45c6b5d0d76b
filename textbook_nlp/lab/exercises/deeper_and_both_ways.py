"""The exercises of chapter 09, deeper and both ways."""

import numpy as np

from textbook_nlp.lab.checks import Hint, any_of, as_array, call, check, check_function, check_value


@check_value(
    expects="two whole numbers",
    mistakes={
        "the layer has two readers, and each has weights of its own": (70_200, ...),
        "that is with two biases, as PyTorch has them; Keras has one": (140_800, ...),
        "each gate has a bias for each unit": any_of((140_000, ...), (..., 60_000)),
        "a reader has 50 numbers of its own for a state; two of 50 are not one of 100": any_of(
            (160_400, ...), (..., 80_400)
        ),
        "the state goes into the gates, too: D + H weights for each unit of a gate": (
            (120_400, ...)
        ),
        "an LSTM has four gates": (35_100, ...),
        "the second layer does not read the words; what does it read?": (..., 140_400),
        "the second layer reads both states of the first side by side": (..., 40_400),
        "the second layer has two readers as well": (..., 30_200),
        "the second layer, too, has one bias a gate in Keras' form": (..., 60_800),
    },
)
def parameters(first=2 * 4 * 50 * (300 + 50 + 1), second=2 * 4 * 50 * (100 + 50 + 1)):
    """Exercise 1: the parameters of two LSTM layers that read both ways, D = 300 and H = 50."""


@check_value(
    expects="two shapes, as tuples of integers",
    mistakes={
        "the upper layer reads one way, and puts out 24 numbers": ((8, 20, 48), ...),
        "that is what the lower layer puts out": any_of(((8, 20, 64), ...), ((8, 20, 32), ...)),
        "the batch comes first: (B, T, …)": ((20, 8, 24), ...),
        "all states are put out, one for each of 20 steps": ((8, 24), ...),
        "the upper layer reads both states of the lower one side by side": any_of(
            (..., (96, 32)), (..., (24, 32))
        ),
        "the upper layer has one reader, and four gates": (..., (192, 64)),
        "the four gates lie one below the other in the matrix": any_of(
            (..., (24, 64)), (..., (64, 24))
        ),
        "in PyTorch's layout the rows are what comes out, the columns what goes in": (
            (..., (64, 96))
        ),
        "weight_ih is what the input is multiplied by; the state has a matrix of its own": any_of(
            (..., (96, 24)), (..., (96, 88))
        ),
    },
)
def shapes(outputs_shape=(8, 20, 24), upper_weight_ih=(96, 64)):
    """Exercise 2: the shapes in a stack whose lower layer reads both ways."""


# The numbers of the chapter's section "By hand".
_W_H, _B = np.array([[0.5, -1.0], [0.5, 0.5]]), np.array([0.0, 0.5])
_H, _E = np.array([0.5, -0.5]), np.array([1.0, 0.5])
_AT_E = np.tanh(_E + _B)
_RIGHT = np.tanh(_H + _AT_E @ _W_H + _B)
_OF_HELLO = np.array([0.8872, -0.3696])  # as the chapter prints it


@check_value(
    expects="a state: two numbers",
    rtol=0.0,
    atol=0.0101,  # two decimals, and a little more
    mistakes={
        "that is the state from the right at e; one letter is still to come": _AT_E,
        "that is the state from the left at h, which has read h alone": np.tanh(_H + _B),
        "that is the state from the left at e": np.tanh(_E + np.tanh(_H + _B) @ _W_H + _B),
        "that is the state at h in hello; here the word is he": _OF_HELLO,
        "that is a; the state is tanh(a)": _H + _AT_E @ _W_H + _B,
        "the bias is added at every step, at h too": np.tanh(_H + _AT_E @ _W_H),
        "the bias is added at every step, at e too": np.tanh(_H + np.tanh(_E) @ _W_H + _B),
        "the state is a row and stands to the left: h @ W_h, not W_h @ h": (
            np.tanh(_H + _W_H @ _AT_E + _B)
        ),
        "the state at e went into the product without its tanh": (
            np.tanh(_H + (_E + _B) @ _W_H + _B)
        ),
    },
)
def state_from_the_right(state=_RIGHT):
    """Exercise 3: the state at "h" of a reader of "he" that comes from the right."""


@check_function(
    expects="a function variance(a, p) that returns one number",
    cases=[(1.0, 0.5), (2.0, 0.1), (-0.7, 0.8), (3.0, 0.0)],
    mistakes={
        "that is without the division by 1 - p": lambda a, p: a**2 * p * (1 - p),
        "that is the mean of the square; take off the square of the mean": (
            lambda a, p: a**2 / (1 - p)
        ),
        "a kept number comes with probability 1 - p; its square has that share in the mean": (
            lambda a, p: (a / (1 - p)) ** 2 - a**2
        ),
        "that is the standard deviation; the variance is its square": (
            lambda a, p: abs(a) * np.sqrt(p / (1 - p))
        ),
        "p is the share that is dropped, not the share that is kept": (
            lambda a, p: a**2 * (1 - p) / p if p else 0.0
        ),
        "a variance grows with the square of the number": lambda a, p: a * p / (1 - p),
    },
)
def variance(a, p):
    """Exercise 4: the variance that dropout gives a number."""
    return a**2 * p / (1 - p)


def _ends(outputs, mask, last=None, first=None, halves=(0, 1)):
    """One vector a text, of two halves at two places; the switches are for known mistakes."""
    rows = np.arange(len(outputs))
    H = outputs.shape[2] // 2
    places = [
        _last_true(mask) if last is None else last(mask),
        _first_true(mask) if first is None else first(mask),
    ]
    parts = [
        outputs[rows, at, H * half : H * (half + 1)]
        for at, half in zip(places, halves, strict=True)
    ]
    return np.concatenate(parts, axis=1)


def _at(place):
    return lambda mask: np.full(len(mask), place)


def _by_length(mask):
    return mask.sum(axis=1) - 1


def _first_true(mask):
    return mask.argmax(axis=1)


def _last_true(mask):
    return mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)


_OUTPUTS = np.random.default_rng(9).standard_normal((3, 5, 8))
_BEHIND = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]], dtype=bool)


@check_function(
    expects="a function text_vector(outputs, mask) that returns an array (B, 2H)",
    cases=[(_OUTPUTS, _BEHIND), (_OUTPUTS, _BEHIND[:, ::-1]), (_OUTPUTS[:1], _BEHIND[1:2])],
    reveal=False,
    mistakes={
        "the fault is still there: the last place of the batch may be padding": (
            {"last": _at(-1), "first": _at(-1)}
        ),
        "the first half is right now; but the reader from the right ends at the first word": any_of(
            {"first": _last_true}, {"last": _by_length, "first": _by_length}
        ),
        "the second half is right now; but the reader from the left ends at the last word": any_of(
            {"last": _at(-1)}, {"last": _at(-1), "first": _at(0)}
        ),
        "padding may also stand in front: find the first and the last place where the mask is "
        "true": any_of(
            {"last": _by_length}, {"last": _by_length, "first": _at(0)}, {"first": _at(0)}
        ),
        "it is the other way round: the reader from the left has read all at the last word, that "
        "from the right at the first": {"last": _first_true, "first": _last_true},
        "in the answer, too, the H numbers of the reader from the left come first": {
            "then": lambda vectors: np.roll(vectors, vectors.shape[1] // 2, axis=1)
        },
        "the reader from the left has the first H numbers": any_of(
            {"halves": (1, 0)}, {"last": _by_length, "first": _at(0), "halves": (1, 0)}
        ),
    },
)
def text_vector(outputs, mask, last=None, first=None, halves=(0, 1)):
    """Exercise 5: one vector for each text, from the last valid state of both readers."""
    return _ends(outputs, mask, last, first, halves)


# Models of ids, as arrays (B, T, V), of which some see what they must not.
_TABLE = np.random.default_rng(6).standard_normal((10, 4))


def _looks(*ahead, place=None, memory=True):
    """A model that adds up what it has read, and at a place or at all what stands ahead."""

    def model(ids):
        x = _TABLE[np.asarray(ids)]
        outputs = x.cumsum(axis=1) if memory else x.copy()
        for k in ahead:
            for t in range(max(x.shape[1] - k, 0)):
                if place in (None, t):
                    outputs[:, t] += 0.1 * x[:, t + k]
        return outputs

    return model


_IDS = np.array([[3, 1, 4, 1, 5, 9], [2, 7, 1, 8, 2, 8]])
_HONEST, _LEAKY = (
    [_looks(), _looks(memory=False)],
    [_looks(1), _looks(3), _looks(1, 2), _looks(1, place=0), _looks(2, place=1), _looks(5)],
)


def _moves(before=None, changed=None, then=None):
    """Whether a later token moves an earlier place; the switches are for known mistakes."""

    def leaks(model, ids):
        found = False
        for t in range(1, ids.shape[1]) if changed is None else changed(ids):
            other = ids.copy()
            other[:, t] = (ids[:, t] + 1) % 10
            places = slice(0, t) if before is None else before(t)
            found |= bool((model(ids)[:, places] != model(other)[:, places]).any())
        return found if then is None else then(found)

    return leaks


@check(
    expects="a function leaks(model, ids) that returns True or False",
    right=_moves(),
    mistakes={
        "return True or False": lambda model, ids: "yes",
        "look only at places before the token that you change": any_of(
            _moves(before=lambda t: slice(0, t + 1)),
            _moves(before=lambda t: slice(t, None)),
            _moves(before=lambda t: slice(None)),
        ),
        "it is the other way round": _moves(then=lambda found: not found),
        "it says no of a model that looks ahead at its first place only": _moves(
            changed=lambda ids: [ids.shape[1] - 1]
        ),
        "it says no of a model that looks several places ahead": _moves(
            before=lambda t: slice(t - 1, t)
        ),
        "it says no of every model": lambda model, ids: False,
    },
)
def leaks(function):
    """Exercise 6: catch a model that has seen what it predicts."""
    honest, leaky = (
        [call(function, model, _IDS.copy()) for model in models] for models in (_HONEST, _LEAKY)
    )
    if not all(isinstance(answer, bool | np.bool_) for answer in (*honest, *leaky)):
        raise Hint("return True or False")
    if all(honest) and not any(leaky):
        raise Hint("it is the other way round: True means that there is a leak")
    if any(honest):
        raise Hint(
            "it finds a leak in a model that has none. A changed token may move its own place and "
            "later ones: look only at places before the token that you change"
        )
    if not any(leaky):
        raise Hint("it says no of every model: change a token, and look at the places before it")
    next_one, far, _, first_place, *_ = leaky
    if next_one and not far:
        raise Hint(
            "it says no of a model that looks several places ahead: look at all places before "
            "the change"
        )
    if not first_place:
        raise Hint(
            "it says no of a model that looks ahead at its first place only: change each of the "
            "later tokens in turn"
        )
    if not all(leaky):
        raise Hint("it says no of a model that looks ahead: try each token and each place before")


@check_value(
    expects="two shares",
    rtol=0.0,
    atol=0.0051,
    mistakes={
        "those are the shares that have been dropped; ask for those that have not": any_of(
            (1 - 0.7**10, ...), (..., 0.3)
        ),
        "0.3 is the share dropped at a step; what is the share kept?": (0.3**10, ...),
        "with one mask, a unit that is kept once is kept at every step": (..., 0.7**10),
        "with new masks, a unit must be kept ten times in a row": (0.7, ...),
        "the shares are multiplied, not added": any_of((1 - 10 * 0.3, ...), (10 * 0.7, ...)),
    },
)
def never_dropped(new_masks=0.7**10, one_mask=0.7):
    """Exercise 7: the share of the units that ten steps leave alone."""


def _dropout(mask_of, scale=None):
    def one_mask(x, p, rng):
        mask = mask_of(x, p, rng)
        return x * mask * ((1 / (1 - p)) if scale is None else scale(p))

    return one_mask


def _kept(*axes):
    """Draw a mask over some axes of x, the same along the others."""

    def mask(x, p, rng):
        shape = [size if axis in axes else 1 for axis, size in enumerate(x.shape)]
        return rng.random(shape) >= p

    return mask


@check(
    expects="a function one_mask(x, p, rng) that returns an array of the shape of x",
    right=_dropout(_kept(0, 2)),
    mistakes={
        "the shape is not that of x": lambda x, p, rng: x[:, 0],
        "another mask at each time step": any_of(
            _dropout(_kept(0, 1, 2)), lambda x, p, rng: x * rng.choice([0, 1 / (1 - p)], x.shape)
        ),
        "all sequences of the batch have the same mask": _dropout(_kept(2)),
        "whole sequences are dropped": _dropout(_kept(0)),
        "whole time steps are dropped": _dropout(_kept(0, 1)),
        "what is kept must be divided by 1 - p": any_of(
            _dropout(_kept(0, 2), scale=lambda p: 1), _dropout(_kept(0, 2), scale=lambda p: 1 / p)
        ),
        "p is the share that is dropped": _dropout(
            lambda x, p, rng: rng.random((len(x), 1, x.shape[2])) < p
        ),
        "nothing is dropped": lambda x, p, rng: x,
    },
)
def one_mask(function):
    """Exercise 8: dropout with one mask for all time steps."""
    x, p = np.ones((40, 7, 30)), 0.25
    found = as_array(call(function, x.copy(), p, np.random.default_rng(3)))
    if found.shape != x.shape:
        raise Hint(f"the shape is not that of x: {found.shape}, expected {x.shape}")
    zero = found == 0
    if not zero.any():
        raise Hint("nothing is dropped: about a quarter of the numbers should be zero")
    if zero.all(axis=(1, 2)).any():
        raise Hint("whole sequences are dropped: draw for each feature of each sequence")
    if zero.all(axis=2).any():
        raise Hint("whole time steps are dropped: draw for each feature, and not for each step")
    if (zero != zero[:, :1]).any():
        raise Hint("another mask at each time step: draw one for each sequence, (B, 1, D)")
    if (zero == zero[:1]).all():
        raise Hint("all sequences of the batch have the same mask: draw one for each of them")
    if zero.mean() > 0.5:
        raise Hint("p is the share that is dropped; you keep that share")
    if not np.allclose(found[~zero], 1 / (1 - p)):
        raise Hint("what is kept must be divided by 1 - p, so that the mean stays what it was")
