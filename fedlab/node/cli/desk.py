"""`labels`, `attention`, `walk …`: what the manager's pages do, for the command line."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Branch, Invocation, Leaf, pass_invocation, say


@click.command("labels", cls=Leaf)
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--to", "path", required=True, metavar="FILE", help="The PDF to write.")
@click.option("--sheet", default="L7160", show_default=True, help="The sheet, by its key.")
@click.option("--start", type=click.IntRange(1), default=1, help="The first label that is free.")
@click.option("--kind", default="", help="Only tools, materials or skills.")
@click.option("--place", default="", help="Only what stands there.")
@click.option("--address", metavar="URL", help="What phones open; kept for the next print.")
@pass_invocation
def labels(
    inv: Invocation,
    /,
    codes: tuple[str, ...],
    path: str,
    sheet: str,
    start: int,
    kind: str,
    place: str,
    address: str | None,
) -> None:
    """Write QR labels as PDF: of the items named, or of all.

    Needs typst, the extra `fedlab[pdf]`.
    """
    from fedlab.node.files import write_durably  # late: `--help` must not pay for it

    if address is not None:
        inv.call("labels_address", address=address)
    chosen = {"codes": " ".join(codes), "kind": kind, "place": place}
    count = len(inv.call("labels_choose", **chosen))
    pdf = b64decode(inv.call("labels_pdf", sheet=sheet, start=start, **chosen))
    write_durably(Path(path), pdf)
    answer = {"file": str(Path(path).absolute()), "labels": count, "sheet": sheet}
    inv.answer(answer, lambda done: say(f"{done['labels']} labels in {done['file']}"))


@click.command("attention", cls=Leaf)
@pass_invocation
def attention(inv: Invocation) -> None:
    """List what somebody should see to, the worst first."""
    inv.answer(inv.call("attention"), _troubles)


def _troubles(answer: dict[str, Any]) -> None:
    rows = [
        (one["severity"], one["code"].replace("_", " "), one["count"], one["name"], one["remedy"])
        for one in answer["troubles"]
    ]
    show.table(("", "what", "", "about", "page"), rows)


@click.group("walk", cls=Branch)
def walk() -> None:
    """Go through the lab once a year: is everything still here?"""


@walk.command("begin")
@pass_invocation
def begin(inv: Invocation) -> None:
    """Begin a walk; `fedlab item seen ITEM` says what is still here."""
    inv.answer(inv.call("walk_begin"), _walked)


@walk.command("end")
@pass_invocation
def end(inv: Invocation) -> None:
    """End the walk under way."""
    inv.answer(inv.call("walk_end"), _walked)


@walk.command("show")
@pass_invocation
def show_(inv: Invocation) -> None:
    """Show how far the walk is, and what was not seen yet."""
    inv.answer(inv.call("walk_show"), _walked)


def _walked(answer: dict[str, Any]) -> None:
    under_way = answer["walk"]
    if under_way is None:
        say("no walk is under way")
        return
    say(f"{under_way['seen']} of {under_way['total']} seen")
    rows = [(one["place"], one["code"], one["name"]) for one in under_way["left"]]
    show.table(("place", "item", "name"), rows)


COMMANDS: list[click.Command] = [labels, attention, walk]
