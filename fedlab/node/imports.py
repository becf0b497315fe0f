"""Imports into this lab's inventory: planned, written as one append, and taken back.

Two things are kept, private to the node. A record per import, saved before the append, says what
each item was before and after: undoing compares it with what is there, so a crash in between
undoes nothing wrong. And what each item's row said, saved after the append: the next import of the
file can tell what changed there from what was edited here.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fedlab.formats.assign import Own
from fedlab.formats.importing import Sheet, read_items
from fedlab.formats.items import Content
from fedlab.formats.plan import ADDED, CHANGED, UNCHANGED, Done, Step, plan_import, plan_undo
from fedlab.formats.tables import FileError, MappingError, Tell
from fedlab.inventory.facts import KINDS, ItemRetire, ItemSet
from fedlab.inventory.item import ItemState
from fedlab.node.codewords import code_words
from fedlab.node.errors import BadRequestError, ConflictError, ServiceError
from fedlab.node.store.base import Place
from fedlab.node.writer import Draft, fact_of
from fedlab.protocol.entry import decode_detail, encode_detail
from fedlab.protocol.errors import AuthorError, LocalProtocolError
from fedlab.protocol.limits import SALT_BYTES

if TYPE_CHECKING:
    from fedlab.node.service.base import Opened

_ROWS_SETTING: Final = "imported_rows"
_DETAILS_AT_ONCE: Final = 512
_HEAD: Final = frozenset({"t", "by", "e", "n", "at", "code", "detail"})

# How far a long import is: read, compare or write, and how many rows of how many.
Progress = Callable[[str, int, int], None]

_read_rows = msgspec.json.Decoder(dict[str, Content]).decode


class Rejected(msgspec.Struct, omit_defaults=True):
    """A row that was not imported, or an item that could not be put back, and why."""

    row: int
    reason: str
    sheet: str = ""
    code: str = ""


class Imported(msgspec.Struct, omit_defaults=True):
    """What one row does; `changes` gives each field's value before and after."""

    code: str
    name: str
    row: int
    outcome: str
    changes: dict[str, tuple[Any, Any]] = {}
    sheet: str = ""
    note: str = ""


class ReadColumn(msgspec.Struct):
    """How a column was understood: as a field of the item, or `more` under its own name."""

    sheet: str
    header: str
    field: str


class ImportAnswer(msgspec.Struct, kw_only=True):
    """What an import or its undoing did, or with `dry_run` would do; counts of items."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0
    rejected: list[Rejected] = []
    items: list[Imported] = []  # those added or changed, and those with a note
    columns: list[ReadColumn] = []
    notes: list[Rejected] = []  # what in the file belongs to no item
    dry_run: bool = False
    drafted: bool = False  # kept until this lab may sign again


class Record(msgspec.Struct):
    """What an import did, kept to undo it."""

    file: str
    done: list[Done]


_read_record = msgspec.json.Decoder(Record).decode


def run_import(
    opened: "Opened",
    data: bytes,
    filename: str,
    *,
    kind: str | None = None,
    mapping: Iterable[tuple[str, str]] = (),
    dry_run: bool = False,
    lang: str = "",
    tell: Progress = lambda step, done, of: None,
) -> ImportAnswer:
    """Import a file and return what became of every row; nothing is written by a dry run.

    Raises BadRequestError for a kind, field or column that is none, ServiceError for a file that
    cannot be read.
    """
    sheet = _read(data, filename, kind or "", list(mapping), partial(tell, "read"))
    tell("compare", 0, len(sheet.rows))
    own, last = own_items(opened), _last_rows(opened)
    steps = plan_import(sheet.rows, own, last, words=code_words(), lang=lang)
    answer = _answer(sheet, steps)
    answer.dry_run = dry_run
    if dry_run:
        return answer
    done = [_done(step, own, last) for step in steps if step.outcome != UNCHANGED]
    if done:
        drafts = [_set_draft(change.code, change.after) for change in done]
        record = msgspec.json.encode(Record(filename, done))
        answer.drafted = _append(opened, drafts, record, partial(tell, "write"))
    rows = last | {step.code: step.said for step in steps}
    if rows != last:
        _save_rows(opened, rows)
    return answer


def undo_import(opened: "Opened", *, dry_run: bool = False) -> ImportAnswer:
    """Take the last import back: former states return, what it added is retired.

    Items that were touched since are left alone and named, with the reason, under `rejected`.
    Raises ConflictError if there is no import to take back.
    """
    saved = opened.store.imports.last()
    if saved is None:
        raise ConflictError("there is no import to undo", "see `fedlab item list`")
    done = _read_record(saved.record).done
    steps = plan_undo(done, own_items(opened), lambda place: _is_erased(opened, place))
    going = [step for step in steps if not step.left]
    answer = ImportAnswer(
        changed=sum(1 for step in going if step.content),
        retired=sum(1 for step in going if not step.content),
        unchanged=len(steps) - len(going),
        rejected=[Rejected(s.row, f"{s.code} {s.left}", code=s.code) for s in steps if s.left],
        dry_run=dry_run,
    )
    if dry_run:
        return answer
    drafts = [
        _set_draft(step.code, step.content)
        if step.content
        else Draft(fact_of(ItemRetire, {"code": step.code}))
        for step in going
    ]
    if drafts:
        answer.drafted = opened.append(drafts).drafted
    opened.store.imports.undone(saved.id)
    undone = {step.code for step in going}
    rows = _last_rows(opened)
    for change in done:
        if change.code in undone and rows.get(change.code) == change.says:
            rows.pop(change.code)
            if change.said is not None:
                rows[change.code] = change.said
    _save_rows(opened, rows)
    return answer


def own_items(opened: "Opened") -> dict[str, Own]:
    """Return this lab's items as they stand, retired ones too."""
    codes = [row.code for row in opened.store.projections.items(opened.lab)]
    states = opened.projector.states(opened.lab, codes)
    items: dict[str, Own] = {}
    in_order = list(states.values())
    for start in range(0, len(in_order), _DETAILS_AT_ONCE):
        some = in_order[start : start + _DETAILS_AT_ONCE]
        places = [Place(state.lab, state.entry.epoch, state.entry.index) for state in some]
        for state, blob in zip(some, opened.store.details_of(places), strict=True):
            items[state.code] = _own(state, blob)
    return items


