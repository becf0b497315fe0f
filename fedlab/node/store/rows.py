"""How a log's row is read and written: its compact range and heads, and the keys of its places."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from fedlab.protocol.checkpoint import Head
from fedlab.protocol.limits import BLOCK_ENTRIES
from fedlab.protocol.merkle import HASH_BYTES, CompactRange
from fedlab.protocol.replica import HeldLog

from .schema import BLOCK_BITS, PLACE_BITS

# SQLite allows 32,766 values in one statement; a block has 256 entries.
ROWS_AT_ONCE = 512

_SELECT = """
    SELECT logs.id, labs.lab, logs.epoch, held, peaks, head, toward, seen_at, bytes,
        EXISTS (SELECT 1 FROM faults WHERE faults.log = logs.id), carrier
    FROM logs JOIN labs ON labs.id = logs.lab
"""


@dataclass(slots=True)
class LogRow:
    """One log as the store keeps it; changed in memory, then written by `save`."""

    id: int
    lab: str
    epoch: int
    tree: CompactRange
    head: Head | None
    toward: Head | None
    seen_at: int
    stored_bytes: int
    frozen: bool
    carrier: str

    @property
    def held(self) -> int:
        return self.tree.size

    @classmethod
    def find(cls, conn: sqlite3.Connection, lab: str, epoch: int) -> Self | None:
        """Return the log, or None if nothing of it was ever kept."""
        where = " WHERE labs.lab = ? AND logs.epoch = ?"
        row = conn.execute(_SELECT + where, (lab, epoch)).fetchone()
        return row and cls._read(row)

    @classmethod
    def find_all(cls, conn: sqlite3.Connection) -> list[Self]:
        """Return every log, in the order of labs and epochs."""
        rows = conn.execute(_SELECT + " ORDER BY labs.lab, logs.epoch")
        return [cls._read(row) for row in rows]

    @classmethod
    def find_or_begin(cls, conn: sqlite3.Connection, lab: str, epoch: int) -> Self:
        """Return the log, beginning an empty one if there is none."""
        if found := cls.find(conn, lab, epoch):
            return found
        conn.execute("INSERT INTO logs (lab, epoch) VALUES (?, ?)", (lab_number(conn, lab), epoch))
        begun = cls.find(conn, lab, epoch)
        assert begun is not None
        return begun

    @classmethod
    def _read(cls, row: tuple[int, str, int, int, bytes, bytes, bytes, int, int, int, str]) -> Self:
        number, lab, epoch, held, peaks, head, toward, seen_at, stored, frozen, carrier = row
        roots = [peaks[i : i + HASH_BYTES] for i in range(0, len(peaks), HASH_BYTES)]
        return cls(
            number,
            lab,
            epoch,
            CompactRange(held, roots),
            _read_head(lab, epoch, head),
            _read_head(lab, epoch, toward),
            seen_at,
            stored,
            bool(frozen),
            carrier,
        )

    def save(self, conn: sqlite3.Connection) -> None:
        """Write what has changed."""
        conn.execute(
            """UPDATE logs SET held = ?, peaks = ?, head = ?, toward = ?, bytes = ?, carrier = ?
            WHERE id = ?""",
            (
                self.held,
                b"".join(self.tree.roots),
                _write_head(self.head),
                _write_head(self.toward),
                self.stored_bytes,
                self.carrier,
                self.id,
            ),
        )

    def as_held(self) -> HeldLog:
        """Return what others may know of it."""
        return HeldLog(
            self.lab,
            self.epoch,
            self.held,
            self.head,
            toward=self.toward,
            seen_at=self.seen_at,
            stored_bytes=self.stored_bytes,
            frozen=self.frozen,
            carrier=self.carrier,
        )

    def place(self, index: int) -> int:
        """Return the key of an entry in every table that has one row an entry."""
        return self.id << PLACE_BITS | index

    def block(self, index: int) -> int:
        """Return the key of the block that holds the entry."""
        return self.id << BLOCK_BITS | index // BLOCK_ENTRIES


def log_and_index(place: int) -> tuple[int, int]:
    """Return the log's number and the entry's index in it."""
    return place >> PLACE_BITS, place & ((1 << PLACE_BITS) - 1)


def log_numbers(conn: sqlite3.Connection, labs: Collection[str]) -> dict[tuple[str, int], int]:
    """Return the numbers that stand for the logs of some labs in the tables, by lab and epoch."""
    rows = conn.execute(
        f"""SELECT labs.lab, epoch, logs.id FROM labs JOIN logs ON logs.lab = labs.id
        WHERE labs.lab IN ({",".join("?" * len(labs))})""",  # noqa: S608
        list(labs),
    )
    return {(lab, epoch): number for lab, epoch, number in rows}


def lab_number(conn: sqlite3.Connection, lab: str) -> int:
    """Return the number that stands for a lab in the tables, giving it one if it has none."""
    conn.execute("INSERT OR IGNORE INTO labs (lab) VALUES (?)", (lab,))
    found: tuple[int] = conn.execute("SELECT id FROM labs WHERE lab = ?", (lab,)).fetchone()
    return found[0]


def _write_head(head: Head | None) -> bytes | None:
    return None if head is None else head.size.to_bytes(8, "big") + head.root + head.sig


def _read_head(lab: str, epoch: int, raw: bytes | None) -> Head | None:
    if raw is None:
        return None
    return Head(lab, epoch, int.from_bytes(raw[:8], "big"), raw[8:40], raw[40:])
