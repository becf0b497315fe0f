"""What the labs pledge: each one's pledges in its own order, and which of them a seal took."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import UNSET

from fedlab.ledger.purchasefacts import (
    Pledge,
    PledgeFor,
    PledgeWithdraw,
    PurchaseArticle,
    Take,
)
from fedlab.ledger.purchasestate import Pledged, PledgedLine
from fedlab.ledger.split import Party
from fedlab.ledger.terms import Terms, Versions
from fedlab.protocol.entry import Entry, EntryId, Status, or_none
from fedlab.protocol.limits import PLEDGED_ITEMS_MAX


class _Line(NamedTuple):
    line: PledgedLine
    entry: EntryId
    version: EntryId


class _Step(NamedTuple):
    """What a party wanted after one of its entries; nothing after a withdrawal."""

    entry: EntryId
    place: tuple[int, int]
    lines: Mapping[int, _Line]
    cap: int | None


class Choice(NamedTuple):
    """What became of a party's pledges."""

    pledged: Pledged | None
    suspended: bool
    statuses: dict[EntryId, Status]


class PledgeLog:
    """The pledges of one party, one after the other."""

    def __init__(self, party: Party, outside: bool = False) -> None:
        self.party = party
        self.outside = outside
        self._steps: list[_Step] = []

    @property
    def last(self) -> EntryId | None:
        """The entry that says what is wanted now; None where nothing is."""
        return self._steps[-1].entry if self._steps and self._steps[-1].lines else None

    def add(self, entry: Entry, versions: Versions) -> Status:
        """Take in the party's next entry."""
        fact = entry.fact
        last = self._steps[-1] if self._steps else None
        if isinstance(fact, PledgeWithdraw):
            if last is None or not last.lines:
                return Status.OUT_OF_TURN
            lines: dict[int, _Line] = {}
            cap = None
        else:
            assert isinstance(fact, Pledge | PledgeFor)
            if (status := _check(fact, versions)) is not Status.COUNTED:
                return status
            lines = dict(last.lines) if last else {}
            cap = or_none(fact.cap)
            for line in fact.lines:
                more = 0 if line.more is UNSET else line.more
                top = or_none(line.cap)
                lines.pop(line.article, None)
                if line.firm or more:
                    pledged = PledgedLine(line.firm, more, top)
                    lines[line.article] = _Line(pledged, entry.id.hex(), fact.version)
        place = (entry.epoch, entry.index)
        self._steps.append(_Step(entry.id.hex(), place, lines, cap))
        return Status.COUNTED

    def as_of_now(
        self, terms: Terms, articles: Mapping[int, PurchaseArticle], versions: Versions
    ) -> Choice:
        """Return what the party wants at last."""
        if not self._steps:
            return Choice(None, False, {})
        return self._at(self._steps[-1], terms, articles, versions)

    def as_taken(
        self,
        take: Take | None,
        terms: Terms,
        articles: Mapping[int, PurchaseArticle],
        versions: Versions,
    ) -> Choice:
        """Return what the seal took of it; the rest was left out by its sight, or came late."""
        taken = None
        if take is not None and take.pledge is not UNSET:
            here = [step for step in self._steps if step.entry == take.pledge]
            if not here or not _below(here[0], take):
                return Choice(None, False, {})  # not held yet, or taken from above the head
            taken = here[0]
        left = {step.entry: status for step, status in self._left_out(taken, take)}
        if taken is None:
            return Choice(None, False, left)
        choice = self._at(taken, terms, articles, versions)
        return Choice(choice.pledged, choice.suspended, {**choice.statuses, **left})

    def _left_out(self, taken: _Step | None, take: Take | None) -> Iterator[tuple[_Step, Status]]:
        for step in self._steps:
            if taken is None or step.place > taken.place:
                seen = take is not None and _below(step, take)
                yield step, Status.OMITTED if seen else Status.LATE

    def _at(
        self,
        step: _Step,
        terms: Terms,
        articles: Mapping[int, PurchaseArticle],
        versions: Versions,
    ) -> Choice:
        worse = {
            number: line
            for number, line in step.lines.items()
            if versions.worse_since(line.version, [number], terms, articles)
        }
        lines = {number: line.line for number, line in step.lines.items() if number not in worse}
        statuses = {line.entry: Status.SUSPENDED for line in worse.values()}
        pledged = Pledged(entry=step.entry, lines=lines, cap=step.cap, outside=self.outside)
        return Choice(pledged if lines else None, bool(worse), statuses)


def _below(step: _Step, take: Take) -> bool:
    """Say whether a head covers an entry."""
    return step.place < (take.seen.e, take.seen.size)


def _check(fact: Pledge | PledgeFor, versions: Versions) -> Status:
    """Check the lines of a pledge against the version of the purchase that it saw."""
    if fact.version not in versions:
        return Status.UNKNOWN_REFERENCE
    articles = versions.articles(fact.version)
    for line in fact.lines:
        article = articles.get(line.article)
        if article is None:
            return Status.UNKNOWN_REFERENCE
        more = 0 if line.more is UNSET else line.more
        if line.firm % article.grain or more % article.grain:
            return Status.NOT_A_MULTIPLE
        if line.firm + more > PLEDGED_ITEMS_MAX * article.grain:
            return Status.NOT_A_MULTIPLE
    return Status.COUNTED
