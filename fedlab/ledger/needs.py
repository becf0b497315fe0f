"""Needs: what nobody's inventory answers, said by a lab so that others may have it, or join in.

A need is published with what decides (what sort of thing, how much, until when); its title and
description are in the detail. Another lab joins it in one of two ways: with the code of an item of
its own, it has what is sought; without, it needs as much besides. The publisher closes the need, a
lab that joined takes its word back, each with the same fact in its own log. Nothing else has any
say: an answer binds nobody, and what comes of it is a loan or a purchase.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Final, Literal, get_args

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from fedlab.inventory.facts import (
    Code,
    Day,
    Kind,
    SomeQuantity,
    Term,
    Unit,
    check_ascending,
    check_days,
)
from fedlab.inventory.item import Place, place_of
from fedlab.ledger.outcome import Outcome
from fedlab.protocol.entry import Entry, EntryId, Fact, FactHead, Hex32, LabId, Status, or_none

# --- facts ---

Ending = Literal["bought", "dropped", "found", "other"]
ENDINGS: Final[tuple[str, ...]] = get_args(Ending)


class NeedPublish(Fact, frozen=True, kw_only=True, tag="need.publish"):
    """The author seeks something; `until` is the last day on which it would still be of use.

    `terms` are the ways in which it would take it, any of them where nothing is said.
    """

    kind: Kind
    unit: Unit
    quantity: SomeQuantity | UnsetType = UNSET
    terms: Annotated[tuple[Term, ...], Meta(min_length=1)] | UnsetType = UNSET
    until: Day | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.terms is not UNSET:
            check_ascending("terms", self.terms)
        if self.until is not UNSET:
            check_days(self.until, UNSET)


class NeedJoin(Fact, frozen=True, kw_only=True, tag="need.join"):
    """Another lab has it, as the item of that code, or needs as much too; the latest counts."""

    need: Hex32
    code: Code | UnsetType = UNSET
    quantity: SomeQuantity | UnsetType = UNSET


class NeedClose(Fact, frozen=True, kw_only=True, tag="need.close"):
    """The publisher no longer seeks it, or a lab that joined takes its word back."""

    need: Hex32
    ending: Ending


NEED_FACTS: Final[tuple[type[FactHead], ...]] = (NeedPublish, NeedJoin, NeedClose)

# --- the fold ---


class Joined(Struct, frozen=True, kw_only=True):
    """One lab's word: it has it, where there is a code, or needs it too."""

    lab: LabId
    entry: Place
    at: int
    code: str | None = None
    quantity: int | None = None


class NeedState(Struct, frozen=True, kw_only=True):
    """A need: what its publisher seeks, and what other labs say to it."""

    id: EntryId
    lab: LabId
    fact: NeedPublish
    entry: Place
    ending: str | None = None
    joined: tuple[Joined, ...] = ()  # by lab


def fold_need(root: EntryId, entries: Sequence[Entry]) -> Outcome:
    """Return what the entries about a need make, in whatever order they are given."""
    counted = sorted(
        (entry for entry in entries if entry.status is Status.COUNTED),
        key=lambda entry: (entry.lab, entry.epoch, entry.index),
    )
    opening = next((entry for entry in counted if entry.id.hex() == root), None)
    if opening is None or not isinstance(opening.fact, NeedPublish):
        unknown = {entry.id.hex(): Status.UNKNOWN_SUBJECT for entry in counted}
        return Outcome(None, (), False, unknown)
    state = NeedState(id=root, lab=opening.lab, fact=opening.fact, entry=place_of(opening))
    statuses: dict[EntryId, Status] = {}
    joined: list[Joined] = []
    for lab, said in groupby(counted, key=lambda entry: entry.lab):
        if lab == opening.lab:
            state = _own(state, opening, list(said), statuses)
        elif (word := _word(list(said), statuses)) is not None:
            joined.append(word)
    state = replace(state, joined=tuple(joined))
    parties = (opening.lab, *(word.lab for word in joined))
    return Outcome(state, parties, state.ending is None, statuses)


def _own(
    state: NeedState, opening: Entry, said: list[Entry], statuses: dict[EntryId, Status]
) -> NeedState:
    """Return the need after what its publisher said: the first close after the opening ends it."""
    for entry in said:
        fact = entry.fact
        if entry is opening:
            continue
        if not isinstance(fact, NeedClose):
            statuses[entry.id.hex()] = Status.WRONG_AUTHOR
        elif state.ending is not None:
            statuses[entry.id.hex()] = Status.NEED_CLOSED
        else:
            state = replace(state, ending=fact.ending)
    return state


def _word(said: list[Entry], statuses: dict[EntryId, Status]) -> Joined | None:
    """Return what another lab's word is by now: its latest, or none where it took it back."""
    word: Joined | None = None
    for entry in said:
        fact = entry.fact
        if isinstance(fact, NeedJoin):
            word = Joined(
                lab=entry.lab,
                entry=place_of(entry),
                at=fact.at,
                code=or_none(fact.code),
                quantity=or_none(fact.quantity),
            )
        elif isinstance(fact, NeedClose) and word is not None:
            word = None
        else:
            statuses[entry.id.hex()] = Status.NOT_JOINED
    return word
