"""One file of any format, read as the items that it lists: `read_items` is the way in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from fedlab.formats import kinds
from fedlab.formats.columns import describe, field_named, lay_out
from fedlab.formats.csvfile import read_csv
from fedlab.formats.headers import may_name_people, recognise
from fedlab.formats.headrow import find_table
from fedlab.formats.items import Context, ImportRow, heard_in, read_row
from fedlab.formats.jsonfile import read_json
from fedlab.formats.markdown import read_markdown
from fedlab.formats.sheets import read_sheets
from fedlab.formats.tables import (
    TOLD_EVERY,
    Aside,
    FileError,
    Grid,
    MappingError,
    Row,
    Table,
    Tell,
    check_rows,
)
from fedlab.formats.text import decode
from fedlab.protocol import limits

_FORMATS = "CSV, TSV, XLSX, ODS, JSON and Markdown are read"
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] 2.2
_FOREIGN = {
    b"%PDF": "this is a PDF, not a list",
    b"\x89PNG": "this is an image, not a list",
    b"\xff\xd8\xff": "this is an image, not a list",
    b"GIF8": "this is an image, not a list",
    b"\x1f\x8b": "this is a compressed file, not a list",
    b"7z\xbc\xaf": "this is a compressed file, not a list",
    b"Rar!": "this is a compressed file, not a list",
    b"SQLite format 3": "this is a database, not a list",
    b"{\\rtf": "this is a word processor's document, not a list",
}
_TEXT_ENDINGS = ("csv", "tsv", "tab", "txt")
_UNTITLED = re.compile(r"(?:sheet|feuille?|tabelle|table|hoja)?\s*\d*", re.IGNORECASE)


class Column(NamedTuple):
    """How one column was understood; `field` is `more` where it keeps its own name."""

    sheet: str
    header: str
    field: str


class Sheet(NamedTuple):
    """A file as items: rows that became some, rows that did not and why, and what was read how."""

    rows: tuple[ImportRow, ...]
    rejected: tuple[Aside, ...]
    asides: tuple[Aside, ...]  # titles, totals and text that belong to no item
    columns: tuple[Column, ...]


def read_items(
    data: bytes,
    filename: str,
    *,
    mapping: Sequence[tuple[str, str]] = (),
    kind: str = "",
    tell: Tell = lambda done, of: None,
) -> Sheet:
    """Return what a file lists; `mapping` is (field, column) as the person sees them.

    Raises FileError for a file that cannot be read or holds nothing, MappingError for a field or
    column that is not there.
    """
    for field, _ in mapping:
        field_named(field)
    tables, asides = _read(data, filename, [column for _, column in mapping])
    tables = [table for table in tables if table.rows or table.asides]
    if not any(table.rows for table in tables):
        raise FileError("the file lists nothing", f"check that it is the right one; {_FORMATS}")
    title_kind = kinds.kind_of_title(filename.rpartition(".")[0])
    several = sum(1 for table in tables if table.rows) > 1
    total = sum(len(table.rows) for table in tables)
    rows: list[ImportRow] = []
    rejected: list[Aside] = []
    columns: list[Column] = []
    for table in tables:
        asides += table.asides
        if not table.rows:
            continue
        layout = lay_out(table, _mapping_for(table, mapping, several=several))
        read_as = describe(table, layout)
        columns += [Column(table.title, *said) for said in read_as.items()]
        asides += _warnings(table, read_as)
        of_title = kinds.kind_of_title(table.title) or title_kind
        of_columns = kinds.kind_of_columns(table.columns)
        table = table._replace(rows=tuple(_sorted_rows(table, several=several)))
        heard = heard_in(table, layout)
        context = Context(table, layout, kind, of_title, of_columns, heard)
        for row in table.rows:
            if (done := len(rows) + len(rejected)) % TOLD_EVERY == 0:
                tell(done, total)
            read = read_row(row, context)
            if isinstance(read, Aside):
                rejected.append(read)
            else:
                rows.append(read)
    check_rows(len(rows))
    if several:
        rows = _without_clashing_numbers(rows)
    return Sheet(tuple(rows), tuple(rejected), tuple(asides), tuple(columns))


def _sorted_rows(table: Table, *, several: bool) -> Iterator[Row]:
    """Yield a table's rows; beside other tables, its title is their section."""
    by_title = several and table.sorted_by_title and not _UNTITLED.fullmatch(table.title)
    for row in table.rows:
        yield row._replace(section=table.title) if by_title and not row.section else row


