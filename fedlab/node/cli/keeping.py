"""What keeps a lab: `backup`, `restore`, `new-keys`, `doctor`, `service`, `upgrade`."""

import sys
from pathlib import Path
from typing import Any

import click

from fedlab.node.cli import show
from fedlab.node.cli.base import Branch, Invocation, Leaf, pass_invocation, say
from fedlab.node.config import DEFAULT_PORT
from fedlab.node.errors import Exit


@click.group(cls=Branch)
def backup() -> None:
    """Keep encrypted copies of this lab, by itself and when asked."""


@backup.command("set")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--every", "every_h", default=24, show_default=True, help="Hours between two.")
@click.option("--keep", default=14, show_default=True, help="How many are kept.")
@pass_invocation
def set_(inv: Invocation, folder: Path, every_h: int, keep: int) -> None:
    """Choose FOLDER, on a USB stick at best, for backups.

    A running node then makes them by itself.
    """
    answer = inv.call("backup_set", folder=str(folder.absolute()), every_h=every_h, keep=keep)
    inv.answer(answer, _show_status)


@backup.command("off")
@pass_invocation
def off(inv: Invocation) -> None:
    """Make no more backups by itself. Those there are stay."""
    inv.answer(inv.call("backup_off"), _show_status)


@backup.command("status")
@pass_invocation
def status(inv: Invocation) -> None:
    """Say when the last backup was made, when the next is due, and what is wrong."""
    inv.answer(inv.call("backup_status"), _show_status)


@backup.command("write")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@pass_invocation
def write(inv: Invocation, folder: Path | None) -> None:
    """Make a backup now, into the chosen folder or FOLDER."""
    answer = inv.call("backup_write", folder=folder and str(folder.absolute()))
    inv.answer(answer, lambda done: say(f"written: {done['path']} ({done['bytes']:,} bytes)"))


@backup.command("list")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@pass_invocation
def list_(inv: Invocation, folder: Path | None) -> None:
    """List this lab's backups in the chosen folder or FOLDER, the newest first."""
    answer = inv.call("backup_list", folder=folder and str(folder.absolute()))
    inv.answer(
        answer,
        lambda found: show.table(
            ("MADE", "BYTES", "ENTRIES", "FILE"),
            (
                (_moment(one["at"]), f"{one['bytes']:,}", one["size"], one["path"])
                for one in found["backups"]
            ),
        ),
    )


@backup.command("words")
@click.option("--words-file", type=click.File(), help="Read the words from here; - is stdin.")
@pass_invocation
def words(inv: Invocation, words_file: Any) -> None:
    """Type the recovery words once, so that backups can be made.

    For a lab that was founded before there were any.
    """
    inv.answer(inv.call("backup_words", words=_ask_words(words_file)), _show_status)


@backup.command("rehearse")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@pass_invocation
def rehearse(inv: Invocation, file: Path | None) -> None:
    """Unpack the newest backup, or FILE, prove everything in it, and throw it away."""
    from fedlab.node.keeping.rehearsal import rehearse as practise  # late: it opens stores

    if file is None:
        found = inv.call("backup_list")["backups"]
        if not found:
            from fedlab.node.errors import NotFoundError

            raise NotFoundError("there is no backup yet", "make one with `fedlab backup write`")
        file = Path(found[0]["path"])
    entries = practise(inv.folder, file)
    answer = {"path": str(file), "entries": entries}
    inv.answer(answer, lambda done: say(f"{file} holds {entries} entries, all of them proved"))


@click.command(cls=Leaf)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--words-file", type=click.File(), help="Read the words from here; - is stdin.")
@click.option("--peer", "peers", multiple=True, help="Another node that holds this lab's log.")
@click.option("--alone", is_flag=True, help="Do without what peers hold beyond the backup.")
@pass_invocation
def restore(
    inv: Invocation, file: Path, words_file: Any, peers: tuple[str, ...], alone: bool
) -> None:
    """Bring a lab back from the backup FILE, with its recovery words.

    The data folder must hold no lab. What this one said since the backup is fetched from its
    peers. It then goes on with new keys: the old card must not be used any more, and peers refuse
    it.
    """
    import msgspec  # late: `--help` must not pay for these

    from fedlab.node.keeping.restoring import restore as bring_back

    answer = bring_back(
        inv.folder, file.absolute(), _ask_words(words_file), alone=alone, urls=peers
    )
    inv.answer(msgspec.to_builtins(answer), _show_restored)


@click.command("new-keys", cls=Leaf)
@click.option("--words-file", type=click.File(), help="Read the words from here; - is stdin.")
@click.option("--peer", "peers", multiple=True, help="Another node that holds this lab's log.")
@click.option("--alone", is_flag=True, help="Do without asking what peers hold.")
@pass_invocation
def new_keys(inv: Invocation, words_file: Any, peers: tuple[str, ...], alone: bool) -> None:
    """Give this lab new keys: the old ones were lost, or copied.

    The recovery words are asked.
    """
    import msgspec

    from fedlab.node.keeping.restoring import renew_keys

    answer = renew_keys(inv.folder, _ask_words(words_file), alone=alone, urls=peers)
    inv.answer(msgspec.to_builtins(answer), _show_restored)


