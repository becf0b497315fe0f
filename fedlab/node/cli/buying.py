"""`purchase …`, `pledge …`, `share …`, `payment …`, `statement …`: purchases across labs."""

from typing import Any

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Branch, Invocation, pass_invocation, say
from fedlab.node.cli.buyinglines import (
    ARTICLE,
    CAME,
    CHARGE,
    CHARGED,
    HELPER,
    INVOICED,
    MOVED,
    PACKS,
    RATE_SUM,
    SUM,
    WANTED,
)
from fedlab.node.cli.values import DAY, EUROS, QUANTITY

NOTE = click.option("--note", help="What the others are to know.")
PURCHASE = click.argument("purchase", metavar="PURCHASE")
CENTS = click.argument("cents", metavar="EUROS", type=EUROS)
METHOD = click.option("--method", help="transfer, cheque, cash, card, mandate or other.")
ON = click.option("--day", type=DAY, help="The day; today if left out.")


@click.group(cls=Branch)
def purchase() -> None:
    """Buy together with other labs."""


@click.group(cls=Branch)
def pledge() -> None:
    """Say what this lab wants of a purchase."""


@click.group(cls=Branch)
def share() -> None:
    """Agree to this lab's share of a purchase, or do not."""


@click.group(cls=Branch)
def payment() -> None:
    """Note what was paid and received for a purchase."""


@click.group(cls=Branch)
def statement() -> None:
    """Countersign how a purchase ends."""


# --- terms ---------------------------------------------------------------------------------------


def _terms(command: Any) -> Any:
    for option in (
        click.option("--description", help="What the others are to know."),
        click.option("--supplier", help="Of whom it is bought."),
        click.option("--helper", "helpers", type=HELPER, multiple=True, help="LAB:POWER[,POWER]…"),
        click.option("--charge", "charges", type=CHARGE, multiple=True,
                     help="NUMBER:NET[:BASIS[:RATE[:NAME]]], such as 1:60:weight:20:Transport."),
        click.option("--deadline", type=DAY, help="The day by which to pledge."),
        click.option("--mode", help="direct, mandate or resale: who invoices whom."),
    ):  # fmt: skip
        command = option(command)
    return command


def _given(**terms: Any) -> dict[str, Any]:
    return {name: value for name, value in terms.items() if value not in (None, ())}


@purchase.command("open")
@click.option("--name", required=True, help="What is bought, in a few words.")
@click.option(
    "--article",
    "articles",
    type=ARTICLE,
    multiple=True,
    help="NUMBER:PACK:UNIT:LADDER:RATE[:NAME], such as 1:10:sheet:1=200,3=180:20:Ply.",
)
@_terms
@pass_invocation
def open_(inv: Invocation, /, articles: tuple[dict[str, Any], ...], **terms: Any) -> None:
    """Begin a purchase that this lab organises."""
    answer = inv.call("purchase_open", terms=_given(**terms), articles=list(articles))
    inv.answer(answer, _done)


@purchase.command("article")
@PURCHASE
@click.argument("article", type=ARTICLE, metavar="ARTICLE")
@click.option("--grain", type=QUANTITY, help="The least that is handed out; 1 if left out.")
@click.option("--grams", type=int, help="What a unit weighs.")
@click.option("--reference", help="The supplier's number.")
@pass_invocation
def article(inv: Invocation, /, purchase: str, article: dict[str, Any], **more: Any) -> None:
    """Offer ARTICLE, as NUMBER:PACK:UNIT:LADDER:RATE[:NAME]; without a ladder it is gone."""
    given = article | _given(**more)
    inv.answer(inv.call("purchase_article", purchase=purchase, article=given), _done)


@purchase.command("amend")
@PURCHASE
@click.option("--name", help="What is bought, in a few words.")
@_terms
@pass_invocation
def amend(inv: Invocation, /, purchase: str, **terms: Any) -> None:
    """Set all terms of PURCHASE anew."""
    inv.answer(inv.call("purchase_amend", purchase=purchase, terms=_given(**terms)), _done)


@purchase.command("cancel")
@PURCHASE
@NOTE
@pass_invocation
def cancel(inv: Invocation, /, **given: Any) -> None:
    """Call PURCHASE off."""
    inv.answer(inv.call("purchase_cancel", **given), _done)


# --- pledges -------------------------------------------------------------------------------------


@pledge.command("set")
@PURCHASE
@click.argument("lines", metavar="LINE...", type=WANTED, nargs=-1, required=True)
@click.option("--cap", type=EUROS, help="The most that all of it may cost, taxes in.")
@NOTE
@pass_invocation
def pledge_set(inv: Invocation, /, lines: tuple[dict[str, Any], ...], **given: Any) -> None:
    """Pledge LINEs of PURCHASE, as ARTICLE:FIRM[+MORE][@CAP]."""
    inv.answer(inv.call("purchase_pledge", lines=list(lines), **given), _done)


