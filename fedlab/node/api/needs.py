"""`/api/v1/needs`: what labs seek and nobody's inventory answers, for programs."""

from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from fedlab.node.api.asking import KEY, PREFIX, WRITE_ERRORS, json_of, query_of, write
from fedlab.node.api.openapi import Endpoint, Param
from fedlab.node.service.needs import NeedAnswer, NeedDone, NeedsAnswer, NewNeed
from fedlab.node.web.keys import node_of


class NewNeedBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is sought."""

    need: NewNeed


class NeedWordBody(msgspec.Struct, forbid_unknown_fields=True):
    """What this lab says to a need: with a code it has it, without it needs it too."""

    code: str | None = None
    quantity: int | None = None


class NeedEndBody(msgspec.Struct, forbid_unknown_fields=True):
    """How a need ended: bought, dropped, found or other."""

    ending: str = "other"


async def needs(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("need_list", query_of(request, NEEDS_PARAMS)))


async def need(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("need_show", _need_of(request)))


async def publish_need(request: web.Request) -> web.Response:
    return await write(request, "need_publish", {}, HTTPStatus.CREATED)


async def join_need(request: web.Request) -> web.Response:
    return await write(request, "need_join", _need_of(request), HTTPStatus.OK)


async def close_need(request: web.Request) -> web.Response:
    return await write(request, "need_close", _need_of(request), HTTPStatus.OK)


def _need_of(request: web.Request) -> dict[str, str]:
    return {"need": request.match_info["need"]}


NEEDS_PARAMS: Final = (
    Param("own", "only those that this lab has part in", kind=bool),
    Param("closed", "closed ones too", kind=bool),
)
_NEED: Final = (Param("need", "the need's id, or at least 8 digits of it", "path"),)

ENDPOINTS: Final = (
    Endpoint(
        "GET", f"{PREFIX}/needs", "What labs seek, the newest first", needs, NeedsAnswer,
        NEEDS_PARAMS, errors=(400,),
    ),
    Endpoint(
        "GET", f"{PREFIX}/needs/{{need}}", "One need", need, NeedAnswer, _NEED, errors=(400, 404),
    ),
    Endpoint(
        "POST", f"{PREFIX}/needs", "Say what this lab seeks", publish_need, NeedDone, KEY,
        body=NewNeedBody, errors=WRITE_ERRORS, status=201,
    ),
    Endpoint(
        "POST", f"{PREFIX}/needs/{{need}}/join", "Have it, or need it too", join_need, NeedDone,
        _NEED + KEY, body=NeedWordBody, errors=WRITE_ERRORS,
    ),
    Endpoint(
        "POST", f"{PREFIX}/needs/{{need}}/close", "Close an own need, or take a word back",
        close_need, NeedDone, _NEED + KEY, body=NeedEndBody, errors=WRITE_ERRORS,
    ),
)  # fmt: skip
