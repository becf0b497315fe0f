"""My account: my devices, my password, my programs; and the doors that links and cards open."""

import time

from aiohttp import web

from fedlab.node.errors import ServiceError
from fedlab.node.members import passwords
from fedlab.node.members.roles import RIGHTS, TOKEN_RIGHTS
from fedlab.node.numbers import whole
from fedlab.node.web.access import person_of, sign_in
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.rolewords import right_name, role_name
from fedlab.protocol.limits import PASSWORD_CHARS_MIN

routes = web.RouteTableDef()


def number_of(request: web.Request) -> int:
    """Return the number in a path; one that is no number is nobody's."""
    return whole(request.match_info["number"]) or 0


@routes.get("/account")
async def account(request: web.Request) -> web.StreamResponse:
    return await account_page(request)


async def account_page(
    request: web.Request, *, problem: str = "", secret: str = "", calendar: str = ""
) -> web.StreamResponse:
    """Show the account, once with a secret that was just made, or with what was wrong."""
    members, person = node_of(request).service.members, person_of(request)
    if person.id is None:  # a program with the machine's own token has no account
        raise web.HTTPSeeOther("/members")
    member, devices, tokens = await node_of(request).read(
        lambda number: (
            members.get(number),
            members.sessions(number),
            members.tokens(number),
        ),
        person.id,
    )
    language = language_of(request)
    return render(
        request,
        "account.html",
        422 if problem else 200,
        page="account",
        member=member,
        devices=devices,
        tokens=tokens,
        rights=[right for right in TOKEN_RIGHTS if right in RIGHTS[person.role]],
        secret=secret,
        calendar=calendar,
        problem=problem,
        now=time.time(),
        password_least=PASSWORD_CHARS_MIN,
        role_name=lambda role: role_name(language, role),
        right_name=lambda right: right_name(language, right),
        day=lambda day: language.days(day, day),
    )


@routes.post("/account/password")
async def change_password(request: web.Request) -> web.StreamResponse:
    node, person = node_of(request), person_of(request)
    assert person.id is not None
    form = await request.post()
    phc = await node.read(node.service.members.password_hash, person.id)
    # Whoever finds a device left open cannot lock its owner out.
    if phc and not await passwords.is_right(str(form.get("old", "")), phc):
        return await account_page(request, problem="old")
    try:
        new = await passwords.hash_password(str(form.get("new", "")))
    except ServiceError:
        return await account_page(request, problem="new")
    await node.write(node.service.members.set_password, person.id, new, person.session)
    raise web.HTTPSeeOther("/account")


@routes.post("/account/devices/{number}/end")
async def end_device(request: web.Request) -> web.StreamResponse:
    node, person = node_of(request), person_of(request)
    assert person.id is not None
    await node.write(node.service.members.end_session, person.id, number_of(request))
    raise web.HTTPSeeOther("/account")


@routes.post("/account/tokens")
async def make_token(request: web.Request) -> web.StreamResponse:
    node, person = node_of(request), person_of(request)
    assert person.id is not None
    form = await request.post()
    scopes = [str(scope) for scope in form.getall("scope", [])]
    name = str(form.get("name", ""))
    try:
        make = node.service.members.make_token
        secret = await node.write(make, person.id, name, scopes)
    except ServiceError:
        return await account_page(request, problem="token")
    return await account_page(request, secret=secret)


@routes.post("/account/tokens/{number}/end")
async def end_token(request: web.Request) -> web.StreamResponse:
    node, person = node_of(request), person_of(request)
    assert person.id is not None
    await node.write(node.service.members.end_token, person.id, number_of(request))
    raise web.HTTPSeeOther("/account")


@routes.get("/enter/{secret}")
async def enter_page(request: web.Request) -> web.StreamResponse:
    """Ask before a link is used up: a mail program that looks at links must not use it."""
    secret = request.match_info["secret"]
    found = await node_of(request).read(node_of(request).service.members.by_key, secret)
    return _entrance(request, found)


def _entrance(request: web.Request, found: tuple[object, str] | None) -> web.StreamResponse:
    member, kind = found or (None, "")
    return render(
        request,
        "enter.html",
        200 if found else 410,
        member=member,
        kind=kind,
        action=request.path,
    )


@routes.post("/enter/{secret}")
async def enter(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    member = await node.write(node.service.members.enter, request.match_info["secret"])
    if member is None:
        return _entrance(request, None)
    response = web.HTTPSeeOther("/account")
    await sign_in(request, response, member.id)
    await node.write(node.service.members.note, member.id, "login by link or card")
    raise response
