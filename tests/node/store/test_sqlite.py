"""The embedded store passes the contract; below it, what only a file on a disk can do."""

import errno
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fedlab.node.store import SqliteStore, StoreError
from fedlab.node.store.database import Database
from tests.node.store.contract import Reopen, StoreContract
from tests.node.store.labs import Lab


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[SqliteStore]]:
    opened = [SqliteStore(tmp_path)]
    yield opened
    opened[-1].close()


@pytest.fixture
def store(stores: list[SqliteStore]) -> SqliteStore:
    return stores[-1]


@pytest.fixture
def reopen(stores: list[SqliteStore], tmp_path: Path) -> Reopen:
    def reopen() -> SqliteStore:
        stores[-1].close()
        stores.append(SqliteStore(tmp_path))
        return stores[-1]

    return reopen


class TestSqliteStore(StoreContract):
    """The contract, on SQLite."""


def test_every_pragma_is_what_durability_asks(tmp_path: Path) -> None:
    """With synchronous NORMAL (1) a power cut loses acknowledged commits."""
    database = Database(tmp_path)
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "wal_autocheckpoint": 2048,
        "page_size": 8192,
        "temp_store": 2,
        "trusted_schema": 0,
    }
    with database.write() as conn:
        found = {name: conn.execute(f"PRAGMA {name}").fetchone()[0] for name in expected}
    assert found == expected
    with database.read() as conn, pytest.raises(sqlite3.OperationalError, match="readonly"):
        conn.execute("DELETE FROM labs")
    database.close()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.settings.set("colour", "green")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    store.close()
    assert modes == dict.fromkeys(("lock", "store.db", "store.db-wal", "store.db-shm"), 0o600)


def test_there_are_never_two_writers(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    with pytest.raises(StoreError, match=r"in use by another fedlab \(process \d+\)") as raised:
        SqliteStore(tmp_path)
    assert raised.value.code == "locked"
    store.close()
    SqliteStore(tmp_path).close()


def test_a_newer_folder_is_left_alone(tmp_path: Path) -> None:
    SqliteStore(tmp_path).close()
    with sqlite3.connect(tmp_path / "store.db") as conn:
        conn.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
            ("fedlab", "loans", "2030-01-01"),
        )
    conn.close()
    before = (tmp_path / "store.db").read_bytes()
    with pytest.raises(StoreError, match="newer fedlab") as raised:
        SqliteStore(tmp_path)
    assert (raised.value.code, "Upgrade" in raised.value.hint) == ("newer", True)
    assert (tmp_path / "store.db").read_bytes() == before


@pytest.mark.parametrize(
    "damage", [b"this is not a database, whatever its name says" * 400, b"SQLite format 3\0"]
)
def test_a_file_that_is_no_database(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "store.db").write_bytes(damage)
    with pytest.raises(StoreError, match="damaged") as raised:
        SqliteStore(tmp_path)
    assert (raised.value.code, "backup" in raised.value.hint) == ("corrupt", True)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as raised:
        SqliteStore(tmp_path / "nowhere")
    assert raised.value.code == "cannot_open"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EACCES, "read_only"),
        (errno.EROFS, "read_only"),
        (errno.ENOSPC, "disk_full"),
        (errno.EIO, "io"),
    ],
)
def test_what_the_system_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def refuse(*args: object) -> int:
        raise OSError(number, "refused")

    monkeypatch.setattr("fedlab.node.store.database.os.open", refuse)
    with pytest.raises(StoreError) as raised:
        SqliteStore(tmp_path)
    assert raised.value.code == code
    assert raised.value.message.startswith(f"{tmp_path}: ")  # the folder that --data named
    assert raised.value.hint.endswith(".")


