"""What the counter answers: loans and borrowers."""

import msgspec

from fedlab.inventory.catalogue import ItemView
from fedlab.node.store.records import SavedLoan


class Reach(msgspec.Struct, frozen=True):
    """How a borrower is reached, as far as that is known."""

    email: str = ""
    phone: str = ""


class LoanAnswer(msgspec.Struct, kw_only=True):
    """One loan at the counter; `late_days` is computed when asked.

    Quantities are thousandths, None for all there is; cautions cents; times Unix seconds.
    """

    loan: int
    item: str
    code: str
    item_name: str
    quantity: int | None
    unit: str
    member: int | None
    body: int | None
    name: str
    email: str
    phone: str
    lent_at: int
    due: str
    late_days: int
    caution: int
    note: str
    hold: str
    back_at: int | None
    back_note: str
    caution_back: int | None


class LoansAnswer(msgspec.Struct):
    """Loans, in the order asked for."""

    loans: list[LoanAnswer]


class BorrowerAnswer(msgspec.Struct, kw_only=True):
    """Somebody to lend to: a member, or an outside body; `current` is False for one who has left,
    or whose membership is over."""

    member: int | None = None
    body: int | None = None
    name: str
    email: str = ""
    phone: str = ""
    current: bool = True


class BorrowersAnswer(msgspec.Struct):
    """People to lend to, those first that were lent to last."""

    borrowers: list[BorrowerAnswer]


class ReminderAnswer(msgspec.Struct, kw_only=True):
    """One reminder of the outbox, with its loan; `done_at` None while nobody was told.

    `between` is the loan of two labs that it is about; that of the counter has no number then.
    """

    reminder: int
    step: str
    made_at: int
    tries: int
    error: str
    done_at: int | None
    how: str
    loan: LoanAnswer
    between: str = ""


class RemindersAnswer(msgspec.Struct):
    """The outbox: what is still to be told first."""

    reminders: list[ReminderAnswer]


def shown_loan(
    loan: SavedLoan, view: ItemView | None, reach: Reach, lab: str, late_days: int
) -> LoanAnswer:
    """Return a loan as it is shown; an item that is not known any more is named by its code."""
    return LoanAnswer(
        loan=loan.id,
        item=f"{lab}/{loan.code}",
        code=loan.code,
        item_name=(view.name if view else "") or loan.code,
        quantity=loan.quantity,
        unit=view.unit if view else "piece",
        member=loan.member,
        body=loan.body,
        name=loan.name,
        email=reach.email,
        phone=reach.phone,
        lent_at=loan.lent_at,
        due=loan.due,
        late_days=late_days,
        caution=loan.caution,
        note=loan.note,
        hold=loan.hold,
        back_at=loan.back_at,
        back_note=loan.back_note,
        caution_back=loan.caution_back,
    )
