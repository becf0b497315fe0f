"""Two labs play a loan on their pages, hearing of each other only when logs are exchanged."""

import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fedlab.node import days
from fedlab.node.app import open_node
from fedlab.node.days import day_after, today
from fedlab.node.errors import ConflictError
from fedlab.node.members.roles import Role
from fedlab.node.service import Service, lending
from fedlab.node.web.loandesk import group_of
from tests.node.labs import ask, opened_lab
from tests.node.service.test_needs import hear
from tests.node.web.signing import Client, client_of, from_here, signed_in


async def say(browser: Client, path: str, **form: str) -> str:
    answer = await browser.post(path, data=form, headers=from_here(browser), allow_redirects=False)
    assert answer.status == 303, await answer.text()
    return answer.headers["Location"]


async def text(browser: Client, path: str) -> str:
    answer = await browser.get(path, params={"lang": "en"})
    assert answer.status == 200
    return await answer.text()


class Labs(NamedTuple):
    """Atelier, which borrows, and Cité, which lends; each with a manager's browser."""

    a: Service
    c: Service
    here: Client
    there: Client

    def sync(self) -> None:
        hear(self.a, self.c), hear(self.c, self.a)

    async def asked(self, many: str = "1", day: str = "2027-04-01") -> str:
        days = {"from": day, "to": day_after(day, 7), "quantity": many}
        loan = await say(self.here, f"/loans/ask/{self.c.store.lab}/SAW", **days)
        self.sync()
        return loan

    async def out(self, many: str, **terms: str) -> str:
        """Have so many saws agreed and handed over."""
        loan = await self.asked(many)
        for who, word, form in (
            (self.there, "terms/offer", terms),
            (self.here, "terms/agree", {}),
            (self.there, "counter/hand-over", {}),
            (self.here, "counter/receive", {}),
        ):
            await say(who, f"{loan}/{word}", **form)
            self.sync()
        return loan


@pytest.fixture
async def labs(tmp_path: Path) -> AsyncIterator[Labs]:
    with opened_lab(tmp_path / "a", "Atelier") as a, opened_lab(tmp_path / "c", "Cité") as c:
        ask(a, "vouch", lab=c.store.lab), ask(c, "vouch", lab=a.store.lab)
        saw = {"name": "Scie", "quantity": 3000, "terms": ["lend"], "value": 12_000}
        ask(c, "item_add", code="SAW", change=saw)
        hear(c, a), hear(a, c)
        async with (
            open_node(a, ["http://127.0.0.1"]) as one,
            open_node(c, ["http://127.0.0.1"]) as two,
        ):
            here, there = await client_of(one), await client_of(two)
            signed_in(here, a, Role.MANAGER), signed_in(there, c, Role.MANAGER)
            yield Labs(a, c, here, there)
            await here.close(), await there.close()


async def test_a_tool_is_asked_offered_agreed_handed_over_and_brought_back(labs: Labs) -> None:
    a, c, here, there = labs
    item = f"{c.store.lab}/SAW"
    assert f"/loans/ask/{item}" in await text(here, f"/I/{item}")
    loan = await labs.asked()
    signed_in(here, a, Role.VOLUNTEER)
    assert f"{loan}/terms/" not in await text(here, loan), "the counter binds nobody"
    signed_in(here, a, Role.MANAGER)
    assert f'action="{loan}/terms/cancel"' in await text(here, loan)
    for who, word, form, seen in (
        (there, "terms/offer", {"caution": "50", "faults": "<b>lame usée"}, "on offer"),
        (here, "terms/agree", {}, "agreed"),
        (there, "counter/hand-over", {}, "only one lab has said so"),
        (here, "counter/receive", {}, "received 1"),
        (here, "terms/extend-ask", {"day": "2027-04-10"}, "more time asked"),
        (there, "terms/extend", {"day": "2027-04-10"}, 'value="2027-04-10"'),
        (there, "terms/recall", {"day": "2027-04-09", "reason": "needed"}, "wanted back"),
        (here, "counter/give-back", {}, "given back, to be confirmed"),
        (there, "counter/take-back", {"c-0": "good"}, "taken back 1 (good)"),
    ):
        labs.sync()
        page = await text(who, loan)
        assert f'action="{loan}/{word}"' in page, word
        await say(who, f"{loan}/{word}", **form)
        assert seen in await text(who, loan), word
    page = await text(here, loan)
    assert "&lt;b&gt;lame" in page and "<b>lame" not in page and "€50" in page
    assert "replacement value €120" in page, "as the item says"
    assert (await there.post(f"{loan}/terms/agree", headers=from_here(there))).status == 409


