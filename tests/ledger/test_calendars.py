"""What a lab's own log promises: no piece twice on one day, and only that log frees it."""

from typing import Any

import pytest

from fedlab.inventory.calendar import free_spans, least_free
from fedlab.inventory.facts import ItemHold, ItemSet
from fedlab.inventory.item import ItemState
from fedlab.ledger import loanfacts as f
from fedlab.ledger.calendars import LabLog
from fedlab.protocol.entry import Status
from tests.ledger.story import ANNA, CARL, FROM, PIECE, TO, Story, seen

COUNTED, EXCEEDS = Status.COUNTED, Status.EXCEEDS_FREE
LATER = ("2026-04-20", "2026-04-22")


class Lender(Story):
    """CARL's log, folded as it grows."""

    def __init__(self, *, quantity: int | None = PIECE, **item: Any) -> None:
        super().__init__()
        known = {} if quantity is None else {"quantity": quantity}
        self.log = LabLog(CARL)
        self.loan(1)
        self.set(**known, **item)

    def loan(self, number: int) -> None:
        self.root = f"{number:064x}"

    def set(self, **fields: Any) -> None:
        self.tell(ItemSet, code="SAW", kind="tool", unit="piece", **fields)

    def tell(self, kind: Any, /, **fields: Any) -> Status:
        return self.log.apply(self.say(CARL, kind, **fields))

    def offers(
        self, loan: int, day_from: str = FROM, day_to: str | None = TO, **line: Any
    ) -> Status:
        self.loan(loan)
        line = {"code": "SAW", "quantity": PIECE, "term": "lend", **line}
        days = {"day_from": day_from, **({} if day_to is None else {"day_to": day_to})}
        return self.tell(f.LoanOffer, lines=(f.OfferLine(**line),), seen=seen(ANNA), **days)

    def moves(self, kind: Any, quantity: int = PIECE) -> Status:
        more = {"offer": "ab" * 32} if kind is f.LoanHandOver else {}
        return self.tell(kind, lines=(f.Moved(line=0, quantity=quantity),), **more)

    @property
    def item(self) -> ItemState:
        return self.log.items["SAW"]

    def free(self, day_from: str = FROM, day_to: str = TO) -> int | None:
        return least_free(self.item, day_from, day_to)


def test_an_offer_holds_from_its_place_in_the_log() -> None:
    lender = Lender()
    assert lender.offers(1) is COUNTED and lender.free() == 0
    assert lender.free(*LATER) == PIECE
    assert lender.offers(2) is EXCEEDS, "the second offer holds nothing"
    assert lender.offers(3, *LATER) is COUNTED


def test_the_test_notices_two_promises_of_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: without the rule the same piece is promised twice."""
    monkeypatch.setattr("fedlab.ledger.calendars._judge", lambda *args: Status.COUNTED)
    with pytest.raises(AssertionError):
        test_an_offer_holds_from_its_place_in_the_log()


def test_of_two_pieces_two_are_promised() -> None:
    lender = Lender(quantity=2 * PIECE)
    assert [lender.offers(n) for n in (1, 2, 3)] == [COUNTED, COUNTED, EXCEEDS]


def test_both_ends_of_a_loan_are_held() -> None:
    lender = Lender()
    lender.offers(1)
    assert lender.offers(2, TO, "2026-04-10") is EXCEEDS
    assert lender.offers(3, "2026-04-09", "2026-04-10") is COUNTED


def test_buffers_are_kept_on_both_sides() -> None:
    lender = Lender(buffer=2)
    lender.offers(1)
    assert lender.offers(2, "2026-04-10", "2026-04-12") is EXCEEDS
    assert lender.offers(3, "2026-03-20", "2026-03-30") is EXCEEDS
    assert lender.offers(4, "2026-03-20", "2026-03-29") is COUNTED
    assert lender.offers(5, "2026-04-11", "2026-04-12") is COUNTED


def test_own_holds_count() -> None:
    lender = Lender()
    lender.tell(ItemHold, code="SAW", day_from=FROM, day_to=FROM, reason="maintenance")
    assert lender.offers(1) is EXCEEDS


def test_what_is_unknown_may_be_promised() -> None:
    lender = Lender(quantity=None)
    assert [lender.offers(1), lender.offers(2)] == [COUNTED, COUNTED]
    assert lender.offers(3, code="NONE") is Status.UNKNOWN_ITEM


def test_a_later_offer_frees_what_the_former_held() -> None:
    lender = Lender()
    lender.offers(1)
    assert lender.offers(1, *LATER) is COUNTED
    assert lender.free() == PIECE and lender.free(*LATER) == 0


def test_a_void_offer_frees_nothing() -> None:
    lender = Lender()
    lender.offers(2, *LATER), lender.offers(1)
    assert lender.offers(1, *LATER) is EXCEEDS
    assert lender.free() == 0, "the former offer stands"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (f.LoanDecline, {"reason": "damaged"}),
        (f.LoanCancel, {"reason": "damaged"}),
        (f.LoanLapse, {}),
    ],
)
def test_what_ends_an_offer_frees_it(kind: Any, fields: dict[str, Any]) -> None:
    lender = Lender()
    lender.offers(1)
    lender.tell(kind, **fields)
    assert lender.free() == PIECE and lender.offers(2) is COUNTED


def test_after_a_lapse_nothing_is_offered_any_more() -> None:
    lender = Lender()
    lender.offers(1), lender.tell(f.LoanLapse)
    assert lender.offers(1) is Status.OUT_OF_TURN and lender.free() == PIECE


def test_nobody_else_frees_it() -> None:
    """The borrower's cancel stands in another log, and this one does not read it."""
    lender = Lender()
    lender.offers(1)
    other = LabLog(ANNA)
    other.apply(lender.cancel(ANNA))
    assert lender.free() == 0


