"""From a plan to an answer: candidates from tantivy, strict first, then read and ranked.

Three nets, each wider than the one before, and the next is cast only where the last caught little:

1. *sure*: every unit is answered by what the item is, or by words of its name;
2. *likely*: every unit is answered by anything in the item;
3. *wide*: any unit, what is near to it in the thesaurus, and terms with other words among theirs.

So a common query costs one short look at the index, and only a rare one pays for expansion.
"""

from collections.abc import Iterable, Mapping
from heapq import nlargest, nsmallest
from operator import itemgetter
from typing import Any, Final, NamedTuple

import tantivy

from fedlab.inventory.distance import Point, kilometres
from fedlab.inventory.thesaurus import Thesaurus
from fedlab.node.search.asking import Answer, FreeItems, Hit, Query, Whereabouts
from fedlab.node.search.documents import IS, MENTIONS, Shown, facet
from fedlab.node.search.questions import Plan, Unit
from fedlab.node.search.ranking import Ranker
from fedlab.node.search.suggesting import suggestions
from fedlab.protocol.limits import HITS_MAX

Q = tantivy.Query
MUST: Final = tantivy.Occur.Must
SHOULD: Final = tantivy.Occur.Should

READ_MAX: Final = 80  # candidates of a net that are read; ten pages see them all
ENOUGH: Final = 30  # good candidates that make the next net superfluous
ANSWERS_MAX: Final = 96  # concepts near to a unit that the wide net asks for, the nearest
BROWSED_MAX: Final = 2_000  # what is put in order where nothing is asked for: ten pages of 200
SCORE_MIN: Final = 0.05  # less says nothing
TAIL: Final = 0.4  # of the best score: what has less is only related, and fills the first page
TAIL_HITS: Final = 10
NEAREST_LABS: Final = (1, 4, 16)  # rings looked at besides, when there is more than is read
NEAR_READ: Final = 20
NEAR_BONUS: Final = 0.04  # nearness and freshness only part what is equally good
NEAR_KM: Final = 20.0
FRESH_BONUS: Final = 0.02
FRESH_S: Final = 7 * 86_400.0


class _Catch(NamedTuple):
    """Candidates, and how many the net that caught enough of them held; 0 if none did."""

    items: dict[str, Shown]
    total: int