async def test_some_comes_back_broken_and_both_labs_say_how_it_ends(labs: Labs) -> None:
    a, c, here, there = labs
    loan = await labs.out("3", caution="50", fee="5")
    assert 'value="3"' in await text(there, loan), "all of it, unless somebody says less"
    for who, word, form, seen in (
        (there, "counter/report", {"kind": "broken", "line": "0", "note": "la lame"}, "la lame"),
        (here, "counter/give-back", {"q-0": "2"}, "given back 2"),
        (there, "counter/take-back", {"q-0": "1", "c-0": "broken"}, "1 × Scie (broken)"),
    ):
        await say(who, f"{loan}/{word}", **form)
        labs.sync()
        assert seen in await text(here, loan), word
    page = await text(here, loan)
    assert "do not count the same" in page and f"{loan}/terms/accept" not in page
    taken = ask(c, "loan_show", loan=loan[6:])["entries"][-1]["entry"]
    await say(here, f"{loan}/terms/dispute", about=taken, reason="condition", note="elle marchait")
    assert "contested" in (page := await text(here, loan)) and "It is so after all" in page
    own = ask(a, "loan_show", loan=loan[6:])["disputes"][0]["entry"]
    await say(here, f"{loan}/terms/dispute", about=own)
    assert "It is so after all" not in await text(here, loan)
    labs.sync()
    settled = {"damage-0": "30", "lost-0": "2", "fee": "5", "caution_kept": "20"}
    await say(there, f"{loan}/terms/settle", **settled)
    labs.sync()
    page = await text(here, loan)
    for label, sum_ in (
        ("Asked in all", "€35"),
        ("Cité gives back", "€30"),
        ("Atelier still pays", "€15"),
    ):
        assert sum_ in page.partition(label)[2][:80], label
    assert page.index("Asked in all") < page.index(f'action="{loan}/terms/accept"')
    await say(here, f"{loan}/terms/accept")
    assert "Both labs agree" in (page := await text(here, loan)) and "/terms/accept" not in page


async def test_the_label_leads_to_one_button_also_while_the_other_lab_is_away(labs: Labs) -> None:
    a, c, here, there = labs
    later, loan = await labs.asked(), await labs.asked(day=today())
    for each in (later, loan):
        await say(there, f"{each}/terms/offer", risk="borrower")
        labs.sync()
        await say(here, f"{each}/terms/agree")
        labs.sync()
    item = f"/I/{c.store.lab}/SAW"
    signed_in(there, c, Role.VOLUNTEER), signed_in(here, a, Role.VOLUNTEER)
    for who, word, form in (
        (there, "hand-over", {"q-0": "1"}),  # from here on neither hears of the other
        (there, "take-back", {"q-0": "1", "c-0": "good"}),
        (here, "receive", {"q-0": "1"}),
        (here, "give-back", {"q-0": "1"}),
    ):
        page = await text(who, item)
        assert f'action="{loan}/counter/{word}"' in page, word
        assert f'href="{later}"' in page and f"{later}/counter" not in page, "not today"
        back = await say(who, f"{loan}/counter/{word}", **form)
        assert "Noted here, and signed" in await text(who, back)
    labs.sync()
    signed_in(here, a, Role.MEMBER)
    assert f"{loan}/counter" not in await text(here, item)
    for service in (a, c):
        found = ask(service, "loan_show", loan=loan[6:])
        assert (found["state"], found["flags"]) == ("closed", [])


