"""What is asked of loans between labs: what the commands of `lending` take, checked by msgspec."""

from typing import Annotated

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(max_length=4_000)]


class WantedLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One item of a request: its id, how much in thousandths, on which terms, and its slot."""

    item: str
    quantity: int = 1000
    term: str = "lend"
    day: str | None = None
    starts: int | None = None
    ends: int | None = None


class MovedLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What changes hands of a line; all that can where no quantity is said."""

    line: int
    quantity: int | None = None
    condition: str | None = None
    meter: int | None = None


class EndedLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How a line ends: kept and lost in thousandths, damage in cents."""

    line: int
    kept: int | None = None
    lost: int | None = None
    damage: int | None = None


class ValuedLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What replacing all of a line costs, in cents."""

    line: int
    value: int


class OfferTerms(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What an offer says beyond the request; money in cents."""

    day_from: str | None = None
    day_to: str | None = None
    until: str | None = None
    fee: int | None = None
    caution: int | None = None
    caution_kind: str | None = None
    risk: str | None = None
    carrying: str | None = None
    faults: Text | None = None
    use: Text | None = None
    values: list[ValuedLine] = []  # by the request's lines, beside what the items say
