"""What every store must do, whatever the engine: a second one runs this class on its own fixture.

`reopen` closes the store and opens what it left behind, as after a restart.
"""

import itertools
from collections.abc import Callable

import pytest

from fedlab.node.store import Store, StoreError
from fedlab.node.store.base import Folded, Place
from fedlab.protocol.errors import LocalProtocolError
from fedlab.protocol.events import ChainSeen, Details
from fedlab.protocol.merkle import (
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    root_of,
    verify_inclusion,
)
from tests.node.store.house import HouseContract
from tests.node.store.labs import Lab

Reopen = Callable[[], Store]


class LogContract:
    """Logs grow by whole packages and give back the bytes they were given."""

    @pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 700])
    def test_a_log_comes_back_as_it_was_sent(self, store: Store, size: int) -> None:
        lab = Lab()
        lab.items(size - 1)
        store.commit(lab.events())
        log = store.log(lab.id, 0)
        assert log is not None
        assert (log.held, log.head, log.toward) == (size, lab.head(), None)
        assert store.leaves(lab.id, 0, 0, size) == lab.leaves
        assert store.details(lab.id, 0, 0, size) == lab.details
        tree = store.tree(lab.id, 0)
        for index in {0, size // 2, size - 1}:
            proof = inclusion_proof(tree, index, size)
            verify_inclusion(index, size, leaf_hash(lab.leaves[index]), lab.head().root, proof)

    def test_who_brought_a_log_is_remembered(self, store: Store, reopen: Reopen) -> None:
        """Strangers are charged to whoever brought their newest entries, also after a restart."""
        lab = Lab()
        lab.items(300)

        def carrier() -> str:
            log = store.log(lab.id, 0)
            assert log is not None
            return log.carrier

        store.commit([ChainSeen(lab.chain), lab.package(0, 256)], {lab.id: "aa"})
        assert carrier() == "aa"
        store.commit([lab.package(0, 256)], {lab.id: "cc"})  # nothing new
        assert carrier() == "aa"
        store.commit([lab.package(256, 301)], {lab.id: "bb"})
        store = reopen()
        assert carrier() == "bb"

    @pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 7), (250, 260), (256, 512), (511, 600)])
    def test_any_stretch_can_be_read(self, store: Store, start: int, end: int) -> None:
        lab = Lab()
        lab.items(599)
        store.commit(lab.events())
        assert store.leaves(lab.id, 0, start, end) == lab.leaves[start:end]
        assert store.details(lab.id, 0, start, end) == lab.details[start:end]

    def test_what_is_not_held_is_not_made_up(self, store: Store) -> None:
        lab = Lab()
        store.commit(lab.events())
        with pytest.raises(LocalProtocolError, match="1 entries"):
            store.leaves(lab.id, 0, 0, 2)
        assert store.log("00" * 32, 0) is None
        assert store.chain("00" * 32) is None
        assert store.details("00" * 32, 0, 0, 2) == [None, None]

    def test_packages_cut_anywhere_make_the_same_log(self, store: Store) -> None:
        lab = Lab()
        lab.items(599)
        cuts = [0, 1, 100, 255, 256, 300, 512, 513, 600]
        for start, end in itertools.pairwise(cuts):
            store.commit([lab.package(start, end)])
        assert store.leaves(lab.id, 0, 0, 600) == lab.leaves
        assert store.tree(lab.id, 0).subtree(0, 600) == lab.head().root

    def test_the_head_is_the_newest_fully_held(self, store: Store, reopen: Reopen) -> None:
        """A transfer that stops half-way resumes there, and announces only what it can serve."""
        lab = Lab()
        lab.items(299)
        store.commit([ChainSeen(lab.chain), *lab.packages()])
        lab.items(400)
        first, *rest = lab.packages(start=300)
        store.commit([first])
        store = reopen()
        log = store.log(lab.id, 0)
        assert log is not None
        assert (log.held, log.head, log.toward) == (512, lab.head(300), lab.head())
        store.commit(rest)
        log = store.log(lab.id, 0)
        assert log is not None
        assert (log.held, log.head, log.toward) == (700, lab.head(), None)

    def test_what_came_before_or_out_of_order_is_skipped(self, store: Store) -> None:
        lab = Lab()
        lab.items(599)
        packages = lab.packages()
        store.commit([packages[0], packages[0], packages[2]])
        log = store.log(lab.id, 0)
        assert log is not None
        assert log.held == 256
        store.commit(packages)
        assert store.leaves(lab.id, 0, 0, 600) == lab.leaves

    def test_a_commit_is_whole_or_nothing(self, store: Store, reopen: Reopen) -> None:
        lab, other = Lab(1), Lab(2)
        lab.items(10)
        other.items(10)
        wrong = other.package(0, 11)
        wrong.leaves[5] = lab.leaves[5]
        wrong.hashes[5] = leaf_hash(lab.leaves[5])
        with pytest.raises(LocalProtocolError, match="do not make the head"):
            store.commit([*lab.events(), wrong])
        assert reopen().logs() == []

    def test_logs_are_listed_by_lab_and_epoch(self, store: Store) -> None:
        labs = [Lab(seed) for seed in range(5)]
        for lab in labs:
            store.commit(lab.events())
        assert [log.lab for log in store.logs()] == sorted(lab.id for lab in labs)

    def test_chains_are_kept(self, store: Store, reopen: Reopen) -> None:
        lab = Lab()
        store.commit([ChainSeen(lab.chain)])
        assert reopen().chain(lab.id) == lab.chain

    def test_evidence_freezes_a_log(self, store: Store, reopen: Reopen) -> None:
        lab = Lab()
        twin = lab.twin(1)
        for card in (lab, twin):
            card.items(2)
        store.commit(lab.events())
        proofs = [lab.split_view(twin, size) for size in (2, 3)]
        for evidence in [*proofs, *proofs]:
            store.put_evidence(evidence)
        store = reopen()
        assert sorted(store.evidence(lab.id)) == sorted(proofs)
        assert store.evidence("00" * 32) == []
        assert [log.frozen for log in store.logs()] == [True]

    def test_freshness_is_kept_when_the_store_is_closed(self, store: Store, reopen: Reopen) -> None:
        lab = Lab()
        store.commit(lab.events())
        store.put_seen({(lab.id, 0): 1_700_000_000.0})
        store.put_seen({(lab.id, 0): 1_700_000_001.0})
        assert [log.seen_at for log in store.logs()] == [1_700_000_001.0]
        assert [log.seen_at for log in reopen().logs()] == [1_700_000_001]

    def test_what_is_stored_is_counted(self, store: Store) -> None:
        lab = Lab()
        lab.items(300)
        store.commit(lab.events())
        (log,) = store.logs()
        assert log.stored_bytes == sum(map(len, lab.leaves)) + sum(
            len(detail) for detail in lab.details if detail
        )


