"""Days on the lab's wall."""

import time

import pytest

from fedlab.node import days


def test_a_day_has_one_spelling() -> None:
    assert days.is_day("2026-12-31")
    for text in ("20261231", "2026-W53-4", "2026-1-1", "2026-02-30", "", "2026-12-31 "):
        assert not days.is_day(text), text


def test_days_are_counted_both_ways() -> None:
    assert days.day_after("2026-12-31", 1) == "2027-01-01"
    assert days.days_between("2026-12-31", "2027-01-01") == 1
    assert days.days_between("2027-01-01", "2026-12-31") == -1


def test_it_is_the_wall_clock_s_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour before midnight in Greenwich it is tomorrow in Paris."""
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    try:
        assert days.day_of(1_780_009_200) == "2026-05-29"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_nothing_is_younger_than_now() -> None:
    assert days.seconds_since(int(time.time()) + 3600) == 0
