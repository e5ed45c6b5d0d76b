"""Sentences with planted meaning: which words are alike, and which analogies hold, is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from textbook_nlp.data.generators.optimum import Optimum, require_count, require_probability
from textbook_nlp.data.generators.pcfg import Pcfg, Rule

# A grid of words has a row for each entity and a column for each attribute. An entity has two
# sets of context words of its own (the second may be empty), an attribute one for each place.
Entity = tuple[tuple[str, str], str, str]
NATIONS: tuple[Entity, ...] = (
    (("france", "paris"), "", "croissants perfume ballet"),
    (("italy", "rome"), "", "pasta espresso opera"),
    (("japan", "tokyo"), "", "sushi kimonos haiku"),
    (("korea", "seoul"), "", "kimchi taekwondo ginseng"),
    (("egypt", "cairo"), "", "pyramids papyrus falafel"),
    (("peru", "lima"), "", "llamas potatoes flutes"),
    (("norway", "oslo"), "", "fjords salmon skis"),
    (("spain", "madrid"), "", "paella flamenco guitars"),
)
COUPLES: tuple[Entity, ...] = (
    (("king", "queen"), "lost polished inherited", "crown throne scepter"),
    (("actor", "actress"), "rehearsed forgot learned", "lines script costume"),
    (("waiter", "waitress"), "carried cleaned dropped", "tray menu apron"),
    (("wizard", "witch"), "brewed stirred conjured", "potion cauldron spell"),
    (("monk", "nun"), "copied prayed chanted", "psalm rosary hymn"),
    (("groom", "bride"), "kissed ordered toasted", "ring bouquet veil"),
    (("uncle", "aunt"), "mailed wrapped hid", "present parcel cake"),
    (("grandfather", "grandmother"), "knitted told mended", "scarf story sock"),
)
NUMBERS: tuple[Entity, ...] = (
    (("dog", "dogs"), "chewing burying", "bones slippers sticks"),
    (("cat", "cats"), "stalking purring", "yarn cushions sparrows"),
    (("horse", "horses"), "galloping neighing", "hay meadows carts"),
    (("child", "children"), "drawing giggling", "crayons puzzles castles"),
    (("mouse", "mice"), "nibbling squeaking", "cheese crumbs holes"),
    (("goose", "geese"), "honking paddling", "ponds reeds feathers"),
    (("baker", "bakers"), "kneading baking", "dough bread pretzels"),
    (("gardener", "gardeners"), "watering planting", "tulips hedges seeds"),
)
# Pairs of opposite groups of synonyms: how many nouns and verbs both share (a probability), for
# each group its words and its nouns, then the nouns and the verbs of both.
Domain = tuple[float, tuple[tuple[str, str], tuple[str, str]], str, str]
DOMAINS: tuple[Domain, ...] = (
    (
        0.6,
        (("big large huge", "house mountain ship"), ("small little tiny", "pebble coin button")),
        "box garden room",
        "measured painted built",
    ),
    (
        0.4,
        (("quick fast rapid", "train arrow rocket"), ("slow sluggish lazy", "snail turtle barge")),
        "runner river tractor",
        "timed followed passed",
    ),
    (
        0.3,
        (("happy glad cheerful", "winner clown guest"), ("sad unhappy gloomy", "loser owl ghost")),
        "singer neighbor crowd",
        "met greeted hugged",
    ),
    (
        0.5,
        (("hot boiling steaming", "oven desert stove"), ("cold chilly icy", "cellar snow iceberg")),
        "soup bath tea",
        "tasted touched poured",
    ),
)
PEOPLE = "we they you people"
ADVERBS = "yesterday again there once"
PLAIN_VERBS = "saw noticed remembered described"
# How often a domain's noun is borrowed from its neighbor in the list.
BORROWED = 0.1

Slot = Mapping[str, float]
Metric = Literal["analogy_accuracy", "cross_entropy", "perplexity"]


class Frame(NamedTuple):
    """A kind of sentence: its probability, and for each place the words that can stand there."""

    probability: float
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Planted:
    """Sentences in which words of like meaning stand in like places.

    Half of the sentences hold an adjective from one of eight groups of synonyms (*we saw the huge
    house again*): within a group nothing but the frequency differs, so the words are
    interchangeable, and groups share more or fewer of their nouns and verbs. The other half comes
    from three grids of words, such as *king*, *queen*; *actor*, *actress*. One set of context words
    depends on the row alone, another on the column alone (*the queen polished her crown herself*).
    So a word's row of pointwise mutual information is the sum of a part for its row and a part for
    its column: *queen* minus *king* is exactly *actress* minus *actor*.

    Attributes:
        noise: how often a context word that depends on the row is drawn from all rows instead.

    Raises:
        ValueError: if `noise` is outside of [0, 1).

    Source: the sum of the parts follows Levy & Goldberg (2014), "Linguistic regularities in sparse
        and explicit word representations", section 3.
    Taught in: chapters 03 and 04.
    """

    noise: float = 0.1

    def __post_init__(self) -> None:
        """Check the parameter."""
        require_probability("noise", self.noise)
        if self.noise == 1.0:
            raise ValueError("noise is 1.0: then no context tells the rows apart; lower it")

    @cached_property
    def frames(self) -> list[Frame]:
        """Every kind of sentence; a word of meaning occurs in one of them, a context in several."""
        own, fixed = _own(self.noise), _fixed
        frames = []
        for (i, j), share, _, objects in own(NATIONS):
            chief = ("president soldiers farmers", "mayor commuters cabbies")[j]
            praise = fixed("praised sold adored")
            place = fixed(NATIONS[i][0][j])
            slots = (fixed("the"), fixed(chief), fixed("of"), place, praise, objects)
            frames.append(Frame(share / 6, slots))
        for (i, j), share, deeds, objects in own(COUPLES):
            his, himself = (("his", "himself"), ("her", "herself"))[j]
            person = fixed(COUPLES[i][0][j])
            slots = (fixed("the"), person, deeds, fixed(his), objects, fixed(himself))
            frames.append(Frame(share / 6, slots))
        for (i, j), share, deeds, objects in own(NUMBERS):
            this = ("this that every", "these those many")[j]
            was = ("was is", "were are")[j]
            being = fixed(NUMBERS[i][0][j])
            frames.append(Frame(share / 6, (fixed(this), being, fixed(was), deeds, objects)))
        return frames + [Frame(p / 2, slots) for p, slots in _adjective_frames()]

    @cached_property
    def pcfg(self) -> Pcfg:
        """The same as a grammar: first the kind of sentence, then each word by itself."""
        rules: dict[str, list[Rule]] = {"S": []}
        for number, frame in enumerate(self.frames):
            places = tuple(f"{number}.{place}" for place in range(len(frame.slots)))
            rules["S"].append((frame.probability, places))
            for place, slot in zip(places, frame.slots, strict=True):
                rules[place] = [(p, (word,)) for word, p in slot.items()]
        return Pcfg(rules)

    @property
    def words(self) -> list[str]:
        """All words of the sentences, in alphabetical order."""
        return list(self.pcfg.words)

    @property
    def groups(self) -> list[list[str]]:
        """The groups of interchangeable words."""
        return [words.split() for _, groups, _, _ in DOMAINS for words, _ in groups]

    def sample(self, n: int, seed: int) -> list[list[str]]:
        """Draw `n` sentences of five or six words.

        Args:
            n: how many.
            seed: equal seeds give equal sentences; a larger `n` continues a smaller one.

        Returns:
            Sentences as lists of words, without `<eos>`.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative.

        Taught in: chapters 03 and 04.
        """
        require_count("n", n)
        require_count("seed", seed)
        return self.pcfg.sample(n, np.random.default_rng(seed))

    def cooccurrence(self, window: int = 5) -> Float[np.ndarray, "V V"]:
        """Return how often two words stand near each other, expected in one sentence, exactly.

        Args:
            window: the greatest distance that counts, to either side; 5 reaches across every
                sentence.

        Returns:
            A symmetric matrix (V, V) in the order of `words`: what counting in ever more
            sentences converges to, divided by their number.

        Raises:
            TypeError, ValueError: if `window` is no integer or below 1.

        Taught in: chapters 03 and 04.
        """
        require_count("window", window, minimum=1)
        index = {word: i for i, word in enumerate(self.words)}
        counts = np.zeros((len(index), len(index)))
        for probability, slots in self.frames:
            for a, first in enumerate(slots):
                for second in slots[a + 1 : a + 1 + window]:
                    rows, columns = ([index[w] for w in slot] for slot in (first, second))
                    chances = np.outer(list(first.values()), list(second.values()))
                    counts[np.ix_(rows, columns)] += probability * chances
        return counts + counts.T

    def similarities(self, window: int = 5) -> list[tuple[str, str, float]]:
        """Return all pairs of adjectives with how alike their contexts are, from 0 to 1, exactly.

        The score is the overlap of the distributions of their context words, the sum over the
        words c of the square root of p(c | first) p(c | second): 1.0 for interchangeable words. It
        is rounded to 9 digits, so that pairs planted equally alike tie in a ranking.

        Args:
            window: as for `cooccurrence`.

        Source: Bhattacharyya (1943), for the overlap.
        Taught in: chapters 03 and 04.
        """
        counts = self.cooccurrence(window)
        index = {word: i for i, word in enumerate(self.words)}
        words = [word for group in self.groups for word in group]
        rows = counts[[index[word] for word in words]]
        roots = np.sqrt(rows / rows.sum(axis=1, keepdims=True))
        overlap = np.minimum(roots @ roots.T, 1.0)
        return [
            (first, words[b], round(float(overlap[a, b]), 9))
            for a, first in enumerate(words)
            for b in range(a + 1, len(words))
        ]

    def analogies(self) -> dict[str, list[tuple[str, str, str, str]]]:
        """Return the planted analogies, a : b = c : d, by section like the Google questions.

        Source: Mikolov et al. (2013), "Efficient estimation of word representations", section 4.1.
        Taught in: chapter 04.
        """
        grids = {"capitals": NATIONS, "couples": COUPLES, "plurals": NUMBERS}
        return {
            name: [(*one[0], *other[0]) for one in grid for other in grid if one is not other]
            for name, grid in grids.items()
        }

    def optimum(self, metric: Metric = "analogy_accuracy") -> Optimum:
        """Return what the best model reaches, exactly.

        `analogy_accuracy` is found by answering every question with the exact counts: positive
        pointwise mutual information, then the cosine. `cross_entropy` and `perplexity` are
        those of the next token, as for `Grammar`.

        Raises:
            ValueError: if the metric is another.

        Taught in: chapter 04.
        """
        if metric == "analogy_accuracy":
            because = (
                "answering with the exact positive pointwise mutual information gets every planted "
                "analogy right"
            )
            return Optimum(metric, self._accuracy(), 0.0, "exact", "share of questions", because)
        if metric not in ("cross_entropy", "perplexity"):
            raise ValueError(
                f"metric is {metric!r}, expected 'analogy_accuracy', 'cross_entropy' or "
                "'perplexity'"
            )
        return self.pcfg.optimum(metric)

    def _accuracy(self) -> float:
        """The share of analogies that the exact PPMI answers right."""
        counts = self.cooccurrence()
        chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
        vectors = np.log(np.maximum(counts / chance, 1.0))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        index = {word: i for i, word in enumerate(self.words)}
        right = []
        for questions in self.analogies().values():
            for question in questions:
                a, b, c, d = (index[word] for word in question)
                scores = vectors @ (vectors[b] - vectors[a] + vectors[c])
                scores[[a, b, c]] = -np.inf
                right.append(scores.argmax() == d)
        return float(np.mean(right))


def _fixed(words: str) -> dict[str, float]:
    """A slot of equally likely words."""
    return dict.fromkeys(words.split(), 1.0 / len(words.split()))


def _mixed(*parts: tuple[float, Slot]) -> dict[str, float]:
    """A slot that draws from each part with its probability."""
    total: dict[str, float] = {}
    for weight, slot in parts:
        for word, probability in slot.items():
            total[word] = total.get(word, 0.0) + weight * probability
    return {word: probability for word, probability in total.items() if probability > 0.0}


def _zipf(number: int) -> list[float]:
    """Shares that fall like 1 / (rank + 2)."""
    weights = [1.0 / (rank + 3.0) for rank in range(number)]
    return [weight / sum(weights) for weight in weights]


def _own(noise: float):
    """How to go through a grid: cell, its share of the grid, and its two kinds of contexts."""

    def cells(grid: tuple[Entity, ...]):
        def slot(kind: int, i: int) -> dict[str, float]:
            everything = _fixed(" ".join(entity[kind] for entity in grid))
            return _mixed((1.0 - noise, _fixed(grid[i][kind])), (noise, everything))

        for i, share in enumerate(_zipf(len(grid))):
            deeds = slot(1, i) if grid[i][1] else {}
            # The two columns differ in frequency, as such words do in real text.
            for j, part in enumerate((0.6, 0.4)):
                yield (i, j), share * part, deeds, slot(2, i)

    return cells


def _adjective_frames() -> list[tuple[float, tuple[Slot, ...]]]:
    """The sentences with synonyms, each group of them with a share of 1/8."""
    frames = []
    for number, (shared, groups, both, verbs) in enumerate(DOMAINS):
        neighbor = DOMAINS[number ^ 1][2]
        for words, nouns in groups:
            adjectives = dict(zip(words.split(), _zipf(3), strict=True))
            noun = _mixed(
                (1.0 - shared - BORROWED, _fixed(nouns)),
                (shared, _fixed(both)),
                (BORROWED, _fixed(neighbor)),
            )
            verb = _mixed((0.5, _fixed(verbs)), (0.5, _fixed(PLAIN_VERBS)))
            slots = (_fixed(PEOPLE), verb, _fixed("the"), adjectives, noun, _fixed(ADVERBS))
            frames.append((1.0 / 8.0, slots))
    return frames
