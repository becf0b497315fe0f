"""Purchases as they are kept, and the one way to say something of one."""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from fedlab.ledger.purchasefacts import PurchaseAmend, PurchaseArticle, PurchaseOpen
from fedlab.ledger.purchasestate import PurchaseState
from fedlab.ledger.reckoning import can_reckon
from fedlab.ledger.split import Party
from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError, TryLaterError
from fedlab.node.service import names
from fedlab.node.service.base import Opened
from fedlab.node.service.saying import newest_head, status_if_said
from fedlab.node.store.base import StoredSubject
from fedlab.node.writer import Draft, fact_of
from fedlab.protocol.entry import EntryId, Fact, Status, encode_detail
from fedlab.protocol.errors import LocalProtocolError

F = TypeVar("F", bound=Fact)
read_purchase = msgspec.msgpack.Decoder(PurchaseState).decode

_NOTHING: Final = "0" * 64  # stands for the purchase until its opening is signed


class PurchaseDone(msgspec.Struct):
    """The purchase that a command was about, and the last entry that it signed."""

    purchase: EntryId
    entry: EntryId


class Known(NamedTuple):
    """A purchase whose opening is held here."""

    stored: StoredSubject
    state: PurchaseState


class Word(NamedTuple):
    """One fact to say, by its fields, and the words of its detail."""

    kind: type[Fact]
    fields: dict[str, Any]
    detail: bytes | None = None


class Purchases:
    """Finds purchases, and signs what would count of them."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened

    def find(self, text: str) -> StoredSubject:
        """Return the purchase meant by an id or the beginning of one; raises NotFoundError."""
        wanted = text.strip().lower()
        if not names.ENTRY_PREFIX.fullmatch(wanted):
            raise BadRequestError(f"{text!r} is no purchase", "give 8 digits or more of its id")
        found = self.opened.store.projections.subjects.find("purchase", wanted)
        if len(found) > 1:
            raise BadRequestError(f"several purchases begin with {text!r}", "give more of its id")
        if not found:
            raise NotFoundError(f"no purchase is known as {text!r}", "see `fedlab purchase list`")
        return found[0]

    def known(self, text: str) -> Known:
        """Return a purchase and its state; raises TryLaterError before its opening arrived."""
        stored = self.find(text)
        if stored.state is None:
            raise TryLaterError(
                "what opened this purchase has not arrived yet", "wait for the next sync"
            )
        return Known(stored, read_purchase(stored.state))

    def reckonable(self, text: str) -> Known:
        """Return a purchase that this fedlab can compute; raises ConflictError where it cannot."""
        known = self.known(text)
        if not can_reckon(known.state):
            raise ConflictError(
                "this purchase is computed by rules that this fedlab does not have",
                "update fedlab",
                code="unknown_rules",
            )
        return known

    def party(self, state: PurchaseState, text: str) -> Party:
        """Return the party meant: a participant, or a body without a node, by id, name or start."""
        wanted = text.strip().lower()
        known = {state.organiser, *state.pledges, *state.handed, *state.received}
        known |= {move.taker for move in state.transfers}
        found = [party for party in sorted(known) if len(wanted) >= 4 and party.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        lab = self.opened.lab_to_read(text)
        if lab not in known:
            raise NotFoundError(
                f"{text!r} has no part in this purchase", "see `fedlab purchase show`"
            )
        return lab

    def version(self, stored: StoredSubject) -> EntryId:
        """Return the newest opening, article or amendment that counts."""
        terms = [
            entry
            for entry in self.opened.projector.subject_entries(stored)
            if isinstance(entry.fact, PurchaseOpen | PurchaseAmend | PurchaseArticle)
            and entry.status is Status.COUNTED
        ]
        state = read_purchase(stored.state) if stored.state else None
        own = [entry for entry in terms if state is None or entry.lab == state.organiser]
        return max(own, key=lambda entry: (entry.epoch, entry.index)).id.hex()

    def seen(self, state: PurchaseState) -> dict[str, Any]:
        """Return the quote of the organiser's head that facts of participants carry."""
        if state.organiser == self.opened.lab:
            return {}
        return {"seen": newest_head(self.opened, state.organiser)}

    def open(self, opening: Word, more: Sequence[Word]) -> PurchaseDone:
        """Sign what opens a purchase, and what follows it; all of it is read first."""
        first = made(opening)
        for word in more:
            made(word, _NOTHING)
        root = self.opened.append_one(Draft(first, opening.detail))
        if not more:
            return PurchaseDone(root, root)
        return self.say(self.find(root), more)

    def say(self, stored: StoredSubject, words: Sequence[Word]) -> PurchaseDone:
        """Sign facts, all of them or, where one would not count, none."""
        purchase = stored.root.hex()
        facts = [made(word, purchase) for word in words]
        try:
            status = status_if_said(self.opened, stored, facts)
        except LocalProtocolError as exc:
            raise BadRequestError(f"this cannot be said: {exc}", exc.hint) from exc
        if status is not Status.COUNTED:
            raise ConflictError(*_REFUSED.get(status, _OTHERWISE), code=status.name.lower())
        drafts = [Draft(fact, word.detail) for fact, word in zip(facts, words, strict=True)]
        if len(drafts) == 1:
            return PurchaseDone(purchase, self.opened.append_one(drafts[0]))
        written = self.opened.append(drafts)
        if written.drafted:
            raise TryLaterError(
                f"kept as a draft: {self.opened.why_drafts()}",
                "start the node and let a peer connect: drafts are then signed by themselves",
                code="drafted",
            )
        return PurchaseDone(purchase, written.ids[-1])


