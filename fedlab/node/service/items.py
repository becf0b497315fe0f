"""This lab's items, and everybody's as they are shown."""

import re
from itertools import chain, count, islice
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from fedlab.formats.codes import code_of_name, numbered
from fedlab.inventory.facts import (
    HOLD_REASONS,
    KINDS,
    TERMS,
    UNITS,
    ItemHold,
    ItemRelease,
    ItemRetire,
    ItemSeen,
    ItemSet,
    Part,
)
from fedlab.inventory.item import ItemState
from fedlab.node.catalogue import VIEWS_AT_ONCE
from fedlab.node.codewords import code_words
from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.numbers import spelled
from fedlab.node.service import names
from fedlab.node.service.answers import HoldAnswer, ItemAnswer, ItemDone, ItemsAnswer
from fedlab.node.service.base import Opened
from fedlab.node.service.shown import Shown
from fedlab.node.writer import Draft, fact_of
from fedlab.protocol.entry import EntryId, Fact, decode_detail, encode_detail
from fedlab.protocol.limits import ITEMS_LISTED_MAX, SALT_BYTES

F = TypeVar("F", bound=Fact)

Cents = int | UnsetType | None
Text = Annotated[str, Meta(max_length=20_000)] | UnsetType | None


class ItemChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to change of an item: absent fields stay, None or an empty one clears.

    Quantities in thousandths, money in cents. The second half goes into the detail.
    """

    kind: str | UnsetType = UNSET
    unit: str | UnsetType | None = UNSET
    quantity: int | UnsetType | None = UNSET
    terms: tuple[str, ...] | UnsetType | None = UNSET
    price: Cents = UNSET
    hourly: Cents = UNSET
    deposit: Cents = UNSET
    value: Cents = UNSET
    buffer: int | UnsetType | None = UNSET
    training: tuple[str, ...] | UnsetType | None = UNSET
    parts: dict[str, int] | UnsetType | None = UNSET

    name: Text = UNSET
    description: Text = UNSET
    category: Text = UNSET
    brand: Text = UNSET
    model: Text = UNSET
    serial: Text = UNSET
    place: Text = UNSET
    condition: Text = UNSET
    care: Text = UNSET
    safety: Text = UNSET
    ref: Text = UNSET
    lang: Text = UNSET
    tags: tuple[str, ...] | UnsetType | None = UNSET
    photos: tuple[str, ...] | UnsetType | None = UNSET
    more: dict[str, str] | UnsetType | None = UNSET


_DETAIL_FIELDS: Final = (
    "name", "description", "category", "brand", "model", "serial", "place", "condition", "care",
    "safety", "ref", "lang", "tags", "photos", "more",
)  # fmt: skip
_FACT_FIELDS: Final = (
    "quantity", "terms", "price", "hourly", "deposit", "buffer", "value", "training", "parts",
)  # fmt: skip
# Fields that take only words of a closed list.
_WORDS: Final = {"kind": KINDS, "terms": TERMS, "unit": UNITS, "reason": HOLD_REASONS}
# How msgspec says where a fact breaks its schema: "… - at `$.terms[0]`".
_PLACE: Final = re.compile(r" - at `\$\.?(\w*)[^`]*`$")


class Items:
    """The commands about items."""

    def __init__(self, opened: Opened, shown: Shown) -> None:
        self._opened = opened
        self._shown = shown

    # --- Changing this lab's ----------------------------------------------------------------------

    def add(self, change: ItemChange, code: str | None = None) -> ItemDone:
        """Add an item under a code, or a new one; raise ConflictError if it is taken.

        The code of an item that was retired is free again, and the item comes back as this one.
        """
        if change.name is UNSET or change.name is None or not change.name.strip():
            raise BadRequestError("an item needs a name", "give --name")
        code = names.item_code(code) if code else self._new_code(change)
        state = self._opened.projector.state(self._opened.lab, code)
        if state is not None and not state.retired:
            raise ConflictError(
                f"there is an item {code} already", f"change it with `fedlab item set {code}`"
            )
        blank = fact_of(ItemSet, {"code": code, "kind": "tool", "unit": "piece"})
        return self._write(blank, {"lang": self._language()}, change, revived=state is not None)

    def set(self, item: str, change: ItemChange) -> ItemDone:
        """Change fields of an item; one that was retired comes back."""
        state = self._own(item, retired=True)
        return self._write(state.fact, self._detail_of(state), change, revived=state.retired)

    def retire(self, item: str) -> ItemDone:
        """Say that an item is gone."""
        state = self._own(item)
        return self._say(state, fact_of(ItemRetire, {"code": state.code}))

    def seen(self, item: str) -> ItemDone:
        """Say that an item is still here."""
        state = self._own(item)
        return self._say(state, fact_of(ItemSeen, {"code": state.code}))

    def hold(
        self,
        item: str,
        day_from: str,
        day_to: str | None = None,
        quantity: int | None = None,
        reason: str = "other",
    ) -> HoldAnswer:
        """Take a quantity, or all, out of the calendar from day to day, or until released."""
        state = self._own(item)
        _check_there_are(state, quantity)
        fields = {
            "code": state.code,
            "day_from": day_from,
            "day_to": day_to,
            "quantity": quantity,
            "reason": reason,
        }
        fact = _checked(ItemHold, fields)
        held = self._opened.append_one(Draft(fact))
        return HoldAnswer(held, state.id, day_from, day_to, quantity)

    def release(self, hold: str) -> ItemDone:
        """End a hold, named by its entry, or by an item that has only one."""
        state, entry = self._held(hold)
        return self._say(state, fact_of(ItemRelease, {"code": state.code, "hold": entry}))

    # --- Showing anybody's ------------------------------------------------------------------------

    def show(
        self, item: str, date_from: str | None = None, date_to: str | None = None
    ) -> ItemAnswer:
        """Return an item with its calendar; raises NotFoundError."""
        lab, code = self._opened.item_to_read(item)
        view = self._opened.projector.item(lab, code)
        state = self._opened.projector.state(lab, code)
        if view is None or state is None:
            raise _unknown(item)
        (answer,) = self._shown.items([(state, view)], date_from, date_to)
        return answer

    def list(self, lab: str | None = None, limit: int = ITEMS_LISTED_MAX) -> ItemsAnswer:
        """Return a lab's items by code, this lab's if none is named; never more than the limit."""
        found = self._opened.lab if lab is None else self._opened.lab_to_read(lab)
        most = min(max(limit, 0), ITEMS_LISTED_MAX)
        at_once = max(1, min(most, VIEWS_AT_ONCE))
        offered = islice(self._opened.projector.offered(found, at_once), most)
        return ItemsAnswer(self._shown.items(list(offered)))

    # --- Shared -----------------------------------------------------------------------------------

    def _own(self, item: str, *, retired: bool = False) -> ItemState:
        lab, code = names.item_parts(item)
        opened = self._opened
        if lab is not None and opened.lab_to_write(lab) != opened.lab:
            raise BadRequestError(
                "only the lab that owns an item can change it", "name one of this lab's items"
            )
        state = opened.projector.state(opened.lab, code)
        if state is None or (state.retired and not retired):
            raise _unknown(item)
        return state

    def _held(self, text: str) -> tuple[ItemState, EntryId]:
        projector, lowered = self._opened.projector, text.strip().lower()
        if names.ENTRY_PREFIX.fullmatch(lowered):
            for lab, epoch, at in projector.find(lowered):
                (entry,) = projector.read_entries(lab, epoch, at, at + 1)
                if lab == self._opened.lab and isinstance(entry.fact, ItemHold):
                    return self._own(entry.fact.code), entry.id.hex()
        state = self._own(text, retired=True)
        if len(state.holds) == 1:
            return state, next(iter(state.holds))
        if not state.holds:
            raise ConflictError(f"nothing holds {state.code}", "see `fedlab item show`")
        raise BadRequestError(
            f"{state.code} has {len(state.holds)} holds: {', '.join(h[:12] for h in state.holds)}",
            "name the one to release by the first digits of its id",
        )

    def _write(
        self, before: ItemSet, detail: dict[str, Any], change: ItemChange, *, revived: bool
    ) -> ItemDone:
        for field in _DETAIL_FIELDS:
            value = getattr(change, field)
            if value is not UNSET:
                detail[field] = value
        fact = _checked(ItemSet, _fact_fields(before, change))
        kept = {field: value for field, value in detail.items() if value}
        entry = self._opened.append_one(Draft(fact, encode_detail(kept)))
        return ItemDone(f"{self._opened.lab}/{fact.code}", entry, revived)

    def _say(self, state: ItemState, fact: Any) -> ItemDone:
        return ItemDone(state.id, self._opened.append_one(Draft(fact)))

    def _detail_of(self, state: ItemState) -> dict[str, Any]:
        place = state.entry
        (blob,) = self._opened.store.details(state.lab, place.epoch, place.index, place.index + 1)
        return decode_detail(blob[SALT_BYTES:]) if blob is not None else {}

    def _language(self) -> str:
        return self._opened.labs()[self._opened.lab].lang

    def _new_code(self, change: ItemChange) -> str:
        """Return the code made from a name, numbered where that is an item's already."""
        first = code_of_name(str(change.name), str(change.kind or "tool"), code_words())
        for code in chain([first], (numbered(first, number) for number in count(2))):
            if self._opened.projector.state(self._opened.lab, code) is None:
                return code
        raise AssertionError("numbers never end")


