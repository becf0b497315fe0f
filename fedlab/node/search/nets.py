"""What is asked of tantivy for a plan: three nets, each wider than the one before.

1. *sure*: every unit is answered by what the item is, or by words of its name;
2. *likely*: every unit is answered by anything in the item;
3. *wide*: any unit, what is near to it in the thesaurus, and terms with other words among theirs.

tantivy looks at every item that a word stands in, so a net costs what it holds. The wide one is
filled with the best ways first, and only until it holds enough: in a small index that is all of
them, among a million items the nearest few.
"""

from typing import Any, Final, NamedTuple

import tantivy

from fedlab.node.search.documents import IS, MENTIONS
from fedlab.node.search.questions import Form, Plan, Unit

Q = tantivy.Query
MUST: Final = tantivy.Occur.Must
SHOULD: Final = tantivy.Occur.Should

NEAR_MIN: Final = 0.1  # a concept that answers less well is not asked for
WIDE_HELD_MAX: Final = 6_000  # items in the wide net, each word counted: about 0.3 ms
WORD_OF_A_CONCEPT: Final = 0.45  # the worth of a way: as in ranking, roughly
MENTIONED: Final = 0.3
ROOT: Final = 0.3
PHRASE: Final = 0.8


class _Way(NamedTuple):
    """One way to an item: what it is worth, how many items it leads to, and the query."""

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
        if len(words) == 1:
            return Q.const_score_query(self.term(field, words[0]), 0.0)
        return Q.const_score_query(Q.term_set_query(self._schema, field, words), 0.0)

    def sure(self, plan: Plan) -> Any:
        """Return the net of items that are what is asked for, or are named so."""
        parts = []
        for unit in plan.units:
            if not unit.is_weak:
                ways = [self.term("concept", IS + sense.concept) for sense in unit.senses]
                ways.append(self._words(unit, plan, anywhere=False))
                parts.append((MUST, _any(ways)))
        return Q.boolean_query(parts)

    def likely(self, plan: Plan) -> Any:
        """Return the net of items that say all that is asked for, anywhere."""
        parts = []
        for unit in plan.units:
            ways = [self.term("concept", MENTIONS + sense.concept) for sense in unit.senses]
            ways.append(self._words(unit, plan, anywhere=True))
            parts.append((SHOULD if unit.is_weak else MUST, _any(ways)))
        return Q.boolean_query(parts)

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

    def _words(self, unit: Unit, plan: Plan, *, anywhere: bool) -> Any:
        """Return that all words of a unit stand in the name, or anywhere, in any form."""
        words = []
        for forms in unit.forms:
            ways = []
            for form in forms:
                ways.append(self._form(form))
                if anywhere and form.root:
                    ways.append(self.term("text", form.root))
            ways.extend(self.term("name", pair) for pair in plan.pairs)
            words.append((MUST, _any(ways)))
        return words[0][1] if len(words) == 1 else Q.boolean_query(words)

    def _form(self, form: Form) -> Any:
        if not form.parts:
            return self.term("name", form.stem)
        return Q.boolean_query([(MUST, self.term("name", part)) for part in form.parts])


def _any(ways: list[Any]) -> Any:
    return ways[0] if len(ways) == 1 else Q.boolean_query([(SHOULD, way) for way in ways])
