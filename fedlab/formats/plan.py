"""What an import would do to a lab's items, and what undoing it would: values, nothing is written.

A row, what it said at the last import, and the item as it is now are merged as versions of a text
are: what changed in the file is taken over, what was edited in fedlab since then stays, and so does
what a partial list has no column for.
"""

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, NamedTuple

from fedlab.formats.assign import Own, assign_codes, spelled
from fedlab.formats.items import Content, ImportRow

ADDED, CHANGED, UNCHANGED = "added", "changed", "unchanged"
_ABSENT: Any = None  # neither a fact nor a detail holds a null


class Step(NamedTuple):
    """What one row does: its item before (None for a new one, or one that was gone) and after."""

    row: ImportRow
    code: str
    outcome: str  # added, changed, unchanged
    before: Content | None
    after: Content
    said: Content  # what the next import compares its row with
    note: str = ""


def plan_import(
    rows: Sequence[ImportRow],
    own: Mapping[str, Own],
    last: Mapping[str, Content],
    *,
    words: Container[str],
    lang: str = "",
) -> list[Step]:
    """Return what each row would do; `lang` is the language of new items that name none.

    Codes of new items are made of `words` (`codes.known_words`).
    """
    shared = _shared_codes(rows)
    rows = [row.with_reference() if row.code in shared else row for row in rows]
    steps = []
    for row, code in zip(rows, assign_codes(rows, own, last, words), strict=True):
        steps.append(_step(row, code, own.get(code), last.get(code), lang))
    return steps


def _shared_codes(rows: Sequence[ImportRow]) -> set[str]:
    return {code for code, times in Counter(row.code for row in rows).items() if code and times > 1}


def _step(row: ImportRow, code: str, own: Own | None, last: Content | None, lang: str) -> Step:
    said = row.said if last is None else row.said_after(last)
    same_row = last is not None and spelled(last) == spelled(said)
    if own is None or (own.retired and not same_row):
        after = row.content
        if lang and "lang" not in after.detail:
            after = Content(after.fact, {**after.detail, "lang": lang})
        note = "comes back: it was retired" if own else ""
        return Step(row, code, ADDED, None, after, row.said, note)
    if own.retired:
        note = "stays retired: the file says the same as when it was imported"
        return Step(row, code, UNCHANGED, own.content, own.content, said, note)
    after = _merged(said, last or Content({}, {}), own.content)
    if spelled(after) != spelled(own.content):
        return Step(row, code, CHANGED, own.content, after, said)
    edited = same_row and any(
        own.content.detail.get(key) != value for key, value in said.detail.items()
    )
    note = "keeps what was edited here: the file says the same as when it was imported"
    return Step(row, code, UNCHANGED, own.content, after, said, note if edited else "")


def _merged(said: Content, last: Content, now: Content) -> Content:
    fact = _merge(said.fact, last.fact, now.fact)
    fact.setdefault("kind", now.fact["kind"])  # stated last time, and not any more
    fact.setdefault("unit", now.fact["unit"])
    detail = _merge(said.detail, last.detail, now.detail)
    more = _merge(*(c.detail.get("more", {}) for c in (said, last, now)))
    if more:
        detail["more"] = more
    else:
        detail.pop("more", None)
    return Content(fact, detail)


def _merge(
    new: Mapping[str, Any], old: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """Return `now` with whatever differs between `old` and `new`."""
    merged = dict(now)
    for key in {**old, **new}:
        if new.get(key, _ABSENT) != old.get(key, _ABSENT):
            if key in new:
                merged[key] = new[key]
            else:
                merged.pop(key, None)
    return merged


# --- undoing ------------------------------------------------------------------------------------


class Done(NamedTuple):
    """What an import did to one item; kept so that it can be undone."""

    code: str
    row: int
    before: Content | None  # None: there was none, or it was retired
    before_place: tuple[int, int] | None  # the entry that said so
    after: Content
    said: Content | None  # what the row had said at the import before
    says: Content


class Undoing(NamedTuple):
    """What undoing does to one item: restore it, retire it (no content), or leave it (a reason)."""

    code: str
    row: int
    content: Content | None = None
    left: str = ""


def plan_undo(
    done: Sequence[Done],
    own: Mapping[str, Own],
    is_erased: Callable[[tuple[int, int]], bool],
) -> list[Undoing]:
    """Return how to undo an import; items that were touched since are left as they are."""
    return [_undoing(change, own.get(change.code), is_erased) for change in done]


def _undoing(
    change: Done, own: Own | None, is_erased: Callable[[tuple[int, int]], bool]
) -> Undoing:
    def left(reason: str) -> Undoing:
        return Undoing(change.code, change.row, left=reason)

    if own is None:
        return left("was never written")
    if own.retired:
        return left("was retired since" if change.before else "is gone already")
    if spelled(own.content) != spelled(change.after):
        return left("was edited here since the import")
    if change.before is None:
        if own.held:
            return left("is held or reserved: release it first, then retire it")
        return Undoing(change.code, change.row)
    if change.before_place and is_erased(change.before_place):
        return left("what it said before was erased since")
    return Undoing(change.code, change.row, change.before)
