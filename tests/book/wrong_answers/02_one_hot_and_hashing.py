"""Wrong answers to the exercises of chapter 02, and a part of the hint that each must get."""

TF_IDF = """
def tf_idf(counts):
    df = {df}
    x = counts * (np.log({fraction}) + {plus})
    return {result}
"""
LENGTH = "np.linalg.norm(x, axis=1, keepdims=True)"
SAFE = f"x / np.where({LENGTH} > 0, {LENGTH}, 1)"
DF, FRACTION = "(counts > 0).sum(axis=0)", "(1 + len(counts)) / (1 + df)"


def tf_idf(df=DF, fraction=FRACTION, plus="1", result=SAFE):
    return TF_IDF.format(df=df, fraction=fraction, plus=plus, result=result)


TABLE = """
def smallest_table(V, percent):
    M = {start}
    while V - M * (1 - (1 - 1 / M) ** V) > {limit}:
        M {step}
    return M{after}
"""


def table(start="1", limit="V * percent / 100", step="*= 2", after=""):
    return TABLE.format(start=start, limit=limit, step=step, after=after)


TABLE_OF = """
def smallest_table(V, percent):
    M = 1
    while 100 * ({share}) > percent:
        M *= 2
    return M
"""


PLACE = """
def fixed_place(hashes, M):
    {body}
"""
RATIOS = """
def ratios(x, labels):
    p = {add} + x[labels == 1].{how}(axis=0)
    q = {add} + x[labels == 0].{how}(axis=0)
    return {result}
"""
RATIO = "np.log(p / p.sum()) - np.log(q / q.sum())"


def ratios(add="1", how="sum", result=RATIO):
    return RATIOS.format(add=add, how=how, result=result)


