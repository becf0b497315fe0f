"""The index: fed, replaced, filtered, asked while it is fed, and begun again when it must."""

import json
import threading
from pathlib import Path

import pytest

from fedlab.inventory.thesaurus import Thesaurus
from fedlab.node.search import Query, SearchIndex, Whereabouts, load_thesaurus
from fedlab.node.search.index import BLOCK_BYTES
from tests.node.search.conftest import ITEMS, LABS, Ask, item


def codes(index: SearchIndex, text: str, **fields: object) -> list[str]:
    """The codes found, best first."""
    query = Query(text=text, **fields)  # type: ignore[arg-type]
    return [hit.item.partition("/")[2] for hit in index.search(query).hits]


def test_an_item_is_replaced_and_taken_out(index: SearchIndex) -> None:
    index.apply([item("loch", "A", "Scie sauteuse"), item("loch", "B", "Ponceuse")])
    index.commit()
    assert codes(index, "jigsaw") == ["A"]
    index.apply([item("loch", "A", "Oscilloscope"), item("loch", "A", "Multimètre")])
    assert codes(index, "jigsaw") == ["A"], "not before the commit"
    index.commit()
    assert index.count == 2
    assert codes(index, "multimeter") == ["A"]
    index.apply([], removed=[f"{LABS['loch']}/A"])
    index.commit()
    assert index.count == 1
    assert "A" not in codes(index, "multimeter")


def test_the_mark_survives_and_says_where_to_go_on(tmp_path: Path, thesaurus: Thesaurus) -> None:
    index = SearchIndex(tmp_path, thesaurus)
    assert index.mark == ""
    index.apply(ITEMS)
    index.commit("log 7, entry 12")
    index.close()
    again = SearchIndex(tmp_path, thesaurus)
    assert (again.mark, again.count) == ("log 7, entry 12", len(ITEMS))
    again.apply([item("loch", "Z", "Tour à bois")])
    again.close()
    assert SearchIndex(tmp_path, thesaurus).count == len(ITEMS), "what was not committed is lost"


def test_another_thesaurus_begins_a_new_index(tmp_path: Path, thesaurus: Thesaurus) -> None:
    index = SearchIndex(tmp_path, thesaurus)
    index.apply(ITEMS)
    index.commit("12")
    index.close()
    other = SearchIndex(tmp_path, Thesaurus("kiln\t\t\tfour\tkiln\n"))
    assert (other.mark, other.count) == ("", 0)


@pytest.mark.parametrize("damage", ["state.json", "meta.json"])
def test_a_damaged_index_is_dropped(tmp_path: Path, thesaurus: Thesaurus, damage: str) -> None:
    index = SearchIndex(tmp_path, thesaurus)
    index.apply(ITEMS)
    index.commit("12")
    index.close()
    (tmp_path / damage).write_bytes(b"\x00garbage")
    assert SearchIndex(tmp_path, thesaurus).mark == ""


def test_words_that_a_full_disk_has_cut_short_are_written_again(
    tmp_path: Path, thesaurus: Thesaurus
) -> None:
    index = SearchIndex(tmp_path, thesaurus)
    index.apply([item("loch", "A", "Zorglub")])
    index.commit()
    with (tmp_path / "words.txt").open("ab") as file:
        file.write(b"bulgr")
    index.apply([item("loch", "B", "Schtroumpf")])
    index.commit()
    lines = (tmp_path / "words.txt").read_text("utf-8").splitlines()
    assert [line.split() for line in lines] == [["zorglub"], ["schtroumpf"]]


def test_an_index_that_another_process_writes_is_busy_and_not_a_defect(
    tmp_path: Path, thesaurus: Thesaurus
) -> None:
    writing, waiting = SearchIndex(tmp_path, thesaurus), SearchIndex(tmp_path, thesaurus)
    writing.apply(ITEMS[:1])
    with pytest.raises(OSError, match="busy"):
        waiting.apply(ITEMS[1:2])
    writing.commit()
    writing.close()
    waiting.apply(ITEMS[1:2])
    waiting.commit()
    assert waiting.count == 2