@click.command(cls=Leaf)
@pass_invocation
def doctor(inv: Invocation) -> int:
    """Look over this lab and its machine. Exit 1 if something is wrong."""
    import msgspec

    from fedlab.node import doctor as doctors  # late: `--help` must not pay for these
    from fedlab.node.errors import ServiceError

    checks, lang = doctors.machine_checks(inv.folder), "en"
    try:
        lang = inv.call("profile_show")["lang"] or lang
        status, plans = inv.call("status"), inv.call("backup_status")
        checks += doctors.lab_checks(inv.folder, status, plans)
    except ServiceError as exc:
        checks.append(doctors.open_problem(exc))
    if not inv.json and lang != "en":
        checks = [doctors.in_language(check, lang) for check in checks]
    inv.answer(msgspec.to_builtins(doctors.DoctorAnswer(checks)), _show_checks)
    wrong = any(check.state == "bad" for check in checks)
    return Exit.REFUSED if wrong else Exit.DONE


def _show_checks(answer: dict[str, Any]) -> None:
    for check in answer["checks"]:
        click.echo(f"{check['state']:<5} {check['name']:<8} {check['message']}")
        if check["hint"]:
            click.echo(f"{'':<15}{check['hint']}")


@click.group(cls=Branch)
def service() -> None:
    """Run this lab's node at every boot, by systemd."""


_USER = click.option("--user", default="fedlab", show_default=True, help="Made if it is not there.")
_PORT = click.option("--port", default=DEFAULT_PORT, show_default=True, help="Where it listens.")


@service.command("install")
@_USER
@_PORT
@pass_invocation
def install(inv: Invocation, user: str, port: int) -> None:
    """Install the node as a service and start it. Takes root.

    Its data lies in /var/lib/fedlab, or where --data says.
    """
    import msgspec

    from fedlab.node.keeping.unit import DATA, install_service

    answer = install_service(user=user, data=inv.data or DATA, port=port)
    inv.answer(
        msgspec.to_builtins(answer),
        lambda done: say(f"fedlab runs, now and at every boot: {done['unit']}, {done['data']}"),
    )


@service.command("show")
@_USER
@_PORT
@pass_invocation
def show_unit(inv: Invocation, user: str, port: int) -> None:
    """Print the unit that `service install` would write."""
    from fedlab.node.keeping.unit import DATA, unit_text

    text = unit_text(user, inv.data or DATA, port)
    inv.answer({"unit": text}, lambda answer: click.echo(answer["unit"], nl=False))


@click.command(cls=Leaf)
@click.argument("folder", type=click.Path(path_type=Path))
@pass_invocation
def upgrade(inv: Invocation, folder: Path) -> None:
    """Go over to the version in FOLDER, after a trial on a copy.

    A service that was installed is switched to it, and back if it does not come up.
    """
    import msgspec

    from fedlab.node.keeping.upgrading import upgrade as go_over

    answer = go_over(inv.folder, folder.absolute())
    inv.answer(msgspec.to_builtins(answer), _show_upgraded)


def _show_upgraded(answer: dict[str, Any]) -> None:
    say(f"fedlab {answer['version']} opens this lab and finds its {answer['entries']} entries good")
    say("the service runs it now" if answer["switched"] else "start it from there from now on")


def _ask_words(file: Any) -> str:
    """Return the words, typed at the terminal or read from a file."""
    if file is not None:
        return str(file.read(4096))
    if not sys.stdin.isatty():
        raise click.UsageError("the recovery words are asked at a terminal; or give --words-file -")
    return str(click.prompt("The 12 recovery words, from the paper", err=True))


def _show_restored(answer: dict[str, Any]) -> None:
    came = f", {answer['fetched']} of them from {', '.join(answer['peers'])}"
    say(f"{answer['entries']} entries{came if answer['fetched'] else ''}")
    for problem in answer["problems"]:
        say(f"  {problem}")
    say("The lab has new keys: start its node here, and never again from the old card.")


def _show_status(answer: dict[str, Any]) -> None:
    show.pairs(
        [
            ("folder", answer["folder"] or "none"),
            ("every", f"{answer['every_h']} h, {answer['keep']} kept"),
            ("last success", _moment(answer["last_success"])),
            ("last attempt", _moment(answer["last_attempt"])),
            ("next", _moment(answer["next"])),
            ("rehearsed", _moment(answer["rehearsed"])),
        ]
    )
    if answer["same_disk"]:
        click.echo("the folder is on the disk that holds the lab: a stick survives it")
    for problem in answer["problems"]:
        click.echo(f"problem: {problem}")


def _moment(at: int | None) -> str:
    return show.day_and_time(at) or "never"


COMMANDS: list[click.Command] = [backup, restore, new_keys, doctor, service, upgrade]
