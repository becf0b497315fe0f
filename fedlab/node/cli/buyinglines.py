"""The lines that people type about purchases, read into whole numbers.

`1:10:sheet:1=200,3=180:20:Ply` is article 1 in packs of ten sheets, at 200.00 a pack and 180.00
from three packs on, at 20 % VAT. A line that cannot be read is refused with the field at fault.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import click

from fedlab.node.numbers import decimal, whole


class Field(NamedTuple):
    """One field of a line: its name, how it is read, and what it looks like."""

    name: str
    read: Callable[[str], Any]
    example: str
    needed: bool = True


class Line(click.ParamType[dict[str, Any]]):
    """Fields with colons between them; those at the end may be left out where not needed."""

    name = "line"

    def __init__(self, *fields: Field) -> None:
        self.fields = fields

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        """Return the fields that are there, by name."""
        parts = str(value).split(":", len(self.fields) - 1)
        line: dict[str, Any] = {}
        for at, field in enumerate(self.fields):
            text = parts[at].strip() if at < len(parts) else ""
            if not text and not field.needed:
                continue
            read = field.read(text) if text else None
            if read is None:
                self.fail(
                    f"{value!r}: {field.name} is {text!r}, not such as {field.example}", param, ctx
                )
            line |= read if isinstance(read, dict) else {field.name: read}
        return line


def _cents(text: str) -> int | None:
    return decimal(text, 2)


def _quantity(text: str) -> int | None:
    return decimal(text, 3)


def _percent(text: str) -> int | None:
    return decimal(text, 2)


def _ladder(text: str) -> list[dict[str, int]] | None:
    """Read `1=200,3=180`: from so many packs on, each costs so much."""
    steps = []
    for step in text.split(","):
        packs, _, price = step.partition("=")
        many, cents = whole(packs.strip()), _cents(price.strip())
        if many is None or cents is None:
            return None
        steps.append({"packs": many, "price": cents})
    return steps


def _wanted(text: str) -> dict[str, int] | None:
    """Read `9+2@24`: nine for certain, two more if that helps, at most 24.00 each."""
    much, _, cap = text.partition("@")
    firm, _, more = much.partition("+")
    read = {"firm": _quantity(firm)}
    if more:
        read["more"] = _quantity(more)
    if cap:
        read["cap"] = _cents(cap)
    said = {name: value for name, value in read.items() if value is not None}
    return said if len(said) == len(read) else None


def _words(text: str) -> str:
    return text


_ARTICLE: Final = Field("article", whole, "1")
_RATE: Final = Field("rate", _percent, "20 or 5.5")
_NET: Final = Field("net", _cents, "12.50")
_QUANTITY: Final = Field("quantity", _quantity, "3 or 2.5")

ARTICLE: Final = Line(
    _ARTICLE,
    Field("pack", _quantity, "10"),
    Field("unit", _words, "sheet"),
    Field("ladder", _ladder, "1=200,3=180", needed=False),
    Field("rate", _percent, "20 or 5.5", needed=False),
    Field("name", _words, "plywood", needed=False),
)
CHARGE: Final = Line(
    Field("charge", whole, "1"),
    _NET,
    Field("basis", _words, "weight", needed=False),
    Field("rate", _percent, "20", needed=False),
    Field("name", _words, "Transport", needed=False),
)
HELPER: Final = Line(
    Field("lab", _words, "a lab's id"),
    Field("powers", lambda text: text.split(","), "deliver,hand_over"),
)
WANTED: Final = Line(_ARTICLE, Field("firm", _wanted, "9, 9+2 or 9+2@24.50"))
PACKS: Final = Line(_ARTICLE, Field("packs", whole, "3"))
SUM: Final = Line(Field("party", _words, "a lab's id"), Field("cents", _cents, "12.50"))
MOVED: Final = Line(_ARTICLE, _QUANTITY)
CAME: Final = Line(
    _ARTICLE,
    Field("accepted", _quantity, "20"),
    Field("damaged", _quantity, "1", needed=False),
    Field("missing", _quantity, "1", needed=False),
    Field("instead", whole, "2", needed=False),
)
INVOICED: Final = Line(_ARTICLE, _QUANTITY, _NET, _RATE)
CHARGED: Final = Line(Field("charge", whole, "1"), _NET, _RATE)
RATE_SUM: Final = Line(_RATE, _NET, Field("vat", _cents, "2.50"))
