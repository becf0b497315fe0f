"""Made-up items for the benchmarks: about 200 bytes of fact and 250 of detail, as real ones are."""

from fedlab.inventory.facts import ItemSet
from fedlab.node.writer import Draft
from fedlab.protocol.entry import encode_detail

_THINGS = (
    "Perceuse visseuse sans fil", "Scie sauteuse", "Imprimante 3D", "Fer à souder",
    "Laser cutter", "Multimeter", "Oscilloscope", "Machine à coudre", "Ponceuse orbitale",
    "Bench grinder", "Thermoformeuse", "Plotter de découpe", "Serre-joint", "Tour à bois",
)  # fmt: skip
_MAKERS = ("Bosch", "Makita", "Prusa", "Weller", "Trotec", "Fluke", "Rigol", "Singer", "Festool")
_PLACES = ("Atelier bois, étagère", "Salle électronique, armoire", "Workshop, shelf", "Réserve")


def item_draft(number: int) -> Draft:
    """The item of that number, always the same."""
    thing, maker = _THINGS[number % len(_THINGS)], _MAKERS[number % len(_MAKERS)]
    fact = ItemSet(
        by="", e=0, n=0, at=0, code=f"T-{number:06}", kind="tool", quantity=1000, unit="piece",
        terms=("lend", "use"), deposit=5000, value=15000 + number % 5000,
    )  # fmt: skip
    detail = {
        "name": f"{thing} {maker} {number}",
        "description": "Révisée au printemps, avec sa notice et deux accessoires; ask before use.",
        "category": thing,
        "brand": maker,
        "model": f"{maker[:2].upper()}-{number % 977}",
        "place": f"{_PLACES[number % len(_PLACES)]} {number % 40}",
        "lang": "fr",
    }
    return Draft(fact, encode_detail(detail))
