"""What is free, day by day."""

import datetime
import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.inventory import calendar
from fedlab.inventory.calendar import Span, free_spans, least_free
from fedlab.inventory.facts import ItemSet
from fedlab.inventory.fold import fold
from fedlab.inventory.item import Hold, ItemState
from fedlab.protocol.errors import LocalProtocolError
from tests.inventory.samples import LAB, Log


def item(*holds: tuple[str, str | None, int | None], **fields: Any) -> ItemState:
    """Return an item with the quantity and buffer given and these holds: from, to, quantity."""
    log = Log()
    log.add(ItemSet, code="A", kind="tool", unit="piece", **fields)
    state = fold(LAB, log.entries).items["A"]
    held = {f"{n:064x}": Hold(*hold, "lent") for n, hold in enumerate(holds)}
    return msgspec.structs.replace(state, holds=held)


def spans(state: ItemState, day_from: str, day_to: str) -> list[tuple[str, str, int | None]]:
    return [(one.day_from, one.day_to, one.free) for one in free_spans(state, day_from, day_to)]


def test_without_holds_all_is_free() -> None:
    state = item(quantity=3000)
    assert spans(state, "2026-03-01", "2026-03-31") == [("2026-03-01", "2026-03-31", 3000)]


def test_both_ends_of_a_hold_are_held() -> None:
    state = item(("2026-03-10", "2026-03-12", 1000), quantity=3000)
    assert spans(state, "2026-03-09", "2026-03-13") == [
        ("2026-03-09", "2026-03-09", 3000),
        ("2026-03-10", "2026-03-12", 2000),
        ("2026-03-13", "2026-03-13", 3000),
    ]


def test_one_day_is_a_window() -> None:
    state = item(("2026-03-10", "2026-03-10", 1000), quantity=1000)
    assert spans(state, "2026-03-10", "2026-03-10") == [("2026-03-10", "2026-03-10", 0)]


def test_holds_add_up_where_they_overlap() -> None:
    state = item(
        ("2026-03-10", "2026-03-12", 1000), ("2026-03-12", "2026-03-14", 500), quantity=3000
    )
    assert spans(state, "2026-03-10", "2026-03-14") == [
        ("2026-03-10", "2026-03-11", 2000),
        ("2026-03-12", "2026-03-12", 1500),
        ("2026-03-13", "2026-03-14", 2500),
    ]


def test_holds_in_a_row_make_one_span() -> None:
    state = item(
        ("2026-03-10", "2026-03-12", 1000), ("2026-03-13", "2026-03-14", 1000), quantity=1000
    )
    assert spans(state, "2026-03-10", "2026-03-14") == [("2026-03-10", "2026-03-14", 0)]


def test_the_buffer_extends_a_hold_but_does_not_come_before_it() -> None:
    state = item(("2026-03-10", "2026-03-12", 1000), quantity=1000, buffer=2)
    assert spans(state, "2026-03-09", "2026-03-15") == [
        ("2026-03-09", "2026-03-09", 1000),
        ("2026-03-10", "2026-03-14", 0),
        ("2026-03-15", "2026-03-15", 1000),
    ]


def test_a_buffer_reaches_into_a_window_that_begins_after_the_hold() -> None:
    state = item(("2026-03-10", "2026-03-12", 1000), quantity=1000, buffer=2)
    assert spans(state, "2026-03-14", "2026-03-15") == [
        ("2026-03-14", "2026-03-14", 0),
        ("2026-03-15", "2026-03-15", 1000),
    ]


def test_a_hold_without_an_end_lasts_until_it_is_released() -> None:
    state = item(("2026-03-10", None, 1000), quantity=1000)
    assert spans(state, "2026-03-09", "2029-01-01") == [
        ("2026-03-09", "2026-03-09", 1000),
        ("2026-03-10", "2029-01-01", 0),
    ]


def test_what_is_unknown_stays_unknown_unless_all_of_it_is_held() -> None:
    state = item(("2026-03-10", "2026-03-12", 1000), ("2026-03-12", "2026-03-13", None))
    assert spans(state, "2026-03-09", "2026-03-14") == [
        ("2026-03-09", "2026-03-11", None),
        ("2026-03-12", "2026-03-13", 0),
        ("2026-03-14", "2026-03-14", None),
    ]


def test_a_hold_of_all_takes_all_whatever_the_quantity_becomes() -> None:
    assert least_free(item(("2026-03-10", None, None), quantity=9000), *["2026-03-11"] * 2) == 0


