"""JSON: lists of objects wherever they stand, nested values laid flat, numbers as written."""

import json

import pytest

from fedlab.formats.importing import Sheet, read_items
from fedlab.formats.jsonfile import read_json
from fedlab.formats.tables import FileError, Table


def table(text: str) -> list[dict[str, str]]:
    (only,) = read_json(text)
    assert isinstance(only, Table)
    return [{only.columns[c]: cell for c, cell in row.cells.items()} for row in only.rows]


def items(value: object) -> Sheet:
    return read_items(json.dumps(value).encode(), "list.json")


def test_nested_objects_become_dotted_columns() -> None:
    text = '[{"name": "Laser", "location": {"room": "A", "shelf": 2}, "tags": ["a", "b"]}]'
    assert table(text) == [
        {"name": "Laser", "location.room": "A", "location.shelf": "2", "tags": "a, b"}
    ]
    assert table('[{"name": "x", "parts": [{"n": "y"}, {"n": "z"}]}]') == [
        {"name": "x", "parts.1.n": "y", "parts.2.n": "z"}
    ]


def test_the_wrappers_of_mongodb_are_taken_off() -> None:
    text = (
        '[{"_id": {"$oid": "64378145743e155d6473e5ca"}, "n": {"$numberLong": "618000000000"},'
        ' "at": {"$date": {"$numberLong": "1"}}, "name": "x"}]'
    )
    assert table(text) == [
        {"_id": "64378145743e155d6473e5ca", "n": "618000000000", "at": "1", "name": "x"}
    ]


def test_numbers_stay_as_they_are_written() -> None:
    text = '[{"name": "x", "a": 2.50, "b": 1e400, "c": NaN, "d": ' + "9" * 5000 + ', "e": true}]'
    assert table(text) == [
        {"name": "x", "a": "2.50", "b": "1e400", "c": "NaN", "d": "9" * 5000, "e": "true"}
    ]


def test_a_name_that_comes_twice_is_kept_twice() -> None:
    assert table('[{"name": "a", "n": 1, "n": 2, "n ": 3}]') == [
        {"name": "a", "n": "1", "n (2)": "2", "n (3)": "3"}
    ]


def test_lists_are_found_by_name_by_id_by_line_or_bare() -> None:
    sheet = items({"version": 3, "machines": [{"nom": "Tour"}], "consommables": [{"nom": "Vis"}]})
    assert [(r.name, r.content.fact["kind"]) for r in sheet.rows] == [
        ("Tour", "tool"),
        ("Vis", "material"),
    ]
    assert [aside.reason for aside in sheet.asides] == [
        "stands outside the list of items: version: 3"
    ]
    assert [r.code for r in items({"L1": {"name": "Laser"}, "L2": {"name": "CNC"}}).rows] == [
        "L1",
        "L2",
    ]
    lines = b'{"name": "a"}\n\n{"name": "b"}\n'
    assert [r.name for r in read_items(lines, "list.jsonl").rows] == ["a", "b"]
    assert [r.name for r in items(["Scie", "Marteau"]).rows] == ["Scie", "Marteau"]
    grid = items([["Nom", "Qté"], ["Scie", 2], ["Tour", 1]])
    assert [(r.name, r.content.fact["quantity"]) for r in grid.rows] == [
        ("Scie", 2000),
        ("Tour", 1000),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"name": "x",}]', "not JSON.*line 1"),
        ("[" * 200_000 + "1", "nested too deeply"),
        ('{"a": 1', "not JSON"),
        ("null1", "not JSON"),
        ('"word"', "no list of items"),
    ],
)
def test_what_is_no_list_is_refused(text: str, said: str) -> None:
    with pytest.raises(FileError, match=said):
        read_json(text)
