"""What is added to a view when it is shown: its calendar, its distance, the age of the news."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from fedlab.inventory.calendar import free_spans
from fedlab.inventory.catalogue import ItemView, LabView
from fedlab.inventory.distance import Point, kilometres
from fedlab.inventory.item import ItemState
from fedlab.node.days import day_after, is_day, today
from fedlab.node.service.answers import FreeSpan, ItemAnswer
from fedlab.node.service.base import Opened
from fedlab.protocol.entry import LabId
from fedlab.protocol.limits import CALENDAR_DAYS

if TYPE_CHECKING:
    from fedlab.node.search import Whereabouts


class Shown:
    """Turns views into answers, as seen from this lab, today."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._around: _Around | None = None

    def items(
        self,
        offered: Sequence[tuple[ItemState, ItemView]],
        date_from: str | None = None,
        date_to: str | None = None,
    ) -> list[ItemAnswer]:
        """Return answers with the calendar from day to day; by default from today on.

        Raises LocalProtocolError for days that are none.
        """
        first, last = window(date_from, date_to)
        here = self.here()
        ages = self.ages({view.lab for _, view in offered})
        return [
            ItemAnswer(
                **structs.asdict(view),
                free=free_of(state, first, last),
                distance_km=distance_km(here, point_of(view)),
                age_s=ages[view.lab],
            )
            for state, view in offered
        ]

    def here(self) -> Point | None:
        """Return where this lab is."""
        return point_of(self._opened.labs()[self._opened.lab])

    def ages(self, labs: Iterable[LabId]) -> dict[LabId, int | None]:
        """Return how old what is known of each lab is."""
        return {lab: self._opened.age_s(lab) for lab in labs}

    def whereabouts(self) -> "Mapping[LabId, Whereabouts]":
        """Return where each lab is and how fresh what is known of it; looked up when asked for.

        It is the same mapping until something is folded.
        """
        labs = self._opened.labs()
        if self._around is None or self._around.labs is not labs:
            self._around = _Around(self._opened, labs)
        return self._around


class _Around(Mapping[LabId, "Whereabouts"]):
    """Every known lab's whereabouts: a search asks for those of its hits."""

    def __init__(self, opened: Opened, labs: Mapping[LabId, LabView]) -> None:
        from fedlab.node.search import Whereabouts  # late: tantivy takes its time

        self._opened = opened
        self._make = Whereabouts
        self.labs = labs

    def __getitem__(self, lab: LabId) -> "Whereabouts":
        view = self.labs[lab]
        return self._make(view.lat, view.lon, self._opened.age_s(lab))

    def __iter__(self) -> Iterator[LabId]:
        return iter(self.labs)

    def __len__(self) -> int:
        return len(self.labs)


def window(date_from: str | None, date_to: str | None) -> tuple[str, str]:
    """Return the days asked for; from today, and for the usual time, where they are not said."""
    first = date_from or today()
    if date_to is not None:
        return first, date_to
    if not is_day(first):
        return first, first  # the calendar says what is wrong with it
    return first, day_after(first, CALENDAR_DAYS - 1)


def point_of(view: ItemView | LabView) -> Point | None:
    """Return where a lab, or the lab of an item, is."""
    return None if view.lat is None or view.lon is None else (view.lat, view.lon)


def distance_km(one: Point | None, other: Point | None) -> float | None:
    """Return how far apart two places are; None where one is not known."""
    if one is None or other is None:
        return None
    return kilometres(one, other)


def free_of(state: ItemState, first: str, last: str) -> tuple[FreeSpan, ...]:
    """Return an item's calendar from day to day; raises LocalProtocolError for days of none."""
    spans = free_spans(state, first, last)
    return tuple(FreeSpan(span.day_from, span.day_to, span.free) for span in spans)
