"""What an item *is*, what it is *for*, and what it merely mentions, read from its words.

A drill bit names the drill too, and so does a case for one; whoever looks for a drill wants
neither first. So every concept found in an item carries a *weight*: how far the item is that
thing. The head of the name weighs 1: the last noun in English (*laser cutter lens* is a lens), the
first in French (*lentille de découpeuse*), and in both what stands before *for*, *pour*, a comma or
a bracket. Where the name tells nothing (*Betsy*), the category, the make or the description do.
"""

import re
from itertools import pairwise
from typing import Final, NamedTuple, TypeVar

from fedlab.inventory.catalogue import ItemView
from fedlab.inventory.smallwords import (
    AND,
    CONTAINERS,
    ENGLISH,
    FRENCH,
    HOLDERS,
    PARTS,
    PURPOSE,
    SHAPES,
    WEAK,
)
from fedlab.inventory.thesaurus import Match, Sense, Thesaurus
from fedlab.inventory.words import Word, is_code

HEAD: Final = 1.0
HEAD_DOUBTED: Final = 0.95  # an unknown word, a maker's perhaps, stands where the head should
HEAD_OF_NOUN: Final = 0.7  # a noun stands there: DSLR cage
HEAD_OF_DOING: Final = 0.5  # welding canisters
HEAD_SECOND: Final = 0.9  # one of several: couture et broderie
HEAD_OF_REST: Final = 0.8  # after the comma, when nothing is known before it
HEAD_BARE: Final = 0.85  # kit for soldering: nothing else is said
HEAD_BY_MAKE: Final = 0.85
HEAD_BY_CATEGORY: Final = 0.7
HEAD_BY_DESCRIPTION: Final = 0.8
DOUBTED_MAKE: Final = 0.75  # of a make, where a description says more
HEAD_OF_STUFF: Final = 0.9  # brass rod is brass, too
HEAD_MIN: Final = 0.6  # from here on an item is that thing
MENTION_IN_NAME: Final = 0.4
MENTION_IN_LABELS: Final = 0.35
MENTION_OF_PURPOSE: Final = 0.3
MENTION_IN_TEXT: Final = 0.2
AMBIGUOUS: Final = 0.8  # a word of several meanings, each of them
UNLIKELY: Final = 0.4  # another meaning fits the rest of the item
FOREIGN: Final = 0.6  # a word of one language in a name of the other: Micro USB connector
LANGUAGE_SURE: Final = 2  # words of one language more than of the other
WORTH_MIN: Final = 0.5  # a noun that dozens of terms end in tells nothing of an item

WORTH_SURE: Final = 0.85  # less is a guess, and never the head beside something known

_SEGMENTS: Final = re.compile(r"[,;()\[\]{}|/•·]|\s[-–—]+\s|\s[-–—]|[-–—]\s|:\s|\n")
_FAMILY_MAX: Final = 30  # a larger one says nothing of its members
_DESCRIPTION_HEAD_WORDS: Final = 12
_NAMES_MAX: Final = 20_000  # patterns of names, and of labels; about 10 MB
_TEXTS_MAX: Final = 2_000  # 4 MB
_TEXT_CHARS_MAX: Final = 300
K = TypeVar("K")
V = TypeVar("V")
_Text = tuple[list[Word], tuple[Match, ...]]
_Weights = tuple[tuple[Match, float], ...]


class Name(NamedTuple):
    """The content words of a name by what they do in it."""

    main: list[Word]
    rest: list[Word]
    purpose: list[Word]
    joints: tuple[int, ...]  # places in main before which an "and" stood
    french: int  # words of French less those of English, -2 to 2


class Reading(NamedTuple):
    """All that is indexed of the words of an item."""

    name: Name
    labels: list[Word]  # brand, model, category, tags
    text: list[Word]  # everything else
    concepts: dict[str, float]


