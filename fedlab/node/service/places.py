"""Where a search is measured from: coordinates, or the name of a place that some lab stands in."""

from collections.abc import Iterable

from fedlab.inventory.catalogue import LabView
from fedlab.inventory.distance import Point
from fedlab.inventory.placing import read_point
from fedlab.inventory.words import split
from fedlab.node.errors import BadRequestError
from fedlab.node.service.shown import point_of


class UnknownPlaceError(BadRequestError):
    """No lab is known at this place."""


def find_point(text: str, labs: Iterable[LabView]) -> Point:
    """Return the place that a text means: LAT,LON, a map's link, a lab's name, or its town.

    Nothing is asked of the outside: a place that no lab gives in its name or address is unknown.
    Raises UnknownPlaceError.
    """
    # Here "48,2" is no French number: a single one is no place.
    if (point := read_point(text.replace(",", " , ", 1)) or read_point(text)) is not None:
        return point
    asked = set(split(text))
    found: list[tuple[bool, bool, str, Point]] = []
    for lab in labs:
        here = point_of(lab)
        if here is None or not asked:
            continue
        by_name = asked <= set(split(lab.name))
        if by_name or asked <= set(split(lab.address)):
            found.append(
                (lab.name.casefold() != text.strip().casefold(), not by_name, lab.lab, here)
            )
    if not found:
        raise UnknownPlaceError(
            f"no lab is known at {text.strip()[:100]!r}",
            "write a lab's name, its town, or latitude,longitude such as 48.39,-4.49",
        )
    return min(found)[-1]
