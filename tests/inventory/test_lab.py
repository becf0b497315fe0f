"""A lab's own state, and what each fact is about."""

import msgspec
import pytest

from fedlab.inventory.facts import Erase, ItemHold, ItemSet, LabProfile, LabUnvouch, LabVouch
from fedlab.inventory.item import Place
from fedlab.inventory.lab import LabState, erased, step_lab, subject
from fedlab.protocol.entry import FactHead, Status
from fedlab.protocol.limits import VOUCHES_MAX
from tests.inventory.samples import LAB, OTHER, SAMPLES, THIRD, Log, placed


def test_the_latest_profile_is_the_profile() -> None:
    log = Log()
    state, _ = step_lab(None, log.add(LabProfile, kind="fab_lab", vat="full"))
    state, status = step_lab(state, log.add(LabProfile, form="association", detail="ab" * 32))
    assert status is Status.COUNTED
    assert state.profile is not None and state.profile.kind is msgspec.UNSET
    assert state.entry == Place(0, 2, log.entries[-1].id.hex())


def test_vouches_are_a_set() -> None:
    log = Log()
    state, _ = step_lab(None, log.add(LabVouch, lab=THIRD))
    state, _ = step_lab(state, log.add(LabVouch, lab=OTHER))
    again, status = step_lab(state, log.add(LabVouch, lab=OTHER))
    assert (again.vouches, status) == ((OTHER, THIRD), Status.COUNTED)
    left, status = step_lab(again, log.add(LabUnvouch, lab=THIRD))
    assert (left.vouches, status) == ((OTHER,), Status.COUNTED)
    assert step_lab(left, log.add(LabUnvouch, lab=THIRD)) == (left, Status.NOT_VOUCHED)


def test_vouches_have_a_limit() -> None:
    known = tuple(f"{number:064x}" for number in range(VOUCHES_MAX))
    state = LabState(lab=LAB, vouches=known)
    log = Log()
    assert step_lab(state, log.add(LabVouch, lab=OTHER)) == (state, Status.TOO_MANY_VOUCHES)
    assert step_lab(state, log.add(LabVouch, lab=known[3]))[1] is Status.COUNTED


# --- erase ---


@pytest.mark.parametrize(
    ("epoch", "index", "status"),
    [
        (0, 0, Status.COUNTED),
        (0, 6, Status.COUNTED),
        (0, 7, Status.NOT_BEFORE),
        (0, 8, Status.NOT_BEFORE),
        (1, 0, Status.NOT_BEFORE),
    ],
)
def test_only_what_stands_before_can_be_erased(epoch: int, index: int, status: Status) -> None:
    fact = Erase(at=1, by=LAB, e=0, n=7, epoch=epoch, index=index)
    assert step_lab(None, placed(fact, 7)) == (LabState(lab=LAB), status)
    assert erased(fact) == ([(epoch, index)] if status is Status.COUNTED else [])


def test_an_earlier_epoch_can_be_erased_from_a_later_one() -> None:
    fact = Erase(at=1, by=LAB, e=2, n=1, epoch=0, index=900)
    assert step_lab(None, placed(fact, 1, epoch=2))[1] is Status.COUNTED
    assert erased(fact) == [(0, 900)]


def test_nothing_else_erases() -> None:
    assert all(not erased(fact) for fact in SAMPLES if not isinstance(fact, Erase))


# --- what a fact is about ---

ABOUT = {
    "item.set": ("item", "LASER-1"),
    "item.retire": ("item", "LASER-1"),
    "item.seen": ("item", "LASER-1"),
    "erase": ("erase",),
}


@pytest.mark.parametrize("fact", SAMPLES, ids=lambda fact: fact.__struct_config__.tag)
def test_a_fact_is_about_an_item_of_its_author_or_about_the_lab(fact: FactHead) -> None:
    assert subject(fact) == ABOUT.get(str(fact.__struct_config__.tag), ("lab",))


def test_a_hold_without_a_lab_is_about_an_item_of_its_author() -> None:
    hold = ItemHold(at=1, by=LAB, e=0, n=1, code="DRILL", day_from="2026-03-30", reason="own")
    assert subject(hold) == ("item", "DRILL")


NOT_FOLDED = {
    "item.place", "item.keep", "stop.set", "stop.cancel", "training.grant", "training.honour",
}  # fmt: skip
STATUSES = {
    **dict.fromkeys(NOT_FOLDED, Status.NOT_FOLDED),
    "item.hold": Status.WRONG_AUTHOR,  # of another lab's item, which nobody has lodged here
    "item.release": Status.WRONG_AUTHOR,
    "lab.unvouch": Status.NOT_VOUCHED,
}


@pytest.mark.parametrize(
    "fact",
    [fact for fact in SAMPLES if subject(fact)[0] != "item"],
    ids=lambda fact: type(fact).__name__,
)
def test_every_fact_that_is_not_about_an_item_has_a_verdict(fact: FactHead) -> None:
    """Types whose rules are not built yet are known, kept and inert."""
    entry = placed(fact, fact.n, epoch=fact.e)
    state, status = step_lab(None, entry)
    tag = str(fact.__struct_config__.tag)
    assert status is STATUSES.get(tag, Status.COUNTED)
    if status is not Status.COUNTED:
        assert state == LabState(lab=entry.lab)


def test_a_state_survives_being_stored() -> None:
    log = Log()
    state, _ = step_lab(None, log.add(LabProfile, kind="fab_lab"))
    state, _ = step_lab(state, log.add(LabVouch, lab=OTHER))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=LabState) == state


def test_an_item_is_never_folded_as_a_lab() -> None:
    """Negative control: `subject` is what keeps them apart."""
    entry = Log().add(ItemSet, code="A", kind="tool", unit="piece")
    assert step_lab(None, entry)[0] == LabState(lab=LAB)
