"""Wrong answers to the exercises of chapter 04, and a part of the hint that each must get."""

PAIRS = """
def pairs_of(tokens, window):
    return [(w, tokens[j]) for i, w in enumerate(tokens)
            for j in range({left}, min(len(tokens), i + window + {right})) if {condition}]
"""
UPDATE = "def fixed_update(W, context, gradient, rate):\n    {body}\n    return W"
ANSWER = """
def answer(matrix, a, b, c):
    unit = {unit}
    scores = unit @ ({sum})
    {exclude}
    return int(np.argmax(scores))
"""
NORMED = "matrix / np.linalg.norm(matrix, axis=1, keepdims=True)"
SUM, OUT = "unit[b] - unit[a] + unit[c]", "scores[[a, b, c]] = -np.inf"
LEFT = "max(0, i - window)"

WRONG_ANSWERS = {
    "questions": [
        ("cbow_questions, skip_gram_questions = 4, 10", "covered too"),
        ("cbow_questions, skip_gram_questions = 10, 10", "whatever its neighbors"),
        ("cbow_questions, skip_gram_questions = 6, 12", "one neighbor, not two"),
        ("cbow_questions, skip_gram_questions = 6, 5", "two questions"),
    ],
    "rarest": [
        ("probability = 16 / 353", "plain frequencies"),
        ("probability = 8", "divide by the sum"),
        ("probability = 2 / 9", "not 1/4"),
        ("probability = 4 / 29", "square root"),
    ],
    "pairs_of": [
        (PAIRS.format(left="i", right=1, condition="j != i"), "on the left are missing"),
        (PAIRS.format(left=LEFT, right=1, condition="tokens[j] != w"), "its own neighbor"),
        (PAIRS.format(left=LEFT, right=1, condition="True"), "leave out the place"),
        (PAIRS.format(left=LEFT, right=0, condition="j != i"), "one word further"),
        (
            PAIRS.format(left="max(-len(tokens), i - window)", right=1, condition="j != i"),
            "counts from the end",
        ),
        (
            "def pairs_of(tokens, window):\n"
            "    return [(w, tokens[j]) for i, w in enumerate(tokens)\n"
            "            for j in range(max(0, i - window), i)]",
            "on the right are missing",
        ),
    ],
    "sampled_loss": [
        (
            "def sampled_loss(h, right, wrong):\n"
            "    return np.logaddexp(0, -right @ h) + np.logaddexp(0, -wrong @ h).sum()",
            "sign of its score",
        ),
        (
            "def sampled_loss(h, right, wrong):\n"
            "    return np.logaddexp(0, -right @ h) + np.logaddexp(0, wrong @ h).mean()",
            "not averaged",
        ),
        (
            "def sampled_loss(h, right, wrong):\n"
            "    return np.logaddexp(0, right @ h) + np.logaddexp(0, -wrong @ h).sum()",
            "both signs are turned",
        ),
        (
            "def sampled_loss(h, right, wrong):\n    return np.logaddexp(0, -right @ h)",
            "negatives are missing",
        ),
        (
            "def sampled_loss(h, right, wrong):\n    return np.logaddexp(0, wrong @ h).sum()",
            "target is missing",
        ),
        (
            "def sampled_loss(h, right, wrong):\n"
            "    s = 1 / (1 + np.exp(-right @ h))\n"
            "    n = 1 / (1 + np.exp(wrong @ h))\n"
            "    return -np.log(s) - np.log(n).sum()",
            "infinite",
        ),
    ],
    "fixed_update": [
        ("fixed_update = update_with_a_bug", "still there"),
        (UPDATE.format(body="np.add.at(W, context, rate * gradient)"), "subtract"),
        (UPDATE.format(body="W = W - rate * gradient"), "every row changed"),
        (UPDATE.format(body="np.subtract.at(W, context, gradient)"), "rate is missing"),
        (
            UPDATE.format(body="W = W.copy(); np.subtract.at(W, context, rate * gradient)"),
            "the W that was passed is not",
        ),
    ],
    "answer": [
        (ANSWER.format(unit="matrix", sum=SUM, exclude=OUT), "long vectors win"),
        (ANSWER.format(unit=NORMED, sum=SUM, exclude="pass"), "exclude them"),
        (
            ANSWER.format(unit=NORMED, sum="unit[a] - unit[b] + unit[c]", exclude=OUT),
            "sign is turned",
        ),
        (
            ANSWER.format(unit=NORMED, sum="matrix[b] - matrix[a] + matrix[c]", exclude=OUT),
            "of the question to length 1 as well",
        ),
        (
            ANSWER.format(unit=NORMED, sum=SUM, exclude=OUT.replace("-np.inf", "0")),
            "a score of 0 wins",
        ),
        (
            ANSWER.format(unit=NORMED, sum=SUM, exclude=OUT.replace("-np.inf", "-1")),
            "may lie below -1",
        ),
    ],
    "arguments": [
        ("arguments = {'embedding_size': 128}", "at most"),
        ("arguments = {'embedding_size': 32, 'layers': 2}", "no argument 'layers'"),
        ("arguments = {'embedding_size': 32, 'epochs': 1}", "how often is the text read"),
        ("arguments = 25", "dictionary"),
        ("arguments = {'embedding_size': 8, 'epochs': 0}", "refuses this"),
    ],
}
