"""`search`: one question to everything that the network holds."""

from typing import Any

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Invocation, Leaf, pass_invocation, say
from fedlab.node.cli.values import DAY
from fedlab.protocol.limits import HITS_MAX


@click.command(cls=Leaf)
@click.argument("query", nargs=-1, required=True)
@click.option("--kind", help="Only tools, materials or skills: tool, material, skill.")
@click.option(
    "--terms", multiple=True, help="Only what is offered so: use, lend, give, sell, help."
)
@click.option("--category", help="Only this category.")
@click.option("--lab", help="Only this lab: its id, a prefix of it, or its name.")
@click.option(
    "--near", metavar="PLACE", help="Measure distances from LAT,LON, or a lab or its town."
)
@click.option("--from", "day_from", type=DAY, help="Only what is free from this day …")
@click.option("--to", "day_to", type=DAY, help="… to this day, both included.")
@click.option(
    "--limit", type=click.IntRange(1, HITS_MAX, clamp=True), default=20, show_default=True
)
@pass_invocation
def search(
    inv: Invocation,
    query: tuple[str, ...],
    kind: str | None,
    terms: tuple[str, ...],
    category: str | None,
    lab: str | None,
    near: str | None,
    day_from: str | None,
    day_to: str | None,
    limit: int,
) -> None:
    """Search all that this lab and its neighbours hold. Words may be French or English."""
    answer = inv.call(
        "search",
        text=" ".join(query),
        kind=kind,
        terms=list(terms) or None,
        category=category,
        lab=lab,
        near=near,
        date_from=day_from,
        date_to=day_to,
        limit=limit,
    )
    inv.answer(answer, _show_hits)


def _show_hits(answer: dict[str, Any]) -> None:
    show.table(
        ("ITEM", "NAME", "LAB", "TERMS", "DISTANCE", "SEEN"),
        (
            (
                show.short(hit["item"]),
                hit["name"],
                hit["lab_name"],
                ", ".join(hit["terms"]),
                show.distance(hit["distance_km"]),
                show.age(hit["age_s"]),
            )
            for hit in answer["hits"]
        ),
    )
    say(f"{answer['total']} found")
    if not answer["hits"] and answer.get("suggestions"):
        say(f"perhaps: {', '.join(answer['suggestions'])}")


COMMANDS: list[click.Command] = [search]
