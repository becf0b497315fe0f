"""The manager's list, the yearly walk, and the steps of an import."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab.formats import csvfile
from fedlab.node.errors import ConflictError, NotFoundError, ServiceError
from fedlab.node.service import Service, desk
from fedlab.node.service.uploads import Asked
from tests.node.labs import ask, opened_lab

SHEET = b"Nom;Lieu;Remarque\nScie;Etage;bleue\nTour;Cave;rouge\n;;\n"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path, "Atelier") as opened:
        for code, kind in (("PLY", "material"), ("SAW", "tool"), ("TAP", "tool")):
            ask(opened, "item_add", code=code, change={"name": f"a {code.lower()}", "kind": kind})
        yield opened


def codes(found: desk.DeskAnswer) -> list[str]:
    return [row.item.code for row in found.rows]


def test_the_list_is_filtered_and_turned_page_by_page(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(service, "item_retire", item="TAP")
    held = ask(service, "item_hold", item="SAW", day_from="2030-01-01", reason="lost")
    assert codes(service.desk.find()) == ["PLY", "SAW"]
    assert codes(service.desk.find(kind="material")) == ["PLY"]
    assert codes(service.desk.find(state="retired")) == ["TAP"]
    assert codes(service.desk.find(state="unseen")) == []
    (row,) = service.desk.find(state="held").rows
    assert [(hold.id, hold.reason) for hold in row.holds] == [(held["hold"], "lost")]
    monkeypatch.setattr(desk, "ROWS", 1)
    first = service.desk.find()
    assert (codes(first), first.next) == (["PLY"], "PLY")
    last = service.desk.find(after=first.next)
    assert (codes(last), last.next) == (["SAW"], "")


def test_words_find_by_code_and_by_name_and_what_is_gone_by_name(service: Service) -> None:
    service.open_index()
    ask(service, "item_retire", item="TAP")
    assert codes(service.desk.find("saw"))[0] == "SAW"
    assert codes(service.desk.find("a tap", state="retired")) == ["TAP"]
    assert service.desk.show("tap").item.retired
    with pytest.raises(NotFoundError):
        service.desk.show("NONE")


def test_a_walk_counts_what_was_seen_since_it_began(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert service.desk.walk() is None
    later = desk.now() + 60
    monkeypatch.setattr(desk, "now", lambda: later)
    service.desk.begin_walk()
    with pytest.raises(ConflictError):
        service.desk.begin_walk()
    service.opened.writer._now = lambda: later + 1
    ask(service, "item_seen", item="SAW")
    walk = service.desk.walk()
    assert walk is not None
    assert (walk.total, walk.seen, [i.code for i in walk.left]) == (3, 1, ["PLY", "TAP"])
    assert service.desk.is_to_be_seen(walk.left[0])
    assert not service.desk.is_to_be_seen(service.desk.show("SAW").item)
    service.desk.end_walk()
    assert (service.desk.walk(), service.desk.walked_at()) == (None, later)


def test_an_upload_is_previewed_mapped_imported_and_its_mapping_remembered(
    service: Service,
) -> None:
    number = service.uploads.add("list.csv", SHEET)
    preview = service.uploads.preview(number)
    assert preview.answer.added == 2
    assert [(c.header, c.field) for c in preview.columns][:2] == [
        ("Nom", "name"),
        ("Lieu", "place"),
    ]
    asked = Asked("material", (("skip", "Remarque"),))
    service.uploads.ask(number, asked)
    assert service.uploads.preview(number).answer.items[0].changes["kind"] == (None, "material")
    service.uploads.begin(number)
    service.uploads.run(number)
    done = service.uploads.show(number)
    assert (done.state, done.counts.added, done.asked) == ("done", 2, asked)
    with pytest.raises(ConflictError):
        service.uploads.begin(number)
    again = service.uploads.add("next.csv", SHEET + b"Pince;Cave;verte\n")
    assert service.uploads.show(again).asked == asked
    assert service.uploads.preview(again).answer.added == 1


def test_what_cannot_be_read_is_refused_and_not_kept(service: Service) -> None:
    with pytest.raises(ServiceError):
        service.uploads.add("photo.csv", b"\x89PNG\r\n\x1a\n" + bytes(64))
    assert service.uploads.all() == []
    number = service.uploads.add("list.csv", SHEET)
    with pytest.raises(ServiceError):
        service.uploads.ask(number, Asked(mapping=(("name", "No such column"),)))
    assert service.uploads.show(number).asked == Asked()


def test_only_the_newest_files_are_kept(service: Service) -> None:
    first = service.uploads.add("0.csv", SHEET)
    for number in range(8):
        service.uploads.add(f"{number}.csv", SHEET)
    assert len(service.uploads.all()) == 8
    with pytest.raises(NotFoundError):
        service.uploads.preview(first)


def test_a_walk_is_due_a_year_after_the_last_one(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def due() -> list[str]:
        return [one.code for one in service.attention.all().troubles if one.code == "walk_due"]

    later = desk.now() + desk.UNSEEN_SECONDS + 60
    assert due() == []
    monkeypatch.setattr(desk, "now", lambda: later)
    assert due() == ["walk_due"]
    service.desk.begin_walk()
    assert due() == []  # somebody is at it
    service.desk.end_walk()
    assert due() == []
    monkeypatch.setattr(desk, "now", lambda: later + desk.UNSEEN_SECONDS + 60)
    assert due() == ["walk_due"]


def test_an_import_tells_its_rows_while_it_goes(service: Service) -> None:
    told: list[tuple[str, int, int]] = []
    rows = "Nom\n" + "".join(f"Clamp {number}\n" for number in range(500))
    service.imports.run_told(rows.encode(), "a.csv", None, (), False, lambda *at: told.append(at))
    assert told == [
        ("read", 0, 500),
        ("read", 200, 500),
        ("read", 400, 500),
        ("compare", 0, 500),
        ("write", 0, 500),
        ("write", 200, 500),
        ("write", 400, 500),
    ]


def test_twenty_thousand_rows_and_their_headers_are_one_import() -> None:
    rows = "Nom\n" + "Clamp\n" * 20_000
    assert len(csvfile.read_csv(rows).lines) == 20_001
