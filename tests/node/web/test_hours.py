"""Opening hours in words: the everyday syntax is told, anything else is left as it was written."""

import pytest

from fedlab.node.web.hours import hours_in_words
from fedlab.node.web.i18n import language


@pytest.mark.parametrize(
    "text, fr, en",
    [
        (
            "Mo-Fr 10:00-18:00; Sa 14:00-18:00",
            ["lundi–vendredi\u00a0: 10:00–18:00", "samedi\u00a0: 14:00–18:00"],
            ["Monday–Friday: 10:00–18:00", "Saturday: 14:00–18:00"],
        ),
        (
            "Tu,Th 9:00-12:00,14:00-19:30; PH off",
            ["mardi, jeudi\u00a0: 9:00–12:00, 14:00–19:30", "jours fériés\u00a0: fermé"],
            ["Tuesday, Thursday: 9:00–12:00, 14:00–19:30", "public holidays: closed"],
        ),
        ("09:00-17:00", ["tous les jours\u00a0: 09:00–17:00"], ["every day: 09:00–17:00"]),
        ("24/7", ["jour et nuit, tous les jours"], ["day and night, every day"]),
    ],
)
def test_hours_are_told(text: str, fr: list[str], en: list[str]) -> None:
    assert (hours_in_words(language("fr"), text), hours_in_words(language("en"), text)) == (fr, en)


@pytest.mark.parametrize(
    "text", ["", "sur rendez-vous", "Mo-Fr 10:00-18:00; week 1-10 Sa", "Mo-Fr " * 200, "<b>"]
)
def test_what_is_not_understood_is_left(text: str) -> None:
    assert hours_in_words(language("fr"), text) == [text]
