"""Appending: in one order, whole, and carried on where a failure left it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab.inventory.facts import ItemSet
from fedlab.node.gate import Gate, write_head
from fedlab.node.store import StoreError
from fedlab.node.writer import Draft, Writer, found_lab
from fedlab.protocol.checkpoint import verify_head
from fedlab.protocol.entry import check_detail, detail_field
from fedlab.protocol.errors import LocalProtocolError
from fedlab.protocol.merkle import leaf_hash, leaf_hashes, root_of
from tests.node.store.labs import AT, BLANK, NETWORK, Lab, item_draft, item_drafts
from tests.node.store.nodes import Node


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = Node(tmp_path).start()
    yield node
    node.close()


def test_a_new_lab_publishes_its_genesis(node: Node) -> None:
    assert node.published == [node.lab.head(1)]
    assert node.store.leaves(node.lab.id, 0, 0, 1) == node.lab.leaves


def test_an_entry_is_filled_in_signed_and_published(node: Node) -> None:
    written = node.append([item_draft("SAW", "Scie à ruban")])
    (leaf,) = node.store.leaves(node.lab.id, 0, 1, 2)
    (detail,) = node.store.details(node.lab.id, 0, 1, 2)
    assert written.ids == [leaf_hash(leaf).hex()]
    assert not written.drafted
    assert f'"by":"{node.lab.id}"'.encode() in leaf
    assert b'"e":0' in leaf
    assert b'"n":1' in leaf
    commitment = detail_field(leaf)
    assert commitment is not None
    assert detail is not None
    check_detail(detail, commitment)
    assert detail[32:] == '{"name":"Scie à ruban"}'.encode()
    head = node.published[-1]
    verify_head(head, NETWORK, node.lab.chain.keys(0).log)
    leaves = node.store.leaves(node.lab.id, 0, 0, 2)
    assert (head.size, head.root) == (2, root_of(leaf_hashes(leaves)))


@pytest.mark.parametrize("count", [1, 254, 255, 256, 257, 1000])
def test_many_entries_share_one_checkpoint(node: Node, count: int) -> None:
    written = node.append(item_drafts(f"T-{i}" for i in range(count)))
    leaves = node.store.leaves(node.lab.id, 0, 1, count + 1)
    assert written.ids == [leaf_hash(leaf).hex() for leaf in leaves]
    assert [head.size for head in node.published] == [1, count + 1]
    assert node.size == count + 1


def test_a_fact_that_breaks_a_rule_writes_nothing(node: Node) -> None:
    bad = Draft(ItemSet(**BLANK, code="saw", kind="tool", unit="piece"))
    with pytest.raises(LocalProtocolError, match="cannot be written"):
        node.append([item_draft("SAW"), bad])
    assert node.size == 1


STEPS = ["put_head", "hash_again"]


@pytest.mark.parametrize("step", STEPS)
def test_what_was_committed_is_signed_later(
    node: Node, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """After an error between two steps the leaves stay, and are signed before anything else."""

    def fail(*args: object) -> None:
        raise StoreError("disk_full", "the disk is full", "")

    with monkeypatch.context() as broken:
        broken.setattr(node.store, step, fail)
        with pytest.raises(StoreError):
            node.add("A")
    assert [head.size for head in node.published] == [1]
    node.add("B")
    assert [head.size for head in node.published] == [1, 2, 3]
    codes = [leaf.split(b'"code":"')[1][:1] for leaf in node.store.leaves(node.lab.id, 0, 1, 3)]
    assert codes == [b"A", b"B"]


def test_what_was_committed_is_signed_at_the_next_start(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise StoreError("disk_full", "the disk is full", "")

    with monkeypatch.context() as broken:
        broken.setattr(Gate, "record", fail)
        with pytest.raises(StoreError):
            node.add("A")
    node.restart()
    assert node.size == 2
    assert node.gate.is_open


def test_nothing_is_signed_over_bytes_that_the_disk_changed(node: Node) -> None:
    """One flipped bit in a leaf once ended a whole certificate log (Yeti 2022)."""
    node.add("A", "B")
    with node.store._database.write() as conn:
        (leaf,) = conn.execute("SELECT leaf FROM open_leaves WHERE id & 255 = 1").fetchone()
        flipped = leaf.replace(b'"A"', b'"C"')  # one bit
        conn.execute("UPDATE open_leaves SET leaf = ? WHERE id & 255 = 1", (flipped,))
    with pytest.raises(StoreError, match="damaged") as raised:
        node.add("C")
    assert raised.value.code == "corrupt"
    assert [head.size for head in node.published] == [1, 3]


def test_nothing_is_signed_that_does_not_continue_the_last_head(node: Node) -> None:
    node.add("A")
    with node.store._database.write() as conn:
        (head,) = conn.execute("SELECT head FROM logs").fetchone()
        other = head[:8] + Lab(2).head().root + head[40:]
        conn.execute("UPDATE logs SET head = ?", (other,))
    with pytest.raises(StoreError, match="does not give back what was signed"):
        node.add("B")


def test_without_keys_writes_become_drafts(node: Node) -> None:
    """A restored backup has no keys."""
    node.keys_path.unlink()
    node.restart()
    assert node.add("A").drafted
    assert node.size == 1
    assert len(node.store.drafts.list()) == 1


class TestFounding:
    """A lab is founded once, and a founding that was cut short can be begun again."""

    def test_a_folder_holds_one_lab(self, node: Node) -> None:
        genesis = Lab(2).leaves[0]
        with pytest.raises(StoreError, match="holds a lab already"):
            found_lab(node.store, node.head_path, node.keys_path, genesis, Lab(2).keys)

    def test_keys_whose_database_is_lost_are_not_overwritten(self, node: Node) -> None:
        node.add("A")
        node.close()
        (node.folder / "store.db").unlink()
        keys = node.keys_path.read_bytes()
        with pytest.raises(StoreError, match="holds a lab already"):
            Node(node.folder, Lab(2))
        assert node.keys_path.read_bytes() == keys
        node.open()

    @pytest.mark.parametrize("files", [1, 2])
    def test_after_a_crash_it_begins_again(self, tmp_path: Path, files: int) -> None:
        first = Node(tmp_path / "first", Lab(1))
        first.close()
        again = tmp_path / "again"
        again.mkdir()
        for name in ["head", "keys.json"][:files]:
            (again / name).write_bytes((first.folder / name).read_bytes())
        second = Node(again, Lab(2)).start()
        assert second.add("A").ids
        second.close()


def test_the_clock_and_the_salt_are_handed_in(node: Node) -> None:
    gate = Gate(node.store, node.head_path)
    writer = Writer(
        node.store, gate, node.lab.keys, now=lambda: AT + 5, salt=lambda count: b"s" * count
    )
    writer.start()
    writer.append([item_draft("A")])
    assert f'"at":{AT + 5}'.encode() in node.store.leaves(node.lab.id, 0, 1, 2)[0]
    (detail,) = node.store.details(node.lab.id, 0, 1, 2)
    assert detail is not None
    assert detail[:32] == b"s" * 32


def test_the_head_file_is_a_signed_note(node: Node) -> None:
    text = node.head_path.read_text().split("\n")
    assert text[:2] == [f"fedlab/{NETWORK}/{node.lab.id}/0", "1"]
    write_head(node.head_path, node.lab.head(), node.lab.chain)
    assert node.head_path.read_text().split("\n") == text
