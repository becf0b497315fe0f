"""Labs that act on what they have heard so far: their words cross as they do on a slow network."""

from collections.abc import Callable, Iterator
from functools import partial

from fedlab.ledger import loanfacts as f
from fedlab.ledger.loans import fold_loan
from fedlab.ledger.loanstate import Loan
from fedlab.ledger.moves import Side, possible
from fedlab.protocol.entry import Entry, LabId
from tests.ledger.story import ANNA, CARL, OWNER, PIECE, Story

# Most loans are not called off at once.
_ENDING = (f.LoanDecline, f.LoanCancel, f.LoanLapse)
Act = Callable[[], Entry]


class Crossing(Story):
    """A story in which every lab knows a prefix of the others' logs, and acts on that."""

    def __init__(self, clocks: dict[LabId, int] | None = None) -> None:
        super().__init__()
        self.clocks = clocks or {}
        self.place_id = self.place(OWNER, "hand_over", "take_back").id.hex()
        self.request("SAW", "LAMP", quantity=2 * PIECE)
        self.labs = (ANNA, CARL, OWNER)
        self.heard = {(a, b): 0 for a in self.labs for b in self.labs}

    def hear(self, listener: LabId, author: LabId, count: int) -> None:
        """Let the next entries of an author's log arrive."""
        known = self.heard[listener, author]
        self.heard[listener, author] = min(len(self.logs.get(author, ())), known + count)

    def forget(self, lab: LabId) -> None:
        """Restore a node from an older state: what the others said is to be fetched again."""
        self.heard.update({(lab, other): 0 for other in self.labs})

    def known(self, lab: LabId) -> list[Entry]:
        return [
            entry
            for author, log in self.logs.items()
            for entry in (log if author == lab else log[: self.heard[lab, author]])
        ]

    def choose(self, choice: int) -> None:
        """Let something happen: somebody hears, forgets, or says what it may."""
        lab, rest = self.labs[choice % 3], choice // 3
        if rest % 3 == 0:
            self.hear(lab, self.labs[rest // 3 % 3], 1 + rest // 9 % 3)
        elif rest % 41 == 1:
            self.forget(lab)
        elif acts := list(self.acts(lab, ending=rest % 17 == 1)):
            acts[rest // 3 % len(acts)]()

    def acts(self, lab: LabId, *, ending: bool) -> Iterator[Act]:
        """Yield what a lab may say, by the table, in the state that it knows."""
        loan = fold_loan(self.root, self.known(lab)).state
        if not isinstance(loan, Loan):
            return
        sides = {ANNA: {Side.BORROWER}, CARL: {Side.LENDER, Side.CUSTODIAN}}
        for number, line in enumerate(loan.lines):
            facts = possible(line.state, sides.get(lab, {Side.CUSTODIAN}))
            for fact in facts:
                if (fact in _ENDING) <= ending and (act := self._act(lab, fact, number, loan)):
                    yield act

    def _act(self, lab: LabId, fact: type[f.LoanFact], number: int, loan: Loan) -> Act | None:
        say = partial(self.say, lab, fact)
        line = loan.lines[number]
        out = {"offer": loan.offer, "lines": (f.Moved(line=number, quantity=PIECE),)}
        mine = line.received if lab == ANNA else line.handed
        if fact in (f.LoanHandOver, f.LoanReceive):
            return partial(say, **out) if loan.offer and mine < line.quantity else None
        if fact in (f.LoanGiveBack, f.LoanTakeBack):
            back = line.given_back if lab == ANNA else line.taken_back
            return partial(say, lines=out["lines"]) if back < line.out else None
        if fact is f.LoanOffer:
            caution = 1_000 if number else 0
            offer = partial(self.offer, "SAW", "LAMP", quantity=2 * PIECE, caution=caution)
            return partial(offer, places=(self.place_id,))
        if fact is f.LoanAgree:
            return partial(self.agree, self._entry(loan.offer))
        if fact is f.LoanAccept:
            return (
                partial(self.accept, self._entry(loan.settle_asked)) if loan.settle_asked else None
            )
        if fact is f.LoanSettle:
            lost = f.Settled(line=number, lost=PIECE, damage=500 * (number + 1))
            return partial(say, lines=(lost,)) if line.still_out else say
        if fact is f.LoanDispute:
            heard = [e for e in self.known(lab) if e.lab != lab and isinstance(e.fact, f.LoanFact)]
            about = {"about": heard[-1].id.hex(), "reason": "quantity"} if heard else {}
            return partial(say, **about) if about else None
        fields = {
            f.LoanDecline: {"reason": "taken"},
            f.LoanCancel: {"reason": "no_longer"},
            f.LoanExtendAsk: {"day_to": "2026-04-20"},
            f.LoanExtend: {"day_to": "2026-04-19"},
            f.LoanRecall: {"day_to": "2026-04-05", "reason": "needed"},
            f.LoanReport: {"kind": "worn"},
        }
        return partial(say, **fields.get(fact, {}))

    def _entry(self, number: str | None) -> Entry:
        return next(e for e in self.entries() if e.id.hex() == number)
