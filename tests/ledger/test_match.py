"""What was ordered, accepted and invoiced is compared; every exception has its line and amount."""

import pytest

from fedlab.ledger.match import Billed, Exceptional, Mismatch, Tolerated, match

TEN = Billed(ordered=10_000, ordered_net=100_00, accepted=10_000, invoiced=10_000)


def found(line: Billed, tolerated: Tolerated | None = None) -> list[tuple[Exceptional, int, int]]:
    mismatches = match({1: line}, {}, tolerated)
    assert all(mismatch.line == ("article", 1) for mismatch in mismatches)
    return [(mismatch.what, mismatch.cents, mismatch.quantity) for mismatch in mismatches]


def test_what_came_as_ordered_at_the_price_ordered_is_no_exception() -> None:
    assert found(TEN._replace(invoiced_net=100_00)) == []


def test_one_broken_sheet_is_to_be_claimed() -> None:
    line = TEN._replace(accepted=9_000, invoiced_net=100_00)
    assert found(line) == [
        (Exceptional.INVOICED_BEYOND_ACCEPTED, 10_00, 1_000),
        (Exceptional.NOT_DELIVERED, 10_00, 1_000),
    ]


def test_a_credit_note_clears_the_claim() -> None:
    line = TEN._replace(accepted=9_000, invoiced=9_000, invoiced_net=90_00)
    assert [what for what, *_ in found(line)] == [Exceptional.NOT_DELIVERED]


def test_an_invoice_before_the_goods_is_an_exception_until_they_are_there() -> None:
    assert [what for what, *_ in found(TEN._replace(accepted=0, invoiced_net=100_00))] == [
        Exceptional.INVOICED_BEYOND_ACCEPTED,
        Exceptional.NOT_DELIVERED,
    ]


@pytest.mark.parametrize(
    ("net", "tolerated", "exception"),
    [
        (100_01, Tolerated(), True),
        (99_99, Tolerated(), True),
        (101_00, Tolerated(cents=100), False),
        (101_01, Tolerated(cents=100), True),
        (102_00, Tolerated(cents=100, rate=200), False),  # the larger of the two
        (102_01, Tolerated(cents=100, rate=200), True),
    ],
)
def test_a_price_beyond_what_passes_by_itself(
    net: int, tolerated: Tolerated, exception: bool
) -> None:
    assert [what for what, *_ in found(TEN._replace(invoiced_net=net), tolerated)] == (
        [Exceptional.PRICE_DIFFERS] if exception else []
    )


def test_a_price_is_compared_for_the_quantity_invoiced() -> None:
    """Half of it at half the sum is the price ordered."""
    line = TEN._replace(accepted=5_000, invoiced=5_000, invoiced_net=50_00)
    assert [what for what, *_ in found(line)] == [Exceptional.NOT_DELIVERED]


def test_what_was_never_ordered() -> None:
    assert found(Billed(accepted=1_000, invoiced=1_000, invoiced_net=5_00)) == [
        (Exceptional.NOT_ORDERED, 5_00, 1_000)
    ]


def test_freight_other_than_announced_is_the_organisers_to_waive() -> None:
    assert match({}, {1: (30_00, 35_00), 2: (10_00, 0), 3: (5_00, 5_00)}) == [
        Mismatch(Exceptional.CHARGE_DIFFERS, ("charge", 1), 5_00, 0, "organiser")
    ]
