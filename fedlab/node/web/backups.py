"""The page of backups: where they go, how the last one went, when the next is due."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from fedlab.node.errors import ServiceError, explain
from fedlab.node.service.backups import BackupAnswer, Backups
from fedlab.node.web.finding import mounted
from fedlab.node.web.i18n import Language
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.sentences import told
from fedlab.node.web.troubles import backup_says

routes = web.RouteTableDef()


@routes.get("/backups")
async def backups(request: web.Request) -> web.StreamResponse:
    """How backups stand."""
    return await _page(request)


@routes.post("/backups")
async def choose(request: web.Request) -> web.StreamResponse:
    """Choose where backups go, how often, and how many are kept."""
    form = await request.post()
    said = {name: str(form.get(name, "")).strip() for name in ("folder", "every_h", "keep")}
    node = node_of(request)
    try:
        every_h, keep = int(said["every_h"] or 24), int(said["keep"] or 14)
    except ValueError:
        return await _page(request, 422, said, language_of(request).gettext("Write whole numbers."))
    if not await asyncio.to_thread(_is_folder, said["folder"]):
        problem = language_of(request).gettext("There is no such folder. Is the stick plugged in?")
        return await _page(request, 422, said, problem)
    try:
        await node.write(node.service.backups.set, said["folder"], every_h, keep)
    except (ServiceError, OSError) as exc:
        return await _page(request, 422, said, _in_words(language_of(request), explain(exc)))
    raise web.HTTPSeeOther("/backups")


@routes.post("/backups/now")
async def now(request: web.Request) -> web.StreamResponse:
    """Make a backup at once."""
    node = node_of(request)
    try:
        await node.read(node.service.backups.write)
    except Exception as exc:  # a stick that is full or away: the page says so, in place
        return await _page(request, 422, None, _in_words(language_of(request), explain(exc)))
    raise web.HTTPSeeOther("/backups")


@routes.post("/backups/off")
async def off(request: web.Request) -> web.StreamResponse:
    """Make no more backups by itself."""
    node = node_of(request)
    await node.write(node.service.backups.off)
    raise web.HTTPSeeOther("/backups")


async def _page(
    request: web.Request,
    status: int = 200,
    said: dict[str, str] | None = None,
    problem: str = "",
) -> web.StreamResponse:
    node, language = node_of(request), language_of(request)
    service, moment = node.service.backups, int(time.time())
    shown = await node.read(service.status)
    made = await node.read(_made, service) if shown.folder else []
    says = backup_says(language, shown.folder or "")
    codes = await node.read(service.troubles, moment)
    form = {
        "folder": shown.folder or "",
        "every_h": str(shown.every_h),
        "keep": str(shown.keep),
        **(said or {}),
    }
    return render(
        request,
        "backups.html",
        status,
        page="backups",
        backups=shown,
        made=made,
        troubles=[says[code] for code in codes],
        details=[
            problem.partition(": ")[2] if code != "none" else ""
            for code, problem in zip(codes, shown.problems, strict=True)
        ],
        form=form,
        problem=problem,
        about_form=said is not None,
        suggested=[str(path) for path in await asyncio.to_thread(mounted)],
        when=lambda at: language.ago(moment - at) if at <= moment else language.until(at - moment),
        megabytes=lambda size: language.number(round(size / 1_000_000, 1)),
    )


def _made(service: Backups) -> list[BackupAnswer]:
    """Return the backups that can be seen now: none while the stick is away."""
    with suppress(ServiceError, OSError):
        return service.list().backups
    return []


def _is_folder(text: str) -> bool:
    return Path(text).is_absolute() and "\0" not in text and Path(text).is_dir()


def _in_words(language: Language, error: ServiceError) -> str:
    _ = language.gettext
    says = {
        "no_place": _("The folder is not there, or is another than the one chosen."),
        "no_permission": _("fedlab may not write in this folder."),
        "read_only": _("This folder cannot be written."),
        "disk_full": _("There is no room left."),
        "no_backup_key": _("This node needs to see the recovery words once."),
        "usage": _("This folder, or one of the numbers, cannot be used for backups."),
    }
    return says.get(error.code) or told(language, error.message, error.hint)
