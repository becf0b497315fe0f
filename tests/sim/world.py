"""A seeded world: virtual time, a network that delays, cuts, repeats and parts, nodes that die.

Everything that happens is an event at a time, and every choice is the seed's, so a world that went
wrong goes wrong again in the same way. Only delays and faults are made here; what is carried, kept
and folded is the nodes' own.
"""

import heapq
import itertools
import random
import string
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from fedlab.inventory.facts import (
    Erase,
    ItemHold,
    ItemRetire,
    ItemSeen,
    ItemSet,
    LabProfile,
    LabVouch,
)
from fedlab.node.exchange import Link
from fedlab.node.writer import Draft
from fedlab.protocol import events
from fedlab.protocol.entry import FactHead, encode_detail

from .node import CrashError, SimNode

DAY = "2024-05-01"
YEARS_10 = 10 * 365 * 86_400
SKEWS = (0, 0, -1_700_000_000, YEARS_10)  # right twice, 1970, and ten years ahead


@dataclass
class Wire:
    """A connection: bytes in order each way, late, and in pieces; gone when it is cut."""

    ends: tuple[SimNode, SimNode]
    links: list[Link | None] = field(default_factory=lambda: [None, None])
    free_at: list[float] = field(default_factory=lambda: [0.0, 0.0])
    under_way: list[deque[bytes]] = field(default_factory=lambda: [deque(), deque()])
    timers: list[float] = field(default_factory=lambda: [float("inf"), float("inf")])
    cut: bool = False


