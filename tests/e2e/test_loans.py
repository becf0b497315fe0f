"""A whole loan among real nodes, A - B - C: A borrows of C, and the network is cut on the way.

Each node stands in a network namespace of its own, and cuts are pulled cables.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import NewLab
from tests.e2e.nodes import Lab, Room, until
from tests.e2e.rooms import cut_off, possible, rooms


def shows(lab: Lab, loan: str, state: str) -> dict[str, Any]:
    """Wait until a lab shows a loan in a state, complete."""

    def ask() -> Any:
        listed = lab.run("loan", "list")["loans"] + lab.run("loan", "list", "--ended")["loans"]
        if not any(one["loan"] == loan for one in listed):
            return None
        shown = lab.run("loan", "show", loan)
        return shown if shown["state"] == state and shown["complete"] else None

    found: dict[str, Any] = until(ask, f"the loan to be {state}")
    return found


def confirmed(lab: Lab, loan: str) -> None:
    """Wait until a lab has both sides' word."""
    until(lambda: "unconfirmed" not in lab.run("loan", "show", loan)["flags"], "both words")


@pytest.fixture
def places() -> Iterator[list[Room | None]]:
    """Three rooms, where the machine lets us make them."""
    if not possible():
        yield [None] * 3
        return
    with rooms(3) as made:
        yield list(made)


def test_a_loan_between_labs_that_never_talk_to_each_other(
    new_lab: NewLab, places: list[Room | None]
) -> None:
    names = ("Fabrique du Port", "Atelier", "Labo du Canal")
    a, b, c = (new_lab(name, room=room) for name, room in zip(names, places, strict=True))
    c.run("item", "add", "--name", "Scie", "--code", "SAW", "--quantity", "2", "--terms", "lend")
    with a.running(), b.running(), c.running():
        a.join(b)
        c.join(b)
        until(lambda: a.finds("scie"), "C's saw at A")
        days = ("--from", "2027-04-01", "--to", "2027-04-08")
        asked = a.run("loan", "request", f"{c.id}/SAW", "--quantity", "2", *days)["loan"]
        shows(c, asked, "requested")
        c.run("loan", "offer", asked[:8], "--caution", "100", "--caution-kind", "cheque")
        shows(a, asked, "offered")
        a.run("loan", "agree", asked)
        shows(c, asked, "agreed")
        again = c.run("loan", "hand-over", asked, "--line", "0:3", expect=1)
        assert again["error"]["code"] == "exceeds_lines"

        with cut_off(a):  # between agreement and hand-over: each writes what it knows
            c.run("loan", "hand-over", asked)
            assert "unconfirmed" in shows(c, asked, "out")["flags"]
            assert a.run("loan", "show", asked)["state"] == "agreed"
            a.run("loan", "receive", asked)
            assert "unconfirmed" in shows(a, asked, "out")["flags"]
        for lab in (a, c):
            confirmed(lab, asked)

        with cut_off(c):  # half of it comes back, then the rest, broken, of which A says nothing
            a.run("loan", "give-back", asked, "--line", "0:1")
            c.run("loan", "take-back", asked, "--line", "0:1:good")
            assert shows(c, asked, "out")["lines"][0]["taken_back"] == 1000
            c.run("loan", "take-back", asked, "--line", "0:1:broken")
            assert a.run("loan", "show", asked)["state"] == "out"
        shows(a, asked, "settling")
        c.run("loan", "settle", asked, "--line", "0", "--damage", "40", "--caution-kept", "40")
        until(
            lambda: "settlement_asked" in a.run("loan", "show", asked)["flags"],
            "the settlement at A",
        )
        a.run("loan", "accept", asked)
        told = [shows(lab, asked, "closed") for lab in (a, c)]
        told.append(shows_between(b, asked))  # all of it went through B's hands
    for each in told:
        each.pop("can")
    assert told[0] == told[1] == told[2], "what lies between them sees the same"
    assert told[0]["caution_kept"] == 4000 and told[0]["flags"] == ["differs"]


def shows_between(lab: Lab, loan: str) -> Any:
    """Wait until a lab that has no part in a loan sees it closed."""

    def ask() -> Any:
        shown = lab.run("loan", "show", loan)
        return shown if shown["state"] == "closed" else None

    return until(ask, "the loan to be closed in between")
