"""What is kept of a member, and of the keys by which he or she is known."""

import unicodedata
from typing import NamedTuple

from fedlab.node.members.roles import Role


class Member(NamedTuple):
    """One person of this lab; `ends` is the last day of the membership, empty for no end."""

    id: int
    name: str
    login: str | None  # what is typed to sign in, folded; None for who has no account
    email: str
    role: Role
    ends: str
    number: str  # what the lab's other program calls this person
    left: bool  # an ended account: kept because loans and the journal name it
    has_password: bool

    def is_current(self, today: str) -> bool:
        """Say whether the membership runs on a day, YYYY-MM-DD."""
        return not self.left and (not self.ends or self.ends >= today)


class Session(NamedTuple):
    """One device on which somebody is signed in."""

    id: int
    member: int
    device: str
    address: str
    began_at: int
    seen_at: int


class Key(NamedTuple):
    """A one-time link, a printed card or the address of calendars: of each, the hash."""

    id: int
    member: int
    kind: str  # link, card or calendar
    made_at: int
    expires_at: int


class Token(NamedTuple):
    """A program's key to the API, with what it may do for its owner."""

    id: int
    member: int
    name: str
    scopes: tuple[str, ...]
    made_at: int
    used_at: int | None


class Click(NamedTuple):
    """One thing that somebody did."""

    at: int
    member: int | None
    name: str
    what: str
    subject: str


def fold(text: str) -> str:
    """A name as it is looked for: without case, accents or doubled spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
