"""What an item is, what it is for, and what it merely mentions."""

import pytest

from fedlab.inventory.thesaurus import Thesaurus
from fedlab.node.search import naming, reading
from fedlab.node.search.naming import HEAD_MIN
from fedlab.node.search.reading import Reader
from tests.node.search.conftest import item


def heads(thesaurus: Thesaurus, name: str, **fields: object) -> set[str]:
    """The concepts that an item of that name is."""
    read = Reader(thesaurus).read(item("loch", "X", name, **fields))
    return {slug for slug, weight in read.concepts.items() if weight >= HEAD_MIN}


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("Découpeuse laser Trotec Speedy 100", "laser-cutter"),
        ("Trotec Speedy 100", "laser-cutter"),
        ("DECOUPEUSE LASER (HS)", "laser-cutter"),
        ("3 Prusa i3 MK3S+", "fdm-3d-printer"),
        ("Petite perceuse à colonne", "drill-press"),
        ("Saw, Circular 7-1/4 in", "circular-saw"),
        ("Wrench, pipe 14 in", "pipe-wrench"),
        ("Kit for soldering", "soldering"),
        ("Lot de 12 tournevis", "screwdriver"),
        ("bandsaw_1", "bandsaw"),
        ("Perceusse à colonne", "drill-press"),
    ],
)
def test_the_name_tells_what_a_thing_is(thesaurus: Thesaurus, name: str, concept: str) -> None:
    assert concept in heads(thesaurus, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Lentille pour découpeuse laser", "laser-cutter"),
        ("Laser cutter lens", "laser-cutter"),
        ("Lame de scie sauteuse", "jigsaw"),
        ("Support de perceuse", "drill"),
        ("Case for cordless drill", "cordless-drill"),
        ("SD card case", "memory-card"),
        ("Sewing machine cover", "sewing-machine"),
        ("Saw and grinder attachments", "saw"),
        ("Microphone stand, Rode NT-USB", "microphone"),
    ],
)
def test_what_it_is_for_is_only_mentioned(thesaurus: Thesaurus, name: str, other: str) -> None:
    read = Reader(thesaurus).read(item("loch", "X", name))
    assert read.concepts.get(other, 0) < HEAD_MIN


def test_every_thing_joined_by_and_counts(thesaurus: Thesaurus) -> None:
    assert {"scissors", "hammer"} <= heads(thesaurus, "Ciseaux et marteau")


def test_the_category_speaks_where_the_name_is_silent(thesaurus: Thesaurus) -> None:
    assert heads(thesaurus, "Betsy") == set()
    assert "laser-cutter" in heads(thesaurus, "Betsy", category="laser cutter")
    assert "laser-cutter" not in heads(thesaurus, "Scie", category="laser cutter")


def test_a_word_of_two_meanings_follows_the_rest_of_the_item(thesaurus: Thesaurus) -> None:
    wood = Reader(thesaurus).read(item("shed", "X", "Router", description="Router bits, wood"))
    assert wood.concepts["handheld-router"] > wood.concepts["network-router"]
    net = Reader(thesaurus).read(item("shed", "X", "Router", description="Network switch"))
    assert net.concepts["network-router"] > net.concepts["handheld-router"]


def test_what_was_read_once_is_not_read_again(
    thesaurus: Thesaurus, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(thesaurus)
    first = reader.read(item("loch", "X", "Scie sauteuse Zorglub 12345"))

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(naming.NameReading, "read", fail)
    second = reader.read(item("loch", "Y", "Scie sauteuse Wisniewski 999"))
    assert first.concepts == second.concepts


def test_memory_is_bounded(thesaurus: Thesaurus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_NAMES_MAX", 4)
    monkeypatch.setattr(reading._remember, "__defaults__", (4,))
    reader = Reader(thesaurus)
    for name in ("scie", "tour", "vis", "laser", "lame", "foret", "colle", "bois"):
        reader.read(item("loch", "X", name))
        assert len(reader._names) <= 4
