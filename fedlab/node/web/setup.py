"""The first start goes on in the node: the first account, then inventory and network.

Until there is an account these pages ask for the set-up code; from then on, for the administrator.
The step somebody has come to is kept, so that the set-up can be left and resumed.
"""

import time
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

from aiohttp import web

from fedlab.node.errors import NotFoundError, ServiceError
from fedlab.node.firststart import CodeGate, keep_code
from fedlab.node.members import passwords
from fedlab.node.members.roles import Right
from fedlab.node.web.access import person_of, sign_in
from fedlab.node.web.firststart import (
    INVITATION_COOKIE,
    SETUP_COOKIE,
    ask_code,
    knows_code,
    render,
    take_code,
)
from fedlab.node.web.keys import NODE, SETUP, SetUp, node_of
from fedlab.node.web.pages import language_of
from fedlab.protocol.limits import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN

routes = web.RouteTableDef()
GATE: web.AppKey[CodeGate] = web.AppKey("setup_gate", CodeGate)
STEP_KEY: Final = "setup_step"
STEPS: Final = ("import", "join", "done")


def setup(app: web.Application) -> None:
    """Give the application the code that an unclaimed lab asks for, and the step it has come to."""
    app[GATE] = CodeGate("", time.monotonic)
    app[SETUP] = SetUp()
    app.on_startup.append(_look)


async def _look(app: web.Application) -> None:
    node = app[NODE]
    step = await node.read(node.service.store.settings.get, STEP_KEY, "")
    app[SETUP].step = "" if step == STEPS[-1] else step


async def _come_to(request: web.Request, step: str) -> None:
    node = node_of(request)
    await node.write(node.service.store.settings.set, STEP_KEY, step)
    request.app[SETUP].step = "" if step == STEPS[-1] else step


@routes.get("/setup")
async def begin(request: web.Request) -> web.StreamResponse:
    """Ask for the code while there is no account; then go on where the set-up stopped."""
    node = node_of(request)
    if not await node.read(node.service.members.has_any):
        gate = _gate(request)
        if not knows_code(request, gate.code):
            return ask_code(request, node.service.folder)
        raise web.HTTPSeeOther("/setup/account")
    if not person_of(request).may(Right.SETTINGS):
        raise web.HTTPSeeOther("/login?next=/setup")
    step = await node.read(node.service.store.settings.get, STEP_KEY, STEPS[0])
    raise web.HTTPSeeOther(f"/setup/{step}")


@routes.post("/setup/code")
async def code(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    if await node.read(node.service.members.has_any):
        raise web.HTTPSeeOther("/setup")
    return await take_code(request, node.service.folder, _gate(request))


@routes.get("/setup/account")
async def account(request: web.Request) -> web.StreamResponse:
    await _check_unclaimed(request)
    return _account_page(request, 200, {}, {})


@routes.post("/setup/account")
async def make_account(request: web.Request) -> web.StreamResponse:
    """Make the first account, sign its owner in, and let the code end."""
    await _check_unclaimed(request)
    node, form = node_of(request), await request.post()
    _ = language_of(request).gettext
    typed = {name: str(form.get(name, ""))[:500] for name in ("name", "login", "password")}
    problems: dict[str, str] = {}
    if not typed["name"].strip():
        problems["name"] = _("Give your name.")
    if not typed["login"].strip():
        problems["login"] = _("Give a name to sign in with.")
    if len(typed["password"]) < PASSWORD_CHARS_MIN:
        problems["password"] = _("This password is too short.")
    elif len(typed["password"]) > PASSWORD_CHARS_MAX:
        problems["password"] = _("This password is too long.")
    if problems:
        return _account_page(request, 422, typed, problems)
    hashed = await passwords.hash_password(typed["password"])
    add = node.service.members.add_first
    try:
        member = await node.write(add, typed["name"], typed["login"], hashed)
    except ServiceError as exc:
        field = exc.code if exc.code in typed else "login"
        return _account_page(request, 422, typed, {field: _("This name cannot be used.")})
    node.service.folder.setup_code.unlink(missing_ok=True)
    await _come_to(request, STEPS[0])
    response = web.Response(status=303, headers={"Location": "/setup"})
    await sign_in(request, response, member)
    response.del_cookie(SETUP_COOKIE)
    return response


def _account_page(
    request: web.Request, status: int, typed: dict[str, Any], problems: dict[str, str]
) -> web.StreamResponse:
    names = ("name", "login", "password")
    return render(
        request,
        "setup_account.html",
        status,
        at="account",
        values={name: typed.get(name, "") for name in names},
        problems={name: problems.get(name, "") for name in names},
        chars_min=PASSWORD_CHARS_MIN,
        chars_max=PASSWORD_CHARS_MAX,
    )


@routes.get("/setup/restore")
async def restored(request: web.Request) -> web.StreamResponse:
    """Say that the lab is back, to the browser that has waited for it."""
    node = node_of(request)
    own = node.service.own()
    if not (await node.read(node.service.store.own_chain)).epoch:
        raise web.HTTPSeeOther("/setup")  # this lab was never restored
    claimed = await node.read(node.service.members.has_any)
    return render(request, "setup_restored.html", name=own.name, claimed=claimed)


@routes.get("/setup/{step}")
async def step(request: web.Request) -> web.StreamResponse:
    """Show a step that stands open for the administrator."""
    node, at = node_of(request), _step(request, STEPS)
    known: dict[str, Any] = {}
    if at == "done":
        await _come_to(request, at)
    elif at == "import":
        counts = await node.read(node.service.store.projections.counts)
        known = {"items": counts.get(node.service.opened.lab, 0)}
    else:
        peers = await node.read(node.service.peers.all)
        names = await node.read(node.service.opened.lab_names)
        known = {
            "joined": [names.get(lab, "") for lab in peers.vouched],
            "link": unquote(request.cookies.get(INVITATION_COOKIE, "")),
            "address": node.url,
        }
    name = node.service.own().name
    at_step = "" if at == "done" else at
    return render(request, f"setup_{at}.html", at=at_step, name=name, **known)


@routes.post("/setup/{step}")
async def go_on(request: web.Request) -> web.StreamResponse:
    """Leave a step behind, done or not: it can be taken up at any time from the menus."""
    at = _step(request, STEPS[:-1])
    following = STEPS[STEPS.index(at) + 1]
    await _come_to(request, following)
    raise web.HTTPSeeOther(f"/setup/{following}")


def _step(request: web.Request, steps: Sequence[str]) -> str:
    at = request.match_info["step"]
    if at not in steps:
        raise NotFoundError("there is no such step", "go to /setup")
    return at


def _gate(request: web.Request) -> CodeGate:
    gate = request.app[GATE]
    if not gate.code:  # a lab founded by a command has no code before somebody asks for it
        gate.code = keep_code(node_of(request).service.folder)
    return gate


async def _check_unclaimed(request: web.Request) -> None:
    """Send away whoever has not told the code, and everybody once there is an account."""
    node = node_of(request)
    claimed = await node.read(node.service.members.has_any)
    if claimed or not knows_code(request, _gate(request).code):
        raise web.HTTPSeeOther("/setup")
