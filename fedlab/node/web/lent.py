"""Who has an item, for pages of people who work at the counter."""

from typing import Any

from aiohttp import web

from fedlab.node.days import today
from fedlab.node.members.roles import Right
from fedlab.node.service.answers import ItemAnswer
from fedlab.node.web.access import person_of
from fedlab.node.web.keys import node_of
from fedlab.node.web.loansteps import next_word, step_text
from fedlab.node.web.pages import language_of


async def loans_of(request: web.Request, item: ItemAnswer) -> list[dict[str, Any]] | None:
    """Return an own item's loans; None for whoever the counter is no business of."""
    if item.lab != node_of(request).service.opened.lab or not person_of(request).may(Right.LEND):
        return None
    return await out_of(request, item)


async def between_of(
    request: web.Request, item: ItemAnswer
) -> list[tuple[dict[str, Any], dict[str, Any], str]]:
    """Return an item's loans with other labs, the line and the move that is next at a counter.

    What is agreed for a later day has none: the button is for who stands there today.
    """
    if not person_of(request).may(Right.LEND):
        return []
    node, language = node_of(request), language_of(request)
    here, found = node.service.opened.lab, []
    for loan in (await node.call("loan_of_item", {"item": item.item}))["loans"]:
        later = loan["state"] == "agreed" and loan["day_from"] > today()
        word = "" if later else next_word(loan, here)
        shown = loan | {"step": step_text(language, loan, here)}
        for line in loan["lines"]:
            if line["item"] == item.item:
                found.append((shown, line, word if word in line["left"] else ""))
    return sorted(found, key=lambda one: (not one[2], one[0]["day_from"]))


async def out_of(request: web.Request, item: ItemAnswer) -> list[dict[str, Any]]:
    """Return what of an own item is out."""
    found = await node_of(request).call("counter_list", {"item": item.code})
    loans: list[dict[str, Any]] = found["loans"]
    return loans
