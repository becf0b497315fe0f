"""What a seal signs: the pledges that count, all of them and no others."""

from collections.abc import Iterable

from fedlab.protocol.entry import EntryId
from fedlab.protocol.merkle import leaf_hash, root_of


def seal_root(pledges: Iterable[EntryId]) -> str:
    """Return the Merkle root (RFC 6962) in hex over the ids of pledges, ascending."""
    return root_of([leaf_hash(bytes.fromhex(entry)) for entry in sorted(pledges)]).hex()
