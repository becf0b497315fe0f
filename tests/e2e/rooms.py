"""Network namespaces for tests: each lab in a room of its own, on one switch, with real cuts.

Nothing in a room reaches the machine's network or another test's. Where the machine does not let
us make rooms, a lab that is cut off is one whose node is stopped: its commands still work.
"""

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.nodes import Lab, Room

_COUNT = itertools.count()


def _ip(*args: str) -> None:
    subprocess.run(["ip", *args], check=True, capture_output=True)


def possible() -> bool:
    """Say whether this machine lets us make namespaces, bridges and pairs of links."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    try:
        with rooms(1):
            return True
    except subprocess.CalledProcessError:
        return False


@contextmanager
def rooms(count: int) -> Iterator[list[Room]]:
    """Make namespaces on one bridge, which stands in a namespace too."""
    name = f"fl{os.getpid()}x{next(_COUNT)}"
    made: list[str] = []
    try:
        for each in (f"{name}s", *(f"{name}r{n}" for n in range(count))):
            _ip("netns", "add", each)
            made.append(each)
            _ip("-n", each, "link", "set", "lo", "up")
        switch, *spaces = made
        _ip("-n", switch, "link", "add", "br0", "type", "bridge")
        _ip("-n", switch, "link", "set", "br0", "up")
        found = []
        for number, space in enumerate(spaces):
            port, address = f"p{number}", f"10.77.0.{number + 1}"
            pair = ("link", "add", "e0", "netns", space, "type", "veth")
            _ip("-n", switch, *pair, "peer", "name", port, "netns", switch)
            _ip("-n", switch, "link", "set", port, "master", "br0", "up")
            _ip("-n", space, "addr", "add", f"{address}/24", "dev", "e0")
            _ip("-n", space, "link", "set", "e0", "up")
            found.append(Room(address, ("ip", "netns", "exec", space), (switch, port)))
        yield found
    finally:
        for each in made:
            subprocess.run(["ip", "netns", "del", each], capture_output=True)


@contextmanager
def cut_off(lab: Lab) -> Iterator[None]:
    """Let no byte from or to a lab pass for a while; nobody is told, as when a cable is pulled."""
    if lab.room is None:
        lab.stop()
        yield
        lab.start()
        return
    switch, port = lab.room.port
    _ip("-n", switch, "link", "set", port, "down")
    try:
        yield
    finally:
        _ip("-n", switch, "link", "set", port, "up")
