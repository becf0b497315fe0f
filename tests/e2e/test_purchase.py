"""A purchase among real nodes: four labs and a school without a node buy together.

The Port organises, the Canal takes delivery for all. Two deliveries, a broken sheet, dearer
freight, two rates of VAT, a credit note; paid by transfer, cheque and cash.
"""

from typing import Any

from tests.e2e.conftest import NewLab
from tests.e2e.nodes import Lab, until

PLYWOOD = "1:10:sheet:1=200,3=180:20:Plywood"
FILAMENT = "2:6:spool:1=108:20:Filament"
TUBE = "3:1:piece:1=30:5.5:Laser manual"


def shows(lab: Lab, purchase: str, so: Any, what: str) -> dict[str, Any]:
    """Wait until a lab shows a purchase so, complete."""

    def ask() -> Any:
        known = [one["purchase"] for one in lab.run("purchase", "list")["purchases"]]
        known += [one["purchase"] for one in lab.run("purchase", "list", "--ended")["purchases"]]
        if purchase not in known:
            return None
        shown = lab.run("purchase", "show", purchase)
        return shown if shown["complete"] and so(shown) else None

    found: dict[str, Any] = until(ask, what)
    return found


def party(shown: dict[str, Any], who: str) -> dict[str, Any]:
    """Return what is said of a party, by id or name."""
    found: dict[str, Any] = next(
        one for one in shown["parties"] if who in (one["party"], one["name"])
    )
    return found


def test_a_purchase_to_the_cent(new_lab: NewLab) -> None:
    names = ("Fabrique du Port", "Atelier", "Bricolab", "Labo du Canal")
    port, ann, bob, cat = labs = [new_lab(name) for name in names]
    with port.running(), ann.running(), bob.running(), cat.running():
        for lab in (ann, bob, cat):
            lab.join(port)
        until(lambda: cat.id in [p["lab"] for p in port.run("peers")["peers"]], "Cat at Port")
        # fmt: off
        bought = port.run(
            "purchase", "open", "--name", "Plywood and more", "--supplier", "Bois & Cie",
            "--mode", "mandate", "--charge", "1:60:quantity:20:Transport",
            "--helper", f"{cat.id}:deliver,hand_over",
            "--article", PLYWOOD, "--article", FILAMENT, "--article", TUBE,
        )["purchase"]
        # fmt: on
        for lab in (ann, bob, cat):
            shows(lab, bought, lambda one: len(one["lines"]) == 3, "the articles")
        port.run("pledge", "set", bought, "1:6", "3:1")
        port.run("pledge", "for", bought, "École", "1:2", "2:1")
        ann.run("pledge", "set", bought, "1:9+2@24", "2:3")
        bob.run("pledge", "set", bought[:8], "1:8+4", "2:2", "--cap", "420")
        cat.run("pledge", "set", bought, "1:2", "3:2")
        refused = ann.run("pledge", "set", bought, "1:9@10", expect=2)
        assert refused["error"]["code"] == "above_cap"
        for lab in (ann, bob, cat):
            lab.run("pledge", "mandate", bought, "500")
        wanted = shows(port, bought, lambda one: len(one["parties"]) == 5, "all pledges")
        assert [line["packs"] for line in wanted["lines"]] == [3, 1, 3]
        port.run("purchase", "seal", bought)
        for lab in (ann, bob, cat):
            shows(lab, bought, lambda one: one["state"] == "sealed", "the seal")
        late = ann.run("pledge", "set", bought, "1:20", expect=1)
        assert late["error"]["code"] == "late"

        port.run("purchase", "call", bought, "--due", "2026-12-10")
        port.run("purchase", "order", bought)
        shows(cat, bought, lambda one: one["state"] == "ordered", "the order")
        cat.run("purchase", "deliver", bought, "1:20", "--day", "2026-12-12")
        cat.run("purchase", "deliver", bought, "1:9:1", "2:6", "3:3", "--day", "2026-12-14")
        # fmt: off
        lines = (
            "--line", "1:30:540:20", "--line", "2:6:108:20", "--line", "3:3:90:5.5",
            "--charge", "1:100:20", "--rate", "5.5:90:4.95",
        )
        wrong = port.run(
            "purchase", "invoice", bought, "--day", "2026-12-15", *lines,
            "--rate", "20:750:150", expect=1,
        )
        assert wrong["error"]["code"] == "not_adding_up"
        port.run(
            "purchase", "invoice", bought, "--day", "2026-12-15", *lines, "--rate", "20:748:149.60"
        )
        port.run(
            "purchase", "credit-note", bought, "--day", "2026-12-18",
            "--line", "1:1:18:20", "--rate", "20:18:3.60",
        )
        # fmt: on
        port.run("purchase", "waive", bought, "40", "--charge", "1")
        arrived = shows(port, bought, lambda o: o["lines"][0]["accepted"] == 29_000, "the goods")
        school = party(arrived, "École")
        assert school["outside"] and not party(arrived, ann.id)["outside"]
        assert arrived["total"] == 540_00 + 108_00 + 90_00 + 100_00 + 154_55 - 21_60
        settle(labs, bought, school["party"])
        told = [
            shows(lab, bought, lambda o: len(statements(o)) == 3, "all statements") for lab in labs
        ]
        for each in told:
            each.pop("can")
        assert told[0] == told[1] == told[2] == told[3]
        assert told[0]["state"] == "closed"
        assert all(one["balance"] == 0 for one in told[0]["parties"])
        assert not [one for one in told[0]["problems"] if one["code"].endswith("differs")]
        why = ann.run("purchase", "why", bought)
        assert why == port.run("purchase", "why", bought, ann.id)
        assert sum(reason["cents"] for reason in why["reasons"]) == why["cents"] == 0
        assert [r["cents"] for r in why["reasons"] if r["what"] == "paid"]


