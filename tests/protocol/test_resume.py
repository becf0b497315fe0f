"""A transfer across a line that breaks after every package: 300 of them, 300 MiB of facts.

Nothing that was committed is sent again, and neither side ever holds more than the credit.
"""

import tracemalloc

import pytest

from fedlab.protocol import events, frames
from fedlab.protocol.checkpoint import Head, sign_head
from fedlab.protocol.identity import Chain
from fedlab.protocol.limits import BLOCK_ENTRIES, CREDIT_BYTES, FACT_BYTES_MAX, MESSAGE_BYTES_MAX
from fedlab.protocol.merkle import leaf_hash
from fedlab.protocol.replica import HeldLog
from fedlab.protocol.trees import ListTree

from .nodes import Lab, Node

PACKAGES = 300
PIECE_BYTES = 16_384


class Mountain:
    """A log of facts as large as they may be, which is made as it is read."""

    def __init__(self, lab: Lab, size: int) -> None:
        self.network, self.lab, self._own = lab.network, lab.id, lab
        self._pad = b"x" * FACT_BYTES_MAX
        self._tree = ListTree([leaf_hash(self.leaf(index)) for index in range(size)])
        self.head = sign_head(lab.keys.log, lab.network, lab.id, 0, size, self._tree.root())

    def leaf(self, index: int) -> bytes:
        return self._own.leaves[0] if index == 0 else (b"%d" % index + self._pad)[:FACT_BYTES_MAX]

    def chain(self, lab: str) -> Chain | None:
        return self._own.chain if lab == self.lab else None

    def logs(self) -> list[HeldLog]:
        return [HeldLog(self.lab, 0, self.head.size, self.head)]

    def log(self, lab: str, epoch: int) -> HeldLog | None:
        return self.logs()[0]

    def leaves(self, lab: str, epoch: int, start: int, end: int) -> list[bytes]:
        return [self.leaf(index) for index in range(start, end)]

    def details(self, lab: str, epoch: int, start: int, end: int) -> list[bytes | None]:
        return [None] * (end - start)

    def missing_details(self, lab: str, epoch: int, start: int, limit: int) -> list[int]:
        return []

    def tree(self, lab: str, epoch: int) -> ListTree:
        return self._tree


class Sieve(Mountain):
    """A disk that keeps of another lab's log the hashes, and counts."""

    def __init__(self, own: Lab, other: Lab) -> None:
        super().__init__(own, 1)
        self._other = other
        self.held = ListTree()
        self.reached: Head | None = None

    def chain(self, lab: str) -> Chain | None:
        return self._other.chain if lab == self._other.id else super().chain(lab)

    def log(self, lab: str, epoch: int) -> HeldLog | None:
        if lab == self.lab:
            return super().log(lab, epoch)
        return HeldLog(lab, epoch, self.held.size, self.reached)

    def tree(self, lab: str, epoch: int) -> ListTree:
        return super().tree(lab, epoch) if lab == self.lab else self.held

    def commit(self, package: events.Package) -> None:
        assert package.start == self.held.size
        self.held.extend(package.hashes)
        if package.complete:
            self.reached = package.head


@pytest.fixture(scope="module")
def mountain() -> Mountain:
    return Mountain(Lab("bert"), PACKAGES * BLOCK_ENTRIES)


def carry_one(anna: Node, bert: Node, sieve: Sieve) -> int:
    """Connect, carry bytes until one package is committed, and cut; return the bytes sent."""
    here = anna.connect(initiator=True, expect=bert.lab.id)
    there = bert.connect(initiator=False)
    sent = 0
    while True:
        while data := here.data_to_send(0.0):
            there.receive_data(data, 0.0)
        while there.next_event():
            pass
        data = there.data_to_send(0.0)
        assert data and len(data) <= MESSAGE_BYTES_MAX
        sent += len(data)
        for at in range(0, len(data), PIECE_BYTES):
            here.receive_data(data[at : at + PIECE_BYTES], 0.0)
            while (event := here.next_event()) is not None:
                assert not isinstance(event, events.Fault), event
                if isinstance(event, events.Package):
                    sieve.commit(event)
                    held = sieve.log(event.lab, 0)
                    assert held is not None
                    anna.replica.refresh(held)
                    here.committed(event)
                    here.close("gone", "cut")
                    there.close("gone", "cut")
                    return sent


@pytest.fixture
def ends(mountain: Mountain) -> tuple[Node, Node, Sieve]:
    anna_lab, bert_lab = Lab("anna"), Lab("bert")
    sieve = Sieve(anna_lab, bert_lab)
    anna = Node(anna_lab, vouches=[bert_lab], disk=sieve)
    bert = Node(bert_lab, vouches=[anna_lab], disk=mountain)
    return anna, bert, sieve


def test_300_packages_over_a_line_that_is_cut_after_each(
    mountain: Mountain, ends: tuple[Node, Node, Sieve], monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, bert, sieve = ends
    asked: list[tuple[int, int]] = []
    real = frames.encode_frame

    def spy(frame: frames.Frame) -> bytes:
        if isinstance(frame, frames.Want):
            asked.append((frame.start, sieve.held.size))
        return real(frame)

    monkeypatch.setattr(frames, "encode_frame", spy)
    for number in range(1, PACKAGES + 1):
        assert carry_one(anna, bert, sieve) < CREDIT_BYTES + MESSAGE_BYTES_MAX
        assert sieve.held.size == number * BLOCK_ENTRIES
    assert sieve.reached == mountain.head
    assert all(start >= held for start, held in asked), "something committed was asked for again"
    assert len(asked) >= PACKAGES


def test_memory_stays_bounded(ends: tuple[Node, Node, Sieve]) -> None:
    """Both ends together: a message, its ciphertext, a frame, the package, and little else."""
    anna, bert, sieve = ends
    tracemalloc.start()
    try:
        for _ in range(5):
            carry_one(anna, bert, sieve)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * 2**20