@pledge.command("for")
@PURCHASE
@click.argument("name", metavar="NAME")
@click.argument("lines", metavar="LINE...", type=WANTED, nargs=-1, required=True)
@click.option("--cap", type=EUROS, help="The most that all of it may cost, taxes in.")
@click.option("--body", help="The id of NAME, if it pledged before.")
@pass_invocation
def pledge_for(inv: Invocation, /, lines: tuple[dict[str, Any], ...], **given: Any) -> None:
    """Say what NAME wants, a body without a node: the organiser's word alone."""
    inv.answer(inv.call("purchase_pledge_for", lines=list(lines), **given), _done)


@pledge.command("withdraw")
@PURCHASE
@pass_invocation
def withdraw(inv: Invocation, /, **given: Any) -> None:
    """Want nothing of PURCHASE any more."""
    inv.answer(inv.call("purchase_withdraw", **given), _done)


@pledge.command("transfer")
@PURCHASE
@click.argument("article", type=int)
@click.argument("quantity", type=QUANTITY)
@click.option("--giver", required=True, help="The lab that leaves it.")
@click.option("--taker", required=True, help="The lab that takes it over.")
@pass_invocation
def transfer(inv: Invocation, /, **given: Any) -> None:
    """Leave to another lab what this one would get, or take it over."""
    inv.answer(inv.call("purchase_transfer", **given), _done)


@pledge.command("mandate")
@PURCHASE
@click.argument("cap", metavar="EUROS", type=EUROS)
@pass_invocation
def mandate(inv: Invocation, /, **given: Any) -> None:
    """Let the organiser buy in this lab's name, for EUROS at most, taxes in."""
    inv.answer(inv.call("purchase_mandate", **given), _done)


# --- seal, order, goods --------------------------------------------------------------------------


@purchase.command("seal")
@PURCHASE
@pass_invocation
def seal(inv: Invocation, /, **given: Any) -> None:
    """Take in every pledge of PURCHASE that has arrived, and no other any more."""
    inv.answer(inv.call("purchase_seal", **given), _done)


@purchase.command("call")
@PURCHASE
@click.option("--sum", "sums", type=SUM, multiple=True, help="PARTY:EUROS; as planned if none.")
@click.option("--due", type=DAY, help="The day by which to pay.")
@pass_invocation
def call(inv: Invocation, /, sums: tuple[dict[str, Any], ...], **given: Any) -> None:
    """Ask everybody for funds."""
    inv.answer(inv.call("purchase_call", sums=list(sums) or None, **given), _done)


@purchase.command("order")
@PURCHASE
@click.option(
    "--line", "lines", type=PACKS, multiple=True, help="ARTICLE:PACKS; as planned if none."
)
@pass_invocation
def order(inv: Invocation, /, lines: tuple[dict[str, Any], ...], **given: Any) -> None:
    """Note what was ordered of the supplier."""
    inv.answer(inv.call("purchase_order", lines=list(lines) or None, **given), _done)


@purchase.command("deliver")
@PURCHASE
@click.argument("lines", metavar="LINE...", type=CAME, nargs=-1, required=True)
@ON
@NOTE
@pass_invocation
def deliver(inv: Invocation, /, lines: tuple[dict[str, Any], ...], **given: Any) -> None:
    """Note what came, as ARTICLE:ACCEPTED[:DAMAGED[:MISSING[:INSTEAD_OF]]]."""
    inv.answer(inv.call("purchase_deliver", lines=list(lines), **given), _done)


def _document(command: Any) -> Any:
    for option in (
        NOTE,
        click.option("--replaces", help="The entry that this one replaces."),
        click.option("--rate", "rates", type=RATE_SUM, multiple=True, required=True,
                     help="RATE:NET:VAT, as the document states it."),
        click.option("--charge", "charges", type=CHARGED, multiple=True,
                     help="NUMBER:NET:RATE."),
        click.option("--line", "lines", type=INVOICED, multiple=True,
                     help="ARTICLE:QUANTITY:NET:RATE."),
        click.option("--day", type=DAY, required=True, help="The day of the document."),
        PURCHASE,
    ):  # fmt: skip
        command = option(command)
    return command


def _lists(lines: Any, charges: Any, rates: Any) -> dict[str, Any]:
    return {"lines": list(lines) or None, "charges": list(charges) or None, "rates": list(rates)}


