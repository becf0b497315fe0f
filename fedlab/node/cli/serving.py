"""`run`, a lab's node, and `demo`, three of them on this machine."""

import click

from fedlab.node.cli.base import Invocation, Leaf, pass_invocation
from fedlab.node.config import DEFAULT_HOST, DEFAULT_PORT

_PORT = click.IntRange(0, 65_535)


@click.command(cls=Leaf)
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Address to listen on.")
@click.option("--port", type=_PORT, default=DEFAULT_PORT, show_default=True, help="0: any free.")
@click.option("--public-url", help="The address that others use, behind a proxy or a name.")
@click.option("--mdns/--no-mdns", default=True, help="Be found, and find, on the local network.")
@click.option("--stop-with-stdin", is_flag=True, hidden=True)  # so that no child outlives `demo`
@pass_invocation
def run(
    inv: Invocation,
    host: str,
    port: int,
    public_url: str | None,
    mdns: bool,
    stop_with_stdin: bool,
) -> None:
    """Run this lab's node: its pages, its peers, its search. Ctrl-C stops it."""
    from fedlab.node.app import run_node  # late: `--help` must not pay for it

    run_node(
        inv.folder,
        host=host,
        port=port,
        public_url=public_url,
        as_json=inv.json,
        stop_with_stdin=stop_with_stdin,
        mdns=mdns,
    )


@click.command(cls=Leaf)
@click.option("--port", type=_PORT, default=DEFAULT_PORT, show_default=True, help="The first of 3.")
@pass_invocation
def demo(inv: Invocation, port: int) -> None:
    """Show three labs with inventories, joined in a chain. Ctrl-C stops all."""
    from fedlab.node.demo import run_demo

    run_demo(inv.folder, port=port, as_json=inv.json)


COMMANDS: list[click.Command] = [run, demo]
