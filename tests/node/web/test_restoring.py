"""A lab comes back in the browser: its backup, its words, and what is wrong beside the field."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp import CookieJar, FormData
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import open_node
from fedlab.node.config import Folder
from fedlab.node.firststart import FirstStart, Plan
from fedlab.node.keeping.restoring import restore
from fedlab.node.service import Service
from fedlab.node.web import restoring
from fedlab.node.web.app import make_web_app
from fedlab.node.web.firststart import FOUNDED, RESTORATION, make_first_app
from tests.node.labs import ask, found_lab

HTML = {"Accept": "text/html", "Accept-Language": "en"}


class Kept(NamedTuple):
    """A lab's backup and its paper."""

    lab: str
    backup: Path
    words: str


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    at = tmp_path_factory.mktemp("kept")
    (at / "stick").mkdir()
    founded = found_lab(at / "lab", "Ponant")
    with Service(Folder(at / "lab")) as service:
        ask(service, "item_add", change={"name": "Fraiseuse"})
        service.members.add_first("Ada", "ada", "")
        path = service.backups.write(str(at / "stick")).path
    return Kept(founded.lab, Path(path), " ".join(founded.recovery_words))


class Visit(NamedTuple):
    client: TestClient
    start: FirstStart

    async def send(
        self, data: bytes | None = None, *, expect: int = 303, **form: str
    ) -> tuple[str, str]:
        """Send the form; return where it leads and the page."""
        said = FormData(form)
        said.add_field("file", data or b"", filename="a.fedlab" if data else "")
        headers = {**HTML, "Origin": str(self.client.make_url("")).rstrip("/")}
        answer = await self.client.post(
            "/setup/restore", data=said, headers=headers, allow_redirects=False
        )
        page = await answer.text()
        assert answer.status == expect, page
        return answer.headers.get("Location", ""), page

    async def page(self, path: str = "/setup/restore") -> str:
        answer = await self.client.get(path, headers=HTML)
        return f"{answer.url.path}\n{await answer.text()}"

    async def ended(self) -> str:
        """Return the page once the restoration is no longer under way."""
        restoration = self.client.app[RESTORATION]
        await asyncio.to_thread(restoration.thread.join)
        await asyncio.sleep(0)  # what it has told the loop
        assert not restoration.step
        return await self.page()

    def left(self) -> set[str]:
        """What is in the folder besides the code."""
        return {path.name for path in self.start.folder.path.iterdir()} - {"setup-code"}


@pytest.fixture
async def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Visit]:
    monkeypatch.setattr(restoring, "find_backups", list)
    start = FirstStart(Folder(tmp_path / "new"), lambda: 0.0)
    jar = CookieJar(unsafe=True)
    async with TestClient(TestServer(make_first_app(start)), cookie_jar=jar) as client:
        visit = Visit(client, start)
        headers = {**HTML, "Origin": str(client.make_url("")).rstrip("/")}
        await client.post("/setup/code", data={"code": start.code}, headers=headers)
        yield visit


async def test_a_lab_comes_back_from_a_file_that_was_sent(visit: Visit, kept: Kept) -> None:
    assert (await visit.send(kept.backup.read_bytes(), words=kept.words))[0] == "/setup/restore"
    await asyncio.wait_for(visit.client.app[FOUNDED].wait(), 30)
    with Service(visit.start.folder) as service:
        assert service.opened.lab == kept.lab
        assert service.store.own_chain().epoch == 1
        assert service.members.has_any()
        async with open_node(service, []) as node:
            async with TestClient(TestServer(make_web_app(node))) as client:
                answer = await client.get("/setup/restore", headers=HTML)
                assert "Ponant is back" in await answer.text()
    assert not visit.start.folder.uploaded_backup.exists()


async def test_a_lab_comes_back_from_a_stick(visit: Visit, kept: Kept) -> None:
    await visit.send(path=str(kept.backup), words=f" {kept.words.upper()} ")
    await asyncio.wait_for(visit.client.app[FOUNDED].wait(), 30)


