"""Real processes for tests: commands, nodes on loopback, waiting with a deadline."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

REPO = Path(__file__).resolve().parents[2]
FEDLAB = [sys.executable, "-P", "-m", "fedlab"]
HOST = "127.0.0.1"
# A slow machine under load takes seconds; what hangs must still fail before the suite's time is up.
DEADLINE_S = 40.0

Found = TypeVar("Found")


def environment(data: Path) -> dict[str, str]:
    """What a command of a user with nothing set up has, but for the folder."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "PYTHONPATH": str(REPO), "FEDLAB_DATA": str(data), "LANG": "C.UTF-8"}


class Room(NamedTuple):
    """A network namespace that a lab lives in; see `rooms`."""

    address: str
    enter: tuple[str, ...]  # the command that runs another in there
    port: tuple[str, str]  # its end at the switch


def fedlab(data: Path, *args: object, expect: int = 0, enter: Sequence[str] = ()) -> Any:
    """Run a command with --json and return its document; fail on another exit code."""
    command = [*enter, *FEDLAB, *map(str, args), "--json"]
    done = subprocess.run(
        command, env=environment(data), capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert done.returncode == expect, f"{args}: {done.returncode} {done.stdout} {done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    if args[0] == "log":
        return [json.loads(line) for line in done.stdout.splitlines()]
    return json.loads(done.stdout)


def until(ask: Callable[[], Found], what: str, deadline_s: float = DEADLINE_S) -> Found:
    """Ask again and again until the answer is yes; fail after the deadline, saying what for."""
    end = time.monotonic() + deadline_s
    while not (answer := ask()):
        assert time.monotonic() < end, f"waited {deadline_s:.0f} s for {what}"
        time.sleep(0.05)
    return answer


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Lab:
    """A lab in a folder, whose node can be started, stopped and killed."""

    def __init__(
        self,
        data: Path,
        name: str,
        place: tuple[float, float] | None = None,
        room: Room | None = None,
    ) -> None:
        self._settle(data, room)
        where = ("--lat", place[0], "--lon", place[1]) if place else ()
        founded = self.run("init", "--name", name, *where)
        self.id: str = founded["lab"]
        self.recovery_words = " ".join(founded["recovery_words"])

    @classmethod
    def in_folder(cls, data: Path, lab: str) -> "Lab":
        """Return a lab that was founded before, in the folder it stands in now."""
        self = cls.__new__(cls)
        self._settle(data, None)
        self.id = lab
        return self

    def _settle(self, data: Path, room: Room | None) -> None:
        self.data, self.room = data, room
        self.host = room.address if room else HOST
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def _enter(self) -> tuple[str, ...]:
        return self.room.enter if self.room else ()

    def run(self, *args: object, expect: int = 0) -> Any:
        """Run a command of this lab."""
        return fedlab(self.data, *args, expect=expect, enter=self._enter)

    def start(self) -> None:
        """Start the node and wait until it says that it is ready."""
        with (self.data / "node.log").open("a") as log:
            where = ("--host", self.host, "--port", str(self.port))
            self.process = subprocess.Popen(
                [*self._enter, *FEDLAB, "run", *where, "--json"],
                env=environment(self.data),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.data / "node.log").read_text()
        ready = json.loads(line)
        assert ready == {"url": self.url, "lab": self.id, "pid": self.process.pid}

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop the node and return its exit code."""
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(how)
        with process:
            return process.wait(DEADLINE_S)

    def said(self) -> str:
        """Return what the node has logged."""
        return (self.data / "node.log").read_text()

    @contextlib.contextmanager
    def running(self) -> Iterator["Lab"]:
        """Run the node for a while."""
        self.start()
        try:
            yield self
        finally:
            if self.process is not None:
                self.stop()

    def join(self, host: "Lab") -> None:
        """Join a lab by its invitation."""
        self.run("join", host.run("invite")["url"])

    def holds(self, other: "Lab") -> Callable[[], bool]:
        """Ask whether this lab holds all that another has signed by now."""
        size = other.run("status")["size"]

        def ask() -> bool:
            entries = self.run("log", other.id) if self.knows(other) else []
            return len(entries) >= size

        return ask

    def knows(self, other: "Lab") -> bool:
        """Say whether anything of another lab is held here."""
        done = subprocess.run(
            [*self._enter, *FEDLAB, "log", other.id, "--json"],
            env=environment(self.data),
            capture_output=True,
        )
        return done.returncode == 0

    def offers(self, name: str) -> bool:
        """Say whether something of exactly that name is found here."""
        return any(hit["name"] == name for hit in self.run("search", name)["hits"])

    def finds(self, query: str) -> Any:
        """Return the first hit for a question, or None."""
        hits = self.run("search", query)["hits"]
        return hits[0] if hits else None