class OwnLogContract:
    """The steps of an append, each on disk when it returns."""

    def test_leaves_wait_for_their_head(self, store: Store, reopen: Reopen) -> None:
        lab = Lab()
        lab.items(300)
        store.adopt(lab.chain)
        store.append_leaves(lab.id, 0, lab.leaves, lab.details)
        store = reopen()
        log = store.log(store.lab, 0)
        assert log is not None
        assert (log.held, log.head) == (301, None)
        store.put_head(lab.head())
        assert reopen().log(lab.id, 0) == log._replace(head=lab.head())

    def test_a_head_must_be_that_of_all_leaves(self, store: Store) -> None:
        lab = Lab()
        lab.items(3)
        store.adopt(lab.chain)
        store.append_leaves(lab.id, 0, lab.leaves, lab.details)
        for size in (3, 5):
            with pytest.raises(LocalProtocolError, match="do not make the head"):
                store.put_head(lab.head(4)._replace(size=size))
        store.put_head(lab.head())
        store.put_head(lab.head())
        with pytest.raises(LocalProtocolError, match="after one at 4"):
            store.put_head(lab.head(3))

    @pytest.mark.parametrize("before", [0, 1, 255, 256, 257, 600])
    def test_the_disk_is_hashed_again(self, store: Store, before: int) -> None:
        lab = Lab()
        lab.items(599)
        store.adopt(lab.chain)
        store.append_leaves(lab.id, 0, lab.leaves, lab.details)
        again = store.hash_again(lab.id, 0, before)
        assert again.size == 600
        assert again.before == root_of(leaf_hashes(lab.leaves[:before]))
        assert again.root == lab.head().root

    def test_drafts_are_replaced_by_their_leaves(self, store: Store, reopen: Reopen) -> None:
        lab = Lab()
        lab.items(2)
        store.adopt(lab.chain)
        store.drafts.add([(b"one", b"detail"), (b"two", None)])
        store.drafts.add([(b"three", None)])
        saved = store.drafts.list()
        assert [(draft.fact, draft.detail) for draft in saved] == [
            (b"one", b"detail"),
            (b"two", None),
            (b"three", None),
        ]
        store.append_leaves(lab.id, 0, lab.leaves, lab.details, drafts_upto=saved[1].id)
        assert [draft.fact for draft in reopen().drafts.list()] == [b"three"]

    def test_a_store_has_one_owner(self, store: Store, reopen: Reopen) -> None:
        assert not store.has_lab()
        with pytest.raises(StoreError, match="holds no lab") as raised:
            _ = store.lab
        assert "fedlab init" in raised.value.hint
        store.adopt(Lab(1).chain)
        store = reopen()
        assert (store.has_lab(), store.lab, store.network) == (True, Lab(1).id, "fedlab")
        with pytest.raises(StoreError, match="belongs to the lab"):
            store.adopt(Lab(2).chain)


