"""Needs: who has a say, and that neither the order of arrival nor a clock ever matters."""

import itertools
import random

import msgspec
import pytest

from fedlab.inventory.item import Place
from fedlab.ledger import book, needs
from fedlab.ledger.facts import FACTS
from fedlab.ledger.needs import NeedClose, NeedJoin, NeedPublish, NeedState, fold_need
from fedlab.ledger.outcome import Outcome
from fedlab.protocol.entry import Entry, FactError, FactReader, Status, encode_fact
from tests.inventory.samples import H1, HEAD, LAB, OTHER, THIRD

READER = FactReader(FACTS)


class Log:
    """A lab's log under construction."""

    def __init__(self, lab: str) -> None:
        self.lab = lab
        self.entries: list[Entry] = []

    def add(self, kind: type[needs.Fact], /, **fields: object) -> Entry:
        index = len(self.entries) + 1
        fact = kind(**{"at": 1_000 + index, "by": self.lab, "e": 0, "n": index, **fields})
        entry = READER.entry(encode_fact(fact), self.lab, 0, index)
        assert entry.status is Status.COUNTED
        self.entries.append(entry)
        return entry


@pytest.fixture
def ours() -> Log:
    return Log(LAB)


@pytest.fixture
def theirs() -> Log:
    return Log(OTHER)


def publish(log: Log) -> str:
    """Have a lab seek something, and return the need's id."""
    return log.add(NeedPublish, kind="tool", unit="piece", quantity=1000).id.hex()


def folded(root: str, *logs: Log) -> Outcome:
    return fold_need(root, [entry for log in logs for entry in log.entries])


def state_of(outcome: Outcome) -> NeedState:
    assert isinstance(outcome.state, NeedState)
    return outcome.state


def test_a_published_need_is_open_until_its_publisher_closes_it(ours: Log) -> None:
    need = publish(ours)
    assert (state_of(folded(need, ours)).entry, folded(need, ours).open) == (
        Place(0, 1, need),
        True,
    )
    ours.add(NeedClose, need=need, ending="found")
    closed = folded(need, ours)
    assert (state_of(closed).ending, closed.open, closed.statuses) == ("found", False, {})


def test_another_lab_has_it_or_needs_it_too_and_the_latest_word_counts(
    ours: Log, theirs: Log
) -> None:
    need, third = publish(ours), Log(THIRD)
    theirs.add(NeedJoin, need=need, quantity=3000)
    third.add(NeedJoin, need=need)
    theirs.add(NeedJoin, need=need, code="LASER-1")
    joined = state_of(folded(need, ours, theirs, third)).joined
    assert [(word.lab, word.code, word.quantity) for word in joined] == [
        (OTHER, "LASER-1", None),
        (THIRD, None, None),
    ]
    assert folded(need, ours, theirs, third).parties == (LAB, OTHER, THIRD)


def test_who_joined_takes_its_own_word_back_and_nobody_elses(ours: Log, theirs: Log) -> None:
    need = publish(ours)
    early = theirs.add(NeedClose, need=need, ending="dropped")
    theirs.add(NeedJoin, need=need)
    theirs.add(NeedClose, need=need, ending="dropped")
    outcome = folded(need, ours, theirs)
    assert (state_of(outcome).joined, outcome.open) == ((), True), "the need itself stays open"
    assert outcome.statuses == {early.id.hex(): Status.NOT_JOINED}


def test_a_publisher_cannot_answer_itself_nor_close_twice(ours: Log) -> None:
    need = publish(ours)
    own = ours.add(NeedJoin, need=need)
    ours.add(NeedClose, need=need, ending="found")
    again = ours.add(NeedClose, need=need, ending="other")
    assert folded(need, ours).statuses == {
        own.id.hex(): Status.WRONG_AUTHOR,
        again.id.hex(): Status.NEED_CLOSED,
    }
    assert state_of(folded(need, ours)).ending == "found"


def test_words_about_a_need_that_is_not_held_wait_for_it(ours: Log, theirs: Log) -> None:
    need = publish(ours)
    word = theirs.add(NeedJoin, need=need)
    alone = folded(need, theirs)
    assert (alone.state, alone.open) == (None, False)
    assert alone.statuses == {word.id.hex(): Status.UNKNOWN_SUBJECT}
    assert folded(need, theirs, ours).statuses == {}


def test_a_word_is_no_need(theirs: Log) -> None:
    word = theirs.add(NeedJoin, need=H1)
    assert folded(word.id.hex(), theirs).state is None


def history() -> tuple[str, list[Entry]]:
    ours, theirs, third = Log(LAB), Log(OTHER), Log(THIRD)
    need = publish(ours)
    theirs.add(NeedJoin, need=need)
    theirs.add(NeedClose, need=need, ending="other")
    theirs.add(NeedJoin, need=need, code="SAW")
    third.add(NeedClose, need=need, ending="other")
    ours.add(NeedClose, need=need, ending="found")
    return need, [*ours.entries, *theirs.entries, *third.entries]


def test_the_order_of_arrival_does_not_matter() -> None:
    need, entries = history()
    expected = book.fold("need", need, entries)
    for seed in range(50):
        random.Random(seed).shuffle(entries)
        assert book.fold("need", need, entries) == expected, f"replay seed {seed}"


def test_the_order_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: without sorting, the fold is another for another order."""
    need, entries = history()
    monkeypatch.setattr(needs, "sorted", lambda some, key: list(some), raising=False)
    outcomes = {repr(fold_need(need, list(some))) for some in itertools.permutations(entries)}
    assert len(outcomes) > 1


def test_what_is_inert_has_no_say(ours: Log, theirs: Log) -> None:
    need = publish(ours)
    word = theirs.add(NeedJoin, need=need)
    disputed = msgspec.structs.replace(word, status=Status.DISPUTED)
    assert state_of(fold_need(need, [*ours.entries, disputed])).joined == ()


@pytest.mark.parametrize(
    "fields",
    [{"until": "2026-02-30"}, {"terms": ("sell", "lend")}],
    ids=["no day", "terms that do not ascend"],
)
def test_what_a_need_cannot_say(fields: dict[str, object]) -> None:
    with pytest.raises(FactError):
        NeedPublish(**HEAD, kind="tool", unit="piece", **fields)  # type: ignore[arg-type]
