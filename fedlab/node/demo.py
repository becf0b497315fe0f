"""Three labs on this machine, in a chain: each a process with a folder and a port of its own.

The outer two never talk to each other: the one in the middle invites both, and passes on what each
has signed. The first start founds, fills and joins them; later ones only start the processes.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from fedlab.node.addresses import can_listen, next_free_port
from fedlab.node.config import Folder
from fedlab.node.control import call_folder
from fedlab.node.errors import BadRequestError, ServiceError, TryLaterError

HOST: Final = "127.0.0.1"
# A Raspberry Pi folds and indexes the three inventories in a fraction of this.
READY_WAIT_S: Final = 120.0
STOP_WAIT_S: Final = 10.0
_POLL_S: Final = 0.1
# Written last, with the first port: a preparation that was cut short is begun again, and labs that
# have all moved to other ports are told each other's addresses anew.
_MARK: Final = "prepared"


class DemoLab(NamedTuple):
    """One lab of the demonstration; `file` is its inventory in demo_data."""

    slug: str
    name: str
    lat: float
    lon: float
    file: str


CHAIN: Final = (
    DemoLab("brest", "Fabrique du Port, Brest", 48.3904, -4.4861, "brest.csv"),
    DemoLab("tricycle", "Le Tricycle, Rennes", 48.1173, -1.6778, "tricycle.md"),
    DemoLab("paris", "Labo du Canal, Paris", 48.8809, 2.3695, "paris.tsv"),
)
_FIRST, _MIDDLE, _LAST = CHAIN


class Running(NamedTuple):
    """One lab whose node runs."""

    lab: DemoLab
    folder: Folder
    process: subprocess.Popen[bytes]
    url: str


def run_demo(folder: Folder, *, port: int, as_json: bool) -> None:
    """Start the three labs, say where they are, and stay until Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    ports = _ports(port)
    base = folder.demo
    if not (base / _MARK).exists():
        _say("preparing three labs; this is done once")
        _found_labs(base)
    with _started(base, ports, stop) as labs:
        if _joined_at(base) != ports[0] and not stop.is_set():
            _join_labs(labs)
            (base / _MARK).write_text(str(ports[0]))
        _await_sync(labs, stop)
        if not stop.is_set():
            _say_ready(labs, as_json)
        _stay(labs, stop)


def _ports(first: int) -> list[int]:
    """Return three ports in a row, any free ones for 0; raise TryLaterError if they are taken."""
    count = len(CHAIN)
    if first == 0:
        first = next_free_port(HOST, 20_000 + os.getpid() % 20_000, count) or 0
    if not 0 < first <= 65_536 - count:
        raise BadRequestError("three ports are needed, all below 65536", "choose a lower --port")
    ports = list(range(first, first + count))
    taken = [port for port in ports if not can_listen(HOST, port)]
    if taken:
        free = next_free_port(HOST, taken[-1] + 1, count)
        raise TryLaterError(
            f"port {taken[0]} is in use by another program",
            f"use --port {free}: it and the two after it are free"
            if free
            else "use another --port",
            code="port_in_use",
        )
    return ports


# --- once -----------------------------------------------------------------------------------------


def _found_labs(base: Path) -> None:
    from fedlab.node.founding import found  # late: a second start needs none of it
    from fedlab.node.service import Service

    for lab in CHAIN:
        path = base / lab.slug
        if path.exists():
            shutil.rmtree(path)
        found(Folder(path), name=lab.name, network="fedlab", lat=lab.lat, lon=lab.lon, lang="fr")
        data = files("fedlab.node").joinpath("demo_data", lab.file).read_bytes()
        with Service(Folder(path)) as service:
            service.imports.run(data, lab.file)


def _joined_at(base: Path) -> int | None:
    """Return the first port at which the labs know each other; None if they do not."""
    try:
        return int((base / _MARK).read_text())
    except (OSError, ValueError):
        return None


def _join_labs(labs: dict[str, Running]) -> None:
    """Have the outer two join the one in the middle."""
    for guest in (_FIRST, _LAST):
        invitation = call_folder(labs[_MIDDLE.slug].folder, "invite", {})
        call_folder(labs[guest.slug].folder, "join", {"url": invitation["url"]})


