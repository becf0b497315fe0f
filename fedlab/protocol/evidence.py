"""Evidence that a lab signed two heads which cannot both be true."""

from typing import NamedTuple

import msgspec

from .checkpoint import Head, verify_head
from .errors import RemoteProtocolError
from .identity import Chain
from .limits import EVIDENCE_BYTES_MAX
from .merkle import verify_consistency


class SplitView(NamedTuple):
    """Two signed heads of one log, and a proof that the newer does not continue the older.

    The proof rebuilds the newer root, but from `old_root`, which is not the root that the author
    signed at the older size. Of two heads of one size it is empty.
    """

    old: Head
    new: Head
    old_root: bytes
    proof: tuple[bytes, ...]

    def check(self, network: str, chain: Chain) -> None:
        """Return if this proves a split view to anybody who knows the lab's chain.

        Raises RemoteProtocolError if it does not.
        """
        old, new = self.old, self.new
        if (old.lab, old.epoch) != (new.lab, new.epoch) or old.lab != chain.lab:
            raise RemoteProtocolError("the evidence is about two different logs")
        key = chain.keys(old.epoch).log
        verify_head(old, network, key)
        verify_head(new, network, key)
        verify_consistency(old.size, new.size, self.old_root, new.root, self.proof)
        if self.old_root == old.root:
            raise RemoteProtocolError("the evidence shows two heads that agree")

    def encode(self) -> bytes:
        """Return the spelling in which evidence is kept."""
        return msgspec.msgpack.encode(self)


def decode_evidence(raw: bytes) -> SplitView:
    """Read what `SplitView.encode` wrote; raises RemoteProtocolError if it is not that."""
    if len(raw) > EVIDENCE_BYTES_MAX:
        raise RemoteProtocolError(f"evidence of {len(raw)} bytes is over {EVIDENCE_BYTES_MAX}")
    try:
        return msgspec.msgpack.decode(raw, type=SplitView)
    except msgspec.DecodeError as exc:
        raise RemoteProtocolError(f"this is not evidence of a split view: {exc}") from exc
