"""A list of members from another program, merged into this lab's: again and again the same list."""

from typing import TYPE_CHECKING

import msgspec

from fedlab.node.errors import BadRequestError, ServiceError
from fedlab.node.members.people import Member, fold
from fedlab.node.members.roles import Role
from fedlab.node.members.sheets import Row, read_members
from fedlab.protocol.limits import MEMBERS_FILE_BYTES_MAX, MEMBERS_MAX

if TYPE_CHECKING:
    from fedlab.node.service.members import Members
    from fedlab.node.store import SqliteStore


class RejectedMember(msgspec.Struct):
    """A row that became nobody, and why."""

    row: int
    reason: str


class MembersImported(msgspec.Struct):
    """What a list has changed."""

    added: int
    changed: int
    unchanged: int
    rejected: list[RejectedMember]


class MemberLists:
    """Imports of members."""

    def __init__(self, store: "SqliteStore", members: "Members") -> None:
        self._store = store
        self._members = members

    def run(self, giver: Role, data: bytes) -> MembersImported:
        """Add who is new and change who is known, all or nothing; raises FileError.

        Somebody is known by the other program's number, then by the address, then by the name if
        only one has it. Roles and logins are never taken from a file, and nobody is removed.
        """
        if len(data) > MEMBERS_FILE_BYTES_MAX:
            raise BadRequestError("this list is too large", "split it, or leave columns out")
        rows, rejected = read_members(data)
        done = MembersImported(0, 0, 0, [RejectedMember(*row) for row in rejected])
        with self._store.transaction():
            known = _Known(self._store.members.find("", MEMBERS_MAX))
            for row in rows:
                try:
                    self._merge(giver, row, known, done)
                except ServiceError as exc:
                    done.rejected.append(RejectedMember(row.row, exc.message))
        done.rejected.sort(key=lambda one: one.row)
        return done

    def _merge(self, giver: Role, row: Row, known: "_Known", done: MembersImported) -> None:
        said = {"email": row.email, "ends": row.ends, "number": row.number}
        fields = {name: value for name, value in said.items() if value}
        before = known.find(row)
        if before is None:
            known.take(self._members.add(giver, name=row.name, **fields))
            done.added += 1
            return
        fields["name"] = row.name
        if all(getattr(before, name) == value for name, value in fields.items()):
            done.unchanged += 1
            return
        known.take(self._members.change(giver, before.id, **fields))
        done.changed += 1


class _Known:
    """Members by what a list may say of them."""

    def __init__(self, members: list[Member]) -> None:
        self._by: dict[tuple[str, str], set[int]] = {}
        self._members: dict[int, Member] = {}
        for member in members:
            self.take(member)

    def take(self, member: Member) -> None:
        self._members[member.id] = member
        for key in _keys(member.number, member.email, member.name):
            self._by.setdefault(key, set()).add(member.id)

    def find(self, row: Row) -> Member | None:
        for key in _keys(row.number or "", row.email or "", row.name):
            if len(found := self._by.get(key, set())) == 1:
                member = self._members[next(iter(found))]
                # A family shares an address: one of another number is another person.
                if not (row.number and member.number and row.number != member.number):
                    return member
        return None


def _keys(number: str, email: str, name: str) -> list[tuple[str, str]]:
    """Return what somebody is known by, the surest first; an address only with the name."""
    named = [("number", number)] if number else []
    return [*named, ("email", f"{fold(email)} {fold(name)}"), ("name", fold(name))]
