"""The import wizard: a file, how its columns are read, what would change, progress, and undoing."""

import asyncio
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from aiohttp import web
from aiohttp.web_exceptions import HTTPRequestEntityTooLarge

from fedlab.formats.headers import FIELDS
from fedlab.inventory.facts import KINDS
from fedlab.node.days import seconds_since
from fedlab.node.errors import ConflictError, NotFoundError, ServiceError
from fedlab.node.imports import ImportAnswer, Imported
from fedlab.node.numbers import whole
from fedlab.node.service.uploads import Asked, Preview, UploadAnswer
from fedlab.node.web import pages, words
from fedlab.node.web.guard import more_time
from fedlab.node.web.i18n import Language
from fedlab.node.web.itemform import text_of
from fedlab.node.web.keys import node_of
from fedlab.node.web.sentences import told
from fedlab.protocol.limits import IMPORT_BYTES_MAX

routes = web.RouteTableDef()

# What a form with a file needs around it.
_FORM_BYTES: Final = 64 * 1024
# A list of a few hundred items is done by then, and no page of progress is seen.
_PATIENCE_S: Final = 0.5
ROWS_SHOWN: Final = 60

# Imports under way in this process; one that is said to run and stands not here was cut short.
_Running = dict[int, asyncio.Task[None]]
# What `formats` calls a column without a header.
_NAMELESS: Final = re.compile(r"column ([A-Z]{1,3})")
RUNNING: web.AppKey[_Running] = web.AppKey("imports_running", dict)


def setup(app: web.Application) -> None:
    """Give the application a place for imports under way."""
    app[RUNNING] = {}


def field_name(language: Language, field: str) -> str:
    """Return what a column is read as, in words."""
    _ = language.gettext
    return {
        "name": _("Name"),
        "code": _("Code"),
        "kind": _("Kind"),
        "quantity": _("Quantity"),
        "unit": _("Unit"),
        "category": _("Category"),
        "description": _("Description"),
        "brand": _("Brand"),
        "model": _("Model"),
        "serial": _("Serial number"),
        "place": _("Place in the lab"),
        "condition": _("Condition"),
        "care": _("Care"),
        "safety": _("Safety"),
        "tags": _("Tags"),
        "ref": _("The lab's own reference"),
        "lang": _("Language"),
        "terms": _("Terms"),
        "price": _("Price"),
        "hourly": _("Price per hour"),
        "deposit": _("Caution"),
        "buffer": _("Days kept free between two loans"),
        "value": _("Replacement value"),
        "training": _("Training asked"),
        "more": _("kept under its own name"),
        "skip": _("left out"),
    }.get(field) or words.term_name(language, field)


@routes.get("/desk/import")
async def start(request: web.Request) -> web.StreamResponse:
    return await _show_start(request)


async def _show_start(
    request: web.Request, problem: str = "", why: str = "", status: int = 200
) -> web.StreamResponse:
    node = node_of(request)
    uploads = await node.read(node.service.uploads.all)
    undoable = await node.read(node.service.store.imports.last) is not None
    return pages.render(
        request,
        "import.html",
        status,
        page="desk",
        uploads=[(upload, seconds_since(upload.at)) for upload in uploads],
        undoable=undoable,
        problem=problem,
        why=why,
        undone="undone" in request.query,
    )


@routes.post("/desk/import")
async def upload(request: web.Request) -> web.StreamResponse:
    node, _ = node_of(request), pages.language_of(request).gettext
    try:
        posted = await request.clone(client_max_size=IMPORT_BYTES_MAX + _FORM_BYTES).post()
    except HTTPRequestEntityTooLarge:
        return await _show_start(
            request, _("This file is too large: 8 MB at most, without pictures."), status=422
        )
    file = posted.get("file")
    if not isinstance(file, web.FileField) or not file.filename:
        return await _show_start(request, _("Choose a file first."), status=422)
    with file.file:
        data = file.file.read(IMPORT_BYTES_MAX + 1)
    if len(data) > IMPORT_BYTES_MAX:
        return await _show_start(
            request, _("This file is too large: 8 MB at most, without pictures."), status=422
        )
    more_time(request, None)  # it is all here; reading 20,000 rows takes a Pi a minute
    name = file.filename.replace("\\", "/").rpartition("/")[2][-120:]
    try:
        number = await node.write(node.service.uploads.add, name, data)
    except ServiceError as exc:
        problem = _("This file could not be read.")
        why = told(pages.language_of(request), exc.message, exc.hint)
        return await _show_start(request, problem, why, 422)
    raise web.HTTPSeeOther(f"/desk/import/{number}")


# --- Taking the last import back ----------------------------------------------------------------


