"""The second process that indexes: it takes over, is followed, and may fail at any moment."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fedlab.node import indexing
from fedlab.node.config import Folder
from fedlab.node.indexing import WAITING_MIN, Helper
from fedlab.node.projector import Projector
from fedlab.node.search import Query, SearchIndex, load_thesaurus
from fedlab.node.store import SqliteStore
from tests.node.store.labs import Lab

REPO = Path(__file__).parents[2]
ITEMS = 40
WAIT_S = 60


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPO))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def projector(folder: Folder) -> Iterator[Projector]:
    store, lab = SqliteStore(folder.path), Lab()
    lab.items(ITEMS)
    store.commit(lab.events())
    projector = Projector(store)
    projector.run()
    yield projector
    store.close()


class Followed(SearchIndex):
    """An index that says when it has seen everything."""

    def __init__(self, folder: Folder) -> None:
        super().__init__(folder.index, load_thesaurus(folder.thesaurus, folder.kept_thesaurus))
        self.is_whole = threading.Event()

    def follow(self) -> None:
        super().follow()
        if self.count == ITEMS:
            self.is_whole.set()


@pytest.fixture
def index(folder: Folder) -> Iterator[Followed]:
    index = Followed(folder)
    yield index
    index.close()


def test_what_it_indexed_is_found_and_the_node_goes_on(
    folder: Folder, projector: Projector, index: Followed
) -> None:
    ended = threading.Event()
    helper = Helper(folder, ended.set)
    assert projector.prepare(index) == ITEMS
    assert helper.take(index, WAITING_MIN)
    assert helper.is_busy
    assert index.is_whole.wait(WAIT_S)
    assert index.search(Query(text="T-7")).hits
    helper.stop()
    assert ended.wait(WAIT_S)
    assert not helper.is_busy
    assert projector.prepare(index) == 0  # the mark came along
    assert projector.feed(index) == 0


def test_it_ends_by_itself_when_nothing_more_comes(
    folder: Folder, projector: Projector, index: Followed
) -> None:
    ended = threading.Event()
    helper = Helper(folder, ended.set)
    projector.prepare(index)
    helper.take(index, WAITING_MIN)
    assert ended.wait(WAIT_S)
    assert index.count == ITEMS


def test_little_is_not_worth_a_process(
    folder: Folder, projector: Projector, index: Followed
) -> None:
    helper = Helper(folder, lambda: None)
    assert not helper.take(index, WAITING_MIN - 1)
    assert not helper.is_busy
    assert projector.feed(index) == ITEMS


def test_killed_it_leaves_the_rest_to_the_node(
    folder: Folder,
    projector: Projector,
    index: Followed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start(*args: object, **kwargs: object) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(*args, **kwargs))  # type: ignore[call-overload]
        started[-1].kill()
        return started[-1]

    monkeypatch.setattr(
        indexing,
        "subprocess",
        SimpleNamespace(Popen=start, PIPE=subprocess.PIPE),
    )
    ended = threading.Event()
    helper = Helper(folder, ended.set)
    projector.prepare(index)
    assert helper.take(index, WAITING_MIN)
    assert ended.wait(WAIT_S)
    assert projector.feed(index) == ITEMS
    assert index.count == ITEMS


@pytest.mark.parametrize("ends_by", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_killed_before_its_first_commit_it_is_not_asked_again(
    folder: Folder,
    projector: Projector,
    index: Followed,
    monkeypatch: pytest.MonkeyPatch,
    ends_by: signal.Signals,
) -> None:
    """Or a node short of memory would start it for ever; `stop` ends it by SIGTERM, for later."""
    command = [sys.executable, "-c", f"import os; os.kill(os.getpid(), {int(ends_by)})"]
    monkeypatch.setattr(
        indexing,
        "subprocess",
        SimpleNamespace(
            Popen=lambda _, **kwargs: subprocess.Popen(command, **kwargs),
            PIPE=subprocess.PIPE,
        ),
    )
    ended = threading.Event()
    helper = Helper(folder, ended.set)
    projector.prepare(index)
    assert helper.take(index, WAITING_MIN)
    assert ended.wait(WAIT_S)
    assert helper.take(index, WAITING_MIN) == (ends_by == signal.SIGTERM)
    helper.stop()


def test_reading_another_thesaurus_it_leaves_the_index_to_the_node(
    folder: Folder, projector: Projector, index: Followed
) -> None:
    """Or each of the two would begin again, for ever, the index that the other has made."""
    folder.thesaurus.write_text("enclume\tanvil\n", "utf-8")
    ended = threading.Event()
    helper = Helper(folder, ended.set)
    projector.prepare(index)
    assert helper.take(index, WAITING_MIN)
    assert ended.wait(WAIT_S)
    assert not helper.is_busy
    assert projector.prepare(index) == ITEMS
    assert not helper.take(index, WAITING_MIN)
    assert projector.feed(index) == ITEMS
    assert index.count == ITEMS


def test_an_index_that_cannot_be_followed_is_given_back(
    folder: Folder, projector: Projector, index: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError("too many open files")

    monkeypatch.setattr(index, "follow", fail)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    ended = threading.Event()
    helper = Helper(folder, ended.set)
    projector.prepare(index)
    assert helper.take(index, WAITING_MIN)
    assert ended.wait(WAIT_S)
    assert not helper.is_busy


def test_failed_it_is_not_asked_again(
    projector: Projector, index: Followed, tmp_path: Path
) -> None:
    ended = threading.Event()
    helper = Helper(Folder(tmp_path / "nowhere"), ended.set)
    projector.prepare(index)
    assert helper.take(index, WAITING_MIN)
    assert ended.wait(WAIT_S)
    assert not helper.take(index, WAITING_MIN)
    assert projector.feed(index) == ITEMS


def test_it_ends_when_the_node_has_gone(
    folder: Folder, projector: Projector, index: Followed
) -> None:
    projector.prepare(index)
    index.close()
    command = [sys.executable, "-P", "-m", "fedlab.node.indexing", str(folder.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(WAIT_S) == 0
    assert projector.feed(index) + index.count >= ITEMS
