"""One question to everything that the network holds."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fedlab.inventory.calendar import least_free
from fedlab.inventory.catalogue import ItemView
from fedlab.inventory.distance import Point
from fedlab.inventory.facts import KINDS, TERMS
from fedlab.inventory.item import ItemState
from fedlab.node.errors import BadRequestError
from fedlab.node.service.answers import HitAnswer, SearchAnswer
from fedlab.node.service.base import Opened
from fedlab.node.service.shown import Shown
from fedlab.protocol.limits import HITS_MAX, QUERY_CHARS_MAX

if TYPE_CHECKING:
    from fedlab.node.search import Hit


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
        prefix: bool = False,
    ) -> SearchAnswer:
        """Return the best hits for a question; with `prefix`, its last word may be unfinished."""
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
                near=read_point(near) if near else self._shown.here(),
                within_km=within_km,
                date_from=date_from or date_to or "",
                date_to=date_to or date_from or "",
                limit=min(max(limit, 1), HITS_MAX),
                prefix=prefix,
            ),
            labs=self._shown.whereabouts(),
            free=self._free if date_from or date_to else None,
        )
        items = [hit.item for hit in answer.hits]
        views = self._opened.projector.views_of(items, self._opened.labs())
        ages = self._shown.ages({view.lab for view in views.values()})
        return SearchAnswer(
            total=answer.total,
            hits=[
                _answer(hit, view, ages[view.lab])
                for hit in answer.hits
                if (view := views.get(hit.item)) is not None
            ],
            suggestions=answer.suggestions,
        )

    def _free(self, items: list[str], date_from: str, date_to: str) -> Iterable[str]:
        """Return those of the items that are free from day to day."""
        states = self._opened.projector.states_of(items)
        return [item for item, state in states.items() if _is_free(state, date_from, date_to)]


def _answer(hit: "Hit", view: ItemView, age_s: int | None) -> HitAnswer:
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
    )


def _is_free(state: ItemState, date_from: str, date_to: str) -> bool:
    """Say whether something is free all the time; what is unknown may be."""
    return least_free(state, date_from, date_to) != 0


def read_point(text: str) -> Point:
    """Return LAT,LON in degrees; raise BadRequestError if it is no place on Earth."""
    try:
        lat, lon = (float(part) for part in text.split(","))
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise ValueError(text)
    except ValueError:
        raise BadRequestError(
            f"{text!r} is not a place", "write latitude,longitude, such as 48.39,-4.49"
        ) from None
    return lat, lon


def _one_of(value: str | None, allowed: tuple[str, ...], name: str) -> str:
    if value and value not in allowed:
        raise BadRequestError(f"{value!r} is no {name}", f"use {', '.join(allowed)}")
    return value or ""
