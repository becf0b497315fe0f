"""How people name labs and items, and which one is meant."""

import pytest

from fedlab.node.errors import BadRequestError, NotFoundError
from fedlab.node.service.names import item_parts, lab_to_read, lab_to_write

BREST = "ab12" + "0" * 60
RENNES = "ab34" + "0" * 60
PARIS = "cd56" + "0" * 60
NAMES = {BREST: "Fabrique", RENNES: "Atelier", PARIS: "Atelier"}


@pytest.mark.parametrize("text", [BREST, BREST.upper(), "ab12", "Fabrique", " Fabrique "])
def test_a_reader_takes_an_id_a_prefix_or_the_exact_name(text: str) -> None:
    assert lab_to_read(text, NAMES) == BREST


@pytest.mark.parametrize("text", ["fabrique", "Fab", "ab1", "ef00", ""])
def test_a_reader_takes_nothing_vaguer(text: str) -> None:
    with pytest.raises(NotFoundError):
        lab_to_read(text, NAMES)


def test_a_reader_is_told_of_all_that_it_could_have_meant() -> None:
    with pytest.raises(BadRequestError, match=r"ab34.*cd56"):
        lab_to_read("Atelier", NAMES)


def test_an_exact_name_wins_over_a_prefix() -> None:
    assert lab_to_read("ab12", {**NAMES, PARIS: "ab12"}) == PARIS


def test_a_writer_takes_a_full_id_even_of_a_lab_never_seen() -> None:
    assert lab_to_write("99" * 32, NAMES, frozenset()) == "99" * 32


def test_a_writer_takes_only_names_that_this_lab_vouched_for() -> None:
    """A stranger may call itself anything: it must not be let in under a neighbour's name."""
    assert lab_to_write("Atelier", NAMES, frozenset({RENNES})) == RENNES
    with pytest.raises(NotFoundError):
        lab_to_write("Fabrique", NAMES, frozenset({RENNES}))
    with pytest.raises(NotFoundError):
        lab_to_write("ab12", NAMES, frozenset({BREST}))
    with pytest.raises(BadRequestError):
        lab_to_write("Atelier", NAMES, frozenset({RENNES, PARIS}))


def test_a_writer_refused_a_name_known_here_is_told_the_full_id() -> None:
    with pytest.raises(NotFoundError) as refused:
        lab_to_write("Fabrique", NAMES, frozenset())
    assert BREST in refused.value.hint
    with pytest.raises(NotFoundError) as refused:
        lab_to_write("Nobody", NAMES, frozenset())
    assert "64 hex digits" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "lab", "code"),
    [
        ("laser-1", None, "LASER-1"),
        ("Fabrique/laser-1", "Fabrique", "LASER-1"),
        ("Atelier 1/2/x", "Atelier 1/2", "X"),
        (f"{BREST}/A.B", BREST, "A.B"),
    ],
)
def test_an_item_is_a_code_after_its_lab_if_any(text: str, lab: str | None, code: str) -> None:
    assert item_parts(text) == (lab, code)


@pytest.mark.parametrize("text", ["", "-x", "é", "a b", "x/", "A" * 33, ".x"])
def test_a_code_that_cannot_be_one_is_refused_with_the_rule(text: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        item_parts(text)
    assert "1 to 32 of A-Z 0-9 - ." in refused.value.hint