async def test_the_slip_opens_the_loan_at_the_borrowers_and_tells_the_law(labs: Labs) -> None:
    a, c, here, there = labs
    c.store.peers.put(a.store.lab, ["http://atelier.example:7390"], "Atelier")
    loan = await labs.out("1", caution="50", risk="shared", faults="lame <usée>")
    page = await text(there, f"{loan}/slip")
    assert "QR code that opens this loan at Atelier" in page
    for told in ("lame &lt;usée&gt;", "art. 1885", "art. 1883", "€120", "this loan alone"):
        assert told in page, told
    assert "art. 1709" not in page and "Loan for use" in page
    c.store.peers.put(a.store.lab, [], "")
    paid = await labs.out("1", fee="5")
    page = await text(here, f"{paid}/slip")
    assert "art. 1709" in page and "art. 1885" not in page and "not said" in page


async def test_where_words_differ_both_stand_side_by_side(labs: Labs) -> None:
    a, c, here, there = labs
    assert "Nowhere" in await text(there, "/loans/differences")
    await labs.asked()
    assert "waits for an answer about 1 loan" in await text(there, "/attention")
    loan = await labs.out("2", fee="5")
    await say(here, f"{loan}/counter/give-back")
    labs.sync()
    (row,) = ask(c, "loan_differences")["discrepancies"]
    assert (row["what"], row["one_sided"], row["waits_for"]) == ("back", True, c.store.lab)
    assert "Your word ends it" in await text(there, "/loans/differences")
    assert c.discrepancies.attention() == [], "it may still come"
    await say(there, f"{loan}/counter/take-back", **{"q-0": "1"})
    labs.sync()
    (row,) = ask(a, "loan_differences")["discrepancies"]
    assert (row["lender_says"], row["borrower_says"], row["one_sided"]) == (1000, 2000, False)
    page = await text(here, "/loans/differences")
    assert "taken back 1" in page and "given back 2" in page and "Count again together" in page
    assert [one.count for one in a.discrepancies.attention()] == [1]
    taken = ask(a, "loan_show", loan=loan[6:])["entries"][-1]["entry"]
    await say(here, f"{loan}/terms/dispute", about=taken, reason="quantity")
    await say(there, f"{loan}/terms/settle", **{"lost-0": "1", "damage-0": "80"})
    labs.sync()
    rows = ask(c, "loan_differences")["discrepancies"]
    assert [one["what"] for one in rows] == ["back", "dispute", "settlement"]
    page = await text(there, "/loans/differences")
    assert "this is not so: the number" in page and "damage €80" in page


async def test_a_program_says_each_word_by_its_name(labs: Labs) -> None:
    a, c, here, there = labs
    made = "/api/v1/loans"

    def head(service: Service, right: str) -> dict[str, str]:
        owner = service.members.add(Role.ADMIN, name=secrets.token_hex(4), role=Role.MANAGER)
        token = service.members.make_token(owner.id, "script", [right])
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_hex(8)}

    lines = [{"item": f"{c.store.lab}/SAW", "quantity": 2000}]
    body = {"lines": lines, "day_from": "2027-04-01", "day_to": "2027-04-08"}
    answer = await here.post(made, json=body, headers=head(a, "edit_items"))
    assert answer.status == 201
    path = f"{made}/{(await answer.json())['loan']}"
    for who, service, word, right, said in (
        (there, c, "terms/offer", "edit_items", {"terms": {"caution": 5000}}),
        (here, a, "terms/agree", "edit_items", {}),
        (there, c, "counter/hand-over", "lend", {"lines": [{"line": 0, "quantity": 1000}]}),
    ):
        labs.sync()
        if right == "edit_items":
            denied = await who.post(f"{path}/{word}", json=said, headers=head(service, "lend"))
            assert denied.status == 403
        answer = await who.post(f"{path}/{word}", json=said, headers=head(service, right))
        assert answer.status == 200, await answer.text()
    labs.sync()
    found = await (await here.get(path, headers=head(a, "lend"))).json()
    assert (found["state"], found["lines"][0]["handed"]) == ("out", 1000)
    answer = await here.post(f"{path}/counter/agree", json={}, headers=head(a, "lend"))
    assert answer.status == 404, "at the counter nothing is agreed"


