"""The counter: lending, taking back, and the one hold that others see of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fedlab.node import counter as rules
from fedlab.node import days
from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.gate import State
from fedlab.node.mail import MailSettings
from fedlab.node.service import Service, reminders
from fedlab.node.service import counter as service_counter
from fedlab.node.store.records import SavedLoan
from tests.node.labs import ask, opened_lab

NOON = 1_780_000_000  # 2026-05-28, whatever the time zone
DAY = 86_400


class Clock:
    """The clock of the counter, which a test moves."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(service_counter, "now", clock)
    monkeypatch.setattr(reminders, "now", clock)
    monkeypatch.setattr(days, "today", lambda: days.day_of(clock()))
    return clock


@pytest.fixture
def lab(tmp_path: Path, clock: Clock) -> Iterator[Service]:
    with opened_lab(tmp_path, "Atelier") as service:
        ask(service, "item_add", code="D-1", change={"name": "Perceuse", "quantity": 1000})
        ask(service, "item_add", code="C-1", change={"name": "Chaises", "quantity": 10_000})
        yield service


def lend(lab: Service, item: str = "D-1", to: str = "Les Amis", **other: Any) -> Any:
    return ask(lab, "counter_lend", item=item, to=to, **other)


def holds(lab: Service, code: str = "D-1") -> list[tuple[str, str | None, int | None, str]]:
    """What the calendar, which everybody sees, says of an item."""
    state = lab.projector.state(lab.opened.lab, code)
    assert state is not None
    return [(h.day_from, h.day_to, h.quantity, h.reason) for h in state.holds.values()]


def log_text(lab: Service) -> str:
    """Everything of this lab's log that others get, details included."""
    log = lab.store.log(lab.store.lab, 0)
    assert log is not None
    details = lab.store.details(lab.store.lab, 0, 0, log.held)
    leaves = lab.store.leaves(lab.store.lab, 0, 0, log.held)
    return b"\n".join([*leaves, *(detail or b"" for detail in details)]).decode("utf-8", "replace")


# --- out and back ---------------------------------------------------------------------------------


def test_a_loan_takes_its_item_out_of_the_calendar_and_its_return_brings_it_back(
    lab: Service,
) -> None:
    loan = lend(lab, due="2026-06-05", caution=5000, note="mandrin neuf")
    assert (loan["item_name"], loan["name"], loan["quantity"]) == ("Perceuse", "Les Amis", 1000)
    assert holds(lab) == [("2026-05-28", "2026-06-05", 1000, "lent")]
    back = ask(lab, "counter_return", loan=loan["loan"], note="tout y est")
    assert (back["back_note"], back["caution_back"]) == ("tout y est", 5000)
    assert holds(lab) == []
    assert ask(lab, "counter_list")["loans"] == []
    assert [one["loan"] for one in ask(lab, "counter_list", returned=True)["loans"]] == [
        loan["loan"]
    ]


def test_nothing_of_who_borrows_leaves_the_node(lab: Service) -> None:
    lend(lab, to="Camille Dupont", email="camille@example.org", phone="0612345678", note="gauche")
    lab.counter.settle()
    said = log_text(lab)
    assert '"reason":"lent"' in said
    for private in ("Camille", "camille@", "06123", "gauche"):
        assert private not in said


def test_what_nobody_counted_is_lent_whole(lab: Service) -> None:
    ask(lab, "item_add", code="S-1", change={"name": "Scie"})
    assert lend(lab, "S-1")["quantity"] is None
    assert holds(lab, "S-1") == [("2026-05-28", "2026-06-11", None, "lent")]
    with pytest.raises(ConflictError, match="not free"):
        lend(lab, "S-1", to="Quelqu’un d’autre")


