"""Kills a process at the n-th system call of a kind that touches a folder, without importing anew.

A helper process has everything imported and forks a child for each death; strace attaches to the
child before it begins. strace counts calls by their name, so each name has its own numbers.

As a script this is the helper: it reads what to do as JSON, a line each, and answers in lines.
"""

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

STRACE = shutil.which("strace")

# What can change what is on disk; between two of these a kill finds the same files.
WRITING = "openat,creat,write,pwrite64,writev,pwritev,ftruncate,fallocate,fsync,fdatasync,\
msync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,fchmod,fchown"

_PR_SET_PTRACER = 0x59616D61
_CALL = re.compile(r"^(?:\d+ +)?(\w+)\(")


class Killer:
    """The helper process; `target` names what its children do, see `serve`."""

    def __init__(self, target: str) -> None:
        self._helper = subprocess.Popen(
            [sys.executable, "-P", "-m", target],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )

    def close(self) -> None:
        assert self._helper.stdin is not None
        assert self._helper.stdout is not None
        self._helper.stdin.close()
        self._helper.wait()
        self._helper.stdout.close()

    def calls(self, folder: Path, *args: str, only: str = "all") -> Counter[str]:
        """Count the system calls of an undisturbed run that touch the folder, by name."""
        trace = folder.with_name("trace")
        assert self._run(folder, args, ["-o", str(trace), "-e", f"trace={only}"]) == 0
        found = map(_CALL.match, trace.read_text().splitlines())
        return Counter(match[1] for match in found if match)

    def kill(self, folder: Path, name: str, number: int, *args: str) -> bool:
        """Kill a run at its call of that name and number; False if it ended before."""
        inject = f"inject={name}:signal=KILL:when={number}"
        how = ["-o", os.devnull, "-e", f"trace={name}", "-e", inject]
        return self._run(folder, args, how) != 0

    def trace(self, folder: Path, trace: Path, beside: Path, *args: str) -> None:
        """Write down all that a run does to the folder and to one file beside it."""
        how = ["-o", str(trace), "-e", f"trace={WRITING}", "-P", str(beside)]
        assert self._run(folder, args, [*how, "-y", "-xx", "-s", str(2**24)]) == 0

    def _run(self, folder: Path, args: tuple[str, ...], how: list[str]) -> int:
        pid = int(self._ask(list(args)))
        files = (path for at in _files(folder) for path in ("-P", str(at)))
        tracer = subprocess.Popen(
            [STRACE or "strace", "-f", "-p", str(pid), *files, *how],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert tracer.stderr is not None
        attached = tracer.stderr.readline()
        assert "attached" in attached, attached
        status = int(self._ask("go"))
        tracer.stderr.close()
        tracer.wait()
        return status

    def _ask(self, what: object) -> str:
        assert self._helper.stdin is not None
        assert self._helper.stdout is not None
        self._helper.stdin.write(json.dumps(what) + "\n")
        self._helper.stdin.flush()
        return self._helper.stdout.readline()


def _files(folder: Path) -> Iterator[Path]:
    """Yield the paths that may be touched: strace's filter knows no patterns."""
    names = ["store.db", "store.db-wal", "store.db-shm", "store.db-journal"]
    names += ["head", "head.tmp", "keys.json", "keys.json.tmp", "lock"]
    names += ["setup.json", "setup.json.tmp"]
    places = (folder, folder / "founding.tmp", folder / "restore.tmp")
    known = {*places, *(place / name for place in places for name in names), *folder.rglob("*")}
    yield from sorted(known)


def serve(work: Callable[[list[str]], None], lines: IO[str] = sys.stdin) -> None:
    """Fork a child for every line of arguments; the word `go` lets it begin, its end is told."""
    for line in lines:
        ready, go = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(go)
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, -1, 0, 0, 0)
            os.read(ready, 1)
            work(json.loads(line))
            os._exit(0)
        os.close(ready)
        print(pid, flush=True)
        assert json.loads(lines.readline()) == "go"
        os.close(go)
        _, status = os.waitpid(pid, 0)
        print(status, flush=True)
