"""Needs: what this lab seeks and nobody's inventory answers, and what other labs seek."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta

from fedlab.inventory.catalogue import LabView, Told
from fedlab.inventory.facts import KINDS, TERMS, UNITS
from fedlab.ledger.needs import ENDINGS, NeedClose, NeedJoin, NeedPublish, NeedState
from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.service import names
from fedlab.node.service.base import Opened
from fedlab.node.service.shown import Shown, distance_km, point_of
from fedlab.node.store.base import Place
from fedlab.node.writer import Draft, fact_of
from fedlab.protocol.entry import EntryId, LabId, encode_detail, or_none
from fedlab.protocol.limits import (
    NEED_TEXT_CHARS_MAX,
    NEED_TITLE_CHARS_MAX,
    NEEDS_LISTED_MAX,
    NEEDS_READ_MAX,
    SALT_BYTES,
)

_TEXTS: Final = frozenset({"title", "description", "lang"})
_read = msgspec.msgpack.Decoder(NeedState).decode
_PAGE: Final = 500


class NewNeed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is sought: quantity in thousandths; `until` is the last day on which it is of use."""

    title: Annotated[str, Meta(max_length=NEED_TITLE_CHARS_MAX)]
    description: Annotated[str, Meta(max_length=NEED_TEXT_CHARS_MAX)] = ""
    kind: str = "tool"
    unit: str = "piece"
    quantity: int | None = None
    terms: tuple[str, ...] = ()
    until: str | None = None


class NeedWord(msgspec.Struct):
    """What a lab says to a need: it has it, as the item of that code, or needs it too."""

    lab: LabId
    lab_name: str
    code: str | None
    quantity: int | None
    at: int


class NeedAnswer(msgspec.Struct, kw_only=True):
    """A need with what other labs say to it; `open` until its publisher has closed it."""

    need: EntryId
    lab: LabId
    lab_name: str
    own: bool
    title: str
    description: str
    lang: str
    kind: str
    unit: str
    quantity: int | None
    terms: tuple[str, ...]
    until: str | None
    published_at: int
    open: bool
    ending: str | None
    joined: list[NeedWord]
    distance_km: float | None
    age_s: int | None


class NeedsAnswer(msgspec.Struct):
    """Needs, the newest first."""

    needs: list[NeedAnswer]


class NeedDone(msgspec.Struct):
    """The need that a command was about, and the entry that says so."""

    need: EntryId
    entry: EntryId