def test_some_of_many_come_back_and_the_rest_stays_out(lab: Service) -> None:
    loan = lend(lab, "C-1", quantity=6000, caution=3000)
    part = ask(lab, "counter_return", loan=loan["loan"], quantity=4000)
    assert (part["quantity"], part["caution_back"]) == (4000, 0)
    (left,) = ask(lab, "counter_list")["loans"]
    assert (left["loan"], left["quantity"], left["caution"]) == (loan["loan"], 2000, 3000)
    assert [quantity for _, _, quantity, _ in holds(lab, "C-1")] == [2000]
    with pytest.raises(ConflictError, match="only 2 went out, not 3"):
        ask(lab, "counter_return", loan=loan["loan"], quantity=3000)
    assert ask(lab, "counter_return", loan=loan["loan"])["caution_back"] == 3000
    assert holds(lab, "C-1") == []


def test_a_loan_comes_back_once(lab: Service) -> None:
    loan = lend(lab)["loan"]
    ask(lab, "counter_return", loan=loan)
    with pytest.raises(ConflictError, match="come back already"):
        ask(lab, "counter_return", loan=loan)
    with pytest.raises(NotFoundError):
        ask(lab, "counter_return", loan=99)


def test_more_caution_is_not_given_back_than_was_taken_and_less_may_be(lab: Service) -> None:
    loan = lend(lab, caution=2000)["loan"]
    with pytest.raises(ConflictError, match="more caution"):
        ask(lab, "counter_return", loan=loan, caution_back=2001)
    assert ask(lab, "counter_return", loan=loan, caution_back=500)["caution_back"] == 500


# --- what is not free -----------------------------------------------------------------------------


def test_what_is_promised_is_lent_only_anyway(lab: Service) -> None:
    ask(lab, "item_hold", item="D-1", day_from="2026-06-01", day_to="2026-06-02")
    with pytest.raises(ConflictError) as refused:
        lend(lab, due="2026-06-05")
    assert refused.value.code == "not_free"
    assert ask(lab, "counter_list")["loans"] == []
    lend(lab, due="2026-05-31")
    assert len(holds(lab)) == 2


def test_a_longer_loan_must_be_free_too_and_does_not_stand_in_its_own_way(lab: Service) -> None:
    loan = lend(lab, due="2026-06-05")["loan"]
    ask(lab, "item_hold", item="D-1", day_from="2026-06-20", day_to="2026-06-21")
    assert ask(lab, "counter_extend", loan=loan, due="2026-06-12")["due"] == "2026-06-12"
    with pytest.raises(ConflictError, match="not free"):
        ask(lab, "counter_extend", loan=loan, due="2026-06-25")
    ask(lab, "counter_extend", loan=loan, due="2026-06-25", anyway=True)
    assert ("2026-05-28", "2026-06-25", 1000, "lent") in holds(lab)


def test_what_cannot_be_lent_is_refused_in_words(lab: Service) -> None:
    ask(lab, "item_add", code="COURS", change={"name": "Cours", "kind": "skill"})
    with pytest.raises(ConflictError, match="skill"):
        lend(lab, "COURS")
    with pytest.raises(ConflictError, match="only 10 of C-1, not 11"):
        lend(lab, "C-1", quantity=11_000)
    with pytest.raises(NotFoundError):
        lend(lab, "NO-1")
    for due in ("2026-05-27", "2028-01-01", "demain", "2026-02-30", "２026-06-05"):
        with pytest.raises(BadRequestError):
            lend(lab, due=due)
    for who in ("", "   ", "x" * 200, "a\x00b"):
        with pytest.raises(BadRequestError):
            lend(lab, to=who)
    for email in ("nobody", "a@b.c, d@e.f", "a@b.c\nBcc: d@e.f", "<a@b.c>"):
        with pytest.raises(BadRequestError):
            lend(lab, email=email)
    assert ask(lab, "counter_list")["loans"] == []


# --- overdue --------------------------------------------------------------------------------------


def test_what_is_overdue_is_not_promised_to_the_next(lab: Service, clock: Clock) -> None:
    """A hold that ended on the day it was due would say that the drill is there."""
    loan = lend(lab, due="2026-05-30")["loan"]
    clock.at = NOON + 5 * DAY
    assert [one["late_days"] for one in ask(lab, "counter_list", overdue=True)["loans"]] == [3]
    assert lab.reminders.work() == 1
    assert holds(lab) == [("2026-05-28", None, 1000, "lent")]
    assert lab.reminders.work() == 0
    ask(lab, "counter_extend", loan=loan, due="2026-06-10")
    assert holds(lab) == [("2026-05-28", "2026-06-10", 1000, "lent")]


