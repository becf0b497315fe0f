"""Nodes with an exchange, and the wires between them, carried by hand."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fedlab.node.exchange import Exchange, Link
from fedlab.protocol import events
from fedlab.protocol.horizon import Horizon
from tests.node.store.labs import AT, Lab
from tests.node.store.nodes import Node

WALL = float(AT)


class Peer(Node):
    """A node with an exchange; `friends` are let in."""

    def __init__(self, folder: Path, lab: Lab) -> None:
        super().__init__(folder, lab)
        self.friends: set[str] = set()
        self.blocked: set[str] = set()
        self.wall = WALL
        self.heard: list[events.Event] = []

    def begin(self, now: float = 0.0) -> "Peer":
        """Start, and make the exchange."""
        self.publish = lambda head: None
        self.start()
        self.exchange = Exchange(
            self.store,
            self.writer,
            self.lab.keys.noise,
            now=now,
            wall=lambda: self.wall,
            randomness=random.Random(self.lab.id).randbytes,
            horizon=self.horizon,
            urls=[f"http://{self.lab.id[:4]}.example"],
        )
        return self

    def again(self, now: float = 0.0) -> "Peer":
        """Stop and begin again from the disk."""
        self.close()
        self.open()
        return self.begin(now)

    def horizon(self) -> Horizon:
        graph = {self.lab.id: frozenset(self.friends)}
        return Horizon(self.lab.id, graph, blocked=frozenset(self.blocked))

    def write_all(self, now: float) -> None:
        """Put on disk whatever waits."""
        while (batch := self.exchange.take(now)) is not None:
            self.exchange.write(batch)
            self.exchange.wrote(batch)

    def say(self, *codes: str) -> None:
        """Append items, and let them leave the node."""
        self.add(*codes)
        self.exchange.published()

    def held(self, lab: Lab) -> int:
        log = self.store.log(lab.id, 0)
        return log.held if log is not None else 0


@contextmanager
def three_peers(folder: Path) -> Iterator[list[Peer]]:
    """Give three labs that vouch for each other: Anna, Bert and Carl."""
    made = [Peer(folder / str(seed), Lab(seed)) for seed in (1, 2, 3)]
    for peer in made:
        peer.friends = {other.lab.id for other in made if other is not peer}
        peer.begin()
    yield made
    for peer in made:
        peer.close()


def dial(a: Peer, b: Peer) -> tuple[Link, Link]:
    return (
        a.exchange.open(initiator=True, now=0.0, expect=b.lab.id),
        b.exchange.open(initiator=False, now=0.0),
    )


def run(*wires: tuple[tuple[Peer, Link], tuple[Peer, Link]], now: float = 0.0) -> None:
    """Carry everything until nobody has anything to say or to write."""
    quiet = False
    while not quiet:
        quiet = True
        for one, other in wires:
            for (peer, link), (to, end) in ((one, other), (other, one)):
                while data := link.outgoing(now):
                    quiet = False
                    end.receive(data, now)
                for who, its in ((peer, link), (to, end)):
                    while (event := its.next_event()) is not None:
                        who.heard.append(event)
                    who.write_all(now)


def meet(a: Peer, b: Peer, now: float = 0.0) -> tuple[Link, Link]:
    """Connect two nodes and let them exchange all they have."""
    here, there = dial(a, b)
    run(((a, here), (b, there)), now=now)
    return here, there
