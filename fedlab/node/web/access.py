"""Who is asking, and whether they may: one table of routes, and everything else refused.

`ROUTES` says for every route which right it takes. A request for one that stands not there, or
from somebody without the right, never reaches its handler. Unsafe methods that come from another
site's page are refused by `Origin`: a page elsewhere cannot use the cookies of a browser here.
"""

import asyncio
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from fedlab.node.errors import ForbiddenError, ServiceError
from fedlab.node.members.devices import device_name
from fedlab.node.members.roles import RIGHTS, Right, Role
from fedlab.node.service.members import SESSION_SECONDS
from fedlab.node.web.keys import NODE, node_of

SESSION_COOKIE: Final = "fedlab_session"
NOTE_SECONDS: Final = 0.5
_NOTING: Final[set[asyncio.Future[None]]] = set()
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Person(msgspec.Struct, frozen=True):
    """Whoever asks; nobody in particular when not signed in."""

    id: int | None = None
    name: str = ""
    role: Role = Role.VISITOR
    # A program's token does less than its owner; None is a person, who does all of the role's.
    scopes: frozenset[Right] | None = None
    session: int | None = None  # the device in hand

    def may(self, right: str) -> bool:
        """Say whether this person may; a word that is no right is refused."""
        granted = RIGHTS.get(self.role, frozenset())
        scoped = self.scopes is None or right in self.scopes or right == Right.SEE_PUBLIC
        return right in granted and scoped


_PERSON: Final = web.RequestKey("person", Person)
VISITOR: Final = Person()
# The command line's own token, in the folder of the lab: who can read it owns the machine.
OWNER: Final = Person(None, "fedlab", Role.ADMIN)


class UnauthorizedError(ServiceError):
    """Nobody is signed in, or the token is unknown."""

    code = "unauthorized"
    http_status = 401


