"""The people of this lab and the keys by which they are known; all of it private to the node."""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from fedlab.node.days import is_day, today
from fedlab.node.errors import ConflictError, ForbiddenError, NotFoundError, ServiceError
from fedlab.node.mail import is_email
from fedlab.node.members.people import Click, Member, Session, Token, fold
from fedlab.node.members.roles import RIGHTS, TOKEN_RIGHTS, Right, Role, grants
from fedlab.node.service.base import Opened, now
from fedlab.node.store.errors import TakenError
from fedlab.protocol.limits import (
    API_TOKENS_MAX,
    EMAIL_CHARS_MAX,
    MEMBER_NAME_CHARS_MAX,
    MEMBERS_MAX,
    SESSIONS_MAX,
)

# A phone that comes back within a month stays signed in.
SESSION_SECONDS: Final = 30 * 86_400
# *Last seen* is shown in days: an hour late is soon enough, and spares a write a click.
SEEN_SECONDS: Final = 3600
# A link is sent today and opened tomorrow, or the day after.
LINK_SECONDS: Final = 3 * 86_400
# A card is printed once a season.
CARD_SECONDS: Final = 400 * 86_400
# Nobody types the address of a calendar twice: it lasts as long as a membership may.
CALENDAR: Final = "calendar"
CALENDAR_SECONDS: Final = 10 * 366 * 86_400
# What the CNIL advises for logs: six months to a year.
JOURNAL_SECONDS: Final = 365 * 86_400

_NEW: Final = Member(0, "", None, "", Role.MEMBER, "", "", False, False)


