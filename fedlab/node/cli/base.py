"""What all commands share: `--data` and `--json`, the way to the service, errors in one shape."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fedlab.node.config import Folder, default_folder
from fedlab.node.errors import ServiceError, error_body


class Invocation:
    """One run of the command line: which folder, and who reads the answer."""

    def __init__(self) -> None:
        self.data: Path | None = None
        self.json = False

    @property
    def folder(self) -> Folder:
        """The data folder asked for, or the default one."""
        return Folder(self.data or default_folder())

    def call(self, name: str, /, **params: Any) -> Any:
        """Have the service do one call of the table; parameters that are None are left out."""
        from fedlab.node.control import call_folder  # late: `--help` must not pay for it

        given = {key: value for key, value in params.items() if value is not None}
        return call_folder(self.folder, name, given)

    def answer(self, result: Any, readable: Callable[[Any], None]) -> None:
        """Print the result, as one JSON document or for people."""
        if self.json:
            print_json(result)
        else:
            readable(result)


def print_json(value: Any) -> None:
    """Print one JSON document on a line of its own."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def print_error(error: ServiceError, *, as_json: bool) -> None:
    """Say what was wrong and the way out: JSON on standard output, words on standard error."""
    if as_json:
        print_json(error_body(error))
        return
    click.echo(f"fedlab: {error.message}", err=True)
    if error.hint:
        click.echo(f"        {error.hint}", err=True)


def say(text: str) -> None:
    """Talk to the person at the terminal, never mixed with the answer."""
    click.echo(text, err=True)


def _set_data(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Invocation).data = Path(value).absolute()


def _set_json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Invocation).json = True


def _common() -> list[click.Parameter]:
    return [
        click.Option(
            ["--data"],
            metavar="DIR",
            expose_value=False,
            callback=_set_data,
            help="The lab's data folder.  [$FEDLAB_DATA, or the platform's]",
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=_set_json,
            help="Answer with one JSON document.",
        ),
    ]


class Leaf(click.Command):
    """A command that takes the common options after its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(_common())


class Branch(click.Group):
    """A group of commands that takes the common options too."""

    command_class = Leaf

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(_common())


class Root(Branch):
    """The outermost group; lists its commands in the order in which a newcomer meets them."""

    group_class = Branch

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order they were added."""
        return list(self.commands)


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)
