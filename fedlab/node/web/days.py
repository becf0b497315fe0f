"""Today and how long ago, for pages."""

import datetime
import time


def today() -> str:
    """Return the day on the lab's wall, as forms take it."""
    return datetime.datetime.now().astimezone().date().isoformat()


def seconds_since(at: int) -> int:
    """Return how many seconds ago that was, in Unix seconds; never less than none."""
    return max(0, int(time.time()) - at)
