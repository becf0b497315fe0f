"""A loan's whole life, and every crossing of two labs' words."""

from typing import Any

import pytest

from fedlab.inventory.facts import ItemPlace
from fedlab.ledger import loanfacts as f
from fedlab.ledger.loans import fold_loan
from fedlab.ledger.loanstate import Loan
from fedlab.protocol.entry import Entry, Status
from tests.ledger.story import ANNA, CARL, FROM, OWNER, PIECE, STRANGER, Story

COUNTED, OUT_OF_TURN = Status.COUNTED, Status.OUT_OF_TURN


@pytest.fixture
def story() -> Story:
    return Story()


# --- the whole life ---


def test_the_story_of_two_labs(story: Story) -> None:
    """Asked, offered with a caution, agreed, out by both words, back in two parts, one damaged."""
    states = []

    def then(entry: Entry) -> Entry:
        states.append(story.state)
        return entry

    then(story.request(quantity=2 * PIECE))
    offer = then(story.offer(quantity=2 * PIECE, caution=10_000, caution_kind="cheque"))
    then(story.agree(offer))
    then(story.hand_over(offer, quantity=2 * PIECE))
    story.receive(offer, quantity=2 * PIECE)
    then(story.give_back())
    then(story.take_back())
    then(story.give_back())
    then(story.take_back(condition="broken"))
    damage = f.Settled(line=0, damage=4_000)
    then(story.accept(then(story.settle(lines=(damage,), caution_kept=4_000))))
    assert states == [
        *("REQUESTED", "OFFERED", "AGREED", "OUT", "OUT", "OUT"),
        *("BACK", "SETTLING", "SETTLING", "CLOSED"),
    ]
    loan = story.fold()
    assert loan.caution_kept == 4_000 and loan.lines[0].damage == 4_000
    assert not fold_loan(story.root, story.entries()).open
    assert not fold_loan(story.root, story.entries()).statuses


def test_what_is_clean_and_without_caution_closes_by_itself(story: Story) -> None:
    offer = story.agreed()
    story.hand_over(offer)
    story.take_back()
    assert story.state == "CLOSED"


def test_a_caution_waits_until_it_is_given_back(story: Story) -> None:
    offer = story.agreed(caution=5_000)
    story.hand_over(offer)
    story.take_back()
    assert story.state == "SETTLING"
    story.settle()
    assert story.state == "CLOSED" and story.fold().caution_kept == 0


def test_a_loan_is_where_its_least_advanced_line_is(story: Story) -> None:
    offer = story.agreed("SAW", "CHARGER")
    story.hand_over(offer, 0, 1)
    story.take_back(0)
    assert story.state == "OUT"
    assert [line.state.name for line in story.fold().lines] == ["CLOSED", "OUT"]
    story.settle(lines=(f.Settled(line=1, lost=PIECE, damage=900),))
    assert story.state == "OUT", "the borrower did not accept that it is lost"


def test_what_is_lost_is_settled(story: Story) -> None:
    offer = story.agreed()
    story.hand_over(offer)
    settle = story.settle(lines=(f.Settled(line=0, lost=PIECE, damage=90_000),))
    assert story.state == "OUT"
    story.accept(settle)
    assert story.state == "CLOSED"


def test_what_is_kept_for_nothing_needs_no_answer(story: Story) -> None:
    offer = story.agreed()
    story.hand_over(offer)
    story.settle(lines=(f.Settled(line=0, kept=PIECE),))
    assert story.state == "CLOSED"


def test_an_accepted_settlement_is_not_taken_back(story: Story) -> None:
    offer = story.agreed()
    story.hand_over(offer)
    story.take_back(condition="broken")
    first = story.settle(lines=(f.Settled(line=0, damage=1_000),))
    story.accept(first)
    more = story.settle(lines=(f.Settled(line=0, damage=9_000),))
    loan = story.fold()
    assert loan.lines[0].damage == 1_000 and loan.settled == first.id.hex()
    assert loan.settle_asked == more.id.hex()
    story.settle(lines=(f.Settled(line=0),))
    assert story.fold().lines[0].damage == 0, "the lender may always ask for less"


@pytest.mark.parametrize("term", ["give", "sell"])
def test_what_is_given_or_sold_does_not_come_back(story: Story, term: str) -> None:
    offer = story.agreed(term=term, quantity=5 * PIECE)
    story.hand_over(offer, quantity=3 * PIECE)
    assert story.state == "AGREED", "two more are to be fetched"
    story.hand_over(offer, quantity=2 * PIECE)
    assert story.state == "CLOSED"
    assert story.status(story.take_back()) is Status.EXCEEDS_LINES


