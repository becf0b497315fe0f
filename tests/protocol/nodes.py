"""Labs, logs in memory, and connections between them, for the tests of the sync.

A `Node` holds logs as a store would and commits what its connections hand it; a `Wire` carries
bytes between two `PeerSync`s, whole or in pieces. Time stands still unless a test moves it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

from fedlab.protocol import events
from fedlab.protocol.checkpoint import Head, sign_head
from fedlab.protocol.entry import commit_detail
from fedlab.protocol.horizon import Horizon
from fedlab.protocol.identity import Chain, SecretKeys, make_genesis, read_chain, recovery_hash
from fedlab.protocol.keys import signing_public
from fedlab.protocol.merkle import leaf_hashes
from fedlab.protocol.replica import HeldLog, LogKey, LogReader, Replica
from fedlab.protocol.sync import PeerSync
from fedlab.protocol.trees import ListTree

Raised = TypeVar("Raised")

NETWORK = "test"
WALL = 1_700_000_000.0


def seed(*names: object) -> bytes:
    """Return 32 bytes that follow from names: keys and salts of the tests."""
    return sha256(repr(names).encode()).digest()


class Lab:
    """An author: keys, a chain, and a log that grows as told."""

    def __init__(self, name: str, network: str = NETWORK) -> None:
        self.name = name
        self.keys = SecretKeys(*(seed(name, use) for use in ("log", "witness", "noise", "seal")))
        recovery = recovery_hash(signing_public(seed(name, "recovery")))
        genesis = make_genesis(network, self.keys.public(), recovery, 1)
        self.chain = read_chain([genesis])
        self.id = self.chain.lab
        self.network = network
        self.leaves = [genesis]
        self.details: list[bytes | None] = [None]

    def write(self, count: int, *, tag: str = "", detail: int = 0, width: int = 0) -> None:
        """Append entries; `detail` bytes of detail each, `width` bytes of padding in each fact."""
        for _ in range(count):
            index = len(self.leaves)
            blob = seed(self.name, index, "salt") + b"d" * detail if detail else None
            commitment = f'"detail":"{commit_detail(blob[:32], blob[32:]).hex()}",' if blob else ""
            self.leaves.append(
                f'{{"at":1,"by":"{self.id}",{commitment}"e":0,"n":{index},'
                f'"t":"test{tag}","x":"{"x" * max(1, width)}"}}'.encode()
            )
            self.details.append(blob)

    def head(self, size: int | None = None) -> Head:
        """Sign the first `size` entries, all of them by default."""
        size = len(self.leaves) if size is None else size
        root = ListTree(leaf_hashes(self.leaves[:size])).root()
        return sign_head(self.keys.log, self.network, self.id, 0, size, root)

    def twin(self, keep: int) -> "Lab":
        """Return another card with the same keys, which remembers `keep` entries."""
        other = Lab(self.name, self.network)
        other.leaves, other.details = self.leaves[:keep], self.details[:keep]
        return other


@dataclass
class MemoryLog:
    leaves: list[bytes] = field(default_factory=list)
    details: list[bytes | None] = field(default_factory=list)
    erased: set[int] = field(default_factory=set)
    head: Head | None = None
    toward: Head | None = None
    seen_at: float = 0.0
    frozen: bool = False
    carrier: str = ""


class Memory:
    """A `LogReader` in memory."""

    def __init__(self, own: Lab) -> None:
        self.network, self.lab = own.network, own.id
        self.chains: dict[str, Chain] = {own.id: own.chain}
        self.held: dict[LogKey, MemoryLog] = {}

    def keep(self, lab: Lab, size: int | None = None, *, details: bool = True) -> None:
        """Hold a lab's log up to `size` entries, with its head there."""
        head = lab.head(size)
        self.chains[lab.id] = lab.chain
        blobs = lab.details[: head.size] if details else [None] * head.size
        log = MemoryLog(lab.leaves[: head.size], list(blobs), set(), head)
        self.held[(lab.id, 0)] = log

    def chain(self, lab: str) -> Chain | None:
        return self.chains.get(lab)

    def logs(self) -> list[HeldLog]:
        return [held for key in self.held if (held := self.log(*key))]

    def log(self, lab: str, epoch: int) -> HeldLog | None:
        log = self.held.get((lab, epoch))
        if log is None:
            return None
        size = sum(map(len, log.leaves)) + sum(len(blob) for blob in log.details if blob)
        held = len(log.leaves)
        said = (held, log.head, log.toward, log.seen_at, size, log.frozen, log.carrier)
        return HeldLog(lab, epoch, *said)

    def leaves(self, lab: str, epoch: int, start: int, end: int) -> list[bytes]:
        return self.held[(lab, epoch)].leaves[start:end]

    def details(self, lab: str, epoch: int, start: int, end: int) -> list[bytes | None]:
        return self.held[(lab, epoch)].details[start:end]

    def missing_details(self, lab: str, epoch: int, start: int, limit: int) -> list[int]:
        log = self.held.get((lab, epoch), MemoryLog())
        missing = [
            index
            for index, (leaf, blob) in enumerate(zip(log.leaves, log.details, strict=True))
            if blob is None and b'"detail":' in leaf and index not in log.erased
        ]
        return [index for index in missing if index >= start][:limit]

    def tree(self, lab: str, epoch: int) -> ListTree:
        log = self.held.get((lab, epoch), MemoryLog())
        return ListTree(leaf_hashes(log.leaves))

    def commit(self, event: events.Event) -> None:
        """Put one event on this disk."""
        if isinstance(event, events.ChainSeen):
            self.chains[event.chain.lab] = event.chain
        elif isinstance(event, events.Package):
            log = self.held.setdefault((event.lab, event.epoch), MemoryLog())
            if event.start == len(log.leaves):
                log.leaves += event.leaves
                log.details += event.details
            if event.complete and len(log.leaves) == event.head.size:
                log.head, log.toward = event.head, None
            else:
                log.toward = event.head
        elif isinstance(event, events.Details):
            log = self.held[(event.lab, event.epoch)]
            for index, blob in event.blobs:
                if index not in log.erased:
                    log.details[index] = blob


