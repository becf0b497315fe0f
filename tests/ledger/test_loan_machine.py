"""Loans as a machine: labs hear, forget and speak in any order; what must hold holds at every step.

Each lab acts on the prefix of the others' logs that it has heard, so words cross. One lab believes
it is 1970, another is ten years ahead. What a lab forgets is what a node restored from an older
state has to fetch again.
"""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from fedlab.ledger import loanfacts as f
from fedlab.ledger import moves
from fedlab.ledger.loans import fold_loan
from fedlab.ledger.moves import ENDS, Side
from fedlab.protocol.entry import LabId
from tests.ledger.crossing import Crossing
from tests.ledger.story import ANNA, CARL, OWNER, PIECE

LATER = 2_100_000_000
LENDERS_WAYS = ((f.LoanLapse, {}), (f.LoanDecline, {"reason": "other"}))


class TwoLabs(RuleBasedStateMachine):
    """A borrower and a lender."""

    labs: tuple[LabId, ...] = (ANNA, CARL)

    def __init__(self) -> None:
        super().__init__()
        self.crossing = Crossing({ANNA: 0, CARL: LATER})

    @initialize(agreed=st.booleans())
    def begin_asked_or_agreed(self, agreed: bool) -> None:
        if agreed:
            offer = self.crossing.offer("SAW", "LAMP", quantity=2 * PIECE, caution=1_000)
            self.crossing.agree(offer)

    def listen(self, lab: LabId) -> None:
        for author in self.labs:
            self.crossing.hear(lab, author, len(self.crossing.entries()))

    @rule(listener=st.integers(0, 2), author=st.integers(0, 2), count=st.integers(1, 9))
    def hear(self, listener: int, author: int, count: int) -> None:
        number = len(self.labs)
        self.crossing.hear(self.labs[listener % number], self.labs[author % number], count)

    @rule(lab=st.integers(0, 2), chance=st.integers(0, 4))
    def restore_an_older_state(self, lab: int, chance: int) -> None:
        if not chance:
            self.crossing.forget(self.labs[lab % len(self.labs)])

    @rule(
        lab=st.integers(0, 2), choice=st.integers(0, 99), up_to_date=st.booleans(),
        ending=st.integers(0, 19),
    )  # fmt: skip
    def speak(self, lab: int, choice: int, up_to_date: bool, ending: int) -> None:
        speaker = self.labs[lab % len(self.labs)]
        if up_to_date:
            self.listen(speaker)
        acts = list(self.crossing.acts(speaker, ending=ending == 19))
        if acts:
            acts[choice % len(acts)]()

    @invariant()
    def order_and_repetition_make_no_difference(self) -> None:
        entries, root = self.crossing.entries(), self.crossing.root
        assert fold_loan(root, [*entries[::-1], *entries]) == fold_loan(root, entries)

    @invariant()
    def sums_stay_within_what_was_offered(self) -> None:
        for line in self.crossing.fold().lines:
            assert max(line.handed, line.received) <= line.quantity
            assert max(line.given_back, line.taken_back) <= line.out

    @invariant()
    def the_lender_has_a_way_out(self) -> None:
        crossing = self.crossing
        if crossing.fold().state in ENDS:
            return
        ended = []
        for fact, fields in LENDERS_WAYS:
            crossing.say(CARL, fact, **fields)
            ended.append(crossing.fold().state in ENDS)
            crossing.logs[CARL].pop()
        assert any(ended), crossing.fold().state


class ThreeLabs(TwoLabs):
    """And a host that may hand over and take back."""

    labs = (ANNA, CARL, OWNER)


def run(machine: type[TwoLabs]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine, settings=settings(max_examples=60, stateful_step_count=40, deadline=None)
    )


@pytest.mark.parametrize("machine", [TwoLabs, ThreeLabs], ids=lambda machine: machine.__name__)
def test_what_must_hold_holds_at_every_step(machine: type[TwoLabs]) -> None:
    run(machine)


@pytest.mark.usefixtures("mutant")
def test_the_machine_notices_a_state_without_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: what was handed over and never came back could not be given up."""
    monkeypatch.delitem(moves._ENDS_OF, (moves.LineState.OUT, f.LoanLapse, Side.LENDER))
    with pytest.raises(AssertionError, match="LineState"):
        run(TwoLabs)
