"""Who may do what: every route with every role, the origin of forms, tokens, guessing.

The table is walked whole. The checks have teeth: without the gate, or with a route that stands in
no table, the same walk fails.
"""

from typing import Any

import pytest
from aiohttp import web

from fedlab.node.app import Node
from fedlab.node.members import passwords
from fedlab.node.members.roles import RIGHTS, Right, Role, grants
from fedlab.node.service import Service
from fedlab.node.web import access
from fedlab.node.web.app import make_web_app
from tests.node.web.signing import Client, add_member, client_of, from_here, signed_in

PASSWORD = "quatre mots bien rangés"


def routes_of(app: web.Application) -> set[tuple[str, str]]:
    return {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }


def deafen(app: web.Application) -> None:
    """Let every handler answer that it was reached, and do nothing."""

    async def reached(request: web.Request) -> web.Response:
        return web.Response(text="reached", headers={"X-Reached": "yes"})

    for route in app.router.routes():
        route._handler = reached  # what a handler does is its own tests' matter


async def walk(client: Client, role: Role) -> list[tuple[str, str]]:
    """Ask for every route; return those where the answer is not what the table says."""
    wrong = []
    assert client.app is not None
    for method, path in sorted(routes_of(client.app) & set(access.ROUTES)):
        url = path.replace("{epoch}", "0").replace("{number}", "1").replace("{id}", "1")
        while "{" in url:
            url = url[: url.index("{")] + "x" + url[url.index("}") + 1 :]
        url = "/static/icon.svg" if path == "/static" else url
        answer = await client.request(method, url, headers=from_here(client), allow_redirects=False)
        is_allowed = access.ROUTES[method, path] in RIGHTS[role]
        if ("X-Reached" in answer.headers) != is_allowed:
            wrong.append((method, path))
        elif not is_allowed:
            assert answer.status == (401 if role is Role.VISITOR else 403)
    return wrong


async def test_every_route_stands_in_the_table(node: Node) -> None:
    assert routes_of(make_web_app(node)) == set(access.ROUTES)


@pytest.mark.parametrize("role", Role)
async def test_every_route_for_every_role(service: Service, node: Node, role: Role) -> None:
    app = make_web_app(node)
    deafen(app)
    client = await client_of(node, app)
    if role is not Role.VISITOR:
        signed_in(client, service, role)
    assert await walk(client, role) == []
    await client.close()


async def test_without_the_gate_the_walk_fails(service: Service, node: Node) -> None:
    """Negative control: the same walk of an application that lacks the middleware."""
    app = make_web_app(node)
    deafen(app)
    app.middlewares.remove(access.access)
    client = await client_of(node, app)
    assert ("POST", "/api/v1/items") in await walk(client, Role.MEMBER)
    await client.close()


async def test_a_route_that_stands_nowhere_is_refused(service: Service, node: Node) -> None:
    """Even to an admin: whoever adds a page must say whose it is."""

    async def forgotten(request: web.Request) -> web.Response:
        return web.Response(text="secret")

    app = make_web_app(node)
    app.router.add_get("/forgotten", forgotten)
    client = await client_of(node, app)
    signed_in(client, service, Role.ADMIN)
    assert (await client.get("/forgotten")).status == 403
    await client.close()


def test_roles_grant_what_people_would_expect() -> None:
    assert RIGHTS[Role.ADMIN] == set(Right)
    assert Right.LEND in RIGHTS[Role.VOLUNTEER]
    assert not RIGHTS[Role.VOLUNTEER] & {Right.EDIT_ITEMS, Right.SIGN_MONEY, Right.MEMBERS}
    assert not RIGHTS[Role.MEMBER] & {Right.LEND, Right.SEE_DESK, Right.MEMBERS}
    assert RIGHTS[Role.VISITOR] == {Right.SEE_PUBLIC, Right.SETUP}
    assert all(not grants(role, Role.ADMIN) for role in Role if role is not Role.ADMIN)
    assert not any(grants(role, role) for role in Role if role is not Role.ADMIN)


# --- what another site's page sends ---