def _unknown(item: str) -> NotFoundError:
    return NotFoundError(
        f"no item is known as {item!r}", "see `fedlab item list`, or `fedlab search`"
    )


def _check_there_are(state: ItemState, quantity: int | None) -> None:
    """Raise ConflictError if that is more than there is of an item, as far as that is known."""
    there = state.fact.quantity
    if quantity is not None and there is not UNSET and quantity > there:
        raise ConflictError(
            f"there are only {spelled(there)} of {state.code}, not {spelled(quantity)}",
            f"hold less, or say how many there are with `fedlab item set {state.code} --quantity`",
        )


def _fact_fields(before: ItemSet, change: ItemChange) -> dict[str, Any]:
    """Return the fields of the fact after a change: those of before where nothing is said."""
    fields: dict[str, Any] = {"code": before.code}
    for name in _FACT_FIELDS:
        value = getattr(change, name)
        if value is UNSET:
            value = getattr(before, name)
        fields[name] = UNSET if value in (None, ()) else value
    fields["kind"] = change.kind or before.kind
    fields["unit"] = change.unit or before.unit
    for name in ("terms", "training"):
        if fields[name] is not UNSET:
            fields[name] = tuple(sorted(set(fields[name])))
    if change.parts is not UNSET:
        parts = sorted((change.parts or {}).items())
        fields["parts"] = tuple(Part(code=code, quantity=many) for code, many in parts) or UNSET
    if fields["buffer"] == 0:
        fields["buffer"] = UNSET
    return fields


def _checked(kind: type[F], fields: dict[str, Any]) -> F:
    """Return a fact of those fields; raise BadRequestError saying which of them cannot be."""
    outside = dict(zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True))
    try:
        return fact_of(kind, {outside[name]: value for name, value in fields.items()})
    except msgspec.ValidationError as exc:
        raise _cannot_be_said(exc, fields) from exc


def _cannot_be_said(exc: msgspec.ValidationError, fields: dict[str, Any]) -> BadRequestError:
    """Say in a person's words what msgspec found: the wrong word, or else its own sentence."""
    place = _PLACE.search(str(exc))
    name = place[1] if place else ""
    if (words := _WORDS.get(name)) is not None:
        given = fields[name]
        wrong = [
            word for word in ((given,) if isinstance(given, str) else given) if word not in words
        ]
        return BadRequestError(
            f"{name} cannot be {', '.join(map(repr, wrong))}", f"use {', '.join(words)}"
        )
    said = _PLACE.sub("", str(exc))
    return BadRequestError(
        f"this cannot be said of {name or 'an item'}: {said}", "see `fedlab item add --help`"
    )