@pytest.mark.parametrize(
    ("today", "step"),
    [
        ("2026-05-28", None),
        ("2026-06-02", None),
        ("2026-06-03", "soon"),
        ("2026-06-05", "soon"),
        ("2026-06-06", "late-1"),
        ("2026-06-12", "late-1"),
        ("2026-06-13", "late-2"),
        ("2027-06-13", "late-5"),
    ],
)
def test_when_a_borrower_is_told(today: str, step: str | None) -> None:
    assert rules.reminder_step("2026-06-05", "2026-05-28", today) == step


def test_who_borrows_for_a_day_is_not_told_on_the_way_out() -> None:
    assert rules.reminder_step("2026-05-29", "2026-05-28", "2026-05-28") is None
    assert rules.reminder_step("2026-05-29", "2026-05-28", "2026-05-30") == "late-1"


def test_each_reminder_is_made_once_and_dropped_when_it_is_moot(lab: Service, clock: Clock) -> None:
    loan = lend(lab, due="2026-06-05")["loan"]
    clock.at = NOON + 6 * DAY
    for _ in range(3):
        lab.reminders.work()
    assert [one["step"] for one in ask(lab, "counter_reminders")["reminders"]] == ["soon"]
    clock.at = NOON + 30 * DAY  # the node was off meanwhile: one reminder, not four
    lab.reminders.work()
    (late,) = ask(lab, "counter_reminders")["reminders"]
    assert late["step"] == "late-4"
    ask(lab, "counter_told", reminder=late["reminder"])
    (told,) = ask(lab, "counter_reminders")["reminders"]
    assert (told["how"], told["done_at"]) == ("person", clock.at)
    lend(lab, "C-1", due="2026-06-28")
    clock.at = NOON + 40 * DAY
    lab.reminders.work()
    for one in ask(lab, "counter_list")["loans"]:
        ask(lab, "counter_return", loan=one["loan"])
    waiting = [one for one in lab.reminders.outbox().reminders if one.done_at is None]
    assert (waiting, loan) == ([], loan)


def test_a_mail_that_fails_is_tried_again_later_and_not_for_ever(
    lab: Service, clock: Clock
) -> None:
    lend(lab, due="2026-05-29", email="amis@example.org")
    lend(lab, "C-1", to="Sans adresse", due="2026-05-29")
    clock.at = NOON + 2 * DAY
    lab.reminders.work()
    for tries in range(reminders.TRIES_MAX):
        (one,) = lab.reminders.to_send()
        assert one.tries == tries
        lab.reminders.failed(one.reminder, one.tries, "no such mailbox")
        assert lab.reminders.to_send() == []
        clock.at += reminders.RETRY_SECONDS * 2**tries
    assert lab.reminders.to_send() == []
    assert lab.reminders.unsent() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"host": "smtp example"}, "host"),
        ({"port": 0}, "port"),
        ({"sender": "lab"}, "sender"),
        ({"sender": "lab@example.org\nBcc: x@example.org"}, "sender"),
        ({"password": "p", "security": "none"}, "security"),
    ],
)
def test_mail_settings_that_cannot_be_name_their_field(
    lab: Service, wrong: dict[str, Any], field: str
) -> None:
    given = {"host": "smtp.example.org", "sender": "lab@example.org", **wrong}
    with pytest.raises(BadRequestError) as refused:
        lab.reminders.set_mail(MailSettings(**given))
    assert refused.value.code == field
    assert lab.reminders.mail() is None


# --- what a crash or a closed gate leaves ---------------------------------------------------------


