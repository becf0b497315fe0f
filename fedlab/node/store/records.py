"""What stands in the private tables of counter and desk, whatever the engine."""

from typing import NamedTuple


class SavedBody(NamedTuple):
    """An outside body, or a person without an account."""

    id: int
    name: str
    email: str
    phone: str


class NewLoan(NamedTuple):
    """What is written down when something is lent; `quantity` is None for all there is."""

    code: str
    quantity: int | None
    member: int | None
    body: int | None
    name: str
    lent_at: int
    lent_by: int | None
    due: str
    caution: int
    note: str


class SavedLoan(NamedTuple):
    """One loan; `member` and `body` are None, and `name` is empty, once it is forgotten who it was.

    Times are Unix seconds, `due` is a day, quantities thousandths, cautions cents.
    """

    id: int
    code: str
    quantity: int | None
    member: int | None
    body: int | None
    name: str
    lent_at: int
    lent_by: int | None
    due: str
    caution: int
    note: str
    hold: str
    back_at: int | None
    back_by: int | None
    back_note: str
    caution_back: int | None

    @property
    def is_out(self) -> bool:
        """Say whether it has not come back."""
        return self.back_at is None


class SavedReminder(NamedTuple):
    """Something a borrower is to be told; `how` says by what it was done: `mail` or `person`."""

    id: int
    loan: int
    due: str
    step: str
    made_at: int
    tries: int
    next_at: int
    error: str
    done_at: int | None
    how: str


class Upload(NamedTuple):
    """A file on its way into the inventory; `data` is empty once it is there."""

    id: int
    at: int  # Unix seconds
    filename: str
    data: bytes
    asked: bytes  # kind and mapping, as JSON
    state: str  # ready, running, done or failed
    answer: bytes


class Walk(NamedTuple):
    """One walk through the lab, to see what is still there; Unix seconds."""

    id: int
    began_at: int
    ended_at: int | None
