"""French and English: nothing untranslated, nothing left over, French spacing, dates and money."""

import re

import pytest
from babel.messages.extract import extract_from_dir

from fedlab.node.web import i18n, words
from tests.conftest import REPO

WEB = REPO / "fedlab" / "node" / "web"
NO_BREAK = "\u00a0\u202f"


def said() -> set[str]:
    """Every message that templates and code say (the first form of a plural)."""
    found = extract_from_dir(
        WEB,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")],
        keywords={"_": None, "gettext": None, "ngettext": (1, 2)},
    )
    return {m[2][0] if isinstance(m[2], tuple) else m[2] for m in found}


def test_every_message_has_its_french_and_none_is_left_over() -> None:
    assert said() == set(i18n.language("fr").messages)


def test_the_check_sees_a_missing_message() -> None:
    """Negative control: a catalogue short of one message would fail the test above."""
    french = dict(i18n.language("fr").messages)
    french.pop("Search")
    assert said() != set(french)


@pytest.mark.parametrize("message", sorted(i18n.language("fr").messages))
def test_french_punctuation_keeps_to_its_word(message: str) -> None:
    for form in i18n.language("fr").messages[message]:
        words = re.sub(r"https?://\S+|\d\d:\d\d", "", form)  # addresses, hours as one types them
        for mark in re.finditer(r"(.?)([?!:;»])", words):
            assert mark[1] in NO_BREAK, form
        for mark in re.finditer(r"«(.?)", form):
            assert mark[1] in NO_BREAK, form
        assert "'" not in form, f"a typographic apostrophe: {form}"


@pytest.mark.parametrize("message", sorted(i18n.language("fr").messages))
def test_a_translation_keeps_every_value(message: str) -> None:
    names = set(re.findall(r"%\((\w+)\)s", message))
    for form in i18n.language("fr").messages[message]:
        assert set(re.findall(r"%\((\w+)\)s", form)) == names


@pytest.mark.parametrize(
    "asked, cookie, accept, expected",
    [
        (None, None, "", "fr"),
        (None, None, "en-GB,en;q=0.9,fr;q=0.8", "en"),
        (None, None, "de,en;q=0.5,fr;q=0.7", "fr"),
        (None, "en", "fr", "en"),
        ("fr", "en", "en", "fr"),
        ("xx", None, "en", "en"),
        (None, None, "fr;q=zzz,en", "en"),
        (None, None, "de", "fr"),
    ],
)
def test_the_language_is_the_one_asked_for(
    asked: str | None, cookie: str | None, accept: str, expected: str
) -> None:
    assert i18n.negotiate(asked, cookie, accept, "fr").code == expected


def test_numbers_money_and_times_read_as_people_write_them() -> None:
    fr, en = i18n.language("fr"), i18n.language("en")
    assert fr.money(123450) == "1\u202f234,50\u00a0€"
    assert en.money(123450) == "€1,234.50"
    assert words.quantity_text(fr, 2500, "m2") == "2,5\u00a0m²"
    assert [words.quantity_text(fr, n, "roll") for n in (1000, 1500, 2000)] == [
        "1 rouleau",
        "1,5 rouleau",
        "2 rouleaux",
    ]
    assert words.quantity_text(en, 4000, "piece") == "4"
    assert words.quantity_text(fr, None, "kg") == "quantité inconnue"
    assert (fr.distance(3.14159), fr.distance(507.2)) == ("3,1 km", "507 km")
    assert (fr.ago(3 * 3600), en.ago(3 * 3600)) == ("il y a 3 heures", "3 hours ago")
    assert fr.ngettext("%(count)s item", "%(count)s items", 0) == "0 ressource"
    assert en.ngettext("%(count)s item", "%(count)s items", 0) == "0 items"
