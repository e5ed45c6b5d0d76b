"""What a check may expect of an answer; each helper raises `Hint` when it is not content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from textbook_nlp.lab.checks.calls import call, call_words
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

Mistakes = Iterable[tuple[Any, str]]
"""Pairs of a wrong answer, or a test that recognizes it, and the hint that names the mistake."""


def expect_array(
    answer: Any,
    reference: Any,
    *,
    mistakes: Mistakes = (),
    rtol: float = 1e-4,
    atol: float = 1e-6,
    name: str = "your answer",
    reveal: bool = False,
) -> None:
    """Be content if the answer has the reference's shape and is close to it.

    Args:
        answer: a number, list, array or tensor.
        reference: the right one.
        mistakes: pairs of a wrong array, or of a predicate on the answer (an array), and a hint.
        rtol: relative tolerance, as in `np.allclose`.
        atol: absolute tolerance.
        name: how the hint calls the answer.
        reveal: whether the hint may tell the right value of the first entry that differs.

    Raises:
        Hint: it is not.

    Example:
        >>> expect_array([1, 2], np.array([1.0, 2.0]))
    """
    reference = np.asarray(reference)
    array = as_array(answer, name=name)
    if array.shape == reference.shape and np.allclose(
        array, reference, rtol=rtol, atol=atol, equal_nan=True
    ):
        return
    for wrong, hint in mistakes:
        if _recognized(wrong, array, rtol, atol):
            raise Hint(hint)
    raise Hint(difference(array, reference, rtol=rtol, atol=atol, name=name, reveal=reveal))


def _recognized(wrong: Any, array: np.ndarray, rtol: float, atol: float) -> bool:
    """Whether the answer is this known mistake; a predicate that fails on it says no."""
    if callable(wrong):
        try:
            return bool(wrong(array))
        except Exception:
            return False
    wrong = np.asarray(wrong)
    return array.shape == wrong.shape and np.allclose(array, wrong, rtol, atol, equal_nan=True)


def difference(
    array: np.ndarray,
    reference: np.ndarray,
    *,
    rtol: float = 1e-4,
    atol: float = 1e-6,
    name: str = "your answer",
    reveal: bool = False,
) -> str:
    """Say how an array differs from the reference: first the shape, then NaN, then the values."""
    if array.shape != reference.shape:
        return _shape_difference(array, reference, name)
    bad = ~np.isfinite(array) & np.isfinite(reference)
    if bad.any():
        kind = "NaN (not a number)" if np.isnan(array[bad]).any() else "infinite"
        return (
            f"{name} has {count(bad.sum(), 'entry', 'entries')} that {be(bad.sum())} {kind}: "
            "was something divided by zero, or an exponential too large?"
        )
    off = ~np.isclose(array, reference, rtol=rtol, atol=atol, equal_nan=True)
    at = tuple(int(i) for i in np.argwhere(off)[0]) if off.ndim else ()
    here = f"entry {list(at)}" if at else "it"
    text = ""
    if array.ndim:
        text = f"{off.sum()} of {count(off.size, 'entry', 'entries')} differ; "
    if reveal:
        return f"{name}: {text}{here} is {short(array[at])} and should be {short(reference[at])}"
    if reference.dtype == bool:
        return f"{name}: {text}{here} is {bool(array[at])} and should not be"
    direction = "large" if array[at] > reference[at] else "small"
    close = "" if not nearly(array[at], reference[at]) else " (it is close: rounded too early?)"
    return (
        f"{name} has the right shape, but {text}{here} is too {direction}{close}"
        if at
        else (f"{name} is too {direction}{close}")
    )


def _shape_difference(array: np.ndarray, reference: np.ndarray, name: str) -> str:
    ours, theirs = array.shape, reference.shape
    text = f"{name} has shape {ours}, expected {theirs}"
    if ours == theirs[::-1]:
        return f"{text}: did you forget to transpose?"
    if array.size == reference.size:
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


def expect_number(
    answer: Any,
    reference: float,
    *,
    mistakes: Mistakes = (),
    rtol: float = 1e-4,
    atol: float = 1e-6,
    name: str = "your answer",
) -> None:
    """Be content if the answer is one number close to the reference; see `expect_array`.

    Raises:
        Hint: it is not.

    Example:
        >>> expect_number(0.33333, 1 / 3)
    """
    if as_array(answer, name=name).size != 1:
        raise Hint(f"expected one number, {name} is {describe(answer)}")
    value = as_array(answer, name=name).reshape(())
    expect_array(value, np.asarray(reference), mistakes=mistakes, rtol=rtol, atol=atol, name=name)


def expect_equal(
    answer: Any, reference: Any, *, mistakes: Mistakes = (), name: str = "your answer"
) -> None:
    """Be content if the answer equals the reference: a text, an int, a list, a set, a dict.

    A list may be given as a tuple, an int as a NumPy or torch integer. The hint never tells the
    right answer.

    Args:
        answer: the learner's.
        reference: the right one.
        mistakes: pairs of a wrong answer, or of a predicate on the answer, and a hint.
        name: how the hint calls the answer.

    Raises:
        Hint: they differ.

    Example:
        >>> expect_equal(["the", "cat"], ("the", "cat"))
    """
    value, wanted = plain(answer), plain(reference)
    if same(value, wanted):
        return
    for wrong, hint in mistakes:
        if callable(wrong):
            try:
                found = bool(wrong(value))
            except Exception:
                found = False
        else:
            found = same(value, plain(wrong))
        if found:
            raise Hint(hint)
    raise Hint(_inequality(value, wanted, name))


def _inequality(value: Any, wanted: Any, name: str) -> str:
    kinds = ((bool,), (int, float), (str,), (list,), (set,), (dict,))
    kind = next((kind for kind in kinds if isinstance(wanted, kind)), (type(wanted),))
    if not isinstance(value, kind) or (isinstance(value, bool) and kind == (int, float)):
        return f"expected {kind_of(wanted)}, {name} is {describe(value)}"
    if isinstance(wanted, str):
        if value.strip() == wanted.strip():
            return f"{name} differs only in the spaces around it"
        if value.casefold() == wanted.casefold():
            return f"{name} differs only in upper and lower case"
        return f"{name} is not it: {describe(value)}"
    if isinstance(wanted, set):
        extra, lack = len(value - wanted), len(wanted - value)
        return f"{name} has {extra} too many and lacks {lack} of {len(wanted)}"
    if isinstance(wanted, dict):
        if value.keys() != wanted.keys():
            extra, lack = len(value.keys() - wanted.keys()), len(wanted.keys() - value.keys())
            return f"{name} has {extra} keys too many and lacks {lack} of {len(wanted)}"
        first = next(key for key in wanted if not same(value[key], wanted[key]))
        return f"the value at key {describe(first)} is not right: {describe(value[first])}"
    if isinstance(wanted, list):
        if len(value) != len(wanted):
            return f"{name} has {count(len(value), 'item')}, expected {len(wanted)}"
        if sorted(map(repr, value)) == sorted(map(repr, wanted)):
            return f"{name} has the right items in another order"
        at = next(i for i, pair in enumerate(zip(value, wanted, strict=True)) if not same(*pair))
        return f"item {at} of {name} is not right: {describe(value[at])}"
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return f"{name} is too {'large' if value > wanted else 'small'}"
    return f"{name} is not it: {describe(value)}"


def expect_choice(answer: Any, right: str, hints: Mapping[str, str]) -> None:
    """Be content if the answer is the right letter (or word) among several.

    Args:
        answer: the learner's; case and spaces around it do not count.
        right: the right choice.
        hints: for each wrong choice, why it is wrong.

    Raises:
        Hint: it is another, or none of them.

    Example:
        >>> expect_choice("B", "b", {"a": "the state is shared", "c": "so is the weight"})
    """
    choices = sorted([right, *hints])
    if not isinstance(answer, str):
        raise Hint(f"answer with one of {', '.join(map(repr, choices))}, not {describe(answer)}")
    letter = answer.strip().casefold()
    if letter == right.casefold():
        return
    for wrong, hint in hints.items():
        if letter == wrong.casefold():
            raise Hint(hint)
    raise Hint(f"answer with one of {', '.join(map(repr, choices))}, not {describe(answer)}")


def expect_function(
    answer: Any,
    reference: Callable[..., Any],
    cases: Iterable[tuple[Any, ...]],
    *,
    mistakes: Mistakes = (),
    rtol: float = 1e-4,
    atol: float = 1e-6,
    outputs: Sequence[str] = (),
    reveal: bool = True,
    may_modify: bool = False,
) -> None:
    """Be content if the learner's function gives what the reference gives, for every case.

    Both get their own copies of the inputs.

    Args:
        answer: the learner's function.
        reference: the right function.
        cases: the inputs of each call, as tuples.
        mistakes: pairs of a wrong function (called with the same inputs) and a hint. A mistake is
            recognized when it agrees with the learner's function on every case.
        rtol: relative tolerance.
        atol: absolute tolerance.
        outputs: names of what the function returns, for the hints.
        reveal: whether hints may tell the right value of the first entry that differs.
        may_modify: whether the function may change its inputs in place.

    Raises:
        Hint: it does not, or it raises, or returns something of another kind.
        NotTried: its body is still empty.

    Example:
        >>> expect_function(lambda x: x + x, lambda x: 2 * x, [(1.0,), (np.ones(3),)])
    """
    cases = list(cases)
    found, first = [], None
    for case in cases:
        value = call(answer, *case, may_modify=may_modify)
        wanted = reference(*copied(case))
        found.append(value)
        try:
            _expect_like(value, wanted, rtol=rtol, atol=atol, outputs=outputs, reveal=reveal)
        except Hint as hint:
            first = first or (hint, case)
    if first is None:
        return
    for wrong, hint in mistakes:
        if all(
            _alike(value, wrong, case, rtol, atol) for value, case in zip(found, cases, strict=True)
        ):
            raise Hint(hint)
    hint, case = first
    raise Hint(f"{hint} (called with {call_words(answer, case)})")


def _alike(value: Any, wrong: Callable[..., Any], case: tuple, rtol: float, atol: float) -> bool:
    try:
        _expect_like(value, wrong(*copied(case)), rtol=rtol, atol=atol, outputs=(), reveal=False)
    except Exception:
        return False
    return True


def _expect_like(
    value: Any,
    wanted: Any,
    *,
    rtol: float,
    atol: float,
    outputs: Sequence[str],
    reveal: bool,
    name: str = "what your function returns",
) -> None:
    """Compare what a function returned with what it should, of whatever kind that is."""
    tolerances = {"rtol": rtol, "atol": atol, "reveal": reveal}
    if isinstance(wanted, tuple):
        if not isinstance(value, tuple | list) or len(value) != len(wanted):
            names = f" ({', '.join(outputs)})" if outputs else ""
            raise Hint(f"expected {len(wanted)} values{names}, {name} is {describe(value)}")
        for i, (part, right) in enumerate(zip(value, wanted, strict=True)):
            label = f"`{outputs[i]}`" if i < len(outputs) else f"value {i} of {name}"
            _expect_like(part, right, outputs=(), name=label, **tolerances)
    elif is_numeric(wanted):
        if isinstance(value, tuple):
            raise Hint(f"expected one array, {name} is {describe(value)}")
        label = f"`{outputs[0]}`" if outputs else name
        expect_array(value, as_array(wanted), name=label, **tolerances)
    else:
        expect_equal(value, wanted, name=name)
