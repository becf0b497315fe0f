"""`/api/v1`: what the service answers, for programs; every endpoint stands in one table.

Reading is open, as the pages are. Writing is for people who are signed in and for programs with
a token, by the table of `web/access.py`, and wants an `Idempotency-Key`: asked twice with one key,
the same answer comes and nothing is done again.
"""

from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web

from fedlab.node.api import counter, lending, needs
from fedlab.node.api.asking import KEY, PREFIX, WRITE_ERRORS, json_of, query_of, write
from fedlab.node.api.openapi import Endpoint, Param, describe
from fedlab.node.service.answers import (
    ItemAnswer,
    ItemDone,
    ItemsAnswer,
    LabsAnswer,
    SearchAnswer,
    StatusAnswer,
)
from fedlab.node.service.attention import AttentionAnswer
from fedlab.node.service.items import ItemChange
from fedlab.node.web.keys import node_of
from fedlab.protocol.limits import HITS_MAX

routes = web.RouteTableDef()


class NewItem(msgspec.Struct, forbid_unknown_fields=True):
    """What is said of an item, and its code if it has one already."""

    change: ItemChange
    code: str | None = None


class ChangedItem(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change: absent fields stay, null clears."""

    change: ItemChange


async def status(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("status", {}))


async def search(request: web.Request) -> web.Response:
    values = query_of(request, SEARCH_PARAMS)
    renamed = {"q": "text", "from": "date_from", "to": "date_to", "within": "within_km"}
    params = {renamed.get(name, name): value for name, value in values.items()}
    if "terms" in params:
        params["terms"] = [params["terms"]]
    return json_of(await node_of(request).call("search", params))


async def labs(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("labs", {}))


async def items(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("item_list", query_of(request, ITEMS_PARAMS)))


async def attention(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("attention", {}))


async def item(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("item_show", {"item": _item_of(request)}))


async def add_item(request: web.Request) -> web.Response:
    return await write(request, "item_add", {}, HTTPStatus.CREATED)


async def set_item(request: web.Request) -> web.Response:
    return await write(request, "item_set", {"item": _item_of(request)}, HTTPStatus.OK)


async def retire_item(request: web.Request) -> web.Response:
    return await write(request, "item_retire", {"item": _item_of(request)}, HTTPStatus.OK)


def _item_of(request: web.Request) -> str:
    return f"{request.match_info['lab'].lower()}/{request.match_info['code'].upper()}"


SEARCH_PARAMS: Final = (
    Param("q", "what is searched, in French or English"),
    Param("kind", "tool, material or skill"),
    Param("terms", "use, lend, give, sell or help"),
    Param("category", "the lab's own category"),
    Param("lab", "only this lab's items: its id, or an unambiguous prefix"),
    Param("near", "LAT,LON, or a lab's name or town; distances are measured from there"),
    Param("within", "at most so many kilometres away", kind=float),
    Param("from", "free from this day on, YYYY-MM-DD"),
    Param("to", "free to this day, included"),
    Param("limit", f"how many hits, at most {HITS_MAX}", kind=int),
    Param("prefix", "take the last word as one that is still being typed", kind=bool),
)
ITEMS_PARAMS: Final = (
    Param("lab", "only this lab's items"),
    Param("limit", "how many, at most", kind=int),
)
_ITEM_PATH: Final = (
    Param("lab", "the lab's id", "path"),
    Param("code", "the item's code; case is ignored", "path"),
)
ENDPOINTS: Final = (
    Endpoint("GET", f"{PREFIX}/status", "This node", status, StatusAnswer, errors=()),
    Endpoint(
        "GET", f"{PREFIX}/search", "Search everything", search, SearchAnswer, SEARCH_PARAMS,
        errors=(400, 404, 422),
    ),
    Endpoint("GET", f"{PREFIX}/labs", "Every lab known", labs, LabsAnswer, errors=()),
    Endpoint(
        "GET", f"{PREFIX}/items", "Items by lab", items, ItemsAnswer, ITEMS_PARAMS,
        errors=(400, 404),
    ),
    Endpoint(
        "GET", f"{PREFIX}/items/{{lab}}/{{code}}", "One item", item, ItemAnswer, _ITEM_PATH,
        errors=(400, 404),
    ),
    Endpoint(
        "POST", f"{PREFIX}/items", "Add an item of this lab", add_item, ItemDone, KEY,
        body=NewItem, errors=WRITE_ERRORS, status=201,
    ),
    Endpoint(
        "PATCH", f"{PREFIX}/items/{{lab}}/{{code}}", "Change an item of this lab", set_item,
        ItemDone, _ITEM_PATH + KEY, body=ChangedItem, errors=WRITE_ERRORS,
    ),
    Endpoint(
        "DELETE", f"{PREFIX}/items/{{lab}}/{{code}}", "Retire an item of this lab", retire_item,
        ItemDone, _ITEM_PATH + KEY, errors=WRITE_ERRORS,
    ),
    Endpoint(
        "GET", f"{PREFIX}/attention", "What needs attention, the worst first", attention,
        AttentionAnswer, errors=(401, 403), private=True,
    ),
    *counter.ENDPOINTS,
    *needs.ENDPOINTS,
    *lending.ENDPOINTS,
)  # fmt: skip


@cache
def document() -> bytes:
    """The OpenAPI document, drawn once."""
    return msgspec.json.encode(describe(ENDPOINTS))


async def openapi(request: web.Request) -> web.Response:
    return web.Response(body=document(), content_type="application/json")


def _register(add: Callable[..., Any]) -> None:
    for row in ENDPOINTS:
        add(row.method, row.path)(row.handler)
    add("GET", f"{PREFIX}/openapi.json")(openapi)


_register(routes.route)
