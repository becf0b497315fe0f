"""How well an item answers a query: every unit on its own, then together.

tantivy finds candidates among a million items; this reads some hundred of them closely.
"""

from typing import Final, NamedTuple

from fedlab.inventory.words import Word, is_code
from fedlab.node.search.documents import SKILL, Shown
from fedlab.node.search.plans import CODE_LETTERS_MIN, Form, Plan, Unit

# What a word is worth by where it stands; a word of the same root is worth less.
IN_MAIN: Final = 1.0
IN_REST: Final = 0.75
IN_LABELS: Final = 0.65
IN_PURPOSE: Final = 0.4
IN_TEXT: Final = 0.35
ROOT_IN_NAME: Final = 0.75
CODE_IN_NAME: Final = 0.95  # joined to its neighbours there
CODE_IN_LABELS: Final = 0.9

WORDS_OF_A_CONCEPT: Final = 0.45  # the word is there, but the item is not that thing
OF_OTHER_MAKE: Final = 0.7  # the same thing, where a trade mark was asked for
SPELLED_OTHERWISE: Final = 0.6  # rod, where Rode was asked for
SHORT_LETTERS: Final = 4  # the stem of a shorter word may be that of another
ACTION_MENTIONED: Final = 0.42  # a description that says the thing does it
PHRASE_APART: Final = 0.8  # the words of a term, with others among them
PHRASE_MOST: Final = 0.4  # all of them but one
TAUGHT: Final = 0.8  # a course on laser cutting, where a course was asked for
SKILL_WANTED: Final = 0.3
SKILL_UNASKED: Final = -0.05
BONUS_WORDS: Final = 0.08  # the very words of the query in the name
BONUS_SHORT: Final = 0.05  # little else in the name
BONUS_CODE: Final = 0.10  # the model as it was typed, plus and all


class _Sought(NamedTuple):
    """A form, spelled as it is sought in the fields of an item."""

    stem: str
    root: str
    bare: str
    parts: tuple[str, ...]
    worth: float
    is_long_code: bool
    together: str  # its parts, side by side
    spellings: tuple[str, ...]  # of a short word: as typed, in singular or plural


class _Part(NamedTuple):
    """A unit, prepared."""

    unit: Unit
    sought: tuple[tuple[_Sought, ...], ...]
    said_most: float  # what words can be worth
    stems: tuple[str, ...]
    phrases: tuple[tuple[str, tuple[str, ...]], ...]
    phrase_words: tuple[str, ...]