@routes.get("/desk/import/undo")
async def ask_undo(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    try:
        would = await node.read(lambda: node.service.imports.undo(dry_run=True))
    except ConflictError:
        raise web.HTTPSeeOther("/desk/import") from None
    return pages.render(request, "import_undo.html", page="desk", would=would)


@routes.post("/desk/import/undo")
async def undo(request: web.Request) -> web.StreamResponse:
    try:
        await node_of(request).call("import_undo", {})
    except ConflictError:
        raise web.HTTPSeeOther("/desk/import") from None
    raise web.HTTPSeeOther("/desk/import?undone=1")


# --- One file -----------------------------------------------------------------------------------


def _number(request: web.Request) -> int:
    number = whole(request.match_info["number"])
    if number is None:
        raise NotFoundError("there is no such file", "see the list of imports")
    return number


@routes.get("/desk/import/{number}")
async def show(request: web.Request) -> web.StreamResponse:
    return await _show(request)


async def _show(
    request: web.Request, problem: str = "", why: str = "", status: int = 200
) -> web.StreamResponse:
    node, language, number = node_of(request), pages.language_of(request), _number(request)
    found = await node.read(node.service.uploads.show, number)
    running = number in request.app[RUNNING]
    preview = None
    if found.state != "done" and not running:
        more_time(request, None)
        preview = await node.read(node.service.uploads.preview, number)
    return pages.render(
        request,
        "import_file.html",
        status,
        page="desk",
        upload=found,
        running=running,
        progress=node.service.uploads.progress(number) if running else ("", 0, 0),
        cut_short=found.state == "running" and not running,
        preview=preview and preview.answer,
        rows_shown=ROWS_SHOWN,
        columns=_columns(found, preview, language) if preview else [],
        fields=[(field, field_name(language, field)) for field in FIELDS],
        header_name=lambda header: header_name(language, header),
        kinds=KINDS,
        lines_of=lambda item: _lines(language, item, preview.answer) if preview else [],
        problem=problem,
        why=why,
    )


def _columns(
    found: UploadAnswer, preview: Preview, language: Language
) -> list[tuple[str, str, str]]:
    """Return each header, how it is read now, and how it would be if nothing were asked."""
    now = {column.header: column.field for column in preview.answer.columns}
    plain = {column.header: column.field for column in preview.columns}
    return [(header, now.get(header, field), field) for header, field in plain.items()]


def header_name(language: Language, header: str) -> str:
    """Return a column's header; one without any is called after its letter, as in the file."""
    if nameless := _NAMELESS.fullmatch(header):
        return language.gettext("column %(letter)s", letter=nameless[1])
    return header


def _lines(language: Language, item: Imported, answer: ImportAnswer) -> list[str]:
    """Return what changes of an item, a line each; a column is not told both as read and as is."""
    colon, lines = language.gettext(":"), []
    read = {column.header for column in answer.columns if column.field != "more"}
    is_new = item.outcome == "added"
    for field, (old, new) in item.changes.items():
        if is_new and field in ("name", "unit", "lang"):
            continue
        if field == "more":
            old, new = (_but(side, read) for side in (old, new))
            if old == new:
                continue
        said = _value_text(language, field, new)
        if not is_new:
            said = f"{_value_text(language, field, old)} → {said}"
        lines.append(said if field == "more" else f"{field_name(language, field)}{colon} {said}")
    return lines


def _but(more: dict[str, str] | None, read: set[str]) -> dict[str, str]:
    return {header: text for header, text in (more or {}).items() if header not in read}


def _value_text(language: Language, field: str, value: Any) -> str:
    """Return a field's value as people write it."""
    if value is None or value == {}:
        return "—"
    if field == "quantity":
        return language.number(Decimal(value) / 1000)
    if field in ("price", "hourly", "deposit", "value"):
        return language.money(value)
    if field == "kind":
        return words.kind_name(language, value)
    if field == "terms":
        return ", ".join(words.term_name(language, term) for term in value)
    if isinstance(value, dict):
        colon = language.gettext(":")
        said = (f"{header_name(language, name)}{colon} {text}" for name, text in value.items())
        return "; ".join(said)
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


@routes.post("/desk/import/{number}")
async def ask(request: web.Request) -> web.StreamResponse:
    """Read the file another way, and show again what would change."""
    node, _, number = node_of(request), pages.language_of(request).gettext, _number(request)
    posted = await request.post()
    more_time(request, None)
    preview = await node.read(node.service.uploads.preview, number)
    asked = _asked(posted, preview)
    try:
        await node.write(node.service.uploads.ask, number, asked)
    except ServiceError as exc:
        why = told(pages.language_of(request), exc.message, exc.hint)
        return await _show(request, _("The columns cannot be read so."), why, 422)
    raise web.HTTPSeeOther(f"/desk/import/{number}#changes")


def _asked(posted: Mapping[str, Any], preview: Preview) -> Asked:
    """Return what differs from how the columns are read by themselves."""
    kind = text_of(posted, "kind")
    plain = {column.header: column.field for column in preview.columns}
    mapping = []
    for place, (header, field) in enumerate(plain.items()):
        wanted = text_of(posted, f"column{place}")
        if wanted in FIELDS and wanted != field:
            mapping.append((wanted, header))
    return Asked(kind if kind in KINDS else "", tuple(mapping))


@routes.post("/desk/import/{number}/run")
async def run(request: web.Request) -> web.StreamResponse:
    """Begin the import; it goes on whether or not anybody watches."""
    node, number, running = node_of(request), _number(request), request.app[RUNNING]
    if number not in running:
        await node.write(node.service.uploads.begin, number)

        async def work() -> None:
            try:
                await node.write(node.service.uploads.run, number)
            finally:
                running.pop(number, None)
            if node.driver is not None:
                node.driver.published()

        running[number] = asyncio.create_task(work())
    await asyncio.wait({running[number]}, timeout=_PATIENCE_S)
    raise web.HTTPSeeOther(f"/desk/import/{number}")
