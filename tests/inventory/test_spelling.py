"""Words that were probably meant."""

import pytest

from fedlab.inventory.spelling import Slips, Speller, letters_between

WORDS = (
    "perceuse", "ponceuse", "imprimante", "oscilloscope", "multimetre", "laser", "lame", "scie",
    "scies",
)  # fmt: skip


@pytest.fixture(scope="module")
def speller() -> Speller:
    speller = Speller()
    speller.add(WORDS)
    return speller


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("perseuse", "perceuse"),
        ("percuese", "perceuse"),
        ("imprimente", "imprimante"),
        ("lazer", "laser"),
        ("ocsilloscope", "oscilloscope"),
        ("mutimetr", "multimetre"),
    ],
)
def test_one_or_two_wrong_letters_are_forgiven(speller: Speller, typed: str, meant: str) -> None:
    assert speller.guesses(typed, 1)[0].word == meant


@pytest.mark.parametrize("typed", ["ecs", "kayak", "prenceuze", "12345", ""])
def test_short_and_strange_words_are_left_alone(speller: Speller, typed: str) -> None:
    assert speller.guesses(typed, 3) == []


def test_what_sounds_alike_is_nearer() -> None:
    speller = Speller()
    speller.add(["lamer", "laser"])
    assert [guess.word for guess in speller.guesses("lazer", 2)] == ["laser", "lamer"]


@pytest.mark.parametrize(
    ("one", "two", "letters"),
    [("laser", "laser", 0), ("laser", "lasre", 1), ("laser", "lazers", 2), ("scie", "tour", 3)],
)
def test_letters_are_counted_with_swaps_as_one(one: str, two: str, letters: int) -> None:
    assert letters_between(one, two, 2) == letters


def test_slips_find_the_one_word_meant() -> None:
    slips = Slips(["decoupeus", "imprimant", "sci"])
    assert slips.meant("decoupeuz") == "decoupeus"
    assert slips.meant("imprimannt") == "imprimant"
    assert slips.meant("sco") is None
    assert slips.meant("recoupeus") is None, "the first letter is seldom wrong"
