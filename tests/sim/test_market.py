"""Loans among twenty labs through partitions: no piece is promised twice, and the books agree.

`FEDLAB_SIM_LOANS=5000` runs that many loans instead of 150.
"""

import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab.ledger import book, calendars
from fedlab.protocol.entry import Status

from .books import check_books, check_promised, check_written
from .market import Market, bring_home, loan_at, trade
from .storm import check_agreement, check_blameless, check_signed_once

LOANS = int(os.environ.get("FEDLAB_SIM_LOANS", "150"))
FAST_DISK = Path("/dev/shm")


@pytest.fixture
def place() -> Iterator[Path]:
    made = tempfile.mkdtemp(prefix="market", dir=FAST_DISK if FAST_DISK.is_dir() else None)
    yield Path(made)
    shutil.rmtree(made)


def test_no_piece_is_promised_twice_and_the_books_agree(place: Path) -> None:
    market = Market(1, place, loans=LOANS)
    for _ in trade(market):
        check_promised(market)
    bring_home(market)
    check_promised(market)
    assert check_written(market) > LOANS / 50, "hardly anybody asked for what was taken"
    check_books(market)
    check_agreement(market)
    check_signed_once(market)
    check_blameless(market)
    ends = Counter(loan.state.name for root, lab, _ in market.asked if (loan := loan_at(lab, root)))
    assert set(ends) == {"CLOSED", "DECLINED", "CANCELLED", "LAPSED"} and ends["CLOSED"] > LOANS / 4
    market.close()


def test_control_without_the_rule_of_what_is_free_something_is_promised_twice(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "_judge", lambda item, line, promised: Status.COUNTED)
    market = Market(1, place, loans=200, labs=6)
    with pytest.raises(AssertionError, match="promised twice"):
        for _ in trade(market):
            check_promised(market)
    with pytest.raises(AssertionError, match="promises something twice"):
        check_written(market)
    market.close()


def test_control_a_fold_that_misses_a_word_now_and_then_is_found(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, whole = random.Random(1), book.FOLDS["loan"]
    market = Market(1, place, loans=40, labs=6)
    for _ in trade(market):
        pass
    bring_home(market)
    check_books(market)
    monkeypatch.setitem(
        book.FOLDS, "loan", lambda root, told: whole(root, [e for e in told if rng.random() < 0.99])
    )
    for node in market.nodes:
        node.projector.rebuild()
    with pytest.raises(AssertionError):
        check_books(market)
    market.close()
