"""From a plan to an answer: candidates from tantivy, strict first, then read and ranked.

The next net is cast only where the last caught little. So a common question costs one short look
at the index, and only a rare one pays for expansion.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

import tantivy

from fedlab.inventory.thesaurus import Thesaurus
from fedlab.node.search.asking import Answer, FreeItems, Hit, Query, Whereabouts
from fedlab.node.search.documents import IS, Shown, facet
from fedlab.node.search.nearness import tie
from fedlab.node.search.nets import MUST, Nets, Q
from fedlab.node.search.plans import Plan
from fedlab.node.search.ranking import Ranker
from fedlab.node.search.suggesting import suggestions
from fedlab.protocol.limits import HITS_MAX

READ_MAX: Final = 40  # candidates of a net that are read; ten pages see them all
ENOUGH: Final = 30  # good candidates that make the next net superfluous
BROWSED_MAX: Final = 2_000  # what is put in order where nothing is asked for: ten pages of 200
SCORE_MIN: Final = 0.05  # less says nothing
TAIL: Final = 0.4  # of the best score: what has less is only related, and fills the first page
TAIL_HITS: Final = 10
NEAREST_LABS: Final = (1, 4, 16)  # rings looked at besides, when there is more than is read
NEAR_READ: Final = 20


class _Catch(NamedTuple):
    """Candidates, and how many the net that caught enough of them held; 0 if none did."""

    items: dict[str, Shown]
    total: int


class Finder:
    """Finds with one state of the index."""

    def __init__(self, schema: tantivy.Schema, searcher: Any, thesaurus: Thesaurus) -> None:
        self._nets = Nets(schema, searcher)
        self._searcher = searcher
        self._thesaurus = thesaurus

    def find(
        self,
        query: Query,
        plan: Plan,
        labs: Mapping[str, Whereabouts],
        distances: Mapping[str, float],
        free: FreeItems | None,
    ) -> Answer:
        """Return the answer to a query; `distances` are those of labs, the nearest first."""
        limit = max(1, min(query.limit, HITS_MAX))
        filters = self._filters(query, distances)
        is_dated = free is not None and bool(query.date_from)
        if filters is None or not (plan.units or filters or is_dated):
            return Answer(0, [])
        if plan.units:
            caught = self._catch(plan, filters, HITS_MAX if is_dated else limit, distances)
            scored = self._rank(plan, caught.items.values(), distances, labs)
        else:
            caught = self._browse(filters)
            scored = _in_order(caught.items.values(), distances)
        total, is_exact = max(caught.total, len(scored)), True
        if free is not None and is_dated:
            names = [hit.item for hit in scored]
            kept = set(free(names, query.date_from, query.date_to or query.date_from))
            scored = [hit for hit in scored if hit.item in kept]
            total, is_exact = len(scored), caught.total <= len(names)
        meant = suggestions(plan, self._thesaurus, self._has_items, found_any=bool(scored))
        return Answer(total, scored[:limit], meant, is_exact)

    def _rank(
        self,
        plan: Plan,
        items: Iterable[Shown],
        distances: Mapping[str, float],
        labs: Mapping[str, Whereabouts],
    ) -> list[Hit]:
        """Return the hits, best first, without a long tail of what is only related."""
        ranker = Ranker(plan)
        scored = []
        for shown in items:
            score = ranker.score(shown)
            if score >= SCORE_MIN:
                lab = shown.item.partition("/")[0]
                distance = distances.get(lab)
                scored.append(Hit(shown.item, score + tie(distance, labs.get(lab)), distance))
        scored.sort(key=lambda hit: (-hit.score, hit.item))
        good = sum(hit.score >= TAIL * scored[0].score for hit in scored) if scored else 0
        return scored[: max(good, TAIL_HITS)]

    def _catch(
        self, plan: Plan, filters: list[Any], wanted: int, distances: Mapping[str, float]
    ) -> _Catch:
        """Cast one net after the other until there is enough to rank."""
        items: dict[str, Shown] = {}
        seen: set[tuple[int, int]] = set()
        enough = max(ENOUGH, wanted)
        nets = self._nets
        for net in (nets.sure, nets.likely):
            asked = net(plan)
            most = max(2 * wanted, READ_MAX - len(items))
            result = self._searcher.search(self._with(asked, filters), most)
            self._take(result, items, seen)
            if result.count > most:
                self._take_near(asked, filters, distances, items, seen)
            if result.count >= enough:
                return _Catch(items, result.count)
        asked = nets.wide(plan)
        if asked is not None:
            most = max(enough, READ_MAX - len(items))
            result = self._searcher.search(self._with(asked, filters), most, count=False)
            self._take(result, items, seen)
        return _Catch(items, 0)

    def _take_near(
        self,
        asked: Any,
        filters: list[Any],
        distances: Mapping[str, float],
        items: dict[str, Shown],
        seen: set[tuple[int, int]],
    ) -> None:
        """Look at the nearest labs besides, where there is more than is read."""
        nearest = [f"lab:{lab}" for lab in islice(distances, NEAREST_LABS[-1])]
        if nearest:
            near = self._nets.near(asked, [nearest[:count] for count in NEAREST_LABS])
            result = self._searcher.search(self._with(near, filters), NEAR_READ, count=False)
            self._take(result, items, seen)

    def _browse(self, filters: list[Any]) -> _Catch:
        """Return what passes the filters, for people who look around without a question."""
        items: dict[str, Shown] = {}
        asked = self._with(Q.const_score_query(Q.all_query(), 1.0), filters)
        result = self._searcher.search(asked, BROWSED_MAX)
        self._take(result, items, set())
        return _Catch(items, result.count)

    def _take(self, result: Any, items: dict[str, Shown], seen: set[tuple[int, int]]) -> None:
        for _, address in result.hits:
            place = address.segment_ord, address.doc
            if place not in seen:
                seen.add(place)
                stored = self._searcher.doc(address).get_first("shown")
                shown = Shown.read(bytes(stored))
                items[shown.item] = shown

    def _with(self, asked: Any, filters: list[Any]) -> Any:
        if not filters:
            return asked
        return Q.boolean_query([(MUST, asked), *((MUST, one) for one in filters)])

    def _filters(self, query: Query, distances: Mapping[str, float]) -> list[Any] | None:
        """Return what every hit must match; None if nothing can."""
        filters = []
        for name, values in (
            ("kind", [query.kind]),
            ("lab", [query.lab]),
            ("category", [query.category]),
            ("terms", query.terms),
        ):
            words = [facet(name, value) for value in values if value]
            if words:
                filters.append(self._nets.any_of("facet", words))
        if query.near is not None and query.within_km is not None:
            within = [lab for lab, km in distances.items() if km <= query.within_km]
            if not within:
                return None
            filters.append(self._labs(within))
        return filters

    def _labs(self, labs: Iterable[str]) -> Any:
        return self._nets.any_of("facet", [f"lab:{lab}" for lab in labs])

    def _has_items(self, slug: str) -> bool:
        return bool(self._searcher.doc_freq("concept", IS + slug))


def _in_order(items: Iterable[Shown], distances: Mapping[str, float]) -> list[Hit]:
    """Return items as hits, the nearest labs first, by name within a lab."""
    far = max(distances.values(), default=0.0) + 1
    hits = []
    for shown in items:
        distance = distances.get(shown.item.partition("/")[0])
        nearness = far if distance is None else distance
        hits.append((nearness, shown.spelled, Hit(shown.item, 1.0, distance)))
    return [hit for *_, hit in sorted(hits, key=lambda row: (row[0], row[1], row[2].item))]