def statements(shown: dict[str, Any]) -> list[int]:
    return [one["statement"] for one in shown["parties"] if one["statement"] is not None]


def settle(labs: list[Lab], bought: str, school: str) -> None:
    """Hand over, agree, pay, close, countersign."""
    port, ann, bob, cat = labs
    shows(cat, bought, lambda one: one["total"] == 970_95, "the credit note")
    for who in (port.id, ann.id, bob.id, school):
        cat.run("purchase", "hand-over", bought, who)
    cat.run("purchase", "hand-over", bought, cat.id)
    for lab, method in ((ann, "transfer"), (bob, "cheque"), (cat, "transfer")):
        mine = shows(lab, bought, lambda one, lab=lab: handed(one, lab.id), "the goods")
        lab.run("purchase", "receive", bought)
        if party(mine, lab.id)["excess"]:
            lab.run("share", "accept-excess", bought)
        lab.run("share", "accept", bought)
        due = party(lab.run("purchase", "show", bought), lab.id)["due"]
        lab.run("payment", "sent", bought, f"{due / 100:.2f}", "--method", method)
    port.run("purchase", "receive", bought)
    paid = shows(
        port, bought, lambda o: all(one["accepted"] for one in others(o, port)), "all answers"
    )
    for lab, method in ((ann, "transfer"), (bob, "cheque"), (cat, "transfer")):
        due = f"{party(paid, lab.id)['due'] / 100:.2f}"
        port.run("payment", "received", bought, due, "--from", lab.id, "--method", method)
    cash = f"{party(paid, school)['due'] / 100:.2f}"
    port.run("payment", "received", bought, cash, "--from", school, "--method", "cash")
    port.run("payment", "supplier", bought, "970.95")
    port.run("purchase", "close", bought)
    for lab in (ann, bob, cat):
        shows(lab, bought, lambda one: one["state"] == "closed", "the close")
        lab.run("statement", "agree", bought, "--cents", "0")


def handed(shown: dict[str, Any], lab: str) -> bool:
    return any(line["handed"] for line in party(shown, lab)["lines"])


def others(shown: dict[str, Any], port: Lab) -> list[dict[str, Any]]:
    return [one for one in shown["parties"] if not one["outside"] and one["party"] != port.id]