@pytest.mark.parametrize(
    "headers, status",
    [
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "ftp://127.0.0.1"}, 403),
        ({"Origin": "here", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "here", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "here"}, 303),
        ({"Origin": "http://127.0.0.1"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
    ],
)
async def test_a_form_of_another_site_is_refused(
    browser: Client, headers: dict[str, str], status: int
) -> None:
    if headers.get("Origin") == "here":
        headers = {**headers, **from_here(browser)}
    answer = await browser.post("/logout", headers=headers, allow_redirects=False)
    assert answer.status == status


async def test_without_the_check_of_the_origin_it_would_not_be(node: Node) -> None:
    """Negative control."""
    app = make_web_app(node)
    app.middlewares.remove(access.same_origin)
    client = await client_of(node, app)
    evil = {"Origin": "http://elsewhere.example"}
    assert (await client.post("/logout", headers=evil, allow_redirects=False)).status == 303
    await client.close()


# --- signing in ---


def with_password(service: Service, role: Role = Role.MEMBER) -> int:
    member = add_member(service, role, "Élodie Le Goff")
    service.members.set_password(member, passwords.hash_now(PASSWORD))
    return member


async def try_login(browser: Client, name: str, password: str, **more: str) -> Any:
    form = {"name": name, "password": password, **more}
    return await browser.post(
        "/login", data=form, headers=from_here(browser), allow_redirects=False
    )


async def test_the_right_password_opens_a_session_that_can_be_left(
    service: Service, browser: Client
) -> None:
    with_password(service)
    answer = await try_login(browser, " elodie le  GOFF ", PASSWORD, next="/labs?lang=en")
    assert (answer.status, answer.headers["Location"]) == (303, "/labs?lang=en")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
    assert "Élodie Le Goff" in await (await browser.get("/")).text()
    await browser.post("/logout", headers=from_here(browser))
    assert "Élodie Le Goff" not in await (await browser.get("/")).text()
    assert [click.what for click in service.store.journal.list(5)] == ["POST /logout", "login"]


@pytest.mark.parametrize("name, password", [("Élodie Le Goff", "x"), ("nobody", PASSWORD)])
async def test_a_wrong_guess_says_no_more_than_that(
    service: Service, browser: Client, name: str, password: str
) -> None:
    with_password(service)
    answer = await try_login(browser, name, password)
    text = await answer.text()
    assert answer.status == 422 and f'value="{name}"' in text
    assert "ne vont pas ensemble" in text and "Set-Cookie" not in answer.headers


async def test_whoever_guesses_must_wait_even_with_the_right_password(
    service: Service, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_password(service)
    monkeypatch.setattr(passwords, "is_right_now", lambda password, phc: password == PASSWORD)
    for _ in range(5):
        assert (await try_login(browser, "Élodie Le Goff", "x")).status == 422
    refused = await try_login(browser, "elodie le goff", PASSWORD)
    assert refused.status == 422 and "Trop d’essais" in await refused.text()
    assert (await try_login(browser, "somebody else", "x")).status == 422  # not the whole house


@pytest.mark.parametrize("where", ["//evil.example", "https://evil.example", "/\\evil", "labs"])
async def test_after_signing_in_nobody_is_sent_elsewhere(
    service: Service, browser: Client, where: str
) -> None:
    with_password(service)
    answer = await try_login(browser, "Élodie Le Goff", PASSWORD, next=where)
    assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_a_visitor_is_led_to_the_login_and_back(browser: Client) -> None:
    answer = await browser.get("/account", headers={"Accept": "text/html"}, allow_redirects=False)
    assert answer.headers["Location"] == "/login?next=/account"


async def test_an_ended_membership_opens_nothing(service: Service, browser: Client) -> None:
    member = with_password(service)
    signed = signed_in(browser, service, Role.MEMBER)
    service.members.change(Role.ADMIN, signed, ends="2020-01-01")
    service.members.change(Role.ADMIN, member, ends="2020-01-01")
    assert (await browser.get("/account", allow_redirects=False)).status == 401
    assert (await try_login(browser, "Élodie Le Goff", PASSWORD)).status == 422


async def test_a_cookie_that_nobody_gave_is_a_visitors(browser: Client) -> None:
    cookies = {access.SESSION_COOKIE: "made up"}
    assert (await browser.get("/labs", cookies=cookies)).status == 200
    assert (await browser.get("/account", cookies=cookies)).status == 401
