"""Compare an answer with the right one, and say in words how it differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from textbook_nlp.lab.checks.calls import Failed, call, call_words
from textbook_nlp.lab.checks.values import (
    Hint,
    as_array,
    be,
    copied,
    count,
    describe,
    is_numeric,
    kind_of,
    nearly,
    plain,
    same,
    short,
)


def expect(
    answer: Any,
    wanted: Any,
    *,
    rtol: float = 1e-4,
    atol: float = 1e-6,
    name: str = "your answer",
    outputs: Sequence[str] = (),
    reveal: bool = False,
) -> None:
    """Be content if the answer is the wanted one.

    Numbers, arrays and tensors may be close (whole ones as far as `atol`) and must have the right
    shape; a tuple or a list of arrays is compared part by part; all else must be equal.

    Args:
        answer: the learner's; a list may be given as a tuple, numbers in any form.
        wanted: the right one.
        rtol: relative tolerance, as in `np.allclose`.
        atol: absolute tolerance.
        name: how the hint calls the answer.
        outputs: the names of the parts, if the right answer is a tuple.
        reveal: whether the hint may tell the right value of the first entry that differs.

    Raises:
        Hint: if it is not.

    Example:
        >>> expect(([1, 2], "cat"), (np.array([1.0, 2.0]), "cat"))
    """
    several = isinstance(wanted, list) and any(isinstance(part, np.ndarray) for part in wanted)
    if several or isinstance(wanted, tuple):
        parts = answer.tolist() if getattr(answer, "ndim", 0) == 1 else answer
        if not isinstance(parts, tuple | list) or len(parts) != len(wanted):
            names = f" ({', '.join(outputs)})" if outputs else ""
            raise Hint(f"expected {len(wanted)} values{names}, {name} is {describe(answer)}")
        for i, (part, right) in enumerate(zip(parts, wanted, strict=True)):
            label = f"`{outputs[i]}`" if i < len(outputs) else f"value {i} of {name}"
            expect(part, right, rtol=rtol, atol=atol, name=label, reveal=reveal)
    elif is_numeric(wanted):
        array, wanted = as_array(answer, name=name), as_array(wanted)
        if array.dtype == bool and wanted.dtype != bool:
            raise Hint(f"expected numbers, {name} is {describe(answer)}")
        if array.shape != wanted.shape:
            raise Hint(_shape_difference(array, wanted, name))
        rtol = 0.0 if wanted.dtype.kind in "iu" else rtol
        off = np.asarray(~np.isclose(array, wanted, rtol=rtol, atol=atol, equal_nan=True))
        if off.any():
            raise Hint(_difference(array, wanted, off, name, reveal))
    elif not same(plain(answer), plain(wanted)):
        raise Hint(_inequality(plain(answer), plain(wanted), name))


def alike(answer: Any, wanted: Any, *, rtol: float, atol: float) -> bool:
    """Whether `expect` would be content."""
    try:
        expect(answer, wanted, rtol=rtol, atol=atol)
    except Exception:
        return False
    return True


def _difference(
    array: np.ndarray, wanted: np.ndarray, off: np.ndarray, name: str, reveal: bool
) -> str:
    """Say where arrays of one shape differ: NaN first, then the values."""
    bad = ~np.isfinite(array) & np.isfinite(wanted)
    if bad.any():
        kind = "NaN (not a number)" if np.isnan(array[bad]).any() else "infinite"
        return (
            f"{name} has {count(bad.sum(), 'entry', 'entries')} that {be(bad.sum())} {kind}: "
            "was something divided by zero, or an exponential too large?"
        )
    at = tuple(int(i) for i in np.argwhere(off)[0])
    here = f"{off.sum()} of {count(off.size, 'entry', 'entries')} differ; entry {list(at)}"
    here = here if at else "it"
    if reveal:
        return f"{name}: {here} is {short(array[at])} and should be {short(wanted[at])}"
    if wanted.dtype == bool:
        return f"{name}: {here} is {bool(array[at])} and should not be"
    text = f"has the right shape, but {here} is" if at else "is"
    close = " (it is close: rounded too early?)" if nearly(array[at], wanted[at]) else ""
    return f"{name} {text} too {'large' if array[at] > wanted[at] else 'small'}{close}"


def _shape_difference(array: np.ndarray, wanted: np.ndarray, name: str) -> str:
    ours, theirs = array.shape, wanted.shape
    if not theirs:
        return f"expected one number, {name} is {describe(array)}"
    text = f"{name} has shape {ours}, expected {theirs}"
    if ours == theirs[::-1]:
        return f"{text}: did you forget to transpose?"
    if array.size == wanted.size:
        squeezed = tuple(n for n in ours if n != 1) == tuple(n for n in theirs if n != 1)
        return f"{text}: " + (
            "an axis of length 1 is too many or missing"
            if squeezed
            else "the number of entries is right, their arrangement is not"
        )
    if len(ours) < len(theirs):
        return f"{text}: an axis is missing; was it summed over, or was only one step returned?"
    if len(ours) > len(theirs):
        return f"{text}: there is an axis too many; should it be summed over, or only a part kept?"
    axis = next(i for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b)
    return f"{text}: look at axis {axis}"


def _inequality(value: Any, wanted: Any, name: str) -> str:
    """Say how plain values other than numbers differ, without telling the right one."""
    if type(value) is not type(wanted):
        return f"expected {kind_of(wanted)}, {name} is {describe(value)}"
    if isinstance(wanted, str) and value.strip() == wanted.strip():
        return f"{name} differs only in the spaces around it"
    if isinstance(wanted, str) and value.casefold() == wanted.casefold():
        return f"{name} differs only in upper and lower case"
    if isinstance(wanted, list):
        if len(value) != len(wanted):
            return f"{name} has {count(len(value), 'item')}, expected {len(wanted)}"
        if sorted(map(repr, value)) == sorted(map(repr, wanted)):
            return f"{name} has the right items in another order"
        at = next(i for i, pair in enumerate(zip(value, wanted, strict=True)) if not same(*pair))
        return f"item {at} of {name} is not right: {describe(value[at])}"
    return f"{name} is not it: {describe(value)}"


def expect_function(
    answer: Any,
    reference: Callable[..., Any],
    cases: Iterable[tuple[Any, ...]],
    *,
    mistakes: Iterable[tuple[str, Callable[..., Any]]] = (),
    rtol: float = 1e-4,
    atol: float = 1e-6,
    outputs: Sequence[str] = (),
    reveal: bool = True,
    in_place: bool = False,
) -> None:
    """Be content if the learner's function gives what the reference gives, for every case.

    Both get their own copies of the inputs.

    Args:
        answer: the learner's function.
        reference: the right function.
        cases: the inputs of each call, as tuples.
        mistakes: pairs of a hint and a wrong function. A mistake is recognized when it does as
            the learner's function on every case, errors included.
        rtol: relative tolerance.
        atol: absolute tolerance.
        outputs: names of what the function returns, for the hints.
        reveal: whether hints may tell the right value of the first entry that differs.
        in_place: whether the function is to change its first input in place; that input is
            compared too, after the call, as a second output.

    Raises:
        Hint: if it does not, or it raises, or returns something of another kind.
        NotTried: if its body is still empty.

    Example:
        >>> expect_function(lambda x: x + x, lambda x: 2 * x, [(1.0,), (np.ones(3),)])
    """
    found, first = [], None
    tolerances = {"rtol": rtol, "atol": atol}
    for case in cases:
        try:
            value, failed = call(answer, *case, in_place=in_place), False
        except Failed as hint:
            value, failed, first = hint.outcome, True, first or hint
        found.append((case, value, failed))
        if first is None:
            name, wanted = "what your function returns", _outcome(reference, case, in_place)
            try:
                expect(value, wanted, name=name, outputs=outputs, reveal=reveal, **tolerances)
            except Hint as hint:
                first = Hint(f"{hint} (called with {call_words(answer, case)})")
    if first is None:
        return
    for hint, wrong in mistakes:
        if not all(failed for _, _, failed in found) and all(
            alike(value, _outcome(wrong, case, in_place), **tolerances) for case, value, _ in found
        ):
            raise Hint(hint)
    raise first


def _outcome(function: Callable[..., Any], case: tuple[Any, ...], in_place: bool) -> Any:
    """What a function of ours returns, or the type of the error that it raises."""
    given = copied(case)
    try:
        value = function(*given)
    except Exception as error:
        return type(error)
    return (value, given[0]) if in_place else value