async def test_wrong_words_are_said_and_the_file_need_not_be_sent_again(
    visit: Visit, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    _, page = await visit.send(kept.backup.read_bytes(), words="one two", expect=422)
    assert "There are 2 words here" in page and ">one two</textarea>" in page
    assert "The file that has arrived here: Ponant" in page
    _, page = await visit.send(which="uploaded", words="zzz " * 12, expect=422)
    assert "“zzz” is none of the words" in page
    assert "refused: wrong_words" in caplog.text and "zzz" not in caplog.text
    await visit.send(which="uploaded", words=kept.words)
    await asyncio.wait_for(visit.client.app[FOUNDED].wait(), 30)


async def test_the_words_of_another_lab_open_nothing(
    visit: Visit, kept: Kept, tmp_path: Path
) -> None:
    other = " ".join(found_lab(tmp_path / "other").recovery_words)
    await visit.send(kept.backup.read_bytes(), words=other)
    page = await visit.ended()
    assert "not those of the lab “Ponant”" in page
    assert visit.left() == {"restore.fedlab"} and not visit.client.app[FOUNDED].is_set()


@pytest.mark.parametrize("cut", [-1, -70_000, 2_000])
async def test_a_backup_cut_short_leaves_nothing(visit: Visit, kept: Kept, cut: int) -> None:
    await visit.send(kept.backup.read_bytes()[:cut], words=kept.words)
    assert "cut short or damaged" in await visit.ended()
    assert visit.left() == set()


@pytest.mark.parametrize("data", [b"PK\x03\x04 a photo", b"fedlab-backup/1 {}\n", b"\n" * 9000])
async def test_what_is_no_backup_is_refused_beside_the_field_and_goes(
    visit: Visit, kept: Kept, data: bytes
) -> None:
    _, page = await visit.send(data, words=kept.words, expect=422)
    assert "not a backup of fedlab" in page and page.count('role="alert"') == 1
    assert visit.left() == set()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose a backup"),
        ({"path": "relative.fedlab"}, "Choose a backup"),
        ({"path": "/nowhere/at-all.fedlab"}, "no such file"),
        ({"path": "/dev/zero"}, "not a backup"),
        ({"path": "/etc"}, "not a backup"),
        ({"path": "/\0"}, "Choose a backup"),
        ({"which": "/etc/passwd"}, "not a backup"),
        ({"words": "x" * 100_000}, "could not be restored"),
    ],
)
async def test_what_is_wrong_with_the_form_is_said(
    visit: Visit, form: dict[str, str], said: str
) -> None:
    _, page = await visit.send(words=form.pop("words", "abaisser " * 12), expect=422, **form)
    assert said in page


async def test_a_file_too_large_is_refused_while_it_comes(
    visit: Visit, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "RESTORE_UPLOAD_BYTES_MAX", 1000)
    _, page = await visit.send(kept.backup.read_bytes(), words=kept.words, expect=422)
    assert "larger than any backup" in page and visit.left() == set()


async def test_peers_that_do_not_answer_are_said_and_can_be_done_without(
    visit: Visit, kept: Kept
) -> None:
    form = {"words": kept.words, "peers": "http://127.0.0.1:9"}
    _, page = await visit.send(path=str(kept.backup), words=kept.words, peers="moon", expect=422)
    assert "Write addresses such as" in page
    await visit.send(path=str(kept.backup), **form)
    page = await visit.ended()
    assert 'name="alone"' in page and ">http://127.0.0.1:9</textarea>" in page
    assert visit.left() == set()
    await visit.send(path=str(kept.backup), alone="1", **form)
    await asyncio.wait_for(visit.client.app[FOUNDED].wait(), 30)


async def test_progress_is_shown_and_no_lab_is_founded_meanwhile(visit: Visit) -> None:
    visit.client.app[RESTORATION].step = "asking"
    answer = await visit.client.get("/setup/restore", headers=HTML)
    assert answer.headers["Refresh"] and "Other labs are asked" in await answer.text()
    assert (await visit.page("/setup/lab")).startswith("/setup/restore\n")
    assert (await visit.send(words="x"))[0] == "/setup/restore"


async def test_a_folder_whose_data_are_gone_offers_its_backup_alone(
    tmp_path: Path, kept: Kept
) -> None:
    """Its lab has spoken: another must not take its place."""
    found_lab(tmp_path)
    (tmp_path / "store.db").unlink()
    start = FirstStart(Folder(tmp_path), lambda: 0.0)
    assert not start.may_found
    restore(Folder(tmp_path), kept.backup, kept.words)


def test_who_has_begun_to_found_may_go_on(tmp_path: Path) -> None:
    """Keys without a store beside a plan are of a founding that was cut short."""
    start = FirstStart(Folder(tmp_path), lambda: 0.0)
    start.name_lab(Plan(name="Ponant"))
    found_lab(tmp_path / "other")
    for name in ("keys.json", "head"):
        (tmp_path / "other" / name).rename(tmp_path / name)
    again = FirstStart(Folder(tmp_path), lambda: 0.0)
    assert again.may_found
    again.found()
    with Service(Folder(tmp_path)) as service:
        assert service.own().name == "Ponant"
