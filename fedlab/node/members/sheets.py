"""Members from the lists that other programs write: HelloAsso, Paheko, Fab-manager, or any CSV.

Bytes in, values out. Columns are known by their heads, in French or English; what is not known is
left out, as a list of members holds more than a node should keep.
"""

import datetime
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from fedlab.formats.csvfile import read_csv
from fedlab.formats.tables import FileError, Line
from fedlab.formats.text import decode
from fedlab.node.members.people import fold
from fedlab.protocol.limits import MEMBER_NAME_CHARS_MAX

# Which heads, folded, name which field; the first column that matches counts.
_HEADS: Final = {
    "number": (
        "id", "numero", "numero de membre", "n° de membre", "no de membre", "numero d'adherent",
        "numero de billet", "reference commande", "member number", "number",
    ),
    "first": ("prenom", "prenom adherent", "prenom du participant", "first_name", "first name"),
    "last": (
        "nom", "nom adherent", "nom du participant", "nom de famille", "last_name", "last name",
    ),
    "name": (
        "nom et prenom", "nom complet", "nom prenom", "prenom nom", "name", "full name", "membre",
        "username",
    ),
    "email": (
        "email", "e-mail", "adresse e-mail", "adresse email", "courriel", "email adherent",
        "email acheteur", "email payeur", "mail",
    ),
    "ends": (
        "date de fin", "fin", "expiration", "date d'expiration",
        "date d'expiration de la cotisation", "date de fin d'adhesion", "fin d'adhesion",
        "subscription end", "subscription_end", "end date", "ends", "until",
        "valable jusqu'au", "expire le",
    ),
}  # fmt: skip
_DAY: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.](\d{1,2})[/.](\d{4})")


class Row(NamedTuple):
    """One person of a list; what the list does not say is None."""

    row: int
    name: str
    email: str | None
    ends: str | None
    number: str | None


class Rejected(NamedTuple):
    """A row that was not read, and why."""

    row: int
    reason: str


def read_members(data: bytes) -> tuple[list[Row], list[Rejected]]:
    """Return the people of a CSV; raise FileError if no column says their names."""
    lines = [line for line in read_csv(decode(data)).lines if line.filled()]
    at = _columns(lines[0]) if lines else {}
    if "name" not in at and "last" not in at:
        raise FileError("no column holds the members' names", "name one of them `name` or `nom`")
    read = [_read(line, at) for line in lines[1:]]
    rows = [row for row in read if isinstance(row, Row)]
    return rows, [row for row in read if isinstance(row, Rejected)]


def _columns(heads: Line) -> Mapping[str, int]:
    """Return which column holds which field."""
    folded = [fold(head.replace("’", "'")).rstrip(" :*") for head in heads.cells]
    found = {}
    for field, names in _HEADS.items():
        for name in names:
            if name in folded:
                found[field] = folded.index(name)
                break
    return found


def _read(line: Line, at: Mapping[str, int]) -> Row | Rejected:
    def cell(field: str) -> str | None:
        place = at.get(field)
        if place is None:
            return None
        return " ".join(line.cells[place].split()) if place < len(line.cells) else ""

    parts = (cell("first"), cell("last")) if "first" in at else (cell("name"), None)
    name = " ".join(part for part in parts if part) or cell("name") or cell("last") or ""
    if not name:
        return Rejected(line.number, "no name")
    if len(name) > MEMBER_NAME_CHARS_MAX:
        return Rejected(line.number, "the name is too long")
    ends = cell("ends")
    if ends:
        ends = read_day(ends)
        if ends is None:
            return Rejected(line.number, f"the end of the membership is no day: {cell('ends')}")
    return Row(line.number, name, cell("email"), ends, cell("number"))


def read_day(text: str) -> str | None:
    """Return a day as YYYY-MM-DD, from that or from 31/12/2026; None where it is none."""
    match = _DAY.match(text)
    if match is None:
        return None
    year, month, day, of_month, of_year, its_year = match.groups()
    parts = (year, month, day) if year else (its_year, of_year, of_month)
    try:
        return str(datetime.date(*(int(part) for part in parts)))
    except ValueError:
        return None
