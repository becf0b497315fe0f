"""What a node holds and fetches, as all its connections share it.

Every connection announces to every peer; each log is pulled from one peer at a time. A log moves
on only when the driver has read from the disk how it stands, so this is never ahead of that.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from .checkpoint import Head
from .horizon import Budget, Horizon, Reach
from .identity import Chain, LabId
from .limits import STRANGER_ENTRIES_MAX
from .merkle import Tree

LogKey = tuple[LabId, int]  # lab and epoch: the name of a log


class HeldLog(NamedTuple):
    """One log as it stands on disk."""

    lab: LabId
    epoch: int
    held: int  # entries, from the first one on
    head: Head | None  # the newest signed head up to which all of them are held
    toward: Head | None = None  # a newer head that the entries beyond `head` were proved to
    seen_at: float = 0.0  # Unix seconds: when the log was last known to be at `head`
    stored_bytes: int = 0  # of facts and details, charged to the budget
    frozen: bool = False  # a split view was proved
    carrier: LabId = ""  # the peer that brought the newest entries; empty if none did


class LogReader(Protocol):
    """What the sync asks of a store: quick, synchronous reads of what is committed."""

    @property
    def network(self) -> str: ...

    @property
    def lab(self) -> LabId: ...

    def chain(self, lab: LabId) -> Chain | None: ...

    def logs(self) -> list[HeldLog]: ...

    def log(self, lab: LabId, epoch: int) -> HeldLog | None: ...

    def leaves(self, lab: LabId, epoch: int, start: int, end: int) -> list[bytes]: ...

    def details(self, lab: LabId, epoch: int, start: int, end: int) -> list[bytes | None]:
        """Return salt and body of each entry's detail; None where none is held."""
        ...

    def missing_details(self, lab: LabId, epoch: int, start: int, limit: int) -> list[int]:
        """Return the first indexes from `start` on whose details are neither held nor erased."""
        ...

    def tree(self, lab: LabId, epoch: int) -> Tree: ...


@dataclass(slots=True)
class Log:
    """One log of the replica."""

    lab: LabId
    epoch: int
    held: int = 0
    head: Head | None = None
    toward: Head | None = None
    stored_bytes: int = 0
    seen: float = float("-inf")  # when it was known to be at `head`, in the connections' seconds
    frozen: bool = False
    fetcher: object | None = None  # the one transfer that pulls it now

    @property
    def key(self) -> LogKey:
        return (self.lab, self.epoch)


