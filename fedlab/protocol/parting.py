"""Where two pasts of one log part, found by halves with a peer that holds the other one."""

from collections.abc import Sequence

from .checkpoint import Head
from .evidence import SplitView
from .merkle import Tree, consistency_proof, verify_consistency


class Parting:
    """A search for the smallest size at which two pasts differ; `evidence` is what it has shown.

    Each step is one `want_proof`, so a log of a million entries takes twenty.
    """

    def __init__(self, evidence: SplitView, *, ours: Head) -> None:
        self.evidence = evidence
        self.key = (ours.lab, ours.epoch)
        self.theirs = evidence.old if ours == evidence.new else evidence.new
        self._ours = ours
        self._same = 1  # the genesis or opening, which every past begins with

    @property
    def found(self) -> bool:
        """Whether the pasts differ by one entry more than they have in common."""
        return self.evidence.size <= self._same + 1

    @property
    def middle(self) -> int:
        """The size at which the peer's root is to be asked for."""
        return (self._same + self.evidence.size) // 2

    def narrow(self, tree: Tree, root: bytes, proof: Sequence[bytes]) -> None:
        """Take the peer's root at `middle` and its proof; `tree` is of the log that we hold.

        Raises RemoteProtocolError if that is not a root of the head that the peer announced.
        """
        size = self.middle
        verify_consistency(size, self.theirs.size, root, self.theirs.root, proof)
        our_root = tree.subtree(0, size)
        if root == our_root:
            self._same = size
            return
        ours = (our_root, tuple(consistency_proof(tree, size, self._ours.size)))
        theirs = (root, tuple(proof))
        older, newer = (ours, theirs) if self.theirs == self.evidence.new else (theirs, ours)
        self.evidence = self.evidence._replace(
            size=size, old_root=older[0], old_proof=older[1], new_root=newer[0], new_proof=newer[1]
        )
