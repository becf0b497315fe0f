"""The command line: its manners are docs/reference/cli.md's.

Every command takes `--data` and `--json`, before or after its name; every failure leaves by
`run_command`, as one sentence with its way out, or as the one JSON shape of an error.
"""

import os
import sys
from collections.abc import Sequence

import click

from fedlab import __version__
from fedlab.node.cli import (
    buying,
    counter,
    desk,
    finding,
    items,
    keeping,
    lending,
    members,
    needs,
    outside,
    peers,
    profile,
    serving,
    sheets,
    upkeep,
)
from fedlab.node.cli.base import Invocation, Root, print_error
from fedlab.node.errors import BadRequestError, explain


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fedlab", message="%(prog)s %(version)s")
@click.pass_context
def fedlab(ctx: click.Context) -> None:
    """Labs pool their tools, materials and skills, without a central server."""
    ctx.ensure_object(Invocation)


for part in (
    peers,
    profile,
    items,
    desk,
    counter,
    lending,
    buying,
    sheets,
    members,
    outside,
    finding,
    needs,
    upkeep,
    keeping,
    serving,
):
    for command in part.COMMANDS:
        fedlab.add_command(command)


def run_command(argv: Sequence[str]) -> int:
    """Run one command; return its exit code and never raise."""
    invocation = Invocation()
    try:
        code = fedlab.main(list(argv), prog_name="fedlab", standalone_mode=False, obj=invocation)
        sys.stdout.flush()
        return int(code or 0)
    except click.UsageError as exc:
        hint = f"see `{exc.ctx.command_path} --help`" if exc.ctx else "see `fedlab --help`"
        error = explain(BadRequestError(exc.format_message(), hint))
    except (KeyboardInterrupt, click.Abort):
        return 130  # what a shell says of a command stopped by Ctrl-C
    except BrokenPipeError:
        # Whoever read our output has gone (`fedlab log | head`); nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as exc:
        if os.environ.get("FEDLAB_DEBUG"):
            raise
        error = explain(exc)
    print_error(error, as_json=invocation.json or "--json" in argv)
    return int(error.exit_code)