@purchase.command("invoice")
@_document
@pass_invocation
def invoice(inv: Invocation, /, lines: Any, charges: Any, rates: Any, **given: Any) -> None:
    """Note what the supplier's invoice says."""
    inv.answer(inv.call("purchase_invoice", **_lists(lines, charges, rates), **given), _done)


@purchase.command("credit-note")
@_document
@pass_invocation
def credit_note(inv: Invocation, /, lines: Any, charges: Any, rates: Any, **given: Any) -> None:
    """Note what the supplier takes back; sums without a sign."""
    inv.answer(inv.call("purchase_credit_note", **_lists(lines, charges, rates), **given), _done)


@purchase.command("waive")
@PURCHASE
@CENTS
@click.option("--article", type=int, help="Of this article.")
@click.option("--charge", type=int, help="Of this charge.")
@pass_invocation
def waive(inv: Invocation, /, **given: Any) -> None:
    """Let a difference between order, goods and invoice pass, up to EUROS."""
    inv.answer(inv.call("purchase_waive", **given), _done)


@purchase.command("hand-over")
@PURCHASE
@click.argument("party", metavar="PARTY")
@click.option("--line", "lines", type=MOVED, multiple=True, help="ARTICLE:QUANTITY; all if none.")
@NOTE
@pass_invocation
def hand_over(inv: Invocation, /, lines: tuple[dict[str, Any], ...], **given: Any) -> None:
    """Note what PARTY was given."""
    inv.answer(inv.call("purchase_hand_over", lines=list(lines) or None, **given), _done)


@purchase.command("receive")
@PURCHASE
@click.option("--line", "lines", type=MOVED, multiple=True, help="ARTICLE:QUANTITY; all if none.")
@NOTE
@pass_invocation
def receive(inv: Invocation, /, lines: tuple[dict[str, Any], ...], **given: Any) -> None:
    """Note what this lab has."""
    inv.answer(inv.call("purchase_receive", lines=list(lines) or None, **given), _done)


# --- shares, payments, the end -------------------------------------------------------------------


@share.command("accept")
@PURCHASE
@click.option("--cents", type=EUROS, metavar="EUROS", help="Only if it is this much.")
@pass_invocation
def share_accept(inv: Invocation, /, **given: Any) -> None:
    """Agree to this lab's share of PURCHASE."""
    inv.answer(inv.call("share_accept", **given), _done)


@share.command("accept-excess")
@PURCHASE
@click.option("--cents", type=EUROS, metavar="EUROS", help="So much of it; all if left out.")
@pass_invocation
def accept_excess(inv: Invocation, /, **given: Any) -> None:
    """Bear what goes beyond this lab's caps."""
    inv.answer(inv.call("purchase_accept_excess", **given), _done)


@share.command("dispute")
@PURCHASE
@click.argument("reason")
@click.option("--article", type=int, help="Of this article.")
@NOTE
@pass_invocation
def share_dispute(inv: Invocation, /, **given: Any) -> None:
    """Disagree: amount, damaged, late, never_agreed, not_received, price, quantity, other."""
    inv.answer(inv.call("share_dispute", **given), _done)


@share.command("resolve")
@PURCHASE
@click.argument("dispute", metavar="ENTRY")
@click.option("--cents", type=EUROS, default="0", metavar="EUROS", help="Borne by the organiser.")
@NOTE
@pass_invocation
def share_resolve(inv: Invocation, /, **given: Any) -> None:
    """Answer the dispute ENTRY."""
    inv.answer(inv.call("share_resolve", **given), _done)


REFERENCE = click.option("--reference", help="The reference on it, RF…")


@payment.command("sent")
@PURCHASE
@CENTS
@METHOD
@ON
@REFERENCE
@click.option("--to", help="The party; the organiser if left out.")
@pass_invocation
def payment_sent(inv: Invocation, /, **given: Any) -> None:
    """Note that this lab paid EUROS."""
    inv.answer(inv.call("payment_sent", **given), _done)


@payment.command("received")
@PURCHASE
@CENTS
@METHOD
@ON
@REFERENCE
@click.option("--from", "payer", help="The party; the organiser if left out.")
@click.option("--sent", help="The entry that announced it.")
@pass_invocation
def payment_received(inv: Invocation, /, **given: Any) -> None:
    """Note that this lab was paid EUROS."""
    inv.answer(inv.call("payment_received", **given), _done)


@payment.command("supplier")
@PURCHASE
@CENTS
@METHOD
@ON
@pass_invocation
def supplier_paid(inv: Invocation, /, **given: Any) -> None:
    """Note that the supplier was paid EUROS."""
    inv.answer(inv.call("purchase_supplier_paid", **given), _done)


