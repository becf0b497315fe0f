"""Whatever crosses, is lost and comes late: one set of entries is one loan, and has a way out."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fedlab.ledger import loanfacts as f
from fedlab.ledger import loans as loans_module
from fedlab.ledger.loans import fold_loan
from fedlab.ledger.loanstate import Loan
from fedlab.ledger.moves import ENDS, MOVES, SIDES, LineState, Side, ends
from fedlab.protocol.entry import Entry, LabId, Status
from tests.ledger.crossing import Crossing
from tests.ledger.story import ANNA, CARL, FROM, OWNER, PIECE, STRANGER, Story, seen

TEN_YEARS = 10 * 365 * 86_400
CHOICES = st.lists(st.integers(0, 2_000), max_size=40)


def run(choices: list[int], clocks: dict[LabId, int] | None = None) -> Crossing:
    crossing = Crossing(clocks)
    for choice in choices:
        crossing.choose(choice)
    return crossing


def shape(loan: Loan) -> tuple[Any, ...]:
    """Return what does not depend on entry ids or on clocks."""
    told = [(report.by, report.kind) for report in loan.reports]
    return loan.state, loan.lines, loan.day_to, bool(loan.agreed), bool(loan.settled), told


@settings(max_examples=60, deadline=None)
@given(CHOICES, st.randoms(use_true_random=False))
def test_any_order_loss_and_repetition_folds_to_one_state(
    choices: list[int], rng: random.Random
) -> None:
    crossing = run(choices)
    entries = crossing.entries()
    whole = fold_loan(crossing.root, entries)
    arrived: list[Entry] = []
    for entry in rng.sample(entries, len(entries)):
        arrived += [entry] * rng.randrange(1, 3)
        fold_loan(crossing.root, arrived)  # nothing that is missing makes it raise
    assert fold_loan(crossing.root, rng.sample(arrived, len(arrived))) == whole


def test_the_test_notices_a_fold_that_follows_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: steps in the order of arrival make other states of one set."""
    story = Story()
    offer = story.agreed()
    story.cancel(ANNA)
    story.hand_over(offer)
    entries = story.entries()
    orders = (entries, entries[::-1])
    assert len({story.fold(order).state for order in orders}) == 1
    monkeypatch.setattr(loans_module, "sorted", lambda found, key: found, raising=False)
    assert len({story.fold(order).state for order in orders}) > 1


@settings(max_examples=40, deadline=None)
@given(CHOICES)
def test_no_clock_decides(choices: list[int]) -> None:
    """One lab believes it is 1970, the other is ten years ahead."""
    states = [
        shape(run(choices, clocks).fold())
        for clocks in ({}, {ANNA: 0, CARL: TEN_YEARS * 6}, {ANNA: TEN_YEARS * 6, CARL: 0})
    ]
    assert states[0] == states[1] == states[2]


@settings(max_examples=60, deadline=None)
@given(CHOICES)
def test_sums_never_exceed_what_was_offered(choices: list[int]) -> None:
    for line in run(choices).fold().lines:
        assert max(line.handed, line.received) <= line.quantity
        assert max(line.given_back, line.taken_back) <= line.out
        assert line.still_out >= 0


@settings(max_examples=60, deadline=None)
@given(CHOICES)
def test_from_every_state_that_is_reached_the_lender_finds_a_way_out(choices: list[int]) -> None:
    crossing = run(choices)
    if crossing.fold().state not in ENDS:
        ways: list[tuple[Any, dict[str, Any]]] = [
            (f.LoanLapse, {}),
            (f.LoanDecline, {"reason": "other"}),
        ]
        ended = set()
        for fact, fields in ways:
            entry = crossing.say(CARL, fact, **fields)
            ended.add(crossing.fold().state in ENDS)
            crossing.logs[CARL].remove(entry)
        assert True in ended, crossing.fold().state


def way_out(start: LineState, sides: set[Side]) -> bool:
    """Walk the table: can these sides bring a line from a state to an end?"""
    reached, new = {start}, {start}
    while new:
        new = {to for m in MOVES if m.state in new and m.side in sides for to in m.ends} - reached
        reached |= new
    return bool(reached & ENDS)


@pytest.mark.parametrize("state", LineState, ids=lambda state: state.name)
def test_no_state_of_the_table_is_without_a_way_out(state: LineState) -> None:
    assert way_out(state, {Side.LENDER, Side.CUSTODIAN})


