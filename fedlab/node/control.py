"""How a command reaches the service: directly, or through the node that holds the folder.

Whoever holds the folder's lock is its one writer. A command that gets the lock opens the store
itself; one that does not asks the running node, at a loopback address of its own and with a token
that only the folder's owner can read.
"""

import json
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fedlab.node.config import Folder
from fedlab.node.errors import (
    ERRORS,
    ConfigurationError,
    Exit,
    ServiceError,
    TryLaterError,
    error_body,
    explain,
)
from fedlab.node.files import read_file, write_durably
from fedlab.protocol.limits import CONTROL_BODY_BYTES_MAX, OWN_FILE_BYTES_MAX

if TYPE_CHECKING:
    from aiohttp import web

    from fedlab.node.service import Service

# A command holds the folder for well under a second; a node that starts or stops, for a few.
BUSY_WAIT_S: Final = 15.0
_POLL_S: Final = 0.05
# An import of ten thousand rows or a check of a large store takes minutes on a Pi.
ANSWER_WAIT_S: Final = 3600.0


class Contact(msgspec.Struct):
    """Where the running node listens for its owner's commands."""

    port: int
    token: str
    pid: int
    url: str


class NotThereError(Exception):
    """No running node answers for this folder."""


def call_folder(folder: Folder, name: str, params: dict[str, Any]) -> Any:
    """Do one call on the folder's lab; raise ServiceError as the service does.

    Raise TryLaterError when the folder stays busy with neither a node nor an end in sight.
    """
    with suppress(NotThereError):
        return _ask_node(folder, name, params)
    for service in _open_when_free(folder):
        if service is not None:
            with service:
                return _answer_alone(service, name, params)
        with suppress(NotThereError):
            return _ask_node(folder, name, params)
    raise TryLaterError("another command is working on this folder", "wait until it has finished")


def open_alone(folder: Folder) -> "Service":
    """Open the folder's service, as its one writer; raise TryLaterError when a node has it."""
    for service in _open_when_free(folder):
        if service is not None:
            return service
        contact = read_contact(folder)
        if contact is not None and _listens(contact):
            raise TryLaterError(
                f"the node of this folder runs already, at {contact.url}",
                f"use it, or stop it first (process {contact.pid})",
                code="already_running",
            )
    raise TryLaterError("another command is working on this folder", "wait until it has finished")


def _open_when_free(folder: Folder) -> Iterator["Service | None"]:
    """Try to open the service again and again; None each time that somebody else has the lock."""
    from fedlab.node.service import Service  # late: a command beside a node needs no store
    from fedlab.node.store.errors import StoreError

    if not folder.store.exists():
        raise ConfigurationError(
            f"{folder.path} holds no lab yet",
            "found one with `fedlab init --name NAME`, or name its folder with --data",
            code="no_lab",
        )
    deadline = time.monotonic() + BUSY_WAIT_S
    while time.monotonic() < deadline:
        try:
            yield Service(folder)
        except StoreError as exc:
            if exc.code != "locked":
                raise
            yield None
        time.sleep(_POLL_S)


def _answer_alone(service: "Service", name: str, params: dict[str, Any]) -> Any:
    from fedlab.node import calls

    if name != calls.JOIN:
        return calls.answer(service, name, params)
    import asyncio

    from fedlab.node.app import open_node

    async def join() -> Any:
        async with open_node(service, service.peers.own_urls()) as node:
            return await node.call(name, params)

    return asyncio.run(join())


def _listens(contact: Contact) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", contact.port), timeout=1):
        return True
    return False


def read_contact(folder: Folder) -> Contact | None:
    """Return how to reach the node of the folder, if one says so; it may have died since."""
    with suppress(OSError, ServiceError, msgspec.MsgspecError):
        return msgspec.json.decode(read_file(folder.control, OWN_FILE_BYTES_MAX), type=Contact)
    return None


def write_contact(path: Path, contact: Contact) -> None:
    """Leave the contact where only the folder's owner can read it."""
    write_durably(path, msgspec.json.encode(contact))


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(32)


def _ask_node(folder: Folder, name: str, params: dict[str, Any]) -> Any:
    contact = read_contact(folder)
    if contact is None:
        raise NotThereError
    import http.client  # late: without a node nothing needs it

    connection = http.client.HTTPConnection("127.0.0.1", contact.port, timeout=ANSWER_WAIT_S)
    try:
        # Only a connection that was refused proves that the call was not made.
        connection.connect()
    except OSError:
        connection.close()
        raise NotThereError from None
    try:
        connection.request(
            "POST",
            f"/call/{name}",
            msgspec.json.encode(params),
            {"Authorization": f"Bearer {contact.token}", "Content-Type": "application/json"},
        )
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as exc:
        raise TryLaterError(
            "the running node stopped while it answered",
            "look at what it holds (`fedlab status`, `fedlab log`), then try again",
        ) from exc
    finally:
        connection.close()
    try:
        answer = json.loads(body)
        error = None if response.status == 200 else _error_from(answer)
    except (ValueError, LookupError, TypeError):
        # Another program has the port since, or another node: the contact is a dead node's.
        raise NotThereError from None
    if error is not None:
        raise error
    return answer


def _error_from(answer: dict[str, Any]) -> ServiceError:
    said = answer["error"]
    kind = ERRORS.get(Exit(answer["exit"]), ServiceError)
    return kind(said["message"], said["hint"], code=said["code"])


def control_app(
    token: str, call: Callable[[str, dict[str, Any]], Awaitable[Any]]
) -> "web.Application":
    """Return the node's side of the control endpoint; `call` does one call of the table."""
    from aiohttp import web

    async def post_call(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), token.encode()):
            return web.json_response({"error": {"code": "unauthorized"}}, status=401)
        try:
            params = msgspec.json.decode(await request.read(), type=dict[str, Any])
            result = await call(request.match_info["name"], params)
        except Exception as exc:
            error = explain(exc)
            body: dict[str, Any] = {**error_body(error), "exit": int(error.exit_code)}
            return web.json_response(body, status=error.http_status)
        return web.Response(body=msgspec.json.encode(result), content_type="application/json")

    app = web.Application(client_max_size=CONTROL_BODY_BYTES_MAX)
    app.router.add_post("/call/{name}", post_call)
    return app
