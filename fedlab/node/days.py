"""Days as `YYYY-MM-DD` in the machine's own zone: those on the lab's wall, which people count."""

import datetime
import time


def today() -> str:
    """Return the day it is."""
    return day_of(time.time())


def day_of(at: float) -> str:
    """Return the day at Unix seconds."""
    return datetime.datetime.fromtimestamp(at).astimezone().date().isoformat()


def day_after(day: str, days: int) -> str:
    """Return the day so many days later."""
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=days)).isoformat()


def days_between(first: str, last: str) -> int:
    """Return how many days lie between two, below zero where the last comes first."""
    return (datetime.date.fromisoformat(last) - datetime.date.fromisoformat(first)).days


def is_day(text: str) -> bool:
    """Say whether a text is a day in its one spelling: fromisoformat alone takes `20261231`."""
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def seconds_since(at: float) -> int:
    """Return how many seconds ago that was, in Unix seconds; never less than none."""
    return max(0, int(time.time() - at))
