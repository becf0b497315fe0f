"""Codes made from names: the same name, the same code, always one that a fact can hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.formats.codes import code_of_name, code_of_text, known_words, numbered
from fedlab.inventory.facts import CODE_RE

TERMS = "perceuse;perceuse à colonne;œil-de-bœuf;étau;fil Dupont"
WORDS = known_words(f"drill\t\t\t{TERMS}\tscies;vis;imprimante\tCamille 3000")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Perceuse à colonne", "PERCEUSE-COLONNE"),
        ("  Œil-de-bœuf, n° 3  ", "OEIL-BOEUF"),
        ("Scies: 2", "SCIES"),
        ("Étau (x2)", "ETAU"),
        ("Vis 4x40", "VIS"),
        ("1,75 mm", "TOOL"),
        ("قاطعة ليزر", "TOOL"),
    ],
)
def test_a_code_is_what_any_workshop_might_say_of_the_thing(name: str, code: str) -> None:
    assert code_of_name(name, "tool", WORDS) == code


def test_a_code_says_nothing_personal() -> None:
    """Law 4: the name can be erased, and the code, which is in the fact, cannot."""
    for name in (
        "Perceuse de Camille Dupont",
        "Perceuse 06 12 34 56 78",
        "Perceuse camille@example.org",
    ):
        assert code_of_name(name, "tool", WORDS) == "PERCEUSE"
    assert code_of_name("Camille Martin", "skill", WORDS) == "SKILL"


def test_a_long_name_gives_a_code_that_leaves_room_for_a_number() -> None:
    code = code_of_name("imprimante " * 9, "tool", WORDS)
    assert code == "IMPRIMANTE-IMPRIMANTE"
    assert CODE_RE.fullmatch(numbered(code, 9999))


@pytest.mark.parametrize(
    ("text", "code"),
    [("ja000001", "JA000001"), ("INV 12/3", "INV-12-3"), ("a.b-c", "A.B-C"), ("##", "")],
)
def test_a_code_of_the_file_keeps_its_shape(text: str, code: str) -> None:
    assert code_of_text(text) == code


@given(st.text(), st.integers(2, 9999))
def test_every_code_can_stand_in_a_fact(text: str, number: int) -> None:
    for words in (WORDS, known_words(f"a\t\t\t{text}")):
        code = code_of_name(text, "material", words)
        assert CODE_RE.fullmatch(code)
        assert CODE_RE.fullmatch(numbered(code, number))
    given_code = code_of_text(text)
    assert not given_code or CODE_RE.fullmatch(given_code)
    assert not given_code or CODE_RE.fullmatch(numbered(given_code, number))
