"""What a searcher may have meant: how a query is cut into the units of a plan."""

from importlib.resources import files
from itertools import pairwise
from typing import Final

from fedlab.inventory.smallwords import (
    ASKING,
    CONTAINERS,
    HOLDERS,
    LEARNING,
    PARTS,
    PURPOSE,
    SHAPES,
    WEAK,
)
from fedlab.inventory.spelling import Speller
from fedlab.inventory.tasks import Task, Tasks
from fedlab.inventory.thesaurus import Match, Sense, Thesaurus
from fedlab.inventory.words import Word, is_code
from fedlab.node.search.answering import Answers
from fedlab.node.search.guessing import COMPLETION_WORTH, COMPLETIONS_MAX, SIZE, Guessing
from fedlab.node.search.plans import (
    WEAK_WEIGHT,
    Form,
    IndexWords,
    Plan,
    Unit,
    is_action,
    said_before,
)
from fedlab.protocol.limits import QUERY_CHARS_MAX, QUERY_WORDS_MAX

CONCEPT_WEIGHT: Final = 1.0
WORD_WEIGHT: Final = 0.7
CODE_WEIGHT: Final = 0.5
HEAD_WEIGHT: Final = 1.4  # the noun that says what is sought, and what says more of it
REST_WEIGHT: Final = 0.7
SHAPE_WEIGHT: Final = 0.35  # rod, where it is said of what
OBJECT_WEIGHT: Final = 0.5  # of what is worked on, where what is done is said too
SAID_BESIDES: Final = 0.3  # a word beside a task
PHRASES_MAX: Final = 16


