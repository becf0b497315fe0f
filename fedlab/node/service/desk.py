"""The inventory desk: this lab's items as its manager goes through them, and the yearly walk."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from fedlab.inventory.item import ItemState
from fedlab.node.errors import ConflictError, NotFoundError
from fedlab.node.members.roles import Right
from fedlab.node.service import names
from fedlab.node.service.answers import ItemAnswer
from fedlab.node.service.attention import Trouble
from fedlab.node.service.base import Opened, now
from fedlab.node.service.shown import Shown
from fedlab.protocol.entry import EntryId

if TYPE_CHECKING:
    from fedlab.node.service.finding import Finding

# A screenful or two; the next page is a link away.
ROWS: Final = 40
# What the search gives for a filter's words, before kind and state are looked at.
HITS: Final = 200
# Those still to be seen that one page names, place by place.
LEFT_SHOWN: Final = 200
STATES: Final = ("offered", "held", "unseen", "retired")
UNSEEN_SECONDS: Final = 365 * 86_400


class HoldLine(msgspec.Struct):
    """What takes a quantity out of the calendar; all of it, or without end, where None."""

    id: EntryId
    day_from: str
    day_to: str | None
    quantity: int | None
    reason: str


class DeskRow(msgspec.Struct):
    """One of this lab's items and what holds it."""

    item: ItemAnswer
    holds: list[HoldLine]


class DeskAnswer(msgspec.Struct):
    """Some of this lab's items by code, and the code to go on after; empty at the end."""

    rows: list[DeskRow]
    next: str


class WalkAnswer(msgspec.Struct):
    """A walk: how much was seen since it began, and what is left, by place and code."""

    began_at: int
    total: int
    seen: int
    left: list[ItemAnswer]


class WalksAnswer(msgspec.Struct):
    """The walk under way, if there is one, and when the last one ended."""

    walk: WalkAnswer | None
    ended_at: int | None


