"""`loan …`: loans between labs; every command is one fact, named as it is."""

from typing import Any

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Branch, Invocation, pass_invocation, say
from fedlab.node.cli.values import DAY, EUROS, QUANTITY
from fedlab.node.numbers import whole

NOTE = click.option("--note", help="What the other side is to know.")
LOAN = click.argument("loan", metavar="LOAN")


class MovedLine(click.ParamType[dict[str, Any]]):
    """A line, as NUMBER[:QUANTITY[:CONDITION]]."""

    name = "line"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        """Return number, thousandths and condition, as far as they are said."""
        number, _, rest = str(value).partition(":")
        quantity, _, condition = rest.partition(":")
        if (at := whole(number)) is None:
            self.fail(f"{value!r} is not a line such as 0, 0:2 or 0:1:broken", param, ctx)
        line: dict[str, Any] = {"line": at}
        if quantity:
            line["quantity"] = QUANTITY.convert(quantity, param, ctx)
        if condition:
            line["condition"] = condition
        return line


LINES = click.option(
    "--line",
    "lines",
    type=MovedLine(),
    multiple=True,
    help="NUMBER[:QUANTITY[:CONDITION]]; all that can be moved if left out.",
)


@click.group(cls=Branch)
def loan() -> None:
    """Borrow from other labs, and lend to them."""


@loan.command("request")
@click.argument("items", metavar="ITEM...", nargs=-1, required=True)
@click.option("--from", "day_from", type=DAY, required=True, help="The first day.")
@click.option("--to", "day_to", type=DAY, help="The last day.")
@click.option("--quantity", type=QUANTITY, default="1", help="How many of each; one if left out.")
@click.option("--term", default="lend", help="lend, use, give, sell or help; lend if left out.")
@NOTE
@pass_invocation
def request(
    inv: Invocation, /, items: tuple[str, ...], quantity: int, term: str, **given: Any
) -> None:
    """Ask a lab for ITEMs of its own."""
    lines = [{"item": item, "quantity": quantity, "term": term} for item in items]
    inv.answer(inv.call("loan_request", lines=lines, **given), _done)


@loan.command("offer")
@LOAN
@click.option("--from", "day_from", type=DAY, help="The first day, if not as asked.")
@click.option("--to", "day_to", type=DAY, help="The last day, if not as asked.")
@click.option("--until", type=DAY, help="The day by which an answer is expected.")
@click.option("--fee", type=EUROS, help="What it costs, in euros.")
@click.option("--caution", type=EUROS, help="The caution asked, in euros.")
@click.option("--caution-kind", help="card, cash, cheque, promise, transfer or other.")
@click.option("--risk", help="Who bears an accident: borrower, lender, shared, …_insured.")
@click.option("--carrying", help="Who carries it: borrower, lender, meet, post, shared.")
@click.option("--faults", help="Faults that are known.")
@click.option("--use", help="What it may be used for.")
@NOTE
@pass_invocation
def offer(inv: Invocation, /, loan: str, note: str | None, **terms: Any) -> None:
    """Offer what LOAN asks for; it is held from now on."""
    said = {name: value for name, value in terms.items() if value is not None}
    inv.answer(inv.call("loan_offer", loan=loan, terms=said, note=note), _done)


@loan.command("decline")
@LOAN
@click.option("--reason", help="taken, closed, damaged, not_lent, too_far, training, other, …")
@NOTE
@pass_invocation
def decline(inv: Invocation, /, **given: Any) -> None:
    """Say that LOAN is not possible."""
    inv.answer(inv.call("loan_decline", **given), _done)


@loan.command("agree")
@LOAN
@NOTE
@pass_invocation
def agree(inv: Invocation, /, **given: Any) -> None:
    """Take what is offered for LOAN."""
    inv.answer(inv.call("loan_agree", **given), _done)


@loan.command("cancel")
@LOAN
@click.option("--reason", help="no_longer, damaged, closed, mistake, too_late, other, …")
@NOTE
@pass_invocation
def cancel(inv: Invocation, /, **given: Any) -> None:
    """Call LOAN off, before anything was handed over."""
    inv.answer(inv.call("loan_cancel", **given), _done)


