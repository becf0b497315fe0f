"""Who is let in, how far, and how much: the vouch horizon, budgets, the strangers' quota, blocks.

Labs vouch for labs. A node replicates those within `HORIZON_DEPTH` steps of its own vouches. What
all the labs take that came only through one direct peer is charged to that peer, so a peer that
vouches for a thousand inventions spends its own budget. A lab beyond the horizon that names us (a
first request) is fetched on a small quota, which all strangers share that one direct peer, or
whoever came through it, has carried: inventions fill their carrier's quota and nobody else's. A
local block wins over all.
"""

from collections.abc import Mapping, Set
from enum import IntEnum
from types import MappingProxyType

from .identity import LabId
from .limits import (
    HORIZON_DEPTH,
    PEER_BUDGET_BYTES,
    STRANGER_BYTES_MAX,
    STRANGERS_BYTES_MAX,
)


class Reach(IntEnum):
    """What a lab is to this node."""

    BLOCKED = 0
    STRANGER = 1
    WITHIN = 2
    OWN = 3


class Horizon:
    """The labs that this node replicates, computed from vouches; made anew when those change.

    `vouches` maps each lab to those it vouches for. `followed` are labs taken in whatever the
    vouches say: counterparties, and those that somebody chose.
    """

    def __init__(
        self,
        own: LabId,
        vouches: Mapping[LabId, Set[LabId]],
        *,
        blocked: Set[LabId] = frozenset(),
        followed: Set[LabId] = frozenset(),
        depth: int = HORIZON_DEPTH,
    ) -> None:
        self.own = own
        self.blocked = frozenset(blocked) - {own}
        self._vouches = vouches
        # For every lab within: the direct peers through which it came.
        self._through = _walk(own, vouches, self.blocked, depth)
        for lab in followed - self.blocked - {own}:
            self._through[lab] = frozenset({lab})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Horizon) and vars(self) == vars(other)

    @property
    def within(self) -> Set[LabId]:
        """Every lab within the horizon, without our own."""
        return self._through.keys()

    def reach(self, lab: LabId) -> Reach:
        """Say what a lab is to this node."""
        if lab == self.own:
            return Reach.OWN
        if lab in self.blocked:
            return Reach.BLOCKED
        return Reach.WITHIN if lab in self._through else Reach.STRANGER

    def through(self, lab: LabId) -> frozenset[LabId]:
        """Return the direct peers through which a lab came; none for a stranger."""
        return self._through.get(lab, frozenset())

    def names(self, lab: LabId, named: LabId) -> bool:
        """Say whether a lab's log names another, which is then told of it: here, by a vouch."""
        return named in self._vouches.get(lab, frozenset())


class Budget:
    """What has been taken of each lab, and so what may still be fetched of it.

    `carriers` says who brought each lab's newest entries; what a stick brought, nobody carried.
    """

    def __init__(
        self,
        horizon: Horizon,
        stored: Mapping[LabId, int],
        carriers: Mapping[LabId, LabId] = MappingProxyType({}),
    ) -> None:
        self.horizon = horizon
        self._carriers = dict(carriers)
        self._stored: dict[LabId, int] = {}
        self._spent: dict[LabId, int] = {}  # by direct peer, on the labs within
        self._strangers: dict[LabId, int] = {}  # by direct peer, on the others
        for lab, size in stored.items():
            self.charge(lab, size)

    def charge(self, lab: LabId, size: int) -> None:
        """Count bytes stored; a lab that came through several peers is shared out among them."""
        self._stored[lab] = self._stored.get(lab, 0) + size
        reach = self.horizon.reach(lab)
        if reach is Reach.WITHIN:
            _share(self._spent, self.horizon.through(lab), size)
        elif reach is Reach.STRANGER:
            _share(self._strangers, self.horizon.through(self._carriers.get(lab, "")), size)

    def carry(self, lab: LabId, carrier: LabId) -> None:
        """Note who brings a lab now, and so answers for all that is stored of it."""
        if self._carriers.get(lab) != carrier:
            stored = self._stored.get(lab, 0)
            self.charge(lab, -stored)
            self._carriers[lab] = carrier
            self.charge(lab, stored)

    def spent(self, peer: LabId) -> int:
        """Return how many bytes of labs within were charged to a direct peer."""
        return self._spent.get(peer, 0)

    def spent_on_strangers(self, peer: LabId) -> int:
        """Return how many bytes of strangers a direct peer has answered for."""
        return self._strangers.get(peer, 0)

    def left(self, lab: LabId, carrier: LabId = "") -> int:
        """Return how many more bytes of a lab a peer may bring, 0 or less if none.

        What our own log takes has no limit here: `Replica.goal` bounds what may be ours.
        """
        reach = self.horizon.reach(lab)
        if reach is Reach.OWN:
            return PEER_BUDGET_BYTES
        if reach is Reach.BLOCKED:
            return 0
        if reach is Reach.STRANGER:
            own_share = STRANGER_BYTES_MAX - self._stored.get(lab, 0)
            spent = [self._strangers.get(peer, 0) for peer in self.horizon.through(carrier)]
            return min(own_share, STRANGERS_BYTES_MAX - min(spent, default=STRANGERS_BYTES_MAX))
        through = self.horizon.through(lab)
        return max(PEER_BUDGET_BYTES - self._spent.get(peer, 0) for peer in through)


def _share(spent: dict[LabId, int], peers: Set[LabId], size: int) -> None:
    """Charge bytes to peers, each its part of them."""
    for peer in peers:
        part = -(-abs(size) // len(peers))
        spent[peer] = spent.get(peer, 0) + (part if size >= 0 else -part)


def _walk(
    own: LabId, vouches: Mapping[LabId, Set[LabId]], blocked: Set[LabId], depth: int
) -> dict[LabId, frozenset[LabId]]:
    """Walk the vouches step by step from `own`; a blocked lab is no stepping stone."""
    outside = blocked | {own}
    through = {lab: frozenset({lab}) for lab in vouches.get(own, frozenset()) - outside}
    edge = set(through)
    for _ in range(depth - 1):
        reached: dict[LabId, set[LabId]] = {}
        for lab in edge:
            for other in vouches.get(lab, frozenset()) - outside - through.keys():
                reached.setdefault(other, set()).update(through[lab])
        through.update((lab, frozenset(peers)) for lab, peers in reached.items())
        edge = set(reached)
    return through
