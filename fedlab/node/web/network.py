"""The network page: peers and how fresh they are, invitations, vouches, blocks, budgets.

Whoever may see the network sees it; whoever looks after peers finds the forms on the same page.
"""

import io
from collections.abc import Mapping
from typing import Any, Final

import segno
from aiohttp import web
from markupsafe import Markup

from fedlab.node.addresses import is_only_here
from fedlab.node.errors import ServiceError
from fedlab.node.numbers import whole
from fedlab.node.service.network import InvitationSeen
from fedlab.node.web.access import local_path
from fedlab.node.web.i18n import Language
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import language_of, render
from fedlab.protocol.limits import URL_CHARS_MAX, URLS_MAX

routes = web.RouteTableDef()

LINK_CHARS_MAX: Final = URL_CHARS_MAX * (URLS_MAX + 2)


@routes.get("/network")
async def network(request: web.Request) -> web.StreamResponse:
    return await network_page(request)


async def network_page(request: web.Request, status: int = 200, **said: Any) -> web.StreamResponse:
    """Return the page; `said` is what has just gone wrong, or came of a bundle."""
    node, language = node_of(request), language_of(request)
    shown = await node.read(node.service.network.show)
    context: dict[str, Any] = {"problem": "", "problems": [], "done": _done(request, language)}
    return render(
        request,
        "network.html",
        status,
        page="network",
        network=shown,
        size_text=lambda size: size_text(language, size),
        **{**context, **said},
    )


def _done(request: web.Request, language: Language) -> str:
    """Return what the last form has done, in words."""
    _, query = language.gettext, request.query
    words = {
        "invite": _("The open invitations are withdrawn."),
        "vouch": _("This lab now vouches for it."),
        "unvouch": _("This lab does not vouch for it any more."),
        "block": _("The lab is blocked here."),
        "unblock": _("The lab is no longer blocked here."),
        "join": _("The two labs are joined. What the other offers arrives within moments."),
        "bundle": _(
            "The file is read: %(entries)s new entries, of %(labs)s labs.",
            entries=_count(query, "entries"),
            labs=_count(query, "labs"),
        ),
    }
    return words.get(query.get("done", ""), "")


def _count(query: Mapping[str, str], name: str) -> int:
    return whole(query.get(name, "")) or 0


def size_text(language: Language, size: int) -> str:
    """How much room something takes: `12 Mo`."""
    _ = language.gettext
    megabytes = size / 2**20
    if megabytes >= 1024:
        return _("%(count)s GB", count=language.number(round(megabytes / 1024, 1)))
    return _("%(count)s MB", count=language.number(round(megabytes, 1 if megabytes < 10 else 0)))


# --- Inviting -------------------------------------------------------------------------------------


@routes.post("/network/invite")
async def invite(request: web.Request) -> web.StreamResponse:
    """Make an invitation and show it, this once: as link, as QR, as a card to print."""
    node = node_of(request)
    answer = await node.call("invite", {})
    shown = await node.read(node.service.network.show)
    response = render(
        request,
        "invitation.html",
        page="network",
        link=answer["url"],
        qr=qr_code(answer["url"]),
        days=shown.invite_days,
        words=shown.words[language_of(request).code],
        only_here=is_only_here(answer["url"]),
    )
    response.headers["Cache-Control"] = "no-store"  # it lets a lab in
    return response


