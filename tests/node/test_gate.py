"""The amnesia gate: who has forgotten something must not sign before it has it back."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fedlab.node.gate import State, write_head
from fedlab.protocol.checkpoint import Head, sign_head
from fedlab.protocol.errors import RemoteProtocolError
from fedlab.protocol.events import Package
from fedlab.protocol.evidence import split_of_heads
from fedlab.protocol.merkle import leaf_hashes, root_of
from tests.node.store.labs import NETWORK, Lab
from tests.node.store.nodes import Node


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    folder = tmp_path / "node"
    node = Node(folder).start()
    yield node
    node.close()


def head_of(node: Node, size: int) -> Head:
    leaves = node.store.leaves(node.lab.id, 0, 0, size)
    root = root_of(leaf_hashes(leaves))
    return sign_head(node.lab.keys.log, NETWORK, node.lab.id, 0, size, root)


def turn_back(node: Node, forget: Callable[[], object]) -> tuple[list[Package], Head]:
    """Let the node do something, then give it back the disk from before.

    Return what a peer still holds of it. The head file stays, unlike the database.
    """
    node.close()
    saved = node.folder.with_name("saved")
    shutil.copytree(node.folder, saved)
    node.open()
    node.start()
    forget()
    size = node.size
    held, head = node.store.leaves(node.lab.id, 0, 0, size), head_of(node, size)
    node.lab.leaves = held
    node.lab.details = list(node.store.details(node.lab.id, 0, 0, size))
    node.close()
    shutil.copy(saved / "store.db", node.folder / "store.db")
    node.open()
    log = node.store.log(node.lab.id, 0)
    assert log is not None
    return node.lab.packages(start=log.held), head


class TestTheFile:
    def test_equal_is_open(self, node: Node) -> None:
        node.add("A")
        before = node.head_path.read_bytes()
        node.restart()
        assert node.gate.is_open
        assert node.head_path.read_bytes() == before

    def test_behind_is_open_and_rewritten(self, node: Node) -> None:
        """The node stopped between the checkpoint and the file: nothing newer was published."""
        node.add("A")
        before = node.head_path.read_bytes()
        node.add("B")
        newest = node.head_path.read_bytes()
        node.head_path.write_bytes(before)
        node.restart()
        assert node.gate.is_open
        assert node.head_path.read_bytes() == newest

    def test_ahead_closes_until_the_entries_are_back(self, node: Node) -> None:
        packages, head = turn_back(node, lambda: node.add("A", "B"))
        node.start()
        assert node.gate.state is State.AHEAD
        assert node.add("C").drafted
        node.writer.own_head(head_of(node, 1))  # a peer that is behind proves nothing
        assert not node.gate.is_open
        node.store.commit(packages)
        node.writer.fetched()
        assert node.gate.is_open
        assert node.size == 4
        assert b'"C"' in node.store.leaves(node.lab.id, 0, 3, 4)[0]
        assert node.store.drafts.list() == []
        assert node.store.log(node.lab.id, 0) == node.store.log(node.lab.id, 0)
        assert head.size == 3

    def test_half_of_the_entries_is_not_enough(self, node: Node) -> None:
        packages, _ = turn_back(node, lambda: node.add(*(f"T-{i}" for i in range(300))))
        node.start()
        node.store.commit(packages[:1])
        node.writer.fetched()
        assert node.gate.state is State.AHEAD

    @pytest.mark.parametrize("content", [None, b"", b"garbage\n", "foreign"])
    def test_missing_or_foreign_waits_for_a_peer(
        self, node: Node, content: bytes | str | None
    ) -> None:
        node.add("A")
        if content is None:
            node.head_path.unlink()
        elif isinstance(content, str):
            write_head(node.head_path, Lab(2).head(), Lab(2).chain)
        else:
            node.head_path.write_bytes(content)
        node.restart()
        assert node.gate.state is State.UNKNOWN
        assert node.add("B").drafted
        node.writer.own_head(None)  # a peer that never heard of this lab proves nothing
        assert not node.gate.is_open
        node.writer.own_head(head_of(node, 2))
        assert node.gate.is_open
        assert node.size == 3
        node.restart()
        assert node.gate.is_open

    def test_one_that_contradicts_the_store_means_a_fork(self, node: Node) -> None:
        node.add("A")
        other = Lab()
        other.item("OTHER")
        write_head(node.head_path, other.head(), other.chain)
        node.restart()
        assert node.gate.state is State.FORKED

    def test_a_checkpoint_that_the_disk_lost_is_taken_back(self, node: Node) -> None:
        node.add("A")
        newest = node.store.log(node.lab.id, 0)
        with node.store._database.write() as conn:
            conn.execute("UPDATE logs SET head = NULL")
        node.restart()
        assert node.gate.is_open
        assert node.store.log(node.lab.id, 0) == newest


class TestPeers:
    def test_our_own_head_or_an_older_one_changes_nothing(self, node: Node) -> None:
        node.add("A", "B")
        for size in (1, 3, 2):
            node.writer.own_head(head_of(node, size))
            assert node.gate.is_open

    def test_one_that_is_ahead_closes_even_an_open_gate(self, node: Node) -> None:
        """A restored image: store and file agree, and both are old."""
        old = node.head_path.read_bytes()
        packages, head = turn_back(node, lambda: node.add("A"))
        node.head_path.write_bytes(old)
        node.start()
        assert node.gate.is_open
        node.writer.own_head(head)
        assert node.gate.state is State.AHEAD
        assert node.add("B").drafted
        node.restart()
        assert node.gate.state is State.AHEAD, "a restart does not forget it"
        node.store.commit(packages)
        node.writer.fetched()
        assert node.gate.is_open
        assert node.size == 3

    def test_one_that_we_never_signed_is_the_peers_fault(self, node: Node) -> None:
        forged = node.lab.head(1)._replace(size=5)
        with pytest.raises(RemoteProtocolError):
            node.writer.own_head(forged)
        assert node.gate.is_open
        assert not node.add("A").drafted

    @pytest.mark.parametrize("ours", [1, 2])
    def test_another_version_of_our_log_is_a_fork(self, node: Node, ours: int) -> None:
        """Two copies of the keys were in use: the proof is kept, and nothing is signed again."""
        node.add(*["A", "B"][:ours])
        other = Lab()
        other.item("OTHER")
        node.writer.own_head(other.head())
        assert node.gate.state is State.FORKED
        (evidence,) = node.store.evidence(node.lab.id)
        evidence.check(NETWORK, node.lab.chain)
        node.writer.own_head(head_of(node, 1))
        assert node.add("C").drafted
        node.restart()
        assert node.gate.state is State.FORKED
        assert node.store.evidence(node.lab.id) == [evidence], "the file's own head proves nothing"

    def test_a_proof_that_a_peer_found_stops_the_signing_at_once(self, node: Node) -> None:
        """Of a longer past only its head is seen here; the sync asks the peer, and proves it."""
        node.add("A", "B")
        twin = Lab()
        twin.items(5)
        node.store.put_evidence(split_of_heads(head_of(node, 3), twin.head(), b"?" * 32, ()))
        assert node.gate.is_open
        node.writer.forked()
        assert node.gate.state is State.FORKED
        assert node.add("C").drafted

    def test_a_longer_version_of_our_log_is_fetched_first(self, node: Node) -> None:
        node.add("A")
        other = Lab()
        other.items(5)
        node.writer.own_head(other.head())
        assert node.gate.state is State.AHEAD


def test_drafts_are_appended_in_order(node: Node) -> None:
    node.head_path.unlink()
    node.restart()
    node.add("A", "B")
    node.add("C")
    node.restart()
    node.writer.own_head(head_of(node, 1))
    codes = [leaf.split(b'"code":"')[1][:1] for leaf in node.store.leaves(node.lab.id, 0, 1, 4)]
    assert codes == [b"A", b"B", b"C"]
    assert [head.size for head in node.published][-1] == 4
    details = node.store.details(node.lab.id, 0, 1, 4)
    assert [detail[32:] for detail in details if detail] == [b'{"name":"A tool"}'] * 3


def test_every_closed_state_says_what_to_do() -> None:
    for state in State:
        assert (state.value == "") is (state is State.OPEN)
        assert state is State.OPEN or "draft" in state.value
