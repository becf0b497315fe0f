"""A whole loan among real nodes, A - B - C: A borrows of C, and the network is cut on the way."""

from typing import Any

from tests.e2e.conftest import NewLab
from tests.e2e.nodes import Lab, until


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


def test_a_loan_between_labs_that_never_talk_to_each_other(new_lab: NewLab) -> None:
    a, b, c = new_lab("Fabrique du Port"), new_lab("Atelier"), new_lab("Labo du Canal")
    c.run("item", "add", "--name", "Scie", "--code", "SAW", "--quantity", "2", "--terms", "lend")
    with b.running(), c.running():
        with a.running():
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
        # A's node is away: at C's counter C's word is enough, and A's follows when it is back.
        c.run("loan", "hand-over", asked)
        assert "unconfirmed" in shows(c, asked, "out")["flags"]
        assert a.run("loan", "show", asked)["state"] == "agreed"
        a.run("loan", "receive", asked)
        with a.running():
            for lab in (a, c):
                confirmed(lab, asked)
            a.run("loan", "give-back", asked, "--line", "0:1")
            c.run("loan", "take-back", asked, "--line", "0:1:good")
            c.run("loan", "take-back", asked, "--line", "0:1:broken")
            shows(a, asked, "settling")
            c.run("loan", "settle", asked, "--line", "0", "--damage", "40", "--caution-kept", "40")
            until(
                lambda: "settlement_asked" in a.run("loan", "show", asked)["flags"],
                "the settlement at A",
            )
            a.run("loan", "accept", asked)
            told = [shows(lab, asked, "closed") for lab in (a, c)]
            told.append(b.run("loan", "show", asked))  # all of it went through B's hands
    for each in told:
        each.pop("can")
    assert told[0] == told[1] == told[2], "what lies between them sees the same"
    assert told[0]["caution_kept"] == 4000 and told[0]["flags"] == ["differs"]
