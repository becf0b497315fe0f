"""How a sum is split to the cent, and why each share is what it is.

**The rule.** Three labs share 100.00 by weights 1, 1, 1. Exactly that is 33.33⅓ each, which nobody
can pay. So everybody gets the whole cents (33.33), and the cents left over (here one) go to those
whose exact share was cut the most: the largest remainders. Where remainders are equal, a hash
decides, that nobody can steer and everybody can compute:

    SHA-256("fedlab/tie/1" ‖ purchase ‖ key ‖ party), each ended by a newline; the lowest first

`purchase` and `party` are ids in hex, `key` says what is split: `article/3/2000` and
`charge/1/2000` are the third article and the first charge at 20 % VAT, `vat/2000` that VAT. The key
stands in it so that the odd cents of one purchase do not all fall on the same lab.

**What follows.** Shares sum to what was there, to the cent. None is a whole cent away from the
exact one. No weight, no share. A sum and its negative split into shares and their negatives.

**Credit notes** are not split: the *cumulative* total is split again and the difference posted
(`differences`). Splitting 0.01 ten times would give all ten cents to one lab; splitting what has
come together so far never strays from the exact share by a cent, and what is credited in full
comes back to zero.
"""

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from msgspec import Struct

Party = str  # whoever bears a share: a lab, a body without a node, or STOCK
# Bears what nobody else does: goods that nobody pledged, a charge that nobody has a weight for.
# They are the organiser's.
STOCK: Final[Party] = "stock"

TIE_DOMAIN: Final = "fedlab/tie/1"


def tie(purchase: str, key: str, party: Party) -> bytes:
    """Return what decides between equals: the lowest goes first."""
    return hashlib.sha256(f"{TIE_DOMAIN}\n{purchase}\n{key}\n{party}\n".encode()).digest()


class Share(Struct, frozen=True, kw_only=True):
    """Why one party's share is what it is: all that is needed to compute it by hand."""

    key: str
    total: int  # cents split
    weight: int  # the party's
    weights: int  # everybody's
    exact: Fraction  # total * weight / weights
    whole: int  # the whole cents in it
    remainder: Fraction  # the part of a cent that was cut, 0 to 1
    rank: int  # place by remainder, the largest being 0
    leftover: int  # cents to give out: ranks below it got one
    tie: bytes | None  # the hash that decided its rank; None where no other remainder was equal
    cents: int  # the share


class Split(Struct, frozen=True, kw_only=True):
    """A sum and its shares; `shares` has every party of `weights`, and sums to `total`."""

    purchase: str
    key: str
    total: int
    weights: Mapping[Party, int]
    shares: Mapping[Party, int]

    def explain(self, party: Party) -> Share:
        """Return why this party bears what it bears; the party must have a weight."""
        sum_of_weights = sum(self.weights.values())
        ranked = _ranked(self)
        whole = {at: cut.whole for at, cut in ranked.items()}
        sign = -1 if self.total < 0 else 1
        own = ranked[party]
        equals = sum(cut.remainder == own.remainder for cut in ranked.values())
        return Share(
            key=self.key,
            total=self.total,
            weight=self.weights[party],
            weights=sum_of_weights,
            exact=Fraction(self.total * self.weights[party], sum_of_weights),
            whole=sign * own.whole,
            remainder=Fraction(own.remainder, abs(sum_of_weights)),
            rank=list(ranked).index(party),
            leftover=abs(self.total) - sum(whole.values()),
            tie=tie(self.purchase, self.key, party) if equals > 1 else None,
            cents=self.shares[party],
        )


def split(purchase: str, key: str, total: int, weights: Mapping[Party, int]) -> Split:
    """Split cents by weights; where nobody has a weight, all of it stays with STOCK.

    Weights are whole numbers. Those of VAT are net shares, of which a rebate can make one
    negative; the rule holds all the same, unless they cancel out.
    """
    if not sum(weights.values()):
        weights = {STOCK: 1}
    unshared = Split(purchase=purchase, key=key, total=total, weights=weights, shares={})
    ranked = _ranked(unshared)
    sign = -1 if total < 0 else 1
    leftover = abs(total) - sum(cut.whole for cut in ranked.values())
    shares = {
        party: sign * (cut.whole + (1 if rank < leftover else 0))
        for rank, (party, cut) in enumerate(ranked.items())
    }
    assert sum(shares.values()) == total
    return Split(purchase=purchase, key=key, total=total, weights=weights, shares=shares)


class _Cut(Struct, frozen=True):
    whole: int
    remainder: int  # over the sum of weights


def _ranked(asked: Split) -> dict[Party, _Cut]:
    """Return everybody's whole cents and what was cut, the most cut first."""
    weights = sum(asked.weights.values())
    sign = -1 if weights < 0 else 1
    cuts = {
        party: _Cut(*divmod(abs(asked.total) * weight * sign, abs(weights)))
        for party, weight in asked.weights.items()
    }
    return dict(
        sorted(
            cuts.items(),
            key=lambda cut: (-cut[1].remainder, tie(asked.purchase, asked.key, cut[0])),
        )
    )


def differences(before: Mapping[Party, int], after: Mapping[Party, int]) -> dict[Party, int]:
    """Return what to post so that shares become what they now are; nothing where nothing moved."""
    moved = {
        party: after.get(party, 0) - before.get(party, 0) for party in sorted({*before, *after})
    }
    return {party: cents for party, cents in moved.items() if cents}