def test_a_slot_is_used_and_over(story: Story) -> None:
    slot = {"quantity": PIECE, "term": "use", "day": FROM, "starts": 540, "ends": 660}
    asked = f.RequestLine(code="LASER", **slot)  # type: ignore[arg-type]
    request = story.say(ANNA, f.LoanRequest, lender=CARL, lines=(asked,), day_from=FROM)
    story.root = request.id.hex()
    line = f.OfferLine(code="LASER", **slot)  # type: ignore[arg-type]
    offer = story.offer(lines=(line,))
    story.agree(offer)
    story.hand_over(offer)
    assert story.state == "CLOSED"


def test_extension_and_recall(story: Story) -> None:
    offer = story.agreed()
    story.hand_over(offer)
    ask = story.say(ANNA, f.LoanExtendAsk, day_to="2026-04-20")
    assert story.fold().extension_asked == "2026-04-20" and story.fold().day_to == "2026-04-08"
    story.say(CARL, f.LoanExtend, ask=ask.id.hex(), day_to="2026-04-15")
    assert story.fold().extension_asked is None and story.fold().day_to == "2026-04-15"
    story.say(CARL, f.LoanRecall, day_to="2026-04-10", reason="needed")
    assert story.fold().recalled == "2026-04-10"
    story.say(CARL, f.LoanExtend, day_to="2026-04-15")
    assert story.fold().recalled is None


def test_an_extension_beyond_what_is_free_is_void(story: Story) -> None:
    offer = story.agreed()
    story.hand_over(offer)
    story.void(story.say(CARL, f.LoanExtend, day_to="2026-05-20"))
    assert story.fold().day_to == "2026-04-08"


def test_disputes_stand_until_their_author_takes_them_back(story: Story) -> None:
    offer = story.agreed()
    out = story.hand_over(offer)
    dispute = story.say(ANNA, f.LoanDispute, about=out.id.hex(), reason="never_received")
    assert [d.by for d in story.fold().disputes] == [ANNA]
    story.say(ANNA, f.LoanDispute, about=dispute.id.hex(), reason="never_received")
    assert not story.fold().disputes


def test_the_lender_ends_what_is_never_answered(story: Story) -> None:
    story.request()
    story.offer()
    story.say(CARL, f.LoanLapse)
    assert story.state == "LAPSED"


def test_what_never_comes_back_lapses_and_is_taken_back_after_all(story: Story) -> None:
    offer = story.agreed()
    story.hand_over(offer)
    story.say(CARL, f.LoanLapse)
    assert story.state == "LAPSED"
    story.take_back()
    assert story.state == "CLOSED"


# --- crossings ---


def test_an_agree_to_a_cancelled_offer_has_no_effect(story: Story) -> None:
    offer = story.agreed()
    story.cancel(CARL)
    assert story.state == "CANCELLED"
    assert story.status(story.agree(offer)) is OUT_OF_TURN


def test_a_later_offer_cancels_the_former_and_the_agreement_to_it(story: Story) -> None:
    former = story.agreed()
    later = story.offer(day_to="2026-04-05")
    assert story.state == "OFFERED" and story.status(former) is Status.REPLACED
    story.agree(later)
    assert story.state == "AGREED" and story.fold().day_to == "2026-04-05"


def test_a_void_offer_replaces_nothing(story: Story) -> None:
    former = story.agreed()
    story.void(story.offer())
    assert story.state == "AGREED" and story.fold().offer == former.id.hex()


def test_custody_beats_a_crossing_cancel(story: Story) -> None:
    """The borrower's cancel crosses the hand-over: it becomes an early return."""
    offer = story.agreed()
    cancel = story.cancel(ANNA)
    assert story.fold().cancel_asked
    story.hand_over(offer)
    assert story.state == "OUT" and story.status(cancel) is OUT_OF_TURN
    story.give_back(), story.take_back()
    assert story.state == "CLOSED"


def test_custody_beats_the_lenders_cancel_and_a_later_offer(story: Story) -> None:
    """On paper it was fetched; the lender's node did not know when it called the loan off."""
    offer = story.agreed()
    story.cancel(CARL)
    later = story.offer()
    assert story.state == "OFFERED"
    story.receive(offer)
    assert story.state == "OUT" and story.fold().offer == offer.id.hex()
    assert story.status(later) is OUT_OF_TURN