def _warnings(table: Table, read_as: Mapping[str, str]) -> list[Aside]:
    """Return what the person should look at before other labs read it.

    Headers that say nothing known, and columns that may name people.
    """
    warnings = []
    name = next((header for header, field in read_as.items() if field == "name"), None)
    if name is not None and not _has_known_headers(table):
        every = "" if table.headed else "every row is an item, "
        warnings.append(
            Aside(
                table.rows[0].number,
                f"no headers were recognised: {every}“{name}” was taken for the name "
                "(--map name=COLUMN chooses another)",
                table.title,
            )
        )
    filled = {table.columns[column] for row in table.rows for column in row.cells}
    for header, field in read_as.items():
        if field == "more" and header in filled and table.headed and may_name_people(header):
            warnings.append(
                Aside(
                    1,
                    f"the column “{header}” may name people, and other labs will read it: "
                    f'--map "skip={header}" leaves it out',
                    table.title,
                )
            )
    return warnings


def _has_known_headers(table: Table) -> bool:
    return table.headed and any(recognise(header) for header in table.columns)


def _without_clashing_numbers(rows: list[ImportRow]) -> list[ImportRow]:
    """Drop numbers that begin anew on every sheet as codes: they stay as references."""
    codes = [row.code for row in rows if row.code]
    if not all(code.isdecimal() for code in codes) or len(set(codes)) >= 0.9 * len(codes):
        return rows
    return [row.coded_as_reference() for row in rows]


def _mapping_for(
    table: Table, mapping: Sequence[tuple[str, str]], *, several: bool
) -> Sequence[tuple[str, str]]:
    """Return the mapping as far as a table has such columns, if the file has several tables."""
    if not several:
        return mapping
    known = []
    for pair in mapping:
        try:
            lay_out(table, [pair])
        except MappingError:
            continue
        known.append(pair)
    return known


def _read(data: bytes, filename: str, hints: list[str]) -> tuple[list[Table], list[Aside]]:
    """Tell the format by the content, then by the name."""
    if len(data) > limits.IMPORT_BYTES_MAX:
        most = limits.IMPORT_BYTES_MAX // 1024 // 1024
        raise FileError(f"the file is larger than {most} MiB", "split it into smaller files")
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise FileError("the file is empty", "check that it is the right one")
    if data.startswith(b"PK\x03\x04"):
        grids, hidden = read_sheets(data)
        asides = [Aside(1, "the sheet is hidden and was not read", name) for name in hidden]
        return [find_table(grid, hints) for grid in grids], asides
    _refuse_foreign(data)
    text = decode(data)
    if not re.search(r"\w", text):
        raise FileError("the file holds no words", "check that it is the right one")
    ending = filename.rpartition(".")[2].lower()
    page = ending in ("md", "markdown", "mkd", "mdown")
    if ending in ("json", "jsonl", "ndjson") or (not page and text.lstrip()[:1] in ("{", "[")):
        return [_table(read, hints) for read in read_json(text)], []
    if page or (ending == "txt" and _looks_like_markdown(text)):
        return read_markdown(text), []
    table = find_table(read_csv(text, tabs_first=ending in ("tsv", "tab")), hints)
    if ending not in _TEXT_ENDINGS and not hints and not _has_known_headers(table):
        raise FileError(
            "nothing shows that this is an inventory: its name does not end in .csv, and no column "
            "has a header that is known",
            f"if it is one, name it .csv, or name a column with --map; {_FORMATS}",
        )
    return [table], []


def _table(read: Table | Grid, hints: list[str]) -> Table:
    return find_table(read, hints) if isinstance(read, Grid) else read


def _looks_like_markdown(text: str) -> bool:
    """Say whether a text without a telling name is a Markdown list: headings, bullets, tables."""
    lines = [line for line in text.split("\n")[:200] if line.strip()]
    marked = sum(1 for line in lines if re.match(r"\s*(?:#{1,6}|[-*+])\s+\S|\s*\|", line))
    return bool(lines) and marked > 0.5 * len(lines)


def _refuse_foreign(data: bytes) -> None:
    if data.startswith(_OLE2):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise FileError(
                "the spreadsheet is protected by a password",
                "open it, save it without the password, and import that copy",
            )
        raise FileError("this is an old Excel file (.xls)", "save it as XLSX, ODS or CSV")
    for magic in _FOREIGN:
        if data.startswith(magic):
            raise FileError(_FOREIGN[magic], f"{_FORMATS}: save or export it so")
