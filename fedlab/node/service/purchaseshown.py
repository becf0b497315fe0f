"""Purchases to look at: the folded state, with the names that stand in details."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from fedlab.inventory.catalogue import Told
from fedlab.ledger import book
from fedlab.ledger.purchasefacts import PledgeFor, PurchaseAmend, PurchaseArticle, PurchaseOpen
from fedlab.ledger.purchasestate import PurchaseState
from fedlab.ledger.split import Party
from fedlab.node.errors import BadRequestError, NotFoundError, TryLaterError
from fedlab.node.service import names
from fedlab.node.service.base import Opened
from fedlab.node.store.base import Place, StoredSubject
from fedlab.protocol.entry import Entry, EntryId, LabId, Status
from fedlab.protocol.limits import PURCHASES_LISTED_MAX, SALT_BYTES

_read = msgspec.msgpack.Decoder(PurchaseState).decode
_TEXTS: Final = frozenset({"name", "supplier", "description", "lang", "reference", "note"})
_OF_PURCHASE: Final = ("name", "supplier", "description", "lang")


class Names(NamedTuple):
    """What a purchase and its parts are called; numbers and beginnings of ids where nobody said."""

    purchase: Mapping[str, str]  # name, supplier, description, lang
    articles: Mapping[int, str] = {}
    references: Mapping[int, str] = {}  # the supplier's order numbers
    charges: Mapping[int, str] = {}
    parties: Mapping[Party, str] = {}

    def party(self, party: Party) -> str:
        """Return what a lab or a body is called."""
        return self.parties.get(party) or party[:8]

    def article(self, number: int) -> str:
        """Return what an article is called."""
        return self.articles.get(number) or str(number)

    def charge(self, number: int) -> str:
        """Return what a charge is called; nothing where nobody said."""
        return self.charges.get(number, "")


class Said(NamedTuple):
    """One entry about a purchase, in the order in which people tell them."""

    entry: EntryId
    lab: LabId
    at: int
    what: str
    status: str
    fact: Any
    note: str


class Book(NamedTuple):
    """All that is known here of one purchase."""

    state: PurchaseState
    names: Names
    entries: tuple[Said, ...] = ()
    version: EntryId = ""  # the newest of its terms and articles, on which a pledge is made
    missing: tuple[LabId, ...] = ()  # labs of which something is quoted that has not arrived


class Listed(NamedTuple):
    """A purchase in a list."""

    state: PurchaseState
    name: str


class ShownPurchases:
    """Purchases as they are folded here, to read."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def list(self) -> list[Listed]:
        """Return the purchases that are known here, the newest first."""
        subjects = self._opened.store.projections.subjects
        hidden = self._opened.hidden()
        found = subjects.of_kind("purchase", limit=PURCHASES_LISTED_MAX)
        states = [_read(one.state) for one in found if one.state is not None]
        shown = [state for state in states if state.organiser not in hidden]
        places = [self._opened.projector.find(state.purchase, 1)[0] for state in shown]
        texts = map(self._told, self._opened.store.details_of(places))
        return [
            Listed(state, told.shown(_TEXTS).get("name", ""))
            for state, told in zip(shown, texts, strict=True)
        ][::-1]

    def find(self, text: str) -> StoredSubject:
        """Return the purchase meant by an id or the beginning of one."""
        wanted = text.strip().lower()
        if not names.ENTRY_PREFIX.fullmatch(wanted):
            raise BadRequestError(f"{text!r} is no purchase", "give 8 digits or more of its id")
        found = self._opened.store.projections.subjects.find("purchase", wanted)
        if not found:
            raise NotFoundError(f"no purchase is known as {text!r}", "see the list of purchases")
        if len(found) > 1:
            raise BadRequestError(f"several purchases begin with {text!r}", "give more of its id")
        return found[0]

    def show(self, text: str) -> Book:
        """Return one purchase with its names and everything that was said of it."""
        stored = self.find(text)
        if stored.state is None:
            raise TryLaterError(
                "what opened this purchase has not arrived yet", "wait for the next sync"
            )
        state = _read(stored.state)
        entries = self._opened.projector.subject_entries(stored)
        outcome = book.fold("purchase", state.purchase, entries, self._opened.projector.stands)
        assert outcome is not None
        entries.sort(key=lambda e: (e.fact.at if e.fact else 0, e.lab, e.epoch, e.index))
        places = [Place(entry.lab, entry.epoch, entry.index) for entry in entries]
        told = [self._told(blob) for blob in self._opened.store.details_of(places)]
        statuses = [Status(outcome.statuses.get(entry.id.hex(), entry.status)) for entry in entries]
        rows = list(zip(entries, told, statuses, strict=True))
        return Book(
            state,
            _names(rows, state.organiser, self._opened.lab_names()),
            tuple(_said(*row) for row in rows),
            _version(rows, state.organiser),
            tuple(sorted({lab for lab, _ in self._opened.projector.missing(entries)})),
        )

    @staticmethod
    def _told(blob: bytes | None) -> Told:
        return Told(blob[SALT_BYTES:] if blob else None)


def _names(
    rows: Iterable[tuple[Entry, Told, Status]], organiser: LabId, labs: Mapping[LabId, str]
) -> Names:
    """Gather what the organiser called things; its last word counts."""
    purchase = dict.fromkeys(_OF_PURCHASE, "")
    articles: dict[int, str] = {}
    references: dict[int, str] = {}
    charges: dict[int, str] = {}
    parties: dict[Party, str] = dict(labs)
    counted = sorted(
        (row for row in rows if row[0].lab == organiser and row[2] is Status.COUNTED),
        key=lambda row: (row[0].epoch, row[0].index),
    )
    for entry, told, _ in counted:
        fact, texts = entry.fact, told.shown(_TEXTS)
        name = texts.get("name", "")
        if isinstance(fact, PurchaseOpen | PurchaseAmend):
            purchase |= {key: texts[key] for key in _OF_PURCHASE if texts.get(key)}
            pairs = told.pairs("charges").items()
            charges |= {int(key): text for key, text in pairs if key.isdecimal() and len(key) < 3}
        elif isinstance(fact, PurchaseArticle) and name:
            articles[fact.article] = name
            references[fact.article] = texts.get("reference", "")
        elif isinstance(fact, PledgeFor) and name:
            parties[fact.body] = name
    return Names(purchase, articles, references, charges, parties)


def _version(rows: Iterable[tuple[Entry, Told, Status]], organiser: LabId) -> EntryId:
    terms = [
        entry
        for entry, _, _ in rows
        if isinstance(entry.fact, PurchaseOpen | PurchaseAmend | PurchaseArticle)
        and (entry.lab, entry.status) == (organiser, Status.COUNTED)
    ]
    return max(terms, key=lambda entry: (entry.epoch, entry.index)).id.hex()


def _said(entry: Entry, told: Told, status: Status) -> Said:
    fact = entry.fact
    tag = str(fact.__struct_config__.tag) if fact else ""
    note = told.shown(_TEXTS).get("note", "")
    at = fact.at if fact else 0
    return Said(entry.id.hex(), entry.lab, at, tag, status.name.lower(), fact, note)
