"""`need …`: what this lab seeks and nobody's inventory answers, and what others seek."""

from typing import Any

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Branch, Invocation, pass_invocation, say
from fedlab.node.cli.values import DAY, QUANTITY


@click.group(cls=Branch)
def need() -> None:
    """Say what this lab seeks, and answer what others seek."""


@need.command("publish")
@click.option("--title", required=True, help="What is sought, in a few words.")
@click.option("--description", help="What it is for, and what it must be able to do.")
@click.option("--kind", help="tool, material or skill.  [tool]")
@click.option("--quantity", type=QUANTITY, help="How many or how much.")
@click.option("--unit", help="What the quantity counts: piece, kg, m, …")
@click.option("--terms", multiple=True, help="use, lend, give, sell or help; any if left out.")
@click.option("--until", type=DAY, help="The last day on which it is of use.")
@pass_invocation
def publish(inv: Invocation, /, **fields: Any) -> None:
    """Say what this lab seeks, so that every lab around sees it."""
    given = {name: value for name, value in fields.items() if value not in (None, (), "unknown")}
    inv.answer(inv.call("need_publish", need=given), _say("published"))


@need.command("join")
@click.argument("need_id", metavar="NEED")
@click.option("--code", help="This lab has it: the code of the item.")
@click.option("--quantity", type=QUANTITY, help="How many or how much.")
@pass_invocation
def join(inv: Invocation, need_id: str, code: str | None, quantity: int | None) -> None:
    """Say to another lab's NEED that this lab has it, with --code, or needs it too."""
    inv.answer(inv.call("need_join", need=need_id, code=code, quantity=quantity), _say("joined"))


@need.command("close")
@click.argument("need_id", metavar="NEED")
@click.option("--ending", help="found, bought, dropped or other.  [other]")
@pass_invocation
def close(inv: Invocation, need_id: str, ending: str | None) -> None:
    """Close NEED if it is this lab's, or take back what this lab has said to it."""
    inv.answer(inv.call("need_close", need=need_id, ending=ending), _say("closed"))


@need.command("list")
@click.option("--own", is_flag=True, help="Only those that this lab has part in.")
@click.option("--closed", is_flag=True, help="Closed ones too.")
@pass_invocation
def list_(inv: Invocation, own: bool, closed: bool) -> None:
    """List what labs seek, the newest first."""
    inv.answer(inv.call("need_list", own=own, closed=closed), _show_all)


@need.command("show")
@click.argument("need_id", metavar="NEED")
@pass_invocation
def show_(inv: Invocation, need_id: str) -> None:
    """Show NEED and what labs have said to it."""
    inv.answer(inv.call("need_show", need=need_id), _show_one)


def _say(what: str) -> Any:
    return lambda answer: say(f"{what}: {answer['need'][:12]}")


def _show_all(answer: dict[str, Any]) -> None:
    show.table(
        ("NEED", "SOUGHT", "LAB", "QUANTITY", "UNTIL", "HAVE IT", "NEED IT TOO"),
        (
            (
                one["need"][:12],
                one["title"],
                one["lab_name"],
                show.quantity(one["quantity"], one["unit"]),
                one["until"],
                sum(word["code"] is not None for word in one["joined"]),
                sum(word["code"] is None for word in one["joined"]),
            )
            for one in answer["needs"]
        ),
    )


def _show_one(answer: dict[str, Any]) -> None:
    rows: list[tuple[str, object]] = [
        ("need", answer["need"]),
        ("sought", answer["title"]),
        ("description", answer["description"]),
        ("lab", answer["lab_name"]),
        ("kind", answer["kind"]),
        ("quantity", show.quantity(answer["quantity"], answer["unit"])),
        ("terms", ", ".join(answer["terms"])),
        ("until", answer["until"]),
        ("published", show.day_and_time(answer["published_at"])),
        ("closed", answer["ending"]),
    ]
    for word in answer["joined"]:
        what = f"has it: {word['lab'][:8]}/{word['code']}" if word["code"] else "needs it too"
        rows.append((word["lab_name"], what))
    show.pairs(rows)


COMMANDS: list[click.Command] = [need]
