"""CSV and TSV: separators found, quotes kept, broken quotes survived, rows counted as shown."""

import pytest

from fedlab.formats.csvfile import read_csv
from fedlab.formats.tables import FileError
from fedlab.protocol import limits


def rows(text: str, **options: bool) -> list[tuple[int, tuple[str, ...]]]:
    return [(line.number, line.cells) for line in read_csv(text, **options).lines]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_cuts_rows_evenly(separator: str) -> None:
    lines = [["Nom", "Lieu", "Prix"], ["Vis, 4 mm", "A; B", "1"], ["Clou", "C", "2"]]
    quoted = [[f'"{c}"' if set(c) & set(",;") else c for c in line] for line in lines]
    text = "\n".join(separator.join(line) for line in quoted)
    assert [list(cells) for _, cells in rows(text)] == lines


def test_commas_in_names_do_not_beat_the_semicolon() -> None:
    text = "Nom;Lieu\nPince, petite, bleue;A\nPince, grande, rouge;B\n"
    assert rows(text)[1] == (2, ("Pince, petite, bleue", "A"))


def test_excel_may_name_the_separator_itself() -> None:
    assert rows("sep=|\nNom|Prix\nVis|1,5\n") == [(2, ("Nom", "Prix")), (3, ("Vis", "1,5"))]


def test_blank_rows_and_cells_of_several_lines_count_as_a_spreadsheet_counts() -> None:
    text = 'Nom;Notes\n\n;\nVis;"deux\nlignes"\nClou;x\n'
    assert rows(text) == [
        (1, ("Nom", "Notes")),
        (4, ("Vis", "deux\nlignes")),
        (5, ("Clou", "x")),
    ]


def test_a_quote_that_never_closes_does_not_swallow_the_rest() -> None:
    text = 'name;n\n"1/2 drill;5\nsaw;2\n"a; b";3\n'
    assert [cells for _, cells in rows(text)] == [
        ("name", "n"),
        ('"1/2 drill', "5"),
        ("saw", "2"),
        ("a; b", "3"),
    ]


def test_doubled_quotes_are_inches() -> None:
    assert rows('"1"" Button Makers",26\nIron,2\n')[0] == (1, ('1" Button Makers', "26"))


def test_a_list_without_separators_has_one_column() -> None:
    assert rows("Scie\nMarteau\n") == [(1, ("Scie",)), (2, ("Marteau",))]


def test_too_many_rows_columns_or_characters_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IMPORT_ROWS_MAX", 3)
    with pytest.raises(FileError, match="more than 3 rows") as refusal:
        read_csv("a\n" * 4)
    assert "split it" in refusal.value.hint
    with pytest.raises(FileError, match=f"more than {limits.IMPORT_COLUMNS_MAX} columns"):
        read_csv(";" * limits.IMPORT_COLUMNS_MAX + "x")
    with pytest.raises(FileError, match="cannot be read as CSV"):
        read_csv("a;b\n" + "x" * 200_000 + ";1\n")
