"""Two labs' services play a whole loan, hearing of each other only when logs are exchanged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fedlab.node.errors import ConflictError, NotFoundError
from fedlab.node.service import Service
from tests.node.labs import ask, opened_lab
from tests.node.service.test_needs import hear

FROM, TO = "2027-04-01", "2027-04-08"


class Two:
    """A borrower and a lender."""

    def __init__(self, borrower: Service, lender: Service) -> None:
        self.a, self.c = borrower, lender
        self.loan = ""

    def sync(self) -> None:
        hear(self.a, self.c)
        hear(self.c, self.a)

    def request(self, *codes: str, **more: Any) -> str:
        lines = [{"item": f"{self.c.store.lab}/{code}", **more} for code in codes or ("SAW",)]
        done = ask(self.a, "loan_request", lines=lines, day_from=FROM, day_to=TO)
        self.loan = done["loan"]
        self.sync()
        return self.loan

    def by(self, service: Service, what: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = ask(service, f"loan_{what}", loan=self.loan, **more)
        return answer

    def agreed(self, *codes: str, **terms: Any) -> None:
        self.request(*codes)
        self.by(self.c, "offer", terms=terms)
        self.sync()
        self.by(self.a, "agree")
        self.sync()

    def shown(self, service: Service | None = None) -> dict[str, Any]:
        return self.by(service or self.a, "show")

    @property
    def states(self) -> tuple[str, str]:
        return self.shown(self.a)["state"], self.shown(self.c)["state"]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with opened_lab(tmp_path / "a", "Atelier") as a, opened_lab(tmp_path / "c", "Cité") as c:
        ask(a, "vouch", lab=c.store.lab), ask(c, "vouch", lab=a.store.lab)
        saw = {"name": "Scie", "quantity": 2000, "value": 45_000, "terms": ["lend"]}
        ask(c, "item_add", code="SAW", change=saw)
        two = Two(a, c)
        two.sync()
        yield two


def test_the_whole_story(two: Two) -> None:
    """Asked, offered with a caution, agreed, handed over, received days later, back, settled."""
    two.request(quantity=2000)
    assert two.states == ("requested", "requested")
    terms = {"caution": 10_000, "caution_kind": "cheque", "risk": "borrower", "faults": "lame usée"}
    two.by(two.c, "offer", terms=terms)
    assert two.states == ("requested", "offered")
    two.sync()
    offered = two.shown()
    assert (offered["caution"], offered["lines"][0]["value"]) == (10_000, 90_000)
    assert offered["entries"][1]["detail"] == {"faults": "lame usée"}
    assert "agree" in offered["can"] and "offer" not in offered["can"]
    two.by(two.a, "agree")
    two.sync()
    two.by(two.c, "hand_over")
    assert two.states == ("agreed", "out"), "the lender's word at once"
    assert "unconfirmed" in two.shown(two.c)["flags"]
    two.by(two.a, "receive")
    two.sync()
    assert two.states == ("out", "out") and "unconfirmed" not in two.shown()["flags"]
    two.by(two.a, "give_back", lines=[{"line": 0, "quantity": 1000}])
    two.sync()
    two.by(two.c, "take_back", lines=[{"line": 0, "quantity": 1000, "condition": "good"}])
    two.by(two.c, "take_back", lines=[{"line": 0, "condition": "broken"}])
    two.sync()
    assert two.states == ("settling", "settling")
    damage = [{"line": 0, "damage": 4_000}]
    two.by(two.c, "settle", lines=damage, caution_kept=4_000)
    two.sync()
    two.by(two.a, "accept")
    two.sync()
    assert two.states == ("closed", "closed")
    both = two.shown(two.a), two.shown(two.c)
    for each in both:
        each.pop("can")
    assert both[0] == both[1] and both[0]["complete"]
    assert both[0]["caution_kept"] == 4_000
    assert [each["loans"] for each in (ask(two.a, "loan_list"), ask(two.c, "loan_list"))] == [
        [],
        [],
    ]
    assert len(ask(two.a, "loan_list", ended=True)["loans"]) == 1


def test_what_would_not_count_is_not_signed(two: Two) -> None:
    two.agreed()
    size = two.c.store.log(two.c.store.lab, 0)
    with pytest.raises(ConflictError) as refused:
        two.by(two.c, "take_back", lines=[{"line": 0, "quantity": 1000}])
    assert refused.value.code == "exceeds_lines"
    with pytest.raises(ConflictError) as refused:
        two.by(two.c, "agree")
    assert refused.value.code == "wrong_author"
    assert two.c.store.log(two.c.store.lab, 0) == size


def test_no_piece_is_offered_twice(two: Two) -> None:
    for _ in range(2):
        two.request()
        two.by(two.c, "offer")
    two.request()
    with pytest.raises(ConflictError, match="not free") as refused:
        two.by(two.c, "offer")
    assert refused.value.code == "exceeds_free"
    two.by(two.c, "offer", terms={"day_from": "2027-05-01", "day_to": "2027-05-02"})


def test_a_kit_is_offered_with_its_parts(two: Two) -> None:
    ask(two.c, "item_add", code="BLADE", change={"name": "Lame", "quantity": 4000})
    kit = {"name": "Coffret", "quantity": 1000, "parts": {"BLADE": 2000}}
    ask(two.c, "item_add", code="KIT", change=kit)
    two.sync()
    two.agreed("KIT")
    lines = [(line["item"][65:], line["quantity"], line["of"]) for line in two.shown()["lines"]]
    assert lines == [("KIT", 1000, None), ("BLADE", 2000, 0)]


def test_what_has_not_arrived_makes_a_loan_partial(two: Two) -> None:
    two.request()
    two.by(two.c, "offer")
    hear(two.a, two.c)
    assert two.shown(two.a)["complete"]
    two.by(two.a, "agree")
    ask(two.a, "item_add", code="X", change={"name": "X"})
    two.sync()
    assert two.shown(two.c)["complete"] and two.states == ("agreed", "agreed")


def test_a_loan_goes_by_the_beginning_of_its_id(two: Two) -> None:
    loan = two.request()
    assert ask(two.c, "loan_show", loan=loan[:8])["loan"] == loan
    with pytest.raises(NotFoundError):
        ask(two.c, "loan_show", loan="0" * 8)


def test_rebuilding_makes_the_same(two: Two) -> None:
    """The states that were kept entry by entry are those of one pass over everything."""
    two.agreed()
    two.by(two.c, "hand_over")
    two.sync()

    def kept(service: Service) -> Any:
        subjects = service.store.projections.subjects.of_kind("loan")
        items = list(service.store.projections.items())
        return [s._replace(id=0) for s in subjects], [(i.code, i.state) for i in items]

    for service in (two.a, two.c):
        before = kept(service)
        ask(service, "rebuild")
        assert kept(service) == before
        assert not ask(service, "verify")["problems"]
