"""Laws 1 to 4: who has a say, and that neither arrival, nor clocks, nor details ever matter."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.inventory import fold as fold_module
from fedlab.inventory.facts import (
    Erase,
    ItemHold,
    ItemKeep,
    ItemRelease,
    ItemRetire,
    ItemSeen,
    ItemSet,
    LabProfile,
    LabUnvouch,
    LabVouch,
)
from fedlab.inventory.fold import Inventory, fold, state_digest, state_hash
from fedlab.inventory.item import ItemState
from fedlab.inventory.lab import LabState
from fedlab.protocol.entry import Entry, FactHead, Status, encode_fact
from tests.inventory.samples import LAB, OTHER, READER, SAMPLES, THIRD, Log, placed

# --- any history of one lab ---

_CODES = st.sampled_from(["A", "B", "C"])
_SAYINGS: st.SearchStrategy[tuple[type[FactHead], dict[str, Any]]] = st.one_of(
    st.tuples(
        st.just(ItemSet),
        st.fixed_dictionaries(
            {"code": _CODES, "kind": st.just("tool"), "unit": st.just("piece")},
            optional={"quantity": st.integers(0, 5).map(lambda n: 1000 * n)},
        ),
    ),
    st.tuples(st.just(ItemRetire), st.fixed_dictionaries({"code": _CODES})),
    st.tuples(st.just(ItemSeen), st.fixed_dictionaries({"code": _CODES})),
    st.tuples(
        st.just(ItemHold),
        st.fixed_dictionaries(
            {"code": _CODES, "day_from": st.just("2026-03-30"), "reason": st.just("own")}
        ),
    ),
    st.tuples(st.just(ItemRelease), st.fixed_dictionaries({"code": _CODES})),
    st.tuples(st.just(LabVouch), st.fixed_dictionaries({"lab": st.sampled_from([OTHER, THIRD])})),
    st.tuples(st.just(LabUnvouch), st.fixed_dictionaries({"lab": st.sampled_from([OTHER, THIRD])})),
    st.tuples(st.just(LabProfile), st.just({"kind": "fab_lab"})),
    st.tuples(st.just(Erase), st.just({"epoch": 0, "index": 0})),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Draw a log of one lab; a release names some hold before it, or none."""
    log = Log()
    for kind, fields in draw(st.lists(_SAYINGS, min_size=1, max_size=30)):
        if kind is ItemRelease:
            holds = [one for one in log.entries if isinstance(one.fact, ItemHold)]
            named = draw(st.sampled_from([one.id.hex() for one in holds] or ["ab" * 32]))
            fields = {**fields, "hold": named}
        log.add(kind, **fields)
    return log.entries


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(entries: list[Entry], random: Any) -> None:
    """Entries reach a node in any order; it folds each log as far as it holds it without a gap."""
    arrived = list(entries)
    random.shuffle(arrived)
    inventory, held, done = Inventory(LAB), {}, 0
    for entry in arrived:
        held[entry.index] = entry
        while done + 1 in held:
            done += 1
            inventory.apply(held[done])
    assert inventory.state_hash() == fold(LAB, entries).state_hash()
    assert inventory.state_hash() == fold(LAB, arrived).state_hash()


@given(histories())
def test_entry_by_entry_is_the_same_as_from_scratch(entries: list[Entry]) -> None:
    """What a node keeps on disk, stored and read back at every step, is what a rebuild gives."""
    inventory = Inventory(LAB)
    for number, entry in enumerate(entries, 1):
        inventory.lab = msgspec.msgpack.decode(msgspec.msgpack.encode(inventory.lab), type=LabState)
        inventory.items = msgspec.msgpack.decode(
            msgspec.msgpack.encode(inventory.items), type=dict[str, ItemState]
        )
        inventory.apply(entry)
        assert inventory.state_hash() == fold(LAB, entries[:number]).state_hash()


