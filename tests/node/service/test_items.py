"""Items: added, changed, held, released, retired; everybody's are shown alike."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fedlab.inventory.facts import ItemHold
from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.service import Service
from fedlab.node.writer import Draft
from tests.node.labs import ask, opened_lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path, "Atelier", place=(48.0, 2.0)) as service:
        yield service


def add(lab: Service, name: str, code: str | None = None, **change: Any) -> str:
    params = {"change": {"name": name, **change}} | ({"code": code} if code else {})
    item: str = ask(lab, "item_add", **params)["item"]
    return item


def test_an_item_says_back_what_was_said(lab: Service) -> None:
    item = add(
        lab,
        "Perceuse",
        "p-1",
        kind="tool",
        quantity=2500,
        unit="kg",
        terms=["use", "lend"],
        price=1250,
        buffer=2,
        tags=["bois", "métal"],
        brand="Bosch",
        training=["CERT-1"],
        parts={"B-2": 1000, "B-1": 2000},
        more={"Alimentation": "230 V"},
    )
    shown = ask(lab, "item_show", item=item)
    expected = {
        "item": f"{lab.store.lab}/P-1",
        "code": "P-1",
        "lab_name": "Atelier",
        "name": "Perceuse",
        "quantity": 2500,
        "unit": "kg",
        "terms": ["lend", "use"],
        "price": 1250,
        "buffer": 2,
        "tags": ["bois", "métal"],
        "brand": "Bosch",
        "lang": "fr",
        "training": ["CERT-1"],
        "parts": {"B-1": 2000, "B-2": 1000},
        "more": {"Alimentation": "230 V"},
        "distance_km": 0.0,
        "age_s": 0,
    }
    assert {name: shown[name] for name in expected} == expected


def test_a_change_leaves_the_rest_and_none_clears(lab: Service) -> None:
    item = add(lab, "Scie", "S-1", brand="Makita", quantity=1000, price=500, terms=["lend"])
    ask(lab, "item_set", item="s-1", change={"brand": "", "price": None, "place": "Mur"})
    shown = ask(lab, "item_show", item=item)
    assert (shown["name"], shown["quantity"], shown["terms"]) == ("Scie", 1000, ["lend"])
    assert (shown["brand"], shown["price"], shown["place"]) == ("", None, "Mur")


def test_codes_are_made_from_names_and_never_clash(lab: Service) -> None:
    codes = [add(lab, "Étau de mécanicien").partition("/")[2] for _ in range(3)]
    assert codes == ["ETAU-MECANICIEN", "ETAU-MECANICIEN-2", "ETAU-MECANICIEN-3"]


def test_a_made_up_code_says_nothing_personal(lab: Service) -> None:
    """Law 4: the name can be erased, and the code, which stands in the fact, cannot."""
    assert add(lab, "Perceuse de Camille Dupont, 06 12 34 56 78").endswith("/PERCEUSE")


def test_a_taken_code_is_refused_until_its_item_is_retired(lab: Service) -> None:
    add(lab, "Tour", "T-1")
    with pytest.raises(ConflictError):
        add(lab, "Autre tour", "t-1")
    ask(lab, "item_retire", item="T-1")
    assert ask(lab, "item_list")["items"] == []
    add(lab, "Autre tour", "t-1")
    assert [item["name"] for item in ask(lab, "item_list")["items"]] == ["Autre tour"]


def test_a_hold_takes_a_quantity_out_of_the_calendar_until_released(lab: Service) -> None:
    item = add(lab, "Escabeau", "E-1", quantity=3000)
    held = ask(
        lab, "item_hold", item="E-1", day_from="2026-05-04", day_to="2026-05-08", quantity=2000
    )
    assert (held["item"], held["from"], held["to"], held["quantity"]) == (
        item,
        "2026-05-04",
        "2026-05-08",
        2000,
    )
    days = {"date_from": "2026-05-01", "date_to": "2026-05-31"}
    assert ask(lab, "item_show", item="E-1", **days)["free"] == [
        {"from": "2026-05-01", "to": "2026-05-03", "quantity": 3000},
        {"from": "2026-05-04", "to": "2026-05-08", "quantity": 1000},
        {"from": "2026-05-09", "to": "2026-05-31", "quantity": 3000},
    ]
    ask(lab, "item_release", hold=held["hold"][:8])
    assert ask(lab, "item_show", item="E-1", **days)["free"] == [
        {"from": "2026-05-01", "to": "2026-05-31", "quantity": 3000}
    ]


def test_more_than_there_is_cannot_be_held(lab: Service) -> None:
    days = {"day_from": "2026-05-04", "day_to": "2026-05-08"}
    add(lab, "Escabeau", "E-1", quantity=1500)
    with pytest.raises(ConflictError, match=r"only 1\.5 of E-1, not 5$"):
        ask(lab, "item_hold", item="E-1", quantity=5000, **days)
    ask(lab, "item_hold", item="E-1", quantity=1500, **days)
    add(lab, "Vis", "V-1")  # nobody knows how many
    ask(lab, "item_hold", item="V-1", quantity=5000, **days)


def test_what_another_labs_log_says_of_more_is_folded_as_ever(lab: Service) -> None:
    """The check is of our own commands: a fact that is there already is what it is."""
    add(lab, "Escabeau", "E-1", quantity=1000)
    hold = ItemHold(
        by="", e=0, n=0, at=0, code="E-1", day_from="2026-05-04", quantity=5000, reason="lent"
    )
    lab.opened.append_one(Draft(hold))
    days = {"date_from": "2026-05-04", "date_to": "2026-05-04"}
    assert [span["quantity"] for span in ask(lab, "item_show", item="E-1", **days)["free"]] == [0]


def test_an_item_that_comes_back_is_said_to(lab: Service) -> None:
    add(lab, "Tour", "T-1")
    assert not ask(lab, "item_set", item="T-1", change={"place": "Garage"})["revived"]
    ask(lab, "item_retire", item="T-1")
    assert ask(lab, "item_set", item="T-1", change={"place": "Cave"})["revived"]
    (item,) = ask(lab, "item_list")["items"]
    assert (item["name"], item["place"]) == ("Tour", "Cave")
    ask(lab, "item_retire", item="T-1")
    assert ask(lab, "item_add", code="T-1", change={"name": "Tour à bois"})["revived"]


def test_a_release_by_item_needs_to_know_which_hold(lab: Service) -> None:
    add(lab, "Escabeau", "E-1", quantity=3000)
    with pytest.raises(ConflictError, match="nothing holds E-1"):
        ask(lab, "item_release", hold="E-1")
    for day in ("2026-05-04", "2026-06-04"):
        ask(lab, "item_hold", item="E-1", day_from=day, day_to=day)
    with pytest.raises(BadRequestError, match="E-1 has 2 holds"):
        ask(lab, "item_release", hold="E-1")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kind": "hammer"}, "kind"),
        ({"terms": ["steal"]}, "terms"),
        ({"unit": "furlong"}, "unit"),
        ({"quantity": -1}, "quantity"),
        ({"buffer": 1000}, "buffer"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_said_is_refused_naming_the_field(
    lab: Service, change: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadRequestError, match=named):
        add(lab, "Chose", **change)
    assert ask(lab, "item_list")["items"] == []


def test_days_that_are_none_are_refused(lab: Service) -> None:
    add(lab, "Chose", "C-1")
    with pytest.raises(BadRequestError):
        ask(lab, "item_hold", item="C-1", day_from="2026-02-30", day_to="2026-03-01")
    with pytest.raises(BadRequestError):
        ask(lab, "item_hold", item="C-1", day_from="2026-03-02", day_to="2026-03-01")


def test_only_this_labs_items_can_be_changed(lab: Service) -> None:
    with pytest.raises(BadRequestError, match="only the lab that owns"):
        ask(lab, "item_retire", item=f"{'ab' * 32}/X-1")
    with pytest.raises(NotFoundError):
        ask(lab, "item_seen", item="X-1")
    with pytest.raises(NotFoundError):
        ask(lab, "item_show", item="X-1")


def test_an_item_needs_a_name(lab: Service) -> None:
    with pytest.raises(BadRequestError, match="needs a name"):
        add(lab, "  ")


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        ({"kind": "wood"}, "kind cannot be 'wood'", "use material, skill, tool"),
        ({"terms": ["use", "prêter"]}, "terms cannot be 'prêter'", "use give, help, lend, "),
        ({"unit": "furlong"}, "unit cannot be 'furlong'", "use bag, board, "),
    ],
)
def test_a_word_of_no_list_is_named_with_the_words_that_are(
    lab: Service, change: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(BadRequestError) as refused:
        add(lab, "Bois", **change)
    assert refused.value.message == message
    assert refused.value.hint.startswith(hint)


def test_a_hold_for_a_reason_of_no_list_is_told_which_there_are(lab: Service) -> None:
    item = add(lab, "Tour", "t-1")
    with pytest.raises(BadRequestError, match="reason cannot be 'révision'") as refused:
        ask(lab, "item_hold", item=item, day_from="2026-12-01", day_to="2026-12-02",
            reason="révision")  # fmt: skip
    assert "maintenance" in refused.value.hint


@pytest.mark.parametrize(("limit", "listed"), [(10**21, 2), (1, 1), (0, 0), (-1, 0)])
def test_a_list_of_any_length_may_be_asked_for(lab: Service, limit: int, listed: int) -> None:
    add(lab, "Perceuse")
    add(lab, "Scie")
    assert len(lab.items.list(limit=limit).items) == listed
