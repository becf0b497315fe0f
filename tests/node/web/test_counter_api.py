"""The counter for programs: lend and take back once however often asked, and who may."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import open_node
from fedlab.node.errors import ForbiddenError
from fedlab.node.members.roles import RIGHTS, TOKEN_RIGHTS, Right, Role
from fedlab.node.service import Service
from fedlab.node.service.members import digest_of
from fedlab.node.web.access import ROUTES
from fedlab.node.web.app import make_web_app
from tests.node.labs import ask, opened_lab

LOANS = "/api/v1/counter/loans"
API = sorted(row for row in ROUTES if row[1].startswith("/api/"))


class Program(NamedTuple):
    """A program before a node, and a way to its tokens."""

    client: TestClient[Any, Any]
    service: Service

    def token(self, *scopes: str, role: Role = Role.ADMIN) -> dict[str, str]:
        members = self.service.members
        name = f"{role} {'-'.join(scopes)}"
        known = [one.id for one in members.find("", 500) if one.name == name]
        owner = known[0] if known else members.add(Role.ADMIN, name=name, role=role).id
        return {"Authorization": f"Bearer {members.make_token(owner, 'script', scopes)}"}


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    with opened_lab(tmp_path, "Atelier") as service:
        ask(service, "item_add", code="SAW-1", change={"name": "Scie", "quantity": 1000})
        async with (
            open_node(service, ["http://127.0.0.1"]) as node,
            TestClient(TestServer(make_web_app(node))) as client,
        ):
            yield Program(client, service)


async def test_a_program_lends_once_and_takes_back_once(program: Program) -> None:
    head = program.token("lend") | {"Idempotency-Key": "a"}
    loan = {"item": "SAW-1", "to": "Cyclistes", "caution": 5000}
    for _ in range(2):
        answer = await program.client.post(LOANS, json=loan, headers=head)
        assert answer.status == 201
    lent = await answer.json()
    assert (lent["code"], lent["name"], lent["caution"]) == ("SAW-1", "Cyclistes", 5000)
    out = await (await program.client.get(LOANS, headers=head)).json()
    assert [one["loan"] for one in out["loans"]] == [lent["loan"]]
    overdue = await program.client.get(LOANS, params={"overdue": "true"}, headers=head)
    assert (await overdue.json())["loans"] == []
    path, back = f"{LOANS}/{lent['loan']}/return", head | {"Idempotency-Key": "b"}
    for _ in range(2):
        answer = await program.client.post(path, json={"note": "fine"}, headers=back)
        assert answer.status == 200 and (await answer.json())["caution_back"] == 5000
    again = await program.client.post(path, json={}, headers=head | {"Idempotency-Key": "c"})
    assert (again.status, (await again.json())["error"]["code"]) == (409, "is_back")


async def test_who_lent_is_who_owns_the_token_whatever_a_program_says(program: Program) -> None:
    head = program.token("lend") | {"Idempotency-Key": "a"}
    loan = {"item": "SAW-1", "to": "Cyclistes", "by": 999}
    assert (await program.client.post(LOANS, json=loan, headers=head)).status == 201
    (saved,) = program.service.store.counter.out(10)
    assert saved.lent_by != 999


async def test_what_is_not_free_is_refused_with_its_code(program: Program) -> None:
    head = program.token("lend")
    loan = {"item": "SAW-1", "to": "Cyclistes"}
    for key, status in (("a", 201), ("b", 409)):
        sent = head | {"Idempotency-Key": key}
        answer = await program.client.post(LOANS, json=loan, headers=sent)
        assert answer.status == status
    assert (await answer.json())["error"]["code"] == "not_free"
    missing = await program.client.get(f"{LOANS}/zero", headers=head)
    assert missing.status == 404


def at(program: Program, path: str) -> str:
    """Return a path of the API with something in each of its places."""
    return re.sub(
        r"\{(\w+)\}", lambda part: "0" * 8, path.replace("{lab}", program.service.own().lab)
    )


# --- What tokens may ----------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["", *TOKEN_RIGHTS])
async def test_a_token_reaches_what_its_scope_opens_and_nothing_else(
    program: Program, scope: str
) -> None:
    """Every scope by every route of the API: 403 exactly where the table asks for another right."""
    head = program.token(*filter(None, [scope]))
    for method, path in API:
        asked = at(program, path)
        answer = await program.client.request(method, asked, headers=head)
        may = ROUTES[method, path] in (Right.SEE_PUBLIC, scope)
        assert (answer.status == 403) != may, (method, path, scope)


@pytest.mark.parametrize("scope", TOKEN_RIGHTS)
async def test_a_token_is_worth_no_more_than_its_owner(program: Program, scope: Right) -> None:
    """Somebody who was a manager and is a member now: what was ticked then is not enough."""
    members = program.service.members
    head = program.token(scope)
    (owner,) = [one for one in members.find("", 500) if one.name == f"admin {scope}"]
    members.add(Role.ADMIN, name="Somebody else", role=Role.ADMIN)
    members.change(Role.ADMIN, owner.id, role=Role.MEMBER)
    assert scope not in RIGHTS[Role.MEMBER]
    for method, path in API:
        if ROUTES[method, path] == scope:
            asked = at(program, path)
            answer = await program.client.request(method, asked, headers=head)
            assert answer.status == 403


@pytest.mark.parametrize("scope", sorted(set(Right) - {*TOKEN_RIGHTS}))
async def test_no_token_reaches_its_owners_account(program: Program, scope: Right) -> None:
    """A token that could make tokens would have all of its owner's rights."""
    with pytest.raises(ForbiddenError):
        program.token(scope)
    members, tokens = program.service.members, program.service.opened.store.api_tokens
    (owner,) = [one for one in members.find("", 500) if one.role is Role.ADMIN]
    # One that was made wider before: what is too wide of it counts no more.
    tokens.add(digest_of("old"), owner.id, "old", [scope, Right.LEND], 0)
    known = members.by_token("old")
    assert known is not None and known.scopes == {Right.LEND}
    asked = {"name": "more", "scope": list(TOKEN_RIGHTS)}
    head = {"Authorization": "Bearer old"}
    answer = await program.client.post("/account/tokens", data=asked, headers=head)
    assert answer.status == 403
    assert [one.name for one in members.tokens(owner.id)] == ["old"]


def test_every_scope_opens_something_and_all_of_the_api_can_be_reached() -> None:
    asked = {ROUTES[row] for row in API} - {Right.SEE_PUBLIC}
    assert asked == set(TOKEN_RIGHTS)
