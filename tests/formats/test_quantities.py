"""Numbers as people write them: understood, or unknown, never guessed."""

import pytest

from fedlab.formats.quantities import (
    Amount,
    decimal_comma,
    find_unit,
    read_days,
    read_money,
    read_quantity,
    read_yes,
)
from fedlab.inventory.facts import UNITS


@pytest.mark.parametrize(
    ("text", "thousandths", "unit"),
    [
        ("3", 3000, ""),
        ("2,5", 2500, ""),
        ("1,0", 1000, ""),
        ("0.125", 125, ""),
        ("~10", 10_000, ""),
        ("env. 20", 20_000, ""),
        ("10+", 10_000, ""),
        ("x3", 3000, ""),
        ("1 234,5", 1_234_500, ""),
        ("1\u202f234,5", 1_234_500, ""),
        ("1,234.5", 1_234_500, ""),
        ("1.234,5", 1_234_500, ""),
        ("1,234,567", 1_234_567_000, ""),
        ("2 boites", 2000, "box"),
        ("2  boîtes", 2000, "box"),
        ("3 pcs", 3000, "piece"),
        ("1,5kg", 1500, "kg"),
        ("50mg", 50, "g"),
        ("2 m²", 2000, "m2"),
        ("70 cl", 700_000, "ml"),
        ("12 (dont 2 HS)", 12_000, ""),
        ("0", 0, ""),
    ],
)
def test_an_amount_is_understood(text: str, thousandths: int, unit: str) -> None:
    assert read_quantity(text) == Amount(thousandths, unit)


@pytest.mark.parametrize(
    "text",
    [
        "NC",
        "nc",
        "",
        "-3",
        "-",
        "?",
        "Reel",
        "Reel 500",
        "250 ft",
        "10-12",
        "3 ou 4",
        "1,234",
        "ECHANTILLON",
        "s",
        "½",
        "1e999",
        "1,2,3",
        "#DIV/0!",
        "100*",
        "1.2.3,4,5",
        "9999999999999999999999999999",
    ],
)
def test_what_is_not_plainly_an_amount_is_unknown(text: str) -> None:
    assert read_quantity(text).thousandths is None


def test_a_comma_before_three_digits_is_read_as_the_file_writes_decimals() -> None:
    assert read_quantity("1,234", decimal_comma=True) == Amount(1234)
    assert read_quantity("1,234", decimal_comma=False) == Amount(1_234_000)
    assert decimal_comma(["1,234", "2,5", "x"]) is True
    assert decimal_comma(["1,234", "2.5"]) is False
    assert decimal_comma(["1,234", "7"]) is None


@pytest.mark.parametrize(
    ("text", "cents", "per"),
    [
        ("12,50 €", 1250, ""),
        ("€12.50", 1250, ""),
        ("12€50", 1250, ""),
        ("1500", 150_000, ""),
        ("1 234,50 EUR", 123_450, ""),
        ("12,50€ TTC", 1250, ""),
        ("1,500", 150_000, ""),
        ("0,316666667", 32, ""),
        ("4€ / heure", 400, "hour"),
        ("5 €/h", 500, "hour"),
        ("20 € par jour", 2000, "day"),
    ],
)
def test_a_sum_is_understood(text: str, cents: int, per: str) -> None:
    assert read_money(text) == (cents, per)


@pytest.mark.parametrize("text", ["$12", "12 CHF", "1e/ml", "100*", "gratuit", "-3", "10€ / m²"])
def test_what_is_not_plainly_euros_is_unknown(text: str) -> None:
    assert read_money(text).cents is None


def test_yes_no_and_days() -> None:
    assert [read_yes(t) for t in ("Oui", "x", "✓", "true")] == [True] * 4
    assert [read_yes(t) for t in ("non", "0", "—", "No")] == [False] * 4
    assert read_yes("peut-être") is None
    assert (read_days("2 jours"), read_days("3"), read_days("400"), read_days("un")) == (
        2,
        3,
        None,
        None,
    )


def test_units_are_those_of_the_facts() -> None:
    words = "kg g m cm mm m2 m3 l ml h j boîte sac paquet jeu paire rouleau bobine feuille planche"
    words += " bouteille pot cartouche tube pièce"
    assert {find_unit(word) for word in words.split()} == set(UNITS)
    assert find_unit("tonne") == find_unit("furlong") == ""
