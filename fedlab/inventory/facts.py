"""The facts of labs and their items (docs/reference/facts.md has the table).

Each type is frozen: a field more, or a word more in a closed list, is a new type (`item.set.2`),
for a node that does not know it would call it malformed. So the lists are generous. Nothing here
is personal or free text: that stands in details. Quantities are thousandths of the unit, money is
euro cents, days are local ISO dates with both ends included, minutes are of the day.

What a single fact can break by itself makes it MALFORMED; what takes the state to see is a status
of the folds (`item`, `lab`). Sets are written ascending, so that one set has one spelling.
"""

import datetime
import itertools
import re
from typing import Annotated, Any, Final, Literal, get_args

from msgspec import UNSET, Meta, Struct, UnsetType

from fedlab.protocol.checkpoint import Head
from fedlab.protocol.entry import (
    BareFact,
    EntryIndex,
    EpochNumber,
    Fact,
    FactError,
    FactHead,
    Hex32,
    Hex64,
)
from fedlab.protocol.limits import (
    BUFFER_DAYS_MAX,
    CODE_CHARS_MAX,
    HONOURED_MAX,
    MONEY_MAX,
    PARTS_MAX,
    QUANTITY_MAX,
    STOP_ITEMS_MAX,
    TRAINING_DAYS_MAX,
    TRAININGS_ASKED_MAX,
    TREE_SIZE_MAX,
)
from fedlab.protocol.openings import Genesis, Opening, Words

# --- closed lists, ascending ---

Kind = Literal["material", "skill", "tool"]
Term = Literal["give", "help", "lend", "sell", "use"]
Unit = Literal[
    "bag", "board", "bottle", "box", "can", "cartridge", "cm", "day", "g", "hour", "kg", "l",
    "m", "m2", "m3", "ml", "mm", "pack", "pair", "piece", "roll", "set", "sheet", "spool", "tube",
]  # fmt: skip
HoldReason = Literal[
    "event", "lent", "lost", "maintenance", "other", "own", "reserved", "tour"
]  # fmt: skip
PlaceKind = Literal[
    "coworking", "digital_space", "fab_lab", "hackerspace", "library", "makerspace", "other",
    "repair_cafe", "reuse_centre", "school", "social_centre", "tool_library", "workshop",
]  # fmt: skip
LegalForm = Literal[
    "association", "company", "cooperative", "foundation", "other", "person", "public_body"
]  # fmt: skip
VatStatus = Literal["franchise", "full", "none", "partial"]
Mobility = Literal["fixed", "mobile"]
Power = Literal["hand_over", "offer", "take_back"]

KINDS: Final[tuple[str, ...]] = get_args(Kind)
TERMS: Final[tuple[str, ...]] = get_args(Term)
UNITS: Final[tuple[str, ...]] = get_args(Unit)
HOLD_REASONS: Final[tuple[str, ...]] = get_args(HoldReason)
PLACE_KINDS: Final[tuple[str, ...]] = get_args(PlaceKind)
LEGAL_FORMS: Final[tuple[str, ...]] = get_args(LegalForm)
VAT_STATUSES: Final[tuple[str, ...]] = get_args(VatStatus)
MOBILITIES: Final[tuple[str, ...]] = get_args(Mobility)

# --- fields ---

CODE_RE: Final = re.compile(rf"[A-Z0-9][A-Z0-9.-]{{0,{CODE_CHARS_MAX - 1}}}")
DAY_RE: Final = re.compile(r"(?:19[7-9]|2[0-9][0-9])[0-9]-[01][0-9]-[0-3][0-9]")  # 1970 to 2999

Code = Annotated[str, Meta(pattern=rf"^{CODE_RE.pattern}\Z")]
Quantity = Annotated[int, Meta(ge=0, le=QUANTITY_MAX)]
SomeQuantity = Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
Money = Annotated[int, Meta(ge=0, le=MONEY_MAX)]
Day = Annotated[str, Meta(pattern=rf"^{DAY_RE.pattern}\Z")]
MinuteOfDay = Annotated[int, Meta(ge=0, le=1440)]
DayCount = Annotated[int, Meta(ge=1, le=TRAINING_DAYS_MAX)]
_DAYS_RENAMED: Final = {"day_from": "from", "day_to": "to"}


def check_ascending(name: str, values: Any) -> None:
    """Raise FactError unless a set is written as sets are."""
    if any(a >= b for a, b in itertools.pairwise(values)):
        raise FactError(f"`{name}` must ascend, each value once")


