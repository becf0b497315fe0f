"""A folder of an older fedlab: whatever is derived is made anew, and nobody notices."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fedlab.inventory import fold
from fedlab.inventory.lab import LabState
from fedlab.node.config import Folder
from fedlab.node.service import Service
from fedlab.node.store import SqliteStore, derived
from tests.node.labs import ask, found_lab

Damage = Callable[[sqlite3.Connection], object]


def change(path: Path, damage: Damage) -> None:
    with closing(sqlite3.connect(path / "store.db", isolation_level=None)) as conn:
        damage(conn)


def older_shape(conn: sqlite3.Connection) -> None:
    """Leave the items in a table with a column less, as a fedlab before this one made it."""
    conn.execute("DROP TABLE items")
    conn.execute(
        "CREATE TABLE items (changed INTEGER PRIMARY KEY, lab INTEGER, code TEXT, state BLOB)"
    )
    conn.execute("DELETE FROM settings WHERE key = 'projections_made'")


def with_a_table_more(conn: sqlite3.Connection) -> None:
    """Leave a table behind that projections have no more."""
    conn.execute("CREATE TABLE rumours (lab INTEGER PRIMARY KEY REFERENCES labs(id))")
    conn.execute(
        "UPDATE settings SET value = 'another form rumours items' WHERE key = 'projections_made'"
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder of a lab with one item, found by the index too."""
    path = tmp_path_factory.mktemp("made")
    found_lab(path)
    with Service(Folder(path)) as service:
        ask(service, "item_add", code="P-1", change={"name": "Perceuse", "quantity": 2000})
        assert ask(service, "search", text="perceuse")["total"] == 1
    return path


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return shutil.copytree(made, tmp_path / "lab")


@pytest.mark.parametrize("damage", [older_shape, with_a_table_more])
def test_older_projections_are_made_anew(folder: Path, damage: Damage) -> None:
    change(folder, damage)
    with Service(Folder(folder)) as service:
        (item,) = ask(service, "item_list")["items"]
        assert (item["code"], item["name"], item["quantity"]) == ("P-1", "Perceuse", 2000)
        ask(service, "item_add", code="S-1", change={"name": "Scie"})
        assert [ask(service, "search", text=q)["total"] for q in ("perceuse", "scie")] == [1, 1]
        assert ask(service, "verify")["problems"] == []
    with closing(sqlite3.connect(folder / "store.db")) as conn:
        names = {name for (name,) in conn.execute("SELECT name FROM sqlite_master")}
    assert "rumours" not in names


def test_mutant_that_keeps_them_fails_every_write(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(folder, older_shape)
    monkeypatch.setattr(derived, "are_projections_current", lambda conn: True)
    with pytest.raises(sqlite3.OperationalError), Service(Folder(folder)) as service:
        ask(service, "item_add", code="S-1", change={"name": "Scie"})


def test_another_fold_folds_everything_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened() -> tuple[str, int]:
        store = SqliteStore(folder)
        try:
            return store.projections.generation(), sum(
                position.folded for position in store.projections.positions()
            )
        finally:
            store.close()

    before = opened()
    assert opened() == before and before[1] > 0
    monkeypatch.setattr(fold, "FORMAT", fold.FORMAT + 1)
    generation, folded = opened()
    assert generation != before[0] and folded == 0
    with Service(Folder(folder)) as service:
        assert ask(service, "search", text="perceuse")["total"] == 1


def test_a_new_field_of_a_state_tells_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(LabState, frozen=True, kw_only=True):
        motto: str = ""

    before = fold.fold_form()
    monkeypatch.setattr(fold, "LabState", Later)
    assert fold.fold_form() != before == before
