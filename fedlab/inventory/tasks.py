"""Tasks: what people want to do, to what, and what it is done with.

People ask for *couper une barre de métal* or *something to glue plastic* when they do not know the
name of the tool. A thesaurus term cannot say that, for the words come in any order with others
among them, and the same verb needs another tool for another object. So a task is a verb, an object
and the concepts that serve. A file of tasks is UTF-8 text with one task a line:

    what is done <tab> to what <tab> concepts, and behind a slash those that serve less well

Values are apart by `;`. Without an object the task is for whatever else is said. A line that
begins with `@` names values that later lines use; `#` begins a comment.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from fedlab.inventory.phrases import Sense
from fedlab.inventory.smallwords import STOP
from fedlab.inventory.words import Word, split, stem

BEST: Final = 1.0
SECOND: Final = 0.65  # what serves less well
OBJECT_WORDS_MAX: Final = 3
LESS_SPECIAL: Final = 0.8  # of that, where another task names the object more closely

_Stems = tuple[str, ...]


class Task(NamedTuple):
    """A task that was recognised in a text."""

    words: frozenset[int]  # the places that say it
    verb: frozenset[int]  # those that say what is done
    tools: tuple[Sense, ...]


class _Row(NamedTuple):
    verb: _Stems
    objects: frozenset[_Stems]
    tools: tuple[Sense, ...]


class Tasks:
    """The tasks of a file."""

    def __init__(self, text: str) -> None:
        self._rows: dict[str, list[_Row]] = {}  # by the first word of the verb
        self.spellings: set[str] = set()
        for verbs, objects, tools in _lines(text):
            things = frozenset(map(_stems, objects))
            self.spellings.update(word for value in verbs + objects for word in split(value))
            for verb in map(_stems, verbs):
                self._rows.setdefault(verb[0], []).append(_Row(verb, things, tools))
        self._known = {stem(word) for word in self.spellings}

    def is_known(self, form: str) -> bool:
        """Say whether a stem stands in any task."""
        return form in self._known

    def concepts(self) -> set[str]:
        """Return all concepts that the file names."""
        rows = (row for some in self._rows.values() for row in some)
        return {sense.concept for row in rows for sense in row.tools}

    def find(self, words: Sequence[Word]) -> Task | None:
        """Return the task that most of a text without stop words says."""
        stems = tuple(word.stem for word in words)
        found: list[tuple[frozenset[int], frozenset[int], _Row]] = []
        for at, first in enumerate(stems):
            for row in self._rows.get(first, ()):
                end = at + len(row.verb)
                if stems[at:end] != row.verb:
                    continue
                verb = frozenset(range(at, end))
                # Fil de soudure is for it; only an English -ing follows what it is done to.
                begin = 0 if words[at].folded.endswith("ing") else end
                objects = _objects(stems, row.objects, begin) - verb
                if objects or not row.objects:
                    found.append((verb, objects, row))
        if not found:
            return None
        most = max((bool(objects), len(verb | objects)) for verb, objects, _ in found)
        best = [one for one in found if (bool(one[1]), len(one[0] | one[1])) == most]
        best.sort(key=lambda one: len(one[2].objects))
        tools: dict[str, Sense] = {}
        for rank, (_, _, row) in enumerate(best):
            for sense in row.tools:
                less = sense._replace(worth=sense.worth * LESS_SPECIAL) if rank else sense
                tools.setdefault(sense.concept, less)
        verb, objects, _ = best[0]
        return Task(verb | objects, verb, tuple(tools.values()))


def _lines(text: str) -> Iterator[tuple[list[str], list[str], tuple[Sense, ...]]]:
    """Yield verbs, objects and tools of each task."""
    named: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        first, _, others = line.partition("\t")
        told, _, served = others.partition("\t")
        values = [_values(cell, named) for cell in (first, told)]
        if first.startswith("@") and not served:
            named[first] = values[1]
            continue
        best, _, second = served.partition("/")
        tiers = ((best, BEST), (second, SECOND))
        tools = [
            Sense(slug, worth, "both") for tier, worth in tiers for slug in tier.split(";") if slug
        ]
        yield values[0], values[1], tuple(tools)


def _values(cell: str, named: dict[str, list[str]]) -> list[str]:
    return [
        value
        for part in cell.split(";")
        if part
        for value in (named.get(part, []) if part.startswith("@") else [part])
    ]


def _stems(phrase: str) -> _Stems:
    words = split(phrase)
    solid = [word for word in words if word not in STOP]
    return tuple(stem(word) for word in solid or words)


def _objects(stems: _Stems, objects: frozenset[_Stems], begin: int) -> frozenset[int]:
    """Return the places, from one on, where any of some objects stands."""
    places: set[int] = set()
    for at in range(begin, len(stems)):
        for end in range(at + 1, min(at + OBJECT_WORDS_MAX, len(stems)) + 1):
            if stems[at:end] in objects:
                places.update(range(at, end))
    return frozenset(places)
