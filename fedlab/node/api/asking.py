"""What every endpoint shares: how it is asked, how it writes once, and how it answers."""

from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web

from fedlab.node.api.openapi import Json, Param
from fedlab.node.errors import BadRequestError
from fedlab.node.web.keys import node_of

PREFIX: Final = "/api/v1"
# A UUID is 36 characters; a longer key is no key.
IDEMPOTENCY_KEY_CHARS_MAX: Final = 128
KEY: Final = (Param("Idempotency-Key", "a new random key per write", "header"),)
WRITE_ERRORS: Final = (400, 401, 403, 404, 409, 422, 503)


def json_of(answer: Any, status: int = 200) -> web.Response:
    """Answer a program with a document."""
    body = msgspec.json.encode(answer)
    return web.Response(body=body, status=status, content_type="application/json")


def query_of(request: web.Request, params: tuple[Param, ...]) -> Json:
    """The query's values as the service takes them; raise BadRequestError for a strange one."""
    kinds = {param.name: param.kind for param in params if param.place == "query"}
    values: Json = {}
    for name, text in request.query.items():
        if name not in kinds:
            known = ", ".join(sorted(kinds)) or "none"
            raise BadRequestError(f"this endpoint has no parameter {name!r}", f"it has: {known}")
        try:
            values[name] = msgspec.convert(text, kinds[name], strict=False)
        except msgspec.ValidationError as exc:
            raise BadRequestError(f"{name}={text!r}: {exc}", "see the OpenAPI document") from exc
    return values


async def write(request: web.Request, call: str, params: Json, status: HTTPStatus) -> web.Response:
    """Do a call once for each Idempotency-Key; what the path says wins over the body.

    Raises BadRequestError for a missing key or a body that is no object, and as the call does.
    """
    node = node_of(request)
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= IDEMPOTENCY_KEY_CHARS_MAX:
        raise BadRequestError(
            "a write needs an Idempotency-Key",
            f"send a new random one of at most {IDEMPOTENCY_KEY_CHARS_MAX} characters per write",
        )
    if request.can_read_body:
        try:
            body = msgspec.json.decode(await request.read(), type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            raise BadRequestError(f"the body is not a JSON object: {exc}", "send one") from exc
        params = {**body, **params}
    return json_of(await node.call_once(key, call, params), status)
