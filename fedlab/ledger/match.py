"""The three-way match: what was ordered, what was accepted, what is invoiced.

Each exception names its article or charge, its amount in cents net, and who may let it pass. What
is not in question stays payable. All figures are cumulative over every delivery, invoice and
credit note of a purchase, so a credit note clears the claim that asked for it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, NamedTuple


class Exceptional(StrEnum):
    """What does not match."""

    INVOICED_BEYOND_ACCEPTED = "invoiced_beyond_accepted"  # claim it: a credit note is due
    NOT_ORDERED = "not_ordered"  # invoiced, and neither ordered nor a substitute for what was
    PRICE_DIFFERS = "price_differs"
    CHARGE_DIFFERS = "charge_differs"  # freight and fees, against what the purchase announced
    NOT_DELIVERED = "not_delivered"  # ordered and not yet accepted: nothing to pay, goods to come


Waiver = Literal["supplier", "organiser", "nobody"]

WAIVED_BY: Final[Mapping[Exceptional, Waiver]] = {
    Exceptional.INVOICED_BEYOND_ACCEPTED: "supplier",
    Exceptional.NOT_ORDERED: "organiser",
    Exceptional.PRICE_DIFFERS: "organiser",
    Exceptional.CHARGE_DIFFERS: "organiser",
    Exceptional.NOT_DELIVERED: "nobody",
}


class Billed(NamedTuple):
    """What is known of one article so far: quantities in thousandths, sums in cents net."""

    ordered: int = 0
    ordered_net: int = 0
    accepted: int = 0
    invoiced: int = 0
    invoiced_net: int = 0


class Tolerated(NamedTuple):
    """A difference up to the larger of these passes by itself."""

    cents: int = 0
    rate: int = 0  # of what was ordered, in hundredths of a percent


class Mismatch(NamedTuple):
    """One exception: of an article or a charge, the amount in question, who may waive it."""

    what: Exceptional
    line: tuple[Literal["article", "charge"], int]
    cents: int
    quantity: int
    by: Waiver


def match(
    articles: Mapping[int, Billed],
    charges: Mapping[int, tuple[int, int]],
    tolerated: Tolerated | None = None,
) -> list[Mismatch]:
    """Return every exception; charges are what was announced and what was invoiced, net."""
    tolerated = tolerated or Tolerated()
    found = []
    for number, line in sorted(articles.items()):
        found += _of_article(number, line, tolerated)
    for number, (announced, invoiced) in sorted(charges.items()):
        if invoiced and _beyond(invoiced - announced, announced, tolerated):
            cents = invoiced - announced
            found.append(_mismatch(Exceptional.CHARGE_DIFFERS, ("charge", number), cents))
    return found


def _of_article(number: int, line: Billed, tolerated: Tolerated) -> list[Mismatch]:
    where: tuple[Literal["article"], int] = ("article", number)
    if line.invoiced and not line.ordered:
        return [_mismatch(Exceptional.NOT_ORDERED, where, line.invoiced_net, line.invoiced)]
    found = []
    if (much := line.invoiced - line.accepted) > 0:
        cents = line.invoiced_net * much // line.invoiced
        found.append(_mismatch(Exceptional.INVOICED_BEYOND_ACCEPTED, where, cents, much))
    if line.invoiced:
        # What the same quantity would have cost at the price ordered, compared without dividing.
        more = line.invoiced_net * line.ordered - line.ordered_net * line.invoiced
        expected = line.ordered_net * line.invoiced
        if abs(more) > max(tolerated.cents * line.ordered, expected * tolerated.rate // 10_000):
            cents = more // line.ordered
            found.append(_mismatch(Exceptional.PRICE_DIFFERS, where, cents, line.invoiced))
    if (much := line.ordered - line.accepted) > 0:
        cents = line.ordered_net * much // line.ordered
        found.append(_mismatch(Exceptional.NOT_DELIVERED, where, cents, much))
    return found


def _beyond(difference: int, announced: int, tolerated: Tolerated) -> bool:
    return abs(difference) > max(tolerated.cents, abs(announced) * tolerated.rate // 10_000)


def _mismatch(
    what: Exceptional, line: tuple[Literal["article", "charge"], int], cents: int, much: int = 0
) -> Mismatch:
    return Mismatch(what, line, cents, much, WAIVED_BY[what])