def test_a_fold_in_order_of_arrival_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: without sorting, two nodes differ."""
    log = Log()
    log.add(ItemSet, code="A", kind="tool", unit="piece")
    log.add(ItemRetire, code="A")
    assert fold(LAB, log.entries[::-1]).state_hash() == fold(LAB, log.entries).state_hash()
    monkeypatch.setattr(fold_module, "sorted", lambda found, key=None: list(found), raising=False)
    assert fold(LAB, log.entries[::-1]).state_hash() != fold(LAB, log.entries).state_hash()


def decided(entries: list[Entry]) -> Any:
    """Return all that a history settles: what is left out is shown to people, no more."""
    inventory, statuses = fold(LAB, entries), Inventory(LAB)
    items = {
        code: (msgspec.structs.replace(state.fact, at=0), state.retired, [*state.holds.values()])
        for code, state in inventory.items.items()
    }
    profile = inventory.lab.profile and msgspec.structs.replace(inventory.lab.profile, at=0)
    return [statuses.apply(entry) for entry in entries], items, inventory.lab.vouches, profile


def dated(entries: list[Entry], times: list[int]) -> list[Entry]:
    """Return the same history by an author with another clock; holds have other ids then."""
    again: list[Entry] = []
    ids: dict[str, str] = {}
    for entry, at in zip(entries, times, strict=False):
        assert entry.fact is not None
        fact = msgspec.structs.replace(entry.fact, at=at)
        if isinstance(fact, ItemRelease):
            fact = msgspec.structs.replace(fact, hold=ids.get(fact.hold, fact.hold))
        again.append(placed(fact, entry.index))
        ids[entry.id.hex()] = again[-1].id.hex()
    return again


@given(histories(), st.lists(st.integers(0, 2**40), min_size=30, max_size=30))
def test_no_time_that_an_author_writes_decides(entries: list[Entry], times: list[int]) -> None:
    """Law 3: a history dated anyhow settles what it settles."""
    assert decided(dated(entries, times)) == decided(entries)


def test_a_fold_that_believes_clocks_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: where the later time wins, a wrong clock brings a retired item back."""
    log = Log()
    log.add(ItemSet, code="A", kind="tool", unit="piece")
    log.add(ItemRetire, code="A")
    late = dated(log.entries, [2_000, 1_000])
    assert decided(late) == decided(log.entries)

    def by_time(found: list[Entry], key: object = None) -> list[Entry]:
        return sorted(found, key=lambda entry: entry.fact.at if entry.fact else 0)

    monkeypatch.setattr(fold_module, "sorted", by_time, raising=False)
    assert decided(late) != decided(log.entries)


@given(histories())
def test_an_erased_detail_folds_like_a_held_one(entries: list[Entry]) -> None:
    """Law 4: a fold is given leaves alone, and erasing moves nothing but details."""
    assert "detail" not in Entry.__struct_fields__
    inventory = fold(LAB, entries)
    known = inventory.state_hash()
    last = entries[-1].index
    for index in range(last + 1):
        fact = Erase(at=1, by=LAB, e=0, n=last + 1, epoch=0, index=index)
        assert inventory.apply(placed(fact, last + 1)) is Status.COUNTED
    assert inventory.state_hash() == known


# --- the hash ---


def test_the_state_hash_does_not_depend_on_the_order_of_states() -> None:
    log = Log()
    for code in "CAB":
        log.add(ItemSet, code=code, kind="tool", unit="piece")
    inventory = fold(LAB, log.entries)
    states = list(inventory.items.values())
    assert state_hash(states) == state_hash(states[::-1])
    assert inventory.state_hash() == state_hash([inventory.lab, *states])
    assert state_hash(states) != state_hash(states[:-1])


