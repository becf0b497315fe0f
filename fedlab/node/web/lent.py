"""Who has an item, for pages of people who work at the counter."""

from typing import Any

from aiohttp import web

from fedlab.node.members.roles import Right
from fedlab.node.service.answers import ItemAnswer
from fedlab.node.web.access import person_of
from fedlab.node.web.keys import node_of


async def loans_of(request: web.Request, item: ItemAnswer) -> list[dict[str, Any]] | None:
    """Return an own item's loans; None for whoever the counter is no business of."""
    if item.lab != node_of(request).service.opened.lab or not person_of(request).may(Right.LEND):
        return None
    return await out_of(request, item)


async def out_of(request: web.Request, item: ItemAnswer) -> list[dict[str, Any]]:
    """Return what of an own item is out."""
    found = await node_of(request).call("counter_list", {"item": item.code})
    loans: list[dict[str, Any]] = found["loans"]
    return loans
