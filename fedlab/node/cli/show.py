"""Answers for people: tables and short sentences, coloured only on a terminal."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click

from fedlab.node.numbers import spelled

_UNITS_OF_TIME = (("d", 86_400), ("h", 3_600), ("min", 60))


# rich lays out a thousand rows a second: more than a screen or two is printed as it is.
_LAID_OUT_MAX = 200


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, folded: bool = True) -> None:
    """Print a table; a cell that is None is left empty.

    On a terminal cells are folded to its width, unless there are many rows or ids to be copied;
    in a file or a pipe each row is one line.
    """
    cells = [["" if cell is None else _line(cell) for cell in row] for row in rows]
    if folded and len(cells) <= _LAID_OUT_MAX and sys.stdout.isatty():
        _print_folded(columns, cells)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    padded = (
        (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in (columns, *cells)
    )
    click.echo("\n".join("  ".join(row).rstrip() for row in padded))


def _line(cell: object) -> str:
    return " ".join(str(cell).splitlines())


def _print_folded(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console  # late: only people pay for it
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*map(Text, row))  # Text, not str: a name with [brackets] is no markup
    Console(highlight=False).print(grid)


def pairs(rows: Iterable[tuple[str, object]]) -> None:
    """Print one thing as name and value, leaving out what is not known."""
    kept = [(name, value) for name, value in rows if value not in (None, "", [], {})]
    width = max((len(name) for name, _ in kept), default=0)
    for name, value in kept:
        click.echo(f"{name:<{width}}  {value}")


def quantity(thousandths: int | None, unit: str | None = None) -> str:
    """Write a quantity as people do: 2500 kg is `2.5 kg`."""
    if thousandths is None:
        return ""
    number = spelled(thousandths)
    return f"{number} {unit}" if unit and unit != "piece" else number


def euros(cents: int | None) -> str:
    """Write an amount of euro cents."""
    return "" if cents is None else f"{cents // 100}.{cents % 100:02} €"


def age(seconds: float | None) -> str:
    """Write an age as its largest unit."""
    if seconds is None:
        return ""
    for unit, size in _UNITS_OF_TIME:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


def day_and_time(seconds: float | None) -> str:
    """Write an instant as the local clock shows it."""
    if seconds is None:
        return ""
    try:
        return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):  # a stranger may claim the year 200,000
        return f"{seconds:.0f} s after 1970"


def distance(kilometres: float | None) -> str:
    """Write a distance in kilometres."""
    if kilometres is None:
        return ""
    return f"{kilometres:.1f} km" if kilometres < 10 else f"{kilometres:.0f} km"


def items(answer: dict[str, Any]) -> None:
    """Print a list of items."""
    table(
        ("ITEM", "NAME", "KIND", "QUANTITY", "TERMS", "PLACE"),
        (
            (
                short(item["item"]),
                item["name"],
                item["kind"],
                quantity(item["quantity"], item["unit"]),
                ", ".join(item["terms"]),
                item["place"],
            )
            for item in answer["items"]
        ),
    )


def item(answer: dict[str, Any]) -> None:
    """Print one item with all that is known of it."""
    money = {"price", "hourly", "deposit", "value"}
    rows: list[tuple[str, object]] = []
    for name, value in answer.items():
        if name == "quantity":
            rows.append((name, quantity(value, answer.get("unit"))))
        elif name in money:
            rows.append((name, euros(value)))
        elif name == "more":
            rows.extend((header, cell) for header, cell in value.items())
        elif name == "free":
            rows.extend(
                ("free", f"{span['from']} to {span['to']}: {quantity(span['quantity']) or '?'}")
                for span in value
            )
        elif name in {"updated_at", "seen_at"}:
            rows.append((name, day_and_time(value)))
        elif isinstance(value, list):
            rows.append((name, ", ".join(map(str, value))))
        elif name == "retired":
            rows.append((name, "yes" if value else None))
        elif name not in {"unit", "age_s"}:
            rows.append((name, value))
    pairs(rows)


def short(item_id: str) -> str:
    """Shorten the lab in an item's id to what still reads back, a prefix."""
    lab, _, code = item_id.partition("/")
    return f"{lab[:8]}/{code}"
