"""What is asked of tantivy for a plan: three nets, each wider than the one before.

1. *sure*: every unit is answered by what the item is, or by words of its name;
2. *likely*: every unit is answered by anything in the item;
3. *wide*: any unit, what is near to it in the thesaurus, and terms with other words among theirs.

tantivy looks at every item of a union, so a net costs what its unions hold; of a single word it
looks at no more than what else is asked for. The first two nets begin with the rarest unit and meet
the ways of a much commoner one with it one by one. The wide net is filled with the best ways first,
and only until it holds enough: in a small index that is all of them, among a million items the
nearest few.
"""

from typing import Any, Final, NamedTuple

import tantivy

from fedlab.node.search.documents import IS, MENTIONS
from fedlab.node.search.plans import Form, Plan, Unit

Q = tantivy.Query
MUST: Final = tantivy.Occur.Must
SHOULD: Final = tantivy.Occur.Should

SENSES_MAX: Final = 6  # a task has many tools: those that serve best come first
BEST_MIN: Final = 0.9
NEAR_MIN: Final = 0.1  # a concept that answers less well is not asked for
WIDE_HELD_MAX: Final = 6_000  # items in the wide net, each word counted: about 0.3 ms
WORD_OF_A_CONCEPT: Final = 0.45  # the worth of a way: as in ranking, roughly
MENTIONED: Final = 0.3
ROOT: Final = 0.3
PHRASE: Final = 0.8
NEARER: Final = 2.0  # added to scores for each ring; one rare word more is worth 3 to 10


COMMONER: Final = 2  # times as common a unit is met way by way
COPIES_MAX: Final = 16  # of the rarer units in what is asked, one for each of those ways
LABS_LISTED_MAX: Final = 32  # more than that are looked for as a set, which costs 0.3 ms


class _Way(NamedTuple):
    """One way to an item: what it is worth, how many items it leads to at most, and the query."""

    worth: float
    items: int
    asked: Any