def _own(state: ItemState, blob: bytes | None) -> Own:
    try:
        detail = decode_detail(blob[SALT_BYTES:]) if blob else {}
    except AuthorError:
        detail = {}
    fact = {k: v for k, v in msgspec.to_builtins(state.fact).items() if k not in _HEAD}
    place = (state.entry.epoch, state.entry.index)
    return Own(Content(fact, detail), place, state.retired, bool(state.holds))


# --- shared -------------------------------------------------------------------------------------


def _read(
    data: bytes, filename: str, kind: str, mapping: list[tuple[str, str]], tell: Tell
) -> Sheet:
    if kind and kind not in KINDS:
        raise BadRequestError(f"there is no kind {kind!r}", f"kinds are {', '.join(KINDS)}")
    try:
        return read_items(data, filename, mapping=mapping, kind=kind, tell=tell)
    except MappingError as exc:
        raise BadRequestError(f"--map: {exc}", exc.hint) from None
    except FileError as exc:
        raise ServiceError(f"{filename}: {exc}", exc.hint, code="unreadable_file") from None


def _answer(sheet: Sheet, steps: Sequence[Step]) -> ImportAnswer:
    counts = Counter(step.outcome for step in steps)
    return ImportAnswer(
        added=counts[ADDED],
        changed=counts[CHANGED],
        unchanged=counts[UNCHANGED],
        rejected=[Rejected(aside.number, aside.reason, aside.sheet) for aside in sheet.rejected],
        items=[_imported(step) for step in steps if step.outcome != UNCHANGED or step.note],
        columns=[ReadColumn(*column) for column in sheet.columns],
        notes=[Rejected(aside.number, aside.reason, aside.sheet) for aside in sheet.asides],
    )


def _imported(step: Step) -> Imported:
    before = _fields(step.before) if step.before else {}
    after = _fields(step.after)
    changes = {
        name: (before.get(name), after.get(name))
        for name in [*after, *(name for name in before if name not in after)]
        if before.get(name) != after.get(name)
    }
    row = step.row
    return Imported(step.code, row.name, row.row, step.outcome, changes, row.sheet, step.note)


def _fields(content: Content) -> Mapping[str, Any]:
    return {**content.fact, **content.detail}


def _done(step: Step, own: Mapping[str, Own], last: Mapping[str, Content]) -> Done:
    place = own[step.code].place if step.before is not None else None
    said = last.get(step.code)
    return Done(step.code, step.row.row, step.before, place, step.after, said, step.said)


def _set_draft(code: str, content: Content) -> Draft:
    return Draft(fact_of(ItemSet, {"code": code, **content.fact}), encode_detail(content.detail))


def _append(opened: "Opened", drafts: Sequence[Draft], record: bytes, tell: Tell) -> bool:
    """Save the record, then write all of it as one append; say whether it waits as drafts."""
    number = opened.store.imports.add(int(time.time()), record)
    try:
        return opened.append(drafts, tell).drafted
    except LocalProtocolError:  # nothing was written; after any other error it may still be
        opened.store.imports.undone(number)
        raise


def _is_erased(opened: "Opened", place: tuple[int, int]) -> bool:
    epoch, index = place
    return opened.store.details(opened.lab, epoch, index, index + 1) == [None]


def _last_rows(opened: "Opened") -> dict[str, Content]:
    return _read_rows(opened.store.settings.get(_ROWS_SETTING, "{}"))


def _save_rows(opened: "Opened", rows: Mapping[str, Content]) -> None:
    opened.store.settings.set(_ROWS_SETTING, msgspec.json.encode(rows).decode())