class Reader:
    """Reads items; what it once found in a name or a label it need not look for again."""

    def __init__(self, thesaurus: Thesaurus) -> None:
        self._thesaurus = thesaurus
        self._names: dict[tuple[object, ...], tuple[_Weights, bool, bool]] = {}
        self._about: dict[tuple[str, ...], list[str]] = {}
        self._texts: dict[str, _Text] = {}
        self._labels: dict[str, _Text] = {}
        self._patterns: dict[tuple[str, ...], tuple[Match, ...]] = {}

    def read(self, item: ItemView) -> Reading:
        """Read all words of an item and weigh the concepts in them."""
        words = self._thesaurus.words
        name = self._cut(item.name, item.lang)
        makes, make_matches = self._label(item.brand, item.model)
        labels, label_matches = self._label(item.category, *item.tags)
        description, matches = self._text(item.description)
        told, more = self._text(" ".join(item.more.values())) if item.more else ([], ())
        # What says where it stands and how it is comes again and again; numbers do not.
        said = (item.place, item.condition, item.care, item.safety)
        text = words.content(" ".join((item.code, item.serial, item.ref)))
        text = text + self._text(" ".join(filter(None, said)))[0]
        weights, has_head, has_noun = self._name(name)
        found = list(weights)
        if not has_head:
            found += [(match, HEAD_BY_MAKE) for match in make_matches]
            has_head = bool(make_matches)
        known = len(found)
        # A make has many things: what is said of this one says more, and more than its category.
        for part in (matches, more):
            for match in part:
                first = not has_noun and match.start < _DESCRIPTION_HEAD_WORDS
                found.append((match, HEAD_BY_DESCRIPTION if first else MENTION_IN_TEXT))
                if first and has_head:
                    found[:known] = [(one, told * DOUBTED_MAKE) for one, told in found[:known]]
                has_head = has_head or first
                has_noun = has_noun or first
        weight = MENTION_IN_LABELS if has_head else HEAD_BY_CATEGORY
        found += [(match, weight) for match in label_matches]
        concepts = self._weigh(found)
        return Reading(name, makes + labels, description + told + text, concepts)

    def _cut(self, text: str, lang: str) -> Name:
        """Cut a name into what the thing is, what is said besides, and what it is for."""
        main: list[Word] = []
        rest: list[Word] = []
        purpose: list[Word] = []
        joints: list[int] = []
        french = (lang == "fr") - (lang == "en")
        for segment in _SEGMENTS.split(text):
            part = rest if main else main
            for word in self._thesaurus.words.read(segment):
                french += word.french
                if not word.is_stop:
                    if word.folded not in PURPOSE:
                        part.append(word)
                    elif part:
                        part = purpose
                    continue
                folded = word.folded
                french += (folded in FRENCH) - (folded in ENGLISH)
                if folded in PURPOSE and part:  # not at the very beginning
                    part = purpose
                elif folded in AND and part is main and main:
                    joints.append(len(main))
        french = max(-LANGUAGE_SURE, min(LANGUAGE_SURE, french))
        return Name(main, rest, purpose, tuple(joints), french)

    def _text(self, text: str) -> _Text:
        """Return the words and concepts of running text; what is said of many things is kept."""
        known = self._texts.get(text)
        if known is None:
            words = self._thesaurus.words.content(text)
            known = words, tuple(self._thesaurus.matches(words))
            if len(text) <= _TEXT_CHARS_MAX:
                _remember(self._texts, text, known, _TEXTS_MAX)
        return known

    def _label(self, *texts: str) -> _Text:
        text = " ".join(filter(None, texts))
        known = self._labels.get(text)
        if known is None:
            words = self._thesaurus.words.content(text)
            pattern = tuple([word.mark for word in words])
            matches = self._patterns.get(pattern)
            if matches is None:
                matches = tuple(_telling(self._thesaurus.matches(words, thorough=True), words))
                _remember(self._patterns, pattern, matches)
            known = words, matches
            _remember(self._labels, text, known, _TEXTS_MAX)
        return known

    def _name(self, name: Name) -> tuple[_Weights, bool, bool]:
        """Return the concepts of a name with their weights, if there is a head, and if a noun."""
        parts = [tuple([word.mark for word in part]) for part in name[:3]]
        pattern = (*parts, name.joints, name.french)
        known = self._names.get(pattern)
        if known is None:
            known = _NameReading(self._thesaurus, name).read()
            _remember(self._names, pattern, known)
        return known

    def _weigh(self, found: list[tuple[Match, float]]) -> dict[str, float]:
        """Return the highest weight of each concept, words of several meanings compared."""
        weights: dict[str, float] = {}
        ambiguous = []
        for match, weight in found:
            senses = match.senses
            if len(senses) > 1:
                senses = tuple([sense for sense in senses if sense.worth >= WORTH_MIN])
                if len(senses) > 1:
                    ambiguous.append(senses)
                    weight *= AMBIGUOUS
            for sense in senses:
                worth = weight * sense.worth
                if worth > weights.get(sense.concept, 0.0):
                    weights[sense.concept] = worth
        for senses in ambiguous:
            self._settle(senses, weights)
        return weights

    def _settle(self, senses: tuple[Sense, ...], weights: dict[str, float]) -> None:
        names = [sense.concept for sense in senses]
        likely = [name for name in names if any(x in weights for x in self._near(name, names))]
        if likely and len(likely) < len(names):
            for name in names:
                if name in likely:
                    weights[name] = min(HEAD, weights[name] / AMBIGUOUS)
                else:
                    weights[name] = min(weights[name], UNLIKELY)

    def _near(self, name: str, but: list[str]) -> list[str]:
        """Return what is about a concept, without the other meanings of a word."""
        key = (name, *but)
        known = self._about.get(key)
        if known is None:
            ways = self._thesaurus
            about = {*ways.broader(name), *ways.narrower(name), *ways.related(name)}
            for parent, steps in ways.broader(name).items():
                if steps == 1 and len(ways.narrower(parent)) <= _FAMILY_MAX:
                    about.update(ways.narrower(parent))
            known = sorted(about.difference(but))
            _remember(self._about, key, known)
        return known


