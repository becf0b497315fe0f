"""Signing in and out, by name and password, by a one-time link or by a printed card."""

import time
from typing import Final

from aiohttp import web

from fedlab.node.members import passwords
from fedlab.node.members.backoff import FREE_FAILURES_OF_ADDRESS, Backoff
from fedlab.node.members.people import fold
from fedlab.node.web.access import SESSION_COOKIE, local_path, person_of, sign_in
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import render

routes = web.RouteTableDef()

# Guesses at one account, from wherever; and from one address, at whichever account.
_OF_ACCOUNT: Final = web.AppKey("backoff_of_account", Backoff)
_OF_ADDRESS: Final = web.AppKey("backoff_of_address", Backoff)


def setup(app: web.Application) -> None:
    """Give the application its memory of failed guesses."""
    app[_OF_ACCOUNT] = Backoff()
    app[_OF_ADDRESS] = Backoff(FREE_FAILURES_OF_ADDRESS)


@routes.get("/login")
async def login_page(request: web.Request) -> web.StreamResponse:
    where = local_path(request.query.get("next", "/"))
    if person_of(request).id is not None:
        raise web.HTTPSeeOther(where)
    return await _login_form(request, where=where)


async def _login_form(
    request: web.Request, *, where: str, name: str = "", problem: str = "", wait_s: int = 0
) -> web.StreamResponse:
    has_any = await node_of(request).read(node_of(request).service.members.has_any)
    return render(
        request,
        "login.html",
        422 if problem else 200,
        page="login",
        where=where,
        name=name,
        problem=problem,
        wait_s=wait_s,
        has_any=has_any,
    )


@routes.post("/login")
async def login(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    form = await request.post()
    name, password = str(form.get("name", "")), str(form.get("password", ""))
    where = local_path(str(form.get("next", "/")))
    now = time.monotonic()
    guessing = [(request.app[_OF_ACCOUNT], fold(name)), (request.app[_OF_ADDRESS], _from(request))]
    wait_s = max(backoff.wait_s(key, now) for backoff, key in guessing)
    if wait_s:
        # Not even looked at: a right guess among the wrong ones must not shine through.
        return await _login_form(
            request, where=where, name=name, problem="wait", wait_s=int(wait_s) + 1
        )
    # Counted before the password is looked at, so that many at once are counted too.
    for backoff, key in guessing:
        backoff.failed(key, now)
    member, phc = await node.read(node.service.members.to_sign_in, name)
    right = await passwords.is_right(password, phc)
    if member is None or not phc or not right:
        await node.write(node.service.members.note, None, "login refused", _from(request))
        return await _login_form(request, where=where, name=name, problem="wrong")
    for backoff, key in guessing:
        backoff.succeeded(key)
    response = web.HTTPSeeOther(where)
    await sign_in(request, response, member.id)
    await node.write(node.service.members.note, member.id, "login")
    raise response


def _from(request: web.Request) -> str:
    return request.remote or ""


@routes.post("/logout")
async def logout(request: web.Request) -> web.StreamResponse:
    node, person = node_of(request), person_of(request)
    if person.id is not None and person.session is not None:
        await node.write(node.service.members.end_session, person.id, person.session)
    response = web.HTTPSeeOther("/")
    response.del_cookie(SESSION_COOKIE)
    raise response
