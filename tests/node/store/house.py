"""What every store must do for a lab's own people: members, their keys, counter, desk, settings.

The second half of `contract.py`; `reopen` closes the store and opens what it left behind.
"""

from collections.abc import Callable

import pytest

from fedlab.node.members.people import Click, Member
from fedlab.node.members.roles import Role
from fedlab.node.store import Store
from fedlab.node.store.errors import TakenError
from fedlab.node.store.records import NewLoan, NewWish, SavedLoan, Walk

Reopen = Callable[[], Store]
AT = 1_763_856_000
DAY_S = 86_400


def person(name: str, login: str | None = None, **other: object) -> Member:
    """Return somebody as handed in: without a number, which the store draws."""
    said = Member(0, name, login, "", Role.MEMBER, "", "", False, False)
    return said._replace(**other)  # type: ignore[arg-type]


def lent(code: str, due: str = "2025-12-01", **other: object) -> NewLoan:
    """Return a loan as it is written down."""
    said = NewLoan(code, None, None, None, "", AT, None, due, 0, "")
    return said._replace(**other)  # type: ignore[arg-type]


class MembersContract:
    """People, and the keys of which only a hash is kept."""

    def test_people_are_kept_changed_and_found(self, store: Store, reopen: Reopen) -> None:
        first = store.members.add(person("Élodie Le Goff", "elodie", email="E@x.example"), AT)
        second = store.members.add(person("Yann", number="A-7"), AT)
        store.members.put(person("Yann Kermarrec", role=Role.MANAGER, id=second, ends="2026-01-01"))
        store = reopen()
        found = store.members.get(second)
        assert found == person("Yann Kermarrec", role=Role.MANAGER, id=second, ends="2026-01-01"), (
            "the whole of somebody is replaced"
        )
        assert store.members.get(9999) is None and store.members.count() == 2
        for login in ("elodie", "Élodie", "e@x.example"):
            by_login = store.members.by_login(login)
            assert by_login is not None and by_login.id == first
        assert store.members.by_login("") is None, "who has no login is nobody's guess"
        assert [one.id for one in store.members.find("GOFF elo", 5)] == [first]
        assert [one.id for one in store.members.find("", 1)] == [first]
        assert [one.id for one in store.members.with_role(Role.MANAGER)] == [second]

    def test_who_left_comes_last_and_has_no_role(self, store: Store) -> None:
        gone = store.members.add(person("Anna", role=Role.VOLUNTEER), AT)
        store.members.put(person("Anna", role=Role.VOLUNTEER, id=gone, left=True))
        here = store.members.add(person("Anna"), AT)
        assert [one.id for one in store.members.find("anna", 5)] == [here, gone]
        assert store.members.with_role(Role.VOLUNTEER) == []

    def test_a_login_is_one_persons(self, store: Store) -> None:
        store.members.add(person("Ada", "ada"), AT)
        other = store.members.add(person("Bob", "bob"), AT)
        with pytest.raises(TakenError):
            store.members.add(person("Ada II", "ada"), AT)
        with pytest.raises(TakenError):
            store.members.put(person("Bob", "ada", id=other))
        store.members.add(person("No login"), AT)
        store.members.add(person("None either"), AT)
        assert store.members.count() == 4

    def test_a_password_is_kept_apart(self, store: Store, reopen: Reopen) -> None:
        one = store.members.add(person("Ada", "ada"), AT)
        assert store.members.password(one) == ""
        store.members.set_password(one, "$argon2id$…")
        store.members.put(person("Ada L.", "ada", id=one))
        store = reopen()
        found = store.members.get(one)
        assert found is not None and found.has_password and found.name == "Ada L."
        assert store.members.password(one) == "$argon2id$…"

    def test_sessions_end_one_by_one_and_all_at_once(self, store: Store, reopen: Reopen) -> None:
        ada, bob = (store.members.add(person(name), AT) for name in ("Ada", "Bob"))
        for number, member in enumerate((ada, ada, ada, bob)):
            store.sessions.add(bytes([number]) * 32, member, f"device {number}", "::1", AT + number)
        found = store.sessions.find(b"\1" * 32)
        assert found is not None and (found.member, found.device) == (ada, "device 1")
        store.sessions.seen(found.id, AT + 100)
        assert [one.device for one in store.sessions.of(ada)] == [
            "device 1", "device 2", "device 0"
        ]  # fmt: skip
        store.sessions.end(bob, found.id)
        assert len(store.sessions.of(ada)) == 3, "nobody ends another's"
        store.sessions.end(ada, found.id)
        store.sessions.forget(AT + 2)
        store = reopen()
        assert [one.device for one in store.sessions.of(ada)] == ["device 2"]
        store.sessions.end(ada)
        assert store.sessions.of(ada) == [] != store.sessions.of(bob)
        assert store.sessions.find(b"\2" * 32) is None

    def test_a_key_is_taken_once_and_a_new_one_takes_its_place(self, store: Store) -> None:
        ada = store.members.add(person("Ada"), AT)
        store.login_keys.add(b"1" * 32, ada, "link", AT, AT + 60)
        store.login_keys.add(b"2" * 32, ada, "card", AT, AT + 60)
        store.login_keys.add(b"3" * 32, ada, "link", AT, AT + 60)
        assert store.login_keys.find(b"1" * 32) is None
        assert [key.kind for key in store.login_keys.of(ada)] == ["card", "link"]
        assert store.login_keys.take(b"3" * 32) and not store.login_keys.take(b"3" * 32)
        store.login_keys.end(ada, "link")
        assert [key.kind for key in store.login_keys.of(ada)] == ["card"]
        store.login_keys.end(ada)
        assert store.login_keys.of(ada) == []

    def test_programs_have_keys_of_their_own(self, store: Store, reopen: Reopen) -> None:
        ada, bob = (store.members.add(person(name), AT) for name in ("Ada", "Bob"))
        number = store.api_tokens.add(b"1" * 32, ada, "till", ["lend", "see_desk"], AT)
        store.api_tokens.add(b"2" * 32, ada, "clock", [], AT)
        store.api_tokens.used(number, AT + 5)
        store = reopen()
        found = store.api_tokens.find(b"1" * 32)
        assert found is not None
        assert (found.scopes, found.used_at) == (("lend", "see_desk"), AT + 5)
        assert not store.api_tokens.end(bob, number), "nobody ends another's"
        assert store.api_tokens.end(ada, number) and store.api_tokens.find(b"1" * 32) is None
        assert [one.name for one in store.api_tokens.of(ada)] == ["clock"]
        assert store.api_tokens.end(ada) and not store.api_tokens.end(ada)

    def test_the_journal_forgets(self, store: Store) -> None:
        ada = store.members.add(person("Ada"), AT)
        store.journal.add(AT, ada, "login", "", 0)
        store.journal.add(AT + 1, None, "POST /desk/new", "SAW", 0)
        store.journal.add(AT + 2, ada, "POST /backups/now", "", AT + 1)
        assert store.journal.list(9) == [
            Click(AT + 2, ada, "Ada", "POST /backups/now", ""),
            Click(AT + 1, None, "", "POST /desk/new", "SAW"),
        ]
        assert [click.at for click in store.journal.list(9, AT + 2)] == [AT + 1]
        assert len(store.journal.list(1)) == 1


