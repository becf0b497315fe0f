"""Inventories written as Markdown: tables, bullet lists, and pages with one heading per machine.

Which of headings and bullets name the items is decided for the whole document: where sections
hold running text, images or `label: value` bullets, the headings are the items and the bullets
describe them; otherwise every bullet is an item, and the headings above it are its category.
"""

import re
from collections import Counter

from fedlab.formats.blocks import Block, front_matter, read_blocks, read_inline
from fedlab.formats.bullets import described, describes, entries_from_bullets
from fedlab.formats.outline import Entry, Section, sections_of, set_aside, title_of
from fedlab.formats.tables import (
    Aside,
    FileError,
    Row,
    Table,
    check_columns,
    check_rows,
    unique_names,
)
from fedlab.formats.text import fold, folded, one_line
from fedlab.protocol import limits

_COUNT_LEAD = re.compile(r"(\d{1,3})\s+\*\*")  # 3 **Prusa i3**

# Headings inside the page of one machine; on their own they are about the lab.
_PARTS = folded(
    "Description|Caractéristiques|Caractéristiques techniques|Fichiers supportés|Formats|"
    "Mode d'emploi|Utilisation|Usage|Sécurité|Consignes|Tarif|Tarifs|Liens|Documentation|"
    "Ressources|Formation|Notes|Remarques|Matériaux|Maintenance|Entretien|Contact|Horaires|"
    "Specifications|Specs|Features|Supported files|Instructions|How to use|Safety|Price|"
    "Prices|Links|Resources|Training|Materials|Opening hours|Manual|Manuals"
)


def read_markdown(text: str) -> list[Table]:
    """Return the tables of a document, and one table for its bullets or headings.

    Raises FileError when it is too long, or there are too many rows or columns.
    """
    if len(text) > limits.IMPORT_PAGE_CHARS_MAX:
        raise FileError(
            f"the page has more than {limits.IMPORT_PAGE_CHARS_MAX:,} characters",
            "split it, or make a table of it",
        )
    settings, body = front_matter(text)
    asides = [Aside(1, f"settings of the page: {one_line(settings)[:300]}")] if settings else []
    sections = sections_of(read_blocks(body))
    title = title_of(sections)
    tables = [
        _table(block, "" if section is title else section.name)
        for section in sections
        for block in section.blocks
        if block.kind == "table"
    ]
    if _headings_are_items(sections):
        entries = _entries_from_headings(sections, title, asides)
    else:
        entries = entries_from_bullets(sections, title, asides)
    asides.sort()
    listed = _entry_table(title.name if title else "", entries, tuple(asides))
    return [*tables, listed] if entries or asides else tables


def _headings_are_items(sections: list[Section]) -> bool:
    about = listed = 0
    for section in sections:
        bullets = [block.text for block in section.blocks if block.kind == "bullet"]
        spec = describes(bullets) if bullets else False
        if section.level > 1 and (spec or any(b.kind == "text" for b in section.blocks)):
            about += 1
        listed += 0 if spec else len(bullets)
        listed += sum(1 for block in section.blocks if block.kind in ("box", "table"))
    return about > listed


def _entries_from_headings(
    sections: list[Section], title: Section | None, asides: list[Aside]
) -> list[Entry]:
    names = Counter(fold(section.name) for section in sections)
    entries: list[Entry] = []
    for section in sections:
        usual = fold(section.name) in _PARTS
        part = usual or section.level > 3 or names[fold(section.name)] > 1
        if not section.name or section is title:
            set_aside(section, asides)
        elif part and entries and section.level > entries[-1].level:
            text, said = described(section.blocks)
            entries[-1].said += [*([(section.name, text)] if text else []), *section.extras, *said]
        elif usual:
            set_aside(section, asides)
        else:
            entries.append(_heading_entry(section, title))
    return entries


def _heading_entry(section: Section, title: Section | None) -> Entry:
    above = section.path()[:-1]
    if title:
        above = above[1:]
    entry = Entry(section.line, section.name, section.level, above, above[-1] if above else "")
    first = next((block.text for block in section.blocks if block.kind == "text"), "")
    if count := _COUNT_LEAD.match(first):
        entry.quantity = count[1]
    entry.said += section.extras
    entry.describe(*described(section.blocks))
    return entry


def _entry_table(title: str, entries: list[Entry], asides: tuple[Aside, ...]) -> Table:
    check_rows(len(entries))
    places: dict[str, int] = {}
    rows: list[Row] = []
    for entry in entries:
        cells: dict[int, str] = {}
        for label, text in entry.cells():
            name, copy = label or "note", 1
            while places.get(name) in cells:  # two images, two links
                copy += 1
                name = f"{label} ({copy})"
            place = places.setdefault(name, len(places))
            if text:
                cells[place] = text
        rows.append(Row(entry.line, cells))
    check_columns(len(places))
    return Table(title, unique_names(places), tuple(rows), asides, sorted_by_title=False)


def _table(block: Block, title: str) -> Table:
    """Read a table; the address behind a link gets a column of its own."""
    check_rows(len(block.rows))
    columns = list(unique_names(read_inline(cell).text for cell in block.rows[0][1]))
    rows: list[Row] = []
    for number, raw in block.rows[1:]:
        cells: dict[int, str] = {}
        for place, cell in enumerate(raw):
            text, extras = read_inline(cell)
            if place >= len(columns):
                columns = list(unique_names([*columns, ""]))
            if text:
                cells[place] = text
            if extras:
                beside = f"{columns[place]} (link)"
                if beside not in columns:
                    columns.append(beside)
                cells[columns.index(beside)] = " ".join(value for _, value in extras)
        if cells:
            rows.append(Row(number, cells, title))
    check_columns(len(columns))
    headed = any(read_inline(cell).text for cell in block.rows[0][1])
    return Table(title, unique_names(columns), tuple(rows), headed=headed)