class Known(msgspec.Struct, frozen=True):
    """Whoever showed a key that counts: a person, or a person's program."""

    id: int
    name: str
    role: Role
    session: int | None = None
    scopes: frozenset[Right] | None = None


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret; it is random, so that a plain hash hides it."""
    return hashlib.sha256(secret.encode()).digest()


class Members:
    """Members, their sessions, links, cards and tokens, and the journal of who did what."""

    def __init__(self, opened: Opened) -> None:
        self._store = opened.store

    # --- people ---

    def has_any(self) -> bool:
        """Say whether anybody has an account that can look after the others."""
        return bool(self._store.members.with_role(Role.ADMIN))

    def add_first(self, name: str, login: str, password_hash: str) -> int:
        """Make the lab's first account, an admin's; raise ConflictError if there is one."""
        with self._store.transaction():
            if self.has_any():
                raise ConflictError("this lab has an account already", "sign in with it")
            member = self._add(name, Role.ADMIN, login=login)
            self._store.members.set_password(member, password_hash)
        return member

    def get(self, member: int) -> Member:
        """Return a member; raise NotFoundError."""
        found = self._store.members.get(member)
        if found is None:
            raise NotFoundError("there is no such member", "see the list of members")
        return found

    def add(
        self,
        giver: Role,
        *,
        name: str,
        role: str = "member",
        login: str = "",
        email: str = "",
        ends: str = "",
        number: str = "",
    ) -> Member:
        """Add a member; raise ForbiddenError where the giver's role may not give that one."""
        wanted = _role(role)
        self._may_give(giver, wanted)
        return self.get(self._add(name, wanted, login=login, email=email, ends=ends, number=number))

    def _add(self, name: str, role: Role, **fields: str) -> int:
        checked = _checked({"name": name, **fields})
        if self._store.members.count() >= MEMBERS_MAX:
            raise ServiceError("this node keeps no more members", f"the limit is {MEMBERS_MAX}")
        new = _NEW._replace(role=role, **checked)
        with _told_when_taken(new.login):
            return self._store.members.add(new, now())

    def change(self, giver: Role, member: int, **fields: str) -> Member:
        """Change fields of a member; raises as `add` does, and ConflictError for the last admin."""
        before = self.get(member)
        self._may_give(giver, before.role)
        changed = before._replace(**_checked(fields))
        if "role" in fields:
            changed = changed._replace(role=_role(fields["role"]))
            self._may_give(giver, changed.role)
        with _told_when_taken(changed.login), self._store.transaction():
            self._store.members.put(changed)
            self._keep_an_admin(before)
            if changed.role != before.role:
                self._store.login_keys.end(member)
        return self.get(member)

    def end(self, giver: Role, member: int) -> Member:
        """End a membership: no key opens any more; the name stays, as loans and journal say it."""
        before = self.get(member)
        self._may_give(giver, before.role)
        with self._store.transaction():
            self._store.members.put(before._replace(left=True, login=None))
            self._store.members.set_password(member, "")
            self._end_keys(member)
            self._keep_an_admin(before)
        return self.get(member)

    def come_back(self, giver: Role, member: int) -> Member:
        """Take somebody in again who had left."""
        before = self.get(member)
        self._may_give(giver, before.role)
        self._store.members.put(before._replace(left=False))
        return self.get(member)

    def _end_keys(self, member: int) -> None:
        self._store.sessions.end(member)
        self._store.login_keys.end(member)
        self._store.api_tokens.end(member)

    def _keep_an_admin(self, changed: Member) -> None:
        day = today()
        if changed.role is Role.ADMIN and not any(
            one.is_current(day) for one in self._store.members.with_role(Role.ADMIN)
        ):
            raise ConflictError(
                "nobody would be left to look after this lab's accounts",
                "make somebody else an admin first",
                code="last_admin",
            )

    @staticmethod
    def _may_give(giver: Role, role: Role) -> None:
        if not grants(giver, role):
            raise ForbiddenError(
                f"the role {giver} may not give or change the role {role}", "ask an admin"
            )

    # --- passwords and sessions ---

    def to_sign_in(self, login: str) -> tuple[Member | None, str]:
        """Return whoever signs in by that name, and the hash to check; nobody's is empty."""
        found = self._store.members.by_login(login)
        if found is None or not found.is_current(today()):
            return None, ""
        return found, self._store.members.password(found.id)

    def password_hash(self, member: int) -> str:
        """Return the hash of somebody's password; empty for none."""
        return self._store.members.password(member)

    def set_password(self, member: int, password_hash: str, keep: int | None = None) -> None:
        """Keep a new password, and sign out every device but the one in hand."""
        with self._store.transaction():
            self._store.members.set_password(member, password_hash)
            self._store.login_keys.end(member, "link")
            for session in self._store.sessions.of(member):
                if session.id != keep:
                    self._store.sessions.end(member, session.id)

    def begin_session(self, member: int, device: str, address: str) -> str:
        """Sign a device in; return its secret, of which only the hash is kept."""
        secret = secrets.token_urlsafe(32)
        at = now()
        with self._store.transaction():
            self._store.sessions.forget(at - SESSION_SECONDS)
            for old in self._store.sessions.of(member)[SESSIONS_MAX - 1 :]:
                self._store.sessions.end(member, old.id)
            self._store.sessions.add(digest_of(secret), member, device, address, at)
        return secret

    def by_session(self, secret: str) -> tuple[Known, bool] | None:
        """Return who has a session's secret, and whether it is time to note its use."""
        session = self._store.sessions.find(digest_of(secret))
        if session is None or session.seen_at < now() - SESSION_SECONDS:
            return None
        member = self._store.members.get(session.member)
        if member is None or not member.is_current(today()):
            return None
        known = Known(member.id, member.name, member.role, session.id)
        return known, session.seen_at < now() - SEEN_SECONDS

    def session_seen(self, session: int) -> None:
        """Note that a session is in use."""
        self._store.sessions.seen(session, now())

    def sessions(self, member: int) -> list[Session]:
        """Return somebody's devices, the one last seen first."""
        return self._store.sessions.of(member)

    def end_session(self, member: int, session: int | None = None) -> None:
        """Sign one of somebody's devices out, or all."""
        self._store.sessions.end(member, session)

    # --- one-time links and printed cards ---

    def make_key(self, giver: Role, member: int, kind: str) -> str:
        """Return the secret of a new link or card, in place of the one before.

        Whoever makes a key can use it, so that it takes the right to give the role; a card lies
        about in pockets, so that it opens no account that can do more than lend.
        """
        found = self.get(member)
        self._may_give(giver, found.role)
        if kind == "card" and found.role not in (Role.MEMBER, Role.VOLUNTEER):
            raise ForbiddenError(
                f"a card is not for the role {found.role}", "make a one-time link instead"
            )
        secret, at = secrets.token_urlsafe(24), now()
        seconds = CARD_SECONDS if kind == "card" else LINK_SECONDS
        self._store.login_keys.add(digest_of(secret), member, kind, at, at + seconds)
        return secret

    def by_key(self, secret: str) -> tuple[Member, str] | None:
        """Return whose link or card it is, and which of both; None for one that does not count."""
        key = self._store.login_keys.find(digest_of(secret))
        member = self._store.members.get(key.member) if key else None
        if key is None or member is None or key.expires_at < now() or key.kind == CALENDAR:
            return None
        return (member, key.kind) if member.is_current(today()) else None

    def enter(self, secret: str) -> Member | None:
        """Return whom a link or card lets in now; a link is used up."""
        found = self.by_key(secret)
        if found is None:
            return None
        member, kind = found
        if kind == "link" and not self._store.login_keys.take(digest_of(secret)):
            return None
        return member

    # --- calendars ---

    def make_calendar(self, member: int) -> str:
        """Return the secret of somebody's calendars, in place of the one before; it opens no door.

        Whoever has it reads them for as long as the membership and the role last.
        """
        self.get(member)
        secret, at = secrets.token_urlsafe(24), now()
        self._store.login_keys.add(digest_of(secret), member, CALENDAR, at, at + CALENDAR_SECONDS)
        return secret

    def by_calendar(self, secret: str) -> Member | None:
        """Return whose calendars a secret opens; None for one that does not count."""
        key = self._store.login_keys.find(digest_of(secret))
        member = self._store.members.get(key.member) if key else None
        if key is None or member is None or key.expires_at < now() or key.kind != CALENDAR:
            return None
        return member if member.is_current(today()) else None

    # --- programs ---

    def make_token(self, member: int, name: str, scopes: Sequence[str]) -> str:
        """Return a new token's secret; it does for its owner what its scopes say, and no more."""
        owner = self.get(member)
        if len(self._store.api_tokens.of(member)) >= API_TOKENS_MAX:
            raise ServiceError("you have many tokens already", "end one that is not used")
        label = str(_checked({"name": name})["name"])
        wanted = sorted(set(scopes))
        for scope in wanted:
            if scope not in RIGHTS[owner.role] or scope not in TOKEN_RIGHTS:
                raise ForbiddenError(f"you have not the right {scope!r}", "choose among yours")
        secret = secrets.token_urlsafe(32)
        self._store.api_tokens.add(digest_of(secret), member, label, wanted, now())
        return secret

    def tokens(self, member: int) -> list[Token]:
        """Return somebody's tokens."""
        return self._store.api_tokens.of(member)

    def end_token(self, member: int, token: int) -> None:
        """Make a token worthless."""
        self._store.api_tokens.end(member, token)

    def by_token(self, secret: str) -> Known | None:
        """Return for whom a program asks, and what it may do."""
        token = self._store.api_tokens.find(digest_of(secret))
        member = self._store.members.get(token.member) if token else None
        if token is None or member is None or not member.is_current(today()):
            return None
        scopes = frozenset(Right(scope) for scope in token.scopes if scope in TOKEN_RIGHTS)
        return Known(member.id, member.name, member.role, scopes=scopes)

    # --- the journal ---

    def note(self, member: int | None, what: str, subject: str = "") -> None:
        """Note privately what somebody did."""
        at = now()
        self._store.journal.add(at, member, what, subject, at - JOURNAL_SECONDS)

    def journal(self, limit: int, before: int | None = None) -> list[Click]:
        """Return what people did, the newest first."""
        return self._store.journal.list(limit, before)

    def find(self, text: str, limit: int) -> list[Member]:
        """Return members by name, address or number; those who left last."""
        return self._store.members.find(text, limit)


