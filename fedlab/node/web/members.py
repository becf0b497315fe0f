"""The members' list for managers: add, change, let in by link or card, end; and who did what."""

import time
from typing import Any, Final

import segno
from aiohttp import web

from fedlab.formats.tables import FileError
from fedlab.node.days import today
from fedlab.node.errors import BadRequestError, ConflictError, ForbiddenError, ServiceError
from fedlab.node.members.people import Member
from fedlab.node.members.roles import Role, grants
from fedlab.node.numbers import whole
from fedlab.node.web.access import person_of
from fedlab.node.web.account import number_of
from fedlab.node.web.journalwords import line_of
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.rolewords import role_name
from fedlab.node.web.sentences import told
from fedlab.protocol.limits import MEMBERS_LISTED_MAX

routes = web.RouteTableDef()

FIELDS: Final = ("name", "email", "ends", "number", "login", "role")
_EMPTY: Final = {**dict.fromkeys(FIELDS, ""), "role": str(Role.MEMBER)}
# Clicks on one page.
CLICKS: Final = 100


def _words(request: web.Request) -> dict[str, Any]:
    """What every page about members says people by."""
    language = language_of(request)
    return {
        "page": "members",
        "today": today(),
        "day": lambda day: language.days(day, day),
        "role_name": lambda role: role_name(language, role),
        "roles": [role for role in Role if grants(person_of(request).role, role)],
    }


async def _form_of(request: web.Request) -> dict[str, str]:
    typed = await request.post()
    return {field: str(typed.get(field, "")) for field in FIELDS}


def _problem(request: web.Request, exc: ServiceError) -> dict[str, str]:
    """Which field a refusal is about, and what to say beside it."""
    _ = language_of(request).gettext
    said = {
        "name": _("A name is needed, of 120 characters at most."),
        "email": _("This is no e-mail address."),
        "ends": _("This is no day: write it as 2026-12-31."),
        "number": _("This is too long."),
        "login": _("Somebody else signs in by this name: choose another."),
        "role": _("You may not give this role."),
    }
    field = exc.code if exc.code in said else "other"
    if isinstance(exc, ForbiddenError):
        field = "role"
    if exc.code == "last_admin":
        other = _("Nobody would be left to look after this lab’s accounts.")
    else:
        other = told(language_of(request), exc.message, exc.hint)
    return {"problem": field, "problem_text": said.get(field, other)}


@routes.get("/members")
async def members(request: web.Request) -> web.StreamResponse:
    return await _list(request, _EMPTY)


async def _list(request: web.Request, form: dict[str, str], **problem: str) -> web.StreamResponse:
    node, q = node_of(request), request.query.get("q", "")
    found = await node.read(node.service.members.find, q, MEMBERS_LISTED_MAX)
    said = {"problem": "", "problem_text": "", **problem}
    status = 422 if problem else 200
    return render(
        request, "members.html", status, q=q, members=found, form=form, **said, **_words(request)
    )


@routes.post("/members")
async def add(request: web.Request) -> web.StreamResponse:
    node, form = node_of(request), await _form_of(request)
    giver = person_of(request).role
    try:
        made = await node.write(lambda: node.service.members.add(giver, **form))
    except ServiceError as exc:
        return await _list(request, form, **_problem(request, exc))
    raise web.HTTPSeeOther(f"/members/{made.id}")


@routes.get("/members/{number}")
async def member(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    return _member(request, await node.read(node.service.members.get, number_of(request)))


def _member(
    request: web.Request, found: Member, status: int = 200, **more: Any
) -> web.StreamResponse:
    form = {**found._asdict(), "login": found.login or ""}
    said = {"problem": "", "problem_text": "", "secret_url": "", "kind": "", "form": form}
    ours = grants(person_of(request).role, found.role)
    context = {**_words(request), **said, **more}
    return render(request, "member.html", status, member=found, is_ours=ours, **context)


@routes.post("/members/{number}")
async def change(request: web.Request) -> web.StreamResponse:
    node, form, number = node_of(request), await _form_of(request), number_of(request)
    giver = person_of(request).role
    try:
        await node.write(lambda: node.service.members.change(giver, number, **form))
    except ServiceError as exc:
        found = await node.read(node.service.members.get, number)
        return _member(request, found, 422, **{**_problem(request, exc), "form": form})
    raise web.HTTPSeeOther("/members")


@routes.post("/members/{number}/end")
async def end(request: web.Request) -> web.StreamResponse:
    node, number = node_of(request), number_of(request)
    try:
        await node.write(node.service.members.end, person_of(request).role, number)
    except ConflictError as exc:
        found = await node.read(node.service.members.get, number)
        return _member(request, found, 422, **_problem(request, exc))
    raise web.HTTPSeeOther("/members")


@routes.post("/members/{number}/back")
async def come_back(request: web.Request) -> web.StreamResponse:
    node, number = node_of(request), number_of(request)
    await node.write(node.service.members.come_back, person_of(request).role, number)
    raise web.HTTPSeeOther(f"/members/{number}")


@routes.post("/members/{number}/link")
async def link(request: web.Request) -> web.StreamResponse:
    return await _key(request, "link")


@routes.post("/members/{number}/card")
async def card(request: web.Request) -> web.StreamResponse:
    return await _key(request, "card")


async def _key(request: web.Request, kind: str) -> web.StreamResponse:
    """Show a new link or card, this once: only its hash is kept."""
    node, number = node_of(request), number_of(request)
    make = node.service.members.make_key
    secret = await node.write(make, person_of(request).role, number, kind)
    found = await node.read(node.service.members.get, number)
    url = f"{request.scheme}://{request.host}/enter/{secret}"
    qr = segno.make(url, micro=False, error="m").svg_data_uri(scale=4, dark="#000", light="#fff")
    return _member(request, found, secret_url=url, kind=kind, qr=qr)


@routes.get("/members/import")
async def import_page(request: web.Request) -> web.StreamResponse:
    return render(request, "members_import.html", page="members", done=None, problem="")


@routes.post("/members/import")
async def import_list(request: web.Request) -> web.StreamResponse:
    node, giver = node_of(request), person_of(request).role
    upload = (await request.post()).get("file")
    data = upload.file.read() if isinstance(upload, web.FileField) else b""
    done, problem = None, ""
    try:
        done = await node.write(node.service.member_lists.run, giver, data)
    except (FileError, BadRequestError):
        problem = "file"
    status = 422 if problem else 200
    return render(
        request, "members_import.html", status, page="members", done=done, problem=problem
    )


@routes.get("/journal")
async def journal(request: web.Request) -> web.StreamResponse:
    node, at = node_of(request), whole(request.query.get("before", ""))
    clicks = await node.read(node.service.members.journal, CLICKS, at)
    older = f"/journal?before={clicks[-1].at}" if len(clicks) == CLICKS else ""
    return render(
        request,
        "journal.html",
        page="members",
        clicks=[(one, line_of(language_of(request), one.what, one.subject)) for one in clicks],
        older=older,
        now=time.time(),
    )
