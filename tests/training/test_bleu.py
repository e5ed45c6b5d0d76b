"""BLEU: sacreBLEU's numbers and tokens, several references, and what it cannot be asked."""

import pytest

from textbook_nlp.training import bleu, tokens_13a

# What sacreBLEU 2.6.0 gives, with tokenize="none" or "13a".
WRITTEN = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."]
REFERENCES = [
    ["The dog bit the man.", "The dog had bit the man."],
    ["It was not unexpected.", "No one was surprised."],
    ["The man bit him first.", "The man had bitten the dog."],
]


def test_the_example_of_sacrebleu():
    texts = [tokens_13a(text) for text in WRITTEN]
    references = [[tokens_13a(text) for text in choices] for choices in REFERENCES]
    assert bleu(texts, references) == pytest.approx(48.530827009929865)


@pytest.mark.parametrize(
    ("texts", "references", "smoothed", "plain"),
    [
        (
            ["a b c d e", "b a"],
            [["a b c d f", "a b c"], ["b a c", "b b a d e"]],
            59.939541538078124,
            59.939541538078124,
        ),
        (["a b c d"], [["a c b d"]], 22.59005009024613, 0.0),
        (["a b c"], [["a b d e"]], 0.0, 0.0),
    ],
)
def test_shares_lengths_and_smoothing_are_those_of_sacrebleu(texts, references, smoothed, plain):
    texts = [text.split() for text in texts]
    references = [[choice.split() for choice in choices] for choices in references]
    assert bleu(texts, references) == pytest.approx(smoothed)
    assert bleu(texts, references, smooth=False) == pytest.approx(plain)


def test_a_word_counts_as_often_as_in_the_reference_that_has_most_of_it():
    text, reference = ["the", "the", "the", "the", "the"], ["the", "cat", "the"]
    assert bleu([text], [[reference]]) < bleu([text], [[reference, text]]) == pytest.approx(100)
    assert bleu([["a"] * 4], [[["b"] * 4]]) == 0


def test_shorter_texts_cost_all_in_all():
    whole, cut = ["a", "b", "c", "d", "e", "f"], ["a", "b", "c", "d", "e"]
    assert bleu([cut], [[whole]]) == pytest.approx(100 * 2.718281828459045 ** (1 - 6 / 5))
    assert bleu([cut], [[whole, cut]]) == pytest.approx(100)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("1,000.5 men, or so.", ["1,000.5", "men", ",", "or", "so", "."]),
        ("well-known 3-4 &quot;it's&quot;", ["well-known", "3", "-", "4", '"', "it's", '"']),
        ("a\nb-\nc (d)", ["a", "bc", "(", "d", ")"]),
        ("", []),
    ],
)
def test_tokens_of_13a(text, tokens):
    assert tokens_13a(text) == tokens


def test_what_is_no_list_of_tokens_is_refused():
    with pytest.raises(ValueError, match="0 texts and 0 lists"):
        bleu([], [])
    with pytest.raises(ValueError, match="1 texts and 2 lists"):
        bleu([["a"]], [[["a"]], [["a"]]])
    with pytest.raises(ValueError, match="row 0 has no reference"):
        bleu([["a"]], [[]])
    with pytest.raises(TypeError, match="row 0 holds a str"):
        bleu(["a"], [[["a"]]])
    with pytest.raises(TypeError, match="a reference of row 0 is a str"):
        bleu([["a"]], [["a"]])
