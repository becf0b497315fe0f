"""Split views: evidence is an input of the fold, and disputes what the two pasts do not share."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab.inventory.fold import fold
from fedlab.ledger.facts import FACTS
from fedlab.node.projector import Projector
from fedlab.node.store import SqliteStore
from fedlab.node.store.projections import ProjectionTables
from fedlab.protocol.entry import FactReader, Status
from fedlab.protocol.events import ChainSeen
from fedlab.protocol.evidence import SplitView, disputed_from, split_of_heads

from .store.labs import Lab
from .test_projector import FakeIndex, eventful, statuses_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def projector(store: SqliteStore) -> Projector:
    return Projector(store)


@pytest.fixture
def lab() -> Lab:
    lab = Lab()
    lab.profile("Before")
    for code in ("SAW", "AXE", "ADZE"):
        lab.item(code)
    lab.profile("After")
    return lab


@pytest.fixture
def twin(lab: Lab) -> Lab:
    twin = lab.twin(3)
    twin.items(2)
    return twin


def test_what_stands_after_it_is_disputed_also_if_it_was_folded_already(
    store: SqliteStore, projector: Projector, lab: Lab, twin: Lab
) -> None:
    store.commit(lab.events())
    index = FakeIndex()
    projector.run()
    projector.feed(index)
    assert sorted(index.names()) == ["ADZE", "AXE", "SAW"]
    for size, kept in ((5, ["AXE", "SAW"]), (4, ["SAW"])):  # a lower proof disputes more
        store.put_evidence(lab.split_view(twin, size))
        projector.run()
        projector.feed(index)
        assert sorted(index.names()) == kept
        point = size - 1
        expected = [Status.COUNTED] * point + [Status.DISPUTED] * (len(lab.leaves) - point)
        assert statuses_of(projector, lab) == expected
        assert projector.lab(lab.id).name == "Before"
        before = projector.state_hash(lab.id)
        projector.rebuild()
        assert projector.state_hash(lab.id) == before


@pytest.mark.parametrize("seed", range(12))
def test_in_whatever_order_evidence_and_entries_come(tmp_path: Path, seed: int) -> None:
    lab, rng = eventful(seed, 300), random.Random(seed)
    twin = lab.twin(rng.randrange(2, 250))
    twin.items(40)
    sizes = [rng.randrange(len(twin.leaves) - 39, len(twin.leaves) + 1) for _ in range(3)]
    proofs = [lab.split_view(twin, size) for size in sizes if size <= 300]
    end = disputed_from(lab.chain, 0, proofs)
    assert end is not None
    reader = FactReader(FACTS)
    entries = [reader.entry(leaf, lab.id, 0, i, end) for i, leaf in enumerate(lab.leaves)]
    expected = fold(lab.id, entries)
    for turn in range(4):
        place = tmp_path / str(turn)
        place.mkdir(parents=True)
        store = SqliteStore(place)
        projector = Projector(store)
        coming: list[object] = list(lab.packages())
        for proof in proofs:
            coming.insert(rng.randrange(len(coming) + 1), proof)
        store.commit([ChainSeen(lab.chain)])
        for event in coming:
            if isinstance(event, SplitView):
                store.put_evidence(event)
            else:
                store.commit([event])  # type: ignore[list-item]
            if rng.random() < 0.5:
                projector.run()
        projector.run()
        assert projector.state_hash(lab.id) == expected.state_hash()
        after = statuses_of(projector, lab)[end:]
        assert Status.DISPUTED in after and Status.COUNTED not in after
        projector.rebuild()
        assert projector.state_hash(lab.id) == expected.state_hash()
        store.close()


def test_the_test_notices_a_store_that_does_not_fold_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: evidence that comes after its entries must reach them."""
    monkeypatch.setattr(ProjectionTables, "forget", lambda self, lab: None)
    with pytest.raises(AssertionError):
        for seed in range(12):
            place = tmp_path / str(seed)
            test_in_whatever_order_evidence_and_entries_come(place, seed)


def test_a_later_epoch_disputes_no_less(
    store: SqliteStore, projector: Projector, lab: Lab, twin: Lab
) -> None:
    """What is disputed stays so: the lab says again, in its new epoch, what holds."""
    chain = lab.opening(lab.head())
    store.commit([ChainSeen(chain), *lab.packages()])
    evidence = lab.split_view(twin)
    assert disputed_from(chain, 0, []) == 6
    assert disputed_from(chain, 0, [evidence]) == 4
    assert disputed_from(chain, 1, [evidence]) is None
    store.put_evidence(evidence)
    projector.run()
    assert statuses_of(projector, lab)[4:] == [Status.DISPUTED] * 2


def test_the_genesis_is_of_every_past(lab: Lab) -> None:
    head = lab.head()
    forged = head._replace(size=1)
    assert split_of_heads(forged, head, b"", ()).parted == 1
