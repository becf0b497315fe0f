"""What a query is understood as: a plan of units, each with all that would answer it.

A unit is one thing asked for: a phrase the thesaurus knows (*scie sauteuse*), or a word it does not
know (*Bosch*, *4mm*). An item is good when it answers every unit.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from fedlab.inventory.smallwords import CONTAINERS
from fedlab.inventory.thesaurus import Sense
from fedlab.inventory.words import Word

WEAK_WEIGHT: Final = 0.12
CODE_LETTERS_MIN: Final = 4  # of a code that may be mistyped or unfinished


class Form(NamedTuple):
    """A spelling of one word of the query that may stand in an item."""

    stem: str
    root: str
    worth: float
    parts: tuple[str, ...] = ()  # stems that are the word together: band, saw


class Unit(NamedTuple):
    """One thing asked for."""

    words: tuple[Word, ...]
    forms: tuple[tuple[Form, ...], ...]  # for each word: itself, then what it may have meant
    senses: tuple[Sense, ...]
    answers: Mapping[str, float]  # concept -> how well it answers
    phrases: tuple[tuple[str, tuple[str, ...]], ...]  # concept, and the words of a term for it
    is_action: bool  # souder, milling: what is done, not what it is done with
    weight: float

    @property
    def is_make(self) -> bool:
        """Say whether it is known by a trade mark alone."""
        return bool(self.senses) and all(sense.source == "makes" for sense in self.senses)

    @property
    def is_weak(self) -> bool:
        """Say whether items need not answer it."""
        return self.weight <= WEAK_WEIGHT


class Plan(NamedTuple):
    """A query, understood."""

    units: tuple[Unit, ...]
    pairs: tuple[str, ...]  # neighbours as one word
    meant: str  # the query as it should have been typed; empty if it was
    wants_skill: bool


class IndexWords(Protocol):
    """What the planner asks of the words of an index."""

    def is_used(self, word: Word, *, exactly: bool = False) -> bool:
        """Say whether any item has the word, or one of its root unless exactly."""
        ...

    def beginning(self, start: str, most: int) -> Sequence[str]:
        """Return the most frequent stems of names that begin with some letters."""
        ...


def is_action(words: list[Word], senses: tuple[Sense, ...]) -> bool:
    """Say whether a phrase names what is done: a French infinitive, -age, or an English -ing."""
    first = words[0].folded
    if not senses or len(first) < 5:
        return False
    sources = {sense.source for sense in senses}
    if sources & {"fr", "both"} and first.endswith(("er", "ir", "dre", "age")):
        return not first.endswith("ier") or first in ("scier", "plier", "relier")
    return bool(sources & {"en", "both"}) and len(words) == 1 and first.endswith("ing")


def said_before(units: list[Unit], before: int) -> Unit | None:
    """Return the unit that stands before a *for*, if it says anything: case for a drill."""
    count = 0
    for unit in units:
        count += len(unit.words)
        if count > before:
            break
        if not unit.is_weak or unit.words[0].folded in CONTAINERS:
            return unit
    return None
