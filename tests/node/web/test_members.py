"""Members' pages: devices, programs, links, cards, lists; and what a manager may not do."""

import re
from typing import Any

import aiohttp
import pytest

from fedlab.node.app import Node
from fedlab.node.errors import ConflictError, ForbiddenError
from fedlab.node.members import passwords
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from tests.node.web.signing import Client, add_member, client_of, from_here, signed_in

ROW = {"email": "", "ends": "", "number": "", "login": "", "role": "member"}


async def post(client: Client, path: str, **form: Any) -> tuple[int, str]:
    answer = await client.post(path, data=form, headers=from_here(client), allow_redirects=False)
    return answer.status, await answer.text()


async def page(client: Client, path: str) -> str:
    answer = await client.get(path, params={"lang": "en"})
    assert answer.status == 200
    return await answer.text()


# --- my account ---


async def test_a_device_can_be_signed_out_from_another(service: Service, browser: Client) -> None:
    member = signed_in(browser, service, Role.MEMBER)
    service.members.begin_session(member, "Chrome, Android", "192.0.2.7")
    assert "Chrome, Android" in await page(browser, "/account")
    (lost,) = [one for one in service.members.sessions(member) if "Chrome" in one.device]
    assert (await post(browser, f"/account/devices/{lost.id}/end"))[0] == 303
    assert "Chrome, Android" not in await page(browser, "/account")


async def test_nobody_signs_out_the_devices_of_others(service: Service, browser: Client) -> None:
    other = add_member(service, Role.MEMBER)
    service.members.begin_session(other, "Chrome", "192.0.2.7")
    signed_in(browser, service, Role.ADMIN)
    (theirs,) = service.members.sessions(other)
    await post(browser, f"/account/devices/{theirs.id}/end")
    assert service.members.sessions(other) == [theirs]


async def test_a_new_password_signs_out_the_other_devices(
    service: Service, browser: Client
) -> None:
    member = signed_in(browser, service, Role.MEMBER)
    service.members.begin_session(member, "Chrome", "192.0.2.7")
    assert (await post(browser, "/account/password", new="short"))[0] == 422
    assert (await post(browser, "/account/password", new="assez long pour cela"))[0] == 303
    assert len(service.members.sessions(member)) == 1
    status, text = await post(browser, "/account/password", old="x", new="encore autre chose")
    assert status == 422 and "actuel" in text
    assert passwords.is_right_now("assez long pour cela", service.members.password_hash(member))


async def test_a_token_does_what_its_scopes_say_and_no_more(
    service: Service, browser: Client, node: Node
) -> None:
    signed_in(browser, service, Role.MANAGER)
    programs = await client_of(node)
    for scope, status in (("edit_items", 201), ("", 403)):
        form = {"name": "script", **({"scope": scope} if scope else {})}
        _, text = await post(browser, "/account/tokens", **form)
        found = re.search(r'<code class="id">([^<]+)</code>', text)
        assert found is not None
        headers = {"Authorization": f"Bearer {found[1]}", "Idempotency-Key": f"k{scope}"}
        item = {"change": {"name": "Étau"}}
        answer = await programs.post("/api/v1/items", json=item, headers=headers)
        assert answer.status == status
        assert (await programs.get("/members", headers=headers)).status == 403
    wrong = {"Authorization": "Bearer made-up"}
    assert (await programs.get("/api/v1/labs", headers=wrong)).status == 401
    await programs.close()


async def test_nobody_gives_a_program_a_right_he_has_not(service: Service, browser: Client) -> None:
    member = signed_in(browser, service, Role.VOLUNTEER)
    status, _ = await post(browser, "/account/tokens", name="x", scope="edit_items")
    assert status == 422 and service.members.tokens(member) == []


# --- links and cards ---


def secret_in(text: str) -> str:
    found = re.search(r"/enter/([\w-]+)</code>", text)
    assert found is not None
    return f"/enter/{found[1]}"


async def test_a_link_opens_once_and_looking_at_it_does_not_use_it_up(
    service: Service, browser: Client, node: Node
) -> None:
    member = add_member(service, Role.MEMBER, "Awa N’Diaye")
    signed_in(browser, service, Role.MANAGER)
    door = secret_in((await post(browser, f"/members/{member}/link"))[1])
    phone = await client_of(node)
    for _ in range(2):
        assert "Awa" in await page(phone, door)
    assert (await post(phone, door))[0] == 303
    assert "Awa" in await page(phone, "/account")
    assert (await post(phone, door))[0] == 410
    assert all(door not in click.subject for click in service.members.journal(50))
    await phone.close()


