"""Numbers as people type them, and as addresses carry them: what is none is None, never guessed."""

import re
from typing import Final

# An id of the store, and whatever people count, has fewer digits; more cost time to read.
_WHOLE: Final = re.compile(r"[0-9]{1,15}")
_DECIMAL: Final = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,3}))?")
_SPACES: Final = str.maketrans("", "", " \u00a0\u202f")


def whole(text: str) -> int | None:
    """Return a whole number in our digits: `isdecimal` alone takes those of every script."""
    return int(text) if _WHOLE.fullmatch(text) else None


def decimal(text: str, digits: int) -> int | None:
    """Return a number as people type it, `1 234,5` or `1234.50`, in parts of 10 to the `digits`."""
    match = _DECIMAL.fullmatch(text.translate(_SPACES))
    if match is None or len(match[2] or "") > digits:
        return None
    return int(match[1] + (match[2] or "").ljust(digits, "0"))


def spelled(number: int, digits: int = 3) -> str:
    """Return parts of 10 to the `digits` as a number that `decimal` reads, without idle zeros."""
    units, parts = divmod(number, 10**digits)
    return f"{units}.{parts:0{digits}}".rstrip("0").rstrip(".")
