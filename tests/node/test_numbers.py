"""Numbers of forms and addresses: read one way, and written so that they are read again."""

import pytest

from fedlab.node.numbers import decimal, spelled, whole


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("42", 42), ("9" * 15, 10**15 - 1)])
def test_whole_numbers_are_read(text: str, number: int) -> None:
    assert whole(text) == number


@pytest.mark.parametrize("text", ["", " 1", "-1", "+1", "1.0", "1_000", "²", "٧", "9" * 16, "1\n"])
def test_what_is_no_whole_number_is_none(text: str) -> None:
    assert whole(text) is None


@pytest.mark.parametrize(
    ("text", "digits", "number"),
    [("2", 3, 2000), ("2,5", 3, 2500), ("1 234.50", 2, 123_450), ("1\u202f000", 0, 1000)],
)
def test_decimals_are_read_as_people_type_them(text: str, digits: int, number: int) -> None:
    assert decimal(text, digits) == number


@pytest.mark.parametrize("text", ["", ",5", "5,", "1,234.50", "1.005", "-1", "NaN", "1e3", "١"])
def test_what_is_no_amount_is_none(text: str) -> None:
    assert decimal(text, 2) is None


@pytest.mark.parametrize("number", [0, 1, 10, 100, 1000, 1001, 1050, 123_456])
def test_what_is_written_is_read_again(number: int) -> None:
    assert decimal(spelled(number), 3) == number
    assert not spelled(number).endswith(".")
