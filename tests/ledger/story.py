"""Loans to test with: labs that say things in their own logs, and what the entries make."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from fedlab.inventory.facts import ItemPlace, Seen
from fedlab.ledger import loanfacts as f
from fedlab.ledger.facts import FACTS
from fedlab.ledger.loans import fold_loan
from fedlab.ledger.loanstate import Loan
from fedlab.protocol.entry import Entry, FactHead, FactReader, LabId, Status, encode_fact

ANNA, CARL, OWNER, STRANGER = "a1" * 32, "c3" * 32, "e5" * 32, "f6" * 32
"""The borrower, the lender, the owner where it is another, and somebody else."""
READER = FactReader(FACTS)
FROM, TO = "2026-04-01", "2026-04-08"
PIECE = 1000


def seen(lab: LabId, size: int = 9) -> Seen:
    return Seen(lab=lab, e=0, size=size, root="d1" * 32, sig="d2" * 64)


class Story:
    """What labs say about one loan, each in its own log."""

    def __init__(self, *, owner: LabId = CARL, lender: LabId = CARL) -> None:
        self.owner, self.lender = owner, lender
        self.logs: dict[LabId, list[Entry]] = {}
        self.root = ""
        self.clocks: dict[LabId, int] = {}  # what each lab believes the time is

    def say(self, lab: LabId, kind: type[FactHead], /, **fields: Any) -> Entry:
        log = self.logs.setdefault(lab, [])
        index = len(log) + 1
        if issubclass(kind, f.LoanFact):
            fields.setdefault("loan", self.root)
        fact = kind(
            **{"at": self.clocks.get(lab, 1_000) + index, "by": lab, "e": 0, "n": index, **fields}
        )
        entry = READER.entry(encode_fact(fact), lab, 0, index)
        assert entry.status is Status.COUNTED, entry
        log.append(entry)
        return entry

    # --- the words, by the lab that ought to say them ---

    def request(self, *codes: str, term: str = "lend", quantity: int = PIECE) -> Entry:
        lines = tuple(
            f.RequestLine(code=code, quantity=quantity, term=term)  # type: ignore[arg-type]
            for code in codes or ("SAW",)
        )
        owner = {} if self.owner == self.lender else {"owner": self.owner}
        asked = self.say(
            ANNA, f.LoanRequest, lender=self.lender, lines=lines, day_from=FROM, day_to=TO, **owner
        )
        self.root = asked.id.hex()
        return asked

    def offer(
        self, *codes: str, term: str = "lend", quantity: int = PIECE, by: LabId = "", **more: Any
    ) -> Entry:
        lines = tuple(
            f.OfferLine(code=code, quantity=quantity, term=term)  # type: ignore[arg-type]
            for code in codes or ("SAW",)
        )
        fields = {"lines": lines, "day_from": FROM, "day_to": TO, "seen": seen(ANNA), **more}
        if self.owner != self.lender:
            fields.setdefault("owner", self.owner)
        return self.say(by or self.lender, f.LoanOffer, **fields)

    def agree(self, offer: Entry) -> Entry:
        return self.say(ANNA, f.LoanAgree, offer=offer.id.hex(), seen=seen(self.lender))

    def cancel(self, lab: LabId) -> Entry:
        return self.say(lab, f.LoanCancel, reason="no_longer")

    def hand_over(self, offer: Entry, *lines: int, quantity: int = PIECE, by: LabId = "") -> Entry:
        moved = _moved(lines, quantity)
        return self.say(by or self.lender, f.LoanHandOver, offer=offer.id.hex(), lines=moved)

    def receive(self, offer: Entry, *lines: int, quantity: int = PIECE) -> Entry:
        return self.say(ANNA, f.LoanReceive, offer=offer.id.hex(), lines=_moved(lines, quantity))

    def give_back(self, *lines: int, quantity: int = PIECE) -> Entry:
        return self.say(ANNA, f.LoanGiveBack, lines=_moved(lines, quantity))

    def take_back(
        self, *lines: int, quantity: int = PIECE, condition: str = "good", by: LabId = ""
    ) -> Entry:
        lab = by or self.lender
        return self.say(lab, f.LoanTakeBack, lines=_moved(lines, quantity, condition))

    def settle(self, **fields: Any) -> Entry:
        return self.say(self.lender, f.LoanSettle, **fields)

    def accept(self, settle: Entry) -> Entry:
        return self.say(ANNA, f.LoanAccept, settle=settle.id.hex(), seen=seen(self.lender))

    def place(self, host: LabId, *powers: str, code: str = "SAW") -> Entry:
        fields: dict[str, Any] = {"powers": tuple(sorted(powers))} if powers else {}
        return self.say(self.owner, ItemPlace, code=code, host=host, quantity=PIECE, **fields)

    def agreed(self, *codes: str, **more: Any) -> Entry:
        """Ask, offer, agree; return the offer."""
        asked = {key: more[key] for key in ("term", "quantity") if key in more}
        self.request(*codes, **asked)
        offer = self.offer(*codes, **more)
        self.agree(offer)
        return offer

    # --- what it makes ---

    def entries(self) -> list[Entry]:
        return [entry for log in self.logs.values() for entry in log]

    def fold(self, entries: Iterable[Entry] | None = None) -> Loan:
        state = fold_loan(self.root, list(self.entries() if entries is None else entries)).state
        assert isinstance(state, Loan)
        return state

    def status(self, entry: Entry) -> Status:
        return fold_loan(self.root, self.entries()).statuses.get(entry.id.hex(), entry.status)

    @property
    def state(self) -> str:
        return self.fold().state.name

    def void(self, entry: Entry) -> None:
        """Let an entry be void by its own log, as an offer beyond what is free."""
        log = self.logs[entry.lab]
        log[log.index(entry)] = _as(entry, Status.EXCEEDS_FREE)


def _as(entry: Entry, status: Status) -> Entry:
    return replace(entry, status=status)


def _moved(
    lines: tuple[int, ...], quantity: int, condition: str | None = None
) -> tuple[f.Moved, ...]:
    more: dict[str, Any] = {} if condition is None else {"condition": condition}
    return tuple(f.Moved(line=line, quantity=quantity, **more) for line in lines or (0,))
