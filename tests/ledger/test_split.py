"""A sum is split to the cent, fairly, and every share can be computed by hand from what it says."""

import hashlib
from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.ledger import split as module
from fedlab.ledger.split import STOCK, Split, differences, split, tie

P = "ab" * 32
LABS = [f"{number:064x}" for number in range(12)]
WEIGHTS = st.dictionaries(st.sampled_from(LABS), st.integers(0, 10**12), max_size=12)
TOTALS = st.integers(-(10**11), 10**11)


def equally(total: int, labs: int) -> list[int]:
    return sorted(split(P, "charge/1/2000", total, dict.fromkeys(LABS[:labs], 1)).shares.values())


def test_ten_euros_among_three() -> None:
    """Rounding each share up would make it 10.02."""
    assert equally(10_00, 3) == [333, 333, 334]


def test_twenty_euros_and_a_cent_among_twelve() -> None:
    """Rounding each share up would make it 20.04."""
    assert equally(20_01, 12) == [166] * 3 + [167] * 9


def test_the_largest_remainder_has_the_odd_cent() -> None:
    # Exactly 21.27⅔, 53.19 1/6, 25.53 1/6: the first was cut the most.
    assert split(P, "k", 100_00, {LABS[0]: 20, LABS[1]: 50, LABS[2]: 24}).shares == {
        LABS[0]: 21_28,
        LABS[1]: 53_19,
        LABS[2]: 25_53,
    }


def test_between_equals_the_lowest_hash_has_it() -> None:
    done = split(P, "charge/1/2000", 1, {LABS[0]: 1, LABS[1]: 1})
    hashes = {
        lab: hashlib.sha256(f"fedlab/tie/1\n{P}\ncharge/1/2000\n{lab}\n".encode()).digest()
        for lab in LABS[:2]
    }
    assert done.shares[min(hashes, key=hashes.__getitem__)] == 1
    assert tie(P, "charge/1/2000", LABS[0]) == hashes[LABS[0]]


def test_odd_cents_of_one_purchase_do_not_fall_on_one_lab() -> None:
    lucky = {
        max(done.shares, key=done.shares.__getitem__)
        for done in (
            split(P, f"article/{n}/2000", 1, dict.fromkeys(LABS[:3], 1)) for n in range(50)
        )
    }
    assert lucky == set(LABS[:3])


def test_what_nobody_has_a_weight_for_stays_with_the_organiser() -> None:
    assert split(P, "k", 5, {}).shares == {STOCK: 5}
    assert split(P, "k", 5, {LABS[0]: 0}).shares == {STOCK: 5}


def check_split(total: int, weights: Mapping[str, int]) -> None:
    done = split(P, "k", total, weights)
    assert sum(done.shares.values()) == total
    whole = sum(weights.values())
    for lab, weight in weights.items() if whole else ():
        assert abs(done.shares[lab] - Fraction(total * weight, whole)) < 1
        if not weight:
            assert done.shares[lab] == 0
    opposite = split(P, "k", -total, weights).shares
    assert opposite == {lab: -cents for lab, cents in done.shares.items()}


@given(TOTALS, WEIGHTS)
def test_shares_sum_to_what_was_there_and_none_is_a_cent_off(
    total: int, weights: dict[str, int]
) -> None:
    """Property 1, for one sum."""
    check_split(total, weights)


@given(TOTALS, st.dictionaries(st.sampled_from(LABS), st.integers(-50, 10**6), max_size=12))
def test_weights_below_zero_keep_the_rule(total: int, weights: dict[str, int]) -> None:
    check_split(total, weights)


@given(TOTALS, WEIGHTS)
def test_the_order_of_the_parties_changes_nothing(total: int, weights: dict[str, int]) -> None:
    turned = dict(reversed(weights.items()))
    assert split(P, "k", total, turned).shares == split(P, "k", total, weights).shares


