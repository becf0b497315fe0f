"""How long a book of loans takes to fold from the store, and one new entry to join it.

Two labs lend to each other, all of the loans running their whole life; both logs are on disk. The
projections are dropped and folded again, then one entry at a time is added and folded: that must
not take longer in a long book than in a short one.

    python -m benchmarks.ledger [--loans 100000] [--keep]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks.report import write_section
from fedlab.inventory.facts import ItemSet, Seen
from fedlab.ledger import loanfacts as f
from fedlab.node.projector import Projector
from fedlab.node.store import SqliteStore
from fedlab.protocol.checkpoint import sign_head
from fedlab.protocol.entry import FactHead
from fedlab.protocol.events import ChainSeen, Package
from fedlab.protocol.identity import SecretKeys, lab_id, make_genesis, read_chain
from fedlab.protocol.limits import BLOCK_ENTRIES
from fedlab.protocol.merkle import CompactRange, leaf_hash, leaf_hashes

ITEMS = 2_000
NETWORK = "fedlab"
NOTES = """
Two labs, all loans of eight entries and a whole life, both logs on disk; the projections are
dropped and folded again. Then 40 times one more entry, the middle one shown. That this does not
grow with the book is proven without a clock, by what the database does for it, in
`tests/node/test_projector_ledger.py`.

Run: `python -m benchmarks.ledger --keep`.
"""
_encode = msgspec.json.Encoder(order="sorted").encode  # the one spelling, not checked again


class Author:
    """A lab that signs, in memory."""

    def __init__(self, seed: int) -> None:
        self.keys = SecretKeys(*(bytes([seed, n]) * 16 for n in range(4)))
        genesis = make_genesis(NETWORK, self.keys.public(), bytes(32), 1)
        self.lab, self.chain = lab_id(genesis), read_chain([genesis])
        self.leaves = [genesis]
        self.sent = 0
        self.tree = CompactRange()

    def say(self, kind: type[FactHead], /, **fields: Any) -> str:
        """Add a fact and return its entry's id."""
        head = {"at": 1_800_000_000, "by": self.lab, "e": 0, "n": len(self.leaves)}
        self.leaves.append(_encode(kind(**{**head, **fields})))
        return leaf_hash(self.leaves[-1]).hex()

    def packages(self) -> list[Package]:
        """Return what was said since the last time, block by block, under one head."""
        new = leaf_hashes(self.leaves[self.sent :])
        self.tree.extend(new)
        size = len(self.leaves)
        head = sign_head(self.keys.log, NETWORK, self.lab, 0, size, self.tree.root())
        found, start = [], self.sent
        while start < size:
            end = min(size, (start // BLOCK_ENTRIES + 1) * BLOCK_ENTRIES)
            hashes = new[start - self.sent : end - self.sent]
            leaves = self.leaves[start:end]
            none: list[None] = [None] * len(leaves)
            found.append(
                Package(self.lab, 0, start, leaves, hashes, none, none, head, end == size, 0)
            )
            start = end
        self.sent = size
        return found


def live(borrower: Author, lender: Author, number: int) -> None:
    """Let one loan run its whole life: eight entries, four in each log."""
    code, line = f"T-{number % ITEMS}", {"quantity": 1000, "term": "lend"}
    days = {"day_from": "2027-04-01", "day_to": "2027-04-08"}
    lines = (f.RequestLine(code=code, **line),)  # type: ignore[arg-type]
    loan = borrower.say(f.LoanRequest, lender=lender.lab, lines=lines, **days)
    seen = [
        Seen(lab=lab.lab, e=0, size=len(lab.leaves), root="d1" * 32, sig="d2" * 64)
        for lab in (borrower, lender)
    ]
    offered = (f.OfferLine(code=code, **line),)  # type: ignore[arg-type]
    offer = lender.say(f.LoanOffer, loan=loan, lines=offered, seen=seen[0], **days)
    borrower.say(f.LoanAgree, loan=loan, offer=offer, seen=seen[1])
    moved = (f.Moved(line=0, quantity=1000),)
    lender.say(f.LoanHandOver, loan=loan, offer=offer, lines=moved)
    borrower.say(f.LoanReceive, loan=loan, offer=offer, lines=moved)
    borrower.say(f.LoanGiveBack, loan=loan, lines=moved)
    lender.say(f.LoanTakeBack, loan=loan, lines=moved)
    lender.say(f.LoanSettle, loan=loan, fee=0)


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class Measured(NamedTuple):
    """Seconds, for one book."""

    loans: int
    whole: float
    commits: list[float]
    folds: list[float]

    def row(self) -> tuple[str, ...]:
        """Return the row of the table."""
        more = [f"{statistics.median(each) * 1000:.1f}" for each in (self.commits, self.folds)]
        return (
            f"{self.loans:,}", f"{self.loans * 8:,}", f"{self.whole:.1f}",
            f"{self.whole / self.loans * 1000:.2f}", *more, f"{max(self.folds) * 1000:.1f}",
        )  # fmt: skip


def measure(loans: int, folder: Path) -> Measured:
    """Fold a book, then one more entry at a time."""
    a, c = Author(1), Author(2)
    for number in range(ITEMS):
        c.say(ItemSet, code=f"T-{number}", kind="tool", unit="piece", quantity=1000)
    store = SqliteStore(folder)
    projector = Projector(store)
    store.commit([ChainSeen(a.chain), ChainSeen(c.chain)])
    for number in range(loans):
        live(a, c, number)
        if number % 5_000 == 4_999 or number == loans - 1:
            store.commit([*a.packages(), *c.packages()])
    whole = timed(projector.rebuild)
    subjects = store.projections.subjects.of_kind("loan", limit=10)
    assert len(subjects) == min(loans, 10) and not any(each.open for each in subjects)
    more = []
    for number in range(40):
        live(a, c, number)
        store.commit([*c.packages(), *a.packages()])
        projector.run()
        root = leaf_hash(a.leaves[-4]).hex()
        c.say(f.LoanReport, loan=root, kind="worn")
        committing = timed(lambda: store.commit(c.packages()))
        more.append((committing, timed(projector.run)))
    store.close()
    commits, folds = zip(*more, strict=True)
    return Measured(loans, whole, list(commits), list(folds))


def main() -> None:
    """Measure a short and a long book, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=100_000)
    parser.add_argument("--keep", action="store_true", help="write it into RESULTS.md")
    args = parser.parse_args()
    head = (
        "loans", "entries", "folded in, s", "per loan, ms",
        "one more entry: committed in, ms", "folded in, ms", "at most",
    )  # fmt: skip
    rows = []
    for loans in (args.loans // 100, args.loans):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(loans, Path(folder)).row())
        print(*zip(head, rows[-1], strict=True), sep="\n")
    if args.keep:
        write_section("Loans", [head, *rows], NOTES)


if __name__ == "__main__":
    main()
