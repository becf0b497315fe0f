"""`init`, and the commands about other labs: inviting, joining, vouching, blocking."""

from typing import Any

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Branch, Invocation, Leaf, pass_invocation, say


@click.command(cls=Leaf)
@click.option("--name", required=True, help="The lab's name, as its neighbours know it.")
@click.option("--network", default="fedlab", show_default=True, help="A private network's name.")
@click.option("--lat", type=click.FloatRange(-90, 90), help="Latitude in decimal degrees.")
@click.option("--lon", type=click.FloatRange(-180, 180), help="Longitude in decimal degrees.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@pass_invocation
def init(
    inv: Invocation, name: str, network: str, lat: float | None, lon: float | None, lang: str
) -> None:
    """Found a lab in the data folder; show its recovery words, once."""
    if (lat is None) != (lon is None):
        raise click.UsageError("--lat and --lon go together")
    import msgspec  # late: `--help` must not pay for these

    from fedlab.node.founding import found

    founded = found(inv.folder, name=name, network=network, lat=lat, lon=lon, lang=lang)
    inv.answer(msgspec.to_builtins(founded), _show_founded)


def _show_founded(answer: dict[str, Any]) -> None:
    show.pairs([("lab", answer["lab"]), ("name", answer["name"]), ("network", answer["network"])])
    click.echo("\nWrite these twelve words on paper; they are shown this once, and bring the lab")
    click.echo("back when this machine is lost:\n")
    for start in range(0, len(answer["recovery_words"]), 4):
        numbered = enumerate(answer["recovery_words"][start : start + 4], start + 1)
        click.echo("  " + "".join(f"{n:>3} {word:<14}" for n, word in numbered))
    click.echo("\nNow: `fedlab import FILE`, then `fedlab run`.")


@click.command(cls=Leaf)
@pass_invocation
def invite(inv: Invocation) -> None:
    """Make a link that lets one lab join this one."""
    inv.answer(inv.call("invite"), lambda answer: click.echo(answer["url"]))


@click.command(cls=Leaf)
@click.argument("url")
@pass_invocation
def join(inv: Invocation, url: str) -> None:
    """Join the lab that made the invitation link URL. Each then vouches for the other."""
    inv.answer(
        inv.call("join", url=url),
        lambda answer: say(f"joined {answer['name'] or answer['lab']}"),
    )


@click.command(cls=Leaf)
@pass_invocation
def peers(inv: Invocation) -> None:
    """List the labs that this one talks to."""
    inv.answer(inv.call("peers"), _show_peers)


def _show_peers(answer: dict[str, Any]) -> None:
    show.table(
        ("NAME", "CONNECTED", "BEHIND", "SEEN", "ADDRESS", "PROBLEM", "LAB"),
        (
            (
                peer["name"],
                "yes" if peer["connected"] else "no",
                peer["behind"],
                show.age(peer["age_s"]),
                peer["url"],
                "two versions of its log: see `fedlab status`" if peer["split_view"] else None,
                peer["lab"],
            )
            for peer in answer["peers"]
        ),
        folded=False,  # commands that write take the whole id
    )
    talks_to = {peer["lab"] for peer in answer["peers"]}
    for lab in answer["vouched"]:
        if lab not in talks_to:
            click.echo(f"vouched for: {lab}")
    for lab in answer["blocked"]:
        click.echo(f"blocked: {lab}")
    for lab in answer["nearby"]:
        name = lab["name"] or lab["lab"][:8]
        click.echo(f"on this network, not a peer: {name} at {lab['url']} (`fedlab invite`)")


@click.command(cls=Leaf)
@click.argument("lab")
@pass_invocation
def vouch(inv: Invocation, lab: str) -> None:
    """Let LAB in, and the labs that it vouches for."""
    inv.answer(inv.call("vouch", lab=lab), _show_done("vouched for"))


@click.command(cls=Leaf)
@click.argument("lab")
@pass_invocation
def unvouch(inv: Invocation, lab: str) -> None:
    """Take the word for LAB back. What it published is hidden and no longer fetched."""
    inv.answer(inv.call("unvouch", lab=lab), _show_done("no longer vouched for"))


@click.command(cls=Leaf)
@click.argument("lab")
@pass_invocation
def block(inv: Invocation, lab: str) -> None:
    """Refuse LAB on this node, whoever vouches for it. Nobody else is told."""
    inv.answer(inv.call("block", lab=lab), _show_done("blocked"))


@click.command(cls=Leaf)
@click.argument("lab")
@pass_invocation
def unblock(inv: Invocation, lab: str) -> None:
    """Take a block back."""
    inv.answer(inv.call("unblock", lab=lab), _show_done("no longer blocked"))


def _show_done(verb: str) -> Any:
    return lambda answer: say(f"{verb} {answer['name'] or answer['lab']}")


COMMANDS: list[click.Command | Branch] = [
    init,
    invite,
    join,
    peers,
    vouch,
    unvouch,
    block,
    unblock,
]