@purchase.command("remind")
@PURCHASE
@click.argument("parties", metavar="[PARTY]...", nargs=-1)
@ON
@pass_invocation
def remind(inv: Invocation, /, parties: tuple[str, ...], **given: Any) -> None:
    """Note who was asked for an answer: all who owe one, if nobody is named."""
    inv.answer(inv.call("purchase_remind", parties=list(parties) or None, **given), _done)


@purchase.command("close")
@PURCHASE
@NOTE
@pass_invocation
def close(inv: Invocation, /, **given: Any) -> None:
    """End PURCHASE at what all shares come to."""
    inv.answer(inv.call("purchase_close", **given), _done)


@statement.command("agree")
@PURCHASE
@click.option("--cents", type=EUROS, metavar="EUROS", help="Only if it is this much.")
@pass_invocation
def statement_agree(inv: Invocation, /, **given: Any) -> None:
    """Countersign what this lab owes in the end."""
    inv.answer(inv.call("statement_agree", **given), _done)


# --- reading -------------------------------------------------------------------------------------


@purchase.command("show")
@PURCHASE
@pass_invocation
def show_(inv: Invocation, purchase: str) -> None:
    """Show PURCHASE with all that was said of it."""
    inv.answer(inv.call("purchase_show", purchase=purchase), _one)


@purchase.command("list")
@click.option("--ended", is_flag=True, default=None, help="Those that are over instead.")
@pass_invocation
def list_(inv: Invocation, /, **given: Any) -> None:
    """List the purchases that are known here."""
    inv.answer(inv.call("purchase_list", **given), _table)


@purchase.command("why")
@PURCHASE
@click.argument("party", metavar="[PARTY]", required=False)
@pass_invocation
def why(inv: Invocation, /, **given: Any) -> None:
    """Explain what PARTY owes, or this lab, down to the cent."""
    inv.answer(inv.call("purchase_why", **given), _why)


def _done(answer: dict[str, Any]) -> None:
    click.echo(answer["purchase"])
    say(f"signed; see `fedlab purchase show {answer['purchase'][:8]}`")


def _one(answer: dict[str, Any]) -> None:
    kept = ("name", "state", "organiser_name", "supplier", "mode", "deadline")
    rows: list[tuple[str, object]] = [("purchase", answer["purchase"])]
    rows += [(name, answer[name]) for name in kept]
    rows += [("total", show.euros(answer["total"]))]
    rows += [("complete", "yes" if answer["complete"] else "no")]
    rows += [(name, ", ".join(answer[name])) for name in ("flags", "can")]
    show.pairs(rows)
    show.table(
        ("article", "name", "firm", "more", "packs", "ordered", "accepted"),
        [
            (
                line["article"],
                line["name"],
                *(show.quantity(line[name]) for name in ("firm", "more")),
                line["packs"],
                line["ordered"],
                show.quantity(line["accepted"], line["unit"]),
            )
            for line in answer["lines"]
        ],
    )
    sums = ("estimate", "called", "due", "paid", "balance")
    show.table(
        ("party", "name", *sums),
        [
            (each["party"][:8], each["name"], *(show.euros(each[name]) for name in sums))
            for each in answer["parties"]
        ],
    )
    show.table(
        ("problem", "party", "article", "said", "other"),
        [
            (
                each["code"],
                each.get("party", "")[:8],
                each.get("article"),
                each.get("said"),
                each.get("other"),
            )
            for each in answer["problems"]
        ],
    )


def _table(answer: dict[str, Any]) -> None:
    rows = [
        (
            one["purchase"][:8],
            one["name"],
            one["organiser_name"],
            one["state"],
            one["deadline"],
            len(one["parties"]),
            ", ".join(one["flags"]),
        )
        for one in answer["purchases"]
    ]
    show.table(("purchase", "name", "organiser", "state", "until", "parties", ""), rows)


def _why(answer: dict[str, Any]) -> None:
    show.pairs(
        [("party", answer["name"] or answer["party"]), ("owes", show.euros(answer["cents"]))]
    )
    rows = []
    for reason in answer["reasons"]:
        split = reason["share"] or {}
        how = ""
        if split:
            total = show.euros(split["total"])
            how = f"{total} x {split['weight']}/{split['weights']} = {split['exact']} cents"
            if split["cents"] != split["whole"]:
                how += f"; remainder {split['remainder']}, rank {split['rank'] + 1}"
                how += f" of {split['leftover']}: one more"
            if split["tie"]:
                how += f"; equal: {split['tie'][:8]}"
        rows.append((reason["what"], split.get("key", ""), show.euros(reason["cents"]), how))
    show.table(("what", "of", "euros", "how"), rows)


COMMANDS: list[click.Command] = [purchase, pledge, share, payment, statement]
