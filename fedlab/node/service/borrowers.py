"""Whom the counter lends to: this lab's members, and bodies and people without an account."""

from typing import Final, NamedTuple

from fedlab.node.days import today
from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.mail import is_email
from fedlab.node.members.people import Member, fold
from fedlab.node.service.counteranswers import BorrowerAnswer, BorrowersAnswer, Reach
from fedlab.node.store.house import Counter, Members
from fedlab.node.store.records import SavedBody, SavedLoan
from fedlab.protocol.limits import BORROWER_CHARS_MAX, PHONE_CHARS_MAX

# What fits on a phone below the form; whoever is not among them is typed.
SHOWN_MAX: Final = 8


class Borrower(NamedTuple):
    """Who borrows: a member or a body, by the name at that time."""

    member: int | None
    body: int | None
    name: str


class Borrowers:
    """Finds and keeps borrowers."""

    def __init__(self, table: Counter, members: Members) -> None:
        self._table = table
        self._members = members

    def take(
        self, to: str, member: int | None, body: int | None, email: str, phone: str
    ) -> Borrower:
        """Return who borrows, kept as a new body if only named.

        Raises NotFoundError, BadRequestError, or ConflictError for a member who has left.
        """
        if member is not None:
            found = self._members.get(member)
            if found is None:
                raise NotFoundError(f"there is no member {member}", "see `fedlab member list`")
            if found.left:
                raise ConflictError(f"{found.name} has left this lab", "lend to somebody else")
            return Borrower(found.id, None, found.name)
        if body is not None:
            known = self._table.body(body)
            if known is None:
                raise NotFoundError(f"there is no body {body}", "name who borrows instead")
            return Borrower(None, known.id, known.name)
        return self._named(" ".join(to.split()), email.strip(), phone.strip())

    def _named(self, name: str, email: str, phone: str) -> Borrower:
        if not name:
            raise BadRequestError("somebody must borrow it", "name who", code="borrower")
        if len(name) > BORROWER_CHARS_MAX or not name.isprintable():
            raise BadRequestError("this name is too long", "shorten it", code="borrower")
        if email and not is_email(email):
            raise BadRequestError(
                f"{email!r} is not a mail address", "write it as name@example.org", code="email"
            )
        if len(phone) > PHONE_CHARS_MAX or not phone.isprintable():
            raise BadRequestError("this phone number is too long", "shorten it", code="phone")
        return Borrower(None, self._table.put_body(name, email, phone), name)

    def find(self, text: str = "", limit: int = SHOWN_MAX) -> BorrowersAnswer:
        """Return who may be meant by part of a name; with none, who borrowed last, then others."""
        wanted = fold(text)
        if not wanted:
            latest = self._latest(limit)
            others = [_of_member(one) for one in self._members.find("", limit) if not one.left]
            return BorrowersAnswer((latest + [one for one in others if one not in latest])[:limit])
        found = [_of_member(one) for one in self._members.find(wanted, limit)]
        found += [_of_body(one) for one in self._table.bodies() if wanted in fold(one.name)]
        return BorrowersAnswer(found[:limit])

    def _latest(self, limit: int) -> list[BorrowerAnswer]:
        found: list[BorrowerAnswer] = []
        for loan in self._table.latest(limit):
            member = None if loan.member is None else self._members.get(loan.member)
            body = None if loan.body is None else self._table.body(loan.body)
            if member is not None and not member.left:
                found.append(_of_member(member))
            elif body is not None:
                found.append(_of_body(body))
        return found

    def reach(self, loan: SavedLoan) -> Reach:
        """Return how a loan's borrower is reached today."""
        if loan.member is not None and (member := self._members.get(loan.member)) is not None:
            return Reach(member.email)
        if loan.body is not None and (body := self._table.body(loan.body)) is not None:
            return Reach(body.email, body.phone)
        return Reach()


def _of_member(member: Member) -> BorrowerAnswer:
    return BorrowerAnswer(
        member=member.id,
        name=member.name,
        email=member.email,
        current=member.is_current(today()),
    )


def _of_body(body: SavedBody) -> BorrowerAnswer:
    return BorrowerAnswer(body=body.id, name=body.name, email=body.email, phone=body.phone)
