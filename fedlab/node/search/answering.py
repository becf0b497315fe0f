"""Which concepts answer for one that was asked for, and how well.

Somebody who looks for a saw is glad of a jigsaw; who looks for a jigsaw may make do with something
called just *saw*, rarely with a circular one, and may want blades. The thesaurus says what is a
kind of what, and what is related; here stands what that is worth.
"""

from collections.abc import Mapping
from typing import Final

from fedlab.inventory.thesaurus import Sense, Thesaurus

NARROWER: Final = (1.0, 0.92, 0.86, 0.82)  # by steps in the thesaurus
BROADER: Final = (1.0, 0.55, 0.2)
NAMED: Final = 0.6  # a kind by its name alone: visseuse à chocs
RELATED: Final = 0.45
RELATED_OF_NARROWER: Final = 0.4
RELATED_NARROWER: Final = 0.35
SIBLING: Final = 0.3
BESIDES: Final = 0.5  # of what is near, where several concepts answer already
KINDS_OF_A_THEME: Final = 12  # a concept with more kinds below it says less of each


class Answers:
    """Works out what answers for a concept, once each."""

    def __init__(self, thesaurus: Thesaurus) -> None:
        self._thesaurus = thesaurus
        self._known: dict[str, dict[str, float]] = {}

    def to(self, senses: tuple[Sense, ...]) -> Mapping[str, float]:
        """Return the concepts that answer for any of some senses, 0 to 1."""
        if len(senses) == 1 and senses[0].worth == 1.0:  # nearly always: nothing to weigh
            return self._near(senses[0].concept)
        answers: dict[str, float] = {}
        for sense in senses:
            for slug, near in self._near(sense.concept).items():
                worth = near * sense.worth
                if worth > answers.get(slug, 0.0):
                    answers[slug] = worth
        return answers

    def closely(self, senses: tuple[Sense, ...]) -> dict[str, float]:
        """Return the same where each sense is one of several: its kinds, and little else."""
        answers: dict[str, float] = {}
        for sense in senses:
            kinds = self._thesaurus.narrower(sense.concept)
            for slug, worth in self._near(sense.concept).items():
                worth *= sense.worth if slug in kinds else sense.worth * BESIDES
                answers[slug] = max(answers.get(slug, 0.0), worth)
        return answers

    def _near(self, asked: str) -> dict[str, float]:
        known = self._known.get(asked)
        if known is not None:
            return known
        thesaurus = self._thesaurus
        near: dict[str, float] = {}
        siblings: dict[str, float] = {}

        def put(slug: str, worth: float) -> None:
            near[slug] = max(near.get(slug, 0.0), worth)

        for slug, distance in thesaurus.narrower(asked).items():
            put(slug, NARROWER[min(distance, len(NARROWER) - 1)])
            if distance:
                for other in thesaurus.related(slug):
                    put(other, RELATED_OF_NARROWER * self._told(slug))
        for parent, distance in thesaurus.broader(asked).items():
            told = self._told(parent)
            if 0 < distance < len(BROADER):
                put(parent, BROADER[distance] * told)
            if distance == 1:
                for slug in thesaurus.narrower(parent):
                    # Who shares both parents, garden tool and cutting tool, is nearer.
                    siblings[slug] = min(SIBLING, siblings.get(slug, 0.0) + SIBLING * told)
        for other in thesaurus.related(asked):
            put(other, RELATED)
            for slug in thesaurus.narrower(other):
                put(slug, RELATED_NARROWER * self._told(other))
        for slug in thesaurus.named(asked):
            put(slug, NAMED)
        for slug, worth in siblings.items():
            put(slug, worth)
        self._known[asked] = near
        return near

    def _told(self, slug: str) -> float:
        """Return how much a concept tells of one of its kinds."""
        return min(1.0, KINDS_OF_A_THEME / len(self._thesaurus.narrower(slug)))
