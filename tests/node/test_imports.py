"""Imports into a lab's own log: one append, nothing twice, taken back without harm."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fedlab.node import imports
from fedlab.node.errors import BadRequestError, ConflictError, ServiceError
from fedlab.node.imports import ImportAnswer, run_import, undo_import
from fedlab.node.service import Service
from fedlab.node.service.items import ItemChange
from fedlab.node.store.errors import StoreError
from fedlab.protocol.errors import LocalProtocolError
from tests.conftest import REPO
from tests.formats.findable import words
from tests.node.labs import ask, opened_lab

FILE = "Code;Nom;Lieu;Qté;Remarques\nA1;Scie;Cave;2;sous bâche\n;Tour à bois;Atelier;NC;\n;;;3;\n"
TOWER = "TOUR-BOIS"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path / "lab") as service:
        yield service


def run(service: Service, text: str = FILE, **options: Any) -> ImportAnswer:
    return run_import(service.opened, text.encode(), "list.csv", **options)


def counts(answer: ImportAnswer) -> tuple[int, int, int, int]:
    return answer.added, answer.changed, answer.unchanged, answer.retired


def shown(service: Service, code: str) -> dict[str, Any]:
    """Return an item as `item show --json` answers it."""
    answer = ask(service, "item_show", item=code)
    assert isinstance(answer, dict)
    return answer


def entries(service: Service) -> int:
    log = service.opened.store.log(service.opened.lab, 0)
    return log.held if log else 0


def test_a_file_becomes_items_in_one_append(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[int] = []
    monkeypatch.setattr(service.opened, "publish", lambda head: heads.append(head.size))
    before = entries(service)
    answer = run(service, lang="fr")
    assert counts(answer) == (2, 0, 0, 0)
    assert heads == [before + 2]
    assert [(r.row, r.reason) for r in answer.rejected] == [
        (4, "names nothing (it says only Qté: 3)")
    ]
    saw = shown(service, "a1")
    assert (saw["name"], saw["place"], saw["quantity"], saw["kind"]) == (
        "Scie",
        "Cave",
        2000,
        "tool",
    )
    assert (saw["description"], saw["lang"]) == ("sous bâche", "fr")
    assert shown(service, TOWER)["quantity"] is None
    assert shown(service, TOWER)["more"] == {"Qté": "NC"}


def test_a_dry_run_shows_what_would_happen_and_writes_nothing(service: Service) -> None:
    run(service)
    before = entries(service)
    text = FILE.replace("Cave", "Grenier") + ";Étau;;1;\n"
    answer = run(service, text, dry_run=True)
    assert answer.dry_run and counts(answer) == (1, 1, 1, 0)
    assert [(i.row, i.outcome, i.code, i.name) for i in answer.items] == [
        (2, "changed", "A1", "Scie"),
        (5, "added", "ETAU", "Étau"),
    ]
    assert answer.items[0].changes == {"place": ("Cave", "Grenier")}
    assert answer.items[1].changes["quantity"] == (None, 1000)
    assert {c.header: c.field for c in answer.columns}["Remarques"] == "description"
    assert entries(service) == before
    assert [i.changes for i in run(service, text).items] == [i.changes for i in answer.items]


def test_the_same_file_twice_writes_nothing(service: Service) -> None:
    run(service)
    before = entries(service)
    answer = run(service)
    assert counts(answer) == (0, 0, 2, 0)
    assert answer.items == []
    assert entries(service) == before
    assert counts(undo_import(service.opened)) == (0, 0, 0, 2)  # the first import is still the last


def test_what_was_edited_here_survives_the_next_import_of_the_file(service: Service) -> None:
    run(service)
    service.items.set("A1", ItemChange(place="Garage", photos=("ab" * 32,)))
    answer = run(service, FILE.replace(";2;", ";5;"))
    assert counts(answer) == (0, 1, 1, 0)
    saw = shown(service, "A1")
    assert (saw["place"], saw["quantity"], saw["photos"]) == ("Garage", 5000, ["ab" * 32])


def test_undoing_takes_the_last_import_back(service: Service) -> None:
    run(service)
    run(service, FILE.replace("Cave", "Grenier") + ";Étau;;1;\n")
    assert counts(undo_import(service.opened, dry_run=True)) == (0, 1, 0, 1)
    assert shown(service, "A1")["place"] == "Grenier"
    assert counts(undo_import(service.opened)) == (0, 1, 0, 1)
    assert shown(service, "A1")["place"] == "Cave"
    assert shown(service, "ETAU")["retired"]
    assert counts(undo_import(service.opened)) == (0, 0, 0, 2)
    with pytest.raises(ConflictError, match="no import to undo"):
        undo_import(service.opened)


def test_what_was_undone_can_be_imported_again(service: Service) -> None:
    run(service)
    undo_import(service.opened)
    assert counts(run(service)) == (2, 0, 0, 0)
    assert not shown(service, "A1")["retired"]


def test_undoing_leaves_what_was_edited_since_and_says_so(service: Service) -> None:
    run(service)
    service.items.set("A1", ItemChange(place="Garage"))
    service.items.hold(TOWER, "2030-01-01")
    answer = undo_import(service.opened)
    assert counts(answer) == (0, 0, 2, 0)
    assert [(r.row, r.reason) for r in answer.rejected] == [
        (2, "A1 was edited here since the import"),
        (3, f"{TOWER} is held or reserved: release it first, then retire it"),
    ]
    assert shown(service, "A1")["place"] == "Garage"


def test_undoing_does_not_publish_again_what_was_erased(service: Service) -> None:
    run(service)
    place = service.opened.projector.state(service.opened.lab, "A1")
    assert place is not None
    run(service, FILE.replace("sous bâche", "chez Paul"))
    ask(service, "erase", entry=place.entry.id)
    answer = undo_import(service.opened)
    assert [r.reason for r in answer.rejected] == ["A1 what it said before was erased since"]
    assert shown(service, "A1")["description"] == "chez Paul"


def test_a_crash_between_record_and_append_harms_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(drafts: object, tell: object) -> None:
        raise StoreError("disk_full", "the disk is full", "")

    with monkeypatch.context() as patch, pytest.raises(StoreError):
        patch.setattr(service.opened, "append", dies)
        run(service)
    assert counts(undo_import(service.opened)) == (0, 0, 2, 0)  # nothing was there to undo
    assert counts(run(service)) == (2, 0, 0, 0)


def test_a_refused_append_leaves_no_import_to_undo(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(drafts: object, tell: object) -> None:
        raise LocalProtocolError("too long")

    with monkeypatch.context() as patch, pytest.raises(LocalProtocolError):
        patch.setattr(service.opened, "append", refuses)
        run(service)
    with pytest.raises(ConflictError):
        undo_import(service.opened)


def test_bad_files_kinds_and_mappings_are_refused(service: Service) -> None:
    with pytest.raises(ServiceError, match=r"list\.csv: the file is empty") as refusal:
        run(service, "")
    assert (refusal.value.code, refusal.value.exit_code) == ("unreadable_file", 1)
    with pytest.raises(BadRequestError, match="no kind 'machine'"):
        run(service, kind="machine")
    with pytest.raises(BadRequestError, match="no column “Truc”"):
        run(service, mapping=[("name", "Truc")])


def test_a_mapping_and_a_kind_reach_the_items(service: Service) -> None:
    answer = run(service, "Foo;Bar\nScie;4\nTour;5\n", kind="skill", mapping=[("quantity", "Bar")])
    assert counts(answer) == (2, 0, 0, 0)
    assert (shown(service, "SCIE")["kind"], shown(service, "SCIE")["quantity"]) == ("skill", 4000)


def test_a_row_that_was_forgotten_by_the_node_still_changes_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash before what the rows said was saved."""
    monkeypatch.setattr(imports, "_save_rows", lambda opened, rows: None)
    run(service)
    assert counts(run(service)) == (0, 0, 2, 0)


