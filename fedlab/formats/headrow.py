"""Which row of a grid holds the headers: under titles, in two storeys, or nowhere.

A row is taken for headers on evidence only: known words, or a shape that its columns do not share
(text above numbers, a word that never comes back in a column of few values). Without evidence
every row is an item: a header imported as an item is seen at once, an item read as headers is not.
"""

from collections import Counter
from collections.abc import Iterable

from fedlab.formats.headers import recognise
from fedlab.formats.profile import is_data
from fedlab.formats.quantities import is_number
from fedlab.formats.tables import Aside, Grid, Line, Row, Table, unique_names
from fedlab.formats.text import fold, folded, one_line

_SEARCHED_LINES = 15  # titles, addresses and dates above the headers seldom take more
_TOTALS = folded("Total|Totaux|Total général|Sous-total|Grand total|Subtotal")


def find_table(grid: Grid, hints: Iterable[str] = ()) -> Table:
    """Return the grid as a table with named columns; `hints` are headers that the person named."""
    wanted = {fold(hint) for hint in hints}
    head = _known_headers(grid.lines, wanted)
    if head is None:
        head = _shaped_headers(grid.lines)
    width = max((len(line.cells) for line in grid.lines), default=0)
    if head is None:
        return Table(grid.title, unique_names([""] * width), _rows(grid.lines), headed=False)
    headers, above = _two_storeys(grid, head)
    headers += [""] * (width - len(headers))
    asides = [
        Aside(line.number, f"stands above the headers: {_said(line)}", grid.title)
        for line in grid.lines[:above]
    ]
    body, sections = _body(grid, head, asides)
    rows = _rows(body, sections)
    return Table(grid.title, unique_names(headers), rows, tuple(asides))


def _known_headers(lines: tuple[Line, ...], wanted: set[str]) -> int | None:
    best, best_known = None, 0
    for place, line in enumerate(lines[:_SEARCHED_LINES]):
        cells = [cell for cell in line.cells if cell]
        asked = sum(1 for cell in cells if fold(cell) in wanted)
        known = sum(1 for cell in cells if recognise(cell)) + 2 * asked
        if known <= best_known or (known < 2 and 2 * known < len(cells)):
            continue
        if known < 3 and any(is_data(cell) for cell in cells):  # a year may head a column
            continue
        if known > 2 or not _comes_back(lines, place):  # `outil | atelier` may be a tool's row
            best, best_known = place, known
    if best is not None and best_known == 1 and not _is_first_row(lines, best):
        return None
    return best


def _is_first_row(lines: tuple[Line, ...], place: int) -> bool:
    """Say whether a row with one known word can be headers: the first, as wide as what follows."""
    width = _usual_width(lines)
    return all(line.filled() < width for line in lines[:place]) and (
        lines[place].filled() >= min(width, 2) or width == 1
    )


def _usual_width(lines: tuple[Line, ...]) -> int:
    return Counter(line.filled() for line in lines).most_common(1)[0][0]


def _comes_back(lines: tuple[Line, ...], place: int) -> bool:
    """Say whether a word of this row is also a value of its column further down.

    A page's repeated header row is no value: it comes back whole.
    """
    head = lines[place].cells
    for line in lines[place + 1 :]:
        if line.cells == head:
            continue
        for mine, other in zip(head, line.cells, strict=False):
            if mine and mine == other:
                return True
    return False


def _shaped_headers(lines: tuple[Line, ...]) -> int | None:
    """Find headers made of unknown words by how they differ from what stands below them."""
    if len(lines) < 2:
        return None
    width = max(2, _usual_width(lines))
    place = next((n for n, line in enumerate(lines[:8]) if line.filled() >= 0.6 * width), None)
    if place is None or lines[place].filled() < 2 or _comes_back(lines, place):
        return None
    head = lines[place].cells
    cells = [cell for cell in head if cell]
    if any(is_data(cell) for cell in cells) or len({fold(c) for c in cells}) < len(cells):
        return None
    body = lines[place + 1 :]
    return (
        place if any(_differs(body, column, head[column]) for column in range(len(head))) else None
    )


