"""Loans in the store: folded as they arrive, in whatever pieces, they are what one pass makes."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fedlab.inventory.facts import Seen
from fedlab.ledger import loanfacts as f
from fedlab.ledger.loans import fold_loan
from fedlab.node.projector import Projector
from fedlab.node.store import SqliteStore
from fedlab.node.store.subjects import SubjectTables
from fedlab.node.verify import verify
from fedlab.protocol.entry import Status
from fedlab.protocol.events import ChainSeen
from fedlab.protocol.merkle import leaf_hash
from tests.node.store.labs import Lab

DAYS = {"day_from": "2027-04-01", "day_to": "2027-04-08"}
MOVED = (f.Moved(line=0, quantity=1000),)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path)
    yield store
    store.close()


def said(lab: Lab, kind: Any, /, **fields: Any) -> str:
    return leaf_hash(lab.leaves[lab.say(kind, **fields)]).hex()


def quoted(lab: Lab) -> Seen:
    head = lab.head()
    return Seen(lab=lab.id, e=0, size=head.size, root=head.root.hex(), sig=head.sig.hex())


def ask(a: Lab, c: Lab, code: str) -> str:
    line = f.RequestLine(code=code, quantity=1000, term="lend")
    return said(a, f.LoanRequest, lender=c.id, lines=(line,), **DAYS)


def offer(a: Lab, c: Lab, loan: str, code: str) -> str:
    line = f.OfferLine(code=code, quantity=1000, term="lend")
    return said(c, f.LoanOffer, loan=loan, lines=(line,), seen=quoted(a), **DAYS)


def busy(seed: int) -> tuple[Lab, Lab, list[str]]:
    """Return two labs and their loans, of which some promise the same pieces."""
    a, c, rng, loans = Lab(seed), Lab(seed + 100), random.Random(seed), []
    for number in range(6):
        c.item(f"T-{number}", quantity=1000)
    for _ in range(30):
        code = f"T-{rng.randrange(7)}"  # one of which does not exist
        loans.append(loan := ask(a, c, code))
        offered = offer(a, c, loan, code)
        steps = (
            lambda loan=loan, offered=offered: said(
                a, f.LoanAgree, loan=loan, offer=offered, seen=quoted(c)
            ),
            lambda loan=loan, offered=offered: said(
                c, f.LoanHandOver, loan=loan, offer=offered, lines=MOVED
            ),
            lambda loan=loan: said(c, f.LoanTakeBack, loan=loan, lines=MOVED),
            lambda loan=loan: said(a, f.LoanGiveBack, loan=loan, lines=MOVED),
        )
        for step in steps[: rng.randrange(5)]:
            step()
    return a, c, loans


def arrive(store: SqliteStore, projector: Projector, labs: tuple[Lab, Lab], seed: int) -> None:
    """Let both logs arrive in pieces, folding in between."""
    rng, ends = random.Random(seed), dict.fromkeys(labs, 0)
    for lab in labs:
        store.commit([ChainSeen(lab.chain)])
    while left := [lab for lab in labs if ends[lab] < len(lab.leaves)]:
        lab = rng.choice(left)
        start = ends[lab]
        ends[lab] = min(len(lab.leaves), start + rng.randrange(1, 40), (start | 255) + 1)
        store.commit([lab.package(start, ends[lab])])
        if rng.random() < 0.7:
            projector.run()
    projector.run()


def kept(store: SqliteStore) -> tuple[Any, ...]:
    subjects = store.projections.subjects.of_kind("loan")
    items = [(row.lab, row.code, row.state) for row in store.projections.items()]
    return sorted((each.root, each.open, each.state) for each in subjects), items


@pytest.mark.parametrize("seed", range(4))
def test_in_whatever_pieces_it_comes_it_is_what_one_pass_makes(
    store: SqliteStore, tmp_path: Path, seed: int
) -> None:
    a, c, loans = busy(seed)
    projector = Projector(store)
    arrive(store, projector, (a, c), seed)
    incremental = kept(store)
    assert len(incremental[0]) == len(loans)
    projector.rebuild()
    assert kept(store) == incremental
    entries = [
        *projector.entries(c.id, 0, 0, len(c.leaves)),
        *projector.entries(a.id, 0, 0, len(a.leaves)),
    ]
    statuses = {read.entry.status for read in entries}
    assert {Status.EXCEEDS_FREE, Status.UNKNOWN_ITEM, Status.UNKNOWN_REFERENCE} & statuses
    assert [p for p in verify(store, tmp_path / "head").problems if p.code != "head"] == []
    for loan in loans:
        (stored,) = store.projections.subjects.find("loan", loan)
        assert fold_loan(loan, projector.subject_entries(stored)).state is not None


def test_verify_notices_a_loan_that_was_not_folded_again(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: a store that loses an entry of the ledger is found out."""
    a, c = Lab(1), Lab(2)
    c.item("T-1", quantity=1000)
    loan = ask(a, c, "T-1")
    projector = Projector(store)
    arrive(store, projector, (a, c), 1)
    offer(a, c, loan, "T-1")
    monkeypatch.setattr(SubjectTables, "to_fold", lambda self, limit: [])
    store.commit([c.package(2, len(c.leaves))])
    projector.run()
    problems = verify(store, tmp_path / "head").problems
    assert [p.message for p in problems if p.code == "projection"] == [
        f"the loan {loan[:12]} is not what its entries say: run `fedlab rebuild`"
    ]


def steps_for_one_more(folder: Path, loans: int) -> int:
    """Return how many steps SQLite takes to fold one more entry, after so many loans."""
    a, c = Lab(1), Lab(2)
    for number in range(loans):
        c.item(code := f"T-{number}", quantity=1000)
        loan = ask(a, c, code)
        said(a, f.LoanAgree, loan=loan, offer=offer(a, c, loan, code), seen=quoted(c))
    folder.mkdir()
    store = SqliteStore(folder)
    projector = Projector(store)
    arrive(store, projector, (a, c), seed=1)
    held = store.log(a.id, 0)
    assert held is not None
    said(a, f.LoanReport, loan=loan, kind="other")
    store.commit([a.package(held.held, len(a.leaves))])
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1

    for conn in (store._database._writer, store._database._reader()):
        conn.set_progress_handler(step, 1)
    projector.run()
    for conn in (store._database._writer, store._database._reader()):
        conn.set_progress_handler(None, 1)
    (stored,) = store.projections.subjects.find("loan", loan)
    assert stored.state is not None and b"other" in stored.state
    store.close()
    return taken


def test_one_more_entry_costs_the_same_in_a_long_book(tmp_path: Path) -> None:
    few, many = (steps_for_one_more(tmp_path / str(n), n) for n in (10, 300))
    assert few > 100 and many < few * 1.1


def test_control_a_projector_that_reads_the_whole_book_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Projector.run

    def slow(self: Projector) -> int:
        self._projections.subjects.of_kind("loan")
        return run(self)

    monkeypatch.setattr(Projector, "run", slow)
    few, many = (steps_for_one_more(tmp_path / str(n), n) for n in (10, 300))
    assert many > few * 1.5
