"""Labels for items: sheets that are sold, a QR code that phones open, and where each part goes.

Lengths are hundredths of a millimetre; the print page and the PDF are drawn from this one table.
"""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import segno
from msgspec import Struct

# ISO/IEC 18004 asks for four light modules around a code.
QUIET_MODULES: Final = 4
_A4: Final = (21_000, 29_700)
# Points: the largest in which a name fits is taken; smaller than the last nobody reads.
TYPE_SIZES: Final = (14, 12, 10, 9, 8, 7, 6, 5)
_POINT: Final = 35.28
# A bold letter is this wide on average, and a line this high, in parts of the type size.
_LETTER: Final = 0.6
_LINE: Final = 1.2
# Bold letters of a broad face, and its capitals, against the usual letter.
_BOLD: Final = 1.15
_CAPITAL: Final = 1.35
# A word is rather broken than set smaller than this.
_SIZE_READ: Final = 9
# Printers shift a sheet by up to a millimetre and a half.
MARGIN: Final = 150


class Sheet(Struct, frozen=True):
    """A sheet of labels as it is sold, or one label of a roll."""

    key: str
    sold_as: str
    page: tuple[int, int]
    label: tuple[int, int]
    columns: int
    rows: int
    corner: tuple[int, int]
    gap: int  # between columns; rows always touch

    @property
    def labels(self) -> int:
        """How many labels are on it."""
        return self.columns * self.rows

    @property
    def qr(self) -> int:
        """The side of the code with its quiet zone."""
        return min(self.label[1], self.label[0] // 2)

    @property
    def text(self) -> tuple[int, int]:
        """Width and height of what is beside the code."""
        width, height = self.label
        return width - self.qr - MARGIN, height - 2 * MARGIN


def _sheet(
    key: str, sold_as: str, label: tuple[int, int], columns: int, rows: int, gap: int = 0
) -> Sheet:
    """Return a sheet of A4 whose labels stand in the middle, as all of these do."""
    left = (_A4[0] - columns * label[0] - (columns - 1) * gap) // 2
    top = (_A4[1] - rows * label[1]) // 2
    return Sheet(key, sold_as, _A4, label, columns, rows, (left, top), gap)


# Sizes as the makers print them on the packet.
SHEETS: Final[dict[str, Sheet]] = {
    sheet.key: sheet
    for sheet in (
        _sheet("L7160", "Avery L7160", (6_350, 3_810), 3, 7, 250),
        _sheet("L7159", "Avery L7159", (6_350, 3_390), 3, 8, 250),
        _sheet("70x37", "Avery 3474, Herma 4464", (7_000, 3_700), 3, 8),
        _sheet("L7654", "Avery L7654", (4_570, 2_540), 4, 10, 260),
        _sheet("52x29", "Avery 3651, Herma 4461", (5_250, 2_970), 4, 10),
        _sheet("L7651", "Avery L7651", (3_810, 2_120), 5, 13, 250),
        Sheet(
            "DK62", "Brother DK-22205, DK-11209", (6_200, 2_900), (6_200, 2_900), 1, 1, (0, 0), 0
        ),
    )
}


class Label(Struct, frozen=True):
    """What stands on one label."""

    code: str
    name: str
    lab: str
    url: str


def label_url(address: str, lab: str, code: str) -> str:
    """Return what a label's code says, in capitals, which need half the modules.

    Scheme and host have no case, and a node takes any in `/I/…`; a path of the address's own stays
    as it is.
    """
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.upper()}://{host.upper()}{slash}{path}/I/{lab.upper()}/{code.upper()}"


def qr_path(url: str) -> tuple[int, str]:
    """Return a QR code as SVG: the side of the picture in modules, and strokes over the dark ones.

    Strokes are one module wide. Level L, or a better one that makes it no larger (ISO/IEC 18004);
    raises ValueError for a text that no code holds.
    """
    matrix = segno.make_qr(url, error="l", boost_error=True).matrix
    parts: list[str] = []
    for y, row in enumerate(matrix, QUIET_MODULES):
        x = QUIET_MODULES
        for is_dark, run in groupby(row):
            width = len(list(run))
            if is_dark:
                parts.append(f"M{x} {y}.5h{width}")
            x += width
    return len(matrix) + 2 * QUIET_MODULES, "".join(parts)


def fit_name(name: str, sheet: Sheet) -> tuple[int, str]:
    """Return the type size in points in which a name fits beside the code, and what then fits.

    Two more lines, a little smaller, are for the code and the lab.
    """
    width, height = sheet.text
    longest = max((_breadth(word) for word in name.split()), default=0)

    def cuts(size: int) -> bool:
        return size < _SIZE_READ or longest * size * _POINT * _LETTER > width

    for size in sorted(TYPE_SIZES, key=cuts):
        letters = int(width / (size * _POINT * _LETTER))
        lines = int(height / (size * _POINT * _LINE)) - 2
        if lines >= 1 and letters >= 1 and _lines(name.split(), letters) <= lines:
            return size, name
    room = max(letters * max(lines, 1) - letters // 2, 2)
    return TYPE_SIZES[-1], name if len(name) <= room else name[: room - 1].rstrip() + "…"


def _breadth(word: str) -> float:
    """Return how many letters of the usual breadth a bold word takes."""
    return sum(_CAPITAL if letter.isupper() else _BOLD for letter in word)


def _lines(words: Sequence[str], letters: int) -> int:
    """Return how many lines the words take; a word longer than a line breaks where it must."""
    lines, used = 1, 0
    for word in words:
        needed = len(word) + (1 if used else 0)
        if used and used + needed > letters:
            lines, used, needed = lines + 1, 0, len(word)
        used += needed
        lines += math.ceil(used / letters) - 1
        used -= (math.ceil(used / letters) - 1) * letters
    return lines
