"""SpaceAPI 15 (https://spaceapi.io/docs): a lab as directories of hackerspaces read it.

`state` is left out, which says that nobody knows here whether the door is open; a lab without a
fixed place gives no location, which version 15 allows.
"""

from collections.abc import Iterable
from typing import Any

from fedlab.formats.places import read_emails, read_phone
from fedlab.inventory.catalogue import LabView

Json = dict[str, Any]


def space_api(lab: LabView, vouched: Iterable[LabView], node_url: str) -> Json:
    """Return a lab; `vouched` are the labs that it feels connected to, by their websites."""
    emails = read_emails(lab.contact)
    phone = read_phone(lab.contact)
    linked = [{"website": other.url} for other in vouched if other.url]
    location = {} if lab.mobility == "mobile" else _location(lab)
    return {
        "api_compatibility": ["15"],
        "space": lab.name,
        "logo": f"{node_url}/static/icon.svg",
        "url": lab.url or node_url,
        "contact": {
            **({"email": emails[0]} if emails else {}),
            **({"phone": phone} if phone else {}),
        },
        **({"location": location} if location else {}),
        **({"linked_spaces": linked} if linked else {}),
        "links": [
            {
                "name": "fedlab",
                "description": "Tools, materials and skills",
                "url": f"{node_url}/lab/{lab.lab}",
            }
        ],
    }


def _location(lab: LabView) -> Json:
    location: Json = {"address": " ".join(lab.address.split())} if lab.address else {}
    if lab.lat is not None and lab.lon is not None:
        location |= {"lat": lab.lat, "lon": lab.lon}
    return location
