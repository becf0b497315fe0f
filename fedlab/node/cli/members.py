"""`member …`: the people of this lab, private to its node."""

from pathlib import Path
from typing import Any

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Branch, Invocation, pass_invocation, say

_ROLE = click.Choice(["member", "volunteer", "manager", "treasurer", "admin"])


@click.group(cls=Branch)
def member() -> None:
    """Add, change and let in the people of this lab."""


@member.command("list")
@click.argument("text", default="")
@pass_invocation
def list_(inv: Invocation, text: str) -> None:
    """List members, or those whose name, address or number has TEXT."""
    inv.answer(inv.call("member_list", text=text), _show_members)


@member.command()
@click.option("--name", required=True, help="First and last name.")
@click.option("--role", type=_ROLE, default="member", show_default=True)
@click.option("--login", default="", help="What is typed to sign in.")
@click.option("--email", default="")
@click.option("--ends", default="", metavar="DAY", help="Last day of the membership.")
@click.option("--number", default="", help="What another program calls this person.")
@pass_invocation
def add(inv: Invocation, /, **fields: str) -> None:
    """Add a member; the first admin's account is made so."""
    inv.answer(inv.call("member_add", fields=fields), _show_member)


@member.command("set")
@click.argument("who", metavar="MEMBER")
@click.option("--name")
@click.option("--role", type=_ROLE)
@click.option("--login")
@click.option("--email")
@click.option("--ends", metavar="DAY")
@click.option("--number")
@pass_invocation
def set_(inv: Invocation, /, who: str, **fields: str | None) -> None:
    """Change MEMBER, named by number or login; an empty text clears a field."""
    change = {name: value for name, value in fields.items() if value is not None}
    inv.answer(inv.call("member_set", member=who, change=change), _show_member)


@member.command()
@click.argument("who", metavar="MEMBER")
@pass_invocation
def end(inv: Invocation, who: str) -> None:
    """End a membership; no password, link, card or device works any more."""
    inv.answer(inv.call("member_end", member=who), lambda answer: say(f"ended: {answer['name']}"))


@member.command()
@click.argument("who", metavar="MEMBER")
@click.password_option(help="Asked for if it is not given.")
@pass_invocation
def password(inv: Invocation, who: str, password: str) -> None:
    """Give MEMBER a new password, and sign every device out."""
    answer = inv.call("member_password", member=who, password=password)
    inv.answer(answer, lambda answer: say(f"{answer['name']} has a new password"))


@member.command()
@click.argument("who", metavar="MEMBER")
@pass_invocation
def link(inv: Invocation, who: str) -> None:
    """Make a link that opens MEMBER's account once, within three days."""
    answer = inv.call("member_door", member=who, kind="link")
    inv.answer(answer, lambda answer: click.echo(answer["url"]))


@member.command()
@click.argument("who", metavar="MEMBER")
@pass_invocation
def card(inv: Invocation, who: str) -> None:
    """Make the address for a card that opens MEMBER's account."""
    answer = inv.call("member_door", member=who, kind="card")
    inv.answer(answer, lambda answer: click.echo(answer["url"]))


@member.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@pass_invocation
def import_(inv: Invocation, file: Path) -> None:
    """Merge a CSV of members: HelloAsso, Paheko, Fab-manager or any other."""
    from fedlab.node.files import read_file  # late: `--help` must not pay for it
    from fedlab.protocol.limits import MEMBERS_FILE_BYTES_MAX

    data = read_file(file, MEMBERS_FILE_BYTES_MAX)
    inv.answer(inv.call("member_import", data=data), _show_import)


def _show_members(answer: dict[str, Any]) -> None:
    show.table(
        ("NUMBER", "NAME", "ROLE", "LOGIN", "E-MAIL", "UNTIL"),
        (
            (
                one["id"],
                one["name"],
                one["role"],
                one["login"],
                one["email"],
                "left" if one["left"] else one["ends"],
            )
            for one in answer["members"]
        ),
    )


def _show_member(answer: dict[str, Any]) -> None:
    show.pairs(answer.items())


def _show_import(answer: dict[str, Any]) -> None:
    say(", ".join(f"{answer[name]} {name}" for name in ("added", "changed", "unchanged")))
    if answer["rejected"]:
        show.table(("ROW", ""), ((one["row"], one["reason"]) for one in answer["rejected"]))


COMMANDS: list[click.Command | Branch] = [member]
