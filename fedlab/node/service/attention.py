"""What needs attention: the troubles of this lab, each with the page where it can be ended.

Every part of the service may add a source. A source returns only what somebody can do something
about, and is quick: pages ask for the count again and again.
"""

import shutil
import time
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from fedlab.node.members.roles import Right
from fedlab.node.service.base import Opened
from fedlab.node.service.network import Network
from fedlab.protocol.limits import PEER_BUDGET_BYTES

Severity = Literal["urgent", "soon", "hint"]
_ORDER: Final[dict[Severity, int]] = {"urgent": 0, "soon": 1, "hint": 2}
Source = Callable[[], "list[Trouble]"]

# Reading a thousand logs takes 10 ms, and nothing here changes within seconds.
KEPT_S: Final = 15.0
# A node that is switched off at night or for a weekend is no trouble; one away for longer is.
AWAY_S: Final = 3 * 86_400
# The log of a busy year takes a fraction of this; SQLite needs some room to work.
DISK_BYTES_MIN: Final = 512 * 1024 * 1024
# Nine tenths of what a peer may bring.
BUDGET_FULL: Final = 0.9


class Trouble(msgspec.Struct, frozen=True):
    """One thing that somebody should see to; `right` says who can, `remedy` where.

    `name` is of the lab, or of the folder, that it is about, `about` whatever else is named; pages
    have words for each `code`.
    """

    code: str
    severity: Severity
    right: Right
    remedy: str
    count: int = 1
    name: str = ""
    about: tuple[str, ...] = ()


class AttentionAnswer(msgspec.Struct):
    """The troubles, the worst first."""

    troubles: list[Trouble]


class Attention:
    """What needs attention now."""

    def __init__(self, opened: Opened, network: Network) -> None:
        self._opened = opened
        self._network = network
        self._kept: tuple[float, list[Trouble]] | None = None
        self.sources: list[Source] = [self._signing, self._disk, self._split_views, self._peers]

    def all(self) -> AttentionAnswer:
        """Return what needs attention, looked up anew."""
        found = [trouble for source in self.sources for trouble in source()]
        found.sort(key=lambda trouble: _ORDER[trouble.severity])
        self._kept = (time.monotonic(), found)
        return AttentionAnswer(found)

    def recent(self) -> list[Trouble]:
        """Return the same, which may be some seconds old."""
        kept = self._kept
        if kept is None or time.monotonic() > kept[0] + KEPT_S:
            return self.all().troubles
        return kept[1]

    # --- sources ---

    def _signing(self) -> list[Trouble]:
        """Whether this lab can sign, and what waits for it."""
        opened = self._opened
        if opened.keys is None:
            name = str(opened.folder.keys)
            return [Trouble("no_keys", "urgent", Right.SETTINGS, "/about", name=name)]
        drafts = len(opened.store.drafts.list())
        if drafts and not opened.gate.is_open:
            return [Trouble("drafts", "urgent", Right.PEERS, "/network", count=drafts)]
        return []

    def _disk(self) -> list[Trouble]:
        path = self._opened.folder.path
        free = shutil.disk_usage(path).free
        if free >= DISK_BYTES_MIN:
            return []
        megabytes = free // (1024 * 1024)
        return [
            Trouble("disk", "urgent", Right.SETTINGS, "/about", count=megabytes, name=str(path))
        ]

    def _split_views(self) -> list[Trouble]:
        """Labs that contradict themselves."""
        opened, found = self._opened, []
        names = opened.lab_names()
        for lab in opened.split_views():
            own = lab == opened.lab
            code = "own_split_view" if own else "split_view"
            name = names.get(lab, "") or lab[:8]
            found.append(Trouble(code, "urgent", Right.PEERS, f"/lab/{lab}", name=name))
        return found

    def _peers(self) -> list[Trouble]:
        """Peers that have been away for days, and those that have nearly used up their budget."""
        found = []
        for peer in self._network.peers():
            remedy, name = f"/network#{peer.lab}", peer.name or peer.lab[:8]
            if peer.away_s is not None and peer.away_s > AWAY_S:
                days = peer.away_s // 86_400
                found.append(Trouble("away", "soon", Right.PEERS, remedy, count=days, name=name))
            if peer.used_bytes > BUDGET_FULL * PEER_BUDGET_BYTES:
                percent = 100 * peer.used_bytes // PEER_BUDGET_BYTES
                found.append(
                    Trouble("budget", "soon", Right.PEERS, remedy, count=percent, name=name)
                )
        return found
