"""Settings: what the lab says of itself; and what fedlab says of itself."""

from typing import Any, Final

import msgspec
from aiohttp import web

from fedlab import __version__
from fedlab.node.service.profile import ProfileChange
from fedlab.node.web.keys import node_of
from fedlab.node.web.labwords import lab_words
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.profileform import TEXTS, place_text, read_profile

routes = web.RouteTableDef()
FIELDS: Final = (*TEXTS, "place", "kind", "form", "vat", "mobility", "lang")
# Two that answer would do; a few more still fit on the sheet.
PAPER_PEERS: Final = 6
LICENCE: Final = "AGPL-3.0-or-later"


@routes.get("/settings")
async def settings(request: web.Request) -> web.StreamResponse:
    own = node_of(request).service.own()
    values = {name: getattr(own, name) for name in FIELDS if name != "place"}
    values["place"] = place_text(own.lat, own.lon)
    return _page(request, 200, values, {})


@routes.post("/settings")
async def save(request: web.Request) -> web.StreamResponse:
    node, form = node_of(request), await request.post()
    typed = {name: str(form.get(name, ""))[:4000] for name in FIELDS}
    values, problems = read_profile(typed, FIELDS, language_of(request))
    if problems:
        return _page(request, 422, typed, problems)
    change = {name: value or None for name, value in values.items() if name not in ("lat", "lon")}
    change |= {"lat": values["lat"], "lon": values["lon"]}
    await node.call("profile_set", {"change": msgspec.to_builtins(ProfileChange(**change))})
    raise web.HTTPSeeOther("/settings?saved=1")


def _page(
    request: web.Request, status: int, values: dict[str, Any], problems: dict[str, str]
) -> web.StreamResponse:
    return render(
        request,
        "settings.html",
        status,
        page="settings",
        values=values,
        problems={name: problems.get(name, "") for name in FIELDS},
        words=lab_words(language_of(request)),
        saved=status == 200 and "saved" in request.query,
        wrong=bool(problems),
    )


@routes.get("/settings/paper")
async def paper(request: web.Request) -> web.StreamResponse:
    """The sheet to print once the lab is founded: who it is, and who knows it."""
    node = node_of(request)
    peers = await node.read(node.service.network.peers)
    known = [peer for peer in peers if peer.url][:PAPER_PEERS]
    return render(request, "paper.html", page="settings", peers=known, urls=node.urls)


@routes.get("/about")
async def about(request: web.Request) -> web.StreamResponse:
    urls = node_of(request).urls
    return render(
        request, "about.html", page="about", version=__version__, licence=LICENCE, urls=urls
    )