async def test_what_is_used_on_site_has_its_slot_and_what_is_given_no_way_back(labs: Labs) -> None:
    a, c, here, there = labs
    ask(c, "item_add", code="CNC", change={"name": "Fraiseuse", "terms": ["use", "give"]})
    labs.sync()
    path = f"/loans/ask/{c.store.lab}/CNC"
    days = {"from": "2027-04-01", "to": "2027-04-08", "quantity": "1"}
    page = await text(here, path)
    assert 'value="give"' in page and 'name="starts"' in page
    for wrong in ({"starts": "10:00"}, {"starts": "10:00", "ends": "9:00"}):
        form = {**days, "term": "use", **wrong}
        answer = await here.post(f"{path}?lang=en", data=form, headers=from_here(here))
        assert answer.status == 422 and "say from when to when" in await answer.text()
    loan = await say(here, path, **days, term="use", starts="09:30", ends="12:00")
    assert "2027, 9:30–12:00" in await text(here, loan)
    labs.sync()
    await say(there, f"{loan}/terms/offer", fee="12")
    assert "art." not in await text(there, f"{loan}/slip"), "no loan that the law knows"
    given = await say(here, path, **days, term="give")
    labs.sync()
    for who, word in (
        (there, "terms/offer"),
        (here, "terms/agree"),
        (there, "counter/hand-over"),
        (here, "counter/receive"),
    ):
        await say(who, f"{given}/{word}")
        labs.sync()
    assert ask(c, "loan_show", loan=given[6:])["state"] == "closed"
    member = signed_in(here, a, Role.MEMBER)
    wish = {"item": f"{c.store.lab}/CNC", "day_from": "2027-04-01", "day_to": "2027-04-02"}
    ask(a, "wish_ask", member=member, **wish)
    passed = ask(a, "loan_show", loan=ask(a, "wish_pass_on", wish=1)["loan"])
    assert (passed["lines"][0]["term"], passed["day_to"]) == ("give", None)
    assert "has yet to answer" in await text(here, "/mine")


async def test_calendars_by_item_lab_and_member(labs: Labs) -> None:
    a, c, here, there = labs
    item = f"{c.store.lab}/SAW"
    member = signed_in(here, a, Role.MEMBER)
    ask(a, "wish_ask", member=member, item=item, day_from="2027-04-01", day_to="2027-04-02")
    loan = await labs_calendar_loan(labs)
    page = await (await here.post("/account/calendar?lang=en", headers=from_here(here))).text()
    (secret,) = set(re.findall("/calendar/([^/]+)/", page))
    assert "loans.ics" not in page, "a member's own alone"
    mine = await text(here, f"/calendar/{secret}/mine.ics")
    assert "DTSTART;VALUE=DATE:20270401" in mine and "STATUS:TENTATIVE" in mine
    assert (await here.get(f"/calendar/{secret}/loans.ics")).status == 404
    assert (await here.get(f"/enter/{secret}")).status == 410, "it opens no account"
    await here.post("/account/calendar", headers=from_here(here))
    assert (await here.get(f"/calendar/{secret}/mine.ics")).status == 404, "a new one was made"
    page = await (await there.post("/account/calendar?lang=en", headers=from_here(there))).text()
    (secret,) = set(re.findall("/calendar/([^/]+)/", page))
    there.session.cookie_jar.clear()
    ours = (await text(there, f"/calendar/{secret}/loans.ics")).replace("\r\n ", "")
    assert f"UID:{loan}@fedlab" in ours and "we lend to Atelier" in ours
    public = (await text(there, f"/I/{item}/calendar.ics")).replace("\r\n ", "")
    assert "1 available" in public and "Atelier" not in public


async def labs_calendar_loan(labs: Labs) -> str:
    """Have two saws offered from today on, and return the loan's id."""
    days = {"day_from": today(), "day_to": day_after(today(), 3)}
    line = {"item": f"{labs.c.store.lab}/SAW", "quantity": 2000}
    loan: str = ask(labs.a, "loan_request", lines=[line], **days)["loan"]
    labs.sync()
    ask(labs.c, "loan_offer", loan=loan)
    labs.sync()
    return loan


