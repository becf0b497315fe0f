"""What a running node does by itself for its lab: backups when they are due, and a rehearsal.

It also tells systemd that the node is well (sd_notify(3)), which it asks the node's threads first:
a node that hangs is started again by the watchdog.
"""

import asyncio
import logging
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fedlab.node.errors import BadRequestError
from fedlab.node.service.backups import BackupAnswer, is_due, is_rehearsal_due

if TYPE_CHECKING:
    from fedlab.node.app import Node

LOOK_S: Final = 60.0
# All items are looked through for it: not while a node starts, and not often.
SWEEP_FIRST_S: Final = 3600.0
SWEEP_S: Final = 86_400.0
# A node under load answers late; one that has not for this part of the watchdog's time is beaten.
_BEATS_PER_WATCH: Final = 3

_log = logging.getLogger("fedlab.keeping")


async def keep(node: "Node", *, look_s: float = LOOK_S) -> None:
    """Back up, rehearse and drop photos whenever that is due, until cancelled."""
    sweep_at = time.monotonic() + SWEEP_FIRST_S
    while True:
        try:
            await _look(node)
            if time.monotonic() >= sweep_at:
                sweep_at += SWEEP_S
                await node.read(node.service.photos.sweep, time.time())
        except Exception as exc:  # a stick that is not there, a full disk: `status` says so too
            _log.warning("%s", exc)
        await asyncio.sleep(look_s)


async def _look(node: "Node") -> None:
    backups = node.service.backups
    if is_due(await node.read(backups.plan), time.time()):
        written = await node.read(backups.write)
        _log.info("backed up to %s", written.path)
    if is_rehearsal_due(await node.read(backups.plan), time.time()):
        made: list[BackupAnswer] = []
        with suppress(BadRequestError):  # a stick that is away: so the next backup finds
            made = (await node.read(backups.list)).backups
        if made:
            problem = await _rehearse(node.service.folder.path, Path(made[0].path))
            await node.write(backups.rehearsed, problem)
            _log.info("rehearsed %s: %s", made[0].path, problem or "all of it holds")


async def _rehearse(folder: Path, backup: Path) -> str:
    """Rehearse in a process of its own; return what did not hold, or nothing."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "fedlab.node.keeping.rehearsal", str(folder), str(backup)),
        stdout=asyncio.subprocess.PIPE,
        process_group=0,  # Ctrl-C is for the node, which ends it
    )
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise
    return said.decode(errors="replace") or ("it broke off" if process.returncode else "")


def notify(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Tell systemd something, if it started us: one datagram, as sd_notify(3) sends it."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # the abstract namespace
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(state.encode(), address)


def beat_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """Return how often the watchdog wants to hear of us, or None if there is none."""
    watched = environ.get("WATCHDOG_USEC", "")
    if not watched.isdecimal() or environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(watched) / 1_000_000 / _BEATS_PER_WATCH


@asynccontextmanager
async def kept(node: "Node") -> AsyncIterator[None]:
    """Look after a node's lab, and tell systemd that it is ready and well, for a while."""
    keeping = asyncio.create_task(keep(node))
    try:
        async with watched(lambda: node.read(_nothing)):
            yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


@asynccontextmanager
async def watched(well: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Tell systemd that we are ready, and its watchdog, as long as `well` returns, that we are.

    The first start hands over to the node in this way: it is `stopping` alone that says the end.
    """
    every_s = beat_s()
    beating = asyncio.create_task(_beat(well, every_s)) if every_s else None
    notify("READY=1")
    try:
        yield
    finally:
        if beating is not None:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)


def stopping() -> None:
    """Tell systemd that we were asked to stop; until it hears that, an end is a failure."""
    notify("STOPPING=1")


async def _beat(well: Callable[[], Awaitable[object]], every_s: float) -> None:
    while True:
        await well()
        notify("WATCHDOG=1")
        await asyncio.sleep(every_s)


def _nothing() -> None:
    """Take a thread for a moment."""
