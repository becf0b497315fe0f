"""docs/reference/store.md names every table, column, pragma and error code there is."""

import re
from pathlib import Path

import pytest

from fedlab.node.store import SqliteStore, Store
from fedlab.node.store.database import Database

REPO = Path(__file__).parents[3]
PAGE = (REPO / "docs/reference/store.md").read_text()
STORE = REPO / "fedlab/node/store"


def test_every_table_and_column(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with database.read() as conn:
        found = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for table in (name for (name,) in found if not name.startswith(("_", "sqlite_"))):
            row = re.search(rf"^\| `{table}` \| (.*?) \|", PAGE, re.MULTILINE)
            assert row, f"the table {table} is not in the page"
            columns = [name for _, name, *_ in conn.execute(f"PRAGMA table_info({table})")]
            assert re.findall(r"`(\w+)`", row[1]) == columns
    database.close()


@pytest.mark.parametrize("pragma", re.findall(r"PRAGMA (\w+) =", (STORE / "schema.py").read_text()))
def test_every_pragma(pragma: str) -> None:
    assert f"`{pragma}`" in PAGE


def test_every_error_code() -> None:
    sources = "".join(
        path.read_text() for path in [*STORE.glob("*.py"), *STORE.parent.glob("*.py")]
    )
    codes = set(re.findall(r'StoreError\(\s*"(\w+)"', sources))
    codes |= set(
        re.findall(r'^_?[A-Z_]+ = \(\n    "(\w+)",', (STORE / "errors.py").read_text(), re.M)
    )
    assert {"corrupt", "locked", "has_lab"} < codes
    for code in codes:
        assert f"`{code}`" in PAGE, code


PRIVATE = (
    "settings", "peers", "invites", "blocks", "drafts", "imports", "answers", "members", "sessions",
    "login_keys", "api_tokens", "journal", "desk", "counter", "wishes",
)  # fmt: skip


def test_the_interface_names_every_private_part() -> None:
    """Nothing of the embedded store is used that a second engine would not know of."""
    asked = {name for name in dir(Store) if not name.startswith("_")}
    assert set(PRIVATE) < asked
    assert not {name for name in dir(SqliteStore) if not name.startswith("_")} - asked