WRONG_ANSWERS = {
    "bag": [
        ("bag = [1, 1, 1, 1]", "not only whether"),
        ("bag = [3, 2, 1, 1]", "goose comes first"),
        ("bag = [3, 1, 2, 3, 1, 2, 0]", "not for each word of the text"),
        ("bag = [1, 2, 1, 3, 1]", "leave it out"),
        ("bag = 'the mayor'", "expected"),
    ],
    "memory": [
        ("ids_bytes, one_hot_bytes = 32 * 200, 32 * 200 * 10_000 * 4", "8 bytes"),
        ("ids_bytes, one_hot_bytes = 32 * 200 * 4, 32 * 200 * 10_000 * 4", "not 4"),
        ("ids_bytes, one_hot_bytes = 32 * 200 * 10_000 * 4, 1", "V does not occur"),
        ("ids_bytes, one_hot_bytes = 51_200, 32 * 200 * 10_000", "4 bytes"),
        ("ids_bytes, one_hot_bytes = 51_200, 32 * 200 * 10_000 * 8", "not 8"),
        ("ids_bytes, one_hot_bytes = 51_200, 200 * 10_000 * 4", "one text"),
        ("ids_bytes, one_hot_bytes = 51_200, 32 * 10_000 * 4", "each token"),
    ],
    "compressed": [
        ("values, columns, starts = [0, 5, 0, 2], [1], [0]", "not stored"),
        ("values, columns, starts = [1, 5, 2, 4], [0, 1, 3, 3], [0]", "row by row"),
        ("values, columns, starts = [5, 2, 1, 4], [2, 4, 1, 4], [0]", "from 0"),
        ("values, columns, starts = [5, 2, 1, 4], [0, 0, 2, 2], [0]", "those are the rows"),
        ("values, columns, starts = [5, 2, 1, 4], [1, 3, 0, 3], [0, 2, 4]", "empty row"),
        ("values, columns, starts = [5, 2, 1, 4], [1, 3, 0, 3], [0, 2, 2]", "last row ends"),
        ("values, columns, starts = [5, 2, 1, 4], [1, 3, 0, 3], [2, 0, 2]", "sizes"),
        ("values, columns, starts = [5, 2, 1, 4], [1, 3, 0, 3], [2, 2, 4]", "begins at 0"),
    ],
    "tf_idf": [
        (tf_idf(result=f"x / {LENGTH}"), "row of zeros"),
        (tf_idf(result="x"), "not divided"),
        (tf_idf(result="x / np.maximum(np.abs(x).sum(1, keepdims=True), 1e-9)"), "root"),
        (tf_idf(result="x / np.maximum(counts.sum(1, keepdims=True), 1)"), "number of tokens"),
        (tf_idf(plus="0"), "add 1 to the logarithm"),
        (tf_idf(fraction="len(counts) / df"), "above and below"),
        (tf_idf(df="counts.sum(axis=0)"), "in how many texts"),
        ("tf_idf = 3", "function"),
    ],
    "smallest_table": [
        (table(step="+= 1"), "powers of two"),
        (table(limit="V * percent / 10_000"), "divide it by 100"),
        (table(limit="V * percent"), "25 means a quarter"),
        (table().replace("> V", ">= V"), "exactly that share"),
        (table().replace("(1 - (1 - 1 / M) ** V)", "(1 - np.exp(-V / M))"), "only near"),
        (TABLE_OF.format(share="1 - np.exp(-V * (V - 1) / 2 / M)"), "any collision"),
        (TABLE_OF.format(share="1 - (1 - 1 / M) ** (V - 1)"), "with company"),
        (TABLE_OF.format(share="1 - (1 - 1 / M) ** V"), "not how many buckets"),
        (table(after=" * 2"), "too far"),
        (table(after=" // 2 or 1"), "too few"),
        ("def smallest_table(V, percent):\n    return 0", "small"),
    ],
    "fixed_place": [
        ("fixed_place = place_with_a_bug", "still have one sign"),
        (
            PLACE.format(body="return hashes % M, np.where(hashes // 2 % 2 == 0, 1, -1)"),
            "still have one sign",
        ),
        (
            PLACE.format(body="return hashes % M, np.where(hashes // 2**16 % 2 == 0, 1, -1)"),
            "with 1048576 buckets",
        ),
        (
            PLACE.format(body="return hashes % M, np.where(np.arange(len(hashes)) % 2, 1, -1)"),
            "no position",
        ),
        (
            PLACE.format(body="return hashes % M, np.where(hashes < np.median(hashes), 1, -1)"),
            "nothing from the other hashes",
        ),
        (PLACE.format(body="return hashes // 2 % M, 1 - 2 * (hashes % 2)"), "only the signs"),
        (PLACE.format(body="return hashes % M"), "two arrays"),
        (PLACE.format(body="return hashes % M, hashes % 2"), "each -1 or 1"),
        (PLACE.format(body="return hashes % M, np.ones(len(hashes), int)"), "one sign"),
        (
            PLACE.format(body="return hashes % M, np.where(hashes % 10 < 3, 1, -1)"),
            "sign",
        ),
        (
            PLACE.format(
                body="return hashes % M, np.random.default_rng(len(hashes)).choice("
                "[-1, 1], len(hashes))"
            ),
            "no random numbers",
        ),
    ],
    "ratios": [
        (ratios(result=f"-({RATIO})"), "other way round"),
        (ratios(result="np.log(p / q)"), "by its sum"),
        (ratios(add="0"), "add 1"),
        (ratios(result=f"np.exp({RATIO})"), "logarithm is missing"),
        (ratios(how="mean", result="np.log(p / q)"), "not means"),
    ],
    "cut": [
        ("cut = words", "know whether it is negated"),
        ("cut = with_pairs", "too many types"),
        (
            "NEGATIONS = {'not', \"wasn't\", 'never', 'hardly'}\n"
            "def cut(text):\n"
            "    tokens = []\n"
            "    text = text.lower().replace(' and the ', '.').replace(',', '.')\n"
            "    for clause in text.split('.'):\n"
            "        negated = ''\n"
            "        for word in clause.split():\n"
            "            negated = 'not_' if word in NEGATIONS else negated\n"
            "            tokens.append(negated + word)\n"
            "    return tokens",
            "which of two contrasted",
        ),
        ("def cut(text):\n    return text", "list of tokens"),
        ("def cut(text):\n    return []", "no token"),
        (
            "def cut(text):\n    return [f'{reviews.posterior(text):.2f}']",
            "is no word of the review",
        ),
    ],
}