def _role(text: str) -> Role:
    if text not in set(Role) - {Role.VISITOR}:
        roles = ", ".join(role for role in Role if role is not Role.VISITOR)
        raise ServiceError(f"there is no role {text!r}", f"roles: {roles}", code="role")
    return Role(text)


def _checked(fields: dict[str, str]) -> dict[str, Any]:
    """Return fields as they are kept; raise ServiceError, with the field's name as the code."""
    kept: dict[str, Any] = {}
    for field, typed in fields.items():
        text = " ".join(typed.split())
        if len(text) > (EMAIL_CHARS_MAX if field == "email" else MEMBER_NAME_CHARS_MAX):
            raise ServiceError(f"{field}: too long", "shorten it", code=field)
        if field == "name" and not text:
            raise ServiceError("a member needs a name", "type one", code="name")
        if field == "email" and text and not is_email(text):
            raise ServiceError(f"{text!r} is no e-mail address", "check it", code="email")
        if field == "ends" and text and not is_day(text):
            raise ServiceError(f"{text!r} is no day", "write it as 2026-12-31", code="ends")
        if field == "login":
            kept[field] = fold(text) or None
        elif field != "role":
            kept[field] = text
    return kept


@contextmanager
def _told_when_taken(login: str | None) -> Iterator[None]:
    """Say in words that two people cannot sign in by one name."""
    try:
        yield
    except TakenError as exc:
        raise ConflictError(
            f"somebody else signs in as {login!r}", "choose another", code="login"
        ) from exc
