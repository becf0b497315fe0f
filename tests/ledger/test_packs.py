"""Packs are filled by firm pledges, and topped up or made cheaper by tolerances."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.ledger import packs as module
from fedlab.ledger.packs import Step, counts, fewest_packs, price_of

AMOUNT = st.integers(0, 200)


@pytest.mark.parametrize(
    ("firm", "tolerance", "minimum", "packs"),
    [
        (0, 0, 1, 0),
        (0, 50, 1, 0),  # nobody is firm: tolerance alone orders nothing
        (9, 0, 1, 0),  # an unfillable remainder rounds down
        (9, 1, 1, 1),  # filled
        (10, 9, 1, 1),  # nothing left to fill
        (19, 0, 1, 1),
        (19, 1, 1, 2),
        (25, 50, 1, 3),  # five more would fill it; fifty make no further pack
        (5, 14, 2, 0),  # one short of the least that is sold
        (5, 15, 2, 2),
        (25, 0, 2, 2),
    ],
)
def test_packs_of_ten(firm: int, tolerance: int, minimum: int, packs: int) -> None:
    assert fewest_packs(firm, tolerance, 10, minimum) == packs


@given(AMOUNT, AMOUNT, st.integers(1, 30))
def test_there_is_always_somebody_for_what_is_ordered(firm: int, more: int, pack: int) -> None:
    ordered = module.fewest_packs(firm, more, pack)
    assert ordered * pack <= firm + more
    assert ordered * pack > firm - pack, "all full packs of firm pledges"
    assert ordered * pack < firm + pack, "no pack of tolerance alone"


@pytest.mark.usefixtures("mutant")
def test_a_pack_of_tolerance_alone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "fewest_packs", lambda firm, more, pack: (firm + more) // pack)
    with pytest.raises(AssertionError):
        test_there_is_always_somebody_for_what_is_ordered()


@given(AMOUNT, AMOUNT, AMOUNT, st.integers(1, 30), st.integers(1, 5))
def test_more_tolerance_never_makes_fewer_packs(
    firm: int, tolerance: int, more: int, pack: int, minimum: int
) -> None:
    less = fewest_packs(firm, tolerance, pack, minimum)
    assert fewest_packs(firm, tolerance + more, pack, minimum) >= less


LADDER = (Step(1, 10_00), Step(5, 9_00), Step(10, 7_00))


def test_the_price_is_that_of_the_step_reached() -> None:
    assert [price_of(LADDER, packs) for packs in (0, 1, 4, 5, 9, 10)] == [
        0, 10_00, 40_00, 45_00, 81_00, 70_00,
    ]  # fmt: skip


def test_more_is_taken_where_it_is_cheaper_and_tolerated() -> None:
    assert counts(90, 5, 10, LADDER) == [9]  # ten packs are not tolerated
    assert counts(90, 10, 10, LADDER) == [10, 9]  # 70.00 for ten instead of 81.00 for nine
    assert counts(40, 60, 10, LADDER) == [4, 5, 10]  # 40.00, 45.00, 70.00


@given(AMOUNT, AMOUNT, st.integers(1, 30), st.integers(1, 5))
def test_no_count_that_is_tolerated_would_be_cheaper(
    firm: int, tolerance: int, pack: int, minimum: int
) -> None:
    """Only steps are looked at, and that is enough."""
    ladder = (Step(minimum, 10_00), Step(minimum + 3, 9_00), Step(minimum + 7, 5_00))
    fewest = fewest_packs(firm, tolerance, pack, minimum)
    best = counts(firm, tolerance, pack, ladder)[0]
    every = range(fewest, (firm + tolerance) // pack + 1) if fewest else [0]
    assert price_of(ladder, best) == min(price_of(ladder, packs) for packs in every)
