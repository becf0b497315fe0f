"""What each column of a table means for an item: by its header, by its content, or as asked.

A mapping given by the person wins; then headers; then content. Two columns for one field: the
surer header wins and the other keeps its own name, except places and tags, which add up.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fedlab.formats import kinds
from fedlab.formats.headers import FIELDS, NEAR_RANK, TERM_COLUMNS, Meaning, recognise
from fedlab.formats.profile import Profile, is_identifier, profile
from fedlab.formats.quantities import decimal_comma, read_money, read_yes
from fedlab.formats.tables import MappingError, Table, column_letter
from fedlab.formats.text import fold, folded, near

_SEVERAL = frozenset(
    {"name", "place", "tags", "more", "skip"}
)  # fields that more than one column feeds
_NAME_BY_CONTENT_MIN = 0.3  # below this a column repeats itself too much to name anything
_DESCRIPTION_AS_NAME_CHARS = 100
_NUMBER_HEADERS = folded("N°|No|Num|Numéro|Number|#|ID|Identifiant|Label")
_ENGLISH_PARTS = ("brand", "model", "material", "shape", "category")
_FRENCH_PARTS = ("category", "brand", "model", "shape", "material")
_PART_HEADERS = {
    "material": "material",
    "matiere": "material",
    "materiau": "material",
    "shape": "shape",
    "forme": "shape",
    "profil": "shape",
}
MappedColumns = Sequence[tuple[str, str]]  # (field, column), as given on the command line


class Layout(NamedTuple):
    """The meaning of a table's columns."""

    fields: tuple[str, ...]  # by column; "more" where the header's own name is kept
    name: tuple[int, ...]  # columns that make up the name, in order
    fallback: tuple[int, ...]  # what names a row whose name is empty, first come
    composed: bool  # the name's columns are also kept on their own
    decimal_comma: bool | None


def lay_out(table: Table, mapping: MappedColumns = ()) -> Layout:
    """Return what each column of a table means; raises MappingError for one that cannot be."""
    cells = _cells_by_column(table)
    profiles = [profile(column, len(table.rows)) for column in cells]
    meanings = [recognise(name) if table.headed else None for name in table.columns]
    fields = _by_header(meanings, cells, table.columns)
    asked = _as_asked(table, mapping)
    single = set(asked.values()) - _SEVERAL
    fields = ["more" if field in single else field for field in fields]
    for column, field in asked.items():
        fields[column] = field
    name = tuple(column for column, field in asked.items() if field == "name")
    if name:
        fields = [
            "more" if field == "name" and column not in name else field
            for column, field in enumerate(fields)
        ]
    composed = False
    if not name:
        fields, name, composed = _find_name(table, fields, meanings, profiles, set(asked))
    return Layout(
        tuple(fields),
        name,
        _fallback(fields, meanings, name),
        composed,
        decimal_comma([cell for column in cells for cell in column]),
    )


def _cells_by_column(table: Table) -> list[list[str]]:
    cells: list[list[str]] = [[] for _ in table.columns]
    for row in table.rows:
        for column, cell in row.cells.items():
            cells[column].append(cell)
    return cells


# --- by header ----------------------------------------------------------------------------------


def _by_header(
    meanings: Sequence[Meaning | None], cells: Sequence[list[str]], names: Sequence[str]
) -> list[str]:
    """Return the field of each column; a column whose cells contradict its header loses it."""
    wanted = [
        _checked(meaning, cells[column], names[column]) for column, meaning in enumerate(meanings)
    ]
    fields = ["more"] * len(wanted)
    best: dict[str, int] = {}
    for column, meaning in enumerate(wanted):
        if meaning is None:
            continue
        field = meaning.field
        if field in _SEVERAL and field != "name":
            fields[column] = field
        elif field not in best or _surer(column, best[field], wanted, cells):
            best[field] = column
    for field, column in best.items():
        fields[column] = field
    return fields


def _surer(
    one: int, other: int, meanings: Sequence[Meaning | None], cells: Sequence[list[str]]
) -> bool:
    """Say whether a column is the better one of two for a field: an empty one never is."""
    mine, theirs = meanings[one], meanings[other]
    if not mine or not theirs or bool(cells[one]) != bool(cells[other]):
        return bool(cells[one])
    return mine.rank < theirs.rank


def _checked(meaning: Meaning | None, cells: list[str], name: str) -> Meaning | None:
    """Correct a header by what stands below it."""
    if meaning is None or not cells:
        return meaning
    if meaning.field == "kind" and not _mostly(cells, lambda cell: kinds.kind_of_word(cell) != ""):
        return Meaning("category", meaning.rank + 100) if fold(name) == "type" else None
    if meaning.field == "name" and meaning.rank >= NEAR_RANK and _repeat(cells):
        return None  # `Machin` is no machine
    if meaning.field == "code" and not _are_codes(cells, numbers=fold(name) in _NUMBER_HEADERS):
        return None
    if meaning.field == "place" and fold(name) == "location" and _mostly(cells, _is_rental):
        return Meaning("lend", meaning.rank)  # in French a location is a rental
    return meaning


def _repeat(cells: list[str]) -> bool:
    return len({cell.casefold() for cell in cells}) < 0.7 * len(cells)


def _mostly(cells: list[str], test: "kinds.Test") -> bool:
    return sum(1 for cell in cells if test(cell)) >= 0.8 * len(cells)


