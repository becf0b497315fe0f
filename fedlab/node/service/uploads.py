"""The import wizard's steps, each stored: a file, how its columns are read, and the import itself.

What was asked of a file's columns is kept with their headers, and asked again of the next file
that has the same.
"""

import hashlib
from typing import TYPE_CHECKING

import msgspec

from fedlab.node.errors import ConflictError, NotFoundError, explain
from fedlab.node.service.base import Opened, now
from fedlab.node.service.imports import Imports

if TYPE_CHECKING:
    from fedlab.node.imports import ImportAnswer, ReadColumn
    from fedlab.node.store.records import Upload


class Asked(msgspec.Struct):
    """How a file is to be read; `mapping` is (field, column)."""

    kind: str = ""
    mapping: tuple[tuple[str, str], ...] = ()


class Counts(msgspec.Struct):
    """What an import did; `problem` and `hint` say why it did not."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    drafted: bool = False
    problem: str = ""
    hint: str = ""


class UploadAnswer(msgspec.Struct):
    """A file and where it is: ready, running, done or failed."""

    id: int
    at: int
    filename: str
    state: str
    asked: Asked
    counts: Counts


class Preview(msgspec.Struct):
    """What an import would do, and how the columns would be read if nothing was asked."""

    answer: "ImportAnswer"
    columns: "list[ReadColumn]"


class Uploads:
    """The wizard."""

    def __init__(self, opened: Opened, imports: Imports) -> None:
        self._opened = opened
        self._imports = imports
        # The last preview, and what it was of: the page that follows an upload asks for the same.
        self._previewed: tuple[tuple[object, ...], Preview] | None = None
        self._progress: dict[int, tuple[str, int, int]] = {}

    def add(self, filename: str, data: bytes) -> int:
        """Keep a file that can be read and return its number; raise ServiceError if it cannot."""
        read = self._imports.run(data, filename, dry_run=True)
        asked = self._opened.store.desk.columns(_headers(read)) or msgspec.json.encode(Asked())
        number = self._opened.store.desk.add_upload(now(), filename, data, asked)
        if msgspec.json.decode(asked, type=Asked) == Asked():
            self._previewed = (self._of(number, asked), Preview(read, read.columns))
        return number

    def all(self) -> list[UploadAnswer]:
        """Return the newest uploads."""
        return [_answer(upload) for upload in self._opened.store.desk.uploads()]

    def show(self, number: int) -> UploadAnswer:
        """Return an upload; raise NotFoundError."""
        return _answer(self._upload(number))

    def progress(self, number: int) -> tuple[str, int, int]:
        """Return how far an import is: read, compare or write; rows done, of so many."""
        return self._progress.get(number, ("read", 0, 0))

    def preview(self, number: int) -> Preview:
        """Return what the import would do as things stand; raise ServiceError if it cannot be."""
        upload = self._upload(number)
        of = self._of(number, upload.asked)
        if self._previewed is None or self._previewed[0] != of:
            self._previewed = (of, self._preview(upload))
        return self._previewed[1]

    def _of(self, number: int, asked: bytes) -> tuple[object, ...]:
        """Return what a preview hangs on: the file, how it is read, and what the lab has said."""
        store = self._opened.store
        log = store.log(store.lab, store.own_chain().epoch)
        return number, asked, log and (log.epoch, log.held)

    def _preview(self, upload: "Upload") -> Preview:
        asked = msgspec.json.decode(upload.asked, type=Asked)
        plain = self._imports.run(upload.data, upload.filename, dry_run=True)
        if asked == Asked():
            return Preview(plain, plain.columns)
        return Preview(self._run(upload, asked, dry_run=True), plain.columns)

    def ask(self, number: int, asked: Asked) -> None:
        """Say how a file is to be read; raise ServiceError if it cannot be, and keep nothing."""
        upload = self._upload(number)
        read = self._run(upload, asked, dry_run=True)
        raw = msgspec.json.encode(asked)
        self._opened.store.desk.ask(number, raw)
        self._opened.store.desk.keep_columns(_headers(read), raw)

    def begin(self, number: int) -> None:
        """Say that an import begins; raise ConflictError if it was done."""
        upload = self._upload(number)
        if upload.state == "done":
            raise ConflictError("this file was imported", "upload it again to import it anew")
        self._opened.store.desk.settle(number, "running")

    def run(self, number: int) -> None:
        """Import a file; what came of it, or went wrong, stands in the upload."""
        upload = self._upload(number)
        asked = msgspec.json.decode(upload.asked, type=Asked)

        def tell(step: str, done: int, of: int) -> None:
            self._progress[number] = (step, done, of)

        try:
            done = self._imports.run_told(
                upload.data, upload.filename, asked.kind or None, asked.mapping, False, tell
            )
        except Exception as exc:
            error = explain(exc)
            counts = Counts(problem=error.message, hint=error.hint)
            self._opened.store.desk.settle(number, "failed", msgspec.json.encode(counts))
            if error.code == "defect":
                raise
            return
        finally:
            self._progress.pop(number, None)
        counts = Counts(done.added, done.changed, done.unchanged, len(done.rejected), done.drafted)
        self._opened.store.desk.settle(number, "done", msgspec.json.encode(counts))

    def _run(self, upload: "Upload", asked: Asked, *, dry_run: bool) -> "ImportAnswer":
        kind = asked.kind or None
        return self._imports.run(upload.data, upload.filename, kind, asked.mapping, dry_run)

    def _upload(self, number: int) -> "Upload":
        upload = self._opened.store.desk.upload(number)
        if upload is None:
            raise NotFoundError("this file is not kept any more", "upload it again")
        return upload


def _headers(read: "ImportAnswer") -> bytes:
    named = [(column.sheet, column.header) for column in read.columns]
    return hashlib.sha256(msgspec.json.encode(named)).digest()


def _answer(upload: "Upload") -> UploadAnswer:
    asked = msgspec.json.decode(upload.asked, type=Asked)
    counts = msgspec.json.decode(upload.answer or b"{}", type=Counts)
    return UploadAnswer(upload.id, upload.at, upload.filename, upload.state, asked, counts)
