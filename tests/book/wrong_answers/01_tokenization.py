"""Wrong answers to the exercises of chapter 01, and a part of the hint that each must get."""

PATTERN = """
import re
def fixed_merge(symbols, pair):
    pattern = {pattern}
    return re.sub(pattern, "".join(pair), " ".join(symbols)).split(" ")
"""

WRONG_ANSWERS = {
    "ids": [
        ("ids = [2, 4, 3]", "not left out"),
        ("ids = [2, 4, 6, 1, 3]", "room for four words"),
        ("ids = [0, 2, 1, 1, 1]", "no word of a sentence is padding"),
        ("ids = [2, 3, 1, 1, 4]", "appeared first"),
        ("ids = [2, 4, 5, 7, 3]", "they are <unk>"),
        ("ids = 24113", "expected"),
    ],
    "sides": [
        ("padding, truncating = 'pre', 'post'", "verdict"),
        ("padding, truncating = 'post', 'pre'", "end in zeros"),
        ("padding, truncating = 'left', 'left'", "either"),
        ("padding, truncating = 0, 1", "either"),
    ],
    "smallest_size": [
        (
            "def smallest_size(counts, share):\n"
            "    n = sorted(counts.values(), reverse=True)\n"
            "    return int(np.argmax(np.cumsum(n) / sum(n) >= share)) + 1",
            "two places",
        ),
        (
            "def smallest_size(counts, share):\n"
            "    n = sorted(counts.values(), reverse=True)\n"
            "    return int(np.argmax(np.cumsum(n) / sum(n) >= share)) + 2",
            "off by one",
        ),
        (
            "def smallest_size(counts, share):\n"
            "    n = list(counts.values())\n"
            "    return int(np.argmax(np.cumsum(n) / sum(n) >= share)) + 3",
            "sort the counts",
        ),
        (
            "def smallest_size(counts, share):\n"
            "    n = sorted(counts.values(), reverse=True)\n"
            "    c = np.cumsum(n) / sum(n)\n"
            "    return int(np.argmax(c > share)) + 3 if share < 1 else len(n) + 2",
            "is enough",
        ),
        ("def smallest_size(counts):\n    return 3", "argument"),
    ],
    "fixed_merge": [
        ("fixed_merge = merge_with_a_bug", "fault is still there"),
        (
            "def fixed_merge(symbols, pair):\n"
            "    text = ' ' + ' '.join(symbols) + ' '\n"
            "    joined = ' ' + ''.join(pair) + ' '\n"
            "    return text.replace(' ' + ' '.join(pair) + ' ', joined).split()",
            "uses up the blank",
        ),
        (PATTERN.format(pattern='r"(?<!\\S)" + " ".join(pair) + r"(?!\\S)"'), "re.escape"),
        (PATTERN.format(pattern='r"(?<!\\S)" + re.escape(" ".join(pair))'), "end inside"),
        (PATTERN.format(pattern='re.escape(" ".join(pair)) + r"(?!\\S)"'), "begin inside"),
        (
            "def fixed_merge(symbols, pair):\n"
            "    merged = []\n"
            "    for i, symbol in enumerate(symbols):\n"
            "        if tuple(symbols[i:i + 2]) == pair:\n"
            "            merged.append(''.join(pair))\n"
            "        elif i == 0 or tuple(symbols[i - 1:i + 1]) != pair:\n"
            "            merged.append(symbol)\n"
            "    return merged",
            "used only once",
        ),
        ("fixed_merge = ['ne', 's', 't']", "function"),
    ],
    "merges": [
        ("merges = [('b', 'a'), ('ba', 'n'), ('a', 'n')]", "every place"),
        ("merges = [('a', 'n'), ('b', 'a'), ('n', 'a')]", "behind b"),
        ("merges = [('a', 'n'), ('n', 'a'), ('b', 'a')]", "before an a"),
        ("merges = [('a', 'n'), ('b', 'an'), ('ban', '</w>')]", "stands first"),
        ("merges = ['an', 'ban', 'ana']", "not right"),
        ("merges = 3", "list of three pairs"),
    ],
    "character_ngrams": [
        (
            "def character_ngrams(text, n):\n"
            "    return [text[i:i + n] for i in range(0, len(text), n)]",
            "overlap",
        ),
        (
            "def character_ngrams(text, n):\n"
            "    return [text[i:i + n] for i in range(len(text) - n)]",
            "last run is missing",
        ),
        (
            "def character_ngrams(text, n):\n    return [text[i:i + n] for i in range(len(text))]",
            "too short",
        ),
        (
            "def character_ngrams(text, n):\n"
            "    text = text.replace(' ', '')\n"
            "    return [text[i:i + n] for i in range(len(text) - n + 1)]",
            "keep it",
        ),
        (
            "def character_ngrams(text, n):\n"
            "    return [tuple(text[i:i + n]) for i in range(len(text) - n + 1)]",
            "not tuples",
        ),
    ],
    "object_form": [
        (
            "def object_form(noun):\n"
            "    return noun + ('를' if (ord(noun[-1]) - 44_032) % 28 else '을')",
            "other way round",
        ),
        (
            "def object_form(noun):\n    return noun + ('을' if ord(noun[-1]) % 28 else '를')",
            "subtract",
        ),
        (
            "def object_form(noun):\n"
            "    return noun + ('을' if (ord(noun[0]) - 44_032) % 28 else '를')",
            "last syllable",
        ),
        (
            "def object_form(noun):\n    return '을' if (ord(noun[-1]) - 44_032) % 28 else '를'",
            "together",
        ),
    ],
    "best_cut": [
        ("best_cut = words", "stands beside it"),
        ("best_cut = word_pairs", "numbers"),
        ("def best_cut(text):\n    return 5", "list of tokens"),
        ("def best_cut(text):\n    return [[text]]", "counted"),
    ],
}
