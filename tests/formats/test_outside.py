"""What maps read: Open Know-Where 1.0, SpaceAPI 15 and LaMednum 1.0.1, as their documents say."""

import csv
import io
import re
from typing import Any

import msgspec
import pytest

from fedlab.formats.lamednum import COLUMNS, SUMMARY_CHARS_MAX, lamednum
from fedlab.formats.okw import okw
from fedlab.formats.places import Address, read_address, read_emails, read_phone
from fedlab.formats.spaceapi import space_api
from fedlab.inventory.catalogue import ItemView, LabView

LAB = LabView(
    lab="ab" * 32,
    name="Les Fabriques du Ponant",
    description="Un fablab au lycée Vauban.",
    kind="fab_lab",
    form="association",
    mobility="fixed",
    lat=48.4065,
    lon=-4.4987,
    address="40 rue Jules Lesven, 29200 Brest",
    hours="Tu-Fr 14:00-18:00; Sa 10:00-12:00",
    contact="contact@ponant.example ou 02 98 00 00 00",
    url="https://ponant.example",
    lang="fr",
    updated_at=1_790_000_000,
)
EMPTY = LabView(lab="cd" * 32, name="cdcdcdcd")
NODE = "https://ponant.example:7390"


def item(**fields: Any) -> ItemView:
    said: dict[str, Any] = {
        "item": f"{LAB.lab}/LASER", "lab": LAB.lab, "lab_name": LAB.name, "code": "LASER",
        "kind": "tool", "name": "Découpeuse laser", "updated_at": 1_790_000_000,
        "seen_at": 1_790_100_000,
    }  # fmt: skip
    return ItemView(**(said | fields))


# --- what people write ---


@pytest.mark.parametrize(
    "text, parts",
    [
        ("2 rue Borda, 29200 Brest", ("2 rue Borda", "29200", "Brest")),
        ("2 rue Borda\n29200 Brest\nFrance", ("2 rue Borda", "29200", "Brest")),
        ("29200  Brest", ("", "29200", "Brest")),
        ("01000 Bourg-en-Bresse", ("", "01000", "Bourg-en-Bresse")),
        ("12345 route des Crêtes, 06000 Nice", ("12345 route des Crêtes", "06000", "Nice")),
        ("derrière la mairie", ("derrière la mairie", "", "")),
        ("", ("", "", "")),
    ],
)
def test_an_address_is_taken_apart_where_it_shows_its_parts(
    text: str, parts: tuple[str, str, str]
) -> None:
    assert read_address(text) == Address(*parts)


@pytest.mark.parametrize(
    "text, number",
    [
        ("02 98 00 00 00", "+33298000000"),
        ("+33 (0)2.98.00.00.00", "+33298000000"),
        ("0033298000000", "+33298000000"),
        ("SIRET 43493312300029", ""),
        ("29200 Brest", ""),
    ],
)
def test_a_telephone_number_has_one_spelling(text: str, number: str) -> None:
    assert read_phone(text) == number


def test_addresses_of_mail_are_found_each_once() -> None:
    assert read_emails("a@b.fr, c.d@e.org. a@b.fr @nobody") == ["a@b.fr", "c.d@e.org"]


def test_a_long_hostile_text_takes_no_time() -> None:
    """Others wrote these texts: no pattern may go over them again and again."""
    for text in ("Mo," * 6_000 + "!", "a." * 9_000, "0" * 20_000, "29200 " * 3_000):
        lab = msgspec.structs.replace(LAB, hours=text, contact=text, address=text)
        assert lamednum([lab], "x") and okw(lab, [], NODE) and space_api(lab, [], NODE)


# --- Open Know-Where ---


def test_a_lab_is_a_facility_with_its_equipment() -> None:
    found = okw(LAB, [item(brand="Trotec", model="Speedy 100", quantity=2000)], NODE)
    assert (found["name"], found["facilityStatus"]) == (LAB.name, "Active")
    assert found["location"] == {
        "address": {"street": "40 rue Jules Lesven", "city": "Brest", "postcode": "29200"},
        "gpsCoordinates": {"latitude": 48.4065, "longitude": -4.4987},
    }
    assert found["contact"]["contact"] == {
        "landline": "+33298000000",
        "email": "contact@ponant.example",
    }
    assert found["equipment"] == [
        {
            "name": "Découpeuse laser",
            "url": f"{NODE}/I/{LAB.lab}/LASER",
            "make": "Trotec",
            "model": "Speedy 100",
            "quantity": 2,
            "lastUpdated": "2026-09-21",
            "dateVerified": "2026-09-22",
        }
    ]


