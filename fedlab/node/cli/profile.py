"""`profile …`: what this lab says of itself."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Branch, Invocation, pass_invocation

Function = TypeVar("Function", bound=Callable[..., Any])

_TEXTS = {
    "name": "The lab's name, as its neighbours know it.",
    "description": "What one finds there.",
    "address": "Postal address.",
    "hours": "When it is open, as on OpenStreetMap (`Mo-Fr 09:00-18:00`).",
    "contact": "Telephone or e-mail of the lab, not of a person.",
    "url": "Its website.",
    "kind": "fab_lab, makerspace, library, repair_cafe, …",
    "form": "association, public_body, company, cooperative, foundation, person or other.",
    "vat": "none, franchise, partial or full.",
    "mobility": "fixed or mobile.",
    "lang": "fr or en.",
}


def _fields(function: Function) -> Function:
    for name, text in reversed(_TEXTS.items()):
        function = click.option(f"--{name}", help=text)(function)
    return function


@click.group(cls=Branch)
def profile() -> None:
    """Show and change what this lab says of itself."""


@profile.command("show")
@pass_invocation
def show_(inv: Invocation) -> None:
    """Show what this lab says of itself."""
    inv.answer(inv.call("profile_show"), _show)


@profile.command("set")
@_fields
@click.option("--place", help="`LAT,LON`, or a link to a map that shows it.")
@pass_invocation
def set_(inv: Invocation, /, place: str | None, **fields: str | None) -> None:
    """Change what this lab says of itself. The rest stays, and an empty value clears."""
    change: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    if place is not None:
        change |= _point(place)
    inv.answer(inv.call("profile_set", change=change), _show)


def _point(text: str) -> dict[str, float | None]:
    from fedlab.inventory.placing import read_point

    if not text.strip():
        return {"lat": None, "lon": None}
    point = read_point(text)
    if point is None:
        raise click.UsageError(f"{text!r} is no place such as 48.39,-4.49, nor a map's link")
    return {"lat": point[0], "lon": point[1]}


def _show(answer: dict[str, Any]) -> None:
    show.pairs((name, value) for name, value in answer.items() if value not in ("", None))


COMMANDS: list[click.Command] = [profile]
