"""`export`: this lab in the formats that maps and directories read."""

from pathlib import Path
from typing import Any

import click

from fedlab.node.cli.base import Invocation, Leaf, pass_invocation, say


@click.command(cls=Leaf)
@click.argument("form", metavar="FORMAT", type=click.Choice(["okw", "spaceapi", "lamednum"]))
@click.option("--all", "everybody", is_flag=True, help="Every lab shown here: lamednum only.")
@click.option("--out", "path", metavar="FILE", help="Write to FILE instead of the screen.")
@pass_invocation
def export(inv: Invocation, form: str, everybody: bool, path: str | None) -> None:
    """Write this lab as maps read it. FORMAT is okw, spaceapi or lamednum."""
    if everybody and form != "lamednum":
        raise click.UsageError("--all is for lamednum: the other formats hold one lab")
    answer = inv.call("export", form=form, labs="all" if everybody else "own")
    if path is not None:
        Path(path).write_bytes(answer["text"].encode())
    inv.answer(answer, lambda told: _show(told, path))


def _show(answer: dict[str, Any], path: str | None) -> None:
    if path is None:
        click.echo(answer["text"], nl=False)
    else:
        say(f"written to {path}")


COMMANDS: list[click.Command] = [export]
