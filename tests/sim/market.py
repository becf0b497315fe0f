"""Twenty labs that lend to each other in a world that goes wrong, and what their books must say.

People stand behind the nodes: they carry pieces across counters, whatever the network does, and
write that down when they get to it. Nobody looks at a calendar before offering; what their own log
voids is declined then. What is said next is read from the node's own book.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fedlab.inventory.facts import ItemSet, Seen
from fedlab.ledger import loanfacts as f
from fedlab.ledger.loanstate import Loan
from fedlab.ledger.moves import ENDS, LineState
from fedlab.node.service.lendingbase import read_loan
from fedlab.node.store.base import StoredSubject
from fedlab.protocol.entry import EntryId, FactHead, LabId
from fedlab.protocol.limits import LOANS_LISTED_MAX

from .node import SimNode
from .storm import call, head_of, jump_clock, light_fuse, lose, part, settled
from .world import World

PIECES = 2
PIECE = 1000
STORM_SECONDS = 30.0
BLANK: dict[str, Any] = {"by": "", "e": 0, "n": 0, "at": 0}


def day(number: int) -> str:
    """Return a day of a month that the whole world lends in."""
    return f"2026-05-{number:02}"


@dataclass
class Hands:
    """What really crossed a counter of one loan, in pieces, whatever was written of it."""

    offer: EntryId
    out: int = 0
    back: int = 0


class Market(World):
    """A world whose labs ask each other for things until there were so many loans."""

    def __init__(self, seed: int, folder: Path, *, loans: int, labs: int = 20) -> None:
        self.wanted = loans
        self.items = max(4, loans // 100)  # of each lab, so that there is enough for many
        self.busy = True  # people ask for new things, and change their minds
        self.asked: list[tuple[EntryId, SimNode, SimNode]] = []
        self.hands: dict[EntryId, Hands] = {}
        self.tried: set[tuple[EntryId, str]] = set()
        self.behind: dict[LabId, set[EntryId]] = defaultdict(set)  # what is still to be written
        super().__init__(seed, folder, labs=labs)
        self.names = {node.lab: node for node in self.nodes}
        for node in self.nodes:
            stock = (
                ItemSet(**BLANK, code=f"I{n}", kind="tool", unit="piece", quantity=PIECES * PIECE)
                for n in range(self.items)
            )
            self.say(node, list(stock))

    def _neighbours(self, shape: str) -> list[tuple[SimNode, SimNode]]:
        """Return a ring with a few ways across, so that no lab is alone and few are near."""
        pairs = list(itertools.pairwise([*self.nodes, self.nodes[0]]))
        half = len(self.nodes) // 2
        return pairs + [(a, b) for a, b in zip(self.nodes, self.nodes[half:], strict=False)][::2]

    # --- what labs do -----------------------------------------------------------------------------

    def turn(self, node: SimNode) -> None:
        """Let a lab go through its loans, and say what there is to say."""
        if not node.up or not node.gate.is_open or node.store.drafts.list():
            return
        facts = [fact for loan in list(self._loans(node)) for fact in self.answers(node, loan)]
        if self.busy:
            facts += self.requests(node)
        before = head_of(node, node.lab)
        if facts:
            self.say(node, facts)
        if node.up and before is not None:
            self._remember(node, before.size)

    def _loans(self, node: SimNode) -> Iterator[Loan]:
        """Yield what is open with this lab, and what its people have still to write down."""
        subjects = node.store.projections.subjects
        found = subjects.of_lab("loan", node.lab, open_=True, limit=LOANS_LISTED_MAX)
        shown = {stored.root.hex() for stored in found}
        for root in sorted(self.behind[node.lab] - shown):
            found += subjects.find("loan", root)
        yield from (loan for stored in found if (loan := read(stored)) is not None)

    def requests(self, node: SimNode) -> list[FactHead]:
        """Ask somebody that is near for a piece or two, for a few days."""
        left = self.wanted - len(self.asked)
        near = sorted(lab for lab in node.horizon().within if lab in self.names)
        found: list[FactHead] = []
        for _ in range(min(left, self.rng.randrange(1, 2 + 2 * self.wanted // 100)) if near else 0):
            start = self.rng.randrange(1, 25)
            line: dict[str, Any] = {"quantity": PIECE * self.rng.randrange(1, PIECES + 1)}
            line |= {"code": f"I{self.rng.randrange(self.items)}", "term": "lend"}
            days = {"day_from": day(start), "day_to": day(start + self.rng.randrange(1, 4))}
            asked = (f.RequestLine(**line),)
            lender = self.rng.choice(near)
            found.append(f.LoanRequest(**BLANK, lender=lender, lines=asked, **days))
        return found

    def _remember(self, node: SimNode, start: int) -> None:
        """Note what was asked, so that its end can be waited for."""
        log = node.store.log(node.lab, 0)
        assert log is not None
        for entry in node.projector.read_entries(node.lab, 0, start, log.held):
            if isinstance(entry.fact, f.LoanRequest):
                lender = self.names[entry.fact.lender]
                self.asked.append((entry.id.hex(), node, lender))

    def answers(self, node: SimNode, loan: Loan) -> Iterator[FactHead]:
        """Yield what a lab says of a loan now, as far as its own book tells."""
        if self.busy and self.rng.random() < 0.2:
            return  # tomorrow
        blank = {**BLANK, "loan": loan.id}
        if node.lab == loan.lender:
            yield from self._lender(node, loan, blank)
        elif node.lab == loan.borrower:
            yield from self._borrower(node, loan, blank)

    def _lender(self, node: SimNode, loan: Loan, blank: dict[str, Any]) -> Iterator[FactHead]:
        line, hands = loan.lines[0], self.hands.get(loan.id)
        luck = self.rng.random() if self.busy else 0.5
        withdraws = hands is None and luck < 0.06
        if withdraws and line.state in (LineState.OFFERED, LineState.AGREED):
            kind = f.LoanLapse if line.state is LineState.OFFERED and luck < 0.03 else f.LoanCancel
            yield kind(**blank, **({} if kind is f.LoanLapse else {"reason": "other"}))
        elif line.state is LineState.REQUESTED and self._first(loan, "offer"):
            yield self._offer(node, loan, blank)
        elif line.state is LineState.REQUESTED:
            yield f.LoanDecline(**blank, reason="taken")  # its own log has voided the offer
        elif line.state is LineState.OFFERED and hands is None and luck > 0.95:
            yield self._offer(node, loan, blank)
        elif line.state is LineState.AGREED and loan.cancel_asked and hands is None:
            yield f.LoanCancel(**blank, reason="no_longer")
        elif line.state is LineState.AGREED and hands is None and loan.offer is not None:
            self.hands[loan.id] = hands = Hands(loan.offer, line.quantity // PIECE)
            self.behind[loan.lender].add(loan.id)
            self.behind[loan.borrower].add(loan.id)
        if loan.extension_asked and line.state in (LineState.AGREED, LineState.OUT):
            first = self._first(loan, loan.extension_asked)
            yield f.LoanExtend(**blank, day_to=loan.extension_asked if first else str(loan.day_to))
        if hands is not None and self.writes():
            yield from self._moved(loan, hands, blank, f.LoanHandOver, hands.out, line.handed)
            yield from self._moved(loan, hands, blank, f.LoanTakeBack, hands.back, line.taken_back)
        if line.state is LineState.SETTLING and loan.settle_asked is None:
            yield f.LoanSettle(**blank, lines=(f.Settled(line=0, damage=500),))

    def _borrower(self, node: SimNode, loan: Loan, blank: dict[str, Any]) -> Iterator[FactHead]:
        line, hands = loan.lines[0], self.hands.get(loan.id)
        luck = self.rng.random() if self.busy else 0.5
        if line.state in (LineState.REQUESTED, LineState.OFFERED, LineState.AGREED) and luck < 0.05:
            yield f.LoanCancel(**blank, reason="no_longer")
        elif line.state is LineState.OFFERED and loan.offer is not None:
            yield f.LoanAgree(**blank, offer=loan.offer, seen=quote(node, loan.lender))
        elif line.state is LineState.OUT and luck > 0.9 and loan.day_to:
            longer = day(int(loan.day_to[-2:]) + 1)
            yield f.LoanExtendAsk(**blank, day_to=longer)
        if loan.settle_asked is not None:
            seen = quote(node, loan.lender)
            yield f.LoanAccept(**blank, settle=loan.settle_asked, seen=seen)
        if hands is None:
            return
        if hands.back < hands.out and luck < 0.7 and line.received:
            hands.back += 1
            self.behind[loan.lender].add(loan.id)
            self.behind[loan.borrower].add(loan.id)
        if self.writes():
            yield from self._moved(loan, hands, blank, f.LoanReceive, hands.out, line.received)
            yield from self._moved(loan, hands, blank, f.LoanGiveBack, hands.back, line.given_back)

    def writes(self) -> bool:
        """Say whether somebody gets to writing down what crossed the counter."""
        return not self.busy or self.rng.random() < 0.6

    def _moved(
        self, loan: Loan, hands: Hands, blank: dict[str, Any], kind: Any, pieces: int, said: int
    ) -> Iterator[FactHead]:
        """Yield the word that a side still owes for what crossed the counter."""
        more: dict[str, Any] = {}
        if kind in (f.LoanHandOver, f.LoanReceive):
            more["offer"] = hands.offer
        broken = kind is f.LoanTakeBack and self.rng.random() < 0.1
        if pieces * PIECE > said:
            how = {"condition": "broken" if broken else "good"} if kind is f.LoanTakeBack else {}
            moved = (f.Moved(line=0, quantity=pieces * PIECE - said, **how),)
            yield kind(**blank, lines=moved, **more)
        elif hands.back == hands.out and kind in (f.LoanTakeBack, f.LoanGiveBack):
            author = loan.lender if kind is f.LoanTakeBack else loan.borrower
            self.behind[author].discard(loan.id)

    def _offer(self, node: SimNode, loan: Loan, blank: dict[str, Any]) -> FactHead:
        """Offer what was asked, whether it is free or not."""
        line = loan.lines[0]
        offered = (f.OfferLine(code=line.code, quantity=line.quantity, term="lend"),)
        days: dict[str, Any] = {"day_from": loan.day_from, "day_to": loan.day_to}
        return f.LoanOffer(**blank, lines=offered, seen=quote(node, loan.borrower), **days)

    def _first(self, loan: Loan, what: str) -> bool:
        """Say whether this is tried for the first time."""
        tried = (loan.id, what) in self.tried
        self.tried.add((loan.id, what))
        return not tried


def quote(node: SimNode, lab: LabId) -> Seen:
    """Return the newest head of a lab that a node holds."""
    head = head_of(node, lab)
    assert head is not None
    return Seen(lab=lab, e=head.epoch, size=head.size, root=head.root.hex(), sig=head.sig.hex())


def read(stored: StoredSubject) -> Loan | None:
    """Return what a node has made of a loan."""
    return None if stored.state is None else read_loan(stored.state)


# --- the weather ----------------------------------------------------------------------------------


def trade(market: Market) -> Iterator[None]:
    """Let all labs lend while the network parts and nodes die, until all loans were asked for.

    It stops for a look at the books every now and then.
    """
    rng = market.rng
    while len(market.asked) < market.wanted or market.now < STORM_SECONDS:
        assert market.now < 1000, "nobody asks any more"
        for node in market.nodes:
            market.at(rng.uniform(0, 10), partial(market.turn, node))
            if rng.random() < 0.1:
                market.at(rng.uniform(0, 10), partial(light_fuse, market, node))
            if rng.random() < 0.1:
                market.at(rng.uniform(0, 10), partial(jump_clock, market, node))
        market.at(rng.uniform(0, 5), partial(part, market))
        market.at(rng.uniform(0, 10), partial(lose, market))
        for second in range(0, 10, 2):
            market.at(second + rng.random(), partial(call, market, again=0.05))
        for _ in range(2):
            market.run(5.0)
            yield


def bring_home(market: Market) -> None:
    """Mend the network, and let everybody say what is left until every loan has ended."""
    market.storm = market.busy = False
    market.parted.clear()
    for node in market.nodes:
        node.fuse = None
    for _ in range(40):
        for node in market.nodes:
            if not node.up:
                market.start(node)
            market.turn(node)
        call(market, again=0.0)
        market.run(5.0)
        if settled(market) and ended(market):
            return
    raise AssertionError("some loan never ends")


def ended(market: Market) -> bool:
    """Say whether every loan is over, and every word said that is owed."""
    return not any(market.behind.values()) and all(
        (loan := loan_at(node, root)) is not None and loan.state in ENDS
        for root, *parties in market.asked
        for node in parties
    )


def loan_at(node: SimNode, root: EntryId) -> Loan | None:
    """Return a loan as a node has it."""
    found = node.store.projections.subjects.find("loan", root)
    return read(found[0]) if found else None