class DetailContract:
    """Details come with their entries or later, and go for good."""

    def test_details_that_come_late(self, store: Store) -> None:
        lab = Lab()
        lab.items(299)
        store.commit([ChainSeen(lab.chain), *lab.packages(details=False)])
        assert store.missing_details(lab.id, 0, 0, 3) == [1, 2, 3]
        assert store.missing_details(lab.id, 0, 290, 1000) == list(range(290, 300))
        blob = lab.details[2]
        assert blob is not None
        late = Details(lab.id, 0, [(2, blob)], 0)
        store.commit([late, late])
        assert store.missing_details(lab.id, 0, 0, 3) == [1, 3, 4]
        assert store.details(lab.id, 0, 1, 4) == [None, blob, None]
        places = [Place(lab.id, 0, 2), Place(lab.id, 0, 3), Place("00" * 32, 0, 2)]
        assert store.details_of(places) == [blob, None, None]

    def test_an_entry_without_detail_misses_none(self, store: Store) -> None:
        lab = Lab()
        store.commit(lab.events())
        store.commit([Details(lab.id, 0, [(0, b"unasked")], 0)])
        assert store.missing_details(lab.id, 0, 0, 10) == []
        assert store.details(lab.id, 0, 0, 1) == [None]

    def test_what_was_erased_never_comes_back(self, store: Store, reopen: Reopen) -> None:
        lab = Lab()
        lab.items(2)
        store.commit([lab.package(0, 2)])
        store.erase(lab.id, 0, 1)
        store.erase(lab.id, 0, 2)  # of an entry that has not arrived yet
        assert store.scrub()
        store = reopen()
        store.commit([lab.package(2, 3)])
        blobs = [(index, blob) for index in (1, 2) if (blob := lab.details[index])]
        store.commit([Details(lab.id, 0, blobs, 0)])
        assert store.details(lab.id, 0, 0, 3) == [None, None, None]
        assert store.missing_details(lab.id, 0, 0, 10) == []
        assert store.erased(lab.id, 0, 0, 3) == {1, 2}
        (log,) = store.logs()
        assert log.stored_bytes == sum(map(len, lab.leaves))


class PrivateContract:
    """What never leaves the node."""

    def test_settings(self, store: Store, reopen: Reopen) -> None:
        assert store.settings.get("colour", "red") == "red"
        store.settings.set("colour", "green")
        store.settings.set("colour", "blue")
        assert reopen().settings.get("colour") == "blue"

    def test_peers(self, store: Store) -> None:
        store.peers.put("bb", ["http://b.local"], "B")
        store.peers.put("aa")
        store.peers.put("bb", ["http://b.example", "http://b.local"])
        assert [tuple(peer) for peer in store.peers.list()] == [
            ("aa", (), ""),
            ("bb", ("http://b.example", "http://b.local"), "B"),
        ]
        assert store.peers.remove("aa")
        assert not store.peers.remove("aa")

    def test_an_invitation_is_used_once(self, store: Store) -> None:
        store.invites.add(b"hash", expires_at=100)
        assert not store.invites.redeem(b"other", "aa", 10)
        assert not store.invites.redeem(b"hash", "aa", 100)  # too late
        assert store.invites.redeem(b"hash", "aa", 10)
        assert store.invites.redeem(b"hash", "aa", 11)  # the answer was lost, it asks again
        assert not store.invites.redeem(b"hash", "bb", 12)
        for token, end in ((b"new", 300), (b"old", 20), (b"mid", 200)):
            store.invites.add(token, expires_at=end)
        assert store.invites.open(20) == [200, 300]  # neither the one used nor the one that ended
        store.invites.withdraw()
        assert store.invites.open(20) == []
        assert not store.invites.redeem(b"new", "cc", 20)
        assert store.invites.redeem(b"hash", "aa", 13)  # whoever came in stays in

    def test_blocks(self, store: Store) -> None:
        store.blocks.add("bb")
        store.blocks.add("aa")
        store.blocks.add("aa")
        assert store.blocks.list() == ["aa", "bb"]
        assert store.blocks.remove("aa")
        assert not store.blocks.remove("aa")

    def test_the_last_import_that_stands(self, store: Store) -> None:
        assert store.imports.last() is None
        first = store.imports.add(1, b"first")
        second = store.imports.add(2, b"second")
        assert store.imports.last() == (second, 2, b"second")
        store.imports.undone(second)
        assert store.imports.last() == (first, 1, b"first")

    def test_answers(self, store: Store, reopen: Reopen) -> None:
        assert store.answers.begin("one", b"asked", at=10, oldest=0) is None
        assert store.answers.begin("one", b"other", at=11, oldest=0) == (b"asked", None)
        store.answers.end("one", b"answer")
        assert store.answers.begin("two", b"asked", at=20, oldest=10) is None
        store = reopen()
        assert store.answers.begin("one", b"asked", at=21, oldest=10) == (b"asked", b"answer")
        assert store.answers.begin("one", b"asked", at=31, oldest=11) is None  # it was forgotten
        store.answers.forget("two")
        assert store.answers.begin("two", b"asked", at=32, oldest=11) is None

    def test_a_transaction_is_whole_or_nothing(self, store: Store) -> None:
        with pytest.raises(ZeroDivisionError), store.transaction():
            store.settings.set("colour", "green")
            store.peers.put("aa")
            assert store.settings.get("colour") == "green"
            raise ZeroDivisionError
        assert store.settings.get("colour") == ""
        assert store.peers.list() == []


