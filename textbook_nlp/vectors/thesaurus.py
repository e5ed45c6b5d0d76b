"""A thesaurus: words in groups of one meaning, each group below a more general one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import product

from textbook_nlp.files import DamagedFile, read_json, whole


class NotInThesaurus(KeyError):
    """A word that the thesaurus does not have."""

    def __init__(self, word: str, size: int | None = None) -> None:
        among = f" among its {size:,} words" if size else ""
        super().__init__(
            f"the thesaurus has no {word!r}{among}: look for the plain form (goose, not geese), or "
            "ask first with `word in thesaurus`"
        )

    def __str__(self) -> str:
        return self.args[0]


@dataclass(frozen=True)
class Synset:
    """A meaning, and the words that can express it.

    Attributes:
        id: its name in the graph.
        words: the words, synonyms of each other.
        gloss: the meaning in a few words.
        hypernyms: ids of the more general meanings right above it; none for a root.
        pos: part of speech: n, v, a, r or s, as WordNet has them.
    """

    id: str
    words: tuple[str, ...]
    gloss: str
    hypernyms: tuple[str, ...] = ()
    pos: str = "n"


class Thesaurus:
    """A graph of meanings, built from its synsets.

    Example:
        >>> small = Thesaurus([
        ...     Synset("animal", ("animal", "beast"), "a living thing that moves"),
        ...     Synset("goose", ("goose",), "a large water bird", ("animal",)),
        ...     Synset("llama", ("llama",), "a woolly pack animal", ("animal",)),
        ... ])
        >>> small.synonyms("animal"), round(small.path_similarity("goose", "llama"), 3)
        (['beast'], 0.333)

    Source: Miller 1995, for the graph; Rada et al. 1989, for the path.
    Taught in: chapter 03.
    """

    def __init__(self, synsets: Iterable[Synset]) -> None:
        """Build the graph.

        Raises:
            ValueError: if there is no synset, an id occurs twice, a synset has no word, a hypernym
                is no synset, or there is a cycle.
        """
        self.synsets: dict[str, Synset] = {}
        self._senses: dict[str, list[Synset]] = {}
        for synset in synsets:
            if synset.id in self.synsets:
                raise ValueError(f"the id {synset.id!r} occurs twice: give each synset its own")
            if not synset.words:
                raise ValueError(f"synset {synset.id!r} has no word: give at least one")
            self.synsets[synset.id] = synset
            for word in dict.fromkeys(synset.words):
                self._senses.setdefault(word, []).append(synset)
        if not self.synsets:
            raise ValueError("a thesaurus needs at least one synset")
        for synset in self.synsets.values():
            if lost := [above for above in synset.hypernyms if above not in self.synsets]:
                raise ValueError(
                    f"synset {synset.id!r} lies below {lost[0]!r}, which is no synset: add it, or "
                    "correct the id"
                )
        try:
            TopologicalSorter({id: of.hypernyms for id, of in self.synsets.items()}).prepare()
        except CycleError as error:
            raise ValueError(
                f"a cycle: {' -> '.join(reversed(error.args[1]))}. A meaning cannot be more "
                "general than itself: remove one of these hypernyms"
            ) from None

    @classmethod
    def load(cls, path: str | os.PathLike) -> Thesaurus:
        """Read a thesaurus from JSON: a list of objects with the fields of `Synset`.

        Raises:
            FileNotFoundError: if there is no such file.
            DamagedFile: if it is no such list, or the graph is not sound.

        Taught in: chapter 03.
        """
        rows = read_json(path, "thesaurus")
        try:
            return cls(
                Synset(
                    row["id"],
                    tuple(row["words"]),
                    row["gloss"],
                    tuple(row.get("hypernyms", ())),
                    row.get("pos", "n"),
                )
                for row in rows
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedFile(f"{path} is no thesaurus: {error}") from error

    def save(self, path: str | os.PathLike) -> None:
        """Write what `load` reads; the file appears whole or not at all."""
        with whole(path) as temporary, temporary.open("w", encoding="utf-8") as file:
            json.dump([vars(synset) for synset in self.synsets.values()], file)

    @property
    def words(self) -> list[str]:
        """Every word, in the order of the synsets."""
        return list(self._senses)

    def __contains__(self, word: object) -> bool:
        return word in self._senses

    def synset(self, id: str) -> Synset:
        """Return the synset with this id.

        Raises:
            KeyError: if there is none.
        """
        return self.synsets[id]

    def senses(self, word: str) -> list[Synset]:
        """Return the meanings of a word, in the order of the thesaurus.

        Raises:
            NotInThesaurus: if it has none.
        """
        if word not in self._senses:
            raise NotInThesaurus(word, len(self._senses))
        return list(self._senses[word])

    def synonyms(self, word: str) -> list[str]:
        """Return the other words that share a meaning with this one.

        Raises:
            NotInThesaurus: if the thesaurus has no such word.

        Taught in: chapter 03.
        """
        shared = dict.fromkeys(other for sense in self.senses(word) for other in sense.words)
        return [other for other in shared if other != word]

    def hypernym_paths(self, word: str) -> list[list[Synset]]:
        """Return every way up from a word to a root, for each of its meanings.

        Raises:
            NotInThesaurus: if the thesaurus has no such word.

        Taught in: chapter 03.
        """
        return [path for sense in self.senses(word) for path in self.paths_up(sense)]

    def paths_up(self, synset: Synset) -> Iterator[list[Synset]]:
        """Yield every way from a synset up to a root."""
        if not synset.hypernyms:
            yield [synset]
        for above in synset.hypernyms:
            for path in self.paths_up(self.synset(above)):
                yield [synset, *path]

    def distances_up(self, synset: Synset) -> dict[str, int]:
        """Return the number of steps to each meaning above a synset, itself (0) included."""
        distance = {synset.id: 0}
        front = [synset]
        while front:
            above = dict.fromkeys(id for step in front for id in step.hypernyms)
            steps = distance[front[0].id] + 1
            front = [self.synset(id) for id in above if id not in distance]
            distance |= {step.id: steps for step in front}
        return distance

    def distance(self, first: Synset, second: Synset) -> int | None:
        """Return the length of the shortest path between two meanings; None if there is none.

        The path goes up to a meaning above both, and down again.
        """
        up, down = self.distances_up(first), self.distances_up(second)
        return min((up[id] + down[id] for id in up.keys() & down.keys()), default=None)

    def path_similarity(self, first: str, second: str) -> float:
        """Return 1 / (1 + d) for the two closest meanings of two words; 0 where no path joins them.

        Args:
            first: a word.
            second: a word. Only meanings of one part of speech are compared.

        Raises:
            NotInThesaurus: if the thesaurus lacks one of them.

        Source: Pedersen, Patwardhan and Michelizzi 2004, measure "path".
        Taught in: chapter 03.
        """
        best = 0.0
        for one, other in product(self.senses(first), self.senses(second)):
            # WordNet has satellites (s) among the adjectives (a).
            if one.pos.replace("s", "a") == other.pos.replace("s", "a"):
                distance = self.distance(one, other)
                if distance is not None:
                    best = max(best, 1 / (1 + distance))
        return best