def check_days(day_from: str, day_to: str | UnsetType) -> None:
    """Raise FactError unless both are days of the calendar, in order."""
    for day in (day_from, day_to):
        if day is not UNSET:
            try:
                datetime.date.fromisoformat(day)
            except ValueError as exc:
                raise FactError(f"{day} is not a day of the calendar") from exc
    if day_to is not UNSET and day_to < day_from:
        raise FactError(f"{day_to} lies before {day_from}")


def check_other(name: str, lab: str | UnsetType, by: str) -> None:
    """Raise FactError where a field names the author."""
    if lab == by:
        raise FactError(f"`{name}` must be another lab than the author")


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So much of another item of the same lab, in every unit of a kit."""

    code: Code
    quantity: SomeQuantity


class Honoured(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, order=True):
    """Whoever holds their training counts as holding one's own."""

    own: Code
    their: Code


class Seen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed head of another lab, quoted: this much its author had seen when it wrote."""

    lab: Hex32
    e: EpochNumber
    size: Annotated[int, Meta(ge=1, le=TREE_SIZE_MAX)]
    root: Hex32
    sig: Hex64

    def head(self) -> Head:
        """Return it as a head, to verify its signature: without one the quote binds nobody."""
        return Head(self.lab, self.e, self.size, bytes.fromhex(self.root), bytes.fromhex(self.sig))


# --- labs ---


class LabProfile(Fact, frozen=True, kw_only=True, tag="lab.profile"):
    """What sort of lab this is, the whole of it; name, place and contact are in the detail."""

    kind: PlaceKind | UnsetType = UNSET
    form: LegalForm | UnsetType = UNSET
    vat: VatStatus | UnsetType = UNSET
    mobility: Mobility | UnsetType = UNSET


class LabVouch(Fact, frozen=True, kw_only=True, tag="lab.vouch"):
    """The author lets another lab into its network."""

    lab: Hex32

    def __post_init__(self) -> None:
        check_other("lab", self.lab, self.by)


class LabUnvouch(Fact, frozen=True, kw_only=True, tag="lab.unvouch"):
    """The author no longer vouches for that lab."""

    lab: Hex32

    def __post_init__(self) -> None:
        check_other("lab", self.lab, self.by)


class Erase(BareFact, frozen=True, kw_only=True, tag="erase"):
    """The detail of an earlier entry of the author's is to be deleted wherever it is held."""

    epoch: EpochNumber
    index: EntryIndex


# --- items ---


