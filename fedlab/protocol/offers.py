"""What one peer offers: chains and heads, checked, compared with what is held, and remembered.

Every peer that offers a log is remembered, because each log is pulled from one peer at a time and
another takes over when that one goes; and because a lab may come within the horizon later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import frames
from .checkpoint import Head, verify_head
from .errors import RemoteProtocolError
from .events import Event, Fault, OwnHead
from .evidence import SplitView, split_of_heads
from .identity import Chain, LabId, lab_id, read_chain, settle
from .limits import (
    AGE_SECONDS_MAX,
    HEAD_CHANGES_MAX,
    HEADS_SECONDS,
    OFFERED_CHAINS_BYTES_MAX,
    OFFERS_MAX,
)
from .merkle import consistency_proof
from .parting import Parting
from .replica import Log, LogKey, Replica


@dataclass(slots=True)
class Offer:
    """A head that the peer announces, and serves."""

    head: Head
    at: float  # when the author was known to be there, in the connection's seconds
    names_us: bool
    chain: Chain | None  # of its lab, when it was announced
    verified: Chain | None = None  # by which the signature was checked
    changes_left: float = HEAD_CHANGES_MAX  # how often it may still change, at `changed_at`
    changed_at: float = 0.0


def _changes_left(last: Offer, now: float) -> float:
    """Spend one change of an offer; raises RemoteProtocolError where none is left.

    Each costs a signature to check, and for an older head a root: who sends them without end keeps
    a node from its other peers.
    """
    earned = (now - last.changed_at) / HEADS_SECONDS
    left = min(last.changes_left + earned, HEAD_CHANGES_MAX) - 1
    if left < 0:
        raise RemoteProtocolError(
            f"the head of log {last.head.epoch} of lab {last.head.lab} changes without end",
            f"Announce at most one every {HEADS_SECONDS} s.",
        )
    return left


class Offers:
    """The offers of one connection; `emit` takes the events.

    `todo` are the logs offered beyond what is held, `settled` those offered as they are held;
    `partings` are split views of which the peer can show more.
    """

    def __init__(self, replica: Replica, emit: Callable[[Event], None]) -> None:
        self._replica = replica
        self._emit = emit
        self._chains: dict[LabId, Chain] = {}  # newer than what is held, or of labs that are not
        self._chain_bytes = 0  # read on this connection, whatever became of them
        self._suspended: set[LabId] = set()  # labs whose two openings were reported
        self.heads: dict[LogKey, Offer] = {}
        self.todo: dict[LogKey, None] = {}
        self.settled: dict[LogKey, None] = {}
        self.partings: list[Parting] = []

    def chain_seen(self, leaves: Sequence[bytes]) -> None:
        """Take a lab's chain; raises RemoteProtocolError if it is not one."""
        lab = lab_id(leaves[0])
        known = self.chain(lab)
        if known is not None and tuple(leaves) == known.leaves:
            return
        if self._chain_bytes >= OFFERED_CHAINS_BYTES_MAX:
            return
        self._chain_bytes += sum(map(len, leaves))
        chain = read_chain(leaves, self._replica.network)
        settled = chain if known is None else settle(known, chain)
        if settled is chain:
            self._chains[lab] = chain
        elif settled is None and lab not in self._suspended:
            self._suspended.add(lab)
            message = f"lab {lab} opened an epoch twice with one key"
            self._emit(Fault("author", lab, message, "A later epoch of it will settle this."))

    def chain(self, lab: LabId) -> Chain | None:
        """Return the chain of a lab that holds, of all that are known here or were kept."""
        offered, kept = self._chains.get(lab), self._replica.chain(lab)
        if offered is None or kept is None:
            return offered or kept
        return settle(kept, offered) or kept

    def heads_seen(self, items: Sequence[frames.HeadItem], now: float) -> None:
        """Take announced heads; raises RemoteProtocolError for one that cannot be."""
        for item in items:
            head = Head(item.lab.hex(), item.epoch, item.size, item.root, item.sig)
            key = (head.lab, head.epoch)
            last = self.heads.get(key)
            if head.size == 0:
                raise RemoteProtocolError(f"log {key[1]} of lab {key[0]} is offered empty")
            if last is None and (len(self.heads) >= OFFERS_MAX or self._passed_over(key)):
                continue
            if last is not None and last.head[:4] == head[:4]:
                last.at, last.names_us = _told_at(item, now), item.names_you
            elif last is not None and head.size < last.head.size:
                raise RemoteProtocolError(f"log {key[1]} of lab {key[0]} went back in size")
            else:
                chain = self.chain(head.lab)
                offer = Offer(head, _told_at(item, now), item.names_you, chain, changed_at=now)
                if last is not None:
                    offer.changes_left = _changes_left(last, now)
                self.heads[key] = offer
                self._place(key, offer)
            self.note_age(key)

    def _passed_over(self, key: LogKey) -> bool:
        """Say whether a log's opening may have come when there was no room for more chains."""
        if self._chain_bytes < OFFERED_CHAINS_BYTES_MAX:
            return False
        chain = self.chain(key[0])
        return chain is None or key[1] > chain.epoch

    def note_age(self, key: LogKey) -> None:
        """Take over how fresh the peer's word on a log is, if we hold the very same head."""
        offer, log = self.heads.get(key), self._replica.log(key)
        if offer is not None and log.head is not None and offer.head[:4] == log.head[:4]:
            self._replica.seen(log, offer.at)

    def _place(self, key: LogKey, offer: Offer) -> None:
        """Compare a new offer with what is held."""
        log, head = self._replica.log(key), offer.head
        if log.head is None or head.size > log.head.size:
            self._ahead(key, offer)
        elif head[:4] == log.head[:4]:
            self.settled[key] = None
        elif not log.frozen and self.verify(offer):
            self.compare(log, head)  # one proof is enough, and an author can make more

    def _ahead(self, key: LogKey, offer: Offer) -> None:
        if key[0] == self._replica.lab:
            if offer.verified is None and self.verify(offer):
                self._emit(OwnHead(offer.head))
            self.todo = {key: None} | self.todo  # what we forgot comes first
        else:
            self.todo[key] = None

    def compare(self, log: Log, head: Head) -> None:
        """Raise the alarm if a head, signed by the author, is not of the log that we hold."""
        held = log.head
        assert held is not None and head.size <= held.size
        tree = self._replica.reader.tree(*log.key)
        ours = tree.subtree(0, head.size)
        if ours == head.root:
            return
        proof = () if head.size == held.size else consistency_proof(tree, head.size, held.size)
        self.split_view(split_of_heads(head, held, ours, proof))

    def verify(self, offer: Offer) -> bool:
        """Check the signature on an offered head, once for each chain that holds meanwhile.

        False if the head is of an epoch whose opening gave way to another after the head had been
        announced, which is nobody's fault. Raises RemoteProtocolError if it never was the lab's.
        """
        head, chain = offer.head, self.chain(offer.head.lab)
        if chain is not None and offer.verified is chain:
            return True
        try:
            if chain is None or head.epoch > chain.epoch:
                raise RemoteProtocolError(f"a head of lab {head.lab} came before its chain")
            verify_head(head, self._replica.network, chain.keys(head.epoch).log)
        except RemoteProtocolError:
            if offer.chain is None or chain is offer.chain or head.epoch > offer.chain.epoch:
                raise
            return False
        self._replica.glimpse(head)
        offer.verified = chain
        return True

    def split_view(self, evidence: SplitView) -> None:
        """Freeze a log whose author signed two pasts; others are not concerned."""
        lab, epoch = evidence.new.lab, evidence.new.epoch
        self._replica.freeze((lab, epoch))
        log = self._replica.log((lab, epoch))
        ours = evidence.new if evidence.new == log.head else evidence.old
        parting = Parting(evidence, ours=ours)
        if log.held >= ours.size and not parting.found:
            self.partings.append(parting)
        if lab == self._replica.lab:
            self._emit(OwnHead(parting.theirs))
            message = "this node's own log was signed twice over: its keys live on another card"
            hint = "Stop the other one, and open a new epoch with the recovery words."
            self._emit(Fault("us", lab, message, hint, evidence))
        else:
            message = f"lab {lab} signed two heads of log {epoch} that cannot both be true"
            hint = "What it wrote since they part is disputed; ask the lab."
            self._emit(Fault("author", lab, message, hint, evidence))

    def reconsider(self) -> None:
        """Look at everything offered again, because vouches or blocks changed."""
        self.todo |= dict.fromkeys(self.heads)


def _told_at(item: frames.HeadItem, now: float) -> float:
    """Return when the announcer knew the log to be at this head; the largest age is *never*."""
    return now - item.age_s if item.age_s < AGE_SECONDS_MAX else float("-inf")
