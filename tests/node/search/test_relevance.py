"""What comes first: the thing itself, in either language and any spelling."""

import pytest

from fedlab.node.search import Query, SearchIndex, Whereabouts, naming
from tests.node.search.conftest import ITEMS, LABS, Ask, item


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("decoupe laser", "L1"),
        ("laser cutter", "L1"),
        ("découpeuze lazer", "L1"),
        ("speedy100", "L1"),
        ("Speedy 100", "L1"),
        ("scie sauteuse", "L3"),
        ("jigsaw", "L3"),
        ("jigsaw blade", "L4"),
        ("visseuse", "L5"),
        ("ddf-484", "L5"),
        ("ddf48", "L5"),
        ("MK3S+", "U1"),
        ("3d printer", "U1"),
        ("filament bleu", "U2"),
        ("sewing machine", "U3"),
        ("machine coudre", "U3"),
        ("je voudrais mesurer une tension", "U4"),
        ("soldering iron", "U5"),
        ("scie circulaire", "S1"),
        ("band saw", "S2"),
        ("perceuse sans fil makita", "L5"),
        ("dw 735", "S6"),
        ("Akkuschrauber", "S7"),
    ],
)
def test_the_thing_comes_first(ask: Ask, query: str, first: str) -> None:
    assert ask(query)[0] == first


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("découpeuse laser", "L1", "L2"),
        ("découpeuse laser", "U6", "L2"),
        ("scie", "S2", "L4"),
        ("scie sauteuse", "L3", "S1"),
        ("cordless drill", "S3", "S4"),
        ("cordless drill", "L5", "S4"),
        ("apprendre la découpe laser", "L6", "L1"),
        ("laser", "L1", "L6"),
        ("imprimante 3d", "U1", "U2"),
    ],
)
def test_the_thing_stands_before_what_belongs_to_it(
    ask: Ask, query: str, better: str, worse: str
) -> None:
    found = ask(query)
    assert found.index(better) < (found.index(worse) if worse in found else len(found))


def test_without_heads_a_case_is_as_good_as_a_drill(
    index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: if what it is for counted as what it is, the shorter name would win."""
    monkeypatch.setattr(naming, "MENTION_OF_PURPOSE", 1.0)
    index.apply([item("shed", "S3", "Cordless drill DeWalt, red"), ITEMS[-4]])
    index.commit()
    first = index.search(Query(text="perceuse sans fil")).hits[0]
    assert first.item.endswith("/S4")


def test_an_unfinished_word_is_enough_while_typing(ask: Ask) -> None:
    assert ask("perce", prefix=True)[0] == "L5"
    assert ask("scie sau", prefix=True)[0] == "L3"
    assert ask("mult", prefix=True)[0] == "U4"
    assert "L3" not in ask("scie circulaire pour sau")[:1]


def test_nothing_found_says_what_was_probably_meant(fed: SearchIndex) -> None:
    answer = fed.search(Query(text="oscilloscope"))
    assert answer.hits == [] or answer.hits[0].score < 0.5
    answer = fed.search(Query(text="découpeuze lazer"))
    assert "decoupeuse" in answer.suggestions[0]
    assert fed.search(Query(text="zzzzqqqq")).hits == []


def test_weak_relations_do_not_swell_the_total(fed: SearchIndex) -> None:
    answer = fed.search(Query(text="multimètre", limit=200))
    assert answer.hits[0].item.endswith("/U4")
    assert len(answer.hits) <= answer.total <= 10


def test_near_ties_go_to_the_nearer_and_then_the_fresher(index: SearchIndex) -> None:
    index.apply([item(lab, "D1", "Perceuse à colonne") for lab in LABS])
    index.commit()
    brest, rennes = (48.39, -4.49), (48.11, -1.68)
    labs = {
        LABS["loch"]: Whereabouts(*rennes, age_s=60),
        LABS["ubo"]: Whereabouts(*brest, age_s=60),
        LABS["shed"]: Whereabouts(*rennes, age_s=90 * 86_400),
    }
    answer = index.search(Query(text="drill press", near=(48.4, -4.5)), labs=labs)
    assert [hit.item[0] for hit in answer.hits] == ["b", "a", "c"]
    assert answer.hits[0].distance_km == pytest.approx(1.3, abs=0.1)
    assert answer.hits[1].distance_km == pytest.approx(211, abs=1)


def test_distance_never_beats_relevance(index: SearchIndex) -> None:
    index.apply([item("loch", "D1", "Perceuse à colonne"), item("ubo", "D2", "Forets métal")])
    index.commit()
    labs = {LABS["ubo"]: Whereabouts(48.4, -4.5), LABS["loch"]: Whereabouts(43.3, 5.4)}
    answer = index.search(Query(text="perceuse", near=(48.4, -4.5)), labs=labs)
    assert [hit.item[0] for hit in answer.hits] == ["a", "b"]


def test_every_item_is_found_by_its_own_name(ask: Ask) -> None:
    for view in ITEMS:
        assert ask(view.name)[0] == view.code, view.name


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("aluminum rod", ["Aluminium round bar", "Zinc anode rod"]),
        ("tige filetée", ["Tige filetée M8", "TIG welder"]),
        ("plexi 3mm", ["PMMA 3 mm", "PMMA 5 mm"]),
        ("plexi 3 mm", ["Plexi 3mm", "Plexi 5mm"]),
        ("tourne vis", ["Tournevis plats", "Vis à bois"]),
        ("Prusa MK4", ["Imprimante 3D Prusa MK4", "Imprimante 3D Ender 3"]),
        ("couper une barre de métal", ["Scie à métaux", "Barre de laiton"]),
        ("something to glue plastic", ["Cyano 20g", "Plastic sheet"]),
        ("percer un trou dans un mur en béton", ["Perforateur SDS", "Visseuse 18V"]),
    ],
)
def test_the_first_of_two_is_meant(index: SearchIndex, query: str, names: list[str]) -> None:
    index.apply([item("shed", f"P{at}", name) for at, name in enumerate(reversed(names))])
    index.commit()
    assert index.search(Query(text=query)).hits[0].item.endswith(f"/P{len(names) - 1}")


def test_a_description_says_more_than_a_make(index: SearchIndex) -> None:
    index.apply(
        [
            item("shed", "D1", "Rigol DP832", brand="Rigol", description="bench power supply"),
            item("shed", "D2", "Hantek", description="oscilloscope"),
        ]
    )
    index.commit()
    assert index.search(Query(text="oscilloscope")).hits[0].item.endswith("/D2")
    assert index.search(Query(text="bench power supply")).hits[0].item.endswith("/D1")
