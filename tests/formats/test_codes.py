"""Codes made from names: the same name, the same code, always one that a fact can hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.formats.codes import code_of_name, code_of_text, numbered
from fedlab.inventory.facts import CODE_RE


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Perceuse à colonne", "PERCEUSE-A-COLONNE"),
        ("  Œil-de-bœuf, n° 3  ", "OEIL-DE-BOEUF-NO-3"),
        ("Scies: 2", "SCIES"),
        ("Scies : 12", "SCIES"),
        ("Étau (x2)", "ETAU"),
        ("Vis 4x40", "VIS-4X40"),
        ("1,75 mm", "1-75-MM"),
    ],
)
def test_a_code_is_the_name_in_capitals(name: str, code: str) -> None:
    assert code_of_name(name) == code


def test_a_long_name_is_cut_and_told_apart_from_its_likes() -> None:
    one = code_of_name("Imprimante 3D à assembler en classe")
    other = code_of_name("Imprimante 3D à assembler en famille")
    assert one.startswith("IMPRIMANTE-3D-A-") and len(one) <= 27
    assert one != other
    assert code_of_name("قاطعة ليزر").startswith("ITEM-")


@pytest.mark.parametrize(
    ("text", "code"),
    [("ja000001", "JA000001"), ("INV 12/3", "INV-12-3"), ("a.b-c", "A.B-C"), ("##", "")],
)
def test_a_code_of_the_file_keeps_its_shape(text: str, code: str) -> None:
    assert code_of_text(text) == code


@given(st.text(), st.integers(2, 9999))
def test_every_code_can_stand_in_a_fact(text: str, number: int) -> None:
    code = code_of_name(text)
    assert CODE_RE.fullmatch(code)
    assert CODE_RE.fullmatch(numbered(code, number))
    assert code_of_name(text) == code
    given_code = code_of_text(text)
    assert not given_code or CODE_RE.fullmatch(given_code)
    assert not given_code or CODE_RE.fullmatch(numbered(given_code, number))