class Ranker:
    """Scores candidates for one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._parts = tuple(_prepare(unit) for unit in plan.units)
        self._total = sum(unit.weight for unit in plan.units) or 1.0
        words = [word for unit in plan.units for word in unit.words]
        self._forms = {
            f" {form.stem} " for unit in plan.units for some in unit.forms for form in some
        }
        self._forms |= {f" {word.stem} " for word in words}
        has_code = any(is_code(word.folded) for word in words)
        self._squashed = "".join(word.folded for word in words) if has_code else ""

    def score(self, item: Shown) -> float:
        """Return 0 to about 1.3."""
        is_skill = item.kind == SKILL
        taught = is_skill and self._plan.wants_skill
        got = 0.0
        for part in self._parts:
            best = _meant(part, item, taught)
            if part.unit.is_make:
                best *= OF_OTHER_MAKE
            if best < part.said_most:
                best = max(best, _said(part, item))
            got += part.unit.weight * best
        score = got / self._total + self._bonus(item)
        if is_skill:
            score += SKILL_WANTED if self._plan.wants_skill else SKILL_UNASKED
        return score

    def _bonus(self, item: Shown) -> float:
        parts = self._parts
        said = sum(
            all(stem in item.main or stem in item.rest for stem in part.stems) for part in parts
        )
        bonus = BONUS_WORDS * said / max(1, len(parts))
        if item.telling:
            there = sum(form in item.main for form in self._forms)
            bonus += BONUS_SHORT * min(1.0, there / item.telling)
        if self._squashed and self._squashed in item.squashed:
            bonus += BONUS_CODE
        return bonus


def _prepare(unit: Unit) -> _Part:
    pairs = zip(unit.forms, unit.words, strict=True)
    sought = tuple(tuple(_seek(form, word) for form in forms) for forms, word in pairs)
    phrases = tuple((slug, tuple(f" {stem} " for stem in phrase)) for slug, phrase in unit.phrases)
    phrase_words = tuple({stem for _, phrase in phrases for stem in phrase})
    stems = tuple(f" {word.stem} " for word in unit.words)
    said_most = WORDS_OF_A_CONCEPT if unit.senses and not unit.is_make else 1.0
    return _Part(unit, sought, said_most, stems, phrases, phrase_words)


def _seek(form: Form, word: Word) -> _Sought:
    parts = tuple(f" {stem} " for stem in form.parts)
    in_one = is_code(form.stem) and len(form.stem) >= CODE_LETTERS_MIN
    is_short = len(word.stem) <= SHORT_LETTERS and form.stem == word.stem and word.folded.isalpha()
    single = word.folded.rstrip("sx")
    spellings = tuple(f" {single}{end} " for end in ("", "s", "x")) if is_short else ()
    together = f" {' '.join(form.parts)} "
    return _Sought(
        f" {form.stem} ",
        f" {form.root} ",
        form.stem,
        parts,
        form.worth,
        in_one,
        together,
        spellings,
    )


def _meant(part: _Part, item: Shown, taught: bool) -> float:
    """Return how far the concepts of an item answer a unit."""
    best = 0.0
    answers = part.unit.answers
    if not answers:
        return best
    least = TAUGHT if taught else ACTION_MENTIONED if part.unit.is_action else 0.0
    for slug, weight in item.concepts:
        worth = answers.get(slug)
        if worth is not None and (worth := worth * max(weight, least)) > best:
            best = worth
    if best < PHRASE_APART and part.phrases:
        best = max(best, _apart(part, item))
    return best


def _apart(part: _Part, item: Shown) -> float:
    """Return how well the words of a term stand in a name, in order, others among them.

    Not where the concept was read from the name already: then it is known what it is there.
    """
    best = 0.0
    if sum([stem in item.main for stem in part.phrase_words]) < 2:
        return best
    for slug, phrase in part.phrases:
        places = [place for stem in phrase if (place := item.main.find(stem)) >= 0]
        if len(places) < 2 or places != sorted(places):
            continue
        if any(slug == known for known, _ in item.concepts):
            continue
        if len(places) == len(phrase):
            return PHRASE_APART
        if len(places) == len(phrase) - 1:
            best = PHRASE_MOST
    return best


def _said(part: _Part, item: Shown) -> float:
    """Return how far the very words of a unit, or what they may have meant, stand in an item."""
    said = 0.0
    for forms in part.sought:
        said += max(form.worth * _place(form, item) for form in forms)
    said /= len(part.sought)
    return said * part.said_most


def _place(form: _Sought, item: Shown) -> float:
    """Return what a word is worth where it stands best."""
    if form.parts and is_code(form.parts[0]):
        return _place_of(form.together, item)
    if form.parts:
        return min(_place_of(stem, item) for stem in form.parts)
    worth = _place_of(form.stem, item)
    if worth and form.spellings and not any(word in item.spelled for word in form.spellings):
        worth *= SPELLED_OTHERWISE
    if form.is_long_code and worth < CODE_IN_LABELS:
        at = (squashed := item.squashed).find(form.bare)
        if at >= 0:
            return CODE_IN_NAME if at < squashed.find("|") else CODE_IN_LABELS
    if worth < ROOT_IN_NAME and form.root in item.roots and not form.spellings:
        return ROOT_IN_NAME
    if worth < IN_TEXT and form.root in item.text:
        return IN_TEXT
    return worth


def _place_of(stem: str, item: Shown) -> float:
    if stem in item.main:
        return IN_MAIN
    if stem in item.rest:
        return IN_REST
    if stem in item.labels:
        return IN_LABELS
    return IN_PURPOSE if stem in item.purpose else 0.0