# Every route of the application, by method and path as it was registered: a test walks them all.
ROUTES: Final[Mapping[tuple[str, str], Right]] = {
    # --- reading, as any visitor ---
    ("GET", "/"): Right.SEE_PUBLIC,
    ("GET", "/I/{lab}/{code}"): Right.SEE_PUBLIC,
    ("GET", "/I/{lab}/{code}/calendar.ics"): Right.SEE_PUBLIC,
    ("GET", "/calendar/{secret}/mine.ics"): Right.SEE_PUBLIC,  # the secret is what lets in
    ("GET", "/calendar/{secret}/loans.ics"): Right.SEE_PUBLIC,
    ("GET", "/labs"): Right.SEE_PUBLIC,
    ("GET", "/lab/{lab}"): Right.SEE_PUBLIC,
    ("GET", "/join"): Right.SEE_PUBLIC,
    ("GET", "/static"): Right.SEE_PUBLIC,
    ("GET", "/healthz"): Right.SEE_PUBLIC,
    ("GET", "/metrics"): Right.SEE_PUBLIC,  # its handler answers this machine only
    ("GET", "/log"): Right.SEE_PUBLIC,
    ("GET", "/log/{lab}/{epoch}/checkpoint"): Right.SEE_PUBLIC,
    ("GET", "/log/{lab}/{epoch}/tile/{path}"): Right.SEE_PUBLIC,
    ("GET", "/sync"): Right.SEE_PUBLIC,  # peers prove who they are inside
    # --- API ---
    ("GET", "/api/v1/status"): Right.SEE_PUBLIC,
    ("GET", "/api/v1/search"): Right.SEE_PUBLIC,
    ("GET", "/api/v1/labs"): Right.SEE_PUBLIC,
    ("GET", "/api/v1/items"): Right.SEE_PUBLIC,
    ("GET", "/api/v1/items/{lab}/{code}"): Right.SEE_PUBLIC,
    ("GET", "/api/v1/openapi.json"): Right.SEE_PUBLIC,
    ("POST", "/api/v1/items"): Right.EDIT_ITEMS,
    ("PATCH", "/api/v1/items/{lab}/{code}"): Right.EDIT_ITEMS,
    ("DELETE", "/api/v1/items/{lab}/{code}"): Right.EDIT_ITEMS,
    ("GET", "/api/v1/attention"): Right.SEE_DESK,
    ("GET", "/api/v1/counter/loans"): Right.LEND,
    ("POST", "/api/v1/counter/loans"): Right.LEND,
    ("GET", "/api/v1/counter/loans/{loan}"): Right.LEND,
    ("POST", "/api/v1/counter/loans/{loan}/return"): Right.LEND,
    ("POST", "/api/v1/counter/loans/{loan}/extend"): Right.LEND,
    ("GET", "/api/v1/loans"): Right.LEND,
    ("GET", "/api/v1/loans/differences"): Right.LEND,
    ("GET", "/api/v1/loans/{loan}"): Right.LEND,
    ("POST", "/api/v1/loans"): Right.EDIT_ITEMS,
    ("POST", "/api/v1/loans/{loan}/terms/{word}"): Right.EDIT_ITEMS,
    ("POST", "/api/v1/loans/{loan}/counter/{word}"): Right.LEND,
    ("GET", "/api/v1/needs"): Right.SEE_PUBLIC,
    ("GET", "/api/v1/needs/{need}"): Right.SEE_PUBLIC,
    ("POST", "/api/v1/needs"): Right.NEED,
    ("POST", "/api/v1/needs/{need}/join"): Right.NEED,
    ("POST", "/api/v1/needs/{need}/close"): Right.NEED,
    # --- access ---
    ("GET", "/login"): Right.SEE_PUBLIC,
    ("POST", "/login"): Right.SEE_PUBLIC,
    ("POST", "/logout"): Right.SEE_PUBLIC,
    ("GET", "/enter/{secret}"): Right.SEE_PUBLIC,  # the secret is what lets in
    ("POST", "/enter/{secret}"): Right.SEE_PUBLIC,
    ("GET", "/account"): Right.OWN_ACCOUNT,
    ("POST", "/account/password"): Right.OWN_ACCOUNT,
    ("POST", "/account/calendar"): Right.OWN_ACCOUNT,
    ("POST", "/account/devices/{number}/end"): Right.OWN_ACCOUNT,
    ("POST", "/account/tokens"): Right.OWN_ACCOUNT,
    ("POST", "/account/tokens/{number}/end"): Right.OWN_ACCOUNT,
    ("GET", "/members"): Right.MEMBERS,
    ("POST", "/members"): Right.MEMBERS,
    ("GET", "/members/import"): Right.MEMBERS,
    ("POST", "/members/import"): Right.MEMBERS,
    ("GET", "/members/{number}"): Right.MEMBERS,
    ("POST", "/members/{number}"): Right.MEMBERS,
    ("POST", "/members/{number}/end"): Right.MEMBERS,
    ("POST", "/members/{number}/back"): Right.MEMBERS,
    ("POST", "/members/{number}/link"): Right.MEMBERS,
    ("POST", "/members/{number}/card"): Right.MEMBERS,
    ("GET", "/journal"): Right.SETTINGS,
    # --- start ---
    ("GET", "/setup"): Right.SETUP,  # asks for the code, or for the administrator
    ("POST", "/setup/code"): Right.SETUP,
    ("GET", "/setup/account"): Right.SETUP,
    ("POST", "/setup/account"): Right.SETUP,
    ("GET", "/setup/restore"): Right.SETUP,  # says that the lab is back
    ("GET", "/setup/{step}"): Right.SETTINGS,
    ("POST", "/setup/{step}"): Right.SETTINGS,
    ("GET", "/settings"): Right.SETTINGS,
    ("POST", "/settings"): Right.SETTINGS,
    ("GET", "/settings/paper"): Right.SETTINGS,
    ("GET", "/about"): Right.SEE_PUBLIC,
    # --- desk ---
    ("GET", "/desk"): Right.SEE_DESK,
    ("GET", "/desk/new"): Right.EDIT_ITEMS,
    ("POST", "/desk/new"): Right.EDIT_ITEMS,
    ("GET", "/desk/item/{code}"): Right.EDIT_ITEMS,
    ("POST", "/desk/item/{code}"): Right.EDIT_ITEMS,
    ("POST", "/desk/item/{code}/retire"): Right.EDIT_ITEMS,
    ("POST", "/desk/item/{code}/hold"): Right.EDIT_ITEMS,
    ("POST", "/desk/item/{code}/release"): Right.EDIT_ITEMS,
    ("POST", "/desk/item/{code}/seen"): Right.EDIT_ITEMS,
    ("GET", "/desk/walk"): Right.SEE_DESK,
    ("POST", "/desk/walk"): Right.EDIT_ITEMS,
    ("POST", "/desk/walk/seen"): Right.EDIT_ITEMS,
    ("GET", "/desk/import"): Right.IMPORT,
    ("POST", "/desk/import"): Right.IMPORT,
    ("GET", "/desk/import/undo"): Right.IMPORT,
    ("POST", "/desk/import/undo"): Right.IMPORT,
    ("GET", "/desk/import/{number}"): Right.IMPORT,
    ("POST", "/desk/import/{number}"): Right.IMPORT,
    ("POST", "/desk/import/{number}/run"): Right.IMPORT,
    # --- network ---
    ("GET", "/network"): Right.SEE_NETWORK,
    ("POST", "/network/invite"): Right.PEERS,
    ("POST", "/network/withdraw"): Right.PEERS,
    ("GET", "/network/join"): Right.PEERS,
    ("POST", "/network/join"): Right.PEERS,
    ("POST", "/network/vouch"): Right.PEERS,
    ("POST", "/network/unvouch"): Right.PEERS,
    ("POST", "/network/block"): Right.PEERS,
    ("POST", "/network/unblock"): Right.PEERS,
    ("GET", "/network/bundle"): Right.PEERS,
    ("POST", "/network/bundle"): Right.PEERS,
    ("GET", "/attention"): Right.SEE_DESK,
    # --- needs ---
    ("GET", "/needs"): Right.SEE_PUBLIC,
    ("GET", "/needs/new"): Right.NEED,
    ("POST", "/needs"): Right.NEED,
    ("GET", "/need/{need}"): Right.SEE_PUBLIC,
    ("POST", "/need/{need}/join"): Right.NEED,
    ("POST", "/need/{need}/close"): Right.NEED,
    # --- loans between labs ---
    ("GET", "/loans"): Right.LEND,
    ("GET", "/loans/ask/{lab}/{code}"): Right.EDIT_ITEMS,
    ("POST", "/loans/ask/{lab}/{code}"): Right.EDIT_ITEMS,
    ("GET", "/loans/differences"): Right.LEND,
    ("GET", "/loans/wish/{lab}/{code}"): Right.OWN_ACCOUNT,
    ("POST", "/loans/wish/{lab}/{code}"): Right.OWN_ACCOUNT,
    ("POST", "/wishes/{number}/pass"): Right.EDIT_ITEMS,
    ("POST", "/wishes/{number}/decline"): Right.EDIT_ITEMS,
    ("POST", "/wishes/{number}/withdraw"): Right.OWN_ACCOUNT,  # one's own
    ("GET", "/loan/{loan}"): Right.LEND,
    ("GET", "/loan/{loan}/slip"): Right.LEND,
    ("POST", "/loan/{loan}/terms/{word}"): Right.EDIT_ITEMS,  # it binds the lab
    ("POST", "/loan/{loan}/counter/{word}"): Right.LEND,
    # --- group purchases ---
    ("GET", "/purchases"): Right.GOODS,
    ("GET", "/purchases/new"): Right.BUY,
    ("POST", "/purchases"): Right.BUY,
    ("GET", "/purchase/{purchase}"): Right.GOODS,
    ("GET", "/purchase/{purchase}/order"): Right.GOODS,
    ("GET", "/purchase/{purchase}/order.csv"): Right.GOODS,
    ("GET", "/purchase/{purchase}/shares.csv"): Right.GOODS,
    ("GET", "/purchase/{purchase}/call/{party}"): Right.GOODS,
    ("POST", "/purchase/{purchase}/terms/{word}"): Right.BUY,  # it binds the lab
    ("POST", "/purchase/{purchase}/goods/{word}"): Right.GOODS,
    ("POST", "/purchase/{purchase}/money/{word}"): Right.SIGN_MONEY,
    ("GET", "/purchase/{purchase}/share/{party}"): Right.GOODS,
    # --- counter ---
    ("GET", "/counter"): Right.LEND,
    ("GET", "/counter/lend/{code}"): Right.LEND,
    ("POST", "/counter/lend/{code}"): Right.LEND,
    ("GET", "/counter/loans/{loan}"): Right.LEND,
    ("POST", "/counter/loans/{loan}/return"): Right.LEND,
    ("POST", "/counter/loans/{loan}/extend"): Right.LEND,
    ("GET", "/counter/reminders"): Right.LEND,
    ("POST", "/counter/reminders/{reminder}/told"): Right.LEND,
    ("GET", "/counter/mail"): Right.SETTINGS,
    ("POST", "/counter/mail"): Right.SETTINGS,
    ("GET", "/mine"): Right.OWN_ACCOUNT,
    # --- photos and labels ---
    ("GET", "/photo/{name}"): Right.SEE_PUBLIC,
    ("GET", "/photo/{name}/thumb"): Right.SEE_PUBLIC,
    ("POST", "/item/{code}/photos"): Right.EDIT_ITEMS,
    ("POST", "/item/{code}/photos/{name}/remove"): Right.EDIT_ITEMS,
    ("GET", "/labels"): Right.LABELS,
    ("POST", "/labels/address"): Right.LABELS,
    ("GET", "/labels/print"): Right.LABELS,
    ("GET", "/labels/print.pdf"): Right.LABELS,
    ("GET", "/labels/sheet/{key}.css"): Right.LABELS,
    # --- keep ---
    ("GET", "/backups"): Right.BACKUP,
    ("POST", "/backups"): Right.BACKUP,
    ("POST", "/backups/now"): Right.BACKUP,
    ("POST", "/backups/off"): Right.BACKUP,
    # --- outside ---
    ("GET", "/okw.json"): Right.SEE_PUBLIC,
    ("GET", "/spaceapi.json"): Right.SEE_PUBLIC,
    ("GET", "/lamednum.csv"): Right.SEE_PUBLIC,
}