class Planner:
    """Makes plans; knows the thesaurus and the words of the index."""

    def __init__(self, thesaurus: Thesaurus, speller: Speller) -> None:
        self._thesaurus = thesaurus
        self._answers = Answers(thesaurus)
        self._speller = speller
        self._tasks = Tasks(files("fedlab.inventory").joinpath("tasks.tsv").read_text("utf-8"))
        speller.add(sorted(self._tasks.spellings))

    def plan(self, text: str, index: IndexWords, *, unfinished: bool = False) -> Plan:
        """Return the plan of a query, the last word of which may be unfinished."""
        typed = self._thesaurus.words.read(text[:QUERY_CHARS_MAX])[:QUERY_WORDS_MAX]
        wants_skill = any(word.folded in LEARNING for word in typed)
        # One slip is not enough to go by here: all guesses are weighed below.
        asked = self._joined(self._asked(typed), index)
        words = [word._replace(mark=word.stem) for word in asked]
        guessing = Guessing(self._thesaurus, self._tasks, self._speller, index)
        forms = [guessing.forms(word) for word in words]
        if unfinished and words:
            forms[-1] += guessing.completed(words[-1])
        meant = guessing.meant(words, forms)
        matches = self._thesaurus.matches(meant, thorough=True)
        if unfinished and meant:
            matches = self._unfinished(meant, matches)
        task = self._task(meant, matches)
        units = self._units(meant, forms, matches, _before_purpose(typed, words), task)
        pairs = [a.stem + b.folded for a, b in pairwise(words)]
        corrected = guessing.corrected(typed, words, meant)
        return Plan(tuple(units), tuple(pairs), corrected, wants_skill)

    def _asked(self, words: list[Word]) -> list[Word]:
        """Return the words that are searched for: small ones only if there are no others."""
        telling = [word for word in words if not word.is_stop]
        in_phrases = {
            at
            for match in self._thesaurus.matches(telling)
            for at in range(match.start, match.end)
            if match.end - match.start > 1
        }
        task = self._tasks.find(telling)
        if task is not None:
            in_phrases |= task.words
        asked = [
            word
            for at, word in enumerate(telling)
            if at in in_phrases or (word.folded not in ASKING and word.folded not in LEARNING)
        ]
        return asked or telling or words

    def _joined(self, words: list[Word], index: IndexWords) -> list[Word]:
        """Return the words, two that are one elsewhere written so: tourne vis, 3 mm, 22 AWG."""
        joined: list[Word] = []
        at = 0
        while at < len(words):
            pair = words[at : at + 2]
            one = self._thesaurus.words["".join(word.folded for word in pair)]
            is_one = len(pair) > 1 and self._is_one(pair, one, index)
            joined.append(one if is_one else words[at])
            at += 1 + is_one
        return joined

    def _is_one(self, pair: list[Word], one: Word, index: IndexWords) -> bool:
        if is_code(pair[0].folded):
            used = all(index.is_used(word, exactly=True) for word in pair)
            is_size = SIZE.fullmatch(one.folded) is not None
            return is_size or (not used and index.is_used(one, exactly=True))
        if one.folded not in self._thesaurus.spellings or not self._thesaurus.matches([one]):
            return False
        known = self._thesaurus.matches(pair, thorough=True)
        return not any(match.end - match.start > 1 for match in known)

    def _unfinished(self, words: list[Word], matches: list[Match]) -> list[Match]:
        """Replace what the last words mean by what they may become: scie sau(teuse)."""
        for start in range(max(0, len(words) - 3), len(words)):
            if any(match.start < start < match.end for match in matches):
                continue
            senses = self._thesaurus.completions(words[start:], COMPLETIONS_MAX)
            if senses:
                said = [m for m in matches if m.start == start and m.end == len(words)]
                exact = {sense.concept: sense for m in said for sense in m.senses}
                lower = [s._replace(worth=s.worth * COMPLETION_WORTH) for s in senses]
                every = {sense.concept: sense for sense in lower} | exact
                before = [match for match in matches if match.end <= start]
                return [*before, Match(start, len(words), tuple(every.values()))]
        return matches

    def _units(
        self,
        words: list[Word],
        forms: list[tuple[Form, ...]],
        matches: list[Match],
        before: int,
        task: Task | None,
    ) -> list[Unit]:
        """Return the units; `before` is the number of words that stand before a *for*."""
        if task is not None:
            return self._for_task(words, forms, matches, before, task)
        units: list[Unit] = []
        at = 0
        for match in [*matches, Match(len(words), len(words), ())]:
            for alone in range(at, match.start):
                units.append(self._unit(words[alone : alone + 1], forms[alone : alone + 1], ()))
            if match.senses:
                span = slice(match.start, match.end)
                units.append(self._unit(words[span], forms[span], match.senses))
            at = match.end
        if any(unit.is_action for unit in units):
            # What is worked on matters less than what is done: raboter une planche.
            units = [
                unit._replace(weight=unit.weight * OBJECT_WEIGHT)
                if unit.senses and not unit.is_action
                else unit
                for unit in units
            ]
        else:
            units = self._shaped(units) or self._headed(units, before)
        strong = any(not unit.is_weak for unit in units)
        return units if strong else [unit._replace(weight=WORD_WEIGHT) for unit in units]

    def _task(self, words: list[Word], matches: list[Match]) -> Task | None:
        """Return what is to be done, unless its words are part of the name of something."""
        task = self._tasks.find(words)
        if task is None:
            return None
        for match in matches:
            span = frozenset(range(match.start, match.end))
            is_named = len(span) > 1 and not span.isdisjoint(task.verb)
            if is_named and not _says_what_is_done(words, match, task):
                return None  # fer à souder, drill bits
        return task

    def _for_task(
        self,
        words: list[Word],
        forms: list[tuple[Form, ...]],
        matches: list[Match],
        before: int,
        task: Task,
    ) -> list[Unit]:
        """Return one unit for what is to be done, and one for each thing said besides."""
        said = set(task.words)
        senses = {sense.concept: sense for sense in task.tools}
        has_object = task.words != task.verb
        for match in matches:
            # To plane is what a planer does, whatever else does it.
            span = range(match.start, match.end)
            alone = not has_object and len(task.verb) == 1
            if match.start in task.verb and (len(span) > 1 or alone):
                said.update(span)
                senses = {sense.concept: sense for sense in match.senses} | senses
        places = sorted(said)
        doing = self._unit(
            [words[at] for at in places], [forms[at] for at in places], tuple(senses.values())
        )
        units = [doing._replace(is_action=True, answers=self._answers.closely(doing.senses))]
        at = 0
        for match in [*matches, Match(len(words), len(words), ())]:
            spans = [(alone, alone + 1, ()) for alone in range(at, match.start)]
            for start, end, meaning in [*spans, (match.start, match.end, match.senses)]:
                if start == end or not said.isdisjoint(range(start, end)):
                    continue
                unit = self._unit(words[start:end], forms[start:end], meaning)
                if end > before or unit.is_weak:
                    most = OBJECT_WEIGHT if meaning else SAID_BESIDES
                    unit = unit._replace(weight=min(unit.weight, most))
                units.append(unit)
            at = match.end
        return units

    def _shaped(self, units: list[Unit]) -> list[Unit] | None:
        """Let a material weigh more than its shape: brass rod, plaque de plexi."""
        shapes = [all(word.folded in SHAPES for word in unit.words) for unit in units]
        stuff = any(
            not shape and any(self._thesaurus.is_stuff(sense.concept) for sense in unit.senses)
            for unit, shape in zip(units, shapes, strict=True)
        )
        if not stuff or not any(shapes):
            return None
        return [
            unit._replace(weight=SHAPE_WEIGHT) if shape else unit
            for unit, shape in zip(units, shapes, strict=True)
        ]

    def _headed(self, units: list[Unit], before: int) -> list[Unit]:
        """Let the noun that says what is sought weigh most: multimeter *probes*, *lame* de scie."""
        french = sum(word.french for unit in units for word in unit.words)
        head = said_before(units, before)
        if head is None:
            strong = [unit for unit in units if not unit.is_weak]
            if french < 0 and units[-1].words[0].folded in CONTAINERS:
                strong.append(units[-1])  # SD card case
            if len(strong) < 2 or not french:
                return units
            head = strong[0] if french > 0 else strong[-1]
            last = head.words[-1]
            if not (head.senses or last.folded in PARTS or last.stem in self._thesaurus.nouns):
                return units
        return [
            unit._replace(weight=max(unit.weight, WORD_WEIGHT) * HEAD_WEIGHT)
            if unit is head
            else unit
            if unit.is_weak or is_code(unit.words[0].folded)
            else unit._replace(weight=unit.weight * REST_WEIGHT)
            for unit in units
        ]

    def _unit(
        self, words: list[Word], forms: list[tuple[Form, ...]], senses: tuple[Sense, ...]
    ) -> Unit:
        if len(words) == 1 and (words[0].folded in WEAK or words[0].folded in HOLDERS):
            weight = WEAK_WEIGHT
        elif senses:
            weight = CONCEPT_WEIGHT
        elif all(is_code(word.folded) for word in words):
            weight = CODE_WEIGHT
        else:
            weight = WORD_WEIGHT
        phrases = [
            (sense.concept, phrase)
            for sense in senses
            for phrase in self._thesaurus.phrases(sense.concept)
        ]
        return Unit(
            tuple(words),
            tuple(forms),
            senses,
            self._answers.to(senses),
            tuple(phrases[:PHRASES_MAX]),
            is_action(words, senses),
            weight,
        )


def _says_what_is_done(words: list[Word], match: Match, task: Task) -> bool:
    """Say whether a phrase is a task as well, raboter une planche, rather than a thing."""
    if match.start not in task.verb:
        return False
    span = range(match.start, match.end)
    return is_action([words[at] for at in span], match.senses) or set(span) <= task.words


def _before_purpose(typed: list[Word], words: list[Word]) -> int:
    """Return how many of the words asked for stand before the first *for*."""
    at = next((at for at, word in enumerate(typed) if word.folded in PURPOSE), 0)
    said = [word.folded for word in typed[:at]]
    return sum(word.folded in said for word in words)
