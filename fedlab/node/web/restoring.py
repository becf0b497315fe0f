"""A lab comes back in the browser: its backup, sent or found on a stick, and the words on paper."""

import asyncio
import logging
import re
import time
from pathlib import Path
from typing import Any, Final

from aiohttp import BodyPartReader, web

from fedlab.node.addresses import check_public_url
from fedlab.node.errors import BadRequestError, ServiceError, explain
from fedlab.node.firststart import part_of, tidy
from fedlab.node.keeping.restoration import RECEIVING, Wanted
from fedlab.node.keeping.words import WordsError, read_words
from fedlab.node.web.finding import describe, find_backups
from fedlab.node.web.firststart import FOUNDED, RESTORATION, START, render
from fedlab.node.web.guard import more_time
from fedlab.node.web.i18n import Language
from fedlab.node.web.pages import language_of
from fedlab.protocol.limits import RESTORE_UPLOAD_BYTES_MAX, URLS_MAX, WORDS_CHARS_MAX

routes = web.RouteTableDef()
_log = logging.getLogger("fedlab.web")
PATH: Final = "/setup/restore"
CHUNK_BYTES: Final = 256 * 1024
_UPLOADED: Final = "uploaded"
_LOOK_S: Final = 2
# Which refusal is said beside which field; the others are said above the form.
_BESIDE: Final = {
    "not_a_backup": "backup",
    "damaged_backup": "backup",
    "unreadable_file": "backup",
    "not_found": "backup",
    "no_file": "backup",
    "too_large": "backup",
    "wrong_words": "words",
    "no_address": "peers",
    "no_peer": "alone",
}


@routes.get(PATH)
async def look(request: web.Request) -> web.StreamResponse:
    """Show the form, or how far the restoration is."""
    restoration = request.app[RESTORATION]
    if not restoration.step:
        return await _form(request, 200, restoration.wanted, restoration.problem)
    response = render(request, "setup_restoring.html", step=restoration.step)
    response.headers["Refresh"] = str(_LOOK_S)
    response.force_close()  # the next look may be answered by the node
    return response


@routes.post(PATH)
async def begin(request: web.Request) -> web.StreamResponse:
    """Take the backup and the words, and start; what is wrong is said beside its field."""
    restoration, start = request.app[RESTORATION], request.app[START]
    if restoration.step or request.app[FOUNDED].is_set():
        raise web.HTTPSeeOther(PATH)
    wanted = Wanted()
    restoration.step = RECEIVING

    def done() -> None:
        tidy(start.folder)
        request.app[FOUNDED].set()

    try:
        wanted = await _receive(request)
        await asyncio.to_thread(_check, wanted)
        restoration.begin(wanted, done)
    except (ServiceError, OSError) as exc:
        problem = explain(exc)
        restoration.wanted, restoration.problem = wanted, problem
        # By its code: a sentence about the words could hold one of them.
        _log.warning("a restoration was refused: %s", problem.code)
        return await _form(request, 422, wanted, problem)
    finally:
        if restoration.step == RECEIVING:
            restoration.step = ""
    response = web.Response(status=303, headers={"Location": PATH})
    response.force_close()
    return response


async def _receive(request: web.Request) -> Wanted:
    """Read the form as it comes, the file straight to the disk."""
    if not request.content_type.startswith("multipart/"):
        raise BadRequestError("this is not the form", "open this page anew", code="no_file")
    uploaded = request.app[START].folder.uploaded_backup
    said: dict[str, str] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        if part.name == "file":
            if await _keep(request, part, uploaded):
                said["which"] = _UPLOADED
        elif part.name not in said:
            said[part.name] = await _text(part)
    which = said.get("path", "").strip() or said.get("which", "")
    return Wanted(
        path=str(uploaded) if which == _UPLOADED else which,
        words=said.get("words", ""),
        peers=said.get("peers", "").split()[: URLS_MAX + 1],
        alone=said.get("alone") == "1",
    )


async def _keep(request: web.Request, part: BodyPartReader, uploaded: Path) -> bool:
    """Put the file on the disk in place of one sent before; False if none came."""
    if not part.filename:
        await part.release()
        return False
    coming, size = part_of(uploaded), 0
    try:
        with await asyncio.to_thread(coming.open, "wb") as file:
            while chunk := await part.read_chunk(CHUNK_BYTES):
                size += len(chunk)
                if size > RESTORE_UPLOAD_BYTES_MAX:
                    raise BadRequestError("this file is too large", code="too_large")
                await asyncio.to_thread(file.write, chunk)
                more_time(request)
        coming.replace(uploaded)
    finally:
        coming.unlink(missing_ok=True)
    return True


