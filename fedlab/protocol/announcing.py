"""The telling half of a connection: chains and heads of what is held, at most five times a second.

Nothing is queued: what changed is looked up when there is room to send it.
"""

from collections.abc import Iterator

from . import frames
from .checkpoint import Head
from .identity import LabId
from .limits import AGE_SECONDS_MAX, HEADS_PER_FRAME_MAX, HEADS_SECONDS, REFRESH_SECONDS
from .replica import Log, LogKey, Replica


class Announcer:
    """Tells one peer which logs it can have; `announced` is what it may ask for."""

    def __init__(self, replica: Replica, peer: LabId) -> None:
        self._replica = replica
        self._peer = peer
        self.announced: dict[LogKey, Head] = {}
        self.heads_at: float | None = None  # when heads were last sent
        self._seen: dict[LogKey, float] = {}  # how fresh each head was when it was sent
        self._chains: dict[LabId, int] = {}  # leaves sent of each lab's chain
        self._revision = 0
        self._horizon_revision = -1
        self._pending: dict[LogKey, None] = {}

    def know_chain(self, lab: LabId, leaves: int) -> None:
        """Note that the peer has this much of a lab's chain already."""
        self._chains[lab] = leaves

    def changes(self) -> list[Log]:
        """Return the logs that changed since this was last asked, and keep them to be told."""
        replica = self._replica
        changed = replica.changed_since(self._revision)
        self._revision = replica.revision
        if self._horizon_revision != replica.horizon_revision:
            self._horizon_revision = replica.horizon_revision
            self._pending |= dict.fromkeys(replica.logs)
        self._pending |= {log.key: None for log in changed}
        return changed

    def due(self) -> float | None:
        """Return when heads may be sent next, None if there are none to send."""
        if not self._pending:
            return None
        return float("-inf") if self.heads_at is None else self.heads_at + HEADS_SECONDS

    def heads(self, now: float) -> Iterator[frames.Frame]:
        """Yield the heads that are pending, each lab's chain before its first one."""
        due = self.due()
        if due is None or now < due:
            return
        told: list[frames.HeadItem] = []
        for key in list(self._pending):
            log = self._replica.logs[key]
            if self._worth_telling(log):
                chain = self._replica.chain(log.lab)
                assert chain is not None, "a log is held, so is its chain"
                if self._chains.get(log.lab, 0) < len(chain.leaves):
                    self._chains[log.lab] = len(chain.leaves)
                    yield frames.Chain(list(chain.leaves))
                told.append(self._item(log, now))
            del self._pending[key]
            if len(told) == HEADS_PER_FRAME_MAX:
                yield self._sent(told, now)
                told = []
        if told:
            yield self._sent(told, now)

    def refresh(self, now: float) -> frames.Frame:
        """Return the heads that got fresher without a change; even empty, it says *still here*."""
        told: list[frames.HeadItem] = []
        for key in self.announced:
            log = self._replica.logs[key]
            seen = now - self._replica.age(log, now)
            if seen >= self._seen[key] + REFRESH_SECONDS and len(told) < HEADS_PER_FRAME_MAX:
                told.append(self._item(log, now))
        return self._sent(told, now)

    def _worth_telling(self, log: Log) -> bool:
        last = self.announced.get(log.key)
        if log.head is None or (last is not None and log.head.size <= last.size):
            return False
        return self._replica.announces(log.lab)

    def _item(self, log: Log, now: float) -> frames.HeadItem:
        head = log.head
        assert head is not None
        age = self._replica.age(log, now)
        self.announced[log.key] = head
        self._seen[log.key] = now - age
        return frames.HeadItem(
            bytes.fromhex(head.lab),
            head.epoch,
            head.size,
            head.root,
            head.sig,
            int(min(age, AGE_SECONDS_MAX)),
            self._replica.horizon.names(head.lab, self._peer),
        )

    def _sent(self, told: list[frames.HeadItem], now: float) -> frames.Heads:
        self.heads_at = now
        return frames.Heads(told)
