"""How many packs to order of one article: filling them, and the steps of a price ladder.

With firm pledges Q, tolerances T and packs of P: the full packs in Q, and one more if the
remainder together with tolerances fills it. No pack is made of tolerance alone, and a remainder
that cannot be filled is not ordered.

Tolerance may also be used where more is cheaper: of all counts from there to all that is
tolerated, those count at which a step of the ladder begins, for between two steps more packs only
cost more. `plan` takes the cheapest that keeps within everybody's cap.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Step(NamedTuple):
    """From so many packs on, each costs so much: cents, without VAT.

    The first step of a ladder is the least that the supplier sells.
    """

    packs: int
    price: int


def fewest_packs(firm: int, tolerance: int, pack: int, minimum: int = 1) -> int:
    """Return how many packs firm pledges ask for; 0 where they do not fill the least sold."""
    packs, rest = divmod(firm, pack)
    if rest and rest + tolerance >= pack:
        packs += 1
    if packs >= minimum:
        return packs
    return minimum if firm and firm + tolerance >= minimum * pack else 0


def price_of(ladder: Sequence[Step], packs: int) -> int:
    """Return what so many packs cost in all; nothing for none."""
    return packs * max((step for step in ladder if step.packs <= packs), default=Step(0, 0)).price


def counts(firm: int, tolerance: int, pack: int, ladder: Sequence[Step]) -> list[int]:
    """Return the numbers of packs worth considering, the cheapest first, then the fewest."""
    fewest = fewest_packs(firm, tolerance, pack, ladder[0].packs)
    most = (firm + tolerance) // pack
    steps = [step.packs for step in ladder if fewest and fewest < step.packs <= most]
    return sorted([fewest, *steps], key=lambda packs: (price_of(ladder, packs), packs))
