"""Who gets how many of the goods that came: the quota method of Balinski and Young (1975).

Goods are not money: an item cannot be posted back. Largest remainders would take one away from a
lab because one *more* was delivered: of 29 sheets for pledges of 19, 18 and 5, the labs get 13, 12
and 4; of 30 they get 14, 13 and 3. The quota method gives the items out one by one, each to the
lab with the largest pledge / (items it has + 1), among those that stay within their exact share
rounded up. So nobody ever loses what it got, and everybody always has its exact share rounded
down or up. (Balinski and Young, *The Quota Method of Apportionment*, American Mathematical Monthly
82, 1975. Sainte-Laguë keeps the first promise and not the second.)

Firm pledges are served first; tolerances share what is left beyond them, by the same method.
Between equals a hash decides, see `split.tie`.
"""

import heapq
from collections.abc import Mapping
from typing import NamedTuple

from fedlab.ledger.split import STOCK, Party, tie


class Want(NamedTuple):
    """What a party pledged of an article: so much, and up to so much more if that helps."""

    firm: int
    tolerance: int = 0


def by_quota(purchase: str, key: str, house: int, weights: Mapping[Party, int]) -> dict[Party, int]:
    """Return who gets how many of `house` items, weights being the items that each asked for.

    Nobody gets more than its weight, so `house` is at most their sum.
    """
    total = sum(weights.values())
    assert 0 <= house <= total
    if house == total:
        return dict(weights)
    given = dict.fromkeys(weights, 0)
    order = {
        party: rank
        for rank, party in enumerate(sorted(weights, key=lambda party: tie(purchase, key, party)))
    }
    # weight / (given + 1) as a whole number: two such fractions that differ do so by at least
    # 1 / scale, so rounding down after multiplying keeps all orders and all ties.
    scale = max(weights.values()) ** 2 + 1
    # A party may have its next item as soon as given < house * weight / total.
    waiting = [(1, order[party], party) for party, weight in weights.items() if weight]
    heapq.heapify(waiting)
    ready: list[tuple[int, int, Party]] = []
    for size in range(1, house + 1):
        while waiting and waiting[0][0] <= size:
            _, rank, party = heapq.heappop(waiting)
            heapq.heappush(ready, (-(weights[party] * scale // (given[party] + 1)), rank, party))
        _, rank, party = heapq.heappop(ready)
        given[party] += 1
        if given[party] < weights[party]:
            since = given[party] * total // weights[party] + 1
            heapq.heappush(waiting, (since, rank, party))
    return given


def allocate(
    purchase: str, article: int, quantity: int, grain: int, wants: Mapping[Party, Want]
) -> dict[Party, int]:
    """Return who gets how much of the quantity; STOCK has what nobody can be given.

    All is in thousandths of the unit; `grain` is the least that is handed out, a whole piece or
    a tenth of a kilogram, and what everybody asks for is a multiple of it.
    """
    items = quantity // grain
    firm = {party: want.firm // grain for party, want in wants.items()}
    more = {party: want.tolerance // grain for party, want in wants.items()}
    first = min(items, sum(firm.values()))
    then = min(items - first, sum(more.values()))
    got_firm = by_quota(purchase, f"article/{article}/firm", first, firm)
    got_more = by_quota(purchase, f"article/{article}/tolerance", then, more)
    given = {party: (got_firm[party] + got_more[party]) * grain for party in wants}
    given[STOCK] = quantity - sum(given.values())
    return given
