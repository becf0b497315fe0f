"""The file under the store: one lock, one writing connection, one reading connection a thread."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database as Tables

from fedlab.node.config import Folder

from . import derived, schema
from .errors import StoreError, explained


class FolderLock:
    """The right to write in a folder, held by one process at a time and freed when it ends.

    Raises StoreError with the code `locked` if another process has it.
    """

    def __init__(self, folder: Path) -> None:
        path = Folder(folder).lock
        with explained(folder):
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise StoreError(
                "locked",
                f"{folder} is in use by another fedlab (process {holder or 'unknown'})",
                "Stop that process first, or let it do the work.",
            ) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Let another process write; the file stays, or two could lock two files of one name."""
        os.close(self._fd)


class Database:
    """Transactions on the file: writes one at a time from any thread, reads side by side.

    A transaction begun inside another of the same thread joins it. SQLite before 3.51.3 can
    damage a WAL when two connections write or checkpoint at once; here one connection does both,
    and the readers are opened read-only.
    """

    def __init__(self, folder: Path, *, writes: bool = True) -> None:
        """Open the file; without writes, beside a process that has the right to."""
        if sqlite3.sqlite_version_info < schema.SQLITE_VERSION_MIN:
            raise StoreError(
                "old_sqlite",
                f"SQLite {sqlite3.sqlite_version} is too old",
                "fedlab needs 3.40 or later: upgrade the system, or its Python.",
            )
        self.path = Folder(folder).store
        self._lock = FolderLock(folder) if writes else None
        self._writing = threading.RLock()
        self._depth = 0
        self._readers: list[sqlite3.Connection] = []
        self._of_thread = threading.local()
        self._failed: StoreError | None = None
        try:
            self._writer = self._open_writer() if writes else self.fresh_reader()
        except BaseException:
            self._release()
            raise

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _open_writer(self) -> sqlite3.Connection:
        with explained(self.path):
            # Created by us, so that nobody else may read it, however the umask stands.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            conn = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            try:
                tables = Tables(conn, recursive_triggers=False, execute_plugins=False)
                schema.set_pragmas(conn, writer=True)
                if newer := schema.newer_migrations(tables):
                    raise StoreError(
                        "newer",
                        f"{self.path} was written by a newer fedlab ({newer[-1]})",
                        "Upgrade fedlab on this machine; an older one must not touch the folder.",
                    )
                if schema.migrations.pending(tables):
                    schema.migrations.apply(tables)
                if not derived.are_projections_current(conn):
                    conn.execute("BEGIN IMMEDIATE")
                    derived.make_projections(conn)
                    conn.execute("COMMIT")
            except BaseException:
                conn.close()
                raise
        return conn

    def close(self) -> None:
        """Close every connection and free the folder; nothing may be under way."""
        with self._writing:
            for reader in self._readers:
                reader.close()
            self._readers.clear()
            self._of_thread = threading.local()
            self._writer.close()
            self._release()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Run a transaction that is on disk when the block is left, or undone if it raises."""
        with self._writing:
            if self._depth:
                yield self._writer
                return
            if self._failed:
                raise self._failed
            self._depth = 1
            try:
                with explained(self.path):
                    yield from self._transaction()
            except StoreError as exc:
                # After a failed fsync nobody knows what is on disk (the kernel forgets): stop.
                if exc.code == "io":
                    self._failed = exc
                raise
            finally:
                self._depth = 0

    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield self._writer
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Run reads that all see one moment; within `write`, what it has written so far too."""
        if self._depth and self._writing.acquire(blocking=False):
            # Only the thread that writes gets here while a write is under way.
            try:
                yield self._writer
            finally:
                self._writing.release()
            return
        reader = self._reader()
        with explained(self.path):
            if reader.in_transaction:
                yield reader
                return
            reader.execute("BEGIN")
            try:
                yield reader
            finally:
                reader.execute("COMMIT")

    def _reader(self) -> sqlite3.Connection:
        reader: sqlite3.Connection | None = getattr(self._of_thread, "reader", None)
        if reader is None:
            reader = self._of_thread.reader = self.fresh_reader()
            self._readers.append(reader)
        return reader

    def fresh_reader(self) -> sqlite3.Connection:
        """Return a new read-only connection, which has none of the file's pages in memory."""
        with explained(self.path):
            conn = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
            schema.set_pragmas(conn, writer=False)
        return conn

    def cut_wal(self) -> bool:
        """Move the write-ahead log into the file and cut it to nothing; False if a reader reads."""
        with self._writing, explained(self.path):
            busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy
