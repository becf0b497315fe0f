"""Who has dialled in: a few of each address, and of a crowd the oldest stranger makes room.

Behind a reverse proxy everybody has one address: idle strangers must not keep peers out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from fedlab.node.exchange import Link

# A lab has a handful of peers; the rest of the sockets are for people.
INCOMING_MAX: Final = 64
# Behind one address are at most the nodes of one house, or of one demo.
INCOMING_PER_ADDRESS_MAX: Final = 16


class Lobby:
    """The connections that came in, the oldest first; `poke` lets one send its farewell."""

    def __init__(self, poke: Callable[[Link], None]) -> None:
        self._poke = poke
        self._inside: dict[Link, str] = {}

    @contextmanager
    def inside(self, link: Link, address: str) -> Iterator[None]:
        """Count a connection in for as long as it lasts."""
        self._inside[link] = address
        try:
            yield
        finally:
            del self._inside[link]

    def make_room(self, address: str) -> bool:
        """Say whether one more may come in; of a crowd the oldest that is not let in yet goes."""
        crowd = [link for link, other in self._inside.items() if other == address]
        if len(crowd) < INCOMING_PER_ADDRESS_MAX:
            if len(self._inside) < INCOMING_MAX:
                return True
            crowd = list(self._inside)
        leaving = [link for link in crowd if link.closed]
        waiting = [link for link in crowd if not link.closed and not link.sync.connected]
        if not waiting or len(leaving) >= INCOMING_PER_ADDRESS_MAX:
            return False
        waiting[0].close("busy", "too many are connecting", retry_s=1)
        self._poke(waiting[0])
        return True
