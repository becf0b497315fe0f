"""JSON as databases and scripts write it: lists of objects, nested ones laid flat.

`{"location": {"room": "A"}}` becomes the column `location.room`; MongoDB's wrappers (`$oid`,
`$numberLong`, `$date` …) become what they wrap; numbers stay as they are written.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple, cast

from fedlab.formats.tables import (
    Aside,
    FileError,
    Grid,
    Line,
    Row,
    Table,
    check_columns,
    check_rows,
    unique_names,
)
from fedlab.formats.text import clean, one_line

_HINT = "export a list of objects, one per item, or use CSV"


class Pairs(NamedTuple):
    """A JSON object as written: a name that comes twice is kept twice."""

    items: list[tuple[str, "Value"]]


Value = str | bool | list["Value"] | Pairs | None


def read_json(text: str) -> list[Table | Grid]:
    """Return one table per list of objects in a JSON text, or in a file of one object a line.

    Raises FileError for what is not JSON, is nested too deeply, or holds no list of items.
    """
    try:
        return _tables(_parse(text), "")
    except RecursionError:
        raise FileError("the JSON file is nested too deeply to be an inventory", _HINT) from None


def _parse(text: str) -> Value:
    try:
        return _load(text)
    except json.JSONDecodeError as whole:
        lines = [line for line in text.split("\n") if line.strip()]
        try:
            if len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines):
                return [_load(line) for line in lines]
        except json.JSONDecodeError:
            pass
        raise FileError(
            f"the file is not JSON: {whole.msg}, line {whole.lineno}",
            "check it where it was exported, or use CSV",
        ) from None


def _load(text: str) -> Value:
    return cast(
        Value,
        json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=str,
            parse_float=str,
            parse_constant=str,
        ),
    )


def _object(pairs: list[tuple[str, Value]]) -> Value:
    """Unwrap MongoDB's Extended JSON: one key that begins with a dollar sign."""
    if len(pairs) == 1 and pairs[0][0].startswith("$"):
        return pairs[0][1]
    return Pairs(pairs)


def _tables(value: Value, title: str) -> list[Table | Grid]:
    if isinstance(value, Pairs):
        return _tables_in_object(value, title)
    if isinstance(value, list) and value:
        if any(isinstance(item, Pairs) for item in value):
            return [_table(value, title)]
        rows = [item for item in value if isinstance(item, list)]
        if len(rows) == len(value):
            return [_grid(rows, title)]
        return [_grid([[item] for item in value], title)]
    raise FileError("the JSON file holds no list of items", _HINT)


def _tables_in_object(value: Pairs, title: str) -> list[Table | Grid]:
    """Look for the items one level down: lists by name, or objects under their ids."""
    lists = [
        (name, inner)
        for name, inner in value.items
        if isinstance(inner, list) and any(isinstance(item, Pairs) for item in inner)
    ]
    if lists:
        tables = [_table(inner, name) for name, inner in lists]
        listed = {name for name, _ in lists}
        rest = Pairs([pair for pair in value.items if pair[0] not in listed])
        if said := "; ".join(f"{name}: {cell}" for name, cell in _flat("", rest)):
            aside = Aside(1, f"stands outside the list of items: {said[:500]}", title)
            tables[0] = tables[0]._replace(asides=(aside,))
        return list(tables)
    inner_objects = [(name, inner) for name, inner in value.items if isinstance(inner, Pairs)]
    if inner_objects and len(inner_objects) == len(value.items):
        if len(inner_objects) == 1:
            return _tables(inner_objects[0][1], inner_objects[0][0])
        named: list[Value] = [Pairs([("id", n), *inner.items]) for n, inner in inner_objects]
        return [_table(named, title)]
    if any(inner is not None for _, inner in value.items):
        return [_table([value], title)]  # a single item
    raise FileError("the JSON file holds no list of items", _HINT)


def _table(items: list[Value], title: str) -> Table:
    check_rows(len(items))
    places: dict[str, int] = {}
    rows: list[Row] = []
    for number, item in enumerate(items, 1):
        cells: dict[int, str] = {}
        for said, cell in _flat("", item):
            name, copy = said, 1
            while places.get(name) in cells:  # one name twice in one object: both are kept
                copy += 1
                name = f"{said} ({copy})"
            if name not in places:
                places[name] = len(places)
                check_columns(len(places))
            cells[places[name]] = cell
        if cells:
            rows.append(Row(number, cells))
    return Table(clean(title), unique_names(places), tuple(rows))


def _flat(name: str, value: Value) -> Iterator[tuple[str, str]]:
    """Yield a value's non-empty leaves under dotted names."""
    if value is None:
        return
    if isinstance(value, Pairs):
        for key, inner in value.items:
            label = one_line(clean(key)) or "?"
            yield from _flat(f"{name}.{label}" if name else label, inner)
    elif isinstance(value, list):
        if any(isinstance(inner, list | Pairs) for inner in value):
            for place, inner in enumerate(value, 1):
                yield from _flat(f"{name}.{place}" if name else str(place), inner)
        elif joined := ", ".join(text for inner in value if (text := _scalar(inner))):
            yield name or "name", joined
    elif text := _scalar(value):
        yield name or "name", text


def _scalar(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    assert isinstance(value, str)
    return clean(value)


def _grid(rows: list[list[Value]], title: str) -> Grid:
    check_rows(len(rows))
    lines: list[Line] = []
    for number, row in enumerate(rows, 1):
        check_columns(len(row))
        cells = tuple("; ".join(text for _, text in _flat("", value)) for value in row)
        if any(cells):
            lines.append(Line(number, cells))
    return Grid(clean(title), tuple(lines))
