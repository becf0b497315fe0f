"""What must be true of the books of a market: nothing promised twice, and all alike."""

from collections import defaultdict
from collections.abc import Iterator

from fedlab.ledger import loanfacts as f
from fedlab.ledger.loanstate import Line, Loan
from fedlab.ledger.moves import LineState
from fedlab.protocol.entry import Entry, EntryId, LabId, Status
from fedlab.protocol.limits import LOANS_LISTED_MAX

from .market import PIECE, PIECES, Market, day, loan_at, read
from .node import SimNode

_BOUND = (LineState.AGREED, LineState.OUT, LineState.BACK)


def check_promised(market: Market) -> None:
    """In nobody's book is more agreed or out on any day than the lender has."""
    for node in market.nodes:
        if not node.up:
            continue
        taken: dict[tuple[LabId, str, str], int] = defaultdict(int)
        for lab in sorted(market.names):
            for loan in loans_of(node, lab):
                if lab == loan.lender and loan.lines[0].state in _BOUND:
                    line = loan.lines[0]
                    for each in days_of(loan):
                        taken[lab, line.code, each] += line.quantity - line.taken_back
        over = {key: sum_ for key, sum_ in taken.items() if sum_ > PIECES * PIECE}
        assert not over, f"{node.name} has something promised twice: {over}"


def loans_of(node: SimNode, lab: LabId) -> Iterator[Loan]:
    """Yield the loans in which a lab takes part that are not over, as a node has them."""
    subjects = node.store.projections.subjects
    for stored in subjects.of_lab("loan", lab, open_=True, limit=LOANS_LISTED_MAX):
        if (loan := read(stored)) is not None:
            yield loan


def days_of(loan: Loan) -> list[str]:
    """Return the days of a loan, as they hold now."""
    return [day(n) for n in range(int(loan.day_from[-2:]), int(str(loan.day_to)[-2:]) + 1)]


def check_written(market: Market) -> int:
    """No log promises a piece twice, read entry by entry; return how many offers were void."""
    void = 0
    for node in market.nodes:
        log = node.store.log(node.lab, 0)
        assert log is not None
        statuses = node.store.projections.statuses(node.lab, 0, 0, log.held)
        held: dict[EntryId, tuple[str, list[str], int]] = {}
        for entry in node.projector.read_entries(node.lab, 0, 0, log.held):
            status = Status(statuses.get(entry.index, entry.status))
            void += status is Status.EXCEEDS_FREE
            if status is Status.COUNTED:
                promise(held, entry)
            taken: dict[tuple[str, str], int] = defaultdict(int)
            for code, days, quantity in held.values():
                for each in days:
                    taken[code, each] += quantity
            assert all(sum_ <= PIECES * PIECE for sum_ in taken.values()), (
                f"{node.name} promises something twice at {entry.index}"
            )
    return void


def promise(held: dict[EntryId, tuple[str, list[str], int]], entry: Entry) -> None:
    """Count what one entry of a lender promises, or lets go of."""
    fact = entry.fact
    if isinstance(fact, f.LoanOffer):
        line = fact.lines[0]
        days = range(int(fact.day_from[-2:]), int(str(fact.day_to)[-2:]) + 1)
        held[fact.loan] = (str(line.code), list(map(day, days)), line.quantity)
    elif isinstance(fact, f.LoanExtend) and fact.loan in held:
        code, days_held, quantity = held[fact.loan]
        last = range(int(days_held[0][-2:]), int(fact.day_to[-2:]) + 1)
        held[fact.loan] = (code, list(map(day, last)), quantity)
    elif isinstance(fact, f.LoanDecline | f.LoanCancel | f.LoanLapse):
        held.pop(fact.loan, None)
    elif isinstance(fact, f.LoanTakeBack):
        code, days_held, quantity = held[fact.loan]
        held[fact.loan] = (code, days_held, quantity - fact.lines[0].quantity)


def check_books(market: Market) -> None:
    """Every node that follows both sides has a loan whole and alike, with the same two sums."""
    for root, *parties in market.asked:
        states: dict[bytes, str] = {}
        sides = {node.lab for node in parties}
        for node in market.nodes:
            if sides <= {node.lab, *node.horizon().within}:
                (stored,) = node.store.projections.subjects.find("loan", root)
                entries = node.projector.subject_entries(stored)
                assert not node.projector.missing(entries), f"{node.name} lacks some of {root[:8]}"
                assert stored.state is not None
                states[stored.state] = node.name
        assert len(states) == 1, f"loan {root[:8]} is {len(states)} things: {states.values()}"
        loan = loan_at(parties[0], root)
        assert loan is not None and agrees(loan.lines[0]), f"the sums of {root[:8]} differ"


def agrees(line: Line) -> bool:
    """Say whether both sides have written the same of what changed hands."""
    return (line.handed, line.taken_back) == (line.received, line.given_back)