class World:
    """Some labs that know each other, and a storm over them."""

    def __init__(self, seed: int, folder: Path, *, labs: int | None = None) -> None:
        self.rng = random.Random(seed)
        self.folder = folder
        self.now = 0.0
        self.trace: list[tuple[float, str]] = []
        self.acked: dict[str, set[str]] = {}  # by lab: entry ids that an append returned
        self.drafted: dict[str, set[str]] = {}  # by lab: codes that wait until it may sign
        self.blamed: list[events.Fault] = []
        self.wires: list[Wire] = []
        self.parted: set[frozenset[str]] = set()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._codes = itertools.count()
        self._disk_busy: set[str] = set()
        count = labs or self.rng.choice((2, 3, 3, 4))
        self.nodes = [self._found(number) for number in range(count)]
        self.pairs = self._neighbours(self.rng.choice(("chain", "ring", "star")))
        self.storm = True
        for node in self.nodes:
            self.start(node)
            self.say(
                node, [LabProfile(by="", e=0, n=0, at=0)], b'{"name":"%s"}' % node.name.encode()
            )
            self.say(node, [LabVouch(by="", e=0, n=0, at=0, lab=o.lab) for o in self._known(node)])

    def _found(self, number: int) -> SimNode:
        name = string.ascii_lowercase[number]
        rng = random.Random(self.rng.random())
        node = SimNode(name, self.folder / name, rng, self.rng.choice(SKEWS))
        self.acked[node.lab], self.drafted[node.lab] = set(), set()
        return node

    def _neighbours(self, shape: str) -> list[tuple[SimNode, SimNode]]:
        nodes = self.nodes
        if shape == "star":
            return [(nodes[0], other) for other in nodes[1:]]
        pairs = list(itertools.pairwise(nodes))
        return pairs + ([(nodes[-1], nodes[0])] if shape == "ring" and len(nodes) > 2 else [])

    def _known(self, node: SimNode) -> Iterator[SimNode]:
        return (b if a is node else a for a, b in self.pairs if node in (a, b))

    # --- time ---

    def at(self, delay: float, what: Callable[[], None]) -> None:
        """Let something happen in `delay` seconds."""
        heapq.heappush(self._heap, (self.now + delay, next(self._count), what))

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self._heap and self._heap[0][0] <= end:
            self.now, _, what = heapq.heappop(self._heap)
            what()
        self.now = end

    def note(self, what: str) -> None:
        """Remember what happened, for whoever looks at a seed that failed."""
        self.trace.append((self.now, what))

    # --- nodes ---

    def start(self, node: SimNode) -> None:
        """Start a node from its disk."""
        self.note(f"{node.name} starts")
        self.alive(node, lambda: node.start(self.now, lambda: self._published(node)))

    def alive(self, node: SimNode, work: Callable[[], None]) -> None:
        """Let a node do something, which may be the last thing that it does."""
        node.now = self.now
        try:
            work()
        except CrashError as exc:
            self.note(f"{node.name} dies at {exc}")
            self.crash(node)

    def crash(self, node: SimNode) -> None:
        """Kill a node; it comes back after a while, from what its disk had."""
        node.crash()
        for wire in list(self.wires):
            if node in wire.ends:
                self.cut(wire)
        self.at(self.rng.uniform(0.1, 8.0), lambda: None if node.up else self.start(node))

    def _published(self, node: SimNode) -> None:
        if hasattr(node, "exchange") and node.exchange.links is not None:
            self.at(0.0, partial(self._tell, node))

    def _tell(self, node: SimNode) -> None:
        if node.up:
            self.alive(node, node.exchange.published)
            self.pump(node)

    def close(self) -> None:
        """End the world."""
        for node in self.nodes:
            if node.up:
                node.store.close()

    # --- what labs say ---

    def say(self, node: SimNode, facts: Sequence[FactHead], detail: bytes | None = None) -> None:
        """Let a lab append facts, and remember what it was promised."""

        def append() -> None:
            drafts = [Draft(fact, detail) for fact in facts]
            written = node.append(drafts)
            self.acked[node.lab].update(written.ids)
            if written.drafted:
                codes = (fact.code for fact in facts if isinstance(fact, ItemSet))
                self.drafted[node.lab].update(codes)
            node.projector.run()
            node.exchange.look_again()

        self.alive(node, append)
        self.pump(node)

    def work(self, node: SimNode) -> None:
        """Let a lab do something of what labs do all day."""
        if not node.up:
            return
        rng = self.rng
        what = rng.choice(
            ("add", "add", "add", "change", "retire", "seen", "hold", "erase", "import")
        )
        self.note(f"{node.name} {what}")
        blank: dict[str, Any] = {"by": "", "e": 0, "n": 0, "at": 0}
        old = f"I{rng.randrange(0, 40)}"
        if what in ("add", "change"):
            code = f"I{next(self._codes)}" if what == "add" else old
            detail = encode_detail({"name": "x" * rng.randrange(1, 2000)})
            quantity = rng.randrange(1, 9) * 1000
            item = ItemSet(**blank, code=code, kind="tool", unit="piece", quantity=quantity)
            self.say(node, [item], detail if rng.random() < 0.7 else None)
        elif what == "retire":
            self.say(node, [ItemRetire(**blank, code=old)])
        elif what == "seen":
            self.say(node, [ItemSeen(**blank, code=old)])
        elif what == "hold":
            self.say(node, [ItemHold(**blank, code=old, day_from=DAY, reason="maintenance")])
        elif what == "erase":
            log = node.store.log(node.lab, 0)
            if log is not None and log.held > 3:
                self.say(node, [Erase(**blank, epoch=0, index=rng.randrange(1, log.held))])
        elif rng.random() < 0.3:
            many = [
                ItemSet(**blank, code=f"I{next(self._codes)}", kind="material", unit="kg")
                for _ in range(rng.randrange(2, 400))
            ]
            self.say(node, many, b'{"name":"y"}')

    # --- the network ---

    def reachable(self, a: SimNode, b: SimNode) -> bool:
        """Say whether bytes pass between two nodes now."""
        return frozenset((a.name, b.name)) not in self.parted

    def connected(self, a: SimNode, b: SimNode) -> bool:
        """Say whether two nodes have a connection that works."""
        return a.up and b.up and b.lab in a.exchange.connected()

    def dial(self, a: SimNode, b: SimNode) -> None:
        """Let one node call another; twice at once happens too."""
        if not (a.up and b.up and self.reachable(a, b)):
            return
        wire = Wire((a, b))
        self.wires.append(wire)
        wire.links[0] = a.exchange.open(initiator=True, now=self.now, expect=b.lab)
        wire.links[1] = b.exchange.open(initiator=False, now=self.now)
        self.pump(a)
        self.pump(b)

    def cut(self, wire: Wire) -> None:
        """Break a connection; each side notices in its own time."""
        if wire.cut:
            return
        wire.cut = True
        self.wires.remove(wire)
        for side in (0, 1):
            self.at(self.rng.uniform(0.0, 3.0), partial(self._gone, wire, side))

    def _gone(self, wire: Wire, side: int) -> None:
        node, link = wire.ends[side], wire.links[side]
        if node.up and link in node.exchange.links:
            assert link is not None
            self.alive(node, link.gone)
            self.pump(node)

    def pump(self, node: SimNode) -> None:
        """Let all connections of a node send, and its disk write, whatever there is."""
        if not node.up:
            return
        for wire in list(self.wires):
            for side in (0, 1):
                if wire.ends[side] is node and wire.links[side] in node.exchange.links:
                    self._send(wire, side)
        if node.up and node.name not in self._disk_busy:
            self._disk_busy.add(node.name)
            self.at(self.rng.uniform(0.0, 0.05), partial(self._disk, node))

    def _send(self, wire: Wire, side: int) -> None:
        link = wire.links[side]
        assert link is not None
        while data := link.outgoing(self.now):
            for piece in self._pieces(data):
                at = max(wire.free_at[side], self.now + self.rng.uniform(0.005, 0.2))
                wire.free_at[side] = at
                wire.under_way[1 - side].append(piece)
                self.at(at - self.now, partial(self._arrive, wire, 1 - side))
        while (event := link.next_event()) is not None:
            if isinstance(event, events.Fault):
                self.note(f"{wire.ends[side].name} finds a fault: {event.message}")
                self.blamed.append(event)
        if link.closed:
            self.cut(wire)
        elif (due := link.next_timeout()) < wire.timers[side]:
            wire.timers[side] = due
            self.at(max(0.0, due - self.now), partial(self._tick, wire, side))

    def _pieces(self, data: bytes) -> list[bytes]:
        cuts = sorted(self.rng.randrange(len(data)) for _ in range(self.rng.choice((0, 0, 1, 5))))
        return [data[a:b] for a, b in itertools.pairwise([0, *cuts, len(data)])]

    def _arrive(self, wire: Wire, side: int) -> None:
        """Hand over the next bytes, in their order; across a parted network they wait."""
        node, link = wire.ends[side], wire.links[side]
        if wire.cut or not node.up or link is None:
            return
        if not self.reachable(*wire.ends):
            self.at(1.0, partial(self._arrive, wire, side))
            return
        piece = wire.under_way[side].popleft()
        self.alive(node, lambda: link.receive(piece, self.now))
        self.pump(node)

    def _tick(self, wire: Wire, side: int) -> None:
        wire.timers[side] = float("inf")
        node, link = wire.ends[side], wire.links[side]
        if not wire.cut and node.up and link is not None:
            link.tick(self.now)
            self.pump(node)

    # --- disks ---

    def _disk(self, node: SimNode) -> None:
        """Put on disk what has come, then fold it."""
        self._disk_busy.discard(node.name)
        if not node.up:
            return

        def write() -> None:
            batch = node.exchange.take(self.now)
            if batch is not None:
                node.exchange.write(batch)
                node.exchange.wrote(batch)
                self.at(self.rng.choice((0.0, 0.1, 3.0)), partial(self._catch_up, node))
                self.pump(node)

        self.alive(node, write)

    def _catch_up(self, node: SimNode) -> None:
        """Fold what has come, and let in or out whom that changes."""

        def catch_up() -> None:
            node.projector.run()
            node.exchange.look_again()
            self.pump(node)

        if node.up:
            self.alive(node, catch_up)
