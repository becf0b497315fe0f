"""Real nodes in processes of their own, started, asked and stopped as their owner would."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from fedlab.node.config import Folder
from fedlab.node.control import call_folder

REPO = Path(__file__).resolve().parent.parent
FEDLAB = [sys.executable, "-P", "-m", "fedlab"]
RUN = ["--json", "run", "--host", "127.0.0.1", "--port", "0"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(REPO), "LANG": "C.UTF-8"}
WAIT_S = 600.0


def fedlab(folder: Folder, *args: object) -> Any:
    """Run a command and return its answer; raise CalledProcessError if it fails."""
    command = [*FEDLAB, "--data", str(folder.path), "--json", *map(str, args)]
    done = subprocess.run(command, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


class Running:
    """A folder's node while it runs; `ready_s` is what it took to say that it is ready."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._log = (folder.path / "node.log").open("a")

    def __enter__(self) -> "Running":
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [*FEDLAB, "--data", str(self.folder.path), *RUN],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.ready_s = time.perf_counter() - began
        if not line:
            raise RuntimeError((self.folder.path / "node.log").read_text())
        self.url = str(json.loads(line)["url"])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        with self.process:
            self.process.wait()
        self._log.close()

    def call(self, name: str, **params: Any) -> Any:
        """Do one call of the table on the running node."""
        return call_folder(self.folder, name, params)

    def memory(self) -> dict[str, float]:
        """Return what the process occupies, in MB: `rss`, `peak`, and its own share, `pss`."""
        proc = Path(f"/proc/{self.process.pid}")
        names = {"VmRSS:": "rss", "VmHWM:": "peak", "Pss:": "pss"}
        lines = (proc / "status").read_text() + (proc / "smaps_rollup").read_text()
        words = [line.split() for line in lines.splitlines()]
        return {names[w[0]]: int(w[1]) * 1024 / 1e6 for w in words if w and w[0] in names}

    def cpu_s(self) -> float:
        """Return the processor time that the process has used, with helpers that ended."""
        return sum(map(int, _stat(self.process.pid)[11:15])) / os.sysconf("SC_CLK_TCK")

    def helpers_cpu_s(self) -> float:
        """Return the processor time of the processes that it has started and that still run."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        children = [pid for thread in threads for pid in (thread / "children").read_text().split()]
        ticks = sum(sum(map(int, _stat(int(pid))[11:13])) for pid in children)
        return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """Return what Linux says of a process, from its state on: proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def until(happened: Callable[[], bool], pause_s: float) -> float:
    """Ask again and again until it has happened; return when that was."""
    deadline = time.perf_counter() + WAIT_S
    while not happened():
        if time.perf_counter() > deadline:
            raise TimeoutError(f"not within {WAIT_S:.0f} s")
        time.sleep(pause_s)
    return time.perf_counter()


def load() -> str:
    """Return how busy the machine is, for the notes."""
    return f"load average when it ended: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
