"""Checks never raise, print one line, and name the likely mistake."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.lab import checks as core
from textbook_nlp.lab.checks import any_of, check_function, check_value, expect
from textbook_nlp.lab.checks.calls import is_todo
from textbook_nlp.lab.checks.expect import expect_function
from textbook_nlp.lab.checks.values import describe, plain

MATRIX = np.arange(6.0).reshape(2, 3)


@check_value(
    expects="an array of shape (2, 3)",
    mistakes={
        "you counted from 1": MATRIX + 1,
        "a sign is off": any_of(-1 - MATRIX, when=lambda answer: min(map(min, answer)) < 0),
    },
)
def matrix(answer=MATRIX):
    """Exercise 1: a matrix."""


@check_function(
    expects="a function of x and w",
    cases=[(MATRIX, MATRIX.T + np.array([0, 1])), (MATRIX.T, MATRIX + 1)],
    mistakes={
        "the product is transposed": {"then": np.transpose},
        "a factor is missing": {"factor": 3},
    },
)
def product(x, w, factor=1):
    """Exercise 2: a product."""
    return factor * x @ w


@check_function(
    expects="a function that returns two arrays", cases=[MATRIX], outputs=("outputs", "state")
)
def pair(x):
    """Exercise 3: two arrays."""
    return x + 1, x.sum()


def only_line(capsys, result):
    out = capsys.readouterr()
    assert out.out == result.message + "\n"
    assert out.err == ""
    return result.state, result.message


class Hostile:
    """An object that fails however it is touched."""

    def __getattribute__(self, name):
        raise RuntimeError("hostile")

    def __repr__(self):
        raise RuntimeError("hostile")

    def __eq__(self, other):
        raise RuntimeError("hostile")

    __hash__ = None


class Sulky:
    """An object whose operations fail."""

    def _fail(self, *arguments, **named):
        raise RuntimeError("sulky")

    __array__ = __bool__ = __eq__ = __len__ = __iter__ = __call__ = __float__ = _fail
    __hash__ = object.__hash__


def test_a_right_answer_is_right(capsys):
    assert only_line(capsys, matrix(MATRIX)) == ("right", "right, well done")


@pytest.mark.parametrize(
    "answer",
    [
        [[0, 1, 2], [3, 4, 5]],
        ((0, 1, 2), (3, 4, 5)),
        torch.arange(6.0).reshape(2, 3).requires_grad_(),
        torch.arange(6).reshape(2, 3).to(torch.bfloat16),
        [torch.arange(3), torch.arange(3, 6)],
        [torch.tensor([0, 1, 2]), [3, 4, 5]],
        MATRIX + 1e-8,
        MATRIX.astype(np.float16),
        MATRIX[None],
    ],
)
def test_numbers_of_every_kind_are_taken(answer):
    result = matrix(answer)

    assert (result.state, result.error) == ("right", None)


@pytest.mark.parametrize("answer", [None, ..., [...], (1, ...), {"a": ...}])
def test_a_starter_is_not_tried_yet(capsys, answer):
    state, message = only_line(capsys, matrix(answer))

    assert state == "not tried yet"
    assert message.startswith("not tried yet")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (MATRIX.T, "shape (3, 2), expected (2, 3): did you forget to transpose?"),
        (MATRIX.ravel(), "their arrangement is not"),
        (MATRIX[0], "an axis is missing"),
        (np.zeros((1, 3, 4)), "there is an axis too many"),
        (np.zeros((2, 4)), "look at axis 1"),
        (3.0, "shape (), expected (2, 3)"),
        (MATRIX + 1, "you counted from 1"),
        (-1 - MATRIX, "a sign is off"),
        (MATRIX * np.nan, "has 6 entries that are NaN"),
        (np.where(MATRIX == 2, np.inf, MATRIX), "has 1 entry that is infinite"),
        (MATRIX + np.array([0, 0, 2]), "2 of 6 entries differ; entry [0, 2] is too large"),
        (np.where(MATRIX == 5, 4.95, MATRIX), "(it is close: rounded too early?)"),
        ("six", "expected numbers, answer is 'six'"),
        ([[1, 2], [3]], "the rows of answer have several lengths"),
        ({"a": 1}, "expected numbers"),
        ([["a", "b"]], "expected numbers"),
        (lambda: MATRIX, "is a function: call it"),
        (MATRIX * 1j, "hint: "),
    ],
)
def test_a_hint_says_what_is_wrong(capsys, answer, words):
    state, message = only_line(capsys, matrix(answer))

    assert state == "hint"
    assert message.startswith("hint: ")
    assert words in message


def test_a_hint_does_not_tell_the_answer_unless_asked():
    with pytest.raises(core.Hint) as kept:
        expect(7.0, 12.5)
    with pytest.raises(core.Hint) as told:
        expect([7.0], np.array([12.5]), reveal=True)

    assert str(kept.value) == "your answer is too small"
    assert "entry [0] is 7 and should be 12.5" in str(told.value)


def test_an_axis_of_length_1_counts_where_shapes_are_the_subject():
    assert "an axis of length 1 is too many" in product(lambda x, w: (x @ w)[None]).message


def test_whole_numbers_are_compared_exactly():
    assert expect(160_408, 160_408) is None
    with pytest.raises(core.Hint, match=r"too large \(it is close"):
        expect(160_409, 160_408)


def test_truth_values_are_named():
    with pytest.raises(core.Hint, match=r"entry \[1\] is False and should not be"):
        expect([True, False], np.array([True, True]))


def test_hostile_answers_are_described():
    assert describe(Hostile()) == "of type Hostile"


def test_an_object_that_cannot_be_compared_is_not_equal():
    with pytest.raises(core.Hint, match="of type Sulky"):
        expect(Sulky(), "six")


def test_a_yes_or_no_is_no_number():
    with pytest.raises(core.Hint, match="expected True or False, .* is 'array'"):
        expect_function(lambda x: "array", lambda x: True, [(1,)])


def test_a_check_stopped_by_hand_says_so(capsys):
    class Slow:
        def __array__(self, *arguments, **named):
            raise KeyboardInterrupt

    assert "stopped by hand" in only_line(capsys, matrix(Slow()))[1]


def test_hostile_answers_get_a_hint(capsys):
    result = matrix(Hostile())

    assert only_line(capsys, result)[0] == "hint"
    assert "expected an array of shape (2, 3)" in result.message
    assert result.error is not None


def test_a_fault_of_the_check_itself_is_kept_for_tests():
    @core.check(expects="anything")
    def broken(answer):
        raise ZeroDivisionError

    result = broken(1)

    assert result.state == "hint"
    assert isinstance(result.error, ZeroDivisionError)


@pytest.mark.parametrize("arguments", [(), (MATRIX, MATRIX)])
def test_a_check_called_wrongly_says_how(arguments):
    result = matrix(*arguments)

    assert result.message == (
        "hint: give the check your answer: check.matrix(answer), where the answer is an array of "
        "shape (2, 3)"
    )


def test_named_answers_are_taken():
    assert matrix(answer=MATRIX).state == "right"
    assert matrix(answer=...).state == "not tried yet"


def test_nothing_more_is_shown_in_a_notebook():
    from IPython.core.formatters import DisplayFormatter

    assert DisplayFormatter().format(matrix(MATRIX)) == ({}, {})


def test_the_checks_of_a_module_are_listed():
    module = sys.modules[__name__]

    assert list(core.checks(module)) == ["matrix", "product", "pair"]
    assert repr(matrix) == ("<exercise matrix: call it with your answer, an array of shape (2, 3)>")


# --- Functions as answers --------------------------------------------------------------------


def test_a_right_function_is_right(capsys):
    def answer(x, w):
        print("a note of the learner")
        np.log(np.zeros(1))
        return x @ w

    assert only_line(capsys, product(answer))[0] == "right"


def transposed(x, w):
    return w.T @ x.T


def raising(x, w):
    return 1 / 0


def endless(x, w):
    return endless(x, w)


def leaving(x, w):
    sys.exit(1)


def interrupted(x, w):
    raise KeyboardInterrupt


def forgetful(x, w):
    _ = x @ w


def modifying(x, w):
    product = x @ w
    x *= 0
    return product


def yielding(x, w):
    yield x @ w


def changing_dtype(x, w):
    return str(x @ w)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (transposed, "the product is transposed"),
        (lambda x, w: x @ w + 1, "4 of 4 entries differ; entry [0, 0] is 6 and should be 5"),
        (lambda x: x, "takes 1 argument (x), the check calls it with 2"),
        (lambda: 1, "takes 0 arguments (nothing)"),
        (raising, "raising raised ZeroDivisionError: division by zero (called with x = an array"),
        (endless, "endless calls itself without end"),
        (leaving, "leaving ended Python"),
        (interrupted, "interrupted was stopped by hand"),
        (forgetful, "forgetful returns None: is the `return` missing?"),
        (modifying, "modifying changes its inputs in place"),
        (yielding, "yielding yields its values"),
        (changing_dtype, "expected numbers"),
        (lambda x, w: (x @ w, x), "expected one array, what your function returns is a tuple"),
        (MATRIX, "give the function itself, without calling it"),
        (lambda x, w: x @ w @ np.nan, "raised"),
        (lambda x, w: (x @ w) * np.nan, "NaN"),
    ],
)
def test_a_wrong_function_gets_a_hint(capsys, answer, words):
    result = product(answer)

    assert only_line(capsys, result)[0] == "hint"
    assert words in result.message
    assert result.error is None


def dots(x, w): ...


def described(x, w):
    """Multiply."""


def described_dots(x, w):
    """Multiply."""
    ...  # noqa: PIE790


def not_implemented(x, w):
    """Multiply."""
    raise NotImplementedError


def not_implemented_with_words(x, w):
    raise NotImplementedError("your turn")


def passing(x, w):
    pass


def returning_dots(x, w):
    result = ...
    return result  # noqa: RET504


def using_dots(x, w):
    result = ...
    return result + x


def dots_in_numpy(x, w):
    return np.tanh(...)


STARTERS = [
    dots,
    described,
    described_dots,
    not_implemented,
    not_implemented_with_words,
    passing,
    returning_dots,
    using_dots,
    dots_in_numpy,
]


@pytest.mark.parametrize("starter", STARTERS)
def test_a_starter_function_is_not_tried_yet(starter):
    assert product(starter).state == "not tried yet"


def typed(body):
    """A function without a source, as one that a learner types into a prompt."""
    namespace = {}
    exec(f"def answer(x, w):\n    {body}", namespace)
    return namespace["answer"]


@pytest.mark.parametrize("body", ["...", "pass", "'Multiply.'", "return", "return ..."])
def test_a_starter_without_its_source_is_not_tried_yet(body):
    assert product(typed(body)).state == "not tried yet"


@pytest.mark.parametrize("body", ["x - w", "x and w", "x == w", "result = 3", "print(x)", "-x"])
def test_a_function_that_forgets_to_return_is_tried(body):
    with pytest.raises(core.Hint, match="answer returns None: is the `return` missing"):
        core.call(typed(body), 1, 2)


def test_several_outputs_are_named():
    assert pair(lambda x: (x + 1, x.sum())).state == "right"
    assert pair(lambda x: [x + 1, x.sum()]).state == "right"
    assert "expected 2 values (outputs, state)" in pair(lambda x: x).message
    assert "`state` is 16" in pair(lambda x: (x + 1, x.sum() + 1)).message.replace(": it", "")


def test_a_learner_cannot_change_what_is_checked():
    original = np.ones(3)
    tensor = torch.ones(3, requires_grad=True)
    words = [["a"], {"b": [1]}]

    def spoil(array, tensor, words):
        array[:] = 0
        tensor.data.zero_()
        words[0].append("spoiled")
        words[1]["b"].append(2)
        return 1

    returned, changed = core.call(spoil, original, tensor, words, in_place=True)
    assert returned == 1
    np.testing.assert_array_equal(changed, np.zeros(3))
    np.testing.assert_array_equal(original, np.ones(3))
    torch.testing.assert_close(tensor.detach(), torch.ones(3))
    assert words == [["a"], {"b": [1]}]


@pytest.mark.parametrize("value", [[1], {"a": 1}, {1}, (np.ones(1),)])
def test_a_changed_list_is_seen(value):
    def change(x):
        if isinstance(x, tuple):
            x[0][0] = 5
        else:
            x.clear()
        return 1

    with pytest.raises(core.Hint, match="in place"):
        core.call(change, value)


def test_functions_without_a_signature_are_called():
    assert core.call(max, 1, 2) == 2
    with pytest.raises(core.Hint, match="raised TypeError"):
        core.call(dict, 5)


def test_a_torch_module_is_called():
    layer = torch.nn.Linear(3, 2)

    assert core.call(layer, torch.zeros(4, 3)).shape == (4, 2)


def test_an_error_that_cannot_be_read_is_named():
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    def mute():
        raise Mute

    with pytest.raises(core.Hint, match="mute raised Mute \\(called with no arguments\\)"):
        core.call(mute)


def test_functions_of_words_are_compared():
    cases = [("a b",), ("A",)]

    expect_function(lambda s: tuple(s.split()), lambda s: s.split(), cases)
    with pytest.raises(core.Hint, match=r"expected a list of 2 items.*called with s = 'a b'"):
        expect_function(lambda s: s, lambda s: s.split(), cases)


def test_a_mistaken_function_that_fails_is_passed_over():
    with pytest.raises(core.Hint, match="second"):
        expect_function(
            lambda x: x + 1,
            lambda x: x,
            [(1.0,)],
            mistakes=[("first", lambda x: x["no"]), ("second", lambda x: x + 1)],
        )


def test_a_mistake_may_raise_where_the_learner_s_function_does():
    @check_function(
        expects="a function", cases=[1.0, 0.0], mistakes={"by 0": lambda x: 1 if x else 1 / x}
    )
    def inverse(x):
        """Exercise 4: the inverse."""
        return 1 / x if x else 0

    assert inverse.misjudged() == []
    assert inverse(lambda x: 1 / x).message == "hint: by 0"
    assert "TypeError" in inverse(lambda x: 1 if x else x + "").message
    assert "ZeroDivisionError" in inverse(lambda x: 1 / 0).message


def test_a_function_may_be_recognized_before_it_is_called():
    def given(x):
        return x

    @check_function(
        expects="a function",
        cases=[1],
        mistakes={"not that": any_of(given, when=lambda function: function.__name__ == "given")},
    )
    def same(x):
        """Exercise 6: the same."""
        return x

    assert same.misjudged() == []
    assert same(lambda x: x).state == "right"


def test_what_a_function_changes_in_place_is_compared():
    @check_function(
        expects="a function",
        cases=[np.zeros(2)],
        in_place=True,
        outputs=("what is returned", "x"),
        mistakes={"that is a copy": lambda x: filled.function(x.copy())},
    )
    def filled(x):
        """Exercise 5: ones, in place."""
        x[:] = 1
        return x

    assert filled.misjudged() == []
    assert "`what is returned`: 2 of 2 entries differ" in filled(lambda x: x).message


# --- Mistakes test themselves ----------------------------------------------------------------


def test_checks_judge_their_own_mistakes():
    assert matrix.misjudged() == product.misjudged() == pair.misjudged() == []


@pytest.mark.parametrize(
    ("mistakes", "fault"),
    [
        ({"first": 3, "second": 3}, "expected 'second', got 'hint: first'"),
        ({"no mistake": 2}, "expected 'no mistake', got 'right, well done'"),
    ],
)
def test_a_mistake_that_is_not_recognized_is_a_fault(mistakes, fault):
    @check_value(expects="a number", mistakes=mistakes)
    def two(two=2):
        """Exercise 6: two."""

    (found,) = two.misjudged()
    assert fault in found


def test_a_mistake_that_fails_on_every_case_is_a_fault():
    @check_function(expects="a function", cases=[1, 2], mistakes={"broken": lambda x: x["no"]})
    def same(x):
        """Exercise 6: the same."""
        return x

    (found,) = same.misjudged()
    assert "expected 'broken', got" in found
    assert "<lambda> raised TypeError" in found


def test_a_hint_that_a_program_does_not_give_is_a_fault():
    @core.check(expects="a number", mistakes={"too many": 3, "too few": 1}, right=2)
    def two(answer):
        if answer != 2:
            raise core.Hint("that is too many")

    assert two.misjudged() == ["two: expected 'too few', got 'hint: that is too many'"]


def test_a_program_that_fails_is_a_fault():
    @core.check(expects="a number", right=2)
    def two(answer):
        raise ZeroDivisionError

    (found,) = two.misjudged()
    assert "expected 'right', got" in found


def test_of_several_answers_one_may_be_wrong():
    @check_value(
        expects="two numbers",
        mistakes={"swapped": (3, 2), "that is 1 + 2": (..., 4), "one too many": any_of((4, ...))},
    )
    def primes(first=2, second=3):
        """Exercise 7: the first two primes."""

    assert primes.misjudged() == []
    assert primes(2, 4).message == primes(7, 4).message == "hint: that is 1 + 2"
    assert primes(first=3, second=2).message == "hint: swapped"
    assert primes(2, 5).message == "hint: second is too large"
    assert primes(..., 3).state == "not tried yet"


# --- Numbers, words, sets --------------------------------------------------------------------


@pytest.mark.parametrize("answer", [0.33333, [1 / 3], torch.tensor([[1 / 3]]), np.float32(1 / 3)])
def test_one_number_is_taken_in_any_wrapping(answer):
    @check_value(expects="a number")
    def third(third=1 / 3):
        """Exercise 8: a third."""

    assert third(answer).state == "right"
    assert third(Fraction(1, 3)).state == "right"


@pytest.mark.parametrize(
    ("answer", "words"),
    [([1, 2], "expected one number"), (0.3, "too small"), (float("nan"), "NaN")],
)
def test_a_wrong_number_gets_a_hint(answer, words):
    with pytest.raises(core.Hint, match=words):
        expect(answer, 1 / 3)


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (6, 6),
        (np.int64(6), 6),
        (torch.tensor(6), 6),
        (6.0, 6),
        ("cat", "cat"),
        (["a", "b"], ("a", "b")),
        (np.array([1, 2]), [1, 2]),
        ({"b", "a"}, {"a", "b"}),
        (frozenset([("a", "b")]), {("a", "b")}),
        ({"a": np.int64(1)}, {"a": 1}),
        (True, True),
        (np.bool_(True), True),
    ],
)
def test_equal_answers_are_equal(answer, reference):
    assert expect(answer, reference) is None


@pytest.mark.parametrize(
    ("answer", "reference", "words"),
    [
        (5, 6, "too small"),
        (7.5, 6.5, "too large"),
        (True, 1, "expected numbers, your answer is True"),
        (1, True, "expected True or False"),
        (False, True, "is not it: False"),
        ("6", 6, "expected numbers, your answer is '6'"),
        (6, "6", "expected a text"),
        ("Cat", "cat", "only in upper and lower case"),
        ("cat ", "cat", "only in the spaces"),
        ("dog", "cat", "is not it: 'dog'"),
        ("d" * 99, "cat", "ddd…"),
        (["a"], ["a", "b"], "has 1 item, expected 2"),
        ((1, 2), (1, 3), "value 1 of your answer is too small"),
        ((1, 2), (1, 2, 3), "expected 3 values"),
        (["b", "a"], ["a", "b"], "in another order"),
        (["a", "c"], ["a", "b"], "item 1 of your answer is not right: 'c'"),
        ("ab", ["a", "b"], "expected a list of 2 items, your answer is 'ab'"),
        ({"a", "c"}, {"a", "b"}, "your answer is not it: {'"),
        ({"a": 1}, {"b": 1}, "is not it: {'a': 1}"),
        (b"a", "a", "expected a text, your answer is b'a'"),
        (object(), "3", "your answer is of type object"),
        (1, b"x", "expected a value of type bytes"),
        (b"y", b"x", "is not it"),
    ],
)
def test_different_answers_get_a_hint(answer, reference, words):
    @core.check(expects="something hostile cannot give")
    def equal(value):
        expect(value, reference)

    result = equal(answer)

    assert result.state == "hint"
    assert words in result.message


# --- Anything at all -------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
        st.complex_numbers(), st.just(...), st.builds(Sulky), st.just(int), st.just(len),
        st.just(torch.zeros(2, 0)), st.just(np.array("x")), st.just(np.datetime64("NaT")),
    ),
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner), st.dictionaries(st.text(), inner),
        inner.map(lambda value: lambda *inputs: value),
    ),
)  # fmt: skip


@given(ANYTHING)
def test_a_check_never_raises(answer):
    for exercise in (matrix, product, pair):
        result = exercise(answer)
        assert result.state in {"not tried yet", "hint"}
        assert result.message.startswith(result.state)
        assert "\n" not in result.message


@given(ANYTHING)
def test_anything_can_be_described(value):
    assert isinstance(describe(value), str)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (torch.zeros(2, 3), "a tensor of shape (2, 3)"),
        (np.zeros((2, 3)), "an array of shape (2, 3)"),
        (np.float32(0.1), "0.1"),
        (np.bool_(True), "True"),
        ((1, 2), "a tuple of 2 items"),
        ([1, 2], "[1, 2]"),
        (list(range(99)), "a list of 99 items"),
        (dots, "the function dots"),
        (Hostile, "the class Hostile"),
    ],
)
def test_descriptions_are_short(value, words):
    assert describe(value) == words


def test_plain_values_are_python_s_own():
    assert plain(({"a": np.ones(1)}, torch.ones(1), np.int64(1))) == [{"a": [1.0]}, [1.0], 1]
    assert not is_todo(Hostile)


def test_the_machinery_needs_no_torch():
    code = "import sys, textbook_nlp.lab.checks; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout == "False\n"