def test_materials_and_skills_have_their_own_places_and_what_is_gone_has_none() -> None:
    offered = [
        item(kind="material", name="Contreplaqué", unit="m2", quantity=2500),
        item(kind="skill", name="Soudure"),
        item(name="Tour", retired=True),
    ]
    found = okw(LAB, offered, NODE)
    assert [one["name"] for one in found["typicalMaterials"]] == ["Contreplaqué"]
    assert found["services"] == ["Soudure"]
    assert "equipment" not in found


def test_half_a_metre_is_not_a_number_of_machines() -> None:
    for unit, quantity in (("m", 2000), ("piece", 500), ("piece", None)):
        (tool,) = okw(LAB, [item(unit=unit, quantity=quantity)], NODE)["equipment"]
        assert "quantity" not in tool


def test_nothing_is_claimed_of_a_lab_that_says_nothing() -> None:
    found = okw(EMPTY, [], NODE)
    assert set(found) == {"standard", "name", "owner", "contact", "facilityStatus", "url"}


# --- SpaceAPI ---

REQUIRED = {"api_compatibility", "space", "logo", "url", "contact"}  # schema/15.json, `required`


def test_a_lab_is_a_space() -> None:
    found = space_api(LAB, [LAB, EMPTY], NODE)
    assert set(found) >= REQUIRED
    assert "15" in found["api_compatibility"]
    assert found["location"] == {"address": LAB.address, "lat": 48.4065, "lon": -4.4987}
    assert found["contact"] == {"email": "contact@ponant.example", "phone": "+33298000000"}
    assert found["linked_spaces"] == [{"website": LAB.url}], "one of the two is required of each"
    assert "state" not in found, "nobody knows whether the door is open"


def test_a_space_without_a_fixed_place_gives_none() -> None:
    assert "location" not in space_api(msgspec.structs.replace(LAB, mobility="mobile"), [], NODE)
    found = space_api(EMPTY, [], NODE)
    assert set(found) >= REQUIRED
    assert (found["url"], "location" in found, "linked_spaces" in found) == (NODE, False, False)


# --- LaMednum ---

# The patterns of the standard's schema, 1.0.1; of the columns that are filled here.
PATTERNS = {
    "code_postal": r"\d{5}",
    "telephone": r"(\+33)(\d){6,9}",
    "itinerance": r"Itinérant|Fixe",
    "services": r"Loisirs et créations numériques|Accès internet et matériel informatique",
    "date_maj": r"\d{4}-\d\d-\d\d",
    "modalites_acces": r"(?:(?:^|\|)(Téléphoner|Contacter par mail))+",
}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_lab_is_a_place_of_digital_mediation() -> None:
    text = lamednum([LAB], "Ponant")
    assert text.splitlines()[0] == ",".join(COLUMNS)
    (row,) = rows(text)
    for name, pattern in PATTERNS.items():
        assert re.fullmatch(pattern, row[name]), name
    assert (row["commune"], row["adresse"]) == ("Brest", "40 rue Jules Lesven")
    assert (row["typologie"], row["horaires"]) == ("TIERS_LIEUX|ASSO", LAB.hours)
    assert (row["source"], row["pivot"]) == ("Ponant", "")


def test_hours_in_words_are_told_where_words_may_stand() -> None:
    (row,) = rows(lamednum([msgspec.structs.replace(LAB, hours="mardi soir")], "x"))
    assert (row["horaires"], row["presentation_detail"]) == (
        "",
        "Un fablab au lycée Vauban.\nHoraires : mardi soir",
    )


def test_a_summary_is_short_and_ends_with_a_word() -> None:
    (row,) = rows(lamednum([msgspec.structs.replace(LAB, description="mot " * 200)], "x"))
    assert len(row["presentation_resume"]) <= SUMMARY_CHARS_MAX
    assert row["presentation_resume"].endswith("mot…")
    assert row["presentation_detail"].startswith("mot mot")


def test_no_spreadsheet_takes_a_name_for_a_formula() -> None:
    (row,) = rows(lamednum([msgspec.structs.replace(LAB, name='=HYPERLINK("x")')], "x"))
    assert row["nom"] == '\'=HYPERLINK("x")'
    assert row["telephone"].startswith("+33"), "the standard wants it so"