async def test_conditions_that_differ_at_the_handover_stand_side_by_side(labs: Labs) -> None:
    a, c, here, there = labs
    loan = await labs.asked()
    for who, word, form in (
        (there, "terms/offer", {}),
        (here, "terms/agree", {}),
        (there, "counter/hand-over", {"c-0": "good"}),
        (here, "counter/receive", {"c-0": "scratched"}),
    ):
        assert ask(a, "loan_differences")["discrepancies"] == []
        await say(who, f"{loan}/{word}", **form)
        labs.sync() if word != "counter/hand-over" else None
    labs.sync()
    (row,) = ask(c, "loan_differences")["discrepancies"]
    assert (row["what"], row["lender_condition"], row["borrower_condition"]) == (
        "condition", "good", "scratched"
    )  # fmt: skip
    page = await text(there, "/loans/differences")
    assert "scratched" in page and "Look at it together" in page
    await say(here, f"{loan}/counter/give-back")
    await say(there, f"{loan}/counter/take-back")
    labs.sync()
    assert ask(c, "loan_differences")["discrepancies"] == [], "it is back, and nothing is asked"


async def test_a_form_says_what_is_wrong_with_it(labs: Labs) -> None:
    loan = await labs.out("2")
    for word, form, said in (
        ("counter/give-back", {"q-0": "zwei"}, "Write a number"),
        ("counter/give-back", {"q-0": "0"}, "at least of one"),
        ("terms/extend-ask", {"day": "morgen"}, "not a day"),
    ):
        answer = await labs.here.post(
            f"{loan}/{word}?lang=en", data=form, headers=from_here(labs.here)
        )
        assert answer.status == 422 and said in await answer.text()
    asked = await labs.asked()
    form = {"fee": "5", "caution": "beaucoup", "faults": "lame usée", "risk": "shared"}
    there = labs.there
    answer = await there.post(f"{asked}/terms/offer?lang=en", data=form, headers=from_here(there))
    page = await answer.text()
    assert 'value="beaucoup"' in page and ">lame usée</textarea>" in page, "as it was typed"
    assert '<option value="shared" selected>' in page
    await say(there, f"{asked}/terms/offer", **{**form, "caution": "50"})
    page = await text(there, asked)
    assert 'value="50"' in page and ">lame usée</textarea>" in page, "the next begins where it was"
    over = await labs.here.post(
        f"{loan}/counter/give-back", data={"q-0": "4"}, headers=from_here(labs.here)
    )
    assert over.status == 409


async def test_a_member_wishes_and_the_manager_passes_it_on(labs: Labs) -> None:
    a, c, here, there = labs
    item = f"{c.store.lab}/SAW"
    member = signed_in(here, a, Role.MEMBER)
    page = await text(here, f"/I/{item}")
    assert f"/loans/wish/{item}" in page and f"/loans/ask/{item}" not in page
    days = {"from": "2027-04-01", "to": "2027-04-08", "quantity": "1"}
    for number in range(2):
        wish = {**days, "note": f"pour Ada {number}"}
        assert await say(here, f"/loans/wish/{item}", **wish) == "/mine"
    assert "has yet to pass it on" in await text(here, "/mine")
    await say(here, "/wishes/2/withdraw")
    assert "You took this back" in await text(here, "/mine")
    signed_in(here, a, Role.MEMBER)
    answer = await here.post("/wishes/1/withdraw", headers=from_here(here))
    assert answer.status == 404, "another member's"
    signed_in(here, a, Role.MANAGER)
    assert "1 member’s wish waits" in await text(here, "/attention")
    desk = await text(here, "/loans")
    assert "pour Ada 0" in desk and "pour Ada 1" not in desk
    loan = await say(here, "/wishes/1/pass")
    name = a.members.get(member).name
    assert name in await text(here, loan) and "pour Ada" not in await text(here, "/loans")
    labs.sync()
    assert name not in await text(there, loan)
    log = (
        b"".join(a.store.leaves(a.store.lab, 0, 0, 4))
        + repr(ask(c, "loan_show", loan=loan[6:])).encode()
    )
    assert name.encode() not in log and b"pour Ada" not in log, "the other lab hears nothing of it"
    await say(there, f"{loan}/terms/offer", caution="50")
    labs.sync()
    (mine, _) = ask(a, "wish_list", member=member)["wishes"][::-1]
    assert mine["loan"]["state"] == "offered"
    answer = await here.post("/wishes/1/decline", headers=from_here(here))
    assert answer.status == 409, "it was answered"


