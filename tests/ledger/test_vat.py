"""VAT is the document's; a document that does not add up is told where."""

import pytest

from fedlab.ledger.vat import Net, RateSum, Wrong, check_document, vat_of


@pytest.mark.parametrize(
    ("net", "rate", "vat"),
    [(100_00, 2000, 20_00), (10, 550, 1), (5, 1000, 1), (4, 1000, 0), (-5, 1000, -1), (0, 2000, 0)],
)
def test_half_a_cent_is_rounded_away_from_zero(net: int, rate: int, vat: int) -> None:
    assert vat_of(net, rate) == vat


LINES = [Net(33_33, 2000), Net(33_33, 2000), Net(33_33, 2000), Net(18_00, 550)]


def test_a_document_that_rounds_each_sum_and_one_that_rounds_each_line_are_both_right() -> None:
    assert vat_of(99_99, 2000) == 20_00 and 3 * vat_of(33_33, 2000) == 20_01
    for vat in (20_00, 20_01):
        stated = {2000: RateSum(99_99, vat), 550: RateSum(18_00, 99)}
        assert check_document(LINES, stated) == []


def test_what_does_not_add_up_is_named_with_its_rate() -> None:
    stated = {2000: RateSum(100_00, 20_00), 550: RateSum(18_00, 1_80), 210: RateSum(1_00, 2)}
    assert check_document(LINES, stated) == [
        Wrong("net", 210, 1_00, 0),
        Wrong("vat", 550, 1_80, 99),
        Wrong("net", 2000, 100_00, 99_99),
    ]


def test_a_rate_that_the_document_does_not_state_is_missed() -> None:
    assert check_document(LINES, {2000: RateSum(99_99, 20_00)}) == [
        Wrong("net", 550, 0, 18_00),
    ]
