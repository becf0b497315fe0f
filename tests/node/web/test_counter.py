"""The counter's pages, with plain forms as a browser without JavaScript sends them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path

import pytest

from fedlab.node import days
from fedlab.node.app import Node
from fedlab.node.mail import MailSettings
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.service import reminders as service_reminders
from fedlab.node.service.base import now
from fedlab.node.web import reminding
from tests.node.labs import ask, opened_lab
from tests.node.web.signing import Client, add_member, from_here, signed_in


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path, "Atelier") as service:
        change = {"name": "Perceuse", "quantity": 1000, "deposit": 2000, "terms": ["lend"]}
        ask(service, "item_add", code="D-1", change=change)
        ask(service, "item_add", code="C-1", change={"name": "Chaises", "quantity": 10_000})
        yield service


@pytest.fixture
def volunteer(browser: Client, service: Service) -> int:
    return signed_in(browser, service, Role.VOLUNTEER)


async def get(browser: Client, path: str, status: int = 200, **query: str) -> str:
    answer = await browser.get(
        path, params={"lang": "en", **query}, headers={"Accept": "text/html"}
    )
    assert answer.status == status, await answer.text()
    return await answer.text()


async def post(browser: Client, path: str, status: int = 200, /, **form: str) -> str:
    headers = {"Accept": "text/html", **from_here(browser)}
    answer = await browser.post(path, data=form, headers=headers)
    assert answer.status == status, await answer.text()
    return await answer.text()


def out(service: Service) -> list[tuple[str, str]]:
    return [(loan.code, loan.name) for loan in service.counter.loans().loans]


async def test_from_the_label_it_is_lent_in_two_taps_and_back_in_one(
    browser: Client, service: Service, volunteer: int
) -> None:
    lab = service.store.lab
    camille = add_member(service, Role.MEMBER, "Camille")
    ask(service, "counter_lend", item="C-1", member=camille)  # who borrowed last is one tap away
    page = await get(browser, f"/I/{lab}/D-1")
    assert 'href="/counter/lend/D-1"' in page  # the first tap
    page = await get(browser, "/counter/lend/D-1")
    assert f'name="borrower" value="m{camille}">Lend to Camille' in page  # the second
    assert 'name="caution" value="20"' in page
    due = page.partition('name="due" value="')[2][:10]
    page = await post(
        browser, "/counter/lend/D-1", borrower=f"m{camille}", due=due, caution="20", q=""
    )
    assert ("Camille" in page, "20" in page) == (True, True)
    assert ("D-1", "Camille") in out(service)
    number = service.counter.loans(item="D-1").loans[0].loan
    page = await get(browser, f"/I/{lab}/D-1")
    assert f'action="/counter/loans/{number}/return"' in page
    await post(browser, f"/counter/loans/{number}/return")
    assert ("D-1", "Camille") not in out(service)
    assert service.counter.show(number).caution_back == 2000
    await post(browser, f"/counter/loans/{number}/return")  # a second tap does no harm


async def test_somebody_without_an_account_borrows_and_is_found_again(
    browser: Client, service: Service, volunteer: int
) -> None:
    page = await get(browser, "/counter/lend/D-1", q="Fanfare")
    assert 'name="to" value="Fanfare"' in page  # what was looked for is not typed twice
    form = {"borrower": "new", "to": "Fanfare", "email": "f@example.org", "caution": "", "due": ""}
    await post(browser, "/counter/lend/D-1", **form)
    assert out(service) == [("D-1", "Fanfare")]
    page = await get(browser, "/counter/lend/C-1", q="fanf", caution="12,50", note="les rouges")
    assert "Lend to Fanfare" in page
    assert 'value="12,50"' in page and ">les rouges<" in page  # looking keeps what was typed


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"to": ""}, "borrower"),
        ({"email": "nobody"}, "email"),
        ({"quantity": "many"}, "quantity"),
        ({"quantity": "11"}, "too_many"),
        ({"quantity": "0"}, "quantity"),
        ({"caution": "1,234"}, "caution"),
        ({"due": "2001-01-01"}, "due"),
        ({"due": "<script>"}, "due"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_the_rest_is_kept(
    browser: Client, service: Service, volunteer: int, form: dict[str, str], field: str
) -> None:
    typed = {"borrower": "new", "to": "Fanfare", "note": "les rouges", "quantity": "2", **form}
    page = await post(browser, "/counter/lend/C-1", 422, **typed)
    assert f'id="wrong-{field}"' in page and f'aria-describedby="wrong-{field}"' in page
    assert "les rouges" in page and "<script>" not in page
    assert out(service) == []


async def test_what_is_promised_can_be_lent_anyway_by_saying_so(
    browser: Client, service: Service, volunteer: int
) -> None:
    today = days.today()
    ask(service, "item_hold", item="D-1", day_from=today, day_to=today)
    form = {"borrower": "new", "to": "Fanfare"}
    page = await post(browser, "/counter/lend/D-1", 422, **form)
    assert 'id="wrong-not_free"' in page and 'name="anyway"' in page
    await post(browser, "/counter/lend/D-1", anyway="1", **form)
    assert out(service) == [("D-1", "Fanfare")]


async def test_a_part_comes_back_and_the_rest_may_stay_longer(
    browser: Client, service: Service, volunteer: int
) -> None:
    loan = ask(service, "counter_lend", item="C-1", to="Fanfare", quantity=6000, caution=5000)
    path = f"/counter/loans/{loan['loan']}"
    page = await post(browser, f"{path}/return", 422, quantity="7", note="mouillées")
    assert "Rien n’est encore modifié" in page
    assert "mouillées" in page
    await post(browser, f"{path}/return", 422, caution_back="51", note="")
    await post(browser, f"{path}/return", quantity="4", caution_back="", note="mouillées")
    (left,) = service.counter.loans().loans
    assert (left.quantity, left.caution) == (2000, 5000)
    await post(browser, f"{path}/extend", 422, due="hier")
    day = days.day_after(days.today(), 30)
    await post(browser, f"{path}/extend", due=day)
    assert service.counter.show(loan["loan"]).due == day


async def test_the_list_shows_the_overdue_and_finds(
    browser: Client, service: Service, volunteer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = days.day_after(days.today(), 1)
    ask(service, "counter_lend", item="D-1", to="<b>Fanfare</b>", due=day)
    ask(service, "counter_lend", item="C-1", to="Amis")
    later = now() + 5 * 86_400
    monkeypatch.setattr(days, "today", lambda: days.day_of(later))
    page = await get(browser, "/counter", show="overdue")
    assert "4 days late" in page and "Amis" not in page
    assert "&lt;b&gt;Fanfare" in page and "<b>Fanfare" not in page
    page = await get(browser, "/counter", q="amis")
    assert "Amis" in page and "Fanfare" not in page
    answer = await browser.get("/counter", params={"code": "d-1"}, allow_redirects=False)
    assert answer.headers["Location"] == f"/I/{service.store.lab}/D-1"
    assert "Nothing has come back" in await get(browser, "/counter", show="back")
    await get(browser, "/counter/loans/99", 404)
    await get(browser, "/counter/loans/x", 404)
    await get(browser, "/counter/lend/NO-1", 404)


async def test_a_member_sees_his_own_loans_and_nothing_of_the_counter(
    browser: Client, service: Service
) -> None:
    member = signed_in(browser, service, Role.MEMBER)
    ask(service, "counter_lend", item="D-1", member=member)
    ask(service, "counter_lend", item="C-1", to="Fanfare")
    mine = await get(browser, "/mine")
    assert "Perceuse" in mine and "Chaises" not in mine
    item = await get(browser, f"/I/{service.store.lab}/C-1")
    assert "Fanfare" not in item and "/counter/" not in item
    for path in ("/counter", "/counter/lend/D-1", "/counter/loans/1", "/counter/reminders"):
        await get(browser, path, 403)


async def test_a_visitor_sees_of_a_loan_only_that_it_is_not_free(
    browser: Client, service: Service
) -> None:
    ask(service, "counter_lend", item="D-1", to="Fanfare")
    item = await get(browser, f"/I/{service.store.lab}/D-1")
    assert "Fanfare" not in item and "/counter" not in item


# --- reminders ------------------------------------------------------------------------------------


class PostOffice(asyncio.Protocol):
    """A mail server that takes what it is sent, or refuses every recipient."""

    def __init__(self, taken: list[Message], refuses: bool) -> None:
        self.taken, self.refuses = taken, refuses
        self.rest, self.letter = b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 post\r\n")

    def data_received(self, data: bytes) -> None:
        self.rest += data
        end = b"\r\n.\r\n" if self.letter else b"\r\n"
        while end in self.rest:
            line, _, self.rest = self.rest.partition(end)
            if self.letter:
                self.taken.append(message_from_bytes(line, policy=default))
                self.letter = False
                self.transport.write(b"250 taken\r\n")
            else:
                self.transport.write(self.answer(line[:4].upper()))
            end = b"\r\n.\r\n" if self.letter else b"\r\n"

    def answer(self, verb: bytes) -> bytes:
        if verb == b"RCPT" and self.refuses:
            return b"550 no such mailbox\r\n"
        if verb == b"DATA":
            self.letter = True
            return b"354 go on\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 yes\r\n"


Post = Callable[..., Awaitable[MailSettings]]


@pytest.fixture
async def post_office() -> AsyncIterator[Post]:
    """Open mail servers that put what they take into a list, and say how to send there."""
    servers = []

    async def opened(taken: list[Message], *, refuses: bool = False) -> MailSettings:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: PostOffice(taken, refuses), "127.0.0.1", 0)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        return MailSettings("127.0.0.1", "atelier@example.org", port, "none")

    yield opened
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture
def two_overdue(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    due = days.day_after(days.today(), 1)
    for item, to, email in (("D-1", "Zoé", "zoe@example.org"), ("C-1", "Sans adresse", "")):
        ask(service, "counter_lend", item=item, to=to, email=email, due=due)
    later = now() + 5 * 86_400
    monkeypatch.setattr(days, "today", lambda: days.day_of(later))
    monkeypatch.setattr(service_reminders, "now", lambda: later)


@pytest.mark.usefixtures("two_overdue")
async def test_a_reminder_goes_by_mail_once_and_stands_on_the_page_otherwise(
    browser: Client, node: Node, service: Service, volunteer: int, post_office: Post
) -> None:
    taken: list[Message] = []
    service.reminders.set_mail(await post_office(taken))
    for _ in range(2):
        await reminding.go_round(node)
    (letter,) = taken
    assert letter["To"] == "zoe@example.org"
    assert letter["Subject"] == "Merci de rapporter\u00a0: Perceuse"
    assert "Atelier" in str(letter["From"])
    text = letter.get_payload(decode=True)
    assert isinstance(text, bytes) and "Bonjour Zoé" in text.decode()
    page = await get(browser, "/counter/reminders")
    waiting, _, told = page.partition("<h2>Told</h2>")
    assert "Sans adresse" in waiting and "no address" in waiting and "Zoé" in told
    number = next(
        one.reminder for one in service.reminders.outbox().reminders if one.done_at is None
    )
    await post(browser, f"/counter/reminders/{number}/told")
    assert "Nobody has to be reminded" in await get(browser, "/counter/reminders")


@pytest.mark.usefixtures("two_overdue")
async def test_a_mail_that_is_refused_is_said_on_the_page_and_counted(
    browser: Client, node: Node, service: Service, volunteer: int, post_office: Post
) -> None:
    service.reminders.set_mail(await post_office([], refuses=True))
    await reminding.go_round(node)
    assert service.reminders.unsent() == 1
    assert "no such mailbox" in await get(browser, "/counter/reminders")


async def test_mail_is_set_up_by_an_admin_with_a_trial_and_never_shows_the_password(
    browser: Client, service: Service, post_office: Post
) -> None:
    signed_in(browser, service, Role.ADMIN)
    taken: list[Message] = []
    good = await post_office(taken)
    form = {"host": good.host, "port": str(good.port), "security": "none", "user": ""}
    form |= {"sender": good.sender, "password": "", "to": "me@example.org"}
    page = await post(browser, "/counter/mail", 422, **{**form, "password": "secret-1"})
    assert 'id="wrong-security"' in page and "secret-1" not in page
    page = await post(browser, "/counter/mail", 422, **{**form, "sender": "lab"})
    assert 'id="wrong-sender"' in page
    bad = await post_office([], refuses=True)
    page = await post(browser, "/counter/mail", 422, **{**form, "port": str(bad.port)})
    assert "no such mailbox" in page and service.reminders.mail() is None
    await post(browser, "/counter/mail", **form)
    assert (len(taken), service.reminders.mail()) == (1, good)
    await post(browser, "/counter/mail", off="1")
    assert service.reminders.mail() is None
    kept = MailSettings("smtp.example.org", "a@example.org", user="u", password="secret-2")
    service.reminders.set_mail(kept)
    assert "secret-2" not in await get(browser, "/counter/mail")
    same = {"host": kept.host, "port": "587", "security": "starttls", "user": "u"}
    await post(browser, "/counter/mail", **same, sender="b@example.org")
    assert (found := service.reminders.mail()) is not None and found.password == "secret-2"
    await post(browser, "/counter/mail", **{**same, "host": "other.example.org"}, sender="b@x.org")
    assert (found := service.reminders.mail()) is not None and found.password == ""
