"""One item, entry by entry."""

from typing import Any

import msgspec
import pytest

from fedlab.inventory.facts import ItemHold, ItemRelease, ItemRetire, ItemSeen, ItemSet
from fedlab.inventory.item import Hold, ItemState, Place, step_item
from fedlab.protocol.entry import FactHead, Status
from fedlab.protocol.limits import HOLDS_OPEN_MAX
from tests.inventory.samples import LAB, Log

DRILL: dict[str, Any] = {"code": "DRILL", "kind": "tool", "unit": "piece"}
WEEK: dict[str, Any] = {"code": "DRILL", "day_from": "2026-03-30", "reason": "lent"}


class Item:
    """An item and the statuses of its entries, as they come."""

    def __init__(self) -> None:
        self.log = Log()
        self.state: ItemState | None = None

    def add(self, kind: type[FactHead], /, **fields: Any) -> Status:
        self.state, status = step_item(self.state, self.log.add(kind, **fields))
        return status

    @property
    def now(self) -> ItemState:
        assert self.state is not None
        return self.state

    @property
    def last_id(self) -> str:
        return self.log.entries[-1].id.hex()


@pytest.fixture
def item() -> Item:
    found = Item()
    assert found.add(ItemSet, **DRILL, quantity=3000) is Status.COUNTED
    return found


def test_the_latest_item_set_is_the_item(item: Item) -> None:
    assert item.add(ItemSet, **DRILL, terms=("lend",)) is Status.COUNTED
    assert item.now.fact.terms == ("lend",)
    assert item.now.fact.quantity is msgspec.UNSET  # the whole state: what is not said is gone
    assert item.now.entry == Place(0, 2, item.last_id)
    assert item.now.id == f"{LAB}/DRILL"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (ItemRetire, {"code": "SAW"}),
        (ItemSeen, {"code": "SAW"}),
        (ItemHold, {**WEEK, "code": "SAW"}),
        (ItemRelease, {"code": "SAW", "hold": "ab" * 32}),
    ],
)
def test_nothing_can_be_said_of_an_item_that_was_never_set(
    kind: type[FactHead], fields: dict[str, Any]
) -> None:
    item = Item()
    assert item.add(kind, **fields) is Status.UNKNOWN_ITEM
    assert item.state is None


def test_an_item_set_after_a_retire_revives(item: Item) -> None:
    assert item.add(ItemRetire, code="DRILL") is Status.COUNTED
    assert item.now.retired
    for kind, fields in ((ItemRetire, {}), (ItemSeen, {}), (ItemHold, WEEK)):
        assert item.add(kind, **{"code": "DRILL", **fields}) is Status.ITEM_RETIRED
    assert item.add(ItemSet, **DRILL) is Status.COUNTED
    assert not item.now.retired
    assert item.add(ItemSeen, code="DRILL") is Status.COUNTED


def test_seen_is_the_latest_time_that_the_author_gave(item: Item) -> None:
    item.add(ItemSeen, code="DRILL", at=5_000)
    assert item.now.seen_at == 5_000
    item.add(ItemSeen, code="DRILL", at=100)  # a clock at 1970: shown, and nothing hangs on it
    assert item.now.seen_at == 100
    assert item.now.fact.at == 1_001


def test_a_hold_stands_until_it_is_released(item: Item) -> None:
    item.add(ItemHold, **WEEK, day_to="2026-04-05", quantity=1000)
    first = item.last_id
    item.add(ItemHold, **{**WEEK, "reason": "maintenance"})
    assert item.now.holds == {
        first: Hold("2026-03-30", "2026-04-05", 1000, "lent"),
        item.last_id: Hold("2026-03-30", None, None, "maintenance"),
    }
    assert item.add(ItemRelease, code="DRILL", hold=first) is Status.COUNTED
    assert first not in item.now.holds
    assert item.add(ItemRelease, code="DRILL", hold=first) is Status.UNKNOWN_HOLD
    assert item.add(ItemRelease, code="DRILL", hold="ab" * 32) is Status.UNKNOWN_HOLD


def test_a_hold_outlives_changes_of_the_item_and_its_retirement(item: Item) -> None:
    item.add(ItemHold, **WEEK)
    held = item.last_id
    item.add(ItemSet, **DRILL, quantity=0)
    item.add(ItemRetire, code="DRILL")
    assert held in item.now.holds
    assert item.add(ItemRelease, code="DRILL", hold=held) is Status.COUNTED


def test_holds_of_one_item_have_a_limit(item: Item) -> None:
    holds = {f"{number:064x}": Hold("2026-01-01", None, None, "own") for number in range(512)}
    assert len(holds) == HOLDS_OPEN_MAX
    item.state = msgspec.structs.replace(item.now, holds=holds)
    assert item.add(ItemHold, **WEEK) is Status.TOO_MANY_HOLDS
    assert item.add(ItemRelease, code="DRILL", hold="0" * 64) is Status.COUNTED
    assert item.add(ItemHold, **WEEK) is Status.COUNTED


def test_a_step_leaves_the_state_it_was_given_alone(item: Item) -> None:
    before = item.now
    spelled = msgspec.msgpack.encode(before)
    for kind, fields in ((ItemHold, WEEK), (ItemSeen, {}), (ItemRetire, {}), (ItemSet, DRILL)):
        step_item(before, item.log.add(kind, **{"code": "DRILL", **fields}))
    assert msgspec.msgpack.encode(before) == spelled


def test_a_disputed_entry_moves_nothing(item: Item) -> None:
    entry = item.log.add(ItemRetire, code="DRILL")
    disputed = msgspec.structs.replace(entry, status=Status.DISPUTED)
    assert step_item(item.now, disputed) == (item.now, Status.DISPUTED)


def test_a_state_survives_being_stored(item: Item) -> None:
    item.add(ItemHold, **WEEK)
    stored = msgspec.msgpack.encode(item.now)
    assert msgspec.msgpack.decode(stored, type=ItemState) == item.now