def test_a_full_disk_loses_nothing_and_recovers(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    lab = Lab()
    lab.items(2000)
    packages = lab.packages()
    store.commit(packages[:2])
    with store._database.write() as conn:
        pages = conn.execute("PRAGMA page_count").fetchone()[0]
        conn.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(StoreError, match="the disk is full") as raised:
        store.commit(packages[2:])
    assert raised.value.code == "disk_full"
    (log,) = store.logs()
    assert log.held == 512
    assert store.leaves(lab.id, 0, 0, 512) == lab.leaves[:512]
    with store._database.write() as conn:
        conn.execute("PRAGMA max_page_count = 100000")
    store.commit(packages[2:])
    assert store.leaves(lab.id, 0, 0, 2001) == lab.leaves
    store.close()


def test_after_an_error_of_the_disk_nothing_more_is_written(tmp_path: Path) -> None:
    """The kernel reports a failed fsync once and then forgets it."""
    store = SqliteStore(tmp_path)
    failed = sqlite3.OperationalError("disk I/O error")
    failed.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    with pytest.raises(StoreError, match="error"), store.transaction():
        raise failed
    with pytest.raises(StoreError, match="error") as raised:
        store.settings.set("colour", "green")
    assert raised.value.code == "io"
    assert store.settings.get("colour") == ""
    store.close()


def test_readers_in_other_threads_see_whole_transactions(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.append(store.settings.get("colour")))
    with store.transaction():
        store.settings.set("colour", "green")
        reader.start()
        reader.join()
        assert store.settings.get("colour") == "green"
    assert seen == [""]
    store.close()


class TestErasing:
    """What is erased is nowhere in the folder's files."""

    SECRET = b"Jeanne Dupont, 06 12 34 56 78"

    def files_with_secret(self, folder: Path) -> list[str]:
        return [path.name for path in folder.iterdir() if self.SECRET in path.read_bytes()]

    def erase(self, folder: Path) -> None:
        lab = Lab()
        lab.items(400)
        secret = lab.item("S-1", self.SECRET.decode())
        lab.items(400)
        store = SqliteStore(folder)
        store.commit(lab.events())
        assert self.files_with_secret(folder)
        store.erase(lab.id, 0, secret)
        store.scrub()
        assert store.leaves(lab.id, 0, 0, 802) == lab.leaves
        found = self.files_with_secret(folder)
        store.close()
        assert self.files_with_secret(folder) == found
        assert not found

    def test_nothing_is_left(self, tmp_path: Path) -> None:
        self.erase(tmp_path)

    @pytest.mark.parametrize("weakness", ["secure_delete", "wal"])
    def test_the_test_notices(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weakness: str
    ) -> None:
        """Negative control: without overwriting, or without cutting the WAL, the bytes stay."""
        if weakness == "wal":
            monkeypatch.setattr(Database, "cut_wal", lambda self: True)
        else:
            from fedlab.node.store import schema

            def weak(conn: sqlite3.Connection, *, writer: bool) -> None:
                strong(conn, writer=writer)
                conn.execute("PRAGMA secure_delete = OFF")

            strong = schema.set_pragmas
            monkeypatch.setattr(schema, "set_pragmas", weak)
        with pytest.raises(AssertionError):
            self.erase(tmp_path)

    def test_a_reader_in_the_way_only_delays_it(self, tmp_path: Path) -> None:
        lab = Lab()
        secret = lab.item("S-1", self.SECRET.decode())
        store = SqliteStore(tmp_path)
        store.commit(lab.events())
        with store._database.write() as conn:
            conn.execute("PRAGMA busy_timeout = 0")
        with store._database.read():
            store.erase(lab.id, 0, secret)
            assert not store.scrub()
        store.close()
        store = SqliteStore(tmp_path)  # a restart does not forget that work is left
        assert store.settings.get("scrub")
        assert store.scrub()
        assert not self.files_with_secret(tmp_path)
        store.close()


Damage = Callable[[sqlite3.Connection], None]


def zero_bundle(conn: sqlite3.Connection) -> None:
    conn.execute("UPDATE bundles SET bundle = zeroblob(length(bundle)) WHERE id & 255 = 1")


def change_leaf(conn: sqlite3.Connection) -> None:
    (bundle,) = conn.execute("SELECT bundle FROM bundles WHERE id & 255 = 1").fetchone()
    changed = bundle.replace(b'"T-300"', b'"T-399"')
    assert changed != bundle
    conn.execute("UPDATE bundles SET bundle = ? WHERE id & 255 = 1", (changed,))


def lose_bundle(conn: sqlite3.Connection) -> None:
    conn.execute("DELETE FROM bundles WHERE id & 255 = 1")


class TestTornTransfer:
    """What was being fetched when the power went is looked at again before it is built upon."""

    def torn(self, folder: Path, head_size: int, damage: Damage) -> tuple[Lab, SqliteStore]:
        lab = Lab()
        lab.items(699)
        store = SqliteStore(folder)
        if head_size:
            store.commit([*lab.packages(size=head_size)])
        store.commit(lab.packages(start=head_size)[:-1])
        with store._database.write() as conn:
            damage(conn)
        store.close()
        return lab, SqliteStore(folder)

    @pytest.mark.parametrize("damage", [zero_bundle, change_leaf, lose_bundle])
    @pytest.mark.parametrize("head_size", [0, 1, 255, 256])
    def test_it_goes_back_to_what_is_proved(
        self, tmp_path: Path, head_size: int, damage: Damage
    ) -> None:
        lab, store = self.torn(tmp_path, head_size, damage)
        log = store.log(lab.id, 0)
        assert log is not None
        assert log.held == head_size
        assert log.head == (lab.head(head_size) if head_size else None)
        store.commit(lab.packages(start=head_size))
        assert store.leaves(lab.id, 0, 0, 700) == lab.leaves
        assert store.details(lab.id, 0, 0, 700) == lab.details
        (log,) = store.logs()
        assert log.stored_bytes == sum(map(len, lab.leaves)) + sum(
            len(detail) for detail in lab.details if detail
        )
        store.close()

    def test_to_nothing_if_the_head_itself_is_lost(self, tmp_path: Path) -> None:
        lab, store = self.torn(tmp_path, 300, lose_bundle)
        (log,) = store.logs()
        assert (log.held, log.head) == (0, None)
        store.commit(lab.packages())
        assert store.leaves(lab.id, 0, 0, 700) == lab.leaves
        store.close()
