"""The network as this lab sees it: its peers, who vouches for whom, and what each may bring."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from fedlab.node.identitywords import identity_words
from fedlab.node.service.answers import LabNameAnswer, Neighbour
from fedlab.node.service.base import Opened, now
from fedlab.node.service.peers import Peers
from fedlab.protocol.entry import LabId
from fedlab.protocol.horizon import Budget
from fedlab.protocol.limits import INVITE_DAYS, PEER_BUDGET_BYTES, STRANGERS_BYTES_MAX
from fedlab.protocol.replica import HeldLog

# A list for people; a hub that vouches for hundreds is read with `fedlab labs`.
VOUCHERS_MAX: Final = 200


class NetworkPeer(msgspec.Struct, frozen=True, kw_only=True):
    """A lab that this one talks to or vouches for, and what it has brought so far.

    `away_s` is None while it is connected, or if it was never heard of; `used_bytes` counts what
    came only through it, `stranger_bytes` what it has brought of labs nobody here vouches for.
    """

    lab: LabId
    name: str
    url: str | None
    connected: bool
    behind: int
    age_s: int | None
    away_s: int | None
    split_view: bool
    vouched: bool
    vouches_back: bool
    used_bytes: int
    stranger_bytes: int


class VoucherAnswer(msgspec.Struct, frozen=True):
    """A lab and those it vouches for, by name."""

    lab: LabId
    name: str
    own: bool
    vouches: list[LabNameAnswer]


class InvitationSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What an invitation link says, for a person to agree to or not."""

    lab: LabId
    name: str
    urls: list[str]
    words: dict[str, list[str]]  # by language; both labs see the same


class NetworkAnswer(msgspec.Struct, kw_only=True):
    """Everything that the network page shows."""

    peers: list[NetworkPeer]
    vouchers: list[VoucherAnswer]
    blocked: list[LabNameAnswer]
    invitations: list[int]  # when each that is still good ends, in Unix seconds
    words: dict[str, list[str]]
    nearby: list[Neighbour]
    budget_bytes: int = PEER_BUDGET_BYTES
    strangers_bytes: int = STRANGERS_BYTES_MAX
    invite_days: int = INVITE_DAYS


class Network:
    """What is known of the labs around this one, to look after them."""

    def __init__(self, opened: Opened, peers: Peers) -> None:
        self._opened = opened
        self._peers = peers

    def show(self) -> NetworkAnswer:
        """Return the network as it is now."""
        opened = self._opened
        names = opened.lab_names()
        return NetworkAnswer(
            peers=self.peers(),
            vouchers=self._vouchers(names),
            blocked=[_named(lab, names) for lab in opened.store.blocks.list()],
            invitations=opened.store.invites.open(now()),
            words=identity_words(opened.lab),
            nearby=self._peers.nearby(),
        )

    def peers(self) -> list[NetworkPeer]:
        """Return the labs that this one talks to or vouches for; those that are there first."""
        opened = self._opened
        logs, graph = opened.store.logs(), opened.projector.graph()
        vouched, budget = graph.get(opened.lab, frozenset()), self._budget(logs)
        names, split_views = opened.lab_names(), opened.split_views(logs)
        blocked = set(opened.store.blocks.list())
        known = {peer.lab: peer for peer in self._peers.peers() if peer.lab not in blocked}
        answers = []
        for lab in sorted((known.keys() | vouched) - blocked):
            peer = known.get(lab)
            connected = peer is not None and peer.connected
            age_s = opened.age_s(lab)
            answers.append(
                NetworkPeer(
                    lab=lab,
                    name=names.get(lab) or (peer.name if peer else ""),
                    url=peer.url if peer else None,
                    connected=connected,
                    behind=peer.behind if peer else 0,
                    age_s=age_s,
                    away_s=None if connected else age_s,
                    split_view=lab in split_views,
                    vouched=lab in vouched,
                    vouches_back=opened.lab in graph.get(lab, ()),
                    used_bytes=budget.spent(lab),
                    stranger_bytes=budget.spent_on_strangers(lab),
                )
            )
        return sorted(answers, key=lambda peer: (not peer.connected, peer.name.casefold()))

    def withdraw(self) -> None:
        """Make every invitation void that nobody has taken up yet."""
        self._opened.store.invites.withdraw()

    def read_invitation(self, link: str) -> InvitationSeen:
        """Return what a link says; raise BadRequestError or ConflictError if it is not for us."""
        said = self._peers.read_invitation(link)
        return InvitationSeen(
            lab=said.lab, name=said.name, urls=list(said.urls), words=identity_words(said.lab)
        )

    def _budget(self, logs: Iterable[HeldLog]) -> Budget:
        """Return what each peer has brought, as the exchange counts it."""
        stored: dict[LabId, int] = {}
        carriers: dict[LabId, LabId] = {}
        for log in logs:
            stored[log.lab] = stored.get(log.lab, 0) + log.stored_bytes
            carriers[log.lab] = log.carrier
        return Budget(self._opened.horizon(), stored, carriers)

    def _vouchers(self, names: Mapping[LabId, str]) -> list[VoucherAnswer]:
        """Return who vouches for whom among the labs within the horizon; this lab first."""
        opened = self._opened
        shown = opened.horizon().within | {opened.lab}
        found = [
            VoucherAnswer(
                lab,
                names.get(lab, ""),
                lab == opened.lab,
                sorted(
                    (_named(other, names) for other in others),
                    key=lambda one: one.name.casefold(),
                ),
            )
            for lab, others in opened.projector.graph().items()
            if lab in shown and others
        ]
        found.sort(key=lambda one: (not one.own, one.name.casefold()))
        return found[:VOUCHERS_MAX]


def _named(lab: LabId, names: Mapping[LabId, str]) -> LabNameAnswer:
    return LabNameAnswer(lab, names.get(lab, ""))