def test_items_are_kept_in_small_blocks(tmp_path: Path, thesaurus: Thesaurus) -> None:
    for _ in range(2):
        index = SearchIndex(tmp_path, thesaurus)
        index.apply(ITEMS)
        index.commit()
        index.close()
        settings = json.loads((tmp_path / "meta.json").read_bytes())["index_settings"]
        assert settings["docstore_blocksize"] == BLOCK_BYTES


def test_clear_forgets_everything(index: SearchIndex) -> None:
    index.apply(ITEMS)
    index.commit("12")
    index.clear()
    assert (index.count, index.mark) == (0, "")
    index.apply(ITEMS[:2])
    index.commit()
    assert index.count == 2


def test_it_answers_while_it_is_fed(index: SearchIndex) -> None:
    index.apply([item("loch", "A", "Scie sauteuse")])
    index.commit()
    failures: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                assert "A" in codes(index, "jigsaw", limit=200)
        except BaseException as exc:  # handed to the test's own thread
            failures.append(exc)

    asking = threading.Thread(target=ask)
    asking.start()
    for batch in range(5):
        index.apply([item("ubo", f"B{batch}-{number}", "Ponceuse") for number in range(40)])
        index.commit()
    done.set()
    asking.join()
    assert not failures
    assert index.count == 201


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"kind": "skill"}, {"L6"}),
        ({"kind": "material"}, {"L4", "U2"}),
        ({"terms": ("help", "give")}, {"L6"}),
        ({"category": "HPC_Laser"}, {"U6"}),
        ({"category": "laser"}, set()),
        ({"lab": "d" * 64}, set()),
        ({"lab": LABS["shed"], "kind": "skill"}, set()),
    ],
)
def test_filters_are_strict(ask: Ask, fields: dict[str, object], found: set[str]) -> None:
    assert set(ask("laser scie filament", **fields)) == found


def test_people_browse_by_filters_alone(fed: SearchIndex, ask: Ask) -> None:
    assert ask("", lab=LABS["loch"], kind="tool") == ["L1", "L2", "L5", "L3"], "by name"
    answer = fed.search(Query(text="", terms=("lend",), limit=3))
    assert (answer.total, len(answer.hits)) == (len(ITEMS) - 2, 3)
    assert ask("") == []
    labs = {LABS["ubo"]: Whereabouts(48.4, -4.5), LABS["loch"]: Whereabouts(47.6, -3.0)}
    near = fed.search(Query(text="", kind="tool", near=(48.4, -4.5)), labs=labs)
    assert [hit.item[0] for hit in near.hits][:6] == ["b"] * 5 + ["a"]


def test_only_what_is_near_enough(fed: SearchIndex) -> None:
    labs = {
        LABS["loch"]: Whereabouts(47.66, -2.98),
        LABS["ubo"]: Whereabouts(48.4, -4.5),
        LABS["shed"]: Whereabouts(),
    }
    near = {"near": (47.67, -2.98), "within_km": 50.0}
    answer = fed.search(Query(text="laser", **near), labs=labs)  # type: ignore[arg-type]
    assert {hit.item[0] for hit in answer.hits} == {"a"}
    assert not fed.search(Query(text="laser", **near)).hits  # type: ignore[arg-type]


def test_only_what_is_free_on_those_days(fed: SearchIndex) -> None:
    asked: list[tuple[str, str]] = []

    def free(items: list[str], day_from: str, day_to: str) -> list[str]:
        asked.append((day_from, day_to))
        return [name for name in items if not name.endswith("/L1")]

    dates = {"date_from": "2030-05-01", "date_to": "2030-05-03"}
    answer = fed.search(Query(text="découpeuse laser", **dates), free=free)  # type: ignore[arg-type]
    assert asked == [("2030-05-01", "2030-05-03")]
    assert answer.hits[0].item.endswith("/U6")
    assert answer.total == len(answer.hits)