class Finder:
    """Finds with one state of the index."""

    def __init__(self, schema: tantivy.Schema, searcher: Any, thesaurus: Thesaurus) -> None:
        self._schema = schema
        self._searcher = searcher
        self._thesaurus = thesaurus

    def find(
        self, query: Query, plan: Plan, labs: Mapping[str, Whereabouts], free: FreeItems | None
    ) -> Answer:
        """Return the answer to a query."""
        limit = max(1, min(query.limit, HITS_MAX))
        distances = _distances(query.near, labs)
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
        distances: dict[str, float],
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
                scored.append(Hit(shown.item, score + _tie(distance, labs.get(lab)), distance))
        scored.sort(key=lambda hit: (-hit.score, hit.item))
        good = sum(hit.score >= TAIL * scored[0].score for hit in scored) if scored else 0
        return scored[: max(good, TAIL_HITS)]

    def _catch(
        self, plan: Plan, filters: list[Any], wanted: int, distances: dict[str, float]
    ) -> _Catch:
        """Cast one net after the other until there is enough to rank."""
        items: dict[str, Shown] = {}
        most = max(READ_MAX, 2 * wanted)
        for net in (self._sure, self._likely, self._wide):
            asked = net(plan)
            if asked is None:
                continue
            result = self._searcher.search(self._with(asked, filters), most)
            self._take(result, items)
            if result.count > most and distances:
                nearest = nsmallest(NEAREST_LABS[-1], distances, key=distances.__getitem__)
                for ring in NEAREST_LABS:
                    near = self._with(asked, [*filters, self._labs(nearest[:ring])])
                    self._take(self._searcher.search(near, NEAR_READ, count=False), items)
            if result.count >= max(ENOUGH, wanted) and net != self._wide:
                return _Catch(items, result.count)
        return _Catch(items, 0)

    def _browse(self, filters: list[Any]) -> _Catch:
        """Return what passes the filters, for people who look around without a question."""
        items: dict[str, Shown] = {}
        asked = self._with(Q.const_score_query(Q.all_query(), 1.0), filters)
        result = self._searcher.search(asked, BROWSED_MAX)
        self._take(result, items)
        return _Catch(items, result.count)

    def _take(self, result: Any, found: dict[str, Shown]) -> None:
        for _, address in result.hits:
            shown = Shown.read(bytes(self._searcher.doc(address).get_first("shown")))
            found.setdefault(shown.item, shown)

    def _with(self, asked: Any, filters: list[Any]) -> Any:
        if not filters:
            return asked
        return Q.boolean_query([(MUST, asked), *((MUST, one) for one in filters)])

    def _filters(self, query: Query, distances: dict[str, float]) -> list[Any] | None:
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
                filters.append(self._any_of("facet", words))
        if query.near is not None and query.within_km is not None:
            within = [lab for lab, km in distances.items() if km <= query.within_km]
            if not within:
                return None
            filters.append(self._labs(within))
        return filters

    def _labs(self, labs: Iterable[str]) -> Any:
        return self._any_of("facet", [f"lab:{lab}" for lab in labs])

    def _any_of(self, field: str, words: list[str]) -> Any:
        asked = (
            self._term(field, words[0])
            if len(words) == 1
            else Q.term_set_query(self._schema, field, words)
        )
        return Q.const_score_query(asked, 0.0)

    def _term(self, field: str, word: str) -> Any:
        return Q.term_query(self._schema, field, word)

    def _has_items(self, slug: str) -> bool:
        return bool(self._searcher.doc_freq("concept", IS + slug))

    def _sure(self, plan: Plan) -> Any:
        parts = []
        for unit in plan.units:
            if not unit.is_weak:
                ways = [self._term("concept", IS + sense.concept) for sense in unit.senses]
                ways.append(self._words(unit, plan, ["name"]))
                parts.append((MUST, _any(ways)))
        return Q.boolean_query(parts)

    def _likely(self, plan: Plan) -> Any:
        parts = []
        for unit in plan.units:
            ways = [self._term("concept", MENTIONS + sense.concept) for sense in unit.senses]
            ways.append(self._words(unit, plan, ["name", "text"]))
            parts.append((SHOULD if unit.is_weak else MUST, _any(ways)))
        return Q.boolean_query(parts)

    def _wide(self, plan: Plan) -> Any:
        ways = []
        for unit in plan.units:
            for slug, worth in nlargest(ANSWERS_MAX, unit.answers.items(), key=itemgetter(1)):
                ways.append(_boost(self._term("concept", IS + slug), 3 * worth * unit.weight))
            for sense in unit.senses:
                ways.append(_boost(self._term("concept", MENTIONS + sense.concept), unit.weight))
            for forms in unit.forms:
                for form in forms:
                    ways.append(_boost(self._form(form.stem, form.parts), unit.weight * form.worth))
                    if form.root:
                        ways.append(_boost(self._term("text", form.root), unit.weight * 0.5))
            ways.extend(self._phrases(unit))
        ways.extend(self._term("name", pair) for pair in plan.pairs)
        return _any(ways)

    def _phrases(self, unit: Unit) -> list[Any]:
        """Return the terms for a unit, with other words among theirs or one of them missing."""
        ways = []
        for _, phrase in unit.phrases:
            least = len(phrase) - (len(phrase) > 2)
            words = [(SHOULD, self._term("name", stem)) for stem in phrase]
            ways.append(Q.boolean_query(words, minimum_number_should_match=least))
        return ways

    def _words(self, unit: Unit, plan: Plan, fields: list[str]) -> Any:
        """Return that all words of a unit stand in some fields, in any of their forms."""
        words = []
        for forms in unit.forms:
            ways = []
            for form in forms:
                ways.append(self._form(form.stem, form.parts))
                if "text" in fields and form.root:
                    ways.append(self._term("text", form.root))
            ways.extend(self._term("name", pair) for pair in plan.pairs)
            words.append((MUST, _any(ways)))
        return words[0][1] if len(words) == 1 else Q.boolean_query(words)

    def _form(self, stem: str, parts: tuple[str, ...]) -> Any:
        if not parts:
            return self._term("name", stem)
        return Q.boolean_query([(MUST, self._term("name", part)) for part in parts])


def _in_order(items: Iterable[Shown], distances: dict[str, float]) -> list[Hit]:
    """Return items as hits, the nearest labs first, by name within a lab."""
    far = max(distances.values(), default=0.0) + 1
    hits = []
    for shown in items:
        distance = distances.get(shown.item.partition("/")[0])
        nearness = far if distance is None else distance
        hits.append((nearness, shown.squashed, Hit(shown.item, 1.0, distance)))
    return [hit for *_, hit in sorted(hits, key=lambda row: (row[0], row[1], row[2].item))]


def _any(ways: list[Any]) -> Any:
    return ways[0] if len(ways) == 1 else Q.boolean_query([(SHOULD, way) for way in ways])


def _boost(way: Any, worth: float) -> Any:
    return Q.boost_query(way, worth)


def _distances(near: Point | None, labs: Mapping[str, Whereabouts]) -> dict[str, float]:
    if near is None:
        return {}
    return {
        lab: kilometres(near, (where.lat, where.lon))
        for lab, where in labs.items()
        if where.lat is not None and where.lon is not None
    }


def _tie(distance: float | None, where: Whereabouts | None) -> float:
    """Return what parts hits that answer equally well: the nearer and the fresher first."""
    tie = 0.0
    if distance is not None:
        tie += NEAR_BONUS / (1 + distance / NEAR_KM)
    if where is not None and where.age_s is not None:
        tie += FRESH_BONUS / (1 + max(0.0, where.age_s) / FRESH_S)
    return tie
