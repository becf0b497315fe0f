"""Open Know-Where 1.0: a lab as a manufacturing facility, with its equipment and materials.

The standard (Internet of Production Alliance, sections 4 to 9) names properties and leaves the
format open; its field names are the labels in camel case, as here. What it has no name for, and
allows to be added, is `name` and `url` of a piece of equipment or a material. Equipment types are
to be articles of Wikipedia: nobody here claims one, so none is given.
"""

from collections.abc import Iterable
from typing import Any, Final

from fedlab.formats.days import iso_day
from fedlab.formats.places import read_address, read_emails, read_phone
from fedlab.inventory.catalogue import ItemView, LabView

STANDARD: Final = "https://standards.internetofproduction.org/pub/okw"
ONE: Final = 1000  # thousandths

Json = dict[str, Any]


def okw(lab: LabView, items: Iterable[ItemView], node_url: str) -> Json:
    """Return a lab and what it offers; retired items are left out."""
    here = [item for item in items if not item.retired]
    tools = [item for item in here if item.kind == "tool"]
    materials = [item for item in here if item.kind == "material"]
    skills = [item for item in here if item.kind == "skill"]
    agent = _agent(lab)
    return _told(
        {
            "standard": STANDARD,
            "name": lab.name,
            "location": _location(lab),
            "owner": agent,
            "contact": agent,
            "facilityStatus": "Active",
            "openingHours": lab.hours,
            "description": lab.description,
            "equipment": [_equipment(tool, node_url) for tool in tools],
            "typicalMaterials": [_material(material, node_url) for material in materials],
            "services": [skill.name for skill in skills],
            "url": f"{node_url}/lab/{lab.lab}",
            "lastUpdated": iso_day(lab.updated_at),
        }
    )


def _location(lab: LabView) -> Json:
    place = read_address(lab.address)
    address = {"street": place.street, "city": place.city, "postcode": place.postcode}
    coordinates = {"latitude": lab.lat, "longitude": lab.lon}
    return _told({"address": _told(address), "gpsCoordinates": _told(coordinates)})


def _agent(lab: LabView) -> Json:
    emails = read_emails(lab.contact)
    contact = {"landline": read_phone(lab.contact), "email": emails[0] if emails else ""}
    return _told(
        {
            "name": lab.name,
            "website": lab.url,
            "languages": [lab.lang] if lab.lang else [],
            "contact": _told(contact),
        }
    )


def _equipment(tool: ItemView, node_url: str) -> Json:
    return _told(
        {
            "name": tool.name,
            "url": _url(tool, node_url),
            "make": tool.brand,
            "model": tool.model,
            "serialNumber": tool.serial,
            "condition": tool.condition,
            "notes": tool.description,
            "quantity": _count(tool),
            "lastUpdated": iso_day(tool.updated_at),
            "dateVerified": iso_day(tool.seen_at),
        }
    )


def _material(material: ItemView, node_url: str) -> Json:
    return _told(
        {
            "name": material.name,
            "url": _url(material, node_url),
            "brand": material.brand,
            "lastUpdated": iso_day(material.updated_at),
        }
    )


def _count(tool: ItemView) -> int | None:
    """Return how many there are; the standard knows whole pieces only."""
    if tool.quantity is None or tool.unit != "piece" or tool.quantity % ONE:
        return None
    return tool.quantity // ONE


def _url(item: ItemView, node_url: str) -> str:
    return f"{node_url}/I/{item.lab}/{item.code}"


def _told(fields: Json) -> Json:
    """Leave out what is not known: an empty text would be read as an answer."""
    return {name: value for name, value in fields.items() if value not in ("", None, [], {})}