class ProjectionContract:
    """What the projector keeps; the changes are counted so that an index can follow."""

    def test_items_and_their_changes(self, store: Store) -> None:
        lab = Lab()
        lab.items(9)
        store.commit(lab.events())
        kept = store.projections
        assert kept.positions() == [(lab.id, 0, 0, 10)]
        first = [("A", b"a", True), ("B", b"b", True)]
        kept.put(lab.id, 0, 5, Folded(first, b"lab", [(3, b"\x01" * 32)], []))
        assert kept.counts() == {lab.id: 2}
        kept.put(lab.id, 0, 10, Folded([("A", b"aa", False)], None, [], [(7, 18)]))
        assert kept.positions() == [(lab.id, 0, 10, 10)]
        named = [(lab.id, "A"), (lab.id, "C"), (lab.id, "B"), ("0" * 64, "A")]
        assert kept.item_states(named) == {(lab.id, "A"): b"aa", (lab.id, "B"): b"b"}
        assert [(row.code, row.changed) for row in kept.changed_since(0, 9)] == [("B", 2), ("A", 3)]
        assert [row.code for row in kept.changed_since(2, 9)] == ["A"]
        assert [(row.code, row.state) for row in kept.items()] == [("A", b"aa"), ("B", b"b")]
        assert kept.lab_states() == {lab.id: b"lab"}
        assert kept.statuses(lab.id, 0, 0, 10) == {7: 18}
        assert kept.find_entries("0101", 5) == [(lab.id, 0, 3)]
        assert kept.find_entries("0102", 5) == []
        assert kept.counts() == {lab.id: 1}

    def test_a_lab_that_is_forgotten_leaves_word(self, store: Store) -> None:
        lab = Lab()
        store.commit(lab.events())
        kept = store.projections
        kept.put(lab.id, 0, 1, Folded([("A", b"a", True)], b"lab", [(0, b"\x01" * 32)], [(0, 1)]))
        kept.forget(lab.id)
        assert kept.positions() == [(lab.id, 0, 0, 1)]
        assert [(row.code, row.state) for row in kept.changed_since(1, 9)] == [("A", None)]
        assert list(kept.items(lab.id)) == []
        assert kept.counts() == {lab.id: 0}
        assert kept.lab_state(lab.id) is None
        assert kept.find_entries("01", 5) == []
        assert kept.statuses(lab.id, 0, 0, 1) == {}

    def test_clearing_begins_a_new_generation(self, store: Store, reopen: Reopen) -> None:
        before = store.projections.generation()
        store = reopen()
        assert store.projections.generation() == before
        store.projections.clear()
        assert store.projections.generation() != before

    def test_late_details_are_followed_up(self, store: Store) -> None:
        lab = Lab()
        lab.items(3)
        store.commit([ChainSeen(lab.chain), *lab.packages(details=False)])
        blobs = [(index, blob) for index in (1, 3) if (blob := lab.details[index])]
        store.commit([Details(lab.id, 0, blobs, 0)])
        touched = store.projections.touched(10)
        assert touched == [(lab.id, 0, 1), (lab.id, 0, 3)]
        store.projections.settle(touched[:1])
        assert store.projections.touched(10) == touched[1:]

    def test_more_items_than_are_read_at_once(self, store: Store) -> None:
        kept = store.projections
        for lab in (Lab(1), Lab(2), Lab(3)):
            store.commit(lab.events())
            items = [(f"{i:05}", b"state", True) for i in range(1300)]
            kept.put(lab.id, 0, 1, Folded(items, None, [], []))
        rows = [(row.lab, row.code) for row in kept.items()]
        assert len(rows) == len(set(rows)) == 3900
        assert rows == sorted(rows)
        assert len(kept.item_states([*rows, ("0" * 64, "none")])) == 3900


class StoreContract(
    LogContract,
    OwnLogContract,
    DetailContract,
    PrivateContract,
    ProjectionContract,
    HouseContract,
):
    """All of it."""
