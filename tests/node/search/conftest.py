"""A small inventory of three labs, as labs really write them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fedlab.inventory.catalogue import ItemView
from fedlab.inventory.thesaurus import Thesaurus
from fedlab.node.search import Query, SearchIndex, load_thesaurus

Ask = Callable[..., list[str]]

LABS = {"loch": "a" * 64, "ubo": "b" * 64, "shed": "c" * 64}


def item(lab: str, code: str, name: str, **fields: object) -> ItemView:
    """An item of one of the labs."""
    full = LABS[lab]
    values = {
        "item": f"{full}/{code}",
        "lab": full,
        "lab_name": lab,
        "code": code,
        "kind": "tool",
        "name": name,
        "terms": ("lend",),
        "updated_at": 0,
        "seen_at": 0,
        **fields,
    }
    return ItemView(**values)  # type: ignore[arg-type]


ITEMS = [
    item("loch", "L1", "Découpeuse laser Trotec Speedy 100", description="Bois, plexi, cuir."),
    item("loch", "L2", "Lentille pour découpeuse laser"),
    item("loch", "L3", "Scie sauteuse Bosch PST 900"),
    item("loch", "L4", "Lames de scie sauteuse (lot de 5)", kind="material"),
    item("loch", "L5", "Perceuse visseuse sans fil Makita", brand="Makita", model="DDF484"),
    item("loch", "L6", "Formation découpe laser", kind="skill", terms=("help",)),
    item("ubo", "U1", "Imprimante 3D Prusa i3 MK3S+"),
    item("ubo", "U2", "Bobine PLA bleu 1,75 mm", kind="material", terms=("sell",)),
    item("ubo", "U3", "Machine à coudre Brother", category="Textile"),
    item("ubo", "U4", "Multimètre Fluke 117", description="Tension, courant, résistance"),
    item("ubo", "U5", "Fers à souder 60 W (x8)"),
    item("ubo", "U6", "Betsy", category="hpc_laser"),
    item("shed", "S1", "Saw, Circular 7-1/4 in"),
    item("shed", "S2", "Bandsaw", place="workshop"),
    item("shed", "S3", "Cordless drill"),
    item("shed", "S4", "Case for cordless drill"),
    item("shed", "S5", "Kit for soldering"),
    item("shed", "S6", "DW735 planer", brand="DeWalt"),
    item("shed", "S7", "Akkuschrauber Kress, Nähmaschine"),
]


@pytest.fixture(scope="session")
def thesaurus() -> Thesaurus:
    return load_thesaurus()


@pytest.fixture
def index(tmp_path: Path, thesaurus: Thesaurus) -> Iterator[SearchIndex]:
    index = SearchIndex(tmp_path / "index", thesaurus)
    yield index
    index.close()


@pytest.fixture(scope="session")
def fed(tmp_path_factory: pytest.TempPathFactory, thesaurus: Thesaurus) -> SearchIndex:
    """An index of the small inventory, only to be asked."""
    index = SearchIndex(tmp_path_factory.mktemp("fed") / "index", thesaurus)
    index.apply(ITEMS)
    index.commit()
    return index


@pytest.fixture(scope="session")
def ask(fed: SearchIndex) -> Ask:
    """Ask the small inventory: the codes of the hits, best first."""

    def asked(text: str, **fields: object) -> list[str]:
        query = Query(text=text, **fields)  # type: ignore[arg-type]
        return [hit.item.partition("/")[2] for hit in fed.search(query).hits]

    return asked
