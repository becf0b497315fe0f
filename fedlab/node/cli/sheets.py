"""`import`: an inventory from the file in which the lab keeps it."""

from pathlib import Path
from typing import Any

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Invocation, Leaf, pass_invocation, say


@click.command("import", cls=Leaf)
@click.argument("file", required=False, metavar="FILE")
@click.option("--kind", help="What the rows are when the file does not say: tool, material, skill.")
@click.option("--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="May be repeated.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")
@click.option("--undo", is_flag=True, help="Take the last import back.")
@pass_invocation
def import_(
    inv: Invocation,
    file: str | None,
    kind: str | None,
    mapping: tuple[str, ...],
    dry_run: bool,
    undo: bool,
) -> None:
    """Import an inventory from FILE. CSV, TSV, XLSX, ODS, JSON or a Markdown table."""
    if undo:
        if file is not None:
            raise click.UsageError("--undo takes back the last import and needs no FILE")
        inv.answer(inv.call("import_undo", dry_run=dry_run or None), _show_counts)
        return
    if file is None:
        raise click.UsageError("name the FILE to import")
    pairs = [_split_map(pair) for pair in mapping]
    result = inv.call(
        "import",
        data=read_sheet(Path(file)),
        filename=Path(file).name,
        kind=kind,
        mapping=pairs,
        dry_run=dry_run or None,
    )
    inv.answer(result, _show_counts)


def read_sheet(path: Path) -> bytes:
    """Return a file's bytes; raise BadRequestError for none, or one larger than any inventory."""
    from fedlab.node.files import read_file  # late: `--help` must not pay for these
    from fedlab.protocol.limits import IMPORT_BYTES_MAX

    hint = "an inventory has less: split it, or export only the table, without pictures"
    return read_file(path, IMPORT_BYTES_MAX, hint)


def _split_map(pair: str) -> tuple[str, str]:
    field, equals, column = pair.partition("=")
    if not equals or not field or not column:
        raise click.BadParameter(f"{pair!r} is not FIELD=COLUMN", param_hint="--map")
    return field.strip(), column.strip()


def _show_counts(answer: dict[str, Any]) -> None:
    names = ("added", "changed", "retired", "unchanged")
    counts = ", ".join(f"{answer[name]} {name}" for name in names if answer.get(name))
    would = "would be: " if answer.get("dry_run") else ""
    say(would + (counts or "nothing to do"))
    if answer.get("drafted"):
        say("kept as drafts: see `fedlab status`")
    if answer.get("dry_run") and answer.get("columns"):
        read = ((c["header"], _READ_AS.get(c["field"], c["field"])) for c in answer["columns"])
        show.table(("COLUMN", "READ AS"), read)
    if answer.get("dry_run") and answer.get("items"):
        rows = (
            (i["row"], i["outcome"], i["code"], i["name"], _changes(i)) for i in answer["items"]
        )
        show.table(("ROW", "", "CODE", "NAME", "CHANGES"), rows)
    if answer.get("rejected"):
        say(f"{len(answer['rejected'])} rejected:")
        _show_lines(answer["rejected"])
    if answer.get("notes"):
        say(f"{len(answer['notes'])} notes:")
        _show_lines(answer["notes"])


def _show_lines(lines: list[dict[str, Any]]) -> None:
    rows = ((f"{line.get('sheet', '')} {line['row']}".strip(), line["reason"]) for line in lines)
    show.table(("ROW", ""), rows)


_SHOWN_CHARS = 120  # of a new item in a table; `--json` has all of it

# What the mapping calls `more`: nothing is lost, the column keeps its own name.
_READ_AS = {"more": "its own name"}


def _changes(item: dict[str, Any]) -> str:
    changes = item.get("changes", {}).items()
    if item["outcome"] == "changed":
        return "; ".join(f"{name}: {before} -> {after}" for name, (before, after) in changes)
    new = {name: after for name, (_, after) in changes if name not in ("name", "lang", "more")}
    if "quantity" in new:
        new["quantity"] = f"{new['quantity'] / 1000:g}"
    return "; ".join(f"{name}: {after}" for name, after in new.items())[:_SHOWN_CHARS]


COMMANDS: list[click.Command] = [import_]
