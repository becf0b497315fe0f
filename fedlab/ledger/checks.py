"""What to say about a loan today: flags, and where two labs' words differ.

Nothing here is stored or sent. `today` and `now` are whoever looks's; a loan is overdue for the
one who looks at it, and its state is the same whenever that is.
"""

from typing import Final

from msgspec import Struct

from fedlab.ledger.loanstate import Loan, holds_caution
from fedlab.ledger.moves import LineState

# Nobody has said anything for so long, though somebody is waited for.
STALE_SECONDS: Final = 14 * 86_400
_WAITING: Final = (LineState.REQUESTED, LineState.OFFERED, LineState.BACK, LineState.SETTLING)


class Difference(Struct, frozen=True):
    """Two labs' words on one line, in thousandths, where they are not the same."""

    line: int
    what: str  # out, or back
    lender: int
    borrower: int

    @property
    def one_sided(self) -> bool:
        """Whether one of them has not said anything yet."""
        return not (self.lender and self.borrower)


def differences(loan: Loan) -> list[Difference]:
    """Return where the words of lender and borrower make other sums."""
    found = []
    for line in loan.lines:
        pairs = [("out", line.handed, line.received)]
        if line.returns:
            pairs.append(("back", line.taken_back, line.given_back))
        found += [Difference(line.number, *pair) for pair in pairs if pair[1] != pair[2]]
    return found


def flags(loan: Loan, today: str, now: int) -> list[str]:
    """Return what is to be noticed about a loan, in the order of the reference."""
    due = min(filter(None, (loan.day_to, loan.recalled)), default=None)
    differ = differences(loan)
    said = {
        "overdue": bool(due and due < today and any(line.still_out for line in loan.lines)),
        "expired": loan.state is LineState.OFFERED and bool(loan.until and loan.until < today),
        "not_fetched": loan.state is LineState.AGREED and bool(loan.day_to and loan.day_to < today),
        "stale": loan.state in _WAITING and now - loan.last_at > STALE_SECONDS,
        "unconfirmed": any(difference.one_sided for difference in differ),
        "differs": any(not difference.one_sided for difference in differ),
        "contested": bool(loan.disputes),
        "cancel_asked": loan.cancel_asked and loan.state is LineState.AGREED,
        "withdrawn": loan.state is LineState.CANCELLED and loan.offer is not None,
        "extension_asked": loan.extension_asked is not None,
        "recalled": loan.recalled is not None,
        "settlement_asked": loan.settle_asked is not None,
        "caution_held": holds_caution(loan),
    }
    return [flag for flag, stands in said.items() if stands]