def _is_rental(cell: str) -> bool:
    return read_yes(cell) is not None or read_money(cell).cents is not None


def _are_codes(cells: list[str], *, numbers: bool) -> bool:
    """Say whether cells can be codes: short, mostly different, not made for machines.

    What is headed `Code` may repeat itself up to half; a mere `N°` may be something else.
    """
    repeated = len(cells) - len({cell.casefold() for cell in cells})
    short = all(len(cell) <= 40 and cell.count(" ") < 4 for cell in cells)
    most = max(2, len(cells) // 10) if numbers else len(cells) // 2
    return short and repeated <= most and not any(map(is_identifier, cells))


# --- by mapping ---------------------------------------------------------------------------------


def _as_asked(table: Table, mapping: MappedColumns) -> dict[int, str]:
    asked: dict[int, str] = {}
    for field, column in mapping:
        asked[_column(table, column)] = field_named(field)
    return asked


def field_named(text: str) -> str:
    """Return the field that a person names, in French too; raises MappingError if it is none."""
    field = text.strip().lower()
    if field in FIELDS:
        return field
    if (meaning := recognise(text)) and meaning.field in FIELDS and meaning.field != "more":
        return meaning.field
    raise MappingError(f"an item has no field “{text}”", f"the fields are {', '.join(FIELDS)}")


def _column(table: Table, text: str) -> int:
    wanted = fold(text)
    folded = [fold(name) for name in table.columns]
    if wanted in folded:
        return folded.index(wanted)
    letters = [column_letter(column) for column in range(len(table.columns))]
    if text.strip().upper() in letters:
        return letters.index(text.strip().upper())
    if text.strip().isdecimal() and 1 <= int(text) <= len(letters):
        return int(text) - 1
    close = [column for column, name in enumerate(folded) if wanted and name and near(wanted, name)]
    if len(close) == 1:
        return close[0]
    names = ", ".join(f"“{name}”" for name in table.columns[:20])
    raise MappingError(f"the file has no column “{text}”", f"its columns are {names}")


# --- the name -----------------------------------------------------------------------------------


def _find_name(
    table: Table,
    fields: list[str],
    meanings: Sequence[Meaning | None],
    profiles: Sequence[Profile],
    taken: set[int],
) -> tuple[list[str], tuple[int, ...], bool]:
    """Return the fields and the columns of the name: by header, by content, or put together."""
    if "name" in fields:
        column = fields.index("name")
        named = [n for n, m in enumerate(meanings) if m and m.field == "name" and n not in taken]
        wordy = [n for n in named if profiles[n].wordy >= 0.3] or [column]
        column = column if column in wordy else wordy[0]  # `Article` may hold numbers
        fields = ["more" if field == "name" else field for field in fields]
        fields[column] = "name"
        return fields, (column,), False
    if "description" in fields:
        column = fields.index("description")
        about = profiles[column]
        if about.length <= _DESCRIPTION_AS_NAME_CHARS and about.looks_like_names() >= 0.3:
            return _renamed(fields, column), (column,), False
    parts = _parts(table, fields)
    if "model" in fields and len(parts) > 1:
        return fields, parts, True
    scored = [
        (about.looks_like_names(), -column)
        for column, about in enumerate(profiles)
        if column not in taken and fields[column] in ("more", "category", "model", "description")
    ]
    best, minus = max(scored, default=(0.0, 0))
    if best < _NAME_BY_CONTENT_MIN and parts:
        return fields, parts, True
    if best > 0:
        return _renamed(fields, -minus), (-minus,), False
    filled = max(range(len(profiles)), key=lambda n: profiles[n].filled, default=0)
    return _renamed(fields, filled), (filled,), False


def _renamed(fields: list[str], column: int) -> list[str]:
    return [*fields[:column], "name", *fields[column + 1 :]]


def _parts(table: Table, fields: list[str]) -> tuple[int, ...]:
    """Return the columns that together say what a thing is, in the order of the file's language.

    `Material, Shape, Type` make *4140 Rectangular Bar*; `Type, Forme, Matière` *Barre plate acier*.
    """
    roles: dict[str, int] = {}
    french = False
    for column, header in enumerate(table.columns):
        role = _PART_HEADERS.get(fold(header).removesuffix("s"), fields[column])
        if role in _ENGLISH_PARTS:
            roles.setdefault(role, column)
            french |= fold(header) in ("matiere", "materiau", "forme", "profil", "marque", "modele")
    order = _FRENCH_PARTS if french else _ENGLISH_PARTS
    return tuple(roles[role] for role in order if role in roles)


def _fallback(
    fields: Sequence[str], meanings: Sequence[Meaning | None], name: Sequence[int]
) -> tuple[int, ...]:
    """Return what may name a row without a name: other names, the model, the description."""
    ranks = {n: m.rank for n, m in enumerate(meanings) if m and m.field == "name"}
    others = sorted(ranks, key=lambda column: ranks[column])
    more = [n for field in ("model", "description") for n, f in enumerate(fields) if f == field]
    return tuple(column for column in [*others, *more] if column not in name)


def describe(table: Table, layout: Layout) -> Mapping[str, str]:
    """Return field by header, for the person to see how the file was understood."""
    shown = dict(zip(table.columns, layout.fields, strict=True))
    for column in layout.name:
        if not layout.composed:
            shown[table.columns[column]] = "name"
    return shown


assert set(TERM_COLUMNS).isdisjoint(FIELDS)
