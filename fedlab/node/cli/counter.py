"""`counter …`: what is lent over the counter, to members and to others."""

from typing import Any

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Branch, Invocation, pass_invocation, say
from fedlab.node.cli.values import DAY, EUROS, QUANTITY


@click.group(cls=Branch)
def counter() -> None:
    """Lend over the counter, and take back."""


@counter.command("lend")
@click.argument("item", metavar="ITEM")
@click.option("--to", help="Who borrows: a body or person without an account.")
@click.option("--member", type=int, help="Who borrows: a member's number.")
@click.option("--email", help="Where --to is reminded.")
@click.option("--phone", help="Where --to is rung.")
@click.option("--due", type=DAY, help="The day it is due; in two weeks if left out.")
@click.option("--quantity", type=QUANTITY, help="How many; one if left out.")
@click.option("--caution", type=EUROS, help="Caution taken, in euros.")
@click.option("--note", help="What is to be remembered: state, accessories.")
@click.option("--anyway", is_flag=True, default=None, help="Though it is promised to others.")
@pass_invocation
def lend(inv: Invocation, /, item: str, **given: Any) -> None:
    """Lend ITEM. Names stay here; other labs only see that it is out."""
    if (given["to"] is None) == (given["member"] is None):
        raise click.UsageError("say who borrows: either --to or --member")
    inv.answer(inv.call("counter_lend", item=item, **given), _lent)


@counter.command("return")
@click.argument("loan", type=int, metavar="LOAN")
@click.option("--quantity", type=QUANTITY, help="How many came back; all if left out.")
@click.option("--caution-back", type=EUROS, help="Caution given back, in euros; all if left out.")
@click.option("--note", help="In what state it came back.")
@pass_invocation
def return_(inv: Invocation, /, loan: int, **given: Any) -> None:
    """Take back LOAN, or a part of it; LOAN is its number."""
    answer = inv.call("counter_return", loan=loan, **given)
    inv.answer(answer, lambda back: say(f"{back['item_name']} is back from {back['name']}"))


@counter.command("extend")
@click.argument("loan", type=int, metavar="LOAN")
@click.option("--due", type=DAY, required=True, help="The new day by which it is due.")
@click.option("--anyway", is_flag=True, default=None, help="Though it is promised to others.")
@pass_invocation
def extend(inv: Invocation, loan: int, due: str, anyway: bool | None) -> None:
    """Let the borrower of LOAN keep it longer, or less long."""
    inv.answer(inv.call("counter_extend", loan=loan, due=due, anyway=anyway), _lent)


@counter.command("list")
@click.option("--item", help="Only of this item.")
@click.option("--overdue", is_flag=True, default=None, help="Only what should have come back.")
@click.option("--returned", is_flag=True, default=None, help="What has come back instead.")
@click.argument("text", default="")
@pass_invocation
def list_(inv: Invocation, /, **given: Any) -> None:
    """List what is out, or of it only what TEXT names: a borrower, an item."""
    inv.answer(inv.call("counter_list", **given), _table)


@counter.command("reminders")
@pass_invocation
def reminders(inv: Invocation) -> None:
    """List whom to remind, and who was."""
    inv.answer(inv.call("counter_reminders"), _outbox)


@counter.command("told")
@click.argument("reminder", type=int, metavar="REMINDER")
@pass_invocation
def told(inv: Invocation, reminder: int) -> None:
    """Note that you have told the borrower of REMINDER."""
    answer = inv.call("counter_told", reminder=reminder)
    inv.answer(answer, lambda one: say(f"{one['loan']['name']} was told"))


def _lent(loan: dict[str, Any]) -> None:
    say(f"loan {loan['loan']}: {loan['item_name']} to {loan['name']} until {loan['due']}")


def _table(answer: dict[str, Any]) -> None:
    rows = (
        (
            loan["loan"],
            loan["code"],
            loan["item_name"],
            show.quantity(loan["quantity"], loan["unit"]),
            loan["name"],
            loan["due"],
            f"{loan['late_days']} d late" if loan["late_days"] else "",
            show.euros(loan["caution"] or None),
        )
        for loan in answer["loans"]
    )
    show.table(("loan", "item", "name", "quantity", "borrower", "due", "", "caution"), list(rows))


def _outbox(answer: dict[str, Any]) -> None:
    rows = [
        (
            one["reminder"],
            one["loan"]["name"],
            one["loan"]["item_name"],
            one["loan"]["due"],
            one["step"],
            one["loan"]["email"] or one["loan"]["phone"],
            one["how"] or one["error"] or "waiting",
        )
        for one in answer["reminders"]
    ]
    show.table(("reminder", "borrower", "item", "due", "step", "reached at", "state"), rows)


COMMANDS: list[click.Command] = [counter]
