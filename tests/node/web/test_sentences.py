"""What the service says reaches a page in its language, whichever way it came."""

import re

import pytest

from fedlab.node.errors import ConflictError, explain
from fedlab.node.web import i18n
from fedlab.node.web.sentences import catalogue, told, translated
from tests.node.web.said import templates

FR, EN = i18n.language("fr"), i18n.language("en")
NO_BREAK = "\u00a0\u202f"


def test_every_sentence_that_a_page_may_show_has_its_french() -> None:
    missing = {text: where for text, where in templates().items() if text not in catalogue("fr")}
    assert not missing


def test_no_french_is_left_over() -> None:
    assert not set(catalogue("fr")) - set(templates())


def test_the_walk_finds_what_the_code_says() -> None:
    """Negative control: a sentence with a value, a constant's, a hint, a row's and a table's."""
    found = templates()
    assert "there are only {0} of {1}, not {2}" in found
    assert "save it again as CSV with the encoding UTF-8, or as XLSX or ODS" in found
    assert "is a total, not an item: {0}" in found
    assert "the database is damaged" in found
    assert len(found) > 300


@pytest.mark.parametrize("english", sorted(catalogue("fr")))
def test_a_sentence_is_read_back_as_itself(english: str) -> None:
    values = dict(enumerate(["DRILL-1", "2026-01-01", "2026-02-02", "7"]))
    text = re.sub(r"\{(\d)\}", lambda match: values[int(match[1])], english)
    french = translated(FR, text)
    assert french is not None
    expected = re.sub(r"\{(\d)\}", lambda m: values[int(m[1])], catalogue("fr")[english])
    assert french == expected


@pytest.mark.parametrize("french", sorted(catalogue("fr").values()))
def test_french_is_spaced_as_french(french: str) -> None:
    words = re.sub(r"https?://|`[^`]*`", "", french)
    for mark in re.finditer(r"(.?)([?!:;»])", words):
        assert mark[1] in NO_BREAK, french
    for mark in re.finditer(r"«(.?)", words):
        assert mark[1] in NO_BREAK, french
    assert "'" not in french


def test_values_stay_and_what_was_typed_is_quoted_as_one_does() -> None:
    text = "no item is known as 'perceuse'"
    assert translated(FR, text) == "aucune ressource connue sous le code «\u00a0perceuse\u00a0»"
    assert translated(EN, text) == text


def test_a_sentence_within_a_sentence_is_translated_too() -> None:
    assert translated(FR, "liste.csv: the file is empty") == "liste.csv\u00a0: le fichier est vide"


def test_what_is_unknown_is_marked_as_english_and_never_trusted() -> None:
    assert told(FR, "<script>") == '<span lang="en">&lt;script&gt;.</span>'
    assert told(FR, "no item is known as '<b>'").endswith("«\u00a0&lt;b&gt;\u00a0».")


def test_message_and_hint_are_two_sentences() -> None:
    error = explain(ConflictError("this lab has an account already", "sign in with it"))
    assert told(FR, error.message, error.hint) == (
        "Ce lab a déjà un compte. Connectez-vous avec celui-ci."
    )
    assert told(EN, error.message, "") == "This lab has an account already."
