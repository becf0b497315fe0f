"""`status`, and the commands about the log itself: reading, checking, rebuilding, carrying."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Branch, Invocation, Leaf, pass_invocation, print_json, say
from fedlab.node.errors import Exit


@click.command(cls=Leaf)
@pass_invocation
def status(inv: Invocation) -> None:
    """Say what this lab is, what it holds, and how its peers are."""
    inv.answer(inv.call("status"), _show_status)


def _show_status(answer: dict[str, Any]) -> None:
    apart = {"peers", "root", "problems", "split_views"}
    show.pairs((name, answer[name]) for name in answer if name not in apart)
    for problem in answer["problems"]:
        click.echo(f"problem: {problem}")
    if answer["peers"]:
        click.echo()
        show.table(
            ("PEER", "NAME", "CONNECTED", "BEHIND", "SEEN"),
            (
                (
                    peer["lab"][:8],
                    peer["name"],
                    "yes" if peer["connected"] else "no",
                    peer["behind"],
                    show.age(peer["age_s"]),
                )
                for peer in answer["peers"]
            ),
        )


@click.command(cls=Leaf)
@click.argument("lab", required=False)
@pass_invocation
def log(inv: Invocation, lab: str | None) -> None:
    """Print the log of this lab, or of LAB, one entry a line."""
    after: list[int] | None = None
    while True:
        page = inv.call("log", lab=lab, after=after)
        for entry in page["entries"]:
            if inv.json:
                print_json(entry)
            else:
                kind = entry["fact"].get("t", "?") if entry["fact"] else "?"
                click.echo(
                    f"{entry['epoch']}/{entry['index']:<6} {entry['entry'][:12]}  {kind:<14} "
                    f"{entry['status']:<12} {entry['detail_state']}"
                )
        after = page["next"]
        if after is None:
            return


@click.command(cls=Leaf)
@pass_invocation
def verify(inv: Invocation) -> int:
    """Check every byte on disk: hashes, signatures, projections. Exit 1 if anything is wrong."""
    answer = inv.call("verify")
    inv.answer(answer, _show_verified)
    return Exit.REFUSED if answer["problems"] else Exit.DONE


def _show_verified(answer: dict[str, Any]) -> None:
    click.echo(f"{answer['entries']} entries of {answer['labs']} labs checked")
    for problem in [*answer["problems"], *answer["split_views"]]:
        where = f"{problem['lab'][:8]} " if problem["lab"] else ""
        click.echo(f"  {where}{problem['code']}: {problem['message']}")


@click.command(cls=Leaf)
@pass_invocation
def rebuild(inv: Invocation) -> None:
    """Build everything anew that is made from the logs. Projections and search index."""
    inv.answer(
        inv.call("rebuild"),
        lambda answer: say(f"rebuilt {answer['entries']} entries, {answer['items']} items"),
    )


@click.command(cls=Leaf)
@click.argument("entry")
@pass_invocation
def erase(inv: Invocation, entry: str) -> None:
    """Erase the detail of ENTRY, here and everywhere. It must be one of this lab's."""
    inv.answer(inv.call("erase", entry=entry), lambda answer: say(f"erased {answer['entry']}"))


@click.group(cls=Branch)
def bundle() -> None:
    """Carry logs between places in a file."""


@bundle.command("write")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--since", type=click.Path(path_type=Path), help="Only what this bundle lacks.")
@pass_invocation
def write(inv: Invocation, file: Path, since: Path | None) -> None:
    """Write what this node holds into FILE, for a USB stick."""
    answer = inv.call(
        "bundle_write", path=str(file.absolute()), since=since and str(since.absolute())
    )
    inv.answer(answer, _show_bundle("written"))


@bundle.command("read")
@click.argument("file", type=click.Path(path_type=Path))
@pass_invocation
def read(inv: Invocation, file: Path) -> None:
    """Take in what FILE carries. Everything is checked as if a peer had sent it."""
    inv.answer(inv.call("bundle_read", path=str(file.absolute())), _show_bundle("read"))


def _show_bundle(verb: str) -> Callable[[dict[str, Any]], None]:
    def readable(answer: dict[str, Any]) -> None:
        say(f"{verb}: {answer['entries']} entries of {answer['labs']} labs")
        for problem in answer["problems"]:
            say(f"  {problem}")

    return readable


COMMANDS: list[click.Command] = [status, log, verify, rebuild, erase, bundle]
