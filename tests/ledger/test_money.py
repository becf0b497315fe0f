"""Typed sums of money become cents, or are refused with the reason; none is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.ledger import money
from fedlab.ledger.money import AmountError, parse_amount, spell_amount
from fedlab.protocol.limits import MONEY_MAX

NNBSP, NBSP = "\u202f", "\u00a0"  # what French typesetting puts between thousands, and before €


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("60,01", 6_001),
        ("60.01", 6_001),
        ("60", 6_000),
        ("60,5", 6_050),
        (f"1{NNBSP}234,56{NBSP}€", 123_456),
        ("1 234,56 euros", 123_456),
        ("€1,234.56", 123_456),
        ("EUR 1.234,56", 123_456),
        ("1,234,567", 123_456_700),
        ("1 234", 123_400),
        ("0", 0),
        ("0,00", 0),
        ("12.", 1_200),
        ("1000000000", MONEY_MAX),
    ],
)
def test_sums_are_read_as_they_are_typed_in_french_and_in_english(text: str, cents: int) -> None:
    assert parse_amount(text) == cents


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (NBSP, "empty"),
        ("1,234", "ambiguous"),
        ("1.234", "ambiguous"),
        ("12,345 €", "ambiguous"),
        ("0,123", "third_decimal"),
        ("1234.567", "third_decimal"),
        ("1 234,567", "third_decimal"),
        ("1,234.567", "third_decimal"),
        ("-3", "negative"),
        ("−3,00 €", "negative"),
        ("(3,00)", "negative"),
        ("€-3", "negative"),
        ("5 USD", "currency"),
        ("$5", "currency"),
        ("5 € 3 CHF", "currency"),
        ("5 kr", "currency"),
        ("3€50", "not_a_number"),
        ("1 2345", "not_a_number"),
        ("12 34", "not_a_number"),
        ("1,2,3", "not_a_number"),
        ("1e3", "currency"),
        ("٣", "not_a_number"),
        ("²", "not_a_number"),
        ("3+4", "not_a_number"),
        (",5", "not_a_number"),
        ("1000000000,01", "too_large"),
        ("9" * 5000, "too_large"),
    ],
)
def test_what_is_no_sum_or_could_be_two_is_refused(text: str, reason: str) -> None:
    with pytest.raises(AmountError) as refused:
        parse_amount(text)
    assert refused.value.reason == reason
    assert refused.value.hint


def test_a_purchase_in_francs_takes_francs_alone() -> None:
    assert parse_amount("12.50 CHF", "CHF") == parse_amount("12,50", "CHF") == 1_250
    with pytest.raises(AmountError):
        parse_amount("12.50 €", "CHF")


@given(st.integers(min_value=0, max_value=MONEY_MAX))
def test_every_sum_is_read_back_however_it_is_written(cents: int) -> None:
    english = f"€{cents // 100:,}.{cents % 100:02}"
    french = english[1:].replace(",", NNBSP).replace(".", ",") + f"{NBSP}€"
    assert parse_amount(english) == parse_amount(french) == cents
    assert parse_amount(spell_amount(cents)) == cents


def test_a_reader_that_rounds_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: decimals beyond the second are dropped."""

    def rounding(text: str, number: str) -> int:
        whole, _, decimals = number.replace(",", ".").partition(".")
        return int(whole) * 100 + int(decimals[:2].ljust(2, "0"))

    monkeypatch.setattr(money, "_cents", rounding)
    with pytest.raises(pytest.fail.Exception):
        test_what_is_no_sum_or_could_be_two_is_refused("0,123", "third_decimal")


def test_cents_are_spelled_for_messages_and_files() -> None:
    assert [spell_amount(cents) for cents in (0, 5, 6001, -120)] == [
        "0.00",
        "0.05",
        "60.01",
        "-1.20",
    ]