async def test_a_wish_is_answered_with_no(labs: Labs) -> None:
    member = signed_in(labs.here, labs.a, Role.MEMBER)
    item = f"{labs.c.store.lab}/SAW"
    wish = {"item": item, "day_from": "2027-04-01", "day_to": "2027-04-08"}
    ask(labs.a, "wish_ask", member=member, **wish)
    browser = signed_in(labs.here, labs.a, Role.MANAGER)
    assert browser and await say(labs.here, "/wishes/1/decline", answer="trop loin") == "/loans"
    (mine,) = ask(labs.a, "wish_list", member=member)["wishes"]
    assert (mine["state"], mine["answer"]) == ("declined", "trop loin")
    form = {"from": "2027-04-08", "to": "2027-04-01", "quantity": "1"}
    answer = await labs.here.post(f"/loans/wish/{item}", data=form, headers=from_here(labs.here))
    assert answer.status == 422
    with pytest.raises(ConflictError, match="20 wishes"):
        for _ in range(21):
            ask(labs.a, "wish_ask", member=member, **wish)


@pytest.mark.parametrize(
    ("loan", "group"),
    [
        ({"state": "requested"}, "asked"),
        ({"state": "agreed", "lender": "us"}, "hand_over"),
        ({"state": "agreed"}, "fetch"),
        ({"state": "agreed", "day_from": "2027-04-02"}, "later"),
        ({"state": "out"}, "out"),
        ({"state": "out", "recalled": "2027-04-03"}, "due"),
        ({"state": "out", "flags": ["overdue"]}, "overdue"),
        ({"state": "back", "flags": ["overdue", "contested"]}, "contested"),
        ({"state": "back"}, "back"),
        ({"state": "settling"}, "settling"),
        ({"state": "lapsed", "flags": ["caution_held"]}, "other"),
    ],
)
def test_a_loan_stands_on_the_desk_where_it_presses(loan: dict[str, Any], group: str) -> None:
    usual = {"lender": "them", "day_from": "2027-04-01", "day_to": "2027-04-08", "recalled": None}
    assert group_of({**usual, "flags": [], **loan}, "us", "2027-04-01") == group


async def test_who_has_another_labs_thing_is_reminded_from_the_same_outbox(
    labs: Labs, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, here = labs.a, labs.here
    member = a.members.add(Role.ADMIN, name="Ada", role=Role.MEMBER, email="ada@example.org").id
    wish = {"item": f"{labs.c.store.lab}/SAW", "day_from": "2027-04-01", "day_to": "2027-04-08"}
    ask(a, "wish_ask", member=member, **wish)
    loan = "/loan/" + ask(a, "wish_pass_on", wish=1)["loan"]
    labs.sync()

    def late(day: str) -> list[int]:
        monkeypatch.setattr(lending, "today", lambda: day)
        return [one.count for one in a.lending.attention() if one.code == "loans_late"]

    def outbox(day: str) -> list[tuple[str, str]]:
        monkeypatch.setattr(days, "today", lambda: day)
        a.reminders.work()
        return [(one.step, one.loan.due) for one in a.reminders.outbox().reminders]

    for who, word in ((labs.there, "terms/offer"), (here, "terms/agree")):
        await say(who, f"{loan}/{word}")
        labs.sync()
    assert outbox("2027-04-07") == [], "nobody has it yet"
    await say(here, f"{loan}/counter/receive")
    assert outbox("2027-04-07") == [("soon", "2027-04-08")]
    (reminder,) = a.reminders.outbox().reminders
    assert (reminder.loan.name, reminder.loan.email) == ("Ada", "ada@example.org")
    assert f'href="{loan}"' in await text(here, "/counter/reminders")
    await say(labs.there, f"{loan}/terms/extend", day="2027-04-12")
    labs.sync()
    assert outbox("2027-04-07") == [], "due another day"
    assert outbox("2027-04-13") == [("late-1", "2027-04-12")]
    assert (late("2027-04-12"), late("2027-04-13")) == ([], [1])
    await say(here, f"{loan}/counter/give-back")
    await say(labs.there, f"{loan}/counter/take-back")
    labs.sync()
    assert outbox("2027-04-14") == []