class Desk:
    """What the manager's pages ask."""

    def __init__(self, opened: Opened, shown: Shown, finding: "Finding") -> None:
        self._opened = opened
        self._shown = shown
        self._finding = finding

    def find(
        self, text: str = "", kind: str = "", state: str = "offered", after: str = ""
    ) -> DeskAnswer:
        """Return items that fit a filter: by code, or the best hits first where it has words."""
        wanted = (
            found
            for found in (self._named(text) if text.strip() else self._after(after))
            if (not kind or found.fact.kind == kind) and self._is(found, state)
        )
        some = list(islice(wanted, ROWS + 1))
        rows = [DeskRow(item, _holds(of)) for of, item in self._answers(some[:ROWS])]
        more = len(some) > ROWS and not text.strip()
        return DeskAnswer(rows, some[ROWS - 1].code if more else "")

    def show(self, code: str) -> DeskRow:
        """Return one item, also if it is retired; raise NotFoundError if there is none."""
        state = self._opened.projector.state(self._opened.lab, names.item_code(code))
        if state is None:
            raise NotFoundError(f"no item is known as {code!r}", "see the list of this lab's items")
        ((_, item),) = self._answers([state])
        return DeskRow(item, _holds(state))

    # --- The walk ---------------------------------------------------------------------------------

    def walk(self, shown: int = LEFT_SHOWN) -> WalkAnswer | None:
        """Return the walk under way, if there is one; of what is left, so many."""
        walk = self._opened.store.desk.walk()
        if walk is None:
            return None
        offered = [state for state in self._after("") if not state.retired]
        left = [state for state in offered if state.seen_at < walk.began_at]
        items = [item for _, item in self._answers(left)] if shown else []
        items.sort(key=lambda item: (item.place.casefold(), item.code))
        return WalkAnswer(walk.began_at, len(offered), len(offered) - len(left), items[:shown])

    def in_other_language(self, item: ItemAnswer) -> dict[str, str]:
        """Return what sort of thing an item is, by language, where its name is in another one.

        It says nothing where the thesaurus does not know the name, or has the very words of it.
        """
        thesaurus = self._opened.index.thesaurus
        words = thesaurus.words.content(item.name)
        senses = [match.senses[0] for match in thesaurus.matches(words) if match.senses]
        if not senses:
            return {}
        concept = thesaurus.concepts[max(senses, key=lambda sense: sense.worth).concept]
        other = "en" if (item.lang or self._opened.labs()[self._opened.lab].lang) == "fr" else "fr"
        label = concept.label(other)
        return {} if label.casefold() in item.name.casefold() else {other: label}

    def is_to_be_seen(self, item: ItemAnswer) -> bool:
        """Say whether a walk is under way that has not come to this item."""
        walk = self._opened.store.desk.walk()
        own = item.lab == self._opened.lab
        return own and walk is not None and not item.retired and item.seen_at < walk.began_at

    def walked_at(self) -> int | None:
        """Return when the last walk ended, in Unix seconds."""
        walk = self._opened.store.desk.walk(ended=True)
        return walk and walk.ended_at

    def walks(self) -> WalksAnswer:
        """Return the walk under way, and when the last one ended."""
        return WalksAnswer(self.walk(), self.walked_at())

    def walk_is_due(self) -> list[Trouble]:
        """Say whether a year has gone by since the last walk, or since the lab began without one.

        It reads no item: what needs attention is asked again and again.
        """
        opened = self._opened
        if opened.store.desk.walk() is not None or not opened.store.projections.counts().get(
            opened.lab
        ):
            return []
        since = self.walked_at()
        if since is None:
            first = opened.projector.read_entries(opened.lab, 0, 0, 1)
            fact = first[0].fact if first else None
            since = now() if fact is None else fact.at
        if since > now() - UNSEEN_SECONDS:
            return []
        return [Trouble("walk_due", "hint", Right.EDIT_ITEMS, "/desk/walk")]

    def begin_walk(self) -> WalksAnswer:
        """Begin a walk; raise ConflictError if one is under way."""
        if self._opened.store.desk.walk() is not None:
            raise ConflictError("a walk is under way already", "go on with it, or end it first")
        self._opened.store.desk.begin_walk(now())
        return self.walks()

    def end_walk(self) -> WalksAnswer:
        """End the walk under way."""
        self._opened.store.desk.end_walk(now())
        return self.walks()

    # --- Shared -----------------------------------------------------------------------------------

    def _after(self, code: str) -> Iterator[ItemState]:
        return self._opened.projector.states_after(self._opened.lab, code)

    def _named(self, text: str) -> Iterable[ItemState]:
        """Return what a filter's words mean: the item of that code first, then the search's hits.

        What is retired is not in the search: there the words are sought in names and codes.
        """
        lab, words = self._opened.lab, text.strip().casefold()
        codes = [text.strip().upper()]
        found = self._finding.search(text, lab=lab, limit=HITS, prefix=True)
        codes += [hit.code for hit in found.hits if hit.code not in codes]
        states = self._opened.projector.states(lab, codes)
        yield from (states[code] for code in codes if code in states)
        gone = [state for state in self._after("") if state.retired and state.code not in states]
        for state, item in self._answers(gone):
            if words in item.name.casefold() or words in item.code.casefold():
                yield state

    def _is(self, item: ItemState, state: str) -> bool:
        if state == "retired" or item.retired:
            return item.retired and state in ("retired", "all")
        if state == "held":
            return bool(item.holds)
        return state != "unseen" or item.seen_at < now() - UNSEEN_SECONDS

    def _answers(self, states: Sequence[ItemState]) -> list[tuple[ItemState, ItemAnswer]]:
        pairs = self._opened.projector.seen(states)
        return list(zip(states, self._shown.items(pairs), strict=True))


def _holds(state: ItemState) -> list[HoldLine]:
    return [
        HoldLine(entry, hold.day_from, hold.day_to, hold.quantity, hold.reason)
        for entry, hold in state.holds.items()
    ]
