"""One lab's log folded whole: its items, and what its own words promise of them.

A calendar is folded from one log alone, that of the lab which allocates. An offer holds its
quantities from its place in that log; only facts of that log free them. So no piece is promised
twice, whatever the others say and however late: an offer, or an extension, that exceeds what is
free on any of its days is void by status, and holds nothing.

- a later offer on the same loan frees what the former held;
- `decline`, and `cancel` while nothing was handed over, free everything; so does `lapse`, after
  which nothing is offered any more;
- `hand_over` of what is given or sold lowers the quantity, of what is used ends the slot;
- `take_back` frees what came back;
- `settle` lowers the quantity by what is kept or lost, and leaves held only what is still out.

Helping holds nothing. What is lodged elsewhere is the host's to allocate.
"""

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fedlab.inventory.calendar import room, slot_room
from fedlab.inventory.fold import Inventory
from fedlab.inventory.item import ItemState, Promise
from fedlab.ledger.loanfacts import (
    LoanCancel,
    LoanDecline,
    LoanExtend,
    LoanFact,
    LoanHandOver,
    LoanLapse,
    LoanOffer,
    LoanSettle,
    LoanTakeBack,
    OfferLine,
)
from fedlab.protocol.entry import Entry, EntryId, FactHead, LabId, Status, or_none
from fedlab.protocol.limits import HOLDS_OPEN_MAX

_ENDING = (LoanDecline, LoanCancel, LoanLapse)
_OURS = (LoanOffer, *_ENDING, LoanHandOver, LoanTakeBack, LoanExtend, LoanSettle)


class PromisedLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one line of an offer holds, by the allocating log alone."""

    code: str
    term: str
    quantity: int
    handed: int = 0
    taken: int = 0
    ended: int = 0  # kept or lost
    over: bool = False  # settled: what was not handed over is not held any more
    day: str | None = None
    starts: int | None = None
    ends: int | None = None

    @property
    def held(self) -> int:
        """How much of the calendar it takes."""
        if not self.code or self.term == "help":
            return 0
        if self.term == "lend":
            whole = self.handed if self.over else self.quantity
            return max(0, whole - self.taken - self.ended)
        if self.term == "use":
            return 0 if self.over or self.handed else self.quantity
        return 0 if self.over else self.quantity - self.handed

    @property
    def gone(self) -> int:
        """How much the lab has less of."""
        return self.ended + (self.handed if self.term in ("give", "sell") else 0)


class Promised(Struct, frozen=True, kw_only=True):
    """What a lab's own log holds for one loan."""

    loan: EntryId
    offer: EntryId
    day_from: str
    day_to: str | None
    lines: tuple[PromisedLine, ...]
    lapsed: bool = False


def touches(fact: FactHead | None) -> EntryId | None:
    """Return the loan whose promises a fact may change, if its author has made any."""
    return fact.loan if isinstance(fact, _OURS) else None


def codes_of(fact: FactHead | None) -> list[str]:
    """Return the items that an offer names."""
    if not isinstance(fact, LoanOffer):
        return []
    return [line.code for line in fact.lines if line.code is not UNSET]