def person_of(request: web.Request) -> Person:
    """Return whoever asks: a visitor when nobody is signed in."""
    person: Person = request.get(_PERSON, VISITOR)
    return person


def route_of(request: web.Request) -> tuple[str, str] | None:
    """Return the row of `ROUTES` that a request is about; None when there is nothing there."""
    resource = request.match_info.route.resource
    if resource is None:
        return None
    method = "GET" if request.method == "HEAD" else request.method
    return method, resource.canonical


def is_from_here(request: web.Request) -> bool:
    """Say whether a page of this node sent a request, by what browsers say and cannot forge.

    A node at `http://name.local` gets no `Sec-Fetch-Site`, but always an `Origin` with a form.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = urlsplit(request.headers.get("Origin", ""))
    node = request.app.get(NODE)
    ours = {request.host, *(urlsplit(url).netloc for url in (node.urls if node else ()))}
    return origin.scheme in ("http", "https") and origin.netloc in ours


def bearer_of(request: web.Request) -> str:
    """Return the token that a program sent, or nothing; a browser never sends one by itself."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


@web.middleware
async def same_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site's page sends with the cookies of a browser here."""
    if request.method in SAFE_METHODS or bearer_of(request) or is_from_here(request):
        return await handler(request)
    raise ForbiddenError(
        "this came from a page of another site, or does not say where it comes from",
        "open this lab's own page and try there; programs send a token",
        code="cross_site",
    )