def test_a_cancel_after_the_hand_over_frees_nothing() -> None:
    lender = Lender()
    lender.offers(1), lender.moves(f.LoanHandOver)
    assert lender.tell(f.LoanCancel, reason="mistake") is Status.OUT_OF_TURN
    assert lender.free() == 0


def test_what_comes_back_early_is_free_again() -> None:
    lender = Lender(quantity=2 * PIECE)
    lender.offers(1, quantity=2 * PIECE), lender.moves(f.LoanHandOver, 2 * PIECE)
    lender.moves(f.LoanTakeBack)
    assert lender.free() == PIECE
    assert lender.moves(f.LoanTakeBack, 2 * PIECE) is Status.EXCEEDS_LINES


def test_an_extension_is_void_where_somebody_else_was_promised() -> None:
    lender = Lender()
    lender.offers(1), lender.offers(2, *LATER)
    assert lender.tell(f.LoanExtend, loan=f"{1:064x}", day_to="2026-04-20") is EXCEEDS
    assert lender.tell(f.LoanExtend, loan=f"{1:064x}", day_to="2026-04-19") is COUNTED
    assert lender.free("2026-04-09", "2026-04-19") == 0


def test_what_is_given_lowers_the_quantity_until_it_is_said_again() -> None:
    lender = Lender(quantity=5 * PIECE)
    lender.offers(1, term="give", quantity=2 * PIECE)
    assert lender.free("2030-01-01", "2030-01-01") == 3 * PIECE, "promised for good"
    lender.moves(f.LoanHandOver, 2 * PIECE)
    assert (lender.item.gone, lender.item.promises) == (2 * PIECE, {})
    assert lender.free() == 3 * PIECE
    lender.tell(f.LoanLapse)
    assert lender.free() == 3 * PIECE
    lender.set(quantity=3 * PIECE)
    assert lender.item.gone == 0 and lender.free() == 3 * PIECE


def test_what_is_lost_is_gone_and_the_rest_is_free() -> None:
    lender = Lender(quantity=2 * PIECE)
    lender.offers(1, quantity=2 * PIECE), lender.moves(f.LoanHandOver)
    lender.tell(f.LoanSettle, lines=(f.Settled(line=0, lost=PIECE),))
    assert lender.item.gone == PIECE and lender.free() == PIECE


def test_lowering_the_quantity_voids_nothing_and_tells_what_is_short() -> None:
    lender = Lender(quantity=2 * PIECE)
    lender.offers(1, quantity=2 * PIECE)
    lender.set(quantity=PIECE)
    (span,) = free_spans(lender.item, FROM, TO)
    assert (span.free, span.short) == (0, PIECE)


def slot(starts: int, ends: int) -> dict[str, Any]:
    return {"term": "use", "day": FROM, "starts": starts, "ends": ends, "day_to": None}


def test_slots_meet_only_where_they_overlap() -> None:
    lender = Lender(buffer=1)
    assert lender.offers(1, **slot(540, 600)) is COUNTED
    assert lender.offers(2, **slot(600, 660)) is COUNTED
    assert lender.offers(3, **slot(590, 610)) is EXCEEDS
    assert lender.offers(4) is EXCEEDS, "it is not there to be lent while it is used"
    assert lender.free(TO, TO) == PIECE


def test_what_is_lent_cannot_be_used_in_the_lab() -> None:
    lender = Lender()
    lender.offers(1)
    assert lender.offers(2, **slot(540, 600)) is EXCEEDS


def test_helping_and_accessories_hold_nothing() -> None:
    lender = Lender()
    assert lender.offers(1, term="help", day_to=None) is COUNTED
    assert not lender.item.promises


def test_reading_the_log_again_makes_the_same() -> None:
    lender = Lender(quantity=2 * PIECE)
    lender.offers(1), lender.offers(2), lender.offers(3), lender.moves(f.LoanHandOver)
    again = LabLog(CARL)
    for entry in lender.logs[CARL]:
        again.apply(entry)
    assert again.state_hash() == lender.log.state_hash()
