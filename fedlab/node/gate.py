"""The amnesia gate: a node that has forgotten something must not sign before it has it back.

Before a head is published it is written to DIR/head, a small file beside the store. The store and
the file are compared at every start:

    the file's head is in the store, which may hold more    open: nothing newer was published
    the file is ahead of the store                          closed: fetch what is missing
    the file is missing, or is not a head of this lab's     closed until a peer shows one
    the two contradict each other                           closed: this lab has forked

A head of this lab that a peer shows is judged in the same way, and kept in the file if it is ahead,
so that a restart does not forget that either. While the gate is closed, writes become drafts.
"""

import enum
from pathlib import Path

from fedlab.node.files import read_file, write_durably
from fedlab.node.store.base import Store
from fedlab.node.store.errors import explained
from fedlab.protocol.checkpoint import Head, head_note, parse_note, verify_head
from fedlab.protocol.errors import ProtocolError
from fedlab.protocol.evidence import split_of_heads
from fedlab.protocol.identity import Chain
from fedlab.protocol.limits import NOTE_BYTES_MAX
from fedlab.protocol.merkle import EMPTY_ROOT, consistency_proof


class Gate:
    """Whether this lab may sign; `state` says why not."""

    def __init__(self, store: Store, path: Path) -> None:
        self._store = store
        self._path = path
        self._shown = False  # a peer has shown a head of ours that we hold
        self.state = State.UNKNOWN

    @property
    def is_open(self) -> bool:
        return self.state is State.OPEN

    def look(self) -> None:
        """Compare the file with the store, at the start and after something was fetched."""
        head = self._read()
        self.state = self._judge_file(head)
        if self.state is State.FORKED and head is not None:
            self._keep_evidence(head)
        if self.is_open:
            self._agree(head)

    def judge(self) -> "State":
        """Say what the file means for the store, and change neither."""
        return self._judge_file(self._read())

    def _judge_file(self, head: Head | None) -> "State":
        epoch = self._store.own_chain().epoch
        if any(split.new.epoch == epoch for split in self._store.evidence(self._store.lab)):
            return State.FORKED
        if head is not None:
            return self._judge(head)
        return State.OPEN if self._shown else State.UNKNOWN

    def shown(self, head: Head | None) -> None:
        """Take in the newest head of this lab that a peer knows; None if it knows none.

        Raises RemoteProtocolError if this lab never signed it.
        """
        if head is None:
            return
        assert head.lab == self._store.lab, "only our own head is ours to judge"
        verify_head(head, self._store.network, self._store.own_chain().keys(head.epoch).log)
        verdict = self._judge(head)
        if verdict is State.OPEN:
            self._shown = True
            if self.state is State.UNKNOWN:
                self.look()
        elif self.state is not State.FORKED:
            self.state = verdict
            if verdict is State.FORKED:
                self._keep_evidence(head)
            known = self._read()
            if known is None or (known.epoch, known.size) < (head.epoch, head.size):
                self.record(head)  # so that a restart does not forget it

    def record(self, head: Head) -> None:
        """Write a head to the file; it may be published once this returns. Raises StoreError."""
        write_head(self._path, head, self._store.own_chain())

    def _read(self) -> Head | None:
        """Return the file's head, or None if there is none that this lab has signed."""
        with explained(self._path):
            if not self._path.exists():
                return None
            raw = read_file(self._path, NOTE_BYTES_MAX)
        chain = self._store.own_chain()
        for epoch in reversed(range(len(chain.epochs))):
            try:
                return parse_note(raw, chain.network, chain.lab, epoch, chain.keys(epoch).log)
            except ProtocolError:
                continue  # of another epoch, or nobody's
        return None

    def _judge(self, head: Head) -> "State":
        """Say what a head that this lab has signed means for what the store holds."""
        store, lab = self._store, self._store.lab
        if head.epoch < self._store.own_chain().epoch:
            return State.OPEN  # the opening of the next epoch has settled it
        log = store.log(lab, head.epoch)
        held = log.held if log else 0
        if head.size > held:
            return State.AHEAD
        root = store.tree(lab, head.epoch).subtree(0, head.size) if head.size else EMPTY_ROOT
        if root == head.root:
            return State.OPEN
        if log is None or log.head is None or head.size > log.head.size:
            return State.AHEAD  # it contradicts only what was never signed
        return State.FORKED

    def _keep_evidence(self, head: Head) -> None:
        """Keep the proof that this lab signed two heads which cannot both be true."""
        log = self._store.log(head.lab, head.epoch)
        tree = self._store.tree(head.lab, head.epoch)
        if log is None or log.head is None or head.size > log.head.size:
            return
        ours = log.head
        proof = consistency_proof(tree, head.size, ours.size)
        root = tree.subtree(0, head.size)
        if root != head.root:
            self._store.put_evidence(split_of_heads(head, ours, root, proof))

    def _agree(self, head: Head | None) -> None:
        """Let the file or the store, whichever is behind, follow the other."""
        log = self._store.log(self._store.lab, self._store.own_chain().epoch)
        if log is None:
            return
        signed = log.head.size if log.head else 0
        if head and head.epoch == log.epoch and signed < head.size == log.held:
            self._store.put_head(head)  # it was signed and written, and the disk lost the rest
        elif log.head and log.head != head:
            self.record(log.head)


class State(enum.Enum):
    """Whether this lab may sign, and if not, what a person can do."""

    OPEN = ""
    UNKNOWN = (
        "this node cannot tell whether it has forgotten something: the file `head` is missing or "
        "not this lab's. What you write is kept as a draft until a peer has been reached."
    )
    AHEAD = (
        "this node has forgotten some of its own entries and is waiting to get them back from its "
        "peers. What you write is kept as a draft until then."
    )
    FORKED = (
        "this lab has signed two versions of its log: two copies of its keys were in use. What you "
        "write is kept as a draft; the recovery words open a new epoch, which settles it."
    )


def write_head(path: Path, head: Head, chain: Chain) -> None:
    """Write a head of the lab as a signed note; raises StoreError."""
    note = head_note(head, chain.network, chain.keys(head.epoch).log)
    with explained(path):
        write_durably(path, note)
