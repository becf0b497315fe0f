"""The French national standard of places of digital mediation (LaMednum, 1.0.1), as CSV.

A list within a cell is parted by `|`. `pivot`, the number in the national registers, is not known
to a node and stays empty: whoever hands the file on fills it in.
"""

import csv
import io
import re
from collections.abc import Iterable
from typing import Final

from fedlab.formats.days import iso_day
from fedlab.formats.places import read_address, read_emails, read_phone
from fedlab.inventory.catalogue import LabView

COLUMNS: Final = (
    "id", "pivot", "nom", "commune", "code_postal", "code_insee", "adresse", "complement_adresse",
    "latitude", "longitude", "typologie", "telephone", "courriels", "site_web", "horaires",
    "presentation_resume", "presentation_detail", "source", "itinerance", "structure_parente",
    "date_maj", "services", "publics_specifiquement_adresses", "prise_en_charge_specifique",
    "frais_a_charge", "dispositif_programmes_nationaux", "formations_labels",
    "autres_formations_labels", "modalites_acces", "modalites_accompagnement",
    "fiche_acces_libre", "prise_rdv",
)  # fmt: skip
SUMMARY_CHARS_MAX: Final = 279  # the standard says: fewer than 280
LIST: Final = "|"

# What the kind of a place says by itself; of the rest, nothing is claimed.
_PLACE_KINDS: Final = {"library": "BIB"}
_THIRD_PLACES: Final = frozenset({"coworking", "fab_lab", "hackerspace", "makerspace"})
_SERVICES: Final = {
    "digital_space": "Accès internet et matériel informatique",
    "fab_lab": "Loisirs et créations numériques",
    "hackerspace": "Loisirs et créations numériques",
    "makerspace": "Loisirs et créations numériques",
}
_MOBILITIES: Final = {"fixed": "Fixe", "mobile": "Itinérant"}
# Opening hours as OpenStreetMap writes them; hours in words are told in the presentation.
_OSM_HOURS: Final = re.compile(
    r"24/7|(?=[A-Z\d])(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|\d{1,2}:\d{2}|off|[-,; ]){1,400}"
)


def lamednum(labs: Iterable[LabView], source: str) -> str:
    """Return one row a lab, under the standard's header; `source` is who collected them."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    table.writeheader()
    for lab in labs:
        table.writerow(_row(lab, source))
    return out.getvalue()


def _row(lab: LabView, source: str) -> dict[str, str]:
    place, emails = read_address(lab.address), read_emails(lab.contact)
    phone = read_phone(lab.contact)
    in_words = "" if _is_osm(lab.hours) else lab.hours
    ways = (("Téléphoner", phone), ("Contacter par mail", emails))
    texts = {
        "nom": lab.name,
        "commune": place.city,
        "code_postal": place.postcode,
        "adresse": place.street,
        "courriels": LIST.join(emails),
        "site_web": lab.url,
        "horaires": lab.hours if _is_osm(lab.hours) else "",
        "presentation_resume": _summary(lab.description),
        "presentation_detail": "\n".join(
            part for part in (lab.description, in_words and f"Horaires : {in_words}") if part
        ),
        "source": source,
    }
    return {name: safe_cell(text) for name, text in texts.items()} | {
        "id": lab.lab,
        "latitude": "" if lab.lat is None else str(lab.lat),
        "longitude": "" if lab.lon is None else str(lab.lon),
        "typologie": LIST.join(_types(lab)),
        "telephone": phone,
        "itinerance": _MOBILITIES.get(lab.mobility, ""),
        "date_maj": iso_day(lab.updated_at),
        "services": _SERVICES.get(lab.kind, ""),
        "modalites_acces": LIST.join(way for way, given in ways if given),
    }


def _types(lab: LabView) -> list[str]:
    types = [_PLACE_KINDS[lab.kind]] if lab.kind in _PLACE_KINDS else []
    if lab.kind in _THIRD_PLACES:
        types.append("TIERS_LIEUX")
    if lab.form == "association":
        types.append("ASSO")
    return types


def _is_osm(hours: str) -> bool:
    return bool(_OSM_HOURS.fullmatch(hours))


def _summary(text: str) -> str:
    line = " ".join(text.split())
    if len(line) <= SUMMARY_CHARS_MAX:
        return line
    return line[: SUMMARY_CHARS_MAX - 1].rsplit(" ", 1)[0] + "…"


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: others' labs wrote it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