def test_every_field_of_a_state_is_in_its_hash() -> None:
    log = Log()
    log.add(ItemSet, code="A", kind="tool", unit="piece", quantity=1000)
    state = fold(LAB, log.entries).items["A"]
    changes: list[dict[str, Any]] = [
        {"lab": OTHER},
        {"code": "B"},
        {"retired": True},
        {"seen_at": 1},
        {"holds": {"ab" * 32: ("2026-03-30", None, None, "own")}},
        {"promises": {"ab" * 32 + "/0": ("2026-03-30", None, 1000)}},
        {"gone": 1000},
        {"fact": msgspec.structs.replace(state.fact, quantity=2000)},
        {"entry": msgspec.structs.replace(state.entry, index=9)},
    ]
    assert {name for change in changes for name in change} == set(ItemState.__struct_fields__)
    digests = {state_digest(msgspec.structs.replace(state, **change)) for change in changes}
    assert len(digests | {state_digest(state)}) == len(changes) + 1


# --- law 1: every fact, by every author ---


def before() -> Log:
    """A log of LAB in which every fact about an item of its own would count."""
    log = Log()
    for code in ("LASER-1", "CNC"):
        log.add(ItemSet, code=code, kind="tool", unit="piece", quantity=2000)
    log.add(LabVouch, lab=OTHER)
    log.add(ItemHold, code="LASER-1", day_from="2026-03-30", reason="own")
    return log


@pytest.mark.parametrize("fact", SAMPLES, ids=lambda fact: str(fact.__struct_config__.tag))
def test_what_another_lab_writes_changes_nothing_of_ours(fact: FactHead) -> None:
    """Every type, written by another lab in its own log, naming our items and codes."""
    ours = fold(LAB, before().entries)
    known = ours.state_hash()
    theirs = Inventory(OTHER)
    named: dict[str, Any] = {
        name: LAB for name in ("lab", "host") if getattr(fact, name, None) == OTHER
    }
    if isinstance(fact, ItemKeep):
        named["seen"] = msgspec.structs.replace(fact.seen, lab=LAB)
    if "by" in fact.__struct_fields__:
        named["by"] = OTHER
    entry = placed(msgspec.structs.replace(fact, **named), fact.n, OTHER, fact.e)
    theirs.apply(entry)
    assert ours.state_hash() == known
    assert all(state.lab == OTHER for state in theirs.items.values())
    with pytest.raises(AssertionError):  # one log, one fold: handing it over is our own bug
        ours.apply(entry)


@pytest.mark.parametrize("fact", SAMPLES, ids=lambda fact: str(fact.__struct_config__.tag))
@pytest.mark.parametrize(("lab", "epoch", "index"), [(OTHER, 0, 7), (LAB, 0, 8), (LAB, 1, 7)])
def test_a_copy_of_a_fact_is_inert(fact: FactHead, lab: str, epoch: int, index: int) -> None:
    """The same leaf in another lab's log, or elsewhere in the same, has another head."""
    entry = READER.entry(encode_fact(fact), lab, epoch, index)
    assert (entry.fact, entry.status) == (None, Status.WRONG_HEAD)
    copied = Inventory(lab)
    known = copied.state_hash()
    assert copied.apply(entry) is Status.WRONG_HEAD
    assert copied.state_hash() == known


HOSTED = [
    fact
    for fact in SAMPLES
    if getattr(fact, "lab", None) == OTHER and "code" in fact.__struct_fields__
]


@pytest.mark.parametrize("fact", HOSTED, ids=lambda fact: str(fact.__struct_config__.tag))
def test_nobody_but_the_owner_has_a_say_in_our_items(fact: FactHead) -> None:
    """Facts that name an item of another lab count for nothing before that lab makes a host."""
    status = fold(LAB, []).apply(placed(fact, fact.n))
    assert status in (Status.WRONG_AUTHOR, Status.NOT_FOLDED)


def test_a_copy_counts_where_heads_are_not_compared() -> None:
    """Negative control: the head is what makes a copy inert."""
    leaf = encode_fact(before().entries[0].fact or SAMPLES[0])
    forged = json.dumps(
        {**json.loads(leaf), "by": OTHER}, sort_keys=True, separators=(",", ":")
    ).encode()
    assert READER.read(leaf, OTHER, 0, 1)[1] is Status.WRONG_HEAD
    assert READER.read(forged, OTHER, 0, 1)[1] is Status.COUNTED
