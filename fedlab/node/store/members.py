"""Members of this lab and the keys they have: passwords, sessions, links, cards, tokens, journal.

Of every key only a hash is kept. All of it is private to the node.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from fedlab.node.members.people import Click, Key, Member, Session, Token, fold
from fedlab.node.members.roles import Role

from .database import Database
from .errors import TakenError

_MEMBERS: Final = """SELECT id, name, login, email, role, ends, number, left, password <> ''
    FROM members WHERE """
_SESSIONS: Final = """SELECT id, member, device, address, began_at, seen_at
    FROM sessions WHERE """
_KEYS: Final = "SELECT id, member, kind, made_at, expires_at FROM login_keys WHERE "
_TOKENS: Final = "SELECT id, member, name, scopes, made_at, used_at FROM api_tokens WHERE "


def _member(row: tuple[Any, ...]) -> Member:
    number, name, login, email, role, ends, ref, left, has_password = row
    return Member(number, name, login, email, Role(role), ends, ref, bool(left), bool(has_password))


def _folded(member: Member) -> str:
    """Return what a member is looked for by."""
    return fold(f"{member.name} {member.email} {member.number}")


class MembersTable:
    """The people of this lab, with or without an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Member, at: int) -> int:
        """Add a member at Unix seconds, whose number is drawn here and returned.

        Raises TakenError for a login that is somebody's already.
        """
        with self._writing() as conn:
            done = conn.execute(
                """INSERT INTO members (name, login, email, role, ends, number, folded, added_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                (*new[1:4], str(new.role), new.ends, new.number, _folded(new), at),
            )
            assert done.lastrowid is not None
            return done.lastrowid

    def put(self, changed: Member) -> None:
        """Keep a member as changed, but for the password; raises as `add` does."""
        with self._writing() as conn:
            conn.execute(
                """UPDATE members SET name = ?, login = ?, email = ?, role = ?, ends = ?,
                number = ?, left = ?, folded = ? WHERE id = ?""",
                (
                    *changed[1:4],
                    str(changed.role),
                    changed.ends,
                    changed.number,
                    int(changed.left),
                    _folded(changed),
                    changed.id,
                ),
            )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database.write() as conn:
                yield conn
        except sqlite3.IntegrityError as exc:
            raise TakenError("this login is somebody's already") from exc

    def get(self, member: int) -> Member | None:
        """Return a member by number."""
        return self._one("id = ?", member)

    def by_login(self, login: str) -> Member | None:
        """Return the member who signs in with that name or address, if it is one person's."""
        wanted = fold(login)
        found = self._some("login = ?1 OR (email <> '' AND lower(email) = ?1) ORDER BY id", wanted)
        exact = [one for one in found if one.login == wanted]
        return exact[0] if exact else found[0] if len(found) == 1 else None

    def find(self, text: str, limit: int) -> list[Member]:
        """Return members whose name, address or number has all the words; those who left last."""
        words = fold(text).split()[:8]
        where = " AND ".join(["instr(folded, ?)"] * len(words)) or "1"
        return self._some(f"{where} ORDER BY left, folded LIMIT ?", *words, limit)

    def with_role(self, role: Role) -> list[Member]:
        """Return the members of a role who have not left."""
        return self._some("role = ? AND left = 0 ORDER BY folded", str(role))

    def count(self) -> int:
        """Return how many members there are, those who left included."""
        with self._database.read() as conn:
            count: int = conn.execute("SELECT count(*) FROM members").fetchone()[0]
        return count

    def password(self, member: int) -> str:
        """Return a password's hash in PHC form; empty for none."""
        with self._database.read() as conn:
            row = conn.execute("SELECT password FROM members WHERE id = ?", (member,)).fetchone()
        return str(row[0]) if row else ""

    def set_password(self, member: int, phc: str) -> None:
        """Keep a password's hash."""
        with self._database.write() as conn:
            conn.execute("UPDATE members SET password = ? WHERE id = ?", (phc, member))

    def _one(self, where: str, *values: Any) -> Member | None:
        found = self._some(where, *values)
        return found[0] if found else None

    def _some(self, where: str, *values: Any) -> list[Member]:
        with self._database.read() as conn:
            rows = conn.execute(_MEMBERS + where, values)
            return [_member(row) for row in rows]


class SessionsTable:
    """Devices on which somebody is signed in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, digest: bytes, member: int, device: str, address: str, at: int) -> None:
        """Keep a session by the hash of its cookie."""
        with self._database.write() as conn:
            conn.execute(
                """INSERT INTO sessions (hash, member, device, address, began_at, seen_at)
                VALUES (?, ?, ?, ?, ?, ?)""",
                (digest, member, device, address, at, at),
            )

    def find(self, digest: bytes) -> Session | None:
        """Return a session by the hash of its cookie."""
        found = self._some("hash = ?", digest)
        return found[0] if found else None

    def of(self, member: int) -> list[Session]:
        """Return somebody's sessions, the one last seen first."""
        return self._some("member = ? ORDER BY seen_at DESC, id DESC", member)

    def seen(self, session: int, at: int) -> None:
        """Note that a session is in use."""
        with self._database.write() as conn:
            conn.execute("UPDATE sessions SET seen_at = ? WHERE id = ?", (at, session))

    def end(self, member: int, session: int | None = None) -> None:
        """End one of somebody's sessions, or all."""
        with self._database.write() as conn:
            conn.execute(
                "DELETE FROM sessions WHERE member = ?1 AND id = coalesce(?2, id)",
                (member, session),
            )

    def forget(self, seen_before: int) -> None:
        """Forget sessions that have not been in use since."""
        with self._database.write() as conn:
            conn.execute("DELETE FROM sessions WHERE seen_at < ?", (seen_before,))

    def _some(self, where: str, *values: Any) -> list[Session]:
        with self._database.read() as conn:
            rows = conn.execute(_SESSIONS + where, values)
            return [Session(*row) for row in rows]


class KeysTable:
    """One-time links and printed cards."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, digest: bytes, member: int, kind: str, at: int, expires_at: int) -> None:
        """Keep a key by its hash; a member has one of a kind, a new one takes its place."""
        with self._database.write() as conn:
            conn.execute("DELETE FROM login_keys WHERE member = ? AND kind = ?", (member, kind))
            conn.execute(
                """INSERT INTO login_keys (hash, member, kind, made_at, expires_at)
                VALUES (?, ?, ?, ?, ?)""",
                (digest, member, kind, at, expires_at),
            )

    def find(self, digest: bytes) -> Key | None:
        """Return a key by its hash."""
        found = self._some("hash = ?", digest)
        return found[0] if found else None

    def of(self, member: int) -> list[Key]:
        """Return somebody's keys."""
        return self._some("member = ? ORDER BY kind", member)

    def take(self, digest: bytes) -> bool:
        """Use a one-time key up; False if somebody else was quicker."""
        with self._database.write() as conn:
            done = conn.execute("DELETE FROM login_keys WHERE hash = ?", (digest,))
            return done.rowcount > 0

    def end(self, member: int, kind: str | None = None) -> None:
        """Make somebody's keys of a kind worthless, or all."""
        with self._database.write() as conn:
            conn.execute(
                "DELETE FROM login_keys WHERE member = ?1 AND kind = coalesce(?2, kind)",
                (member, kind),
            )

    def _some(self, where: str, *values: Any) -> list[Key]:
        with self._database.read() as conn:
            rows = conn.execute(_KEYS + where, values)
            return [Key(*row) for row in rows]


class TokensTable:
    """Programs' keys to the API."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, digest: bytes, member: int, name: str, scopes: list[str], at: int) -> int:
        """Keep a token by its hash; return its number."""
        with self._database.write() as conn:
            done = conn.execute(
                """INSERT INTO api_tokens (hash, member, name, scopes, made_at)
                VALUES (?, ?, ?, ?, ?)""",
                (digest, member, name, msgspec.json.encode(scopes).decode(), at),
            )
            assert done.lastrowid is not None
            return done.lastrowid

    def find(self, digest: bytes) -> Token | None:
        """Return a token by its hash."""
        found = self._some("hash = ?", digest)
        return found[0] if found else None

    def of(self, member: int) -> list[Token]:
        """Return somebody's tokens, in the order they were made."""
        return self._some("member = ? ORDER BY id", member)

    def used(self, token: int, at: int) -> None:
        """Note that a token is in use."""
        with self._database.write() as conn:
            conn.execute("UPDATE api_tokens SET used_at = ? WHERE id = ?", (at, token))

    def end(self, member: int, token: int | None = None) -> bool:
        """Make one of somebody's tokens worthless, or all; say whether there was any."""
        with self._database.write() as conn:
            done = conn.execute(
                "DELETE FROM api_tokens WHERE member = ?1 AND id = coalesce(?2, id)",
                (member, token),
            )
            return done.rowcount > 0

    def _some(self, where: str, *values: Any) -> list[Token]:
        with self._database.read() as conn:
            rows = conn.execute(_TOKENS + where, values)
            return [
                Token(number, member, name, tuple(msgspec.json.decode(scopes)), made, used)
                for number, member, name, scopes, made, used in rows
            ]


class JournalTable:
    """Who did what on this node, for its own people to look up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, at: int, member: int | None, what: str, subject: str, oldest: int) -> None:
        """Note what somebody did; what was noted before `oldest` is forgotten."""
        with self._database.write() as conn:
            conn.execute("DELETE FROM journal WHERE at < ?", (oldest,))
            conn.execute(
                "INSERT INTO journal (at, member, what, subject) VALUES (?, ?, ?, ?)",
                (at, member, what, subject),
            )

    def list(self, limit: int, before: int | None = None) -> list[Click]:
        """Return what was done, the newest first."""
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT journal.at, journal.member, coalesce(members.name, ''), what, subject
                FROM journal LEFT JOIN members ON members.id = journal.member
                WHERE journal.at < coalesce(?, 1 << 62)
                ORDER BY journal.at DESC, journal.id DESC LIMIT ?""",
                (before, limit),
            )
            return [Click(*row) for row in rows]