def test_the_test_notices_a_fold_in_which_custody_does_not_bind(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control."""
    monkeypatch.setattr("fedlab.ledger.parties.Parties._bound_offer", lambda self: None)
    with pytest.raises(AssertionError):
        test_custody_beats_the_lenders_cancel_and_a_later_offer(story)


def test_received_without_handed_over_is_valid(story: Story) -> None:
    offer = story.agreed()
    story.receive(offer)
    assert story.state == "OUT"
    assert (story.fold().lines[0].handed, story.fold().lines[0].received) == (0, PIECE)


def test_receiving_agrees(story: Story) -> None:
    story.request()
    offer = story.offer()
    story.receive(offer)
    assert story.state == "OUT"


def test_silence_never_becomes_consent(story: Story) -> None:
    """A lender's hand-over alone makes nobody a borrower."""
    story.request()
    offer = story.offer()
    assert story.status(story.hand_over(offer)) is Status.NOT_AGREED
    assert story.state == "OFFERED"


def test_given_back_alone_never_closes(story: Story) -> None:
    offer = story.agreed()
    story.hand_over(offer)
    story.give_back()
    assert story.state == "BACK"


def test_an_offer_that_crosses_the_borrowers_cancel_revives_nothing(story: Story) -> None:
    story.agreed()
    story.cancel(ANNA)
    later = story.offer()
    assert story.state == "CANCELLED" and story.status(story.agree(later)) is OUT_OF_TURN
    assert fold_loan(story.root, story.entries()).open, "until the lender frees it"


def test_a_withdrawn_request_stays_so(story: Story) -> None:
    """The offer crosses; it holds until the lender's own word, which is still asked for."""
    story.request()
    story.cancel(ANNA)
    offer = story.offer()
    assert story.state == "CANCELLED"
    assert story.status(story.agree(offer)) is OUT_OF_TURN
    assert fold_loan(story.root, story.entries()).open
    story.cancel(CARL)
    assert story.state == "CANCELLED" and not fold_loan(story.root, story.entries()).open


def test_the_lender_may_think_again(story: Story) -> None:
    story.request()
    story.say(CARL, f.LoanDecline, reason="taken")
    assert story.state == "DECLINED"
    story.agree(story.offer())
    assert story.state == "AGREED"


def test_nobody_moves_more_than_there_is(story: Story) -> None:
    offer = story.agreed()
    story.hand_over(offer)
    assert story.status(story.hand_over(offer)) is Status.EXCEEDS_LINES
    assert story.status(story.take_back(quantity=2 * PIECE)) is Status.EXCEEDS_LINES
    assert story.status(story.take_back(7)) is Status.EXCEEDS_LINES


def test_without_the_request_nothing_is_known(story: Story) -> None:
    offer = story.agreed()
    outcome = fold_loan(story.root, [offer])
    assert outcome.state is None
    assert outcome.statuses == {offer.id.hex(): Status.UNKNOWN_SUBJECT}


# --- owner and host ---


def hosted(*powers: str) -> tuple[Story, Any]:
    """OWNER's saw is lodged with CARL, who is asked for it."""
    story = Story(owner=OWNER)
    place = story.place(CARL, *powers)
    story.request()
    return story, {"places": (place.id.hex(),)}


def test_a_host_with_powers_is_the_lender() -> None:
    story, cited = hosted("offer", "hand_over", "take_back")
    offer = story.offer(**cited)
    story.agree(offer), story.hand_over(offer), story.take_back()
    assert story.state == "CLOSED"
    assert story.fold().owner == OWNER


def test_a_host_without_the_power_to_offer_is_nobody() -> None:
    story, cited = hosted("hand_over")
    assert story.status(story.offer(**cited)) is Status.WRONG_AUTHOR
    assert story.status(story.offer()) is Status.WRONG_AUTHOR
    assert story.state == "REQUESTED"


def test_a_placement_that_has_not_arrived_is_waited_for() -> None:
    story, cited = hosted("offer")
    offer = story.offer(**cited)
    without = [e for e in story.entries() if not isinstance(e.fact, ItemPlace)]
    outcome = fold_loan(story.root, without)
    assert outcome.statuses[offer.id.hex()] is Status.UNKNOWN_REFERENCE
    assert story.state == "OFFERED"


def test_the_owner_lends_and_a_host_hands_over() -> None:
    story = Story()
    place = story.place(OWNER, "hand_over")
    offer = story.agreed(places=(place.id.hex(),))
    assert story.status(story.hand_over(offer, by=STRANGER)) is Status.WRONG_AUTHOR
    story.hand_over(offer, by=OWNER)
    assert story.state == "OUT"
    assert story.status(story.take_back(by=OWNER)) is Status.WRONG_AUTHOR, "no such power"
    story.take_back()
    assert story.state == "CLOSED"


def test_equal_states_spell_equal(story: Story) -> None:
    story.agreed()
    assert isinstance(story.fold(), Loan) and story.fold() == story.fold()
