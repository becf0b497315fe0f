"""What a node exchanges with all its peers: connections on one side, the store on the other.

It still knows no socket, clock or thread; the aiohttp driver and the simulator are two shells
around it. Everything is called from one thread, but for `write`, which belongs to the thread that
writes:

    link = exchange.open(…)             a connection
    link.receive(data, now)             what came
    link.next_event()                   what somebody must decide or know: see `LinkEvent`
    link.outgoing(now)                  the next message to send, until there is none
    batch = exchange.take(now)          what is to go to disk, from all connections
    exchange.write(batch)               on the writing thread
    exchange.wrote(batch)               or `failed`, if the disk refused; then all links may send
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from fedlab.node.store.base import Store
from fedlab.node.store.errors import StoreError
from fedlab.protocol import events
from fedlab.protocol.checkpoint import Head
from fedlab.protocol.entry import LabId
from fedlab.protocol.horizon import Horizon, Reach
from fedlab.protocol.limits import AGE_SECONDS_MAX
from fedlab.protocol.replica import LogKey, Replica
from fedlab.protocol.sync import PeerSync

# What one transaction takes: a package is some 100 KB, and what is not written yet costs memory.
EVENTS_PER_BATCH = 64
# Ages on disk may be this much too old after a restart; they are shown in minutes.
SEEN_SECONDS = 30.0

LinkEvent = (
    events.Connected
    | events.JoinAsked
    | events.Joined
    | events.BlobAsked
    | events.BlobCame
    | events.Fault
    | events.Closed
)


class OwnLog(Protocol):
    """What the exchange tells the writer of this lab's own log."""

    def own_head(self, head: Head | None) -> None:
        """Take in the newest head of this lab that a peer knows."""
        ...

    def fetched(self) -> None:
        """Look again: entries of this lab were fetched back."""
        ...

    def forked(self) -> None:
        """Look again: it was proved that this lab has signed two pasts."""
        ...


@dataclass
class Batch:
    """What goes to disk together."""

    items: list[tuple["Link", events.Event]]
    seen: Mapping[LogKey, float] = field(default_factory=dict)  # Unix seconds

    @property
    def stored(self) -> list[events.Package | events.Details | events.ChainSeen]:
        """What goes into the logs, in order."""
        kinds = events.Package | events.Details | events.ChainSeen
        return [event for _, event in self.items if isinstance(event, kinds)]

    @property
    def carriers(self) -> dict[LabId, LabId]:
        """Which peer brought each lab's packages, the last one if several did."""
        return {
            event.lab: link.peer
            for link, event in self.items
            if isinstance(event, events.Package) and link.peer
        }

    @property
    def changes_logs(self) -> bool:
        """Whether there is something to fold once this is on disk.

        An own head may open the amnesia gate, and then drafts are appended; evidence against an
        author disputes entries.
        """
        kinds = events.OwnHead | events.Fault | events.Parted
        return bool(self.stored) or any(isinstance(event, kinds) for _, event in self.items)