class ItemSet(Fact, frozen=True, kw_only=True, tag="item.set"):
    """The whole state of an item; the latest counts, and revives it if it was retired."""

    code: Code
    kind: Kind
    unit: Unit
    quantity: Quantity | UnsetType = UNSET
    terms: Annotated[tuple[Term, ...], Meta(min_length=1)] | UnsetType = UNSET
    price: Money | UnsetType = UNSET
    hourly: Money | UnsetType = UNSET
    deposit: Money | UnsetType = UNSET
    buffer: Annotated[int, Meta(ge=1, le=BUFFER_DAYS_MAX)] | UnsetType = UNSET
    value: Money | UnsetType = UNSET
    training: (
        Annotated[tuple[Code, ...], Meta(min_length=1, max_length=TRAININGS_ASKED_MAX)] | UnsetType
    ) = UNSET
    parts: Annotated[tuple[Part, ...], Meta(min_length=1, max_length=PARTS_MAX)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.terms is not UNSET:
            check_ascending("terms", self.terms)
        if self.training is not UNSET:
            check_ascending("training", self.training)
        if self.parts is not UNSET:
            codes = [part.code for part in self.parts]
            check_ascending("parts", codes)
            if self.code in codes:
                raise FactError("an item cannot be a part of itself")


class ItemRetire(Fact, frozen=True, kw_only=True, tag="item.retire"):
    """The item is gone."""

    code: Code


class ItemSeen(Fact, frozen=True, kw_only=True, tag="item.seen"):
    """Somebody stood before the item: it is still here."""

    code: Code


class ItemPlace(Fact, frozen=True, kw_only=True, tag="item.place"):
    """The owner lodges a quantity at a host, with powers; the latest per item and host counts.

    A quantity of 0 asks for it back: the host allocates it until its `item.keep` of 0.
    """

    code: Code
    host: Hex32
    quantity: Quantity
    powers: Annotated[tuple[Power, ...], Meta(min_length=1)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_other("host", self.host, self.by)
        if self.powers is not UNSET:
            check_ascending("powers", self.powers)


class ItemKeep(Fact, frozen=True, kw_only=True, tag="item.keep"):
    """The host accepts an `item.place` of the owner's, for this quantity; 0 gives it back."""

    lab: Hex32
    code: Code
    place: Hex32
    quantity: Quantity
    seen: Seen

    def __post_init__(self) -> None:
        check_other("lab", self.lab, self.by)
        if self.seen.lab != self.lab:
            raise FactError("`seen` must be a head of the owner's log")


class ItemHold(Fact, frozen=True, kw_only=True, tag="item.hold", rename=_DAYS_RENAMED):
    """Takes a quantity out of the calendar; all of it, or until released, where nothing is said.

    `lab` is the owner, where a host holds what is lodged with it; absent, the item is the
    author's own.
    """

    lab: Hex32 | UnsetType = UNSET
    code: Code
    day_from: Day
    day_to: Day | UnsetType = UNSET
    quantity: SomeQuantity | UnsetType = UNSET
    reason: HoldReason

    def __post_init__(self) -> None:
        check_other("lab", self.lab, self.by)
        check_days(self.day_from, self.day_to)


class ItemRelease(Fact, frozen=True, kw_only=True, tag="item.release"):
    """Ends a hold, named by its entry; `lab` as in the hold."""

    lab: Hex32 | UnsetType = UNSET
    code: Code
    hold: Hex32

    def __post_init__(self) -> None:
        check_other("lab", self.lab, self.by)


# --- itineraries and trainings ---


class StopSet(Fact, frozen=True, kw_only=True, tag="stop.set", rename=_DAYS_RENAMED):
    """A mobile lab stands somewhere on these days; the latest of its code counts.

    `lab` is the lab it visits, if any; without `items` it brings all it has.
    """

    code: Code
    day_from: Day
    day_to: Day
    opens: MinuteOfDay | UnsetType = UNSET
    closes: MinuteOfDay | UnsetType = UNSET
    items: (
        Annotated[tuple[Code, ...], Meta(min_length=1, max_length=STOP_ITEMS_MAX)] | UnsetType
    ) = UNSET
    lab: Hex32 | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_other("lab", self.lab, self.by)
        check_days(self.day_from, self.day_to)
        if self.items is not UNSET:
            check_ascending("items", self.items)
        if self.opens is UNSET or self.closes is UNSET:
            if self.opens is not self.closes:
                raise FactError("`opens` and `closes` go together")
        elif self.closes <= self.opens:
            raise FactError("`closes` must be after `opens`")


class StopCancel(Fact, frozen=True, kw_only=True, tag="stop.cancel"):
    """The stop does not take place."""

    code: Code


class TrainingGrant(Fact, frozen=True, kw_only=True, tag="training.grant"):
    """Somebody was trained; the latest per training and holder counts, so a new one can end it.

    `holder` is SHA-256("fedlab/holder/1", newline, 32 random bytes that only the holder's lab
    keeps). It ends `days` after `day`, after `until`, or after `disuse` days without use,
    whichever comes first; never where none of them is given.
    """

    training: Code
    holder: Hex32
    day: Day
    days: DayCount | UnsetType = UNSET
    until: Day | UnsetType = UNSET
    disuse: DayCount | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_days(self.day, self.until)


class TrainingHonour(Fact, frozen=True, kw_only=True, tag="training.honour"):
    """Which trainings of a lab the author honours, all of them; none where the list is absent."""

    lab: Hex32
    trainings: (
        Annotated[tuple[Honoured, ...], Meta(min_length=1, max_length=HONOURED_MAX)] | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        check_other("lab", self.lab, self.by)
        if self.trainings is not UNSET:
            check_ascending("trainings", self.trainings)


FACTS: Final[tuple[type[FactHead], ...]] = (
    Genesis,
    Opening,
    Words,
    LabProfile,
    LabVouch,
    LabUnvouch,
    ItemSet,
    ItemRetire,
    ItemSeen,
    ItemPlace,
    ItemKeep,
    ItemHold,
    ItemRelease,
    StopSet,
    StopCancel,
    TrainingGrant,
    TrainingHonour,
    Erase,
)
"""Every type of fact that this floor knows; `FactReader(FACTS)` reads them."""
