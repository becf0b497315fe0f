"""What people see of items and labs: folded facts joined with details.

A detail is whatever JSON its author wrote. So every field is taken only where it is of the type
expected, cleaned of characters that command a terminal or turn text around, and left empty
otherwise; nothing here raises. Nothing here decides anything either: what decides is in facts.
"""

import re
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from fedlab.inventory.item import ItemState
from fedlab.inventory.lab import LabState
from fedlab.protocol.entry import LabId, decode_detail, or_none
from fedlab.protocol.errors import AuthorError
from fedlab.protocol.limits import INTEGER_MAX

# Control characters but tab and newline, and those that change the direction of writing.
_COMMANDS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LAB_DIGITS_SHOWN: Final = 8
_HEX32: Final = re.compile(r"[0-9a-f]{64}")
# The fields of a detail that are texts.
_LAB_TEXTS: Final = frozenset({"name", "description", "address", "hours", "contact", "url", "lang"})
_ITEM_TEXTS: Final = frozenset(
    {
        "name", "description", "category", "brand", "model", "serial", "condition", "care",
        "safety", "place", "ref", "lang",
    }
)  # fmt: skip


class LabView(Struct, frozen=True, kw_only=True):
    """A lab as others see it; texts are empty and numbers None where nothing is known."""

    lab: LabId
    name: str
    description: str = ""
    kind: str = ""
    form: str = ""
    vat: str = ""
    mobility: str = ""
    lat: float | None = None
    lon: float | None = None
    address: str = ""
    hours: str = ""
    contact: str = ""
    url: str = ""
    lang: str = ""
    updated_at: int | None = None


class ItemView(Struct, frozen=True, kw_only=True):
    """An item as others see it: quantities in thousandths, money in cents, times in seconds.

    Texts are empty, lists empty, numbers None where nothing is known.
    """

    item: str
    lab: LabId
    lab_name: str
    code: str
    kind: str
    name: str
    description: str = ""
    category: str = ""
    brand: str = ""
    model: str = ""
    serial: str = ""
    condition: str = ""
    care: str = ""
    safety: str = ""
    place: str = ""
    ref: str = ""
    lang: str = ""
    tags: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    more: dict[str, str] = {}
    quantity: int | None = None
    unit: str = "piece"
    terms: tuple[str, ...] = ()
    price: int | None = None
    hourly: int | None = None
    deposit: int | None = None
    buffer: int | None = None
    value: int | None = None
    training: tuple[str, ...] = ()
    parts: dict[str, int] = {}
    retired: bool = False
    updated_at: int
    seen_at: int
    lat: float | None = None
    lon: float | None = None


def lab_view(state: LabState, detail: bytes | None) -> LabView:
    """Return a lab as others see it; without a name it goes by the first digits of its id."""
    told, fact = Told(detail), state.profile
    texts = told.shown(_LAB_TEXTS)
    texts["name"] = texts.get("name") or state.lab[:_LAB_DIGITS_SHOWN]
    return LabView(
        lab=state.lab,
        kind=_text(fact.kind) if fact else "",
        form=_text(fact.form) if fact else "",
        vat=_text(fact.vat) if fact else "",
        mobility=_text(fact.mobility) if fact else "",
        lat=told.number("lat", 90),
        lon=told.number("lon", 180),
        updated_at=fact.at if fact else None,
        **texts,
    )


def item_view(state: ItemState, detail: bytes | None, lab: LabView) -> ItemView:
    """Return an item as others see it; without a name it goes by its code."""
    told, fact = Told(detail), state.fact
    texts = told.shown(_ITEM_TEXTS)
    texts["name"] = texts.get("name") or state.code
    return ItemView(
        item=state.id,
        lab=state.lab,
        lab_name=lab.name,
        code=state.code,
        kind=fact.kind,
        tags=told.texts("tags"),
        photos=tuple(photo for photo in told.texts("photos") if _HEX32.fullmatch(photo)),
        more=told.pairs("more"),
        quantity=None if fact.quantity is UNSET else max(0, fact.quantity - state.gone),
        unit=fact.unit,
        terms=() if fact.terms is UNSET else fact.terms,
        price=or_none(fact.price),
        hourly=or_none(fact.hourly),
        deposit=or_none(fact.deposit),
        buffer=or_none(fact.buffer),
        value=or_none(fact.value),
        training=() if fact.training is UNSET else fact.training,
        parts={} if fact.parts is UNSET else {part.code: part.quantity for part in fact.parts},
        retired=state.retired,
        updated_at=fact.at,
        seen_at=state.seen_at,
        lat=lab.lat,
        lon=lab.lon,
        **texts,
    )


class Told:
    """A detail read with distrust."""

    def __init__(self, body: bytes | None) -> None:
        try:
            self._told: dict[str, Any] = decode_detail(body) if body else {}
        except AuthorError:
            self._told = {}

    def shown(self, keys: frozenset[str]) -> dict[str, str]:
        return {key: _shown(value) for key, value in self._told.items() if key in keys}

    def number(self, key: str, most: int) -> float | None:
        value = self._told.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if -most <= value <= most else None

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._told.get(key)
        shown = [_shown(value) for value in values] if isinstance(values, list) else []
        return tuple(text for text in shown if text)

    def pairs(self, key: str) -> dict[str, str]:
        values = self._told.get(key)
        if not isinstance(values, dict):
            return {}
        shown = {_shown(name): _shown(value) for name, value in values.items()}
        return {name: text for name, text in shown.items() if name and text}


def _shown(value: object) -> str:
    """Return a text, or a number as text, that is safe to show; empty for anything else."""
    if isinstance(value, str):
        # What is printable throughout, as most is, holds none of the commands.
        return (value if value.isprintable() else _COMMANDS.sub("", value)).strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if abs(value) <= INTEGER_MAX else ""
    return ""


def _text(value: str | UnsetType) -> str:
    return "" if value is UNSET else value