class CounterContract:
    """What is lent over the counter."""

    def test_a_loan_goes_out_and_comes_back(self, store: Store, reopen: Reopen) -> None:
        ada = store.members.add(person("Ada"), AT)
        body = store.counter.put_body("School", "a@school.example")
        assert store.counter.put_body("School", "", "0298") == body
        first = store.counter.add(lent("SAW", member=ada, name="Ada", caution=500))
        second = store.counter.add(lent("VISE", "2025-11-25", body=body, name="School"))
        store.counter.set_hold(first, "ab" * 32)
        store = reopen()
        kept = store.counter.body(body)
        assert kept is not None and (kept.email, kept.phone) == ("a@school.example", "0298")
        assert [one.id for one in store.counter.out(9)] == [second, first], "first what is due"
        assert [one.id for one in store.counter.out(9, "SAW")] == [first]
        assert [one.hold for one in store.counter.loose_ends()] == ["ab" * 32, ""]
        store.counter.extend(first, "2025-12-24")
        store.counter.end(first, AT + 9, None, "scratched", 500)
        loan = store.counter.loan(first)
        assert loan is not None and not loan.is_out
        assert (loan.due, loan.back_note, loan.caution_back) == ("2025-12-24", "scratched", 500)
        assert [one.id for one in store.counter.returned(9)] == [first]
        assert [one.id for one in store.counter.of_member(ada, 9)] == [first]
        assert [one.id for one in store.counter.latest(9)] == [second, first]
        assert [one.id for one in store.counter.loose_ends()] == [first, second], "still held"
        assert store.counter.loan(9999) is None and store.counter.body(9999) is None

    def test_part_of_a_loan_comes_back(self, store: Store) -> None:
        whole = store.counter.add(lent("CHAIR", quantity=6000, name="Ada", caution=500, note="red"))
        part = store.counter.split(whole, 2000)
        rest, apart = store.counter.loan(whole), store.counter.loan(part)
        assert rest is not None and apart is not None
        assert (rest.quantity, rest.caution) == (4000, 500)
        assert apart == SavedLoan(
            part, *rest[1:2], 2000, *rest[3:9], 0, "red", "", None, None, "", None
        )

    def test_who_it_was_is_forgotten(self, store: Store) -> None:
        body = store.counter.put_body("School")
        old = store.counter.add(lent("SAW", body=body, name="School", note="for Ada"))
        store.counter.end(old, AT, None, "Ada broke it", 0)
        out = store.counter.add(lent("VISE", name="Ada"))
        store.counter.forget(AT)
        assert store.counter.bodies(), "not before its time"
        store.counter.forget(AT + 1)
        loan, other = store.counter.loan(old), store.counter.loan(out)
        assert loan is not None and other is not None and other.name == "Ada"
        assert (loan.name, loan.body, loan.note, loan.back_note) == ("", None, "", "")
        assert store.counter.bodies() == []

    def test_the_outbox(self, store: Store, reopen: Reopen) -> None:
        loan = store.counter.add(lent("SAW", name="Ada"))
        store.counter.remind(loan, "2025-12-01", "before", AT)
        store.counter.remind(loan, "2025-12-01", "before", AT + 1)
        (first,) = store.counter.to_send(AT, 3, 9)
        store.counter.not_told(first.id, "no route", AT + 60)
        assert store.counter.count_failed() == 1 and store.counter.to_send(AT + 59, 3, 9) == []
        store = reopen()
        assert [one.tries for one in store.counter.to_send(AT + 60, 3, 9)] == [1]
        assert store.counter.to_send(AT + 60, 1, 9) == [], "tried often enough"
        store.counter.remind(loan, "2025-12-01", "late", AT + 2)
        assert store.counter.reminder(first.id) is None, "the newer one says it all"
        (second,) = store.counter.reminders(9)
        store.counter.told(second.id, AT + 3, "person")
        store.counter.remind(loan, "2025-12-01", "again", AT + 4)
        store.counter.extend(loan, "2025-12-24")
        assert [one.how for one in store.counter.reminders(9)] == ["person"], "no longer due then"
        assert store.counter.count_failed() == 0


