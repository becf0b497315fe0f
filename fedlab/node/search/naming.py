"""What each thing in the name of an item is there: the head, a second one, or a mere mention."""

from itertools import pairwise
from typing import Final, NamedTuple

from fedlab.inventory.smallwords import CONTAINERS, HOLDERS, PARTS, SHAPES, WEAK
from fedlab.inventory.thesaurus import Match, Thesaurus
from fedlab.inventory.words import Word, is_code

HEAD: Final = 1.0
HEAD_DOUBTED: Final = 0.95  # an unknown word, a maker's perhaps, stands where the head should
HEAD_OF_NOUN: Final = 0.7  # a noun stands there: DSLR cage
HEAD_OF_DOING: Final = 0.5  # welding canisters
HEAD_SECOND: Final = 0.9  # one of several: couture et broderie
HEAD_OF_REST: Final = 0.8  # after the comma, when nothing is known before it
HEAD_BARE: Final = 0.85  # kit for soldering: nothing else is said
HEAD_OF_STUFF: Final = 0.9  # brass rod is brass, too
HEAD_MIN: Final = 0.6  # from here on an item is that thing
MENTION_IN_NAME: Final = 0.4
MENTION_OF_PURPOSE: Final = 0.3
FOREIGN: Final = 0.6  # a word of one language in a name of the other: Micro USB connector
LANGUAGE_SURE: Final = 2  # words of one language more than of the other
WORTH_MIN: Final = 0.5  # a noun that dozens of terms end in tells nothing of an item
WORTH_SURE: Final = 0.85  # less is a guess, and never the head beside something known

Weights = tuple[tuple[Match, float], ...]


class Name(NamedTuple):
    """The content words of a name by what they do in it."""

    main: list[Word]
    rest: list[Word]
    purpose: list[Word]
    joints: tuple[int, ...]  # places in main before which an "and" stood
    french: int  # words of French less those of English, -2 to 2


class NameReading:
    """Finds the concepts of one name and says what each is in it."""

    def __init__(self, thesaurus: Thesaurus, name: Name) -> None:
        self._thesaurus = thesaurus
        self._name = name
        self._found: list[tuple[Match, float]] = []
        self._has_head = False
        self._has_noun = False

    def read(self) -> tuple[Weights, bool, bool]:
        """Return the concepts with their weights, whether one is the head, and a noun."""
        name = self._name
        turned = self._turned()
        matches = telling(self._thesaurus.matches(name.main, thorough=True), name.main)
        if turned is not None:
            self._add(turned, HEAD)
        else:
            self._read_main(matches)
            self._read_stuff(matches)
        rest = telling(self._thesaurus.matches(name.rest, thorough=True), name.rest)
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


def telling(matches: list[Match], words: list[Word]) -> list[Match]:
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