@given(TOTALS, WEIGHTS)
def test_every_share_explains_itself(total: int, weights: dict[str, int]) -> None:
    """What an explanation says is enough to come to the share without `split`."""
    done = split(P, "k", total, weights)
    for party, cents in done.shares.items():
        why = done.explain(party)
        assert why.exact == Fraction(total * why.weight, why.weights)
        assert abs(why.exact) == abs(why.whole) + why.remainder
        sign = -1 if total < 0 else 1
        assert cents == why.cents == why.whole + (sign if why.rank < why.leftover else 0)
        assert (why.tie is None) or why.tie == tie(P, "k", party)


def rounded_up(purchase: str, key: str, total: int, weights: Mapping[str, int]) -> Split:
    whole = sum(weights.values()) or 1
    shares = {lab: -(-total * weight // whole) for lab, weight in weights.items()}
    return Split(purchase=purchase, key=key, total=total, weights=weights, shares=shares)


def rounded_to_the_nearest(
    purchase: str, key: str, total: int, weights: Mapping[str, int]
) -> Split:
    whole = sum(weights.values()) or 1
    shares = {lab: round(Fraction(total * weight, whole)) for lab, weight in weights.items()}
    return Split(purchase=purchase, key=key, total=total, weights=weights, shares=shares)


def rest_to_the_first(purchase: str, key: str, total: int, weights: Mapping[str, int]) -> Split:
    whole = sum(weights.values()) or 1
    shares = {lab: total * weight // whole for lab, weight in weights.items()}
    first = next(iter(shares), STOCK)
    shares[first] = shares.get(first, 0) + total - sum(shares.values())
    return Split(purchase=purchase, key=key, total=total, weights=weights, shares=shares)


@pytest.mark.parametrize("wrong", [rounded_up, rounded_to_the_nearest, rest_to_the_first])
@pytest.mark.usefixtures("mutant")
def test_other_ways_of_rounding_are_found(wrong: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "split", wrong)
    with pytest.raises(AssertionError):
        test_shares_sum_to_what_was_there_and_none_is_a_cent_off()


@pytest.mark.usefixtures("mutant")
def test_a_tie_by_anything_but_the_hash_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: the first named wins."""
    monkeypatch.setattr(module, "tie", lambda purchase, key, party: b"")
    with pytest.raises(AssertionError):
        test_the_order_of_the_parties_changes_nothing()


# --- documents that follow each other ---


def check_cumulative(documents: list[int], weights: dict[str, int]) -> None:
    """Splitting what came together so far, and posting the difference."""
    posted: dict[str, int] = {}
    before: Mapping[str, int] = {}
    total = 0
    for document in documents:
        total += document
        after = shares_after(total, document, weights, before)
        moved = differences(before, after)
        assert sum(moved.values()) == document
        for lab, cents in moved.items():
            posted[lab] = posted.get(lab, 0) + cents
        before = after
    whole = sum(weights.values())
    for lab, cents in posted.items():
        assert abs(cents - Fraction(total * weights.get(lab, 0), whole)) < 1


def shares_after(
    total: int, document: int, weights: dict[str, int], before: Mapping[str, int]
) -> Mapping[str, int]:
    return split(P, "k", total, weights).shares


@given(
    st.lists(st.integers(-1_000, 1_000), max_size=8),
    st.dictionaries(st.sampled_from(LABS), st.integers(1, 50), min_size=1, max_size=5),
)
def test_invoices_and_credit_notes_never_drift(
    documents: list[int], weights: dict[str, int]
) -> None:
    """Property 12, for one sum: credited in full, everything is back at zero."""
    check_cumulative(documents, weights)
    check_cumulative([*documents, -sum(documents)], weights)


@pytest.mark.usefixtures("mutant")
def test_splitting_each_document_by_itself_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: ten credit notes of one cent, and one lab has all ten."""

    def each(
        total: int, document: int, weights: dict[str, int], before: Mapping[str, int]
    ) -> Mapping[str, int]:
        more = split(P, "k", document, weights).shares
        return {lab: before.get(lab, 0) + cents for lab, cents in more.items()}

    monkeypatch.setitem(globals(), "shares_after", each)
    with pytest.raises(AssertionError):
        test_invoices_and_credit_notes_never_drift()
