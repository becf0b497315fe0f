"""What a searcher may have meant: how a query is cut into the units of a plan."""

import re
from importlib.resources import files
from itertools import islice, pairwise, product
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
from fedlab.inventory.spelling import Guess, Speller, letters_between
from fedlab.inventory.tasks import Task, Tasks
from fedlab.inventory.thesaurus import Match, Sense, Thesaurus
from fedlab.inventory.words import Word, is_code, root, stem
from fedlab.node.search.answering import Answers
from fedlab.node.search.plans import (
    CODE_LETTERS_MIN,
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
GUESS_WORTH: Final = (1.0, 0.92, 0.85, 0.75, 0.7, 0.6)  # by half letters of distance
COMPLETION_WORTH: Final = 0.9
GUESSES_MAX: Final = 4
PHRASINGS_MAX: Final = 27
COMPLETIONS_MAX: Final = 12
PHRASES_MAX: Final = 16


_SIZE: Final = re.compile(
    r"(\d+(?:\.\d+)?)(mm|cm|dm|m|km|um|in|inch|pouces?|g|kg|mg|t|ml|cl|l|w|kw|v|kv|a|ah|mah|hz|khz"
    r"|mhz|ghz|go|gb|to|tb|bars?|nm|ohms?)"
)


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
        guesses: dict[str, list[Guess]] = {}
        forms = [self._forms(word, index, guesses) for word in words]
        if unfinished and words:
            forms[-1] += self._completed(words[-1], index)
        meant = self._meant(words, forms)
        matches = self._thesaurus.matches(meant, thorough=True)
        if unfinished and meant:
            matches = self._unfinished(meant, matches)
        task = self._task(meant, matches)
        units = self._units(meant, forms, matches, _before_purpose(typed, words), task)
        pairs = [a.stem + b.folded for a, b in pairwise(words)]
        better = self._better(words, meant, index, guesses)
        return Plan(tuple(units), tuple(pairs), _corrected(typed, better), wants_skill)

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
            is_size = _SIZE.fullmatch(one.folded) is not None
            return is_size or (not used and index.is_used(one, exactly=True))
        if one.folded not in self._thesaurus.spellings or not self._thesaurus.matches([one]):
            return False
        known = self._thesaurus.matches(pair, thorough=True)
        return not any(match.end - match.start > 1 for match in known)

    def _forms(
        self, word: Word, index: IndexWords, guesses: dict[str, list[Guess]]
    ) -> tuple[Form, ...]:
        """Return the word, and if nobody uses it, what it may have been meant to be."""
        itself = Form(word.stem, word.root, 1.0)
        size = _SIZE.fullmatch(word.folded)
        if size:  # 3mm and 3 mm
            return itself, Form(f"{size[1]} {size[2]}", "", 1.0, (size[1], stem(size[2])))
        known = self._thesaurus.is_known(word.stem) or self._tasks.is_known(word.stem)
        if known or index.is_used(word):
            return (itself,)
        found = {itself.stem: itself}
        for form in (*self._halves(word, index), *self._guessed(word, index, guesses)):
            found.setdefault(form.stem, form)
        return tuple(found.values())

    def _halves(self, word: Word, index: IndexWords) -> list[Form]:
        """Return the two used words that are written as one: speedy100, bandsaw."""
        for at in range(2, len(word.stem)):
            halves = [self._thesaurus.words[part] for part in (word.stem[:at], word.stem[at:])]
            solid = [half for half in halves if not half.is_stop]
            long = is_code(word.stem) or all(len(half.stem) > 2 for half in halves)
            if solid and long and all(index.is_used(half) for half in solid):
                parts = tuple(half.stem for half in solid)
                return [Form(word.stem, word.root, 1.0), Form(" ".join(parts), "", 0.95, parts)]
        return []

    def _guessed(
        self, word: Word, index: IndexWords, guesses: dict[str, list[Guess]]
    ) -> list[Form]:
        if not is_code(word.folded):
            guesses[word.folded] = self._speller.guesses(word.folded, GUESSES_MAX)
            return [
                Form(meant.stem, meant.root, GUESS_WORTH[min(int(guess.distance * 2), 5)])
                for guess in guesses[word.folded]
                for meant in (self._thesaurus.words[guess.word],)
            ]
        if len(word.stem) < CODE_LETTERS_MIN:
            return []
        near = [
            Form(other, other, COMPLETION_WORTH if other.startswith(word.stem) else GUESS_WORTH[2])
            for other in index.beginning(word.stem[:2], 200)
            if other.startswith(word.stem)
            or (abs(len(other) - len(word.stem)) <= 1 and letters_between(word.stem, other, 1) <= 1)
        ]
        return near[:GUESSES_MAX]

    def _completed(self, word: Word, index: IndexWords) -> tuple[Form, ...]:
        stems = index.beginning(word.folded, COMPLETIONS_MAX) if len(word.folded) > 1 else ()
        return tuple(
            Form(other, root(other), COMPLETION_WORTH) for other in stems if other != word.stem
        )

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

    def _meant(self, words: list[Word], forms: list[tuple[Form, ...]]) -> list[Word]:
        """Return the words, mistyped ones replaced by those that make known phrases together."""
        choices: list[list[Word]] = []
        for word, some in zip(words, forms, strict=True):
            known = self._thesaurus.matches([word], thorough=True)
            others = [] if known else [form for form in some[1:] if not form.parts]
            choices.append([word, *(_meant_word(form) for form in others)])
        best, most = words, -1
        for tried in islice(product(*choices), PHRASINGS_MAX):
            matches = self._thesaurus.matches(tried, thorough=True)
            known_words = sum((m.end - m.start) ** 2 for m in matches)
            if known_words > most:
                best, most = list(tried), known_words
        return best

    def _better(
        self,
        words: list[Word],
        meant: list[Word],
        index: IndexWords,
        guesses: dict[str, list[Guess]],
    ) -> dict[str, str]:
        """Return the mistyped words, and how they should have been typed."""
        better = {}
        for word, other in zip(words, meant, strict=True):
            if word.folded in self._thesaurus.spellings or index.is_used(word, exactly=True):
                continue
            known = guesses.get(word.folded)
            if known is None:
                known = self._speller.guesses(word.folded, GUESSES_MAX)
            for guess in known:
                if other.stem == word.stem or stem(guess.word) == other.stem:
                    better[word.folded] = guess.word
                    break
        return better

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


def _corrected(typed: list[Word], better: dict[str, str]) -> str:
    return " ".join(better.get(word.folded, word.folded) for word in typed) if better else ""


def _before_purpose(typed: list[Word], words: list[Word]) -> int:
    """Return how many of the words asked for stand before the first *for*."""
    at = next((at for at, word in enumerate(typed) if word.folded in PURPOSE), 0)
    said = [word.folded for word in typed[:at]]
    return sum(word.folded in said for word in words)


def _meant_word(form: Form) -> Word:
    return Word(form.stem, form.stem, form.root, mark=form.stem)
