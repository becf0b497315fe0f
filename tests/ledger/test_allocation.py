"""Goods are allocated so that nobody loses by more being delivered, nor strays from its share."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.ledger import allocation
from fedlab.ledger.allocation import Want, allocate, by_quota
from fedlab.ledger.split import STOCK, split, tie

P = "ab" * 32
LABS = [f"{number:064x}" for number in range(8)]
WEIGHTS = st.dictionaries(st.sampled_from(LABS), st.integers(0, 30), min_size=1)
WANTS = st.dictionaries(
    st.sampled_from(LABS), st.builds(Want, st.integers(0, 12), st.integers(0, 6)), min_size=1
)


def largest_remainder(
    purchase: str, key: str, house: int, weights: Mapping[str, int]
) -> dict[str, int]:
    return {**dict.fromkeys(weights, 0), **split(purchase, key, house, weights).shares}


def sainte_lague(purchase: str, key: str, house: int, weights: Mapping[str, int]) -> dict[str, int]:
    given_out = dict.fromkeys(weights, 0)
    for _ in range(house):
        left = [lab for lab in weights if given_out[lab] < weights[lab]]
        best = max(left, key=lambda lab: (Fraction(weights[lab], 2 * given_out[lab] + 1), lab))
        given_out[best] += 1
    return given_out


def by_definition(
    purchase: str, key: str, house: int, weights: Mapping[str, int]
) -> dict[str, int]:
    """The method as its authors state it, one item after the other."""
    total, got = sum(weights.values()), dict.fromkeys(weights, 0)
    for size in range(1, house + 1):
        may = [lab for lab in weights if got[lab] < Fraction(size * weights[lab], total)]
        best = min(
            may, key=lambda lab: (-Fraction(weights[lab], got[lab] + 1), tie(purchase, key, lab))
        )
        got[best] += 1
    return got


def test_the_paradox_of_largest_remainders_does_not_happen() -> None:
    pledges = dict(zip(LABS, [19, 18, 5], strict=False))
    assert list(largest_remainder(P, "k", 29, pledges).values()) == [13, 12, 4]
    assert list(largest_remainder(P, "k", 30, pledges).values()) == [14, 13, 3]
    assert list(by_quota(P, "k", 29, pledges).values()) == [13, 13, 3]
    assert list(by_quota(P, "k", 30, pledges).values()) == [14, 13, 3]


@given(WEIGHTS)
def test_nobody_gets_less_because_more_came(weights: dict[str, int]) -> None:
    """Property 3."""
    last = dict.fromkeys(weights, 0)
    for house in range(sum(weights.values()) + 1):
        now = allocation.by_quota(P, "k", house, weights)
        assert all(now[lab] >= last[lab] for lab in weights)
        assert sum(now.values()) == house
        last = now
    assert last == weights


@given(WEIGHTS, st.integers(0, 240))
def test_everybody_has_its_exact_share_rounded_down_or_up(
    weights: dict[str, int], house: int
) -> None:
    total = sum(weights.values())
    for lab, much in allocation.by_quota(P, "k", min(house, total), weights).items():
        assert not total or abs(much - Fraction(min(house, total) * weights[lab], total)) < 1


@given(WEIGHTS, st.integers(0, 240))
def test_it_is_the_method_as_published(weights: dict[str, int], house: int) -> None:
    house = min(house, sum(weights.values()))
    assert by_quota(P, "k", house, weights) == by_definition(P, "k", house, weights)


@pytest.mark.usefixtures("mutant")
def test_largest_remainders_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocation, "by_quota", largest_remainder)
    with pytest.raises(AssertionError):
        test_nobody_gets_less_because_more_came()


@pytest.mark.usefixtures("mutant")
def test_sainte_lague_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against quotas: with pledges this uneven it gives the largest two items too few."""
    monkeypatch.setattr(allocation, "by_quota", sainte_lague)
    uneven = {LABS[0]: 500, **dict.fromkeys(LABS[1:], 30)}
    with pytest.raises(AssertionError):
        for house in range(sum(uneven.values())):
            shared = allocation.by_quota(P, "k", house, uneven)
            total = sum(uneven.values())
            assert all(
                abs(much - Fraction(house * uneven[lab], total)) < 1 for lab, much in shared.items()
            )


@given(WANTS, st.integers(0, 200), st.sampled_from([1, 100, 1000]))
def test_nobody_gets_more_than_it_allowed_and_nothing_is_lost(
    wants: dict[str, Want], items: int, grain: int
) -> None:
    """Property 2."""
    scaled = {lab: Want(want.firm * grain, want.tolerance * grain) for lab, want in wants.items()}
    quantity = items * grain + grain // 2
    shared = allocate(P, 1, quantity, grain, scaled)
    assert sum(shared.values()) == quantity
    assert all(much >= 0 for much in shared.values())
    for lab, want in scaled.items():
        assert shared[lab] <= want.firm + want.tolerance
        assert shared[lab] % grain == 0
    if any(shared[lab] > want.firm for lab, want in scaled.items()):
        assert all(shared[lab] >= want.firm for lab, want in scaled.items()), "firm comes first"


@pytest.mark.usefixtures("mutant")
def test_a_tolerance_served_beside_firm_pledges_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: everything anybody would take counts alike."""

    def flat(
        purchase: str, article: int, quantity: int, grain: int, wants: Mapping[str, Want]
    ) -> dict[str, int]:
        weights = {lab: (want.firm + want.tolerance) // grain for lab, want in wants.items()}
        house = min(quantity // grain, sum(weights.values()))
        got = {lab: n * grain for lab, n in by_quota(purchase, "k", house, weights).items()}
        return {**got, STOCK: quantity - sum(got.values())}

    monkeypatch.setitem(globals(), "allocate", flat)
    with pytest.raises(AssertionError):
        test_nobody_gets_more_than_it_allowed_and_nothing_is_lost()
