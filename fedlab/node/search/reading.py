"""What an item *is*, what it is *for*, and what it merely mentions, read from its words.

A drill bit names the drill too, and so does a case for one; whoever looks for a drill wants
neither first. So every concept found in an item carries a *weight*: how far the item is that
thing. The head of the name weighs 1: the last noun in English (*laser cutter lens* is a lens), the
first in French (*lentille de découpeuse*), and in both what stands before *for*, *pour*, a comma or
a bracket. Where the name tells nothing (*Betsy*), the category, the make or the description do.
"""

import re
from typing import Final, NamedTuple, TypeVar

from fedlab.inventory.catalogue import ItemView
from fedlab.inventory.smallwords import (
    AND,
    ENGLISH,
    FRENCH,
    PURPOSE,
)
from fedlab.inventory.thesaurus import Match, Sense, Thesaurus
from fedlab.inventory.words import Word
from fedlab.node.search.naming import (
    HEAD,
    LANGUAGE_SURE,
    WORTH_MIN,
    Name,
    NameReading,
    Weights,
    telling,
)

HEAD_BY_MAKE: Final = 0.85
HEAD_BY_CATEGORY: Final = 0.7
HEAD_BY_DESCRIPTION: Final = 0.8
DOUBTED_MAKE: Final = 0.75  # of a make, where a description says more
MENTION_IN_LABELS: Final = 0.35
MENTION_IN_TEXT: Final = 0.2
AMBIGUOUS: Final = 0.8  # a word of several meanings, each of them
UNLIKELY: Final = 0.4  # another meaning fits the rest of the item


_SEGMENTS: Final = re.compile(r"[,;()\[\]{}|/•·]|\s[-–—]+\s|\s[-–—]|[-–—]\s|:\s|\n")
_FAMILY_MAX: Final = 30  # a larger one says nothing of its members
_DESCRIPTION_HEAD_WORDS: Final = 12
_NAMES_MAX: Final = 20_000  # patterns of names, and of labels; about 10 MB
_TEXTS_MAX: Final = 2_000  # 4 MB
_TEXT_CHARS_MAX: Final = 300
K = TypeVar("K")
V = TypeVar("V")
_Text = tuple[list[Word], tuple[Match, ...]]


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
        self._names: dict[tuple[object, ...], tuple[Weights, bool, bool]] = {}
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
                matches = tuple(telling(self._thesaurus.matches(words, thorough=True), words))
                _remember(self._patterns, pattern, matches)
            known = words, matches
            _remember(self._labels, text, known, _TEXTS_MAX)
        return known

    def _name(self, name: Name) -> tuple[Weights, bool, bool]:
        """Return the concepts of a name with their weights, if there is a head, and if a noun."""
        parts = [tuple([word.mark for word in part]) for part in name[:3]]
        pattern = (*parts, name.joints, name.french)
        known = self._names.get(pattern)
        if known is None:
            known = NameReading(self._thesaurus, name).read()
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


def _remember(memory: dict[K, V], key: K, value: V, most: int = _NAMES_MAX) -> None:
    if len(memory) >= most:
        memory.clear()
    memory[key] = value
