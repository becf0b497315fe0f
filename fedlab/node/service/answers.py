"""What the service answers: the documents of docs/reference/cli.md, field by field."""

from typing import Any

import msgspec

from fedlab.inventory.catalogue import ItemView, LabView
from fedlab.protocol.entry import EntryId, LabId


class PeerAnswer(msgspec.Struct):
    """A lab that this one talks to: connected, or how long ago it was last heard of."""

    lab: LabId
    name: str
    url: str | None
    connected: bool
    behind: int
    age_s: int | None
    split_view: bool  # it has signed two versions of its log


class Neighbour(msgspec.Struct, frozen=True):
    """A lab that says it is on this local network; nobody has proved anything."""

    lab: LabId
    name: str
    url: str


class PeersAnswer(msgspec.Struct):
    """The labs that this one talks to, and those that it vouches for or blocks.

    `nearby` are labs that say they are on this local network, and are not among the others.
    """

    peers: list[PeerAnswer]
    vouched: list[LabId]
    blocked: list[LabId]
    nearby: list[Neighbour]


class StatusAnswer(msgspec.Struct):
    """What this lab is and what its node holds; `items` counts every item known."""

    lab: LabId
    name: str
    network: str
    epoch: int
    size: int
    root: str
    labs: int
    entries: int
    items: int
    peers: list[PeerAnswer]
    drafts: int
    problems: list[str]
    split_views: list[LabId]  # labs that have signed two versions of their log


class LabAnswer(LabView, frozen=True, kw_only=True):
    """One lab as others see it, and how near it is to this one: in space, and in time."""

    own: bool
    vouched: bool
    epoch: int
    size: int
    items: int
    distance_km: float | None
    age_s: int | None
    split_view: bool  # it has signed two versions of its log


class LabsAnswer(msgspec.Struct):
    """Every lab that this node shows."""

    labs: list[LabAnswer]


class LabNameAnswer(msgspec.Struct):
    """The lab that a command was about."""

    lab: LabId
    name: str


class UrlAnswer(msgspec.Struct):
    """A link to hand to somebody."""

    url: str


class FreeSpan(msgspec.Struct, frozen=True, rename={"day_from": "from", "day_to": "to"}):
    """How much is free on each day from one to the other, both included; None if not known."""

    day_from: str
    day_to: str
    quantity: int | None


class ItemAnswer(ItemView, frozen=True, kw_only=True):
    """One item with its calendar, how far away it is, and how old what is known of it."""

    free: tuple[FreeSpan, ...]
    distance_km: float | None
    age_s: int | None


class ItemsAnswer(msgspec.Struct):
    """Items of one lab, by code."""

    items: list[ItemAnswer]


class ItemDone(msgspec.Struct):
    """The item that a command was about, and the entry that says so.

    `revived` says that the item was retired before, and is offered again.
    """

    item: str
    entry: EntryId
    revived: bool = False


class HoldAnswer(msgspec.Struct, rename={"day_from": "from", "day_to": "to"}):
    """A quantity taken out of an item's calendar; all of it, or without end, where None."""

    hold: EntryId
    item: str
    day_from: str
    day_to: str | None
    quantity: int | None


class HitAnswer(msgspec.Struct, kw_only=True):
    """An item that answers a question, with what one needs to choose."""

    item: str
    lab: LabId
    lab_name: str
    code: str
    kind: str
    name: str
    score: float
    distance_km: float | None
    age_s: int | None
    description: str
    category: str
    place: str
    quantity: int | None
    unit: str
    terms: tuple[str, ...]
    price: int | None
    hourly: int | None
    deposit: int | None
    lang: str
    photos: tuple[str, ...]
    free: tuple[FreeSpan, ...]  # on the days asked for; from today where none were


class LooserAnswer(msgspec.Struct, frozen=True):
    """Filters of a question, as `search` names them, and how much is found without them."""

    filters: tuple[str, ...]
    total: int


class SearchAnswer(msgspec.Struct):
    """The best hits of all that answer, and where there are none, what was probably meant."""

    total: int
    hits: list[HitAnswer]
    suggestions: list[str]


class EntryAnswer(msgspec.Struct):
    """One entry of a log; fact and detail are None where they are not JSON, or not held."""

    epoch: int
    index: int
    entry: EntryId
    fact: dict[str, Any] | None
    detail: dict[str, Any] | None
    detail_state: str
    status: str


class LogPage(msgspec.Struct):
    """Some entries in the order of the log, and the place after them; None at the end."""

    entries: list[EntryAnswer]
    next: tuple[int, int] | None


class RebuildAnswer(msgspec.Struct):
    """What was built again."""

    entries: int
    items: int


class EraseAnswer(msgspec.Struct):
    """The entry whose detail is gone, and the entry that says so."""

    entry: str
    erased_by: str


class BundleAnswer(msgspec.Struct):
    """What a bundle carried; `problems` are what of it could not be taken, and why."""

    labs: int
    entries: int
    problems: list[str]