class Replica:
    """The logs of one node, and who may be given or asked what.

    `now` is the seconds that connections are driven with; `wall` is Unix time at that moment, from
    which the ages on disk are taken.
    """

    def __init__(self, reader: LogReader, horizon: Horizon, now: float, wall: float) -> None:
        self.reader = reader
        self.network, self.lab = reader.network, reader.lab
        self.logs: dict[LogKey, Log] = {}
        self.changes: dict[LogKey, int] = {}  # what each change of a head was counted as, in order
        self.revision = 0
        self.horizon_revision = 0
        self._chains: dict[LabId, Chain] = {}
        self._stored: dict[LabId, int] = {}
        self._carriers: dict[LabId, LabId] = {}
        self._newest: dict[LabId, Head] = {}  # signed heads that were seen, held or not
        self.set_horizon(horizon)
        for held in reader.logs():
            self.refresh(held)
            if held.seen_at:
                self.log((held.lab, held.epoch)).seen = now - max(0.0, wall - held.seen_at)

    def set_horizon(self, horizon: Horizon) -> None:
        """Take new vouches and blocks into account, on every connection."""
        self.horizon = horizon
        self.budget = Budget(horizon, self._stored, self._carriers)
        self.horizon_revision += 1

    def chain(self, lab: LabId) -> Chain | None:
        """Return the chain of a lab that is held."""
        chain = self._chains.get(lab)
        if chain is None:  # unknown labs are not remembered: peers can name any number of them
            chain = self.reader.chain(lab)
            if chain is not None:
                self._chains[lab] = chain
        return chain

    def learn_chain(self, chain: Chain) -> None:
        """Take in a lab's chain, which the driver was told to keep."""
        self._chains[chain.lab] = chain

    def reread_chains(self) -> None:
        """Ask the disk again for every chain, because something else has written there."""
        self._chains.clear()

    def log(self, key: LogKey) -> Log:
        """Return a log, an empty one if nothing of it is held."""
        log = self.logs.get(key)
        return log if log is not None else Log(*key)

    def age(self, log: Log, now: float) -> float:
        """Return how long ago a log was known to be at its head; our own always is."""
        return 0.0 if log.lab == self.lab else max(0.0, now - log.seen)

    def admits(self, lab: LabId) -> bool:
        """Say whether a lab may connect without an invitation."""
        return self.horizon.reach(lab) is Reach.WITHIN

    def announces(self, lab: LabId) -> bool:
        """Say whether peers are told of a lab: strangers and blocked ones are not passed on."""
        return self.horizon.reach(lab) in (Reach.WITHIN, Reach.OWN)

    def goal(self, head: Head) -> int:
        """Return how many entries of a log may be fetched towards a head.

        An ended epoch of our own is ours up to its end; whatever its key has signed beyond that,
        in whose hands it may be now, nobody needs, and there is no end to it.
        """
        chain = self.chain(head.lab) if head.lab == self.lab else None
        end = chain.end(head.epoch) if chain else None
        return head.size if end is None else min(head.size, end)

    def wants(self, head: Head, *, names_us: bool, carrier: LabId = "") -> bool:
        """Say whether more of a log is to be fetched towards a head that a peer announces."""
        log = self.log((head.lab, head.epoch))
        if log.frozen or self.goal(head) <= log.held or self.budget.left(head.lab, carrier) <= 0:
            return False
        if self.horizon.reach(head.lab) is Reach.STRANGER:
            return names_us and head.size <= STRANGER_ENTRIES_MAX
        return True

    def claim(self, key: LogKey, fetcher: object) -> None:
        """Take the right to pull a log, which no other transfer has."""
        log = self.logs.setdefault(key, Log(*key))
        assert log.fetcher is None
        log.fetcher = fetcher

    def release(self, key: LogKey, fetcher: object) -> None:
        """Give that right back."""
        log = self.logs.get(key)
        if log is not None and log.fetcher is fetcher:
            log.fetcher = None

    def refresh(self, held: HeldLog) -> None:
        """Take over how a log stands on disk now; a new head is told on every connection."""
        log = self.logs.setdefault((held.lab, held.epoch), Log(held.lab, held.epoch))
        grown = held.stored_bytes - log.stored_bytes
        self._stored[held.lab] = self._stored.get(held.lab, 0) + grown
        if held.held:
            self._carriers[held.lab] = held.carrier
            self.budget.carry(held.lab, held.carrier)
        self.budget.charge(held.lab, grown)
        log.held, log.stored_bytes, log.toward = held.held, held.stored_bytes, held.toward
        log.frozen = log.frozen or held.frozen
        if held.head is not None and held.head != log.head:
            log.head = held.head
            self._changed(log)

    def seen(self, log: Log, at: float) -> None:
        """Note that a log was known to be at its head at `at`."""
        log.seen = max(log.seen, at)

    def glimpse(self, head: Head) -> None:
        """Remember the newest signed head of a lab that was seen; its author may need it."""
        newest = self._newest.get(head.lab)
        if newest is None or (head.epoch, head.size) > (newest.epoch, newest.size):
            self._newest[head.lab] = head

    def newest_head(self, lab: LabId) -> Head | None:
        """Return that head."""
        return self._newest.get(lab)

    def freeze(self, key: LogKey) -> None:
        """Fetch no more of a log whose author signed a split view."""
        self.logs.setdefault(key, Log(*key)).frozen = True

    def _changed(self, log: Log) -> None:
        assert log.head is not None
        self.glimpse(log.head)
        self.revision += 1
        self.changes.pop(log.key, None)
        self.changes[log.key] = self.revision

    def changed_since(self, revision: int) -> list[Log]:
        """Return the logs whose heads changed after `revision`, the oldest change first."""
        changed: list[Log] = []
        for key in reversed(self.changes):
            if self.changes[key] <= revision:
                break
            changed.append(self.logs[key])
        return changed[::-1]
