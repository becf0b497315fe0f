"""VAT: what a supplier's document says of it, split and never computed again.

The document is the authority. Per rate it states a net sum and the VAT on it, and different ways
of rounding (per line, per rate) are all lawful, so shares follow what it says: the net of each
rate is split first, line by line, then its VAT by the net shares. Before there is a document,
`vat_of` estimates. Rates are hundredths of a percent: 2000 is 20 %, 550 is 5.5 %.

Which VAT a lab may recover, and under what words, is not decided here.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

RATE_WHOLE: Final = 10_000


class Net(NamedTuple):
    """A line of a document: cents without VAT, negative on a rebate, at a rate."""

    cents: int
    rate: int


class RateSum(NamedTuple):
    """What a document states for one rate."""

    net: int
    vat: int


class Wrong(NamedTuple):
    """Where a document does not add up: at which rate, what it says, and what its lines say."""

    what: Literal["net", "vat"]
    rate: int
    stated: int
    computed: int


def vat_of(net: int, rate: int) -> int:
    """Return the VAT on a net sum, half a cent rounded away from zero (EN 16931, BR-CO-17)."""
    sign = -1 if net < 0 else 1
    return sign * ((2 * abs(net) * rate + RATE_WHOLE) // (2 * RATE_WHOLE))


def check_document(lines: Sequence[Net], stated: Mapping[int, RateSum]) -> list[Wrong]:
    """Return where the sums of a document are not those of its lines.

    The net of a rate must be exact. Its VAT may be off by half a cent for each line, and a cent,
    since suppliers round each line or each sum.
    """
    wrong = []
    for rate in sorted({*stated, *(line.rate for line in lines)}):
        here = [line.cents for line in lines if line.rate == rate]
        said = stated.get(rate, RateSum(0, 0))
        if said.net != sum(here):
            wrong.append(Wrong("net", rate, said.net, sum(here)))
        expected = vat_of(said.net, rate)
        if abs(said.vat - expected) > max(1, (len(here) + 1) // 2):
            wrong.append(Wrong("vat", rate, said.vat, expected))
    return wrong