# --- every time -----------------------------------------------------------------------------------


@contextmanager
def _started(base: Path, ports: list[int], stop: threading.Event) -> Iterator[dict[str, Running]]:
    """Run the three nodes; stop them all on leaving, whatever happened."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for lab, port in zip(CHAIN, ports, strict=True):
            processes.append(_start(base / lab.slug, port))
        labs = {}
        for lab, process in zip(CHAIN, processes, strict=True):
            ready = _first_line(process)
            if "url" not in ready and not stop.is_set():
                raise _did_not_start(lab, ready, _log_of(base / lab.slug))
            labs[lab.slug] = Running(lab, Folder(base / lab.slug), process, ready.get("url", ""))
        yield labs
    finally:
        _end(processes)


def _start(path: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "fedlab", "run", "--json", "--stop-with-stdin"]
    command += ["--data", str(path), "--host", HOST, "--port", str(port)]
    with _log_of(path).open("ab") as log:
        # The pipe to its standard input ends when we do, and so does the node: none is left over.
        return subprocess.Popen(  # noqa: S603  the command is ours
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )


def _log_of(path: Path) -> Path:
    return path.with_suffix(".log")


def _first_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Return what a node says when it is ready, or why it is not; empty if it says nothing."""
    output: IO[bytes] | None = process.stdout
    assert output is not None
    line = output.readline()
    return dict(json.loads(line)) if line else {}


def _did_not_start(lab: DemoLab, said: dict[str, Any], log: Path) -> ServiceError:
    error = said.get("error", {})
    why = f": {error['message']}" if error else ""
    return ServiceError(
        f"the node of {lab.name} did not start{why}", error.get("hint") or f"see {log}"
    )


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        with suppress(OSError):
            process.terminate()
    deadline = time.monotonic() + STOP_WAIT_S
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_sync(labs: dict[str, Running], stop: threading.Event) -> None:
    """Wait until the first lab holds all that the others have signed, and can search it."""
    deadline = time.monotonic() + READY_WAIT_S
    first = labs[_FIRST.slug].folder
    own = [call_folder(lab.folder, "status", {}) for lab in labs.values()]
    sizes = {status["lab"]: status["size"] for status in own}
    while not stop.wait(_POLL_S):
        held = call_folder(first, "labs", {})["labs"]
        if all(sizes[lab["lab"]] <= lab["size"] for lab in held) and len(held) == len(sizes):
            found = call_folder(first, "search", {"text": "découpeuse laser"})["hits"]
            # Folding comes after holding: what only the last lab has must come first.
            if found and found[0]["lab"] == own[-1]["lab"]:
                return
        if time.monotonic() > deadline:
            raise TryLaterError(
                "the three labs run but do not hear of each other",
                f"see the logs in {first.path.parent}",
            )


def _stay(labs: dict[str, Running], stop: threading.Event) -> None:
    """Stay until a signal; say so if a node ends before, and how to start it again."""
    gone: set[str] = set()
    while not stop.wait(0.5) and len(gone) < len(labs):
        for lab in labs.values():
            if lab.process.poll() is not None and lab.lab.slug not in gone:
                gone.add(lab.lab.slug)
                port = lab.url.rpartition(":")[2]
                _say(
                    f"{lab.lab.name} has stopped; it comes back with\n"
                    f"  fedlab run --data '{lab.folder.path}' --host {HOST} --port {port}"
                )


def _say_ready(labs: dict[str, Running], as_json: bool) -> None:
    if as_json:
        places = [
            {"name": lab.lab.name, "url": lab.url, "data": str(lab.folder.path)}
            for lab in labs.values()
        ]
        print(json.dumps({"labs": places}, ensure_ascii=False), flush=True)
        return
    width = max(len(lab.lab.name) for lab in labs.values())
    print("Three labs in a chain: the first and the last never talk to each other.\n")
    for lab in labs.values():
        print(f"  {lab.lab.name:<{width}}  {lab.url}")
    url = labs[_FIRST.slug].url
    print(f"\nSearch at the first what only the last has: {url}/?q=laser+cutter")
    print("Ctrl-C stops all three; what they hold stays for the next time.", flush=True)


def _say(text: str) -> None:
    print(f"fedlab: {text}", file=sys.stderr, flush=True)
