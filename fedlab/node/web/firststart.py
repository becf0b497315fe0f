"""The pages of a folder that holds no lab yet: code, restore or found, the lab, its words.

A small application of its own, since there is no node to ask. When the lab is founded it ends, and
hands its listening socket over: the browser's next request waits there for the node.
"""

import asyncio
import hmac
import logging
import socket
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

import aiohttp_jinja2
from aiohttp import web
from aiohttp.typedefs import Handler

from fedlab.node.config import Folder
from fedlab.node.errors import (
    ForbiddenError,
    ServiceError,
    TryLaterError,
    error_body,
    explain,
)
from fedlab.node.firststart import CodeGate, FirstStart, Plan
from fedlab.node.keeping.clockwork import watched
from fedlab.node.keeping.restoration import Restoration
from fedlab.node.web import pages
from fedlab.node.web.access import SAFE_METHODS, is_from_here
from fedlab.node.web.dressing import BODY_BYTES_MAX, dress
from fedlab.node.web.guard import listen, progress
from fedlab.node.web.health import healthz
from fedlab.node.web.labwords import lab_words
from fedlab.node.web.pages import language_of
from fedlab.node.web.profileform import place_text, read_profile
from fedlab.node.web.sentences import told

SETUP_COOKIE: Final = "fedlab_setup"
INVITATION_COOKIE: Final = "fedlab_invitation"
# What fits into a cookie, with its signs spelled out.
INVITATION_CHARS_MAX: Final = 2_000
START: web.AppKey[FirstStart] = web.AppKey("start", FirstStart)
RESTORATION: web.AppKey[Restoration] = web.AppKey("restoration", Restoration)
FOUNDED: web.AppKey[asyncio.Event] = web.AppKey("founded", asyncio.Event)
_FOUNDING: Final = ("/setup/lab", "/setup/words", "/setup/words/again", "/setup/check")
_FIELDS: Final = ("name", "lang", "kind", "form", "address", "place")

routes = web.RouteTableDef()
_log = logging.getLogger("fedlab.web")


def render(
    request: web.Request, template: str, status: int = 200, **context: Any
) -> web.StreamResponse:
    """Answer with a page of the first start."""
    language = language_of(request)
    response = aiohttp_jinja2.render_template(
        template,
        request,
        {
            "language": language,
            "_": language.gettext,
            "ngettext": language.ngettext,
            "switch": lambda code: pages.switch_to(request, code),
            "told": lambda *sentences: told(language, *sentences),
            "at": "",
            **context,
        },
        status=status,
    )
    pages.keep_language(request, response)
    response.headers["Cache-Control"] = "no-store"  # words that nobody else may see
    return response


def cookie_of(code: str) -> str:
    """Return what a browser keeps that has told the code: it ends with the code."""
    return hmac.digest(code.encode(), b"fedlab/setup/1\n", "sha256").hex()


def knows_code(request: web.Request, code: str) -> bool:
    """Say whether this browser has told the code."""
    given = request.cookies.get(SETUP_COOKIE, "")
    return hmac.compare_digest(given.encode(), cookie_of(code).encode())


def let_in(code: str) -> web.Response:
    """Send a browser on that has told the code."""
    response = web.Response(status=303, headers={"Location": "/setup"})
    response.set_cookie(SETUP_COOKIE, cookie_of(code), httponly=True, samesite="Strict")
    return response


def _keep_invitation(request: web.Request, response: web.Response) -> web.Response:
    """Have the browser of somebody who came by an invitation keep it, for the step that asks."""
    link = request.query.get("link", "") if request.path == "/network/join" else ""
    if link and len(link) <= INVITATION_CHARS_MAX:
        value = quote(link, safe="")
        response.set_cookie(INVITATION_COOKIE, value, max_age=86_400, httponly=True, samesite="Lax")
    return response