class _NameReading:
    """Finds the concepts of one name and says what each is in it."""

    def __init__(self, thesaurus: Thesaurus, name: Name) -> None:
        self._thesaurus = thesaurus
        self._name = name
        self._found: list[tuple[Match, float]] = []
        self._has_head = False
        self._has_noun = False

    def read(self) -> tuple[_Weights, bool, bool]:
        name = self._name
        turned = self._turned()
        matches = _telling(self._thesaurus.matches(name.main, thorough=True), name.main)
        if turned is not None:
            self._add(turned, HEAD)
        else:
            self._read_main(matches)
            self._read_stuff(matches)
        rest = _telling(self._thesaurus.matches(name.rest, thorough=True), name.rest)
        for match in rest:
            self._add(match, MENTION_IN_NAME if self._has_head or matches else HEAD_OF_REST)
        # A kit *for* soldering has no other head; a lens for a laser cutter has.
        bare = not self._has_head and not _solid(name.main)
        for match in self._thesaurus.matches(name.purpose, thorough=True):
            self._add(match, HEAD_BARE if bare else MENTION_OF_PURPOSE)
        return tuple(self._found), self._has_head, self._has_noun

    def _add(self, match: Match, weight: float) -> None:
        if _worth(match) < WORTH_MIN:
            return
        other = {LANGUAGE_SURE: "en", -LANGUAGE_SURE: "fr"}.get(self._name.french)
        if all(sense.source == other for sense in match.senses):
            weight *= FOREIGN
        self._found.append((match, weight))
        if weight >= HEAD_MIN:
            self._has_head = True
            # Poste, of poste à souder, tells less than a description.
            nouns = [sense.worth for sense in match.senses if sense.source != "makes"]
            self._has_noun |= max(nouns, default=0.0) >= WORTH_SURE

    def _read_main(self, matches: list[Match]) -> None:
        """Weigh what stands before the first comma: each thing that is joined by an *and*."""
        main = self._name.main
        worth = 1.0
        for start, end in pairwise((0, *self._name.joints, len(main))):
            group = [
                match
                for match in matches
                if start <= match.start < end and _worth(match) >= WORTH_MIN
            ]
            if not group:
                continue
            if end - start == 1 and end < len(main) - 1 and self._name.french <= 0:
                # Saw and grinder attachments: what comes last stands for both.
                self._add(group[0], MENTION_IN_NAME)
                continue
            head = self._head(group)
            for match in group:
                if match is not head:
                    self._add(match, MENTION_IN_NAME)
            words = main[start : max(end, head.end)]
            moved = head._replace(start=head.start - start, end=head.end - start)
            self._add(head, worth * self._sureness(moved, words))
            worth = HEAD_SECOND

    def _read_stuff(self, matches: list[Match]) -> None:
        """Count a rod of brass as brass, unless the name is of another thing with a rod."""
        if all(word.folded not in SHAPES for word in self._name.main):
            return
        heads = [match for match, weight in self._found if weight >= HEAD_MIN]
        stuff = [match for match in matches if self._is_stuff(match)]
        if stuff and all(self._is_stuff(match) for match in heads):
            for match in stuff:
                self._add(match, HEAD_OF_STUFF)

    def _is_stuff(self, match: Match) -> bool:
        return any(self._thesaurus.is_stuff(sense.concept) for sense in match.senses)

    def _head(self, group: list[Match]) -> Match:
        head = _head(group, self._name.french)
        if self._name.french <= 0 and len(group) > 1 and head is group[-1] and self._is_stuff(head):
            # Butt hinges brass: a plural says nothing of what stands behind it.
            before = group[-2]
            if self._name.main[before.end - 1].folded.endswith("s") and not self._is_stuff(before):
                return before
        return head

    def _turned(self) -> Match | None:
        """Return what a name in catalogue order means: Saw, Circular; Filament, PLA."""
        if not self._name.rest:
            return None
        main = _solid(self._name.main)
        for count in (2, 1):
            words = self._name.rest[:count] + main
            for match in self._thesaurus.matches(words):
                if match.start == 0 and match.end == len(words) and match.end > count:
                    return match
        return None

    def _sureness(self, head: Match, words: list[Word]) -> float:
        """Return how surely a match is the head, by what stands where the head would."""
        sources = {sense.source for sense in head.senses}
        french = self._name.french
        before, after = words[: head.start], words[head.end :]
        if sources == {"fr"} or (sources == {"both"} and french > 0):
            after = []
        elif sources == {"en"} or (sources == {"both"} and french < 0):
            before = []
        if any(word.folded in CONTAINERS for word in after):
            return MENTION_IN_NAME
        around = [word for word in before + after if word.folded not in HOLDERS]
        if any(word.folded in PARTS for word in around):
            return MENTION_IN_NAME
        unknown = [w for w in around if w.folded not in WEAK and not is_code(w.folded)]
        if after and unknown and words[head.end - 1].folded.endswith("ing"):
            return HEAD_OF_DOING
        if any(word.stem in self._thesaurus.nouns for word in unknown):
            return HEAD_OF_NOUN
        return HEAD_DOUBTED if unknown else HEAD


def _worth(match: Match) -> float:
    return max(sense.worth for sense in match.senses)


def _telling(matches: list[Match], words: list[Word]) -> list[Match]:
    """Leave out single weak words (tool, set, kit) wherever anything else is known."""
    strong = [
        m
        for m in matches
        if m.end - m.start > 1
        or (words[m.start].folded not in WEAK and words[m.start].folded not in HOLDERS)
    ]
    return strong or matches


def _solid(words: list[Word]) -> list[Word]:
    """Return the words that are neither weak nor mere holders."""
    return [word for word in words if word.folded not in WEAK and word.folded not in HOLDERS]


def _head(matches: list[Match], french: int) -> Match:
    """Return the match that says what the thing is: the first in French, the last in English."""
    # A trade mark is never the head where a noun is known, but where one is only guessed.
    sure = [match for match in matches if _worth(match) >= WORTH_SURE]
    nouns = [m for m in sure if any(sense.source != "makes" for sense in m.senses)]
    best = nouns or sure or matches
    return best[0] if french > 0 else best[-1]


def _remember(memory: dict[K, V], key: K, value: V, most: int = _NAMES_MAX) -> None:
    if len(memory) >= most:
        memory.clear()
    memory[key] = value
