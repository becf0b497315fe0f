"""The private journal tells what people did in sentences, in both languages."""

import pytest

from fedlab.node.web import i18n
from fedlab.node.web.access import ROUTES
from fedlab.node.web.journalwords import _told, line_of

WRITING = sorted(f"{method} {path}" for method, path in ROUTES if method not in ("GET", "HEAD"))
FR, EN = i18n.language("fr"), i18n.language("en")


def test_every_route_that_writes_has_its_sentence_and_none_is_left_over() -> None:
    others = {"login", "login refused", "login by link or card"}
    assert set(_told(EN)) - others == set(WRITING)


@pytest.mark.parametrize("route", WRITING)
def test_no_route_and_no_empty_value_shows(route: str) -> None:
    path = route.partition(" ")[2]
    for name in ("code", "number", "loan", "reminder", "lab", "name", "step", "need", "purchase"):
        path = path.replace("{" + name + "}", "7")
    for language in (FR, EN):
        line = line_of(language, route, path)
        assert "/" not in line.text and "%" not in line.text and "{" not in line.text + line.href


def test_a_line_leads_to_what_was_changed() -> None:
    line = line_of(EN, "POST /desk/item/{code}/retire", "/desk/item/SAW-1/retire")
    assert line == ("took SAW-1 out of the inventory", "/desk/item/SAW-1")
    line = line_of(FR, "POST /counter/loans/{loan}/return", "/counter/loans/12/return")
    assert line == ("a repris le prêt n°\u00a012", "/counter/loans/12")


def test_what_another_fedlab_noted_is_shown_as_it_is() -> None:
    assert line_of(EN, "POST /new/thing", "/new/thing").text == "POST /new/thing /new/thing"
