"""Who is let in, how far, and how much: the vouch horizon, budgets, the strangers' quota, blocks.

Labs vouch for labs. A node replicates those within `HORIZON_DEPTH` steps of its own vouches. What
all the labs take that came only through one direct peer is charged to that peer, so a peer that
vouches for a thousand inventions spends its own budget. A lab beyond the horizon that names us (a
first request) is fetched on a small quota shared by all strangers. A local block wins over all.
"""

from collections.abc import Mapping, Set
from enum import IntEnum

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
    """What has been taken of each lab, and so what may still be fetched of it."""

    def __init__(self, horizon: Horizon, stored: Mapping[LabId, int]) -> None:
        self.horizon = horizon
        self._stored: dict[LabId, int] = {}
        self._spent: dict[LabId, int] = {}  # by direct peer
        self._strangers = 0
        for lab, size in stored.items():
            self.charge(lab, size)

    def charge(self, lab: LabId, size: int) -> None:
        """Count bytes stored; a lab that came through several peers is shared out among them."""
        self._stored[lab] = self._stored.get(lab, 0) + size
        through = self.horizon.through(lab)
        for peer in through:
            self._spent[peer] = self._spent.get(peer, 0) + -(-size // len(through))
        if self.horizon.reach(lab) is Reach.STRANGER:
            self._strangers += size

    def left(self, lab: LabId) -> int:
        """Return how many more bytes of a lab may be fetched, 0 or less if none."""
        reach = self.horizon.reach(lab)
        if reach is Reach.OWN:
            return PEER_BUDGET_BYTES
        if reach is Reach.BLOCKED:
            return 0
        if reach is Reach.STRANGER:
            own_share = STRANGER_BYTES_MAX - self._stored.get(lab, 0)
            return min(own_share, STRANGERS_BYTES_MAX - self._strangers)
        through = self.horizon.through(lab)
        return max(PEER_BUDGET_BYTES - self._spent.get(peer, 0) for peer in through)


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
