"""CSV and TSV as programs and people write them: the separator is found, broken quotes survive.

RFC 4180 where the file keeps to it. A row's number is the one a spreadsheet shows: blank rows
count, and a cell of several lines is one row.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from fedlab.formats.tables import FileError, Grid, Line, check_columns, check_rows
from fedlab.formats.text import clean

SEPARATORS = (";", ",", "\t", "|")
_SAMPLE_ROWS = 200
_CELL_LINES_MAX = 40  # in a file with broken quotes, a longer cell is no cell
_DECLARED = re.compile(r'"?sep=(.)"?\n', re.IGNORECASE)  # Excel's own way to name the separator


def read_csv(text: str, *, tabs_first: bool = False) -> Grid:
    """Return the cells of a text file; `tabs_first` (a .tsv) prefers the tab among equals.

    Raises FileError when the file has too many rows or columns, or a cell without an end.
    """
    first = 1
    if declared := _DECLARED.match(text):
        text, separator, first = text[declared.end() :], declared[1], 2
    else:
        separator = _separator(text, tabs_first)
    lines: list[Line] = []
    try:
        for number, cells in enumerate(_rows(text, separator), first):
            check_columns(len(cells))
            kept = tuple(clean(cell) for cell in cells)
            if any(kept):
                lines.append(Line(number, kept))
                check_rows(len(lines))
    except csv.Error as exc:
        raise FileError(
            f"the file cannot be read as CSV: {exc}", "save it again as CSV, XLSX or ODS"
        ) from exc
    return Grid("", tuple(lines))


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    """Read as RFC 4180 says if the file keeps to it, otherwise record by record.

    An inch mark at the start of a cell (`"1/2 drill`) would else swallow the rest of the file.
    """
    if _error(text, separator) is None:
        yield from csv.reader(io.StringIO(text), delimiter=separator)
        return
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        end = _record_end(lines, at, separator)
        record = "\n".join(lines[at:end])
        if end == at + 1 and _error(record, separator) == "open":
            yield record.split(separator)
        else:
            yield from csv.reader(io.StringIO(record), delimiter=separator) if record else [[]]
        at = end


def _record_end(lines: list[str], at: int, separator: str) -> int:
    """Return where the record that begins at a line ends: the next line, unless quotes go on."""
    for end in range(at + 1, min(at + _CELL_LINES_MAX, len(lines)) + 1):
        error = _error("\n".join(lines[at:end]), separator)
        if error is None:
            return end
        if error != "open":
            break
    return at + 1


def _error(text: str, separator: str) -> str | None:
    """Return what a strict reader minds, `open` for a quote without an end; None for nothing."""
    try:
        for _ in csv.reader(io.StringIO(text), delimiter=separator, strict=True):
            pass
    except csv.Error as exc:
        return "open" if "end of data" in str(exc) else str(exc)
    return None


def _separator(text: str, tabs_first: bool) -> str:
    """Return the separator that cuts most rows into the same number of cells, two at least."""
    sample = text[: 256 * 1024]
    order = ("\t", *SEPARATORS) if tabs_first else SEPARATORS
    best, best_score = order[0] if tabs_first else ",", 0.0
    for candidate in order:
        counts: Counter[int] = Counter()
        try:
            for number, cells in enumerate(_rows(sample, candidate)):
                if any(cell.strip() for cell in cells):
                    counts[len(cells)] += 1
                if number >= _SAMPLE_ROWS:
                    break
        except csv.Error:
            continue
        score = _evenness(counts)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _evenness(counts: Counter[int]) -> float:
    """Return the share of rows cut in the commonest number of cells, a little more if many."""
    cut = Counter({width: rows for width, rows in counts.items() if width > 1})
    if not cut:
        return 0.0
    width, rows = cut.most_common(1)[0]
    return rows / counts.total() + min(width, 20) / 100