def test_lowering_the_quantity_voids_nothing_and_says_what_is_short() -> None:
    state = item(("2026-03-10", "2026-03-12", 3000), quantity=2000)
    assert free_spans(state, "2026-03-12", "2026-03-13") == [
        Span(day_from="2026-03-12", day_to="2026-03-12", free=0, short=1000),
        Span(day_from="2026-03-13", day_to="2026-03-13", free=2000, short=0),
    ]


def test_nothing_of_a_retired_item_is_free() -> None:
    for state in (item(quantity=2000), item()):
        retired = msgspec.structs.replace(state, retired=True)
        assert spans(retired, "2026-03-01", "2026-03-02") == [("2026-03-01", "2026-03-02", 0)]


def test_the_least_of_a_window_is_what_can_be_had_throughout() -> None:
    state = item(("2026-03-10", "2026-03-12", 1000), quantity=3000)
    assert least_free(state, "2026-03-09", "2026-03-14") == 2000
    assert least_free(state, "2026-03-13", "2026-03-14") == 3000
    assert least_free(item(), "2026-03-13", "2026-03-14") is None
    held = item(("2026-03-10", "2026-03-12", None))
    assert least_free(held, "2026-03-09", "2026-03-14") == 0


@pytest.mark.parametrize(
    ("day_from", "day_to"),
    [
        ("2026-03-02", "2026-03-01"),
        ("2026-02-30", "2026-03-01"),
        ("20260301", "2026-03-01"),
        ("2026-W09-1", "2026-03-01"),
        ("tomorrow", "2026-03-01"),
        ("", ""),
        ("1970-01-01", "2026-03-01"),
        ("2026-03-01", "9999-12-31"),
    ],
)
def test_a_window_that_is_none_is_refused(day_from: str, day_to: str) -> None:
    with pytest.raises(LocalProtocolError):
        free_spans(item(), day_from, day_to)


# --- against counting day by day ---

FIRST = datetime.date(2026, 2, 20)
_DAYS = st.integers(0, 20).map(lambda n: FIRST + datetime.timedelta(days=n))


@st.composite
def held_items(draw: st.DrawFn) -> ItemState:
    holds = []
    for _ in range(draw(st.integers(0, 6))):
        day_from, day_to = sorted(draw(st.tuples(_DAYS, _DAYS)))
        ends = draw(st.booleans())
        quantity = draw(st.none() | st.integers(1, 4000))
        holds.append((str(day_from), str(day_to) if ends else None, quantity))
    fields: dict[str, Any] = {}
    if draw(st.booleans()):
        fields["quantity"] = draw(st.integers(0, 9000))
    if draw(st.booleans()):
        fields["buffer"] = draw(st.integers(1, 4))
    return item(*holds, **fields)


def counted(state: ItemState, day: datetime.date) -> tuple[int | None, int]:
    """Return what is free and short on one day, the slow and plain way."""
    buffer = datetime.timedelta(days=0 if state.fact.buffer is msgspec.UNSET else state.fact.buffer)
    on = [
        hold
        for hold in state.holds.values()
        if datetime.date.fromisoformat(hold.day_from) <= day
        and (hold.day_to is None or day <= datetime.date.fromisoformat(hold.day_to) + buffer)
    ]
    whole = any(hold.quantity is None for hold in on)
    if state.fact.quantity is msgspec.UNSET:
        return (0 if whole else None), 0
    left = state.fact.quantity - sum(hold.quantity or 0 for hold in on)
    return (0 if whole else max(left, 0)), max(-left, 0)


@given(held_items(), _DAYS, _DAYS)
def test_spans_say_what_counting_each_day_says(
    state: ItemState, one: datetime.date, other: datetime.date
) -> None:
    first, last = sorted((one, other))
    found = free_spans(state, str(first), str(last))
    days = []
    for span in found:
        day, end = map(datetime.date.fromisoformat, (span.day_from, span.day_to))
        while day <= end:
            assert (span.free, span.short) == counted(state, day), day
            days.append(day)
            day += datetime.timedelta(days=1)
    assert days == [first + datetime.timedelta(days=n) for n in range((last - first).days + 1)]
    assert all((a.free, a.short) != (b.free, b.short) for a, b in itertools.pairwise(found))


def test_a_calendar_without_the_last_day_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: a hold that ends a day early."""
    state = item(("2026-03-10", "2026-03-12", 1000), quantity=1000)
    assert counted(state, datetime.date(2026, 3, 12)) == (0, 0)
    true = calendar._ordinal
    monkeypatch.setattr(calendar, "_ordinal", lambda day: true(day) - (day == "2026-03-12"))
    assert spans(state, "2026-03-10", "2026-03-13")[-1] != ("2026-03-13", "2026-03-13", 1000)