def test_a_loan_is_made_while_nothing_can_be_signed_and_its_hold_follows(lab: Service) -> None:
    """A counter cannot send people away because a file is missing."""
    lab.opened.gate.state = State.UNKNOWN
    loan = lend(lab)
    assert (loan["hold"], holds(lab)) == ("", [])
    with pytest.raises(ConflictError, match="not free"):  # although no hold says so yet
        lend(lab, to="Une autre")
    lab.opened.gate.state = State.OPEN
    assert (lab.counter.settle(), len(holds(lab)), lab.counter.settle()) == (1, 1, 0)


def test_a_crash_after_the_hold_does_not_make_a_second(lab: Service) -> None:
    loan = lend(lab)
    lab.store.counter.set_hold(loan["loan"], "")
    lab.counter.settle()
    assert len(holds(lab)) == 1
    assert lab.counter.show(loan["loan"]).hold == loan["hold"]


def test_a_crash_before_the_release_is_made_good(lab: Service, clock: Clock) -> None:
    loan = lend(lab)
    lab.store.counter.end(loan["loan"], clock.at, None, "", 0)
    assert len(holds(lab)) == 1
    lab.counter.settle()
    assert holds(lab) == []
    assert lab.counter.show(loan["loan"]).hold == ""


def test_without_settling_the_hold_would_stay(lab: Service, monkeypatch: Any) -> None:
    """Negative control: a rule that wants the hold of what is back keeps the item out for ever."""
    wanted = rules.wanted_hold

    def forgetful(loan: SavedLoan, first: str, today: str) -> Any:
        return wanted(loan._replace(back_at=None), first, today)

    loan = lend(lab)["loan"]
    monkeypatch.setattr(rules, "wanted_hold", forgetful)
    ask(lab, "counter_return", loan=loan)
    assert len(holds(lab)) == 1


# --- borrowers ------------------------------------------------------------------------------------


def test_a_body_is_kept_once_and_found_again_by_part_of_its_name(lab: Service) -> None:
    first = lend(lab, to="Éclaireurs  de Brest", email="e@example.org")
    again = lend(lab, "C-1", to="Éclaireurs de Brest", phone="02 98 00 00 00")
    assert first["body"] == again["body"]
    assert (again["email"], again["phone"]) == ("e@example.org", "02 98 00 00 00")
    for text in ("eclaireurs", "BREST", ""):
        (found,) = ask(lab, "counter_borrowers", text=text)["borrowers"]
        assert (found["body"], found["name"]) == (first["body"], "Éclaireurs de Brest")
    assert ask(lab, "counter_borrowers", text="tricycle")["borrowers"] == []
    assert lend(lab, "C-1", to="", body=first["body"])["name"] == "Éclaireurs de Brest"
    with pytest.raises(NotFoundError):
        lend(lab, "C-1", to="", body=99)
    with pytest.raises(NotFoundError):
        lend(lab, "C-1", to="", member=99)


def test_a_year_after_the_return_it_is_forgotten_who_it_was(lab: Service, clock: Clock) -> None:
    loan = lend(lab, note="Camille est passée")["loan"]
    lend(lab, "C-1", to="Encore là", due="2026-06-05")
    ask(lab, "counter_return", loan=loan, note="par Camille")
    clock.at += 367 * DAY
    lab.reminders.work()
    (back,) = ask(lab, "counter_list", returned=True)["loans"]
    assert (back["name"], back["note"], back["back_note"], back["body"]) == ("", "", "", None)
    assert [body.name for body in lab.store.counter.bodies()] == ["Encore là"]
    assert [one["name"] for one in ask(lab, "counter_list")["loans"]] == ["Encore là"]


def test_loans_are_found_by_borrower_item_or_code(lab: Service) -> None:
    lend(lab, to="Les Amis")
    lend(lab, "C-1", to="Fanfare")
    found = {
        text: [one["code"] for one in ask(lab, "counter_list", text=text)["loans"]]
        for text in ("amis", "chais", "c-1", "zzz", "")
    }
    assert found == {
        "amis": ["D-1"],
        "chais": ["C-1"],
        "c-1": ["C-1"],
        "zzz": [],
        "": ["D-1", "C-1"],
    }
    assert [one["name"] for one in ask(lab, "counter_list", item="C-1")["loans"]] == ["Fanfare"]
