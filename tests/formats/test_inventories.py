"""Real inventories, as labs keep them: nothing that their files say is lost.

The files are read here a second time by other means (csv, json, calamine's bare rows, regular
expressions) so that a reader that dropped something could not hide it from its own test.
"""

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import python_calamine

from fedlab.formats.importing import Sheet, read_items
from fedlab.formats.plan import ADDED, plan_import
from tests.formats.findable import Page, texts, words

DELIMITED = {
    "cl-hardware-lab-inventory.tsv": "\t",
    "exadex-inventaire.csv": ";",
    "hmc-most-commonly-checked-out.csv": ",",
    "jantman-material-stock-metal.csv": ",",
    "makespace-cambridge-equipment.csv": ",",
}
HEADERLESS = {"hmc-most-commonly-checked-out.csv"}
NAMELESS_ROWS = {"exadex-inventaire.csv": 5}  # a category and nothing else
FILES = (
    *DELIMITED,
    "creanum-equipements.md",
    "fablab-cottbus-handwerkzeug.md",
    "fablab-dz-exemple.xlsx",
    "fabrique-du-loch-machines.md",
    "hmc-make-inventory.json",
    "makerspace-newcastle-abridged-list.md",
)


def read(shared: Path, name: str) -> Sheet:
    return read_items((shared / "data" / "inventories" / name).read_bytes(), name)


def listed(shared: Path, name: str) -> list[str]:
    """Return the names of a file's items, as the person who made the set listed them."""
    rows = (shared / "data" / "inventories" / "items.tsv").read_text("utf-8").split("\n")
    return [words(row.split("\t")[1]) for row in rows if row.startswith(f"{name}\t")]


def grid(shared: Path, name: str) -> list[list[str]]:
    text = (shared / "data" / "inventories" / name).read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=DELIMITED[name]))


@pytest.mark.parametrize("name", FILES)
def test_every_listed_item_is_found_by_its_name(shared: Path, name: str) -> None:
    names = Counter(words(row.name) for row in read(shared, name).rows)
    assert names == Counter(listed(shared, name))


@pytest.mark.parametrize("name", FILES)
def test_every_row_gets_a_code_of_its_own(shared: Path, name: str) -> None:
    steps = plan_import(read(shared, name).rows, {}, {}, words=frozenset({"saw"}))
    assert len({step.code for step in steps}) == len(steps)
    assert {step.outcome for step in steps} == {ADDED}


@pytest.mark.parametrize("name", DELIMITED)
def test_every_cell_of_a_csv_is_on_its_item(shared: Path, name: str) -> None:
    cells = grid(shared, name)
    first = 1 if name in HEADERLESS else 2
    sheet = read(shared, name)
    _check_cells(sheet, {n: row for n, row in enumerate(cells, 1) if n >= first and any(row)})
    assert len(sheet.rejected) == NAMELESS_ROWS.get(name, 0)


def _check_cells(sheet: Sheet, cells: dict[int, list[str]]) -> None:
    """Check that every cell is on the item of its row, or told with the reason of its refusal."""
    pages = {row.row: Page(row) for row in sheet.rows}
    refused = {aside.number: aside.reason for aside in sheet.rejected}
    for number, row in cells.items():
        for cell in filter(None, map(words, row)):
            if number in pages:
                assert pages[number].says(cell), f"row {number} lost {cell!r}"
            else:
                assert cell in refused[number]


def test_every_cell_of_a_workbook_is_on_its_item(shared: Path) -> None:
    name = "fablab-dz-exemple.xlsx"
    book = python_calamine.CalamineWorkbook.from_path(shared / "data" / "inventories" / name)
    rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    cells = {number: [_shown(cell) for cell in row] for number, row in enumerate(rows, 1)}
    _check_cells(read(shared, name), {n: row for n, row in cells.items() if n > 2})


def _shown(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def test_every_value_of_a_json_file_is_on_its_item(shared: Path) -> None:
    name = "hmc-make-inventory.json"
    records = json.loads((shared / "data" / "inventories" / name).read_text("utf-8"))
    cells = {number: list(_leaves(record)) for number, record in enumerate(records, 1)}
    _check_cells(read(shared, name), cells)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    else:
        yield str(value)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".md")])
def test_every_word_of_a_page_is_on_an_item_or_told(shared: Path, name: str) -> None:
    sheet = read(shared, name)
    said = [text for row in sheet.rows for text in texts(row)]
    said += [aside.reason for aside in sheet.asides]
    said += [column.header for column in sheet.columns]
    known = " ".join(said)
    text = (shared / "data" / "inventories" / name).read_text("utf-8")
    for markup in (r"<style>.*?</style>", r"(?m)^# .*", r"\{: .*?\}", r"\?\?\? Abstract", "^---"):
        text = re.sub(markup, " ", text, flags=re.DOTALL if "style" in markup else 0)
    lost = [word for word in re.findall(r"\w\w+", text) if word not in known]
    assert lost == []


# --- the same lists, kept by somebody else --------------------------------------------------------

OTHER_HEADERS = {
    "name": ["Désignation", "NOM", "Item name", "intitulé :", "Designaton", "Matériel"],
    "quantity": ["Qté", "quantité", "QTY", "Nb", "Quantitée"],
    "place": ["Emplacement", "Lieu de stockage", "Storage_location", "localisaton"],
    "category": ["Catégorie", "famille", "Category", "CATEGORIES"],
    "brand": ["Marque", "fabricant", "Manufacturer"],
    "ref": ["Référence", "réf."],
    "tags": ["Mots-clés", "keywords"],
}


@pytest.mark.parametrize("name", [name for name in DELIMITED if name not in HEADERLESS])
@pytest.mark.parametrize("seed", range(8))
def test_shuffled_columns_under_other_headers_lose_nothing(
    shared: Path, name: str, seed: int
) -> None:
    """Columns in any order, known headers under other names, the others under none that is known.

    With an odd seed no header is known at all, and the name is found by what the cells hold.
    """
    rng = random.Random(seed)
    cells = grid(shared, name)
    width = max(map(len, cells))
    rows = [row + [""] * (width - len(row)) for row in cells]
    known = {column.header: column.field for column in read(shared, name).columns}
    headers = [
        rng.choice(OTHER_HEADERS.get(known.get(words(header), ""), [f"Zq{place} {header[:2]}k"]))
        if seed % 2 == 0
        else f"Zq{place}"
        for place, header in enumerate(rows[0])
    ]
    order = rng.sample(range(width), width)
    delimiter = rng.choice([",", ";", "\t"])
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=rng.choice(["\n", "\r\n"]))
    for row in [headers, *rows[1:]]:
        writer.writerow([row[place] for place in order])
    data = text.getvalue().encode(rng.choice(["utf-8", "utf-8-sig", "utf-16"]))

    sheet = read_items(data, "inventory.csv")
    _check_cells(sheet, {n: row for n, row in enumerate(rows, 1) if n > 1 and any(row)})
    names = Counter(words(row.name) for row in sheet.rows)
    if not name.startswith("jantman"):  # its names are put together from headers that are known
        assert names == Counter(listed(shared, name))


def test_a_reader_that_drops_a_column_is_caught(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutant: with `more` forgotten, the check of every cell fails."""
    monkeypatch.setattr("fedlab.formats.items._Item._more", lambda self, header, text: None)
    with pytest.raises(AssertionError, match="lost"):
        test_every_cell_of_a_csv_is_on_its_item(shared, "exadex-inventaire.csv")