class LabLog(Inventory):
    """An inventory with its promises, growing entry by entry in the order of the lab's logs."""

    def __init__(self, lab: LabId) -> None:
        super().__init__(lab)
        self.promised: dict[EntryId, Promised] = {}

    def apply(self, entry: Entry) -> Status:
        """Take in the next entry and return its status."""
        if entry.status is not Status.COUNTED or not isinstance(entry.fact, _OURS):
            return super().apply(entry)
        if isinstance(entry.fact, LoanOffer):
            return self._offer(entry, entry.fact)
        before = self.promised.get(entry.fact.loan)
        if before is None:
            return Status.COUNTED  # a borrower's, a host's, or about what never held anything
        return self._change(before, entry.fact)

    def _offer(self, entry: Entry, fact: LoanOffer) -> Status:
        if fact.owner is not UNSET:
            return Status.NOT_FOLDED
        promised = Promised(
            loan=fact.loan,
            offer=entry.id.hex(),
            day_from=fact.day_from,
            day_to=or_none(fact.day_to),
            lines=tuple(map(_promised, fact.lines)),
        )
        before = self.promised.get(fact.loan)
        if before is not None and (before.lapsed or any(line.handed for line in before.lines)):
            return Status.OUT_OF_TURN
        return self._put(before, promised, judged=True)

    def _change(self, before: Promised, fact: LoanFact) -> Status:
        """Follow what this lab says on after its offer; only an extension may be void."""
        if isinstance(fact, LoanExtend):
            longer = before.day_to is not None and fact.day_to > before.day_to
            return self._put(before, replace(before, day_to=fact.day_to), judged=longer)
        handed = any(line.handed for line in before.lines)
        if isinstance(fact, _ENDING):
            if handed and not isinstance(fact, LoanLapse):
                return Status.OUT_OF_TURN
            lapsed = replace(before, lines=(), lapsed=True)
            return self._put(before, lapsed if isinstance(fact, LoanLapse) else None)
        if isinstance(fact, LoanSettle):
            return self._put(before, replace(before, lines=_settled(before.lines, fact)))
        assert isinstance(fact, LoanHandOver | LoanTakeBack)
        lines = _moved(before.lines, fact)
        if lines is None:
            return Status.EXCEEDS_LINES
        return self._put(before, replace(before, lines=lines))

    def _put(
        self, before: Promised | None, after: Promised | None, *, judged: bool = False
    ) -> Status:
        """Let one state of a loan's promises follow another; nothing changes where it is void."""
        items: dict[str, ItemState] = {}
        for number, line in enumerate(before.lines if before else ()):
            item = items.get(line.code) or self.items.get(line.code)
            if before is None or item is None:
                continue  # an accessory is in no calendar
            left = {k: p for k, p in item.promises.items() if k != f"{before.loan}/{number}"}
            stays = after is None or after.lapsed  # what is gone does not come back
            gone = item.gone - (0 if stays else line.gone)
            items[line.code] = replace(item, promises=left, gone=gone)
        for number, line in enumerate(after.lines if after else ()):
            if after is None or not line.code:
                continue
            item = items.get(line.code) or self.items.get(line.code)
            if judged and (void := _judge(item, line, after)):
                return void
            assert item is not None, "promised of an item that never was"
            promises = dict(item.promises)
            if line.held:
                promises[f"{after.loan}/{number}"] = _promise(line, after)
            items[line.code] = replace(item, promises=promises, gone=item.gone + line.gone)
        self.items.update(items)
        if after is not None:
            self.promised[after.loan] = after
        elif before is not None:
            del self.promised[before.loan]
        return Status.COUNTED


def _promised(line: OfferLine) -> PromisedLine:
    return PromisedLine(
        code=or_none(line.code) or "",
        term=line.term,
        quantity=line.quantity,
        day=or_none(line.day),
        starts=or_none(line.starts),
        ends=or_none(line.ends),
    )


def _promise(line: PromisedLine, promised: Promised) -> Promise:
    if line.term == "use":
        assert line.day is not None
        return Promise(line.day, line.day, line.held, line.starts, line.ends)
    day_to = promised.day_to if line.term == "lend" else None  # what is given does not come back
    return Promise(promised.day_from, day_to, line.held)


def _moved(
    lines: tuple[PromisedLine, ...], fact: LoanHandOver | LoanTakeBack
) -> tuple[PromisedLine, ...] | None:
    """Return the lines after that; None where more changes hands than there is."""
    after = list(lines)
    for moved in fact.lines:
        if moved.line >= len(after):
            return None
        line = after[moved.line]
        if isinstance(fact, LoanHandOver):
            line = replace(line, handed=line.handed + moved.quantity)
        else:
            line = replace(line, taken=line.taken + moved.quantity)
        if max(line.handed, line.taken) > line.quantity:
            return None
        after[moved.line] = line
    return tuple(after)


def _settled(lines: tuple[PromisedLine, ...], fact: LoanSettle) -> tuple[PromisedLine, ...]:
    """Return the lines after a settlement, which takes the place of all before it."""
    after = [replace(line, over=True, ended=0) for line in lines]
    for end in () if fact.lines is UNSET else fact.lines:
        if end.line < len(after):
            ended = (or_none(end.kept) or 0) + (or_none(end.lost) or 0)
            after[end.line] = replace(after[end.line], ended=min(ended, after[end.line].quantity))
    return tuple(after)


def _judge(item: ItemState | None, line: PromisedLine, promised: Promised) -> Status:
    """Say whether an item has that much to promise, beside all that it has promised already."""
    if item is None:
        return Status.UNKNOWN_ITEM
    if item.retired and not line.handed:
        return Status.ITEM_RETIRED
    if not line.held:
        return Status.COUNTED
    if len(item.promises) >= HOLDS_OPEN_MAX:
        return Status.TOO_MANY_HOLDS
    if line.term == "use":
        assert line.day is not None and line.starts is not None and line.ends is not None
        free = slot_room(item, line.day, line.starts, line.ends)
    else:
        wanted = _promise(line, promised)
        free = room(item, wanted.day_from, wanted.day_to)
    return Status.COUNTED if free is None or free >= line.held else Status.EXCEEDS_FREE
