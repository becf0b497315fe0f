"""Members by the command line, whose owner is the machine's: it may do what an admin may."""

from typing import TYPE_CHECKING

import msgspec

from fedlab.node.errors import NotFoundError
from fedlab.node.members import passwords
from fedlab.node.members.people import Member, fold
from fedlab.node.members.roles import Role
from fedlab.node.numbers import whole
from fedlab.node.service.memberlists import MembersImported
from fedlab.protocol.limits import MEMBERS_LISTED_MAX

if TYPE_CHECKING:
    from fedlab.node.service import Service


class MemberAnswer(msgspec.Struct):
    """A member, as commands answer."""

    id: int
    name: str
    login: str | None
    email: str
    role: str
    ends: str
    number: str
    left: bool
    has_password: bool


class MembersAnswer(msgspec.Struct):
    """Some members."""

    members: list[MemberAnswer]


class DoorAnswer(msgspec.Struct):
    """An address that opens somebody's account."""

    url: str


class MemberCalls:
    """The calls of `fedlab member …`."""

    def __init__(self, service: "Service") -> None:
        self._service = service

    def list(self, text: str = "") -> MembersAnswer:
        """Return members by name, address or number."""
        found = self._service.members.find(text, MEMBERS_LISTED_MAX)
        return MembersAnswer([_answer(member) for member in found])

    def add(self, fields: dict[str, str]) -> MemberAnswer:
        """Add a member; raises ServiceError."""
        known = {name: fields[name] for name in _FIELDS if name in fields}
        return _answer(self._service.members.add(Role.ADMIN, **{"name": "", **known}))

    def set(self, member: str, change: dict[str, str]) -> MemberAnswer:
        """Change fields of a member; raises ServiceError."""
        known = {name: change[name] for name in _FIELDS if name in change}
        return _answer(self._service.members.change(Role.ADMIN, self._find(member), **known))

    def end(self, member: str) -> MemberAnswer:
        """End a membership and everything that opens the account."""
        return _answer(self._service.members.end(Role.ADMIN, self._find(member)))

    def password(self, member: str, password: str) -> MemberAnswer:
        """Give a member a new password, and sign every device out."""
        number = self._find(member)
        passwords.check_new_password(password)
        self._service.members.set_password(number, passwords.hash_now(password))
        return _answer(self._service.members.get(number))

    def door(self, member: str, kind: str) -> DoorAnswer:
        """Make a one-time link or the address of a card."""
        number = self._find(member)
        secret = self._service.members.make_key(Role.ADMIN, number, kind)
        base = next(iter(self._service.peers.own_urls()), "http://localhost")
        return DoorAnswer(f"{base.rstrip('/')}/enter/{secret}")

    def load(self, data: bytes) -> MembersImported:
        """Merge a list of members."""
        return self._service.member_lists.run(Role.ADMIN, data)

    def _find(self, text: str) -> int:
        """Return the member meant by number or login; raise NotFoundError."""
        if (number := whole(text)) is not None:
            return self._service.members.get(number).id
        found = self._service.store.members.by_login(fold(text))
        if found is None:
            raise NotFoundError(f"there is no member {text!r}", "see `fedlab member list`")
        return found.id


_FIELDS = ("name", "role", "login", "email", "ends", "number")


def _answer(member: Member) -> MemberAnswer:
    return MemberAnswer(**{**member._asdict(), "role": str(member.role)})