@loan.command("hand-over")
@LOAN
@LINES
@NOTE
@pass_invocation
def hand_over(inv: Invocation, /, **given: Any) -> None:
    """Note that LOAN left this lab's hands."""
    _move(inv, "loan_hand_over", **given)


@loan.command("receive")
@LOAN
@LINES
@NOTE
@pass_invocation
def receive(inv: Invocation, /, **given: Any) -> None:
    """Note that LOAN is in this lab's hands."""
    _move(inv, "loan_receive", **given)


@loan.command("give-back")
@LOAN
@LINES
@NOTE
@pass_invocation
def give_back(inv: Invocation, /, **given: Any) -> None:
    """Note that this lab gave LOAN back, or a part of it."""
    _move(inv, "loan_give_back", **given)


@loan.command("take-back")
@LOAN
@LINES
@NOTE
@pass_invocation
def take_back(inv: Invocation, /, **given: Any) -> None:
    """Note that LOAN is back, or a part of it, and its condition."""
    _move(inv, "loan_take_back", **given)


@loan.command("extend-ask")
@LOAN
@click.option("--to", "day_to", type=DAY, required=True, help="The day that is asked for.")
@NOTE
@pass_invocation
def extend_ask(inv: Invocation, /, **given: Any) -> None:
    """Ask to give LOAN back later."""
    inv.answer(inv.call("loan_extend_ask", **given), _done)


@loan.command("extend")
@LOAN
@click.option("--to", "day_to", type=DAY, required=True, help="The day it is due from now on.")
@NOTE
@pass_invocation
def extend(inv: Invocation, /, **given: Any) -> None:
    """Say until when LOAN may be kept; the day it has already refuses."""
    inv.answer(inv.call("loan_extend", **given), _done)


@loan.command("recall")
@LOAN
@click.option("--to", "day_to", type=DAY, required=True, help="The day it is wanted back by.")
@click.option("--reason", help="needed, damage, danger, rules, stop_moved or other.")
@NOTE
@pass_invocation
def recall(inv: Invocation, /, **given: Any) -> None:
    """Ask for LOAN back earlier."""
    inv.answer(inv.call("loan_recall", **given), _done)


@loan.command("report")
@LOAN
@click.argument("kind", metavar="KIND")
@click.option("--line", type=int, help="The line; all of them if left out.")
@NOTE
@pass_invocation
def report(inv: Invocation, /, **given: Any) -> None:
    """Tell what happened to LOAN: broken, lost, stolen, worn, …"""
    inv.answer(inv.call("loan_report", **given), _done)


@loan.command("dispute")
@LOAN
@click.argument("about", metavar="ENTRY")
@click.option("--reason", help="never_received, never_agreed, quantity, condition, amount, …")
@NOTE
@pass_invocation
def dispute(inv: Invocation, /, **given: Any) -> None:
    """Say that ENTRY of the other side's is not so."""
    inv.answer(inv.call("loan_dispute", **given), _done)


@loan.command("settle")
@LOAN
@click.option("--line", type=int, help="The line that this is about.")
@click.option("--kept", type=QUANTITY, help="How much of it the borrower keeps.")
@click.option("--lost", type=QUANTITY, help="How much of it is lost.")
@click.option("--damage", type=EUROS, help="What the damage costs, in euros.")
@click.option("--fee", type=EUROS, help="The whole fee, if not as offered, in euros.")
@click.option("--caution-kept", type=EUROS, help="What is kept of the caution, in euros.")
@NOTE
@pass_invocation
def settle(
    inv: Invocation,
    /,
    line: int | None,
    kept: int | None,
    lost: int | None,
    damage: int | None,
    **given: Any,
) -> None:
    """Say how LOAN ends; what it asks beyond the offer waits for an answer."""
    told = {"line": line, "kept": kept, "lost": lost, "damage": damage}
    said = {name: value for name, value in told.items() if value is not None}
    if said and line is None:
        raise click.UsageError("say of which line: --line")
    lines = [said] if said else None
    inv.answer(inv.call("loan_settle", lines=lines, **given), _done)