def test_the_total_is_more_than_a_page(index: SearchIndex) -> None:
    index.apply([item("loch", f"A{number}", f"Scie sauteuse {number}") for number in range(300)])
    index.commit()
    answer = index.search(Query(text="jigsaw", limit=5))
    assert (answer.total, len(answer.hits), answer.total_is_exact) == (300, 5, True)


def test_a_rare_word_beside_a_common_one(index: SearchIndex) -> None:
    made = [item("loch", f"C{n}", "Perceuse Bosch") for n in range(120)]
    made += [item("ubo", f"D{n}", "Ponceuse", description="perceuse Bosch") for n in range(120)]
    rare = item("shed", "RARE", "Wombat", description="pour perceuse Bosch")
    index.apply([*made, rare])
    index.commit()
    for text in ("wombat perceuse", "perceuse bosch wombat", "wombat bosch drill"):
        assert "RARE" in codes(index, text, limit=200)


def test_places_are_looked_up_again_when_labs_move(index: SearchIndex) -> None:
    index.apply([item("loch", "A", "Perceuse")])
    index.commit()
    query = Query(text="perceuse", near=(48.4, -4.5))
    far, near = ({LABS["loch"]: Whereabouts(lat, -4.5)} for lat in (43.4, 48.4))
    distances = [index.search(query, labs=labs).hits[0].distance_km for labs in (far, near, far)]
    assert distances[1] == 0
    assert distances[0] == distances[2] == pytest.approx(556, abs=1)


def test_the_nearest_is_found_among_hundreds_alike(index: SearchIndex) -> None:
    far = [item("shed", f"A{number}", "Scie sauteuse") for number in range(400)]
    index.apply([*far, item("ubo", "NEAR", "Scie sauteuse")])
    index.commit()
    labs = {LABS["shed"]: Whereabouts(43.3, 5.4), LABS["ubo"]: Whereabouts(48.4, -4.5)}
    query = Query(text="jigsaw", near=(48.4, -4.5), limit=3)
    assert index.search(query, labs=labs).hits[0].item.endswith("/NEAR")


@pytest.mark.parametrize(
    "text",
    ["", "   ", "le la de pour", "+", "a" * 5000, "\x00\ud800'", '" OR 1 AND (', "scie " * 500],
)
def test_any_text_may_be_asked(fed: SearchIndex, text: str) -> None:
    answer = fed.search(Query(text=text, prefix=True))
    assert answer.total >= len(answer.hits)


def test_items_of_any_writing_do_no_harm(index: SearchIndex) -> None:
    names = ["Принтер", "3D プリンター", "Bohrmaschine (groß)", "\u202e\x00", "", "," * 50, "£$%"]
    index.apply([item("loch", f"A{at}", name) for at, name in enumerate(names)])
    index.commit()
    assert codes(index, "принтер") == ["A0"]
    assert codes(index, "bohrmaschine")[0] == "A2"


def test_a_labs_own_words_are_found(tmp_path: Path) -> None:
    own = tmp_path / "thesaurus.tsv"
    own.write_text("tilt-bench\t\t\tbascule à lisser\ttilt bench\t\nBad line\n", "utf-8")
    kept = tmp_path / "kept"
    thesaurus = load_thesaurus(own, kept)
    assert thesaurus.problems == [
        "line 2: does not begin with the name of a concept (a-z, 0-9 and hyphens)"
    ]
    assert load_thesaurus(own, kept).was_compiled
    index = SearchIndex(tmp_path / "index", thesaurus)
    index.apply([item("loch", "A", "Bascule à lisser")])
    index.commit()
    assert codes(index, "tilt bench") == ["A"]
    index.close()