async def _text(part: BodyPartReader) -> str:
    """Return a short field; raise BadRequestError for one that is not."""
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > 4 * WORDS_CHARS_MAX:
            raise BadRequestError("a field of this form is too long", "type less")
    return data.decode("utf-8", "replace")[:WORDS_CHARS_MAX]


def _check(wanted: Wanted) -> None:
    """Raise ServiceError for what is wrong at first sight, or OSError."""
    path = Path(wanted.path)
    if not wanted.path or "\0" in wanted.path or not path.is_absolute():
        raise BadRequestError("no backup was chosen", "choose one", code="no_file")
    if describe(path) is None:
        if path.exists():
            raise BadRequestError("this file is not a backup of fedlab", code="not_a_backup")
        raise BadRequestError("there is no such file", code="not_found")
    read_words(wanted.words)
    for url in wanted.peers:
        try:
            check_public_url(url)
        except (ServiceError, ValueError):
            raise BadRequestError(f"{url!r} is not an address", code="no_address") from None


async def _form(
    request: web.Request, status: int, wanted: Wanted, problem: ServiceError | None
) -> web.StreamResponse:
    language, now = language_of(request), int(time.time())
    uploaded = request.app[START].folder.uploaded_backup
    damaged = problem is not None and problem.code == "damaged_backup"
    sent = await asyncio.to_thread(describe, uploaded)
    if sent is None or (damaged and wanted.path == str(uploaded)):
        sent = None  # nobody needs it a second time
        uploaded.unlink(missing_ok=True)
    found = await asyncio.to_thread(find_backups)
    known = [backup.path for backup in found]
    first = str(uploaded) if sent else (known or [""])[0]
    chosen = wanted.path or first
    said = dict.fromkeys([*_BESIDE.values(), "form"], "")
    if problem is not None:
        said[_BESIDE.get(problem.code, "form")] = _in_words(language, problem)
    shown: dict[str, Any] = {
        "sent": sent,
        "found": found,
        "uploaded": _UPLOADED,
        "chosen": _UPLOADED if chosen == str(uploaded) else chosen,
        "path": wanted.path if wanted.path not in (*known, str(uploaded)) else "",
        "words": wanted.words,
        "peers": "\n".join(wanted.peers),
        "alone": wanted.alone,
        "problems": said,
        "message": problem.message if problem and problem.code not in _BESIDE else "",
        "when": lambda at: language.ago(now - at) if at <= now else language.day_of(at),
        "megabytes": lambda size: language.number(round(size / 1_000_000, 1)),
    }
    return render(request, "setup_restore.html", status, **shown)


def _in_words(language: Language, problem: ServiceError) -> str:
    _ = language.gettext
    if isinstance(problem, WordsError):
        return _wrong_words(language, problem)
    if problem.code == "wrong_words":
        lab = re.search("“(.*)”", problem.message)
        return _("These words are not those of the lab “%(name)s” when it made this backup. Take that lab’s paper, or another backup.", name=lab[1] if lab else "")  # fmt: skip  # noqa: E501
    return {
        "no_file": _("Choose a backup."),
        "not_found": _("There is no such file on this machine. Is the stick plugged in?"),
        "not_a_backup": _("This file is not a backup of fedlab: their names end in .fedlab."),
        "damaged_backup": _(
            "This backup is cut short or damaged. Copy it again, or take another one."
        ),
        "unreadable_file": _("This file cannot be read."),
        "too_large": _("This file is larger than any backup."),
        "no_address": _("Write addresses such as http://192.168.1.7:7390, one a line."),
        "no_peer": _("None of the labs that hold a copy of this lab’s history answers now."),
        "disk_full": _("The disk is full. Free some space, then try again."),
        "no_permission": _("fedlab may not read this file."),
        "has_lab": _("This folder holds a lab by now. Start fedlab again."),
    }.get(problem.code, _("The backup could not be restored."))


def _wrong_words(language: Language, problem: WordsError) -> str:
    _ = language.gettext
    if problem.count:
        return language.ngettext(
            "There is %(count)s word here; the paper has 12.",
            "There are %(count)s words here; the paper has 12.",
            problem.count,
        )
    if problem.stranger:
        return _("“%(word)s” is none of the words that such papers hold. Is it a slip?", word=problem.stranger)  # fmt: skip  # noqa: E501
    return _("One of these words is not the right one, or they stand in another order than on the paper.")  # fmt: skip  # noqa: E501
