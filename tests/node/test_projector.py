"""Projections: folded step by step they are what one pass over all entries makes."""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from fedlab.inventory.catalogue import ItemView
from fedlab.inventory.facts import ItemHold, ItemRetire, LabUnvouch
from fedlab.inventory.fold import fold
from fedlab.node.projector import Projector
from fedlab.node.store import SqliteStore
from fedlab.protocol.entry import Status
from fedlab.protocol.events import ChainSeen, Details
from fedlab.protocol.merkle import leaf_hash
from tests.node.store.labs import Lab


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def projector(store: SqliteStore) -> Projector:
    return Projector(store)


class FakeIndex:
    """A search index that loses what it did not commit, as a crash would."""

    def __init__(self) -> None:
        self.mark = ""
        self.committed: dict[str, ItemView] = {}
        self.items: dict[str, ItemView] = {}

    def apply(self, upserts: Iterable[ItemView], removed: Iterable[str]) -> None:
        self.items.update((view.item, view) for view in upserts)
        for item in removed:
            self.items.pop(item, None)

    def commit(self, mark: str = "") -> None:
        self.mark, self.committed = mark, dict(self.items)

    def clear(self) -> None:
        self.mark, self.items, self.committed = "", {}, {}

    def crash(self) -> None:
        self.items = dict(self.committed)

    def names(self) -> dict[str, str]:
        return {view.code: view.name for view in self.items.values()}


def eventful(seed: int, length: int = 700) -> Lab:
    """Return a lab to which everything happens, sense and nonsense."""
    lab, rng = Lab(seed), random.Random(seed)
    lab.profile("Fab lab", lat=45.4, lon=4.4)
    while len(lab.leaves) < length:
        code = f"T-{rng.randrange(20)}"
        match rng.randrange(9):
            case 0 | 1 | 2 | 3:
                lab.item(code, f"Tool {len(lab.leaves)}", quantity=rng.randrange(5000))
            case 4:
                lab.say(ItemRetire, code=code)
            case 5:
                lab.say(ItemHold, code=code, day_from="2026-01-01", quantity=1000, reason="lent")
            case 6:
                lab.erase(rng.randrange(length))
            case 7:
                other = f"{rng.randrange(5):064x}"
                lab.vouch(other) if rng.random() < 0.5 else lab.say(LabUnvouch, lab=other)
            case _:
                lab.leaves.append(rng.choice([b"{", lab.leaves[-1], b'{"t":"later"}']))
                lab.details.append(None)
    return lab


def statuses_of(projector: Projector, lab: Lab) -> list[Status]:
    return [read.entry.status for read in projector.entries(lab.id, 0, 0, len(lab.leaves))]


@pytest.mark.parametrize("seed", range(8))
def test_incremental_is_rebuilt_is_one_pass(
    store: SqliteStore, projector: Projector, seed: int
) -> None:
    lab, rng = eventful(seed), random.Random(seed)
    end = 0
    while end < len(lab.leaves):
        start, end = end, min(len(lab.leaves), end + rng.randrange(1, 120), (end | 255) + 1)
        store.commit([ChainSeen(lab.chain), lab.package(start, end)])
        projector.run()
    entries = projector.read_entries(lab.id, 0, 0, end)
    expected = fold(lab.id, entries)

    def seen() -> tuple[object, ...]:
        statuses = statuses_of(projector, lab)
        states = {row.code: row.state for row in store.projections.items()}
        return statuses, projector.state_hash(lab.id), states, projector.lab(lab.id)

    incremental = seen()
    assert projector.state_hash(lab.id) == expected.state_hash()
    assert projector.rebuild() == end
    assert seen() == incremental
    some = {Status.COUNTED, Status.MALFORMED, Status.UNKNOWN_ITEM}
    assert some < set(statuses_of(projector, lab))