@web.middleware
async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks, and let through what the table grants."""
    route = route_of(request)
    if route is None:
        return await handler(request)  # aiohttp's own 404 and 405
    person = request[_PERSON] = await _identify(request)
    right = ROUTES.get(route)
    if right is None or not person.may(right):
        raise _refusal(request, person)
    if request.method in SAFE_METHODS:
        return await handler(request)
    try:
        response = await handler(request)
    except web.HTTPException as exc:  # a form that was taken answers with a redirect
        if exc.status < 400:
            await _note(request, route, person)
        raise
    if response.status < 400:
        await _note(request, route, person)
    return response


async def _note(request: web.Request, route: tuple[str, str], person: Person) -> None:
    """Keep privately who did what."""
    if person.id is not None:
        node = node_of(request)
        # A path may hold what opens an account; nothing that does is ever written down.
        subject = "" if route[1] == "/enter/{secret}" else request.path
        note = node.service.members.note
        task = asyncio.ensure_future(node.write(note, person.id, " ".join(route), subject))
        _NOTING.add(task)
        task.add_done_callback(_NOTING.discard)
        # An import keeps the writer for half a minute: nobody waits for a line of the journal.
        await asyncio.wait({task}, timeout=NOTE_SECONDS)


async def _identify(request: web.Request) -> Person:
    """Return who asks; a cookie that no longer counts is a visitor's, a token that never did not.

    Raises UnauthorizedError.
    """
    node = node_of(request)
    if token := bearer_of(request):
        if node.token and hmac.compare_digest(token.encode(), node.token.encode()):
            return OWNER
        known = await node.read(node.service.members.by_token, token)
        if known is None:
            raise UnauthorizedError("this token is not known", "make one on your account's page")
        return Person(known.id, known.name, known.role, known.scopes)
    cookie = request.cookies.get(SESSION_COOKIE)
    found = await node.read(node.service.members.by_session, cookie) if cookie else None
    if found is None:
        return VISITOR
    known, unseen = found
    if unseen and known.session is not None:
        await node.write(node.service.members.session_seen, known.session)
    return Person(known.id, known.name, known.role, session=known.session)


def _refusal(request: web.Request, person: Person) -> Exception:
    """Return what sends who is not signed in to the login, and tells everybody else no."""
    if person.role is not Role.VISITOR:
        return ForbiddenError("your account may not do this", "ask a manager of this lab")
    if request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", ""):
        return UnauthorizedError(
            "this is for people who are signed in, and for programs with a token",
            "send `Authorization: Bearer …`, or sign in at /login",
        )
    wanted = request.path_qs if request.method in ("GET", "HEAD") else ""
    return web.HTTPSeeOther("/login" + (f"?{urlencode({'next': wanted})}" if wanted else ""))


async def sign_in(request: web.Request, response: web.StreamResponse, member: int) -> None:
    """Open a session for a member on the device that asks, and put its cookie on the answer."""
    node = node_of(request)
    device = device_name(request.headers.get("User-Agent", ""))
    begin = node.service.members.begin_session
    secret = await node.write(begin, member, device, request.remote or "")
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="Lax",
        # At http://name.local a browser would drop it; behind a proxy with TLS it must be there.
        secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
    )


def local_path(text: str) -> str:
    """Return where to go next if it is a path of ours, or the home page: never another site."""
    safe = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if safe and "\\" not in text else "/"