class Nets:
    """Makes the nets for one state of the index."""

    def __init__(self, schema: tantivy.Schema, searcher: Any) -> None:
        self._schema = schema
        self._searcher = searcher

    def term(self, field: str, word: str) -> Any:
        """Return the query for one word of a field."""
        return Q.term_query(self._schema, field, word)

    def any_of(self, field: str, words: list[str]) -> Any:
        """Return a filter: one of some words in a field; it adds nothing to a score."""
        return Q.const_score_query(self._some_of(field, words), 0.0)

    def near(self, asked: Any, rings: list[list[str]]) -> Any:
        """Return what is asked in the labs of the last ring, that of the inner ones first."""
        *inner, outer = [self._some_of("facet", ring) for ring in rings]
        first = [(SHOULD, Q.const_score_query(ring, NEARER)) for ring in inner]
        return Q.boolean_query([(MUST, asked), (MUST, Q.const_score_query(outer, 0.0)), *first])

    def sure(self, plan: Plan) -> Any:
        """Return the net of items that are what is asked for, or are named so."""
        return _all([self._said(unit, plan, IS) for unit in plan.units if not unit.is_weak])

    def likely(self, plan: Plan) -> Any:
        """Return the net of items that say all that is asked for, anywhere."""
        asked = _all([self._said(unit, plan, MENTIONS) for unit in plan.units if not unit.is_weak])
        # Where it is said is not asked, so that every word is one list; it only counts.
        better = [self._said(unit, plan, IS) for unit in plan.units]
        better += [self._said(unit, plan, MENTIONS) for unit in plan.units if unit.is_weak]
        first = [(SHOULD, way.asked) for ways in better for way in ways if way.items]
        return Q.boolean_query([(MUST, asked), *first])

    def wide(self, plan: Plan) -> Any | None:
        """Return the net of the best ways to anything near; None if there is none."""
        ways = [way for unit in plan.units for way in self._ways(unit)]
        ways += [self._way(1.0, "name", pair) for pair in plan.pairs]
        asked: list[tuple[Any, Any]] = []
        held = 0
        for way in sorted(ways, key=lambda way: -way.worth):
            if not way.items or (asked and held + way.items > WIDE_HELD_MAX):
                continue
            asked.append((SHOULD, Q.boost_query(way.asked, way.worth)))
            held += way.items
        return Q.boolean_query(asked) if asked else None

    def _ways(self, unit: Unit) -> list[_Way]:
        weight = unit.weight
        ways = [
            self._way(worth * weight, "concept", IS + slug)
            for slug, worth in unit.answers.items()
            if worth >= NEAR_MIN
        ]
        for sense in unit.senses:
            ways.append(self._way(MENTIONED * weight, "concept", MENTIONS + sense.concept))
        said = WORD_OF_A_CONCEPT if unit.senses else 1.0
        for forms in unit.forms:
            for form in forms:
                if form.parts:
                    ways.append(self._apart(form.parts, 0, form.worth * weight))
                else:
                    ways.append(self._way(form.worth * said * weight, "name", form.stem))
                if form.root:
                    ways.append(self._way(form.worth * ROOT * weight, "text", form.root))
        for _, phrase in unit.phrases:
            ways.append(self._apart(phrase, int(len(phrase) > 2), PHRASE * weight))
        return ways

    def _way(self, worth: float, field: str, word: str) -> _Way:
        return _Way(worth, self._searcher.doc_freq(field, word), self.term(field, word))

    def _apart(self, words: tuple[str, ...], missing: int, worth: float) -> _Way:
        """Return names that have all of some words, or all but so many."""
        counts = sorted(self._searcher.doc_freq("name", word) for word in words)
        asked = Q.boolean_query(
            [(SHOULD, self.term("name", word)) for word in words],
            minimum_number_should_match=len(words) - missing,
        )
        return _Way(worth, sum(counts) if counts[missing] else 0, asked)

    def _said(self, unit: Unit, plan: Plan, how: str) -> list[_Way]:
        """Return the ways to items that are, or only mention, what a unit means or says."""
        senses = unit.senses
        if how == IS and len(senses) > SENSES_MAX:
            senses = tuple(sense for sense in senses if sense.worth >= BEST_MIN) or senses
        ways = [self._way(1.0, "concept", how + sense.concept) for sense in senses]
        words = [self._forms(forms, plan, how) for forms in unit.forms]
        ways += words[0] if len(words) == 1 else [_Way(1.0, min(map(_items, words)), _all(words))]
        return ways

    def _forms(self, forms: tuple[Form, ...], plan: Plan, how: str) -> list[_Way]:
        """Return the ways to items that have a word in the name, or anywhere, in any form."""
        ways = []
        for form in forms:
            if form.parts:
                ways.append(self._apart(form.parts, 0, 1.0))
            elif how == MENTIONS and form.root:  # the roots of names are among those of texts
                ways.append(self._way(1.0, "text", form.root))
            else:
                ways.append(self._way(1.0, "name", form.stem))
        ways += [self._way(1.0, "name", pair) for pair in plan.pairs]
        return ways

    def _some_of(self, field: str, words: list[str]) -> Any:
        if len(words) > LABS_LISTED_MAX:
            return Q.term_set_query(self._schema, field, words)
        return _either([self.term(field, word) for word in words])


def _all(parts: list[list[_Way]]) -> Any:
    """Return what every part leads to."""
    rarest, *commoner = sorted(parts, key=_items)
    asked, items, copies = _any(rarest), _items(rarest), 1
    for ways in commoner:
        if _items(ways) > COMMONER * items and copies * len(ways) <= COPIES_MAX:
            copies *= len(ways)
            asked = _either([Q.boolean_query([(MUST, asked), (MUST, w.asked)]) for w in ways])
        else:
            asked = Q.boolean_query([(MUST, asked), (MUST, _any(ways))])
    return asked


def _items(ways: list[_Way]) -> int:
    return sum(way.items for way in ways)


def _any(ways: list[_Way]) -> Any:
    """Return what any of some ways leads to; those that lead nowhere are left out."""
    return _either([way.asked for way in ways if way.items] or [ways[0].asked])


def _either(asked: list[Any]) -> Any:
    return asked[0] if len(asked) == 1 else Q.boolean_query([(SHOULD, one) for one in asked])
