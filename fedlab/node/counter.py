"""The rules of the counter, apart from store and clock: what a loan keeps out of the calendar, and
when its borrower is reminded."""

from typing import Final

from fedlab.inventory.item import Hold
from fedlab.node.days import days_between
from fedlab.node.store.records import SavedLoan

LENT: Final = "lent"
# What a tool library lends for: two week-ends and the days between.
LOAN_DAYS: Final = 14
# A year is the longest; what stays longer is somebody else's.
LOAN_DAYS_MAX: Final = 366
# Told two days before, a borrower can still find the time to come.
SOON_DAYS: Final = 2
# Once a week, and five times: after a month of silence a person must ring.
LATE_EVERY_DAYS: Final = 7
LATE_TIMES: Final = 5
# How long it stays known who borrowed something that came back: a season's statistics, no file.
KNOWN_DAYS: Final = 366
SOON: Final = "soon"
LATE: Final = "late"


def days_late(due: str, today: str) -> int:
    """Return how many days a loan is over its day; 0 while it is not. Computed, never stored."""
    return max(0, days_between(due, today))


def wanted_hold(loan: SavedLoan, first: str, today: str) -> Hold | None:
    """Return what the calendar must say of a loan: nothing once it is back.

    `first` is the local day on which it was lent. What is overdue is out until it comes back:
    a hold that ended on the day it was due would promise it to the next.
    """
    if not loan.is_out:
        return None
    until = None if days_late(loan.due, today) else loan.due
    return Hold(first, until, loan.quantity, LENT)


def reminder_step(due: str, first: str, today: str) -> str | None:
    """Return what the borrower should have been told by today: `soon`, `late-1`, `late-2`, …"""
    late = days_late(due, today)
    if late:
        return f"{LATE}-{min((late - 1) // LATE_EVERY_DAYS + 1, LATE_TIMES)}"
    # Who borrows for a day or two needs no word about it on the way out.
    is_short = days_between(first, due) <= SOON_DAYS
    return None if is_short or days_between(today, due) > SOON_DAYS else SOON
