"""How much of an item is free, day by day.

Days are local ISO dates with both ends included. A hold takes its quantity from its first day to
its last, and for the item's buffer days after that; releasing it gives all of that back. What a
loan was promised takes the same; slots of one day take what is used of them at once. What is
unknown stays unknown, but an item held whole has nothing free. Lowering the quantity voids no
hold: where holds exceed it, nothing is free and the span says how much is short. No clock is
read, and a hold that is over but was never released holds no day to come.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fedlab.inventory.facts import DAY_RE
from fedlab.inventory.item import ItemState, Promise
from fedlab.protocol.errors import LocalProtocolError
from fedlab.protocol.limits import CALENDAR_DAYS_MAX

# Two days before the last that there is: a stretch ends on the day before the next one begins.
_LAST_DAY: Final = datetime.date.max.toordinal() - 2


class Span(Struct, frozen=True, kw_only=True):
    """Days in a row with the same answer: thousandths free, or None where that is unknown."""

    day_from: str
    day_to: str
    free: int | None
    short: int = 0  # thousandths that holds take beyond what there is


def free_spans(state: ItemState, day_from: str, day_to: str) -> list[Span]:
    """Return what is free from day to day, in as few spans as say it.

    Raises LocalProtocolError for a window that is no window, or longer than a calendar is read.
    """
    first, last = _window(day_from, day_to)
    spans: list[Span] = []
    for start, end, (taken, whole) in _stretches(state, first, last):
        free, short = _free(state, taken, whole > 0)
        if spans and (spans[-1].free, spans[-1].short) == (free, short):
            start = datetime.date.fromisoformat(spans.pop().day_from).toordinal()
        spans.append(Span(day_from=_iso(start), day_to=_iso(end), free=free, short=short))
    return spans


def least_free(state: ItemState, day_from: str, day_to: str) -> int | None:
    """Return how much is free on every day of a window; None where that is unknown.

    Raises LocalProtocolError as `free_spans` does.
    """
    free = [span.free for span in free_spans(state, day_from, day_to)]
    known = [quantity for quantity in free if quantity is not None]
    if len(known) < len(free) and 0 not in known:
        return None
    return min(known)


def room(state: ItemState, day_from: str, day_to: str | None) -> int | None:
    """Return how much could be promised on all these days, and for the buffer after them.

    Without `day_to` for ever. None where nobody knows. The days are a fact's, so they are days.
    """
    buffer = 0 if state.fact.buffer is UNSET else state.fact.buffer
    last = _LAST_DAY if day_to is None else min(_ordinal(day_to) + buffer, _LAST_DAY)
    return _room(state, _ordinal(day_from), last)


def _room(state: ItemState, first: int, last: int) -> int | None:
    stretches = _stretches(state, first, last)
    free = [_free(state, taken, whole > 0)[0] for _, _, (taken, whole) in stretches]
    known = [quantity for quantity in free if quantity is not None]
    return min(known) if len(known) == len(free) or 0 in known else None


def slot_room(state: ItemState, day: str, starts: int, ends: int) -> int | None:
    """Return how much could be promised in a slot of a day, its end excluded."""
    at_once = _at_once(slot for slot in _slots(state).get(day, ()) if _meet(slot, starts, ends))
    slotless = replace(
        state, promises={key: p for key, p in state.promises.items() if p.starts is None}
    )
    day_free = _room(slotless, _ordinal(day), _ordinal(day))
    return None if day_free is None else max(0, day_free - at_once)


def _slots(state: ItemState) -> dict[str, list[Promise]]:
    slots: defaultdict[str, list[Promise]] = defaultdict(list)
    for promise in state.promises.values():
        if promise.starts is not None:
            slots[promise.day_from].append(promise)
    return slots


def _meet(slot: Promise, starts: int, ends: int) -> bool:
    assert slot.starts is not None and slot.ends is not None
    return slot.starts < ends and starts < slot.ends


def _at_once(slots: Iterable[Promise]) -> int:
    """Return the most that is in use at the same minute."""
    slots = list(slots)
    return max(
        (
            sum(other.quantity for other in slots if _meet(other, slot.starts, slot.starts + 1))
            for slot in slots
            if slot.starts is not None
        ),
        default=0,
    )


def _taken(state: ItemState) -> Iterator[tuple[int, int, int | None]]:
    """Yield what is taken: first day, last day with the buffer, quantity or None for all."""
    buffer = 0 if state.fact.buffer is UNSET else state.fact.buffer
    days: list[tuple[str, str | None, int | None]] = [
        (hold.day_from, hold.day_to, hold.quantity) for hold in state.holds.values()
    ]
    days += [
        (p.day_from, p.day_to, p.quantity) for p in state.promises.values() if p.starts is None
    ]
    for day_from, day_to, quantity in days:
        last = _LAST_DAY if day_to is None else _ordinal(day_to) + buffer
        yield _ordinal(day_from), last, quantity
    for day, slots in _slots(state).items():
        yield _ordinal(day), _ordinal(day), _at_once(slots)


def _window(day_from: str, day_to: str) -> tuple[int, int]:
    first, last = _ordinal(day_from), _ordinal(day_to)
    if last < first:
        raise LocalProtocolError(f"{day_to} lies before {day_from}")
    if last - first >= CALENDAR_DAYS_MAX:
        raise LocalProtocolError(
            f"a calendar of {last - first + 1:,} days; {CALENDAR_DAYS_MAX:,} is the most",
            "Ask for a shorter time.",
        )
    return first, last


def _stretches(state: ItemState, first: int, last: int) -> list[tuple[int, int, tuple[int, int]]]:
    """Cut a window where holds begin and end: first day, last day, (taken, holds of the whole)."""
    taken: defaultdict[int, int] = defaultdict(int)
    whole: defaultdict[int, int] = defaultdict(int)
    for begins, finishes, quantity in _taken(state):
        start, end = max(begins, first), min(finishes, last)
        if start <= end:
            change, amount = (whole, 1) if quantity is None else (taken, quantity)
            change[start] += amount
            change[end + 1] -= amount
    cuts = sorted({first, *taken, *whole} - {last + 1})
    now_taken = now_whole = 0
    stretches = []
    for start, following in zip(cuts, [*cuts[1:], last + 1], strict=True):
        now_taken += taken[start]
        now_whole += whole[start]
        stretches.append((start, following - 1, (now_taken, now_whole)))
    return stretches


def _free(state: ItemState, taken: int, whole: bool) -> tuple[int | None, int]:
    """Return what is free and what is short, of which at most one is more than nothing."""
    quantity = state.fact.quantity
    if quantity is UNSET:
        return (0 if whole or state.retired else None), 0
    left = quantity - state.gone
    free = 0 if whole or state.retired else max(left - taken, 0)
    return free, max(taken - max(left, 0), 0)


def _ordinal(day: str) -> int:
    try:
        if DAY_RE.fullmatch(day):
            return datetime.date.fromisoformat(day).toordinal()
    except ValueError:  # the 30th of February
        pass
    raise LocalProtocolError(f"{day!r} is not a day", "Write it as 2026-03-31.")


def _iso(ordinal: int) -> str:
    return datetime.date.fromordinal(ordinal).isoformat()
