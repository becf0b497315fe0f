"""One question to everything that the network holds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fedlab.inventory.calendar import least_free
from fedlab.inventory.catalogue import ItemView
from fedlab.inventory.facts import KINDS, TERMS
from fedlab.inventory.item import ItemState
from fedlab.node.errors import BadRequestError
from fedlab.node.service.answers import FreeSpan, HitAnswer, LooserAnswer, SearchAnswer
from fedlab.node.service.base import Opened
from fedlab.node.service.places import find_point
from fedlab.node.service.shown import Shown, free_of, window
from fedlab.protocol.limits import HITS_MAX, QUERY_CHARS_MAX

if TYPE_CHECKING:
    from fedlab.node.search import Hit

# What of a question is a filter: without each of them, or without all, there may be more.
FILTERS: tuple[tuple[str, ...], ...] = (
    ("kind",),
    ("terms",),
    ("lab",),
    ("category",),
    ("within_km",),
    ("date_from", "date_to"),
)


class Finding:
    """The search."""

    def __init__(self, opened: Opened, shown: Shown) -> None:
        self._opened = opened
        self._shown = shown

    def search(
        self,
        text: str,
        *,
        kind: str | None = None,
        terms: Sequence[str] = (),
        category: str | None = None,
        lab: str | None = None,
        near: str | None = None,
        within_km: float | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        limit: int = 20,
        offset: int = 0,
        prefix: bool = False,
    ) -> SearchAnswer:
        """Return the best hits for a question; with `prefix`, its last word may be unfinished.

        `near` is LAT,LON, or a place that a lab names; `offset` passes over the best so many.
        """
        from fedlab.node.search import Query  # late: tantivy takes its time

        if len(text) > QUERY_CHARS_MAX:
            raise BadRequestError(
                f"a question of {len(text)} characters; {QUERY_CHARS_MAX} is the most",
                "search a few words",
            )
        answer = self._opened.index.search(
            Query(
                text=text,
                kind=_one_of(kind, KINDS, "kind"),
                terms=tuple(_one_of(term, TERMS, "terms") for term in terms),
                category=category or "",
                lab=self._opened.lab_to_read(lab) if lab else "",
                near=find_point(near, self._opened.labs().values()) if near else self._shown.here(),
                within_km=within_km,
                date_from=date_from or date_to or "",
                date_to=date_to or date_from or "",
                limit=min(max(offset, 0) + max(limit, 1), HITS_MAX),
                prefix=prefix,
            ),
            labs=self._shown.whereabouts(),
            free=self._free if date_from or date_to else None,
        )
        first, last = window(date_from or date_to or None, date_to or date_from or None)
        return SearchAnswer(
            total=answer.total,
            hits=self._answers(answer.hits[max(offset, 0) :], first, last),
            suggestions=answer.suggestions,
        )

    def looser(self, asked: Mapping[str, Any]) -> list[LooserAnswer]:
        """Return what of a question's filters to leave out so that something is found.

        Each filter that does so alone, else all together, else none; `asked` is as for `search`.
        """
        given = [group for group in FILTERS if any(asked.get(name) for name in group)]
        alone = [self._without(asked, group) for group in given]
        found = [one for one in alone if one.total]
        if not found and len(given) > 1:
            all_of_them = self._without(asked, tuple(name for group in given for name in group))
            found = [all_of_them] if all_of_them.total else []
        return found

    def _without(self, asked: Mapping[str, Any], names: tuple[str, ...]) -> LooserAnswer:
        left = {name: value for name, value in asked.items() if name not in names}
        return LooserAnswer(names, self.search(**{**left, "limit": 1, "offset": 0}).total)

    def _answers(self, hits: "Sequence[Hit]", first: str, last: str) -> list[HitAnswer]:
        """Return hits with what one needs to choose; all of them are read together."""
        opened = self._opened
        states = opened.projector.states_of([hit.item for hit in hits])
        pairs = opened.projector.seen(list(states.values()), opened.labs())
        shown = {state.id: (state, view) for state, view in pairs}
        ages = self._shown.ages({view.lab for _, view in pairs})
        return [
            _answer(hit, view, ages[view.lab], free_of(state, first, last))
            for hit in hits
            if hit.item in shown
            for state, view in [shown[hit.item]]
        ]

    def _free(self, items: list[str], date_from: str, date_to: str) -> Iterable[str]:
        """Return those of the items that are free from day to day."""
        states = self._opened.projector.states_of(items)
        return [item for item, state in states.items() if _is_free(state, date_from, date_to)]


def _answer(hit: "Hit", view: ItemView, age_s: int | None, free: tuple[FreeSpan, ...]) -> HitAnswer:
    return HitAnswer(
        item=hit.item,
        lab=view.lab,
        lab_name=view.lab_name,
        code=view.code,
        kind=view.kind,
        name=view.name,
        score=round(hit.score, 4),
        distance_km=hit.distance_km,
        age_s=age_s,
        description=view.description,
        category=view.category,
        place=view.place,
        quantity=view.quantity,
        unit=view.unit,
        terms=view.terms,
        price=view.price,
        hourly=view.hourly,
        deposit=view.deposit,
        lang=view.lang,
        photos=view.photos,
        free=free,
    )


def _is_free(state: ItemState, date_from: str, date_to: str) -> bool:
    """Say whether something is free all the time; what is unknown may be."""
    return least_free(state, date_from, date_to) != 0


def _one_of(value: str | None, allowed: tuple[str, ...], name: str) -> str:
    if value and value not in allowed:
        raise BadRequestError(f"{value!r} is no {name}", f"use {', '.join(allowed)}")
    return value or ""
