"""What may be asked of the search, and what it answers."""

from collections.abc import Callable, Iterable

import msgspec

from fedlab.inventory.distance import Point

FreeItems = Callable[[list[str], str, str], Iterable[str]]
"""Which of some items are free from one day to another, both ISO dates."""


class Query(msgspec.Struct, kw_only=True, frozen=True):
    """A search: words, and what every hit must be."""

    text: str
    kind: str = ""
    terms: tuple[str, ...] = ()  # any of them
    category: str = ""
    lab: str = ""
    near: Point | None = None
    within_km: float | None = None  # of `near`
    date_from: str = ""
    date_to: str = ""
    limit: int = 20
    prefix: bool = False  # the last word may be unfinished


class Whereabouts(msgspec.Struct, frozen=True):
    """Where a lab is, and how many seconds ago this node heard of it."""

    lat: float | None = None
    lon: float | None = None
    age_s: float | None = None


class Hit(msgspec.Struct, frozen=True):
    """An item found; the score is 0 to about 1.3 and means something within one answer only."""

    item: str
    score: float
    distance_km: float | None = None


class Answer(msgspec.Struct, frozen=True):
    """The best hits, how many there are in all, and what may have been meant."""

    total: int
    hits: list[Hit]
    suggestions: list[str] = []
    total_is_exact: bool = True  # if not, there are at least that many