class Needs:
    """The commands about needs."""

    def __init__(self, opened: Opened, shown: Shown) -> None:
        self._opened = opened
        self._shown = shown

    # --- saying -----------------------------------------------------------------------------------

    def publish(self, need: NewNeed) -> NeedDone:
        """Say what this lab seeks."""
        title = " ".join(need.title.split())
        if not title:
            raise BadRequestError("a need says what is sought", "give --title")
        fact = _checked_publish(need)
        lang = self._opened.labs()[self._opened.lab].lang
        told = {"title": title, "description": need.description.strip(), "lang": lang}
        kept = {name: text for name, text in told.items() if text}
        entry = self._opened.append_one(Draft(fact, encode_detail(kept)))
        return NeedDone(entry, entry)

    def join(self, need: str, code: str | None = None, quantity: int | None = None) -> NeedDone:
        """Say that this lab has what another seeks, as the item of that code, or needs it too."""
        state = self._named(need)
        if state.lab == self._opened.lab:
            raise ConflictError("this need is this lab's own", "join another lab's")
        if state.ending is not None:
            raise ConflictError("this need is closed", "see `fedlab need list`")
        if quantity is not None and quantity <= 0:
            raise BadRequestError("a quantity is more than nothing", "leave it out if unknown")
        if code is not None:
            code = names.item_code(code)
            item = self._opened.projector.state(self._opened.lab, code)
            if item is None or item.retired:
                raise NotFoundError(f"this lab has no item {code}", "add it to the inventory first")
        fact = fact_of(NeedJoin, {"need": state.id, "code": code, "quantity": quantity})
        return NeedDone(state.id, self._opened.append_one(Draft(fact)))

    def close(self, need: str, ending: str = "other") -> NeedDone:
        """Close a need of this lab's, or take back what it has said to another's."""
        state = self._named(need)
        if ending not in ENDINGS:
            raise BadRequestError(f"{ending!r} is no ending", f"use {', '.join(ENDINGS)}")
        own = state.lab == self._opened.lab
        if own and state.ending is not None:
            raise ConflictError("this need is closed already", "publish it again if it came back")
        if not own and self._opened.lab not in {word.lab for word in state.joined}:
            raise ConflictError("this lab has not joined this need", "only its own word ends here")
        fact = fact_of(NeedClose, {"need": state.id, "ending": ending})
        return NeedDone(state.id, self._opened.append_one(Draft(fact)))

    # --- showing ----------------------------------------------------------------------------------

    def list(self, *, own: bool = False, closed: bool = False) -> NeedsAnswer:
        """Return the open needs of all labs that are shown here, the newest first.

        With `own`, only those that this lab has published or joined; with `closed`, also those
        that are closed.
        """
        hidden = self._opened.hidden()
        states = [
            state
            for state in self._states(self._opened.lab if own else None)
            if state.lab not in hidden and (closed or state.ending is None)
        ]
        states.sort(key=lambda state: (-state.fact.at, state.id))
        return NeedsAnswer([*self._answers(states[:NEEDS_LISTED_MAX], hidden)])

    def show(self, need: str) -> NeedAnswer:
        """Return one need; raises NotFoundError."""
        (answer,) = self._answers([self._named(need)], self._opened.hidden())
        return answer

    def count(self) -> int:
        """Return how many needs are open."""
        return len(self.list().needs)

    # --- shared -----------------------------------------------------------------------------------

    def _states(self, lab: LabId | None) -> Iterable[NeedState]:
        """Yield the needs that are held, or those that a lab has part in."""
        subjects, after, left = self._opened.store.projections.subjects, 0, NEEDS_READ_MAX
        while left > 0:
            if lab is None:
                found = subjects.of_kind("need", after=after, limit=_PAGE)
            else:
                found = subjects.of_lab("need", lab, after=after, limit=_PAGE)
            yield from (_read(one.state) for one in islice(found, left) if one.state is not None)
            if len(found) < _PAGE:
                return
            after, left = found[-1].id, left - len(found)

    def _named(self, need: str) -> NeedState:
        """Return the need of that entry id, or prefix of one."""
        text = need.strip().lower()
        if not names.ENTRY_PREFIX.fullmatch(text):
            raise BadRequestError(
                f"{need!r} does not name a need", "give at least 8 digits of its id"
            )
        hidden = self._opened.hidden()
        found = self._opened.store.projections.subjects.find("need", text)
        states = [_read(one.state) for one in found if one.state is not None]
        shown = [state for state in states if state.lab not in hidden]
        if not shown:
            raise NotFoundError(f"no need is known as {need!r}", "see `fedlab need list`")
        if len(shown) > 1:
            raise BadRequestError(f"{need!r} names several needs", "give more of the id")
        return shown[0]

    def _answers(
        self, states: Sequence[NeedState], hidden: frozenset[LabId]
    ) -> Sequence[NeedAnswer]:
        opened = self._opened
        places = [Place(state.lab, state.entry.epoch, state.entry.index) for state in states]
        details = opened.store.details_of(places)
        labs, here = opened.labs(), self._shown.here()
        ages = self._shown.ages({state.lab for state in states})
        answers = []
        for state, blob in zip(states, details, strict=True):
            texts = Told(blob[SALT_BYTES:] if blob else None).shown(_TEXTS)
            view, fact = labs.get(state.lab), state.fact
            words = [
                NeedWord(word.lab, _name(labs, word.lab), word.code, word.quantity, word.at)
                for word in state.joined
                if word.lab not in hidden
            ]
            answers.append(
                NeedAnswer(
                    need=state.id,
                    lab=state.lab,
                    lab_name=_name(labs, state.lab),
                    own=state.lab == opened.lab,
                    title=texts.get("title") or state.id[:8],
                    description=texts.get("description", ""),
                    lang=texts.get("lang", ""),
                    kind=fact.kind,
                    unit=fact.unit,
                    quantity=or_none(fact.quantity),
                    terms=() if fact.terms is UNSET else fact.terms,
                    until=or_none(fact.until),
                    published_at=fact.at,
                    open=state.ending is None,
                    ending=state.ending,
                    joined=words,
                    distance_km=distance_km(here, point_of(view)) if view else None,
                    age_s=ages[state.lab],
                )
            )
        return answers


def _checked_publish(need: NewNeed) -> NeedPublish:
    """Return the fact; raise BadRequestError for a word or a day that cannot stand in it."""
    for name, value, allowed in (
        ("kind", need.kind, KINDS),
        ("unit", need.unit, UNITS),
        *(("terms", term, TERMS) for term in need.terms),
    ):
        if value not in allowed:
            raise BadRequestError(f"{value!r} is no {name}", f"use {', '.join(allowed)}")
    fields = {
        "kind": need.kind,
        "unit": need.unit,
        "quantity": need.quantity,
        "terms": sorted(set(need.terms)) or None,
        "until": need.until,
    }
    try:
        return fact_of(NeedPublish, fields)
    except msgspec.ValidationError as exc:
        raise BadRequestError(f"this need cannot be said: {exc}", "see its `--help`") from exc


def _name(labs: Mapping[LabId, LabView], lab: LabId) -> str:
    view = labs.get(lab)
    return view.name if view else lab[:8]