def _differs(body: tuple[Line, ...], column: int, header: str) -> bool:
    """Say whether a column is of another kind than the word above it."""
    below = [line.cells[column] for line in body if column < len(line.cells) and line.cells[column]]
    if not header or not below:
        return False
    if sum(1 for cell in below if is_number(cell)) >= (0.6 if len(below) > 2 else 1) * len(below):
        return True
    return len(below) >= 5 and len(set(below)) <= 0.5 * len(below)


def _two_storeys(grid: Grid, head: int) -> tuple[list[str], int]:
    """Return the headers, those of a merged row above put in front, and how many lines are titles.

    `Quantité` merged over `Dans le casier` and `En prêt` makes `Quantité – Dans le casier`.
    """
    headers = [one_line(cell) for cell in grid.lines[head].cells]
    if not head or grid.lines[head - 1].number != grid.lines[head].number - 1:
        return headers, head
    upper = grid.lines[head - 1]
    spans = [span for span in grid.spans if span.top == span.bottom == upper.number - 1]
    if not spans or any(span.right - span.left + 1 >= len(headers) - 1 for span in spans):
        return headers, head
    for column, label in enumerate(upper.cells):
        if not label:
            continue
        right = max((span.right for span in spans if span.left == column), default=column)
        for under in range(column, min(right + 1, len(headers))):
            headers[under] = f"{one_line(label)} – {headers[under]}".removesuffix(" – ")
    return headers, head - 1


def _body(grid: Grid, head: int, asides: list[Aside]) -> tuple[list[Line], dict[int, str]]:
    """Return the lines that are items, and the section title above each line's number."""
    kept: list[Line] = []
    sections: dict[int, str] = {}
    section = ""
    below = grid.lines[head + 1 :]
    shouting = _shouts(below)
    width = len(grid.lines[head].cells)
    for place, line in enumerate(below):
        if line.cells == grid.lines[head].cells:
            asides.append(Aside(line.number, "repeats the headers", grid.title))
        elif _is_total(line):
            asides.append(Aside(line.number, f"is a total, not an item: {_said(line)}", grid.title))
        elif width > 2 and _is_section(grid, below, place, shouting=shouting):
            asides.append(
                Aside(line.number, f"is the title of a section: {_said(line)}", grid.title)
            )
            section = one_line(_said(line)).rstrip(" :")
        else:
            kept.append(line)
            if section:
                sections[line.number] = section
    return kept, sections


def _is_total(line: Line) -> bool:
    cells = [cell for cell in line.cells if cell]
    return fold(cells[0]) in _TOTALS and all(is_number(cell) for cell in cells[1:])


def _is_section(grid: Grid, below: tuple[Line, ...], place: int, *, shouting: bool) -> bool:
    """Say whether a line holds nothing but a title for the lines under it."""
    line = below[place]
    if line.filled() != 1 or place + 1 == len(below) or below[place + 1].filled() < 2:
        return False
    text = next(cell for cell in line.cells if cell)
    index = line.number - 1
    merged = any(s.top == s.bottom == index and s.right - s.left >= 2 for s in grid.spans)
    return merged or text.endswith(":") or (text.isupper() and len(text) > 3 and not shouting)


def _shouts(lines: tuple[Line, ...]) -> bool:
    """Say whether whoever keeps the list writes names in capitals anyway."""
    full = [line for line in lines if line.filled() > 1]
    loud = sum(1 for line in full if any(c.isupper() and len(c) > 8 for c in line.cells))
    return loud > 0.3 * len(full)


def _rows(lines: Iterable[Line], sections: dict[int, str] | None = None) -> tuple[Row, ...]:
    return tuple(
        Row(
            line.number,
            {column: cell for column, cell in enumerate(line.cells) if cell},
            (sections or {}).get(line.number, ""),
        )
        for line in lines
    )


def _said(line: Line) -> str:
    return " | ".join(one_line(cell) for cell in line.cells if cell)[:300]