@loan.command("accept")
@LOAN
@NOTE
@pass_invocation
def accept(inv: Invocation, /, **given: Any) -> None:
    """Agree to how LOAN is settled."""
    inv.answer(inv.call("loan_accept", **given), _done)


@loan.command("lapse")
@LOAN
@NOTE
@pass_invocation
def lapse(inv: Invocation, /, **given: Any) -> None:
    """End LOAN for good, when it was never answered."""
    inv.answer(inv.call("loan_lapse", **given), _done)


@loan.command("show")
@LOAN
@pass_invocation
def show_(inv: Invocation, loan: str) -> None:
    """Show LOAN with all that was said of it."""
    inv.answer(inv.call("loan_show", loan=loan), _one)


@loan.command("list")
@click.option("--ended", is_flag=True, default=None, help="Those that are over instead.")
@click.option("--lab", help="Only with this lab.")
@pass_invocation
def list_(inv: Invocation, /, **given: Any) -> None:
    """List this lab's loans with other labs."""
    inv.answer(inv.call("loan_list", **given), _table)


@loan.command("differences")
@pass_invocation
def differences(inv: Invocation, /) -> None:
    """List where this lab's words and another's differ."""
    inv.answer(inv.call("loan_differences"), _differences)


def _move(inv: Invocation, call: str, lines: tuple[dict[str, Any], ...], **given: Any) -> None:
    inv.answer(inv.call(call, lines=list(lines) or None, **given), _done)


def _done(answer: dict[str, Any]) -> None:
    click.echo(answer["loan"])
    say(f"signed; see `fedlab loan show {answer['loan'][:8]}`")


_SUMS = ("quantity", "handed", "received", "given_back", "taken_back")


def _one(answer: dict[str, Any]) -> None:
    kept = ("state", "borrower_name", "lender_name", "day_from", "day_to", "until")
    rows: list[tuple[str, object]] = [("loan", answer["loan"])]
    rows += [(name, answer[name]) for name in kept]
    rows += [(name, show.euros(answer[name])) for name in ("fee", "caution", "caution_kept")]
    rows += [("complete", "yes" if answer["complete"] else "no")]
    rows += [(name, ", ".join(answer[name])) for name in ("flags", "can")]
    show.pairs(rows)
    lines = [
        (
            line["line"],
            show.short(line["item"]) if line["item"] else "",
            line["term"],
            *(show.quantity(line[name]) for name in _SUMS),
            line["state"],
        )
        for line in answer["lines"]
    ]
    heads = ("line", "item", "term", "quantity", "handed", "received", "given back", "taken back")
    show.table((*heads, "state"), lines)
    show.table(
        ("entry", "when", "who", "what", "status"),
        [
            (
                said["entry"][:8],
                show.day_and_time(said["at"]),
                said["lab"][:8],
                said["what"],
                said["status"],
            )
            for said in answer["entries"]
        ],
    )


def _table(answer: dict[str, Any]) -> None:
    rows = [
        (
            one["loan"][:8],
            one["borrower_name"],
            one["lender_name"],
            one["day_from"],
            one["day_to"],
            one["state"],
            ", ".join(one["flags"]),
        )
        for one in answer["loans"]
    ]
    show.table(("loan", "borrower", "lender", "from", "to", "state", ""), rows)


def _differences(answer: dict[str, Any]) -> None:
    def said(number: int | None) -> str:
        return "" if number is None else show.quantity(number)

    rows = [
        (
            one["loan"][:8],
            one["what"],
            one["item_name"],
            one["lender_name"],
            said(one["lender_says"]),
            one["borrower_name"],
            said(one["borrower_says"]),
            show.day_and_time(one["since"]),
        )
        for one in answer["discrepancies"]
    ]
    heads = ("loan", "what", "item", "lender", "says", "borrower", "says", "since")
    show.table(heads, rows)


COMMANDS: list[click.Command] = [loan]
