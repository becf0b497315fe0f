"""The log as people read it, erasing, verifying, rebuilding."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.service import Service
from tests.node.labs import ask, opened_lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path, "Atelier") as service:
        ask(service, "item_add", code="T-1", change={"name": "Tour"})
        yield service


def test_the_log_tells_fact_detail_and_status_of_each_entry(lab: Service) -> None:
    entries = ask(lab, "log")["entries"]
    assert [entry["index"] for entry in entries] == [0, 1, 2]
    genesis, profile, tour = entries
    assert (genesis["entry"], genesis["detail_state"]) == (lab.store.lab, "none")
    assert profile["detail"] == {"name": "Atelier", "lang": "fr"}
    assert (tour["fact"]["t"], tour["detail"]["name"]) == ("item.set", "Tour")
    assert (tour["detail_state"], tour["status"]) == ("held", "counted")


def test_a_long_log_comes_in_pages(lab: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedlab.node.service.logs.LOG_PAGE_ENTRIES", 2)
    first = ask(lab, "log")
    second = ask(lab, "log", after=first["next"])
    assert [entry["index"] for entry in first["entries"] + second["entries"]] == [0, 1, 2]
    assert ask(lab, "log", after=second["next"]) == {"entries": [], "next": None}


def test_an_erased_detail_is_gone_and_the_fact_stays(lab: Service, tmp_path: Path) -> None:
    tour = ask(lab, "log")["entries"][2]
    erased = ask(lab, "erase", entry=tour["entry"][:10])
    assert erased["entry"] == tour["entry"]
    *_, after, by = ask(lab, "log")["entries"]
    assert (after["detail"], after["detail_state"], after["fact"]) == (None, "erased", tour["fact"])
    assert (by["entry"], by["fact"]["t"]) == (erased["erased_by"], "erase")
    assert ask(lab, "item_show", item="T-1")["name"] == "T-1"
    with pytest.raises(ConflictError, match="already"):
        ask(lab, "erase", entry=tour["entry"])


def test_only_an_own_entry_with_a_detail_can_be_erased(lab: Service) -> None:
    with pytest.raises(ConflictError, match="no detail"):
        ask(lab, "erase", entry=lab.store.lab)
    with pytest.raises(NotFoundError):
        ask(lab, "erase", entry="0123456789")
    with pytest.raises(BadRequestError, match="not an entry"):
        ask(lab, "erase", entry="0123")


def test_a_sound_folder_has_no_problem(lab: Service) -> None:
    assert ask(lab, "verify") == {"labs": 1, "entries": 3, "problems": [], "split_views": []}


def test_a_changed_byte_is_found(lab: Service) -> None:
    """The check has teeth: one letter of a fact on disk is changed behind the store's back."""
    with lab.store._database.write() as conn:
        conn.execute(
            "UPDATE open_leaves SET leaf = CAST(replace(CAST(leaf AS TEXT), 'T-1', 'T-2') AS BLOB)"
        )
    assert ask(lab, "verify")["problems"]
