"""Folding a lab itself: its profile and whom it vouches for; and telling what a fact is about.

A lab's inventory is the fold of its own log alone, in order, epoch after epoch. `subject` says
which state an entry moves: one item's (`item.step_item`), or the lab's (`step_lab`, which also
gives the verdict on everything that is neither).
"""

from typing import Literal

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fedlab.inventory.facts import (
    Erase,
    ItemHold,
    ItemKeep,
    ItemPlace,
    ItemRelease,
    ItemRetire,
    ItemSeen,
    ItemSet,
    LabProfile,
    LabUnvouch,
    LabVouch,
    StopCancel,
    StopSet,
    TrainingGrant,
    TrainingHonour,
)
from fedlab.inventory.item import Place, place_of
from fedlab.protocol.entry import Entry, FactHead, LabId, Status
from fedlab.protocol.limits import VOUCHES_MAX

Subject = tuple[Literal["item"], str] | tuple[Literal["lab", "erase"]]

_OWN_ITEM = (ItemSet, ItemRetire, ItemSeen)
_HOSTED = (ItemHold, ItemRelease)
_NOT_FOLDED = (ItemPlace, ItemKeep, StopSet, StopCancel, TrainingGrant, TrainingHonour)


class LabState(Struct, frozen=True, kw_only=True):
    """What is known of a lab from its own facts."""

    lab: LabId
    profile: LabProfile | None = None
    entry: Place | None = None  # of the profile, whose detail holds the name
    vouches: tuple[LabId, ...] = ()  # ascending


def subject(fact: FactHead) -> Subject:
    """Say what a fact is about: an item of its author's, an erasure, or the lab itself."""
    if isinstance(fact, _OWN_ITEM) or (isinstance(fact, _HOSTED) and fact.lab is UNSET):
        return ("item", fact.code)
    if isinstance(fact, Erase):
        return ("erase",)
    return ("lab",)


def erased(fact: FactHead) -> list[tuple[int, int]]:
    """Return the entries, as (epoch, index) of the author's logs, whose details a fact erases."""
    if isinstance(fact, Erase) and (fact.epoch, fact.index) < (fact.e, fact.n):
        return [(fact.epoch, fact.index)]
    return []


def step_lab(state: LabState | None, entry: Entry) -> tuple[LabState, Status]:
    """Return the lab after an entry that is not about one of its items, and the entry's status."""
    state = state or LabState(lab=entry.lab)
    fact = entry.fact
    if entry.status is not Status.COUNTED:
        return state, entry.status
    if isinstance(fact, LabProfile):
        return replace(state, profile=fact, entry=place_of(entry)), Status.COUNTED
    if isinstance(fact, LabVouch):
        return _vouch(state, fact)
    if isinstance(fact, LabUnvouch):
        if fact.lab not in state.vouches:
            return state, Status.NOT_VOUCHED
        left = tuple(lab for lab in state.vouches if lab != fact.lab)
        return replace(state, vouches=left), Status.COUNTED
    if isinstance(fact, Erase):
        return state, Status.COUNTED if erased(fact) else Status.NOT_BEFORE
    if isinstance(fact, _HOSTED):  # nobody was made a host before placements are folded
        return state, Status.WRONG_AUTHOR
    if isinstance(fact, _NOT_FOLDED):
        return state, Status.NOT_FOLDED
    return state, Status.COUNTED  # genesis, openings and words: the chain is their fold


def _vouch(state: LabState, fact: LabVouch) -> tuple[LabState, Status]:
    if fact.lab in state.vouches:
        return state, Status.COUNTED
    if len(state.vouches) >= VOUCHES_MAX:
        return state, Status.TOO_MANY_VOUCHES
    return replace(state, vouches=tuple(sorted((*state.vouches, fact.lab)))), Status.COUNTED
