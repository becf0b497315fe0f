"""What the cells of one column look like together: names, codes, numbers, addresses."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from fedlab.formats.quantities import is_number

_LETTERS = re.compile(r"[^\W\d_]{2}")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?(?:[ T].*)?|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}")
_ADDRESS = re.compile(r"(?:https?://|www\.|mailto:)\S+|\S+@\S+\.\S+", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{12,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", re.IGNORECASE)
_CODE = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9_./#-]*")
_DATA_CHARS_MAX = 500  # what is longer is prose


class Profile(NamedTuple):
    """Shares of a column's cells, each between 0 and 1; of the filled ones, but for `filled`."""

    filled: float
    distinct: float
    wordy: float  # words; codes count a little, numbers, dates and addresses nothing
    length: float  # mean, in characters

    def looks_like_names(self) -> float:
        """Return how well the column would name the rows, from 0 to 1."""
        if not self.length:
            return 0.0
        fit = 1.0 if 3 <= self.length <= 70 else max(0.2, 70 / max(self.length, 3) / 1.5)
        return self.filled * self.distinct**2 * self.wordy * fit


def is_data(cell: str) -> bool:
    """Say whether a cell can be no header: a number, a date, an address, an identifier."""
    return len(cell) <= _DATA_CHARS_MAX and bool(
        is_number(cell) or _DATE.fullmatch(cell) or _ADDRESS.fullmatch(cell) or _HEX.fullmatch(cell)
    )


def _wordiness(cell: str) -> float:
    if not _LETTERS.search(cell) or is_data(cell):
        return 0.0
    return 0.3 if _CODE.fullmatch(cell) else 1.0  # ABS_UM_1 may be what a printer is called


def is_identifier(cell: str) -> bool:
    """Say whether a cell is a machine's identifier, which nobody would write on a label."""
    return _HEX.fullmatch(cell) is not None


def profile(cells: Sequence[str], rows: int) -> Profile:
    """Return the profile of a column's non-empty cells out of so many rows."""
    if not cells or not rows:
        return Profile(0.0, 0.0, 0.0, 0.0)
    return Profile(
        filled=len(cells) / rows,
        distinct=len({cell.casefold() for cell in cells}) / len(cells),
        wordy=sum(_wordiness(cell) for cell in cells) / len(cells),
        length=sum(len(cell) for cell in cells) / len(cells),
    )