def qr_code(text: str) -> Markup:
    """Return a QR code as SVG that stands in the page; black on white in any theme."""
    drawn = io.BytesIO()
    segno.make(text, micro=False, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, light="#fff"
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704  drawn by us, of modules alone


@routes.post("/network/withdraw")
async def withdraw(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    await node.write(node.service.network.withdraw)
    raise web.HTTPSeeOther("/network?done=invite")


# --- Joining --------------------------------------------------------------------------------------


@routes.get("/network/join")
async def join_form(request: web.Request) -> web.StreamResponse:
    """Show the form; a link that came along, as from the inviting lab's page, is read at once."""
    node, where = node_of(request), _where(request.query)
    link = request.query.get("link", "").strip()[: LINK_CHARS_MAX + 1]
    if not link:
        return _join_page(request, where=where)
    try:
        seen = await node.read(node.service.network.read_invitation, link)
    except ServiceError as exc:
        return _join_page(request, 422, link=link, where=where, problem=exc)
    return _join_page(request, link=link, where=where, seen=seen)


@routes.post("/network/join")
async def join(request: web.Request) -> web.StreamResponse:
    """First show what the link says and what follows; joined is only who has agreed to that."""
    node, form = node_of(request), await request.post()
    link, where = str(form.get("link", "")).strip()[: LINK_CHARS_MAX + 1], _where(form)
    try:
        seen = await node.read(node.service.network.read_invitation, link)
        if form.get("confirm") != "1":
            return _join_page(request, link=link, where=where, seen=seen)
        await node.join(link)
    except ServiceError as exc:
        return _join_page(request, 422, link=link, where=where, problem=exc)
    raise web.HTTPSeeOther(where or "/network?done=join")


def _where(given: Mapping[str, Any]) -> str:
    """Return where to go on afterwards, if that is a page of ours."""
    wanted = str(given.get("next", ""))
    return local_path(wanted) if wanted else ""


def _join_page(
    request: web.Request,
    status: int = 200,
    *,
    link: str = "",
    where: str = "",
    seen: InvitationSeen | None = None,
    problem: ServiceError | None = None,
) -> web.StreamResponse:
    language = language_of(request)
    return render(
        request,
        "network_join.html",
        status,
        page="network",
        link=link,
        where=where,
        seen=seen,
        words=seen.words[language.code] if seen else [],
        problem=join_problem(language, problem) if problem else "",
        said=problem.message if problem else "",
    )


def join_problem(language: Language, exc: ServiceError) -> str:
    """Say why a lab could not be joined, and the way out."""
    _ = language.gettext
    return {
        "no_invitation": _(
            "This is not an invitation link. Copy the whole of it, with everything "
            "that stands after “join”."
        ),
        "own_lab": _("This invitation is this lab’s own. Give it to another lab."),
        "other_network": _("This invitation is for another network than this lab’s."),
        "conflict": _("This lab is blocked here. Take the block back first, on the network page."),
        "not_invited": _(
            "The other lab does not know this invitation any more: it was used, "
            "withdrawn, or has ended. Ask for a new one."
        ),
        "try_later": _(
            "The other lab does not answer. Ask whether its node runs and can be "
            "reached from here, then try again."
        ),
        "drafted": _("This lab cannot sign now. See what needs attention."),
    }.get(exc.code, _("The other lab refused. Ask its people for a new invitation."))


# --- Vouching and blocking ------------------------------------------------------------------------


async def _do(request: web.Request, name: str) -> web.StreamResponse:
    """Do one call about one lab; a refusal is said on the page."""
    form, _ = await request.post(), language_of(request).gettext
    try:
        await node_of(request).call(name, {"lab": str(form.get("lab", ""))[:64]})
    except ServiceError as exc:
        said = {
            "conflict": _("This lab is blocked here. Take the block back first."),
            "drafted": _("This lab cannot sign now. See what needs attention."),
        }.get(exc.code, _("This lab is not known here, or has just gone."))
        return await network_page(request, 422, problem=said)
    raise web.HTTPSeeOther(f"/network?done={name}")


@routes.post("/network/vouch")
async def vouch(request: web.Request) -> web.StreamResponse:
    return await _do(request, "vouch")


@routes.post("/network/unvouch")
async def unvouch(request: web.Request) -> web.StreamResponse:
    return await _do(request, "unvouch")


@routes.post("/network/block")
async def block(request: web.Request) -> web.StreamResponse:
    return await _do(request, "block")


@routes.post("/network/unblock")
async def unblock(request: web.Request) -> web.StreamResponse:
    return await _do(request, "unblock")
