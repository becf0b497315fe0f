"""OpenAPI 3.1 drawn from the table of endpoints and from the msgspec types they answer with."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from fedlab import __version__

Json = dict[str, Any]


class ErrorText(msgspec.Struct):
    """What was wrong and what to do."""

    code: str
    message: str
    hint: str


class ErrorAnswer(msgspec.Struct):
    """The one shape of every error."""

    error: ErrorText


@dataclass(frozen=True)
class Param:
    """One value in the path, the query or a header."""

    name: str
    what: str
    place: str = "query"
    kind: type = str


@dataclass(frozen=True)
class Endpoint:
    """One row of the API: what is called, with what, and what it answers."""

    method: str
    path: str
    summary: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    answer: type
    params: Sequence[Param] = ()
    body: type | None = None
    errors: Sequence[int] = (400,)
    status: int = 200
    private: bool = False  # it takes a token to read it, too

    @property
    def writes(self) -> bool:
        return self.method != "GET"


def describe(endpoints: Sequence[Endpoint]) -> Json:
    """The whole document; every `$ref` resolves inside it."""
    types: list[type] = [ErrorAnswer]
    for row in endpoints:
        types += [row.answer, *([row.body] if row.body else [])]
    schemas, components = msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}"
    )
    schema_of = dict(zip(types, schemas, strict=True))
    paths: Json = {}
    for row in endpoints:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fedlab",
            "version": __version__,
            "summary": "What independent labs share, as this node knows it",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(row: Endpoint, schema_of: dict[type, Json]) -> Json:
    operation: Json = {
        "summary": row.summary,
        "operationId": row.handler.__name__,
        "parameters": [
            {
                "name": param.name,
                "in": param.place,
                "description": param.what,
                "required": param.place == "path",
                "schema": msgspec.json.schema(param.kind),
            }
            for param in row.params
        ],
        "responses": {
            str(row.status): _response(HTTPStatus(row.status).phrase, schema_of[row.answer]),
            **{
                str(int(code)): _response(HTTPStatus(code).phrase, schema_of[ErrorAnswer])
                # A token that nobody knows is refused wherever it is sent.
                for code in sorted({HTTPStatus.UNAUTHORIZED, *row.errors})
            },
        },
    }
    if row.body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema_of[row.body]}},
        }
    if row.writes or row.private:
        operation["security"] = [{"token": []}]
    return operation


def _response(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