@web.middleware
async def _door(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lead everybody to the set-up, those with the code through it, and answer errors."""
    try:
        if request.method not in SAFE_METHODS and not is_from_here(request):
            raise ForbiddenError(
                "this came from a page of another site", "open this page anew", code="cross_site"
            )
        if request.path in ("/healthz", "/setup/code") or request.path.startswith("/static/"):
            return await handler(request)
        if request.app[FOUNDED].is_set():
            return _to_the_node("/setup/restore" if request.path == "/setup/restore" else "/setup")
        if not pages.wants_html(request):
            raise ServiceError("this folder holds no lab yet", "open /setup in a browser")
        if not request.path.startswith("/setup"):
            return _keep_invitation(
                request, web.Response(status=303, headers={"Location": "/setup"})
            )
        start = request.app[START]
        if request.path != "/setup" and not knows_code(request, start.code):
            raise web.HTTPSeeOther("/setup")
        if request.path in _FOUNDING and not start.may_found:
            raise web.HTTPSeeOther("/setup")
        if request.path in _FOUNDING and request.app[RESTORATION].step:
            raise web.HTTPSeeOther("/setup/restore")
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as exc:
        error = explain(exc)
        if error.code == "defect":
            _log.exception("%s %s", request.method, request.path)
        if pages.wants_html(request):
            title = language_of(request).gettext("This did not work.")
            return render(
                request, "setup_error.html", error.http_status, title=title, said=error.message
            )
        return web.json_response(error_body(error), status=error.http_status)


@routes.get("/setup")
async def begin(request: web.Request) -> web.StreamResponse:
    """Ask for the code; who has told it goes on where the last one stopped."""
    start = request.app[START]
    if not knows_code(request, start.code):
        return ask_code(request, start.folder)
    if start.plan.name and "begin" not in request.query:
        raise web.HTTPSeeOther(f"/setup/{start.plan.step}")
    return render(request, "setup_start.html", may_found=start.may_found, begun=start.plan.name)


def ask_code(
    request: web.Request, folder: Folder, status: int = 200, problem: str = "", typed: str = ""
) -> web.StreamResponse:
    """Answer with the page that asks for the code; the one of a QR is filled in."""
    code = typed or request.query.get("code", "")[:80]
    path = folder.setup_code
    return render(request, "setup_code.html", status, code=code, problem=problem, path=path)


async def take_code(request: web.Request, folder: Folder, gate: CodeGate) -> web.StreamResponse:
    """Take the form with the code; who has told it is sent on."""
    _ = language_of(request).gettext
    typed = str((await request.post()).get("code", ""))[:80]
    try:
        if gate.is_code(typed):
            return let_in(gate.code)
        status, problem = 422, _("This is not the code.")
    except TryLaterError:
        status, problem = 429, _("Too many wrong codes: wait a few seconds.")
    return ask_code(request, folder, status, problem, typed)


@routes.post("/setup/code")
async def code(request: web.Request) -> web.StreamResponse:
    start = request.app[START]
    return await take_code(request, start.folder, start.gate)


@routes.get("/setup/lab")
async def lab(request: web.Request) -> web.StreamResponse:
    plan = request.app[START].plan
    values = {name: getattr(plan, name) for name in _FIELDS}
    if not plan.name:
        values["lang"] = language_of(request).code
    values["place"] = plan.place or place_text(plan.lat, plan.lon)
    return _lab_page(request, 200, values, {})


@routes.post("/setup/lab")
async def name_lab(request: web.Request) -> web.StreamResponse:
    form = await request.post()
    typed = {name: str(form.get(name, ""))[:4000] for name in _FIELDS}
    values, problems = read_profile(typed, _FIELDS, language_of(request))
    if problems:
        return _lab_page(request, 422, typed, problems)
    start = request.app[START]
    values["lang"] = values["lang"] or "fr"
    start.name_lab(Plan(**values, place=typed["place"].strip()))
    raise web.HTTPSeeOther(f"/setup/{start.plan.step}")


def _lab_page(
    request: web.Request, status: int, values: dict[str, Any], problems: dict[str, str]
) -> web.StreamResponse:
    shown = {name: problems.get(name, "") for name in _FIELDS}
    words = lab_words(language_of(request))
    return render(
        request, "setup_lab.html", status, at="lab", values=values, problems=shown, words=words
    )


@routes.get("/setup/words")
async def words(request: web.Request) -> web.StreamResponse:
    plan = _named(request)
    return render(
        request, "setup_words.html", at="words", name=plan.name, words=plan.words(), lang=plan.lang
    )


@routes.post("/setup/words")
async def words_written(request: web.Request) -> web.StreamResponse:
    _named(request)
    request.app[START].words_written()
    raise web.HTTPSeeOther("/setup/check")


@routes.post("/setup/words/again")
async def words_again(request: web.Request) -> web.StreamResponse:
    _named(request)
    request.app[START].show_words_again()
    raise web.HTTPSeeOther("/setup/words")


@routes.get("/setup/check")
async def check(request: web.Request) -> web.StreamResponse:
    return _check_page(request, 200, [""] * len(_named(request).asked), [])


@routes.post("/setup/check")
async def found(request: web.Request) -> web.StreamResponse:
    """Found the lab, once three words of the paper are right."""
    plan, form = _named(request), await request.post()
    typed = [str(form.get(f"word{at}", ""))[:40] for at in range(len(plan.asked))]
    if wrong := plan.wrong(typed):
        return _check_page(request, 422, typed, wrong)
    founded = request.app[FOUNDED]
    if not founded.is_set():  # a second press of the button goes where the first does
        # Quick, and nothing else may be asked of this folder meanwhile.
        request.app[START].found()
        founded.set()
    return _to_the_node()


def _to_the_node(where: str = "/setup") -> web.Response:
    """Send a browser on, over a new connection: those that it has still lead here."""
    response = web.Response(status=303, headers={"Location": where})
    response.force_close()
    return response


def _check_page(
    request: web.Request, status: int, typed: list[str], wrong: list[int]
) -> web.StreamResponse:
    plan = _named(request)
    return render(
        request,
        "setup_check.html",
        status,
        at="words",
        asked=plan.asked,
        typed=typed,
        wrong=wrong,
        name=plan.name,
    )


def _named(request: web.Request) -> Plan:
    plan = request.app[START].plan
    if not plan.name:
        raise web.HTTPSeeOther("/setup/lab")
    return plan


def make_first_app(start: FirstStart) -> web.Application:
    """Everything that is served before there is a lab."""
    from fedlab.node.web import restoring  # late: it knows us

    app = web.Application(middlewares=[progress, _door], client_max_size=BODY_BYTES_MAX)
    app[START] = start
    app[FOUNDED] = asyncio.Event()
    pages.setup(app)
    app[RESTORATION] = Restoration(start.folder)
    app.router.add_routes(restoring.routes)
    app.router.add_routes(routes)
    app.router.add_get("/healthz", healthz)
    dress(app)
    app.router.add_get("/{rest:.*}", begin)
    return app


async def serve_first_start(
    folder: Folder,
    host: str,
    port: int,
    stop: asyncio.Event,
    ready: Callable[[str, int], None],
) -> socket.socket | None:
    """Serve the first start until a lab is founded; return the socket that goes on listening.

    None when `stop` came first. Raises OSError when the port is taken.
    """
    start = FirstStart(folder, time.monotonic)
    app = make_first_app(start)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kept = socket.create_server((host, port), family=family, backlog=128)
    try:
        async with listen(app, host, port, sock=kept.dup()) as (_, bound):
            ready(start.code, bound)
            async with watched(lambda: asyncio.sleep(0)):
                ends = [asyncio.ensure_future(event.wait()) for event in (stop, app[FOUNDED])]
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for end in ends:
                    end.cancel()
    except BaseException:
        kept.close()
        raise
    if app[FOUNDED].is_set():
        return kept
    kept.close()
    return None