@settings(max_examples=60, deadline=None)
@given(CHOICES)
def test_every_line_moves_along_the_table(choices: list[int]) -> None:
    """Where no words cross, each fact leads from where the line was to an end of its move."""
    crossing = Crossing()
    for choice in choices:
        for a in crossing.labs:
            for b in crossing.labs:
                crossing.hear(a, b, 1_000)
        before, known = crossing.fold(), {entry.id for entry in crossing.entries()}
        crossing.choose(choice)
        said = next((entry for entry in crossing.entries() if entry.id not in known), None)
        if said is None:
            continue
        after = crossing.fold()
        assert isinstance(said.fact, f.LoanFact)
        lapsed = any(isinstance(entry.fact, f.LoanLapse) for entry in crossing.entries())
        if lapsed or crossing.status(said) is not Status.COUNTED:
            continue
        sides = SIDES[type(said.fact)] & ({Side.BORROWER} if said.lab == ANNA else set(Side))
        for line, now in zip(before.lines, after.lines, strict=False):
            allowed = {to for side in sides for to in ends(line.state, type(said.fact), side)}
            assert now.state in allowed | {line.state}, (line.state, type(said.fact), now.state)


# --- a fact from the wrong lab never counts ---


def story_of(fact: type[f.LoanFact]) -> tuple[Story, dict[str, Any]]:
    """Return a story in which the right lab may say a fact, and what it would say."""
    story = Story()
    story.request()
    moved = (f.Moved(line=0, quantity=PIECE),)
    if fact in (f.LoanOffer, f.LoanDecline):
        line = f.OfferLine(code="SAW", quantity=PIECE, term="lend")
        offer = {"lines": (line,), "day_from": FROM, "day_to": FROM, "seen": seen("77" * 32)}
        return story, offer if fact is f.LoanOffer else {"reason": "taken"}
    place = story.place(OWNER)  # a host without powers
    offer_entry = story.offer(places=(place.id.hex(),))
    if fact is f.LoanAgree:
        return story, {"offer": offer_entry.id.hex(), "seen": seen("77" * 32)}
    story.agree(offer_entry)
    if fact in (f.LoanHandOver, f.LoanReceive):
        return story, {"offer": offer_entry.id.hex(), "lines": moved}
    if fact in (f.LoanCancel, f.LoanLapse):
        return story, {"reason": "no_longer"} if fact is f.LoanCancel else {}
    out = story.hand_over(offer_entry)
    if fact is f.LoanAccept:
        settle = story.settle(lines=(f.Settled(line=0, lost=PIECE, damage=1),))
        return story, {"settle": settle.id.hex(), "seen": seen("77" * 32)}
    said: dict[type[f.LoanFact], dict[str, Any]] = {
        f.LoanGiveBack: {"lines": moved},
        f.LoanTakeBack: {"lines": moved},
        f.LoanExtendAsk: {"day_to": "2026-04-20"},
        f.LoanExtend: {"day_to": "2026-04-20"},
        f.LoanRecall: {"day_to": "2026-04-02", "reason": "needed"},
        f.LoanReport: {"kind": "worn"},
        f.LoanDispute: {"about": out.id.hex(), "reason": "quantity"},
        f.LoanSettle: {},
    }
    return story, said[fact]


FOLLOWING = [fact for fact in f.LOAN_FACTS if issubclass(fact, f.LoanFact)]
AUTHORS = {ANNA: "borrower", CARL: "lender", OWNER: "host without powers", STRANGER: "stranger"}


def right(fact: type[f.LoanFact], author: LabId) -> bool:
    """Say, from design section 7, who may say what."""
    both = (f.LoanCancel, f.LoanReport, f.LoanDispute)
    borrowers = (f.LoanAgree, f.LoanReceive, f.LoanExtendAsk, f.LoanGiveBack, f.LoanAccept)
    if author == ANNA:
        return fact in both + borrowers
    return author == CARL and fact not in borrowers


@pytest.mark.parametrize("author", AUTHORS, ids=AUTHORS.get)
@pytest.mark.parametrize("fact", FOLLOWING, ids=lambda fact: fact.__name__)
def test_a_fact_from_the_wrong_lab_never_counts(fact: type[f.LoanFact], author: LabId) -> None:
    story, fields = story_of(fact)
    before = story.fold()
    entry = story.say(author, fact, **fields)
    if right(fact, author):
        assert story.status(entry) is not Status.WRONG_AUTHOR
        assert story.status(entry) is Status.COUNTED or fact is f.LoanDispute
    else:
        assert story.status(entry) is Status.WRONG_AUTHOR
        assert story.fold() == before


def test_the_table_notices_a_fold_that_lets_everybody_speak(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative control."""
    monkeypatch.setattr("fedlab.ledger.parties.Parties.side", lambda self, entry, fact: Side.LENDER)
    with pytest.raises(AssertionError):
        test_a_fact_from_the_wrong_lab_never_counts(f.LoanDecline, STRANGER)


def test_a_copy_of_another_labs_fact_is_inert() -> None:
    story = Story()
    offer = story.agreed()
    copied = replace(story.hand_over(offer), status=Status.WRONG_HEAD)
    story.logs[CARL].pop()
    assert story.fold([*story.entries(), copied]).state is LineState.AGREED
