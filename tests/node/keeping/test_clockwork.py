"""What a node does by itself: backups when due, a rehearsal, and word to systemd."""

import asyncio
import errno
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from fedlab.node.app import open_node
from fedlab.node.errors import TryLaterError
from fedlab.node.keeping import clockwork
from fedlab.node.keeping.archive import write_backup
from fedlab.node.keeping.envelope import Sealer
from fedlab.node.service import backups
from fedlab.node.service.backups import HOUR_S, MARK, Plan, is_due, is_rehearsal_due
from fedlab.node.web.i18n import language
from fedlab.node.web.troubles import trouble_text
from tests.conftest import REPO
from tests.node.labs import opened_lab

NOW = 1_763_900_000
DAY = 24 * HOUR_S


@pytest.fixture(autouse=True)
def _another_process_finds_fedlab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPO))


def flip(path: Path) -> None:
    """Change one bit near the end of a file."""
    rotten = bytearray(path.read_bytes())
    rotten[-20] ^= 4
    path.write_bytes(bytes(rotten))


@pytest.mark.parametrize(
    ("plan", "due"),
    [
        (Plan(), False),
        (Plan(folder="/stick"), True),
        (Plan(folder="/stick", success_at=NOW - DAY + 1, attempt_at=NOW - DAY + 1), False),
        (Plan(folder="/stick", success_at=NOW - DAY, attempt_at=NOW - DAY), True),
        (Plan(folder="/stick", attempt_at=NOW - 60, problem="no stick"), False),
        (Plan(folder="/stick", attempt_at=NOW - HOUR_S, problem="no stick"), True),
        # By hand, long before the next one was due.
        (Plan("/stick", success_at=NOW - 2 * HOUR_S, attempt_at=NOW - HOUR_S, problem="x"), True),
        # The clock was wrong by years when it was made.
        (Plan(folder="/stick", success_at=2 * NOW, attempt_at=2 * NOW), True),
    ],
)
def test_a_backup_is_due(plan: Plan, due: bool) -> None:
    assert is_due(plan, NOW) is due


def test_a_rehearsal_is_due_monthly_and_only_of_what_is_there() -> None:
    made = Plan(folder="/stick", success_at=NOW)
    assert is_rehearsal_due(made, NOW)
    assert not is_rehearsal_due(Plan(folder="/stick"), NOW)
    assert not is_rehearsal_due(Plan(folder="/stick", success_at=NOW, rehearsed_at=NOW), NOW + DAY)
    assert is_rehearsal_due(Plan(folder="/stick", success_at=NOW, rehearsed_at=NOW), NOW + 31 * DAY)