def test_the_test_notices_a_fold_that_forgets(
    store: SqliteStore, projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: without the states folded before, the result is another one."""
    monkeypatch.setattr(Projector, "_touched", lambda *args: {})
    with pytest.raises(AssertionError):
        test_incremental_is_rebuilt_is_one_pass(store, projector, 1)


def test_every_entry_has_the_status_of_one_pass(store: SqliteStore, projector: Projector) -> None:
    lab = eventful(1)
    store.commit(lab.events())
    assert projector.run() >= 700  # and the details that were erased
    assert projector.run() == 0
    entries = projector.read_entries(lab.id, 0, 0, 700)
    inventory = fold(lab.id, [])
    expected = [inventory.apply(entry) for entry in entries]
    assert statuses_of(projector, lab) == expected


def test_labs_do_not_touch_each_other(store: SqliteStore, projector: Projector) -> None:
    labs = [eventful(seed, 300) for seed in range(4)]
    for lab in labs:
        store.commit(lab.events())
    projector.run()
    for lab in labs:
        entries = projector.read_entries(lab.id, 0, 0, 300)
        assert projector.state_hash(lab.id) == fold(lab.id, entries).state_hash()


class TestReading:
    def test_an_item_as_people_see_it(self, store: SqliteStore, projector: Projector) -> None:
        lab = Lab()
        lab.profile("Les Fabriques", lat=45.4, lon=4.4)
        lab.item("SAW", "Scie à ruban", quantity=2000, price=500)
        store.commit(lab.events())
        projector.run()
        view = projector.item(lab.id, "SAW")
        assert view is not None
        assert (view.item, view.name, view.lab_name) == (
            f"{lab.id}/SAW",
            "Scie à ruban",
            "Les Fabriques",
        )
        assert (view.quantity, view.price, view.lat) == (2000, 500, 45.4)
        assert projector.item(lab.id, "NO") is None
        assert projector.item("00" * 32, "SAW") is None
        assert list(projector.views()) == list(projector.views(lab.id)) == [view]
        assert list(projector.offered(lab.id)) == [(projector.state(lab.id, "SAW"), view)]
        assert projector.views_of([view.item, "xx/YY", "no item"]) == {view.item: view}
        assert projector.counts() == {lab.id: 1}
        lab.say(ItemRetire, code="SAW")
        store.commit(lab.packages(start=3))
        projector.run()
        assert projector.count() == 0
        assert list(projector.offered(lab.id)) == []
        assert [view.retired for view in projector.views()] == [True]

    def test_who_vouches_for_whom(self, store: SqliteStore, projector: Projector) -> None:
        a, b = Lab(1), Lab(2)
        a.vouch(b.id)
        store.commit([*a.events(), *b.events()])
        projector.run()
        assert projector.graph() == {a.id: {b.id}, b.id: set()}
        assert [view.lab for view in projector.labs()] == sorted([a.id, b.id])

    def test_entries_are_found_by_their_id(self, store: SqliteStore, projector: Projector) -> None:
        lab = Lab()
        lab.items(300)
        copied = Lab(2)
        copied.leaves.append(lab.leaves[7])
        copied.details.append(None)
        store.commit([*lab.events(), *copied.events()])
        projector.run()
        name = leaf_hash(lab.leaves[7]).hex()
        for prefix in (name, name[:8], name[:20]):
            assert projector.find(prefix) == [(lab.id, 0, 7)], "a copy in another log is no entry"
        assert projector.find("0123456789abcdef") == []

    def test_what_is_held_of_a_detail(self, store: SqliteStore, projector: Projector) -> None:
        lab = Lab()
        lab.items(2)
        lab.erase(1)
        store.commit([lab.package(0, 1), lab.package(1, 2)])
        store.commit([lab.package(2, 4, details=False)])
        projector.run()
        read = projector.entries(lab.id, 0, 0, 4)
        assert [entry.detail_state for entry in read] == ["none", "erased", "missing", "none"]
        assert [entry.detail for entry in read] == [None] * 4


class TestDetailsThatComeAndGo:
    def test_a_name_that_comes_late(self, store: SqliteStore, projector: Projector) -> None:
        lab, index = Lab(), FakeIndex()
        lab.profile("Les Fabriques")
        at = lab.item("SAW", "Scie")
        store.commit([ChainSeen(lab.chain), *lab.packages(details=False)])
        projector.run()
        projector.feed(index)
        assert index.names() == {"SAW": "SAW"}
        for place, expected in ((at, "Scie"), (1, "Scie")):
            blob = lab.details[place]
            assert blob is not None
            store.commit([Details(lab.id, 0, [(place, blob)], 0)])
            projector.run()
            projector.feed(index)
            assert index.names() == {"SAW": expected}
        assert index.items[f"{lab.id}/SAW"].lab_name == "Les Fabriques"

    def test_erasing_reaches_views_index_and_files(
        self, store: SqliteStore, projector: Projector, tmp_path: Path
    ) -> None:
        lab, index = Lab(), FakeIndex()
        at = lab.item("SAW", "Jeanne Dupont")
        store.commit(lab.events())
        projector.run()
        projector.feed(index)
        lab.erase(at)
        store.commit(lab.packages(start=2))
        projector.run()
        projector.feed(index)
        view = projector.item(lab.id, "SAW")
        assert view is not None
        assert view.name == "SAW"
        assert index.names() == {"SAW": "SAW"}
        assert not [path for path in tmp_path.iterdir() if b"Jeanne" in path.read_bytes()]

    def test_an_index_keeps_nothing_of_what_was_erased(
        self, store: SqliteStore, projector: Projector
    ) -> None:
        """It is made anew: for this lab's own details at once, for others' at the next start."""
        own, other, index = Lab(1), Lab(2), FakeIndex()
        store.adopt(own.chain)
        erasures = []
        for lab in (own, other):
            lab.items(3)
            store.commit(lab.events())
            projector.run()
            projector.feed(index)
            lab.erase(2)
            erasures.append(lab.packages(start=4))
        for packages, now, later in zip(erasures, (6, 1), (0, 6), strict=True):
            store.commit(packages)
            projector.run()
            assert projector.feed(index) == now
            projector = Projector(store)
            assert projector.feed(index) == later
            assert Projector(store).feed(index) == 0

    def test_only_the_author_erases_and_only_backwards(
        self, store: SqliteStore, projector: Projector
    ) -> None:
        lab, other = Lab(1), Lab(2)
        lab.item("SAW", "Scie")
        lab.erase(3)  # not before itself
        lab.item("AXE", "Hache")
        other.item("SAW", "Autre")
        other.leaves.append(lab.leaves[2])
        other.details.append(None)
        store.commit([*lab.events(), *other.events()])
        projector.run()
        names = {view.name for view in projector.views()}
        assert names == {"Scie", "Hache", "Autre"}
        assert projector.entries(lab.id, 0, 2, 3)[0].entry.status is Status.NOT_BEFORE


class TestTheIndex:
    def test_it_follows_and_a_crash_feeds_the_rest_again(
        self, store: SqliteStore, projector: Projector
    ) -> None:
        lab, index = Lab(), FakeIndex()
        lab.items(3)
        store.commit(lab.events())
        projector.run()
        assert projector.feed(index) == 3
        assert projector.feed(index) == 0
        lab.item("NEW")
        lab.say(ItemRetire, code="T-1")
        store.commit(lab.packages(start=4))
        projector.run()
        index.commit = lambda mark="": None  # type: ignore[method-assign]
        projector.feed(index)
        index.crash()
        del index.commit
        assert projector.feed(index) == 2
        assert sorted(index.names()) == ["NEW", "T-2", "T-3"]

    def test_an_index_of_other_projections_is_filled_anew(
        self, store: SqliteStore, projector: Projector
    ) -> None:
        lab, index = Lab(), FakeIndex()
        lab.items(3)
        store.commit(lab.events())
        projector.run()
        index.mark = "somebody else's:7"
        (stale, *_) = projector.views()
        index.items = {"stale": stale}
        assert projector.feed(index) == 3
        assert "stale" not in index.items
        projector.rebuild(index)
        assert len(index.items) == 3

    def test_a_blocked_lab_is_not_found(self, store: SqliteStore, projector: Projector) -> None:
        lab, index = Lab(), FakeIndex()
        lab.items(3)
        store.commit(lab.events())
        projector.run()
        projector.feed(index)
        for change, expected in ((store.blocks.add, 0), (store.blocks.remove, 3)):
            change(lab.id)
            projector.feed(index)
            assert len(index.items) == expected

    def test_a_lab_beyond_the_horizon_is_hidden_until_it_is_within(
        self, store: SqliteStore, projector: Projector
    ) -> None:
        lab, other, index = Lab(1), Lab(2), FakeIndex()
        for each in (lab, other):
            each.items(3)
            store.commit(each.events())
        projector.run()
        for hidden, expected, fed in (
            (set(), 6, 6),
            ({lab.id}, 3, 3),
            ({lab.id}, 3, 0),
            ({other.id}, 3, 6),
            (set(), 6, 3),
        ):
            assert projector.feed(index, hidden) == fed
            assert len(index.items) == expected
            projector = Projector(store)

    def test_a_new_profile_shows_on_every_item(
        self, store: SqliteStore, projector: Projector
    ) -> None:
        lab, index = Lab(), FakeIndex()
        lab.profile("Before")
        lab.items(3)
        store.commit(lab.events())
        projector.run()
        projector.feed(index)
        lab.profile("After")
        store.commit(lab.packages(start=5))
        projector.run()
        assert projector.feed(index) == 3
        assert {view.lab_name for view in index.items.values()} == {"After"}


def test_an_opening_ends_the_epoch_before_it(store: SqliteStore, projector: Projector) -> None:
    """What stands after the head that it continues is disputed, also if it was folded already."""
    lab = Lab()
    lab.item("SAW")
    kept = lab.head()
    lab.item("AXE")
    store.commit(lab.events())
    index = FakeIndex()
    projector.run()
    projector.feed(index)
    assert sorted(index.names()) == ["AXE", "SAW"]

    store.commit([ChainSeen(lab.opening(kept))])
    projector.run()
    projector.feed(index)
    assert sorted(index.names()) == ["SAW"]
    assert statuses_of(projector, lab) == [Status.COUNTED, Status.COUNTED, Status.DISPUTED]
