"""XLSX and ODS workbooks: every visible sheet as a grid of text.

The cells are read by calamine, which lays each sheet out as a full rectangle: two cells in far
corners of a small file would ask for half a terabyte and end the process. So `_extent` walks the
XML first and refuses what is too wide apart.
"""

import datetime as dt
import io
import re
from collections.abc import Callable
from xml.parsers import expat

import python_calamine as calamine

from fedlab.formats.archive import Package, unpack
from fedlab.formats.tables import FileError, Grid, Line, Span, check_columns, check_rows
from fedlab.formats.text import clean
from fedlab.protocol import limits

_DAMAGED = ("the spreadsheet is damaged", "open it in a spreadsheet program and save it again")
_CELL_NAME = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
Attributes = dict[str, str]


def read_sheets(data: bytes) -> tuple[list[Grid], list[str]]:
    """Return the visible sheets that hold something, and the names of the hidden ones that do.

    Raises FileError for what is no sheet, is damaged, protected, or larger than the limits.
    """
    package = unpack(data)
    _check_extents(package)
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(package.archive()))
        visible, hidden = [], []
        for sheet in book.sheets_metadata:
            if sheet.typ is not calamine.SheetTypeEnum.WorkSheet:
                continue
            grid = _grid(book.get_sheet_by_name(sheet.name))
            if grid.lines and sheet.visible is calamine.SheetVisibleEnum.Visible:
                visible.append(grid)
            elif grid.lines:
                hidden.append(sheet.name)
    except (calamine.CalamineError, ValueError, OverflowError) as exc:
        raise FileError(*_DAMAGED) from exc
    return visible, hidden


def _grid(sheet: calamine.CalamineSheet) -> Grid:
    check_columns(sheet.end[1] + 1 if sheet.end else 0)
    rows = sheet.to_python(skip_empty_area=False)
    spans = tuple(
        Span(top, left, bottom, right)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    )
    texts = [[_text(value) for value in row] for row in rows]
    _fill_down(texts, spans)
    lines = tuple(Line(number, tuple(cells)) for number, cells in enumerate(texts, 1) if any(cells))
    check_rows(len(lines))
    return Grid(clean(sheet.name), lines, spans)


def _fill_down(texts: list[list[str]], spans: tuple[Span, ...]) -> None:
    """Repeat what a cell merged over several rows says: it holds for each of them."""
    for span in spans:
        if span.left != span.right or span.bottom >= len(texts):
            continue
        for row in texts[span.top + 1 : span.bottom + 1]:
            if span.left < len(row):
                row[span.left] = texts[span.top][span.left]


def _text(value: object) -> str:
    """Return a cell as a spreadsheet shows it: 3.0 is `3`, dates are ISO."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return format(value, ".15g")  # what Excel keeps; repr would show 0.30000000000000004
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime():
            return value.isoformat(" ", "seconds")
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return clean(str(value))


# --- how large a rectangle would be -------------------------------------------------------------


class _Extent:
    """The last row and column of a sheet that hold something, as the XML goes by."""

    def __init__(self) -> None:
        self.row = self.column = 0  # where the walk is, counted from 1
        self.rows = self.columns = 0  # the last that holds something
        self.repeat_row = self.repeat_column = 1

    def hold(self) -> None:
        """Note that the current cell, with its repetitions, holds something."""
        self.rows = max(self.rows, self.row + self.repeat_row - 1)
        self.columns = max(self.columns, self.column + self.repeat_column - 1)
        if self.rows * self.columns > limits.IMPORT_CELLS_MAX:
            raise FileError(
                f"a sheet has a value as far out as row {self.rows}, column {self.columns}",
                "delete what stands far away from the inventory, or copy it into a new sheet",
            )


def _check_extents(package: Package) -> None:
    for name, content in package.parts.items():
        if package.kind == "xlsx" and name.startswith("xl/"):  # a sheet may stand anywhere there
            _walk(content, _xlsx_handlers(_Extent()))
        elif name == "content.xml":
            _walk(content, _ods_handlers())


Handlers = tuple[Callable[[str, Attributes], None], Callable[[str], None]]


def _walk(content: bytes, handlers: Handlers) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = handlers
    parser.StartDoctypeDeclHandler = _refuse_doctype  # no entities, so no explosion of them
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        raise FileError(*_DAMAGED) from None


def _refuse_doctype(*_: object) -> None:
    raise FileError(*_DAMAGED)


def _xlsx_handlers(extent: _Extent) -> Handlers:
    """Follow ECMA-376 part 1, 18.3.1: `row r`, `c r`, both optional, and `v` or `is` in cells."""

    def start(name: str, attributes: Attributes) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "row":
            extent.row = _number(attributes.get("r"), extent.row + 1)
            extent.column = 0
        elif tag == "c":
            place = attributes.get("r")
            if place is None:
                extent.column += 1
            elif match := _CELL_NAME.fullmatch(place):
                extent.column, extent.row = _column_number(match[1]), int(match[2])
            else:
                raise FileError(*_DAMAGED)
        elif tag in ("v", "is"):
            extent.hold()

    return start, lambda _name: None


def _ods_handlers() -> Handlers:
    """Follow OpenDocument 1.3 part 3, 19.675 and 19.677: rows and cells say how often they come."""
    extent = _Extent()

    def start(name: str, attributes: Attributes) -> None:
        nonlocal extent
        local = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        tag = name.rpartition(" ")[2]
        if tag == "table":
            extent = _Extent()
        elif tag == "table-row":
            extent.row += extent.repeat_row if extent.row else 1
            extent.repeat_row = _number(local.get("number-rows-repeated"), 1)
            extent.column, extent.repeat_column = 0, 1
        elif tag in ("table-cell", "covered-table-cell"):
            extent.column += extent.repeat_column if extent.column else 1
            extent.repeat_column = _number(local.get("number-columns-repeated"), 1)
            if "value-type" in local:
                extent.hold()
        elif tag == "p" and extent.column:
            extent.hold()

    return start, lambda _name: None


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise FileError(*_DAMAGED)
    return int(text)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
