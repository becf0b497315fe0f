"""`item …`: what this lab offers, one item at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Branch, Invocation, pass_invocation, say
from fedlab.node.cli.values import CLEARED, DAY, EUROS, QUANTITY
from fedlab.protocol.limits import BUFFER_DAYS_MAX

Function = TypeVar("Function", bound=Callable[..., Any])

# Option, type, help; each is a field of service.items.ItemChange.
_FIELDS: list[tuple[str, Any, str]] = [
    ("kind", str, "tool, material or skill."),
    ("quantity", QUANTITY, "How many or how much, or `unknown`."),
    ("unit", str, "What the quantity counts: piece, kg, m, …"),
    ("category", str, "The lab's own word for the sort of thing."),
    ("description", str, "What a borrower should know."),
    ("brand", str, ""),
    ("model", str, ""),
    ("serial", str, "Serial number."),
    ("place", str, "Where it stands in the lab."),
    ("condition", str, "In what state it is."),
    ("care", str, "How to look after it."),
    ("safety", str, "What to wear, what to watch."),
    ("ref", str, "The lab's own reference."),
    ("lang", str, "Language of the words above: fr or en."),
    ("price", EUROS, "Price of one, or fee of a loan, in euros."),
    ("hourly", EUROS, "Price of an hour's use, in euros."),
    ("deposit", EUROS, "Caution asked, in euros."),
    ("value", EUROS, "What replacing it costs, in euros."),
    ("buffer", click.IntRange(0, BUFFER_DAYS_MAX), "Days kept free between two loans."),
]


def item_fields(function: Function) -> Function:
    """Add one option per field of an item."""
    for name, kind, text in reversed(_FIELDS):
        function = click.option(f"--{name}", type=kind, help=text)(function)
    many = click.option("--terms", multiple=True, help="use, lend, give, sell or help; repeat.")
    tags = click.option("--tag", "tags", multiple=True, help="A word to find it by; repeat.")
    training = click.option("--training", multiple=True, help="A training asked, by code; repeat.")
    return many(tags(training(function)))


def _change(fields: dict[str, Any]) -> dict[str, Any]:
    """Keep what was given; an empty text clears the field."""
    given = {name: value for name, value in fields.items() if value is not None and value != ()}
    return {
        name: None if value == CLEARED else list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
    }


@click.group(cls=Branch)
def item() -> None:
    """Add, change, hold and show items."""


@item.command("add")
@click.option("--name", required=True, help="What people call it.")
@click.option("--code", help="Its code within the lab; made up if left out.")
@item_fields
@pass_invocation
def add(inv: Invocation, /, code: str | None, **fields: Any) -> None:
    """Add an item to this lab's inventory."""
    answer = inv.call("item_add", code=code, change=_change(fields))
    inv.answer(answer, _say("added"))


@item.command("set")
@click.argument("item_id", metavar="ITEM")
@click.option("--name", help="What people call it.")
@item_fields
@pass_invocation
def set_(inv: Invocation, /, item_id: str, **fields: Any) -> None:
    """Change fields of ITEM. The others stay, and an empty value clears one."""
    answer = inv.call("item_set", item=item_id, change=_change(fields))
    inv.answer(answer, _say("changed"))


@item.command("retire")
@click.argument("item_id", metavar="ITEM")
@pass_invocation
def retire(inv: Invocation, item_id: str) -> None:
    """Say that ITEM is gone for good."""
    inv.answer(inv.call("item_retire", item=item_id), _say("retired"))


@item.command("seen")
@click.argument("item_id", metavar="ITEM")
@pass_invocation
def seen(inv: Invocation, item_id: str) -> None:
    """Say that ITEM is still there, as on the yearly walk."""
    inv.answer(inv.call("item_seen", item=item_id), _say("seen"))


@item.command("hold")
@click.argument("item_id", metavar="ITEM")
@click.option("--from", "day_from", type=DAY, required=True, help="First day.")
@click.option("--to", "day_to", type=DAY, required=True, help="Last day, included.")
@click.option("--quantity", type=QUANTITY, help="How many; all of it if left out.")
@click.option("--reason", help="event, lent, lost, maintenance, own, reserved, tour or other.")
@pass_invocation
def hold(
    inv: Invocation,
    item_id: str,
    day_from: str,
    day_to: str,
    quantity: int | None,
    reason: str | None,
) -> None:
    """Take ITEM out of the calendar from day to day."""
    answer = inv.call(
        "item_hold",
        item=item_id,
        day_from=day_from,
        day_to=day_to,
        quantity=quantity,
        reason=reason,
    )
    inv.answer(answer, lambda held: say(f"held {held['item']}; release it with {held['hold']}"))


@item.command("release")
@click.argument("hold_id", metavar="HOLD")
@pass_invocation
def release(inv: Invocation, hold_id: str) -> None:
    """End a hold: HOLD is its entry id, or an item that has only one."""
    inv.answer(inv.call("item_release", hold=hold_id), _say("released"))


@item.command("list")
@click.option("--lab", help="Another lab's items: its id, a prefix of it, or its name.")
@pass_invocation
def list_(inv: Invocation, lab: str | None) -> None:
    """List this lab's items, or another's."""
    inv.answer(inv.call("item_list", lab=lab), show.items)


@item.command("show")
@click.argument("item_id", metavar="ITEM")
@pass_invocation
def show_(inv: Invocation, item_id: str) -> None:
    """Show all that is known of ITEM. That is LAB/CODE, or CODE for one of this lab's."""
    inv.answer(inv.call("item_show", item=item_id), show.item)


@item.group("photo", cls=Branch)
def photo() -> None:
    """Add and remove photos of this lab's items."""


@photo.command("add")
@click.argument("item_id", metavar="ITEM")
@click.argument("file", metavar="FILE")
@pass_invocation
def photo_add(inv: Invocation, item_id: str, file: str) -> None:
    """Add the photo in FILE to ITEM.

    JPEG, PNG or WebP; where and when it was taken is left out.
    """
    from fedlab.node.files import read_file  # late: `--help` must not pay for these
    from fedlab.protocol.limits import IMPORT_BYTES_MAX  # what a command may hand to the node

    upload = read_file(Path(file), IMPORT_BYTES_MAX, "send a smaller one")
    inv.answer(inv.call("photo_add", item=item_id, upload=upload), _say("photo of"))


@photo.command("remove")
@click.argument("item_id", metavar="ITEM")
@click.argument("name", metavar="PHOTO")
@pass_invocation
def photo_remove(inv: Invocation, item_id: str, name: str) -> None:
    """Take PHOTO, named as `item show` does, away from ITEM."""
    inv.answer(inv.call("photo_remove", item=item_id, name=name), _say("no longer shown with"))


def _say(verb: str) -> Callable[[dict[str, Any]], None]:
    def readable(answer: dict[str, Any]) -> None:
        say(f"{verb} {answer['item']}")
        if answer["revived"]:
            say("it was retired, and is offered again: `fedlab item retire` takes that back")

    return readable


COMMANDS: list[click.Command] = [item]
