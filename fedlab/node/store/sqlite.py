"""The embedded store: one SQLite file, one writer."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from fedlab.protocol.checkpoint import Head
from fedlab.protocol.entry import detail_field
from fedlab.protocol.errors import LocalProtocolError, RemoteProtocolError
from fedlab.protocol.events import ChainSeen, Details, Package
from fedlab.protocol.evidence import SplitView, decode_evidence
from fedlab.protocol.identity import Chain, read_chain
from fedlab.protocol.merkle import Tree, leaf_hashes
from fedlab.protocol.replica import HeldLog

from . import private
from .base import Place, Rehashed
from .counter import CounterTable
from .database import Database
from .desk import DeskTable
from .details import SCRUB_KEY, DetailRows
from .errors import CORRUPT, UNKNOWN_LAB, StoreError, store_error
from .logs import LogRows
from .members import JournalTable, KeysTable, MembersTable, SessionsTable, TokensTable
from .projections import ProjectionTables
from .rows import LogRow, lab_number
from .wishes import WishesTable

# Checking the keys of a chain takes a millisecond, and an append asks for its own ten times. With
# fewer places than labs, whoever lists them all would check them all. A chain is some 5 KB here.
_read_chain = lru_cache(maxsize=1024)(read_chain)

_OWN_LAB, _NETWORK = "lab", "network"

# How old freshness on disk may get when nothing else is written: it is shown in minutes.
SEEN_SECONDS = 600


class SqliteStore:
    """A `Store` in DIR/store.db; see `base.Store` for what each method promises.

    Opening takes the folder's lock, brings the tables up to date and looks again at what was under
    way; not so without `writes`, for another process of the same node that only reads. Raises
    StoreError.
    """

    def __init__(self, folder: Path, *, writes: bool = True) -> None:
        self._database = Database(folder, writes=writes)
        self._logs = LogRows(self._database)
        self._details = DetailRows(self._database)
        self.settings = private.SettingsTable(self._database)
        self.peers = private.PeersTable(self._database)
        self.invites = private.InvitesTable(self._database)
        self.blocks = private.BlocksTable(self._database)
        self.drafts = private.DraftsTable(self._database)
        self.imports = private.ImportsTable(self._database)
        self.answers = private.AnswersTable(self._database)
        self.counter = CounterTable(self._database)
        self.members = MembersTable(self._database)
        self.sessions = SessionsTable(self._database)
        self.login_keys = KeysTable(self._database)
        self.api_tokens = TokensTable(self._database)
        self.journal = JournalTable(self._database)
        self.desk = DeskTable(self._database)
        self.wishes = WishesTable(self._database)
        self.projections = ProjectionTables(self._database)
        self._seen: dict[tuple[str, int], float] = {}
        self._seen_written = 0.0
        try:
            self._lab = self.settings.get(_OWN_LAB)
            self._network = self.settings.get(_NETWORK)
            if writes:
                self._look_again()
        except BaseException:
            self._database.close()
            raise

    def _look_again(self) -> None:
        """Check what was being fetched when the node stopped; drop what the disk has torn."""
        with self._database.read() as conn:
            torn = [
                row
                for row in LogRow.find_all(conn)
                if row.lab != self._lab
                and row.held != (row.head.size if row.head else 0)
                and not self._logs.is_sound(conn, row)
            ]
        if torn:
            with self._database.write() as conn:
                for row in torn:
                    self._logs.rewind(conn, row)
                    self.projections.forget(row.lab)

    def close(self) -> None:
        if self._seen:
            with self._database.write() as conn:
                self._write_seen(conn)
        self._database.close()

    def check(self) -> list[str]:
        try:
            with self._database.read() as conn:
                found = [text for (text,) in conn.execute("PRAGMA quick_check(20)")]
        except StoreError as exc:
            return [exc.message]
        return [text for text in found if text != "ok"]

    def transaction(self) -> AbstractContextManager[object]:
        return self._database.write()

    # --- Whose store it is ------------------------------------------------------------------------

    def has_lab(self) -> bool:
        return bool(self._lab or self.settings.get(_OWN_LAB))

    @property
    def lab(self) -> str:
        if not self._lab:  # it is read when it is asked for, so that a failed founding leaves none
            self._lab = self.settings.get(_OWN_LAB)
        if not self._lab:
            raise store_error(UNKNOWN_LAB, self._database.path.parent)
        return self._lab

    @property
    def network(self) -> str:
        if not self._network:
            self._network = self.settings.get(_NETWORK)
        if not self._network:
            raise store_error(UNKNOWN_LAB, self._database.path.parent)
        return self._network

    def adopt(self, chain: Chain) -> None:
        if self.has_lab() and self.lab != chain.lab:
            raise StoreError(
                "other_lab",
                f"{self._database.path} belongs to the lab {self.lab}",
                "Choose another folder with --data: a folder holds one lab.",
            )
        with self._database.write() as conn:
            self._put_chain(conn, chain)
            self.settings.set(_OWN_LAB, chain.lab)
            self.settings.set(_NETWORK, chain.network)

    # --- Reading ----------------------------------------------------------------------------------

    def chain(self, lab: str) -> Chain | None:
        with self._database.read() as conn:
            leaves = conn.execute(
                """SELECT leaf FROM chains JOIN labs ON labs.id = chains.lab
                WHERE labs.lab = ? ORDER BY epoch""",
                (lab,),
            ).fetchall()
        if not leaves:
            return None
        try:
            chain = _read_chain(tuple(leaf for (leaf,) in leaves))
        except RemoteProtocolError as exc:  # it was whole when it was kept
            raise store_error(CORRUPT, self._database.path) from exc
        if chain.lab != lab:
            raise store_error(CORRUPT, self._database.path)
        return chain

    def own_chain(self) -> Chain:
        chain = self.chain(self.lab)
        if chain is None:
            raise store_error(CORRUPT, self._database.path)
        return chain

    def logs(self) -> list[HeldLog]:
        return [self._with_seen(held) for held in self._logs.all()]

    def log(self, lab: str, epoch: int) -> HeldLog | None:
        held = self._logs.find(lab, epoch)
        return held and self._with_seen(held)

    def _with_seen(self, held: HeldLog) -> HeldLog:
        return held._replace(seen_at=self._seen.get((held.lab, held.epoch), held.seen_at))

    def leaves(self, lab: str, epoch: int, start: int, end: int) -> list[bytes]:
        return self._logs.leaves(lab, epoch, start, end)

    def hash_again(self, lab: str, epoch: int, before: int) -> Rehashed:
        return self._logs.hash_again(lab, epoch, before)

    def tree(self, lab: str, epoch: int) -> Tree:
        return self._logs.tree(lab, epoch)

    def details(self, lab: str, epoch: int, start: int, end: int) -> list[bytes | None]:
        return self._details.read(lab, epoch, start, end)

    def details_of(self, places: Sequence[Place]) -> list[bytes | None]:
        return self._details.read_places(places)

    def missing_details(self, lab: str, epoch: int, start: int, limit: int) -> list[int]:
        return self._details.missing(lab, epoch, start, limit)

    def erased(self, lab: str, epoch: int, start: int, end: int) -> set[int]:
        return self._details.erased(lab, epoch, start, end)

    # --- This lab's own log -----------------------------------------------------------------------

    def append_leaves(
        self,
        lab: str,
        epoch: int,
        leaves: Sequence[bytes],
        details: Sequence[bytes | None],
        *,
        drafts_upto: int | None = None,
    ) -> None:
        with self._database.write() as conn:
            row = LogRow.find_or_begin(conn, lab, epoch)
            commitments = [detail_field(leaf) for leaf in leaves]
            self._details.put_with_leaves(conn, row, row.held, details, commitments)
            self._logs.extend(conn, row, leaves, leaf_hashes(leaves))
            row.save(conn)
            if drafts_upto is not None:
                self.drafts.done(conn, drafts_upto)

    def put_head(self, head: Head) -> None:
        with self._database.write() as conn:
            row = LogRow.find_or_begin(conn, head.lab, head.epoch)
            if row.head == head:
                return
            if row.head is not None and head.size <= row.head.size:
                raise LocalProtocolError(f"a head at {head.size} after one at {row.head.size}")
            self._take_head(row, head)
            row.save(conn)

    @staticmethod
    def _take_head(row: LogRow, head: Head) -> None:
        if (row.held, row.tree.root()) != (head.size, head.root):
            raise LocalProtocolError(f"{row.held} entries do not make the head at {head.size}")
        row.head, row.toward = head, None

    # --- What peers send --------------------------------------------------------------------------

    def commit(
        self,
        events: Sequence[Package | Details | ChainSeen],
        carriers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        rows: dict[tuple[str, int], LogRow] = {}
        with self._database.write() as conn:
            for event in events:
                if isinstance(event, ChainSeen):
                    self._put_chain(conn, event.chain)
                    continue
                key = (event.lab, event.epoch)
                if key not in rows:
                    rows[key] = LogRow.find_or_begin(conn, *key)
                if isinstance(event, Package):
                    self._commit_package(conn, rows[key], event, carriers.get(event.lab, ""))
                else:
                    self._details.put_late(conn, rows[key], event.blobs)
            for row in rows.values():
                row.save(conn)
            self._write_seen(conn)

    def _commit_package(
        self, conn: sqlite3.Connection, row: LogRow, package: Package, carrier: str
    ) -> None:
        if package.start == row.held:
            row.carrier = carrier
            self._details.put_with_leaves(conn, row, row.held, package.details, package.commitments)
            self._logs.extend(conn, row, package.leaves, package.hashes)
        head = package.head
        if package.complete and row.held == head.size:
            if row.head is None or row.head.size < head.size:
                self._take_head(row, head)
        elif head.size > row.held:
            row.toward = head

    def _put_chain(self, conn: sqlite3.Connection, chain: Chain) -> None:
        number = lab_number(conn, chain.lab)
        known = conn.execute("SELECT leaf FROM chains WHERE lab = ? ORDER BY epoch", (number,))
        leaves = tuple(leaf for (leaf,) in known)
        if leaves == chain.leaves:
            return
        if leaves:  # an opening ends the epoch before it: what was folded may not count any more
            self.projections.forget(chain.lab)
        conn.execute("DELETE FROM chains WHERE lab = ?", (number,))
        conn.executemany(
            "INSERT INTO chains VALUES (?, ?, ?)",
            [(number, epoch, leaf) for epoch, leaf in enumerate(chain.leaves)],
        )

    def put_evidence(self, evidence: SplitView) -> None:
        lab, epoch, raw = evidence.new.lab, evidence.new.epoch, evidence.encode()
        with self._database.write() as conn:
            row = LogRow.find_or_begin(conn, lab, epoch)
            found = conn.execute("INSERT OR IGNORE INTO faults VALUES (?, ?)", (row.id, raw))
            if found.rowcount:  # what was folded may not count any more
                self.projections.forget(lab)

    def evidence(self, lab: str) -> list[SplitView]:
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT evidence FROM faults JOIN logs ON logs.id = faults.log
                JOIN labs ON labs.id = logs.lab WHERE labs.lab = ? ORDER BY epoch, evidence""",
                (lab,),
            ).fetchall()
        try:
            return [decode_evidence(raw) for (raw,) in rows]
        except RemoteProtocolError as exc:  # it was whole when it was kept
            raise store_error(CORRUPT, self._database.path) from exc

    def put_seen(self, seen: Mapping[tuple[str, int], float]) -> None:
        self._seen.update(seen)
        if max(seen.values(), default=0.0) > self._seen_written + SEEN_SECONDS:
            with self._database.write() as conn:
                self._write_seen(conn)

    def _write_seen(self, conn: sqlite3.Connection) -> None:
        seen, self._seen = self._seen, {}
        conn.executemany(
            """UPDATE logs SET seen_at = ? WHERE epoch = ?
            AND lab = (SELECT id FROM labs WHERE labs.lab = ?)""",
            [(int(at), epoch, lab) for (lab, epoch), at in seen.items()],
        )
        self._seen_written = max(self._seen_written, *seen.values(), 0.0)

    # --- Details that go --------------------------------------------------------------------------

    def erase(self, lab: str, epoch: int, index: int) -> None:
        with self._database.write() as conn:
            row = LogRow.find_or_begin(conn, lab, epoch)
            if self._details.erase(conn, row, index):
                row.save(conn)

    def scrub(self) -> bool:
        if not self.settings.get(SCRUB_KEY):
            return True
        if not self._database.cut_wal():
            return False
        self.settings.remove(SCRUB_KEY)
        return True
