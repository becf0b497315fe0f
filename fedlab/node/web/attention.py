"""What needs attention: counted in the menu for whoever can act on it, each with its remedy."""

import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from fedlab.node.members.roles import Right
from fedlab.node.service.attention import Trouble
from fedlab.node.web.access import person_of
from fedlab.node.web.keys import ATTENTION, node_of
from fedlab.node.web.pages import language_of, render, wants_html
from fedlab.node.web.troubles import trouble_text

routes = web.RouteTableDef()
_log = logging.getLogger("fedlab.web")


@web.middleware
async def attention(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count what needs attention, for the menu of those who see to it."""
    if wants_html(request) and person_of(request).may(Right.SEE_DESK):
        node = node_of(request)
        try:
            found = await node.read(node.service.attention.recent)
        except Exception:  # no page may fail because a number beside it cannot be counted
            _log.exception("what needs attention could not be looked up")
            found = []
        request[ATTENTION] = len(_of_person(request, found))
    return await handler(request)


@routes.get("/attention")
async def attention_page(request: web.Request) -> web.StreamResponse:
    node, language = node_of(request), language_of(request)
    answer = await node.read(node.service.attention.all)
    found = _of_person(request, answer.troubles)
    request[ATTENTION] = len(found)
    troubles = [trouble_text(language, trouble) for trouble in found]
    return render(request, "attention.html", page="attention", troubles=troubles)


def _of_person(request: web.Request, troubles: list[Trouble]) -> list[Trouble]:
    """Return the troubles that whoever asks can do something about."""
    may = person_of(request).may
    return [trouble for trouble in troubles if may(trouble.right)]
