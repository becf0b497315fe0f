"""What a file of any format becomes first: tables of text, each row with the number people see.

Readers (`csvfile`, `sheets`, `jsonfile`, `markdown`) return `Grid`s, cells as they stand, or
`Table`s, whose columns have names. What belongs to no row is an `Aside`: told, never dropped.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from fedlab.protocol import limits

# Who waits for a long file is told how many of its rows are done, of how many.
Tell = Callable[[int, int], None]
TOLD_EVERY = 200


class FileError(Exception):
    """A file cannot be read at all; `hint` is the way out."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class MappingError(FileError):
    """The person named a field or a column that is not there."""


class Span(NamedTuple):
    """One merged cell of a sheet, by index in its grid, ends included."""

    top: int
    left: int
    bottom: int
    right: int


class Line(NamedTuple):
    """A row of cells as they stand in a file, not yet known to be headers or an item."""

    number: int  # as the person sees it: row of the sheet, line of the text, place in the list
    cells: tuple[str, ...]

    def filled(self) -> int:
        """Return how many cells hold something."""
        return sum(1 for cell in self.cells if cell)


class Grid(NamedTuple):
    """A sheet, a CSV file or a Markdown table: lines of cells, headers still to be found."""

    title: str
    lines: tuple[Line, ...]
    spans: tuple[Span, ...] = ()


class Row(NamedTuple):
    """What one row says, by column; empty cells are absent."""

    number: int
    cells: Mapping[int, str]
    section: str = ""


class Aside(NamedTuple):
    """Text of the file that belongs to no item, and why; or what the reader had to decide."""

    number: int
    reason: str
    sheet: str = ""


class Table(NamedTuple):
    """Rows under named columns; the names are unique and in the file's order."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    asides: tuple[Aside, ...] = ()
    headed: bool = True  # False: the file names no columns, they are called after their letters
    sorted_by_title: bool = (
        True  # beside other tables, the title says what sort of things these are
    )


def column_letter(index: int) -> str:
    """Return the letter that a spreadsheet shows above a column: A, B … Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def unique_names(headers: Iterable[str]) -> tuple[str, ...]:
    """Return headers with none empty and none twice: an empty one is named after its letter."""
    names: list[str] = []
    seen: set[str] = set()
    for index, header in enumerate(headers):
        name = wanted = header or f"column {column_letter(index)}"
        copy = 1
        while name.casefold() in seen:
            copy += 1
            name = f"{wanted} ({copy})"
        seen.add(name.casefold())
        names.append(name)
    return tuple(names)


def check_rows(count: int) -> None:
    """Raise FileError when a file has more rows than one import takes."""
    if count > limits.IMPORT_ROWS_MAX:
        raise FileError(
            f"the file has more than {limits.IMPORT_ROWS_MAX} rows",
            "split it into smaller files and import them one after the other",
        )


def check_columns(count: int) -> None:
    """Raise FileError when a file has more columns than an inventory can mean."""
    if count > limits.IMPORT_COLUMNS_MAX:
        raise FileError(
            f"the file has more than {limits.IMPORT_COLUMNS_MAX} columns",
            "delete the columns that are not needed, or check that the separator is right",
        )
