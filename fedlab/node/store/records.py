"""What stands in the private tables, whatever the engine: the node's own, counter and desk."""

from typing import NamedTuple


class Peer(NamedTuple):
    """Another lab's node that this one talks to."""

    lab: str
    urls: tuple[str, ...]
    name: str


class SavedDraft(NamedTuple):
    """A write that waits until the node may sign; the fact's place in the log is not settled."""

    id: int
    fact: bytes
    detail: bytes | None  # the body; its salt is drawn when it is appended


class SavedImport(NamedTuple):
    """What one import did; the record is its owner's to read."""

    id: int
    at: int  # Unix seconds
    record: bytes


class SavedAnswer(NamedTuple):
    """What was asked with a key, by its hash, and what was answered; None if nobody knows."""

    asked: bytes
    answer: bytes | None


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
    """Something a borrower is to be told; `how` says by what it was done: `mail` or `person`.

    It is of a loan at the counter, or of a member's wish that another lab's thing came of.
    """

    id: int
    loan: int | None
    wish: int | None
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


class NewWish(NamedTuple):
    """What a member would like to borrow from another lab; `item` as `lab/CODE`."""

    member: int
    item: str
    quantity: int
    day_from: str
    day_to: str
    note: str
    made_at: int


class Wish(NamedTuple):
    """The same, and what became of it: open, passed, declined or withdrawn."""

    id: int
    member: int
    item: str
    quantity: int
    day_from: str
    day_to: str
    note: str
    made_at: int
    state: str
    loan: str
    answer: str
    answered_at: int | None


class Walk(NamedTuple):
    """One walk through the lab, to see what is still there; Unix seconds."""

    id: int
    began_at: int
    ended_at: int | None