class Exchange:
    """All connections of a node.

    `noise` is the lab's private Noise key; `randomness(32)` gives new random bytes; `wall()` is
    Unix time, used for nothing but ages on disk. `horizon()` looks up vouches and blocks as they
    stand. `urls` is where this node is reached, read when a connection begins.
    """

    def __init__(
        self,
        store: Store,
        own_log: OwnLog,
        noise: bytes,
        *,
        now: float,
        wall: Callable[[], float],
        randomness: Callable[[int], bytes],
        horizon: Callable[[], Horizon],
        urls: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._own_log = own_log
        self._noise = noise
        self._wall = wall
        self._randomness = randomness
        self._horizon = horizon
        self._urls = urls
        self.replica = Replica(store, horizon(), now, wall())
        self.links: list[Link] = []
        self._waiting: deque[tuple[Link, events.Event]] = deque()
        self._seen_at = now

    def open(
        self,
        *,
        initiator: bool,
        now: float,
        expect: LabId | None = None,
        token: bytes | None = None,
    ) -> "Link":
        """Begin a connection; a side that dials says whom it `expect`s, and may show a token."""
        sync = PeerSync(
            self.replica,
            noise=self._noise,
            ephemeral=self._randomness(32),
            initiator=initiator,
            now=now,
            expect=expect,
            token=token,
            urls=self._urls,
        )
        link = Link(self, sync, initiator=initiator)
        self.links.append(link)
        return link

    def connected(self) -> dict[LabId, "Link"]:
        """Return the connection to each peer that is connected."""
        return {link.peer: link for link in self.links if link.peer and link.sync.connected}

    def age_s(self, lab: LabId, now: float) -> float | None:
        """Return how old what is known of a lab is; None if nothing is."""
        chain = self.replica.chain(lab)
        log = self.replica.log((lab, chain.epoch if chain else 0))
        age = self.replica.age(log, now)
        return age if log.head is not None and age < AGE_SECONDS_MAX else None

    # --- to disk ---

    def queue(self, link: "Link", event: events.Event) -> None:
        """Let an event wait for the disk."""
        self._waiting.append((link, event))

    def take(self, now: float) -> Batch | None:
        """Return what goes to disk next, or None if nothing waits."""
        count = min(len(self._waiting), EVENTS_PER_BATCH)
        items = [self._waiting.popleft() for _ in range(count)]
        seen = self._seen(now)
        return Batch(items, seen) if items or seen else None

    def _seen(self, now: float) -> dict[LogKey, float]:
        """Return how fresh each log is in Unix seconds, from time to time."""
        if now < self._seen_at + SEEN_SECONDS:
            return {}
        self._seen_at = now
        return self.seen(now)

    def seen(self, now: float) -> dict[LogKey, float]:
        """Return when each log was last known to be at its head, in Unix seconds."""
        wall, replica = self._wall(), self.replica
        ages = {log.key: replica.age(log, now) for log in replica.logs.values() if log.head}
        return {key: wall - age for key, age in ages.items() if age < AGE_SECONDS_MAX}

    def write(self, batch: Batch) -> None:
        """Put a batch on disk; on the thread that writes. Raises StoreError."""
        own = self._store.lab
        for _, event in batch.items:
            if isinstance(event, events.OwnHead):
                self._own_log.own_head(event.head)
            elif isinstance(event, events.Fault | events.Parted) and event.evidence is not None:
                self._store.put_evidence(event.evidence)
                if event.evidence.new.lab == own:
                    self._own_log.forked()
        if batch.seen:
            self._store.put_seen(batch.seen)
        stored = batch.stored
        if stored:
            self._store.commit(stored, batch.carriers)
        if any(isinstance(event, events.Package) and event.lab == own for event in stored):
            self._own_log.fetched()

    def wrote(self, batch: Batch) -> None:
        """Note that a batch is on disk: give credit back, and tell the heads that moved on."""
        landed = [event for event in batch.stored if not isinstance(event, events.ChainSeen)]
        for key in {(event.lab, event.epoch): None for event in landed}:
            self._refresh(key)
        if any(isinstance(event, events.OwnHead) for _, event in batch.items) or any(
            event.lab == self.replica.lab for event in landed
        ):
            self.published()  # an open gate signs what waited for it
        for link, event in batch.items:
            if isinstance(event, events.Package | events.Details):
                link.sync.committed(event)

    def failed(self, batch: Batch) -> None:
        """Note that the disk refused a batch: the connections it came from end."""
        for link, event in batch.items:
            if isinstance(event, events.Package | events.Details):
                link.sync.lost(event)
            link.pump()

    def published(self) -> None:
        """Note that this lab's own log has grown: its head may leave the node."""
        chain = self._store.chain(self._store.lab)
        if chain is not None:
            if chain != self.replica.chain(chain.lab):
                self.replica.learn_chain(chain)
            self._refresh((chain.lab, chain.epoch))

    def reread(self) -> None:
        """Look at every log again, because a bundle was read into the store."""
        self.replica.reread_chains()
        for held in self._store.logs():
            self.replica.refresh(held)

    def look_again(self) -> None:
        """Take new vouches and blocks into account; who is blocked now is shown the door."""
        horizon = self._horizon()
        if horizon == self.replica.horizon:
            return
        self.replica.set_horizon(horizon)
        for link in self.links:
            if link.peer is not None and horizon.reach(link.peer) is Reach.BLOCKED:
                link.close("blocked", "this lab is not let in any more")

    def _refresh(self, key: LogKey) -> None:
        held = self._store.log(*key)
        if held is not None:
            self.replica.refresh(held)

    def settle_twins(self, new: "Link") -> None:
        """Keep one connection of several to the same peer: both sides pick the same one.

        Of two that were dialled by different sides, the one dialled by the smaller lab id; of two
        that one side dialled, the newer, since the older may be dead without anybody knowing.
        """
        for old in self.links:
            if old is new or old.peer != new.peer or not old.sync.connected:
                continue
            keep_new = new.initiator == old.initiator or new.dialler < old.dialler
            loser = old if keep_new else new
            loser.close("twin", "another connection between these two labs goes on")


class Link:
    """One connection of the exchange."""

    def __init__(self, exchange: Exchange, sync: PeerSync, *, initiator: bool) -> None:
        self._exchange = exchange
        self.sync = sync
        self.initiator = initiator
        self._events: deque[LinkEvent] = deque()

    @property
    def peer(self) -> LabId | None:
        """Who is at the other end, once that is known."""
        return self.sync.peer

    @property
    def dialler(self) -> LabId:
        """The lab that dialled."""
        own = self._exchange.replica.lab
        return own if self.initiator else self.peer or ""

    @property
    def closed(self) -> bool:
        """Whether it is over, but for what `outgoing` still returns."""
        return self.sync.closed

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes that came from the peer, cut anywhere."""
        with self._reading():
            self.sync.receive_data(data, now)
        self.pump()

    def outgoing(self, now: float) -> bytes:
        """Return the next message to send, at most MESSAGE_BYTES_MAX, or nothing."""
        data = b""
        with self._reading():
            data = self.sync.data_to_send(now)
        self.pump()
        return data

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """End the connection if the store cannot be read."""
        try:
            yield
        except StoreError as exc:
            self.sync.close("busy", f"this node cannot read its store now ({exc.code})")

    def next_event(self) -> LinkEvent | None:
        """Return what somebody must decide or know, or None."""
        return self._events.popleft() if self._events else None

    def next_timeout(self) -> float:
        """Return when `tick` is due, if nothing happens before."""
        return self.sync.next_timeout()

    def tick(self, now: float) -> None:
        """Let time pass."""
        self.sync.tick(now)
        self.pump()

    def welcome(self) -> None:
        """Answer `JoinAsked`: the invitation is good."""
        self.sync.welcome()
        self.pump()

    def close(self, code: str, message: str, hint: str = "", retry_s: int = 0) -> None:
        """End the connection with a word."""
        self.sync.close(code, message, hint, retry_s)
        self.pump()

    def gone(self) -> None:
        """The connection broke, or everything was sent: forget it."""
        self.sync.close("gone", "the connection broke")
        self.pump()
        if self in self._exchange.links:
            self._exchange.links.remove(self)

    def behind(self) -> int:
        """Return how many entries the peer offers that this node wants and does not have yet."""
        return self.sync.pulling.behind()

    def pump(self) -> None:
        """Send each event where it belongs: to the disk, or to whoever drives this."""
        while (event := self.sync.next_event()) is not None:
            if isinstance(event, events.Connected):
                self._exchange.settle_twins(self)
            if isinstance(event, LinkEvent):
                self._events.append(event)
            if not isinstance(event, LinkEvent) or isinstance(event, events.Fault):
                self._exchange.queue(self, event)
