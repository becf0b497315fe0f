"""The outbox on a page, and how its mails are sent."""

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from fedlab.node.errors import BadRequestError, NotFoundError
from fedlab.node.mail import MailError, MailSettings, is_email, send_mail
from fedlab.node.members.roles import Right
from fedlab.node.numbers import whole
from fedlab.node.web.access import person_of
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import render

routes = web.RouteTableDef()


@routes.get("/counter/reminders")
async def reminders(request: web.Request) -> web.StreamResponse:
    """Whom to remind, by telephone where no mail goes."""
    node = node_of(request)
    found = await node.call("counter_reminders", {})
    mail = await node.read(node.service.reminders.mail)
    return render(
        request,
        "counter_reminders.html",
        page="counter",
        waiting=[one for one in found["reminders"] if one["done_at"] is None],
        done=[one for one in found["reminders"] if one["done_at"] is not None],
        has_mail=mail is not None,
        may_settings=person_of(request).may(Right.SETTINGS),
    )


@routes.post("/counter/reminders/{reminder}/told")
async def told(request: web.Request) -> web.StreamResponse:
    text = request.match_info["reminder"]
    if (reminder := whole(text)) is None:
        raise NotFoundError(f"there is no reminder {text!r}", "see the counter")
    await node_of(request).call("counter_told", {"reminder": reminder})
    raise web.HTTPSeeOther("/counter/reminders")


@routes.get("/counter/mail")
async def mail(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    known = await node.read(node.service.reminders.mail)
    typed = (
        {name: str(value) for name, value in msgspec.structs.asdict(known).items()} if known else {}
    )
    return _mail_page(request, typed, said=request.query.get("said", ""))


@routes.post("/counter/mail")
async def set_mail(request: web.Request) -> web.StreamResponse:
    """Keep the settings; with `to`, send a trial mail there first and keep them if it went."""
    node = node_of(request)
    sent = await request.post()
    if sent.get("off"):
        await node.write(node.service.reminders.set_mail, None)
        raise web.HTTPSeeOther("/counter/mail?said=off")
    known = await node.read(node.service.reminders.mail)
    try:
        settings = _settings(sent, known)
        await node.read(node.service.reminders.check_mail, settings)
        if trial := str(sent.get("to", "")).strip():
            await _try(request, settings, trial)
    except BadRequestError as exc:
        return _mail_page(request, sent, problem=exc.code)
    except MailError as exc:
        return _mail_page(request, sent, problem="refused", answer=exc.text)
    await node.write(node.service.reminders.set_mail, settings)
    raise web.HTTPSeeOther("/counter/mail?said=" + ("sent" if trial else "kept"))


async def _try(request: web.Request, settings: MailSettings, to: str) -> None:
    if not is_email(to):
        raise BadRequestError("this is not a mail address", "correct it", code="to")
    name = node_of(request).service.own().name
    await send_mail(settings, name, to, f"fedlab, {name}", "fedlab → " + to + "\n")


def _settings(sent: Mapping[str, Any], known: MailSettings | None) -> MailSettings:
    """Return the settings as typed; an empty password is the one that is kept, of that server."""
    port = whole(str(sent.get("port", "")).strip())
    typed = {
        name: str(sent.get(name, "")).strip() for name in ("host", "sender", "user", "security")
    }
    password = str(sent.get("password", ""))
    if not password and known and (known.host, known.user) == (typed["host"], typed["user"]):
        password = known.password
    if port is None:
        raise BadRequestError("port cannot be this", "correct it", code="port")
    try:
        return msgspec.convert({**typed, "port": port, "password": password}, MailSettings)
    except msgspec.ValidationError as exc:
        raise BadRequestError(str(exc), "correct it", code="security") from exc


def _mail_page(
    request: web.Request,
    typed: Mapping[str, Any],
    *,
    problem: str = "",
    answer: str = "",
    said: str = "",
) -> web.StreamResponse:
    shown = {"host": "", "port": "587", "security": "starttls", "user": "", "sender": "", "to": ""}
    # A password is never sent back to a browser.
    shown |= {name: str(typed[name]) for name in shown if name in typed}
    return render(
        request,
        "counter_mail.html",
        422 if problem else 200,
        page="counter",
        typed=shown,
        problem=problem,
        answer=answer,
        said=said,
    )