async def test_a_card_opens_again_and_again_until_there_is_a_newer_one(
    service: Service, browser: Client, node: Node
) -> None:
    member = add_member(service, Role.MEMBER)
    signed_in(browser, service, Role.MANAGER)
    status, text = await post(browser, f"/members/{member}/card")
    assert status == 200 and 'src="data:image/svg+xml' in text
    phone = await client_of(node)
    assert [(await post(phone, secret_in(text)))[0] for _ in range(2)] == [303, 303]
    newer = secret_in((await post(browser, f"/members/{member}/card"))[1])
    assert (await post(phone, secret_in(text)))[0] == 410
    assert (await post(phone, newer))[0] == 303
    await phone.close()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.TREASURER, Role.ADMIN])
async def test_no_card_lies_about_that_can_do_more_than_lend(service: Service, role: Role) -> None:
    member = add_member(service, role)
    with pytest.raises(ForbiddenError):
        service.members.make_key(Role.ADMIN, member, "card")


async def test_a_manager_does_not_open_an_admins_account(service: Service, browser: Client) -> None:
    admin = add_member(service, Role.ADMIN)
    signed_in(browser, service, Role.MANAGER)
    for what in ("link", "card", "end", "back"):
        assert (await post(browser, f"/members/{admin}/{what}"))[0] == 403
    status, _ = await post(browser, f"/members/{admin}", name="X", **ROW)
    assert status == 422
    assert service.members.get(admin).role is Role.ADMIN


# --- the list ---


async def test_a_form_says_what_is_wrong_beside_the_field_and_keeps_what_was_typed(
    service: Service, browser: Client
) -> None:
    signed_in(browser, service, Role.MANAGER)
    for field, typed in (("email", "no address"), ("ends", "demain"), ("role", "admin")):
        status, text = await post(browser, "/members", **{**ROW, "name": "Awa", field: typed})
        assert status == 422 and 'aria-describedby="problem"' in text and 'value="Awa"' in text
    assert (await post(browser, "/members", name="<script>alert(1)</script>", **ROW))[0] == 303
    assert "<script>alert" not in await page(browser, "/members?q=script")


async def test_two_people_do_not_sign_in_by_one_name(service: Service) -> None:
    service.members.add(Role.ADMIN, name="Awa", login="awa")
    with pytest.raises(ConflictError):
        service.members.add(Role.ADMIN, name="Awa Deux", login="AWA")


async def test_the_last_admin_stays(service: Service, browser: Client) -> None:
    admin = signed_in(browser, service, Role.ADMIN)
    assert (await post(browser, f"/members/{admin}/end"))[0] == 422
    assert (await post(browser, f"/members/{admin}", name="X", **ROW))[0] == 422
    assert service.members.get(admin).role is Role.ADMIN
    with pytest.raises(ConflictError):
        service.members.change(Role.ADMIN, admin, ends="2020-01-01")


async def test_an_ended_account_is_out_at_once(
    service: Service, browser: Client, node: Node
) -> None:
    phone = await client_of(node)
    member = signed_in(phone, service, Role.MEMBER)
    signed_in(browser, service, Role.MANAGER)
    assert (await phone.get("/account")).status == 200
    assert (await post(browser, f"/members/{member}/end"))[0] == 303
    assert (await phone.get("/account", allow_redirects=False)).status == 401
    await phone.close()


async def test_a_list_is_imported_by_a_form(service: Service, browser: Client) -> None:
    signed_in(browser, service, Role.MANAGER)
    form = aiohttp.FormData()
    form.add_field("file", b"nom,email\nAwa,awa@example.org\n", filename="a.csv")
    answer = await browser.post("/members/import?lang=en", data=form, headers=from_here(browser))
    assert answer.status == 200 and "1 added" in await answer.text()
    for wrong in (b"", b"\x00\x01\x02", b"colour\nred\n"):
        form = aiohttp.FormData()
        form.add_field("file", wrong, filename="a.csv")
        answer = await browser.post("/members/import", data=form, headers=from_here(browser))
        assert answer.status == 422


async def test_who_did_what_is_for_the_admin(service: Service, browser: Client) -> None:
    signed_in(browser, service, Role.ADMIN)
    await post(browser, "/members", name="Awa", **ROW)
    assert "added a member" in await page(browser, "/journal")
    assert "POST /members" not in await page(browser, "/journal")