class DeskContract:
    """Files in the import wizard, and walks."""

    def test_uploads(self, store: Store, reopen: Reopen) -> None:
        number = store.desk.add_upload(AT, "a.csv", b"name\nSaw\n", b"{}")
        store.desk.ask(number, b'{"kind":"tool"}')
        store.desk.settle(number, "failed", b"why")
        store = reopen()
        upload = store.desk.upload(number)
        assert upload is not None
        assert (upload.data, upload.asked, upload.state, upload.answer) == (
            b"name\nSaw\n", b'{"kind":"tool"}', "failed", b"why"
        )  # fmt: skip
        store.desk.settle(number, "done")
        upload = store.desk.upload(number)
        assert upload is not None and upload.data == b"", "it is in the inventory now"
        newer = [store.desk.add_upload(AT, "b.csv", b"b", b"") for _ in range(20)]
        assert store.desk.upload(number) is None and store.desk.upload(newer[-1]) is not None
        assert store.desk.uploads()[0].id == newer[-1] and store.desk.uploads()[0].data == b""

    def test_columns_are_remembered_by_their_headers(self, store: Store) -> None:
        assert store.desk.columns(b"h" * 32) is None
        store.desk.keep_columns(b"h" * 32, b"first")
        store.desk.keep_columns(b"h" * 32, b"second")
        assert store.desk.columns(b"h" * 32) == b"second"

    def test_one_walk_after_another(self, store: Store) -> None:
        assert store.desk.walk() is None is store.desk.walk(ended=True)
        store.desk.begin_walk(AT)
        assert store.desk.walk() == Walk(1, AT, None)
        store.desk.end_walk(AT + 9)
        assert store.desk.walk() is None and store.desk.walk(ended=True) == Walk(1, AT, AT + 9)


class WishesContract:
    """What members wish for."""

    def test_a_wish_is_answered_and_forgotten(self, store: Store, reopen: Reopen) -> None:
        ada = store.members.add(person("Ada"), AT)
        new = NewWish(ada, "ab/SAW", 2000, "2026-03-01", "2026-03-08", "pour samedi", AT)
        number, other = store.wishes.add(new), store.wishes.add(new)
        store.wishes.answer(number, "passed", AT + 1, loan="cd")
        store = reopen()
        wish = store.wishes.get(number)
        assert wish is not None and wish[1:8] == new
        assert (wish.state, wish.loan, wish.answered_at) == ("passed", "cd", AT + 1)
        assert store.wishes.of_loan("cd") == [wish]
        assert [one.id for one in store.wishes.open()] == [other]
        assert [one.id for one in store.wishes.of_member(ada)] == [number, other]
        store.counter.remind_of_wish(number, "2026-03-08", "soon", AT)
        store.counter.remind_of_wish(number, "2026-03-08", "soon", AT + 1)
        assert [(one.wish, one.loan) for one in store.counter.reminders(9)] == [(number, None)]
        store.counter.keep_reminders(number, "2026-03-09")
        assert store.counter.reminders(9) == [], "it is due another day"
        store.counter.remind_of_wish(number, "2026-03-09", "soon", AT)
        assert store.wishes.passed() == [wish]
        store.wishes.forget("2026-03-08")
        assert store.wishes.get(number) is not None
        store.wishes.forget("2026-03-09")
        assert store.wishes.get(number) is None and store.wishes.open() == []
        assert store.counter.reminders(9) == []


class HouseContract(MembersContract, CounterContract, DeskContract, WishesContract):
    """All of it."""
