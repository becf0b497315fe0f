"""References and IBANs: what is copied wrongly is found."""

from string import ascii_uppercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.ledger.checkdigits import read_iban, read_reference, reference_of

SIGNS = digits + ascii_uppercase
BODIES = st.text(SIGNS, min_size=1, max_size=21)


@pytest.mark.parametrize("text", ["RF18 5390 0754 7034", "rf18539007547034", "RF18539007547034"])
def test_the_example_of_the_standard(text: str) -> None:
    assert read_reference(text) == "RF18539007547034" == reference_of("539007547034")


@pytest.mark.parametrize("text", ["", "RF", "RF18", "RF18é", "!", "RF19539007547034", "18539007"])
def test_what_is_no_reference(text: str) -> None:
    assert read_reference(text) is None


@given(BODIES)
def test_a_reference_is_read_as_it_was_made(body: str) -> None:
    assert read_reference(reference_of(body)) == reference_of(body)


@given(BODIES, st.data())
def test_one_wrong_sign_is_found(body: str, data: st.DataObject) -> None:
    made = reference_of(body)
    at = data.draw(st.integers(2, len(made) - 1))
    wrong = data.draw(st.sampled_from([sign for sign in SIGNS if sign != made[at]]))
    assert read_reference(made[:at] + wrong + made[at + 1 :]) is None


def test_ibans() -> None:
    iban = "FR1420041010050500013M02606"
    assert read_iban("FR14 2004 1010 0505 0001 3M02 606") == iban
    assert read_iban("DE89 3704 0044 0532 0130 00") == "DE89370400440532013000"
    assert read_iban(iban.replace("5000", "0500")) is None, "two neighbours changed places"
    assert read_iban(iban[:-1]) is None and read_iban("") is None and read_iban("FR76") is None
