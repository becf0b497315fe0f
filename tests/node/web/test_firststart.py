"""The pages of a folder without a lab: who has the code goes through them, step by step."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.config import Folder
from fedlab.node.firststart import FREE_TRIES, FirstStart
from fedlab.node.service import Service
from fedlab.node.web.firststart import FOUNDED, make_first_app, serve_first_start

HTML = {"Accept": "text/html", "Accept-Language": "en"}


class Visit(NamedTuple):
    client: TestClient
    start: FirstStart

    async def post(self, path: str, expect: int = 303, **form: str) -> str:
        """Send a form from this site's own page; return where it leads, or the page."""
        headers = {**HTML, "Origin": str(self.client.make_url("")).rstrip("/")}
        answer = await self.client.post(path, data=form, headers=headers, allow_redirects=False)
        assert answer.status == expect, await answer.text()
        return answer.headers.get("Location") or await answer.text()

    async def get(self, path: str) -> str:
        answer = await self.client.get(path, headers=HTML)
        assert answer.status == 200
        return f"{answer.url.path}\n{await answer.text()}"


@pytest.fixture
async def visit(tmp_path: Path) -> AsyncIterator[Visit]:
    start = FirstStart(Folder(tmp_path), lambda: 0.0)
    # Addresses without a name get no cookies otherwise.
    jar = CookieJar(unsafe=True)
    async with TestClient(TestServer(make_first_app(start)), cookie_jar=jar) as client:
        yield Visit(client, start)


async def test_from_the_code_to_a_lab(visit: Visit) -> None:
    assert "Where is the code?" in await visit.get("/")
    assert await visit.post("/setup/code", code=visit.start.code.lower()) == "/setup"
    begin = await visit.get("/setup")
    assert begin.index("Restore a backup") < begin.index("Found a lab")
    named = {"name": "Ponant", "lang": "fr", "form": "association", "place": "48.39, -4.49"}
    assert await visit.post("/setup/lab", **named) == "/setup/words"
    words = visit.start.plan.words()
    page = await visit.get("/setup/words")
    assert all(f"<li>{word}</li>" in page for word in words) and 'lang="fr"' in page
    assert await visit.post("/setup/words") == "/setup/check"
    asked = visit.start.plan.asked
    right = {f"word{at}": words[place] for at, place in enumerate(asked)}
    refused = await visit.post("/setup/check", 422, **(right | {"word1": "poisson"}))
    assert refused.count('role="alert"') == 1 and 'value="poisson"' in refused
    assert not visit.client.app[FOUNDED].is_set()
    assert await visit.post("/setup/check", **right) == "/setup"
    assert visit.client.app[FOUNDED].is_set()
    # Whoever still has a connection to these pages is sent on over a new one: the node's.
    sent_on = await visit.client.get("/setup/check", headers=HTML, allow_redirects=False)
    assert (sent_on.status, sent_on.headers["Connection"]) == (303, "close")
    with Service(visit.start.folder) as service:
        own = service.own()
    assert (own.name, own.lat, own.form, own.lang) == ("Ponant", 48.39, "association", "fr")


async def test_a_step_left_is_the_one_that_comes_back(visit: Visit) -> None:
    await visit.post("/setup/code", code=visit.start.code)
    await visit.post("/setup/lab", name="Ponant", lang="fr")
    assert (await visit.get("/")).startswith("/setup/words\n")


async def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    visit: Visit,
) -> None:
    await visit.post("/setup/code", code=visit.start.code)
    page = await visit.post("/setup/lab", 422, name="", address='<b>"1 quai"', place="Brest")
    assert page.count('aria-invalid="true"') == 2
    assert "&lt;b&gt;&#34;1 quai&#34;" in page and 'value="Brest"' in page
    assert visit.start.plan.step == "lab"


@pytest.mark.parametrize("path", ["/setup/lab", "/setup/words", "/setup/check", "/setup/restore"])
async def test_without_the_code_no_page_is_shown(visit: Visit, path: str) -> None:
    assert (await visit.get(path)).startswith("/setup\n")
    assert await visit.post(path) == "/setup"


async def test_who_guesses_the_code_must_wait(visit: Visit) -> None:
    for _ in range(FREE_TRIES):
        assert "not the code" in await visit.post("/setup/code", 422, code="ABCD-EFGH")
    assert "wait" in await visit.post("/setup/code", 429, code=visit.start.code)


async def test_another_sites_page_can_send_nothing(visit: Visit) -> None:
    for origin in ("http://evil.example", "null"):
        answer = await visit.client.post(
            "/setup/code", data={"code": visit.start.code}, headers={**HTML, "Origin": origin}
        )
        assert answer.status == 403


async def test_programs_are_told_that_there_is_no_lab(visit: Visit) -> None:
    assert (await visit.client.get("/healthz")).status == 200
    answer = await visit.client.get("/api/v1/labs")
    assert answer.status == 422 and "no lab" in (await answer.json())["error"]["message"]


async def test_the_socket_goes_on_listening_when_the_lab_is_founded(tmp_path: Path) -> None:
    """The browser's next request waits there until the node takes it."""
    ports: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
    serving = asyncio.ensure_future(
        serve_first_start(
            Folder(tmp_path), "127.0.0.1", 0, asyncio.Event(), lambda *said: ports.put_nowait(said)
        )
    )
    code, port = await ports.get()
    here = f"http://127.0.0.1:{port}"
    headers = {**HTML, "Origin": here}
    async with ClientSession(cookie_jar=CookieJar(unsafe=True), headers=headers) as session:

        async def post(path: str, **form: str) -> None:
            async with session.post(here + path, data=form, allow_redirects=False) as answer:
                assert answer.status == 303

        await post("/setup/code", code=code)
        await post("/setup/lab", name="Ponant", lang="en")
        start = FirstStart(Folder(tmp_path), lambda: 0.0)
        words, asked = start.plan.words(), start.plan.asked
        await post("/setup/words")
        await post("/setup/check", **{f"word{at}": words[n] for at, n in enumerate(asked)})
    kept = await serving
    assert kept is not None
    with kept, socket.create_connection(("127.0.0.1", port), timeout=5):
        kept.settimeout(5)
        taken, _ = kept.accept()
        taken.close()


async def test_a_first_start_ends_when_it_is_told_to(tmp_path: Path) -> None:
    stop = asyncio.Event()
    stop.set()
    ended = await serve_first_start(Folder(tmp_path), "127.0.0.1", 0, stop, lambda *said: None)
    assert ended is None


async def test_systemd_hears_of_a_first_start_that_is_ready_and_of_no_end_when_it_hands_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`STOPPING=1` would have systemd kill the node that takes over."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        folder = Folder(tmp_path / "lab")
        serving = asyncio.ensure_future(
            serve_first_start(folder, "127.0.0.1", 0, stop, lambda *said: None)
        )
        assert await loop.sock_recv(systemd, 64) == b"READY=1"
        stop.set()
        await serving
        with pytest.raises(BlockingIOError):
            systemd.recv(64)
