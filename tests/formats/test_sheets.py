"""Workbooks: what cells say, and that no file can make the reader unpack or lay out too much."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from fedlab.formats.archive import unpack
from fedlab.formats.importing import read_items
from fedlab.formats.sheets import read_sheets
from fedlab.formats.tables import FileError
from fedlab.protocol import limits

Fill = Callable[[xlsxwriter.Workbook], None]


def xlsx(fill: Fill) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    fill(book)
    book.close()
    return buffer.getvalue()


def ods(rows: str = "", manifest: str = "", content: str = "") -> bytes:
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = content or (
        f"<office:document-content{spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="Machines">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f"{manifest}</m:manifest>",
        )
        archive.writestr("content.xml", content)
    return buffer.getvalue()


def cell(text: str, times: int = 1) -> str:
    repeated = f' table:number-columns-repeated="{times}"' if times > 1 else ""
    value = f'office:value-type="string"{repeated}'
    return f"<table:table-cell {value}><text:p>{text}</text:p></table:table-cell>"


def row(*cells: str, times: int = 1) -> str:
    repeated = f' table:number-rows-repeated="{times}"' if times > 1 else ""
    return f"<table:table-row{repeated}>{''.join(cells)}</table:table-row>"


EMPTY_REST = (
    '<table:table-row table:number-rows-repeated="1048570">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)


def test_cells_are_read_as_a_spreadsheet_shows_them() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Machines")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, ["Nom", "Qté", "Prix", "Acheté", "Actif", "Somme"])
        sheet.write_row(2, 0, ["Tour", 3, 0.1 + 0.2])
        sheet.write_datetime(2, 3, dt.date(2024, 5, 1), day)
        sheet.write_boolean(2, 4, True)
        sheet.write_formula(2, 5, "=1+1", value=2)

    (grid,), hidden = read_sheets(xlsx(fill))
    assert (grid.title, hidden) == ("Machines", [])
    assert [line.number for line in grid.lines] == [1, 3]
    assert grid.lines[1].cells == ("Tour", "3", "0.3", "2024-05-01", "true", "2")


def test_every_visible_sheet_is_read_and_a_hidden_one_is_told() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("Machines").write_column(0, 0, ["Nom", "Tour"])
        book.add_worksheet("Consommables").write_column(0, 0, ["Désignation", "Vis"])
        book.add_worksheet("Vide")
        old = book.add_worksheet("Vieux")
        old.write_column(0, 0, ["Nom", "Minitel"])
        old.hide()

    sheet = read_items(xlsx(fill), "inventaire.xlsx")
    assert [(r.sheet, r.row, r.name) for r in sheet.rows] == [
        ("Machines", 2, "Tour"),
        ("Consommables", 2, "Vis"),
    ]
    assert [r.content.fact["kind"] for r in sheet.rows] == ["tool", "material"]
    assert [r.content.detail["category"] for r in sheet.rows] == ["Machines", "Consommables"]
    assert [(aside.sheet, aside.reason) for aside in sheet.asides] == [
        ("Vieux", "the sheet is hidden and was not read")
    ]


def test_merged_cells_hold_for_every_row_and_header_they_cover() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 3, "Fab lab – inventaire")
        sheet.merge_range(1, 2, 1, 3, "Quantité")
        sheet.write_row(2, 0, ["Nom", "Lieu", "au mur", "en prêt"])
        sheet.write_column(3, 0, ["Tour", "Fraiseuse"])
        sheet.merge_range(3, 1, 4, 1, "Atelier métal")
        sheet.write_column(3, 2, [1, 2])

    sheet = read_items(xlsx(fill), "x.xlsx")
    assert [column.header for column in sheet.columns][2:] == [
        "Quantité – au mur",
        "Quantité – en prêt",
    ]
    assert [r.content.detail["place"] for r in sheet.rows] == ["Atelier métal", "Atelier métal"]
    assert [r.content.fact["quantity"] for r in sheet.rows] == [1000, 2000]


def test_an_ods_file_is_read_with_its_endless_empty_rest() -> None:
    table = row(cell("Nom"), cell("Lieu")) + row(cell("Étau", 2)) + EMPTY_REST
    (grid,), _ = read_sheets(ods(table))
    assert [line.cells for line in grid.lines] == [("Nom", "Lieu"), ("Étau", "Étau")]


# --- files that would take the node down ---------------------------------------------------------


def far_apart(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("Stock")
    sheet.write(0, 0, "Nom")
    sheet.write(1_048_575, 16_383, "x")


@pytest.mark.parametrize(
    "data",
    [
        xlsx(far_apart),
        ods(row(cell("x", 16_384), times=1_048_576)),
        ods(row(cell("x")) + EMPTY_REST + row(cell("y", 16_000))),
    ],
    ids=["xlsx corners", "ods repeated", "ods corners"],
)
def test_a_small_file_cannot_ask_for_a_huge_rectangle(data: bytes) -> None:
    """calamine alone asks for half a terabyte here, and the process is gone."""
    assert len(data) < 10_000
    with pytest.raises(FileError, match="as far out as") as refusal:
        read_sheets(data)
    assert "delete what stands far away" in refusal.value.hint


def test_a_zip_bomb_is_refused_by_the_sizes_in_its_directory() -> None:
    data = ods(content=" " * (limits.IMPORT_UNPACKED_BYTES_MAX + 1))
    assert len(data) < 100_000
    with pytest.raises(FileError, match="unpacks to more than"):
        unpack(data)


def test_a_directory_that_lies_about_sizes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(ods(row(cell("x" * 5000))))
    directory = data.index(b"PK\x01\x02", data.index(b"content.xml"))
    name = data.index(b"content.xml", directory)
    size = name - 46 + 24  # APPNOTE.TXT 4.3.12: uncompressed size in a directory entry
    data[size : size + 4] = (10).to_bytes(4, "little")
    with pytest.raises(FileError, match="damaged"):
        unpack(bytes(data))
    monkeypatch.setattr(limits, "IMPORT_UNPACKED_BYTES_MAX", 1000)
    with pytest.raises(FileError, match="unpacks to more than"):
        unpack(bytes(data))


def test_entities_are_not_expanded() -> None:
    with pytest.raises(FileError, match="damaged"):
        read_sheets(ods(content='<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>'))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04" + b"\0" * 50, "damaged"),
        (xlsx(far_apart)[:-30], "damaged"),
        (ods("", "<m:file-entry><m:encryption-data/></m:file-entry>"), "password"),
    ],
    ids=["no directory", "cut off", "encrypted ods"],
)
def test_damaged_and_protected_files_are_refused(data: bytes, said: str) -> None:
    with pytest.raises(FileError, match=said):
        read_sheets(data)


def archive_with(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def test_other_archives_are_named() -> None:
    for names, said in [
        (("word/document.xml",), "an archive, not a spreadsheet"),
        (("xl/workbook.bin",), "XLSB"),
        (tuple(f"f{n}" for n in range(limits.IMPORT_ARCHIVE_PARTS_MAX + 1)), "thousands of parts"),
    ]:
        with pytest.raises(FileError, match=said):
            read_sheets(archive_with(*names))


def test_a_sheet_with_too_many_columns_is_refused() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet().write(0, limits.IMPORT_COLUMNS_MAX, "x")

    with pytest.raises(FileError, match=f"more than {limits.IMPORT_COLUMNS_MAX} columns"):
        read_sheets(xlsx(fill))