async def test_a_node_backs_up_and_rehearses_by_itself(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with opened_lab(tmp_path / "lab") as service:
        service.backups.set(str(stick), every_h=24, keep=2)
        async with open_node(service, []) as node:
            await clockwork._look(node)
            status = service.backups.status()
            assert status.last_success and status.next == status.last_success + DAY
            assert status.rehearsed and status.problems == []
            assert len(service.backups.list().backups) == 1
            await clockwork._look(node)  # nothing is due
            assert len(service.backups.list().backups) == 1


async def test_a_rehearsal_finds_a_backup_that_rotted(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with opened_lab(tmp_path / "lab") as service:
        service.backups.set(str(stick))
        path = Path(service.backups.write().path)
        flip(path)
        async with open_node(service, []) as node:
            await clockwork._look(node)
        [problem] = service.backups.status().problems
        assert "could not be read back" in problem and "changed" in problem
        assert list(stick.iterdir()) and not (tmp_path / "lab" / "rehearsal.tmp").exists()


def test_a_stick_that_is_not_plugged_in_is_noticed(tmp_path: Path) -> None:
    """Its empty mount point must not be filled: it lies on the card that is to be saved."""
    stick = tmp_path / "stick"
    stick.mkdir()
    with opened_lab(tmp_path / "lab") as service:
        service.backups.set(str(stick))
        (stick / MARK).unlink()
        with pytest.raises(TryLaterError, match="not the place that was chosen"):
            service.backups.write()
        assert list(stick.iterdir()) == []
        status = service.backups.status()
        assert status.last_attempt and not status.last_success
        assert "plugged" not in status.problems[0] and "failed" in status.problems[0]
        assert not is_due(service.backups.plan(), time.time())


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (OSError(errno.EIO, "Input/output error"), "away"),  # pulled out while it was written
        (OSError(errno.ENOENT, "No such file"), "away"),
        (OSError(errno.ENOSPC, "No space left on device"), "full"),
        (OSError(errno.EROFS, "Read-only file system"), "refused"),
        (PermissionError(errno.EACCES, "Permission denied"), "refused"),
        (RuntimeError("a defect of ours"), "failed"),
    ],
)
def test_what_ends_a_backup_is_to_be_seen_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, code: str
) -> None:
    """It fails half way: nothing half is left, somebody is told what to do, the next one heals."""
    stick = tmp_path / "stick"
    stick.mkdir()
    with opened_lab(tmp_path / "lab") as service:
        service.backups.set(str(stick))
        good = service.backups.write().path

        def broken(*_: object) -> None:
            raise fault

        with monkeypatch.context() as patch:
            patch.setattr(Sealer, "close", broken)
            with pytest.raises(type(fault)):
                service.backups.write()
        assert [one.path for one in service.backups.list().backups] == [good]
        assert {path.name for path in stick.iterdir()} == {MARK, Path(good).name}
        assert not list((tmp_path / "lab").glob("*.tmp"))
        (trouble,) = service.backups.attention()
        assert (trouble.code, trouble.remedy) == (f"backup_{code}", "/backups")
        for name in ("en", "fr"):
            text = trouble_text(language(name), trouble)
            assert text.title and text.todo and text.link, "it has a remedy in words"
        assert service.attention.all().troubles[0].code == f"backup_{code}"
        service.backups.write()
        assert service.backups.attention() == []


def test_what_a_pulled_stick_left_is_cleared(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with opened_lab(tmp_path / "lab") as service:
        service.backups.set(str(stick))
        half = stick / f"fedlab-{service.store.lab[:8]}-20251123-000000.fedlab.tmp"
        others = stick / "fedlab-00000000-20251123-000000.fedlab.tmp"
        half.write_bytes(b"half of it")
        others.write_bytes(b"another lab is writing just now")
        service.backups.write()
        assert not half.exists() and others.exists()


def test_two_backups_are_not_made_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with opened_lab(tmp_path / "lab") as service:
        service.backups.set(str(stick))
        tried: list[str] = []

        def meanwhile(*args: Any) -> Path:
            with pytest.raises(TryLaterError, match="just now"):
                service.backups.write()
            tried.append("refused")
            return write_backup(*args)

        monkeypatch.setattr(backups, "write_backup", meanwhile)
        service.backups.write()
        assert tried == ["refused"] and len(service.backups.list().backups) == 1
        assert service.backups.attention() == []


def test_old_backups_go_and_the_new_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    moment = NOW
    monkeypatch.setattr(time, "time", lambda: moment)
    with opened_lab(tmp_path / "lab") as service:
        service.backups.set(str(stick), keep=2)
        for moment in (NOW, NOW + DAY, NOW + 2 * DAY):  # noqa: B007  what the clock says
            service.backups.write()
        assert [one.at for one in service.backups.list().backups] == [NOW + 2 * DAY, NOW + DAY]
        moment = 10 * DAY  # the clock has forgotten the year
        written = service.backups.write()
        assert Path(written.path).exists()


async def test_systemd_hears_that_the_node_is_ready_and_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "30000")
        loop = asyncio.get_running_loop()
        answering = asyncio.Event()
        answering.set()
        async with clockwork.watched(answering.wait):
            assert await loop.sock_recv(systemd, 64) == b"READY=1"
            assert await loop.sock_recv(systemd, 64) == b"WATCHDOG=1"
            assert await loop.sock_recv(systemd, 64) == b"WATCHDOG=1"
        clockwork.stopping()
        last = b""
        while last != b"STOPPING=1":
            last = await loop.sock_recv(systemd, 64)

        # A node whose threads hang says nothing more, and is started again.
        async with clockwork.watched(asyncio.Event().wait):
            assert await loop.sock_recv(systemd, 64) == b"READY=1"
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await loop.sock_recv(systemd, 64)
