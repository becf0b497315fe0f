"""Times of facts as days, for formats that know no seconds."""

import datetime
from typing import Final

_BEGIN: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def iso_day(at: int | None) -> str:
    """Return a time in seconds as a day in UTC; nothing for none, or beyond the calendar."""
    if at is None:
        return ""
    try:
        return (_BEGIN + datetime.timedelta(seconds=at)).date().isoformat()
    except OverflowError:
        return ""
