"""Evidence that a lab signed two heads which cannot both be true, and what it makes of the log."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from .checkpoint import Head, verify_head
from .errors import RemoteProtocolError
from .identity import Chain
from .limits import EVIDENCE_BYTES_MAX
from .merkle import verify_consistency


class SplitView(NamedTuple):
    """Two signed heads of one log, and the roots of their pasts at one size, which differ.

    The proofs lead from these roots to the signed ones. Where nothing is known of the older past
    but its head, `size` is the older head's, and the proof that leads there is empty.
    """

    old: Head
    new: Head
    size: int
    old_root: bytes
    new_root: bytes
    old_proof: tuple[bytes, ...]
    new_proof: tuple[bytes, ...]

    @property
    def parted(self) -> int:
        """The first entry that is proved to stand after the point where the two pasts part.

        The first `size` entries differ somewhere, so the last of them at the latest. Entry 0 is
        the lab's genesis or opening in every past, as the chain proves.
        """
        return max(1, self.size - 1)

    def check(self, network: str, chain: Chain) -> None:
        """Return if this proves a split view to anybody who knows the lab's chain.

        Raises RemoteProtocolError if it does not.
        """
        old, new = self.old, self.new
        if (old.lab, old.epoch) != (new.lab, new.epoch) or old.lab != chain.lab:
            raise RemoteProtocolError("the evidence is about two different logs")
        if not 0 < self.size <= old.size <= new.size:
            raise RemoteProtocolError("the evidence compares the heads at no size of theirs")
        key = chain.keys(old.epoch).log
        verify_head(old, network, key)
        verify_head(new, network, key)
        verify_consistency(self.size, old.size, self.old_root, old.root, self.old_proof)
        verify_consistency(self.size, new.size, self.new_root, new.root, self.new_proof)
        if self.old_root == self.new_root:
            raise RemoteProtocolError("the evidence shows two heads that agree")

    def encode(self) -> bytes:
        """Return the spelling in which evidence is kept."""
        return msgspec.msgpack.encode(self)


def split_of_heads(old: Head, new: Head, new_root: bytes, proof: Iterable[bytes]) -> SplitView:
    """Return what two heads prove: the newer continues `new_root`, not what the older signed.

    Of two heads of one size, that with the smaller root is the older, whoever compares them.
    """
    if old.size == new.size and new.root < old.root:
        old, new, new_root = new, old, old.root
    return SplitView(old, new, old.size, old.root, new_root, (), tuple(proof))


def decode_evidence(raw: bytes) -> SplitView:
    """Read what `SplitView.encode` wrote; raises RemoteProtocolError if it is not that."""
    if len(raw) > EVIDENCE_BYTES_MAX:
        raise RemoteProtocolError(f"evidence of {len(raw)} bytes is over {EVIDENCE_BYTES_MAX}")
    try:
        return msgspec.msgpack.decode(raw, type=SplitView)
    except msgspec.DecodeError as exc:
        raise RemoteProtocolError(f"this is not evidence of a split view: {exc}") from exc


def disputed_from(chain: Chain | None, epoch: int, evidence: Iterable[SplitView]) -> int | None:
    """Return the entry of an epoch's log from which on all are DISPUTED; None if none are.

    That is where a later epoch does not continue it (`Chain.end`), or the lowest point at which a
    split view is proved, whichever comes first: a function of sets, in whatever order they came.
    """
    points = [split.parted for split in evidence if split.new.epoch == epoch]
    end = chain.end(epoch) if chain else None
    return min(points if end is None else [*points, end], default=None)