def _refuse(message: str, hint: str = "") -> tuple[str, str]:
    return message, hint


_REFUSED: Final[dict[Status, tuple[str, str]]] = {
    Status.WRONG_AUTHOR: _refuse(
        "that is for another lab to say",
        "the organiser, whom it gave the power, or whoever has pledged",
    ),
    Status.UNKNOWN_REFERENCE: _refuse(
        "it names an article, a party or an entry that this purchase does not have",
        "see `fedlab purchase show`",
    ),
    Status.OUT_OF_TURN: _refuse(
        "that cannot be said at this stage of the purchase", "see `fedlab purchase show`"
    ),
    Status.NO_MODE: _refuse(
        "nobody has said who invoices whom", "say so first: `fedlab purchase amend --mode`"
    ),
    Status.TERMS_SEALED: _refuse("labs have pledged on these terms, and it is sealed"),
    Status.NOT_A_MULTIPLE: _refuse(
        "the article is not handed out in such parts", "pledge whole parts of it"
    ),
    Status.SUSPENDED: _refuse(
        "the terms have become worse since", "look at them, and pledge again"
    ),
    Status.LATE: _refuse(
        "that pledge comes after the seal", "ask a lab that pledged to leave you some"
    ),
    Status.OMITTED: _refuse("the seal has left that pledge out"),
    Status.NOT_ADDING_UP: _refuse(
        "the sums of this document are not those of its lines",
        "type it as it stands on the paper, line by line and rate by rate",
    ),
    Status.UNANSWERED: _refuse(
        "somebody has neither answered nor been reminded on two days",
        "remind them: `fedlab purchase remind`",
    ),
}
_OTHERWISE: Final = _refuse("that would not count", "see `fedlab purchase show`")


def told(**texts: Any) -> bytes | None:
    """Return a detail of those texts that say something; None where none does."""
    said = {name: text for name, text in texts.items() if text}
    return encode_detail(said) if said else None


_WHERE: Final = re.compile(r"^(.*) - at `\$\.?(\w+)?(?:\[(\d+)\])?\.?(\w+)?`$", re.DOTALL)


def made(word: Word, purchase: EntryId | None = None) -> Any:
    """Return the fact that somebody gives; raise BadRequestError with line, field and reason."""
    about = {} if purchase is None else {"purchase": purchase}
    try:
        return fact_of(word.kind, about | word.fields)
    except msgspec.ValidationError as exc:
        where = _WHERE.match(str(exc))
        if where is None or where[2] is None:
            raise BadRequestError(f"this cannot be said: {exc}") from exc
        reason, field, line, inner = where.groups()
        if line is None:
            raise BadRequestError(f"field {field}: {reason}", code="bad_field") from exc
        raise BadRequestError(
            f"{field}, line {int(line) + 1}, field {inner or field}: {reason}", code="bad_field"
        ) from exc
