"""A browser before an application under test, and signing in to it without a password's 60 ms."""

from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import Node
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.web.access import SESSION_COOKIE
from fedlab.node.web.app import make_web_app

Client = TestClient[Any, Any]


async def client_of(node: Node, app: web.Application | None = None) -> Client:
    """Return a browser before a node's pages, or those of another application of it."""
    jar = aiohttp.CookieJar(unsafe=True)  # an address of numbers keeps cookies too
    client = TestClient(TestServer(app or make_web_app(node)), cookie_jar=jar)
    await client.start_server()
    return client


def from_here(client: TestClient[Any, Any]) -> dict[str, str]:
    """The header that a browser sends with a form of this node's own page."""
    return {"Origin": str(client.make_url("/")).rstrip("/")}


def add_member(service: Service, role: Role, name: str = "") -> int:
    """Add a member with a role, and return the number."""
    name = name or f"{role.title()} {service.store.members.count()}"
    return service.members.add(Role.ADMIN, name=name, role=role, login=name).id


def signed_in(client: TestClient[Any, Any], service: Service, role: Role) -> int:
    """Make somebody of that role and sign the client's browser in; return the member's number."""
    member = add_member(service, role)
    secret = service.members.begin_session(member, "Firefox, Linux", "127.0.0.1")
    client.session.cookie_jar.update_cookies({SESSION_COOKIE: secret}, client.make_url("/"))
    return member