@pytest.mark.parametrize(
    "name",
    ["exadex-inventaire.csv", "jantman-material-stock-metal.csv", "fabrique-du-loch-machines.md"],
)
def test_real_inventories_import_once_whole_and_come_back_out(
    service: Service, shared: Path, name: str
) -> None:
    data = (shared / "data" / "inventories" / name).read_bytes()
    first = run_import(service.opened, data, name)
    assert first.added and not (first.changed or first.unchanged)
    listed = (shared / "data" / "inventories" / "items.tsv").read_text("utf-8").split("\n")
    names = sorted(words(r.split("\t")[1]) for r in listed if r.startswith(f"{name}\t"))
    views = list(service.opened.projector.views(service.opened.lab))
    assert sorted(words(view.name) for view in views) == names
    again = run_import(service.opened, data, name)
    assert (again.added, again.changed, again.unchanged) == (0, 0, first.added)
    assert undo_import(service.opened).retired == first.added
    assert json.dumps([r.reason for r in first.rejected]).count("names nothing") == len(
        first.rejected
    )


@pytest.mark.parametrize("page", ["import.md", "importer.md"])
def test_the_example_of_the_how_to_does_what_it_says(service: Service, page: str) -> None:
    text = (REPO / "docs" / "how-to" / page).read_text("utf-8")
    table = text.partition("```csv\n")[2].partition("```")[0]
    answer = run(service, table, dry_run=True)
    assert f"would be: {answer.added} added" in text and answer.added == 3
    assert [refused.row for refused in answer.rejected] == [5]
    for pair in ("name=Désignation", "more=Prix d'achat"):
        field, _, column = pair.partition("=")
        mapped = run(service, table, dry_run=True, mapping=[(field, column)])
        assert {c.header: c.field for c in mapped.columns}[column] == field