class Node:
    """A lab with a disk and a replica, which commits at once whatever its connections raise."""

    def __init__(
        self, lab: Lab, *, vouches: Iterable[Lab] = (), disk: LogReader | None = None
    ) -> None:
        self.lab = lab
        self.disk = Memory(lab)
        self.disk.keep(lab)
        self.graph = {lab.id: frozenset(other.id for other in vouches)}
        self.replica = Replica(disk or self.disk, Horizon(lab.id, self.graph), 0.0, WALL)
        self.seen: list[events.Event] = []
        self.commits = True
        self.connections = 0

    def holds(self, lab: Lab, size: int | None = None, *, details: bool = True) -> None:
        """Hold a log as if it had been fetched."""
        self.disk.keep(lab, size, details=details)
        self.reread()

    def vouch(self, *labs: Lab, by: Lab | None = None, blocked: Iterable[Lab] = ()) -> None:
        """Let a lab, ourselves by default, vouch for others; and block some."""
        lab = by or self.lab
        self.graph[lab.id] = self.graph.get(lab.id, frozenset()) | {other.id for other in labs}
        out = frozenset(other.id for other in blocked)
        self.replica.set_horizon(Horizon(self.lab.id, dict(self.graph), blocked=out))

    def reread(self) -> None:
        """Look at the disk again."""
        for held in self.disk.logs():
            self.replica.refresh(held)

    def connect(self, *, initiator: bool, now: float = 0.0, **options: Any) -> PeerSync:
        """Begin a connection."""
        self.connections += 1
        ephemeral = seed(self.lab.name, self.connections, "ephemeral")
        return PeerSync(
            self.replica,
            noise=self.lab.keys.noise,
            ephemeral=ephemeral,
            initiator=initiator,
            now=now,
            **options,
        )

    def drain(self, sync: PeerSync) -> None:
        """Take what a connection raises, commit what is to be committed."""
        while (event := sync.next_event()) is not None:
            self.seen.append(event)
            if self.commits:
                self.commit(sync, event)

    def commit(self, sync: PeerSync, event: events.Event) -> None:
        """Put an event on disk and say so."""
        self.disk.commit(event)
        if isinstance(event, events.Package):
            self.disk.held[(event.lab, event.epoch)].carrier = sync.peer or ""
        if isinstance(event, events.Package | events.Details):
            held = self.disk.log(event.lab, event.epoch)
            assert held is not None
            self.replica.refresh(held)
            sync.committed(event)

    def of(self, kind: type[Raised]) -> list[Raised]:
        """Return the events of one kind so far."""
        return [event for event in self.seen if isinstance(event, kind)]

    def faults(self) -> list[tuple[str, str | None]]:
        """Return who was found at fault."""
        return [(fault.fault, fault.lab) for fault in self.of(events.Fault)]

    def size_of(self, lab: Lab) -> int:
        """Return how many entries of a log are on this disk."""
        held = self.disk.log(lab.id, 0)
        return held.held if held else 0


class Wire:
    """A connection between two nodes, driven by hand; `cut` chooses how bytes are cut."""

    def __init__(
        self,
        left: Node,
        right: Node,
        *,
        now: float = 0.0,
        cut: Callable[[bytes], Sequence[bytes]] = lambda data: [data],
        **options: Any,
    ) -> None:
        self.left, self.right, self.now, self.cut = left, right, now, cut
        expect = options.pop("expect", right.lab.id)
        self.a = left.connect(initiator=True, now=now, expect=expect, **options)
        self.b = right.connect(initiator=False, now=now)
        self.messages: list[tuple[str, bytes]] = []

    def step(self) -> bool:
        """Carry one message each way; False if neither side had anything to say."""
        spoke = False
        for name, source, target, node in (
            ("a", self.a, self.b, self.right),
            ("b", self.b, self.a, self.left),
        ):
            data = source.data_to_send(self.now)
            if data:
                spoke = True
                self.messages.append((name, data))
                for piece in self.cut(data):
                    target.receive_data(piece, self.now)
                    node.drain(target)
        self.left.drain(self.a)
        self.right.drain(self.b)
        return spoke

    def run(self, steps: int = 10_000) -> "Wire":
        """Carry messages until both sides are silent."""
        for _ in range(steps):
            if not self.step():
                return self
        raise AssertionError("the two never stop talking")

    def wait(self, seconds: float) -> "Wire":
        """Let time pass, then carry what it brings."""
        self.now += seconds
        for sync in (self.a, self.b):
            sync.tick(self.now)
        return self.run()


def friends(*names: str) -> list[Node]:
    """Return nodes that all vouch for each other."""
    labs = [Lab(name) for name in names]
    return [Node(lab, vouches=[other for other in labs if other is not lab]) for lab in labs]


def closed(node: Node) -> events.Closed:
    """Return the one event that says how a node's connection ended."""
    found = node.of(events.Closed)
    assert len(found) == 1
    return found[0]
