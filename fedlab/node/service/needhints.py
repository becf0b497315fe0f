"""Tells a lab of what others seek and it may have: a need is only of use where somebody sees it.

The search finds what is near; a hint says *you have one*, so it wants more: the thing that the need
names, or a kind of it.
"""

import time
from collections.abc import Callable
from typing import Final

from fedlab.inventory.thesaurus import Thesaurus
from fedlab.node.days import today
from fedlab.node.members.roles import Right
from fedlab.node.service.answers import HitAnswer, SearchAnswer
from fedlab.node.service.attention import Trouble
from fedlab.node.service.base import Opened
from fedlab.node.service.needs import NeedAnswer, Needs
from fedlab.protocol.limits import QUERY_CHARS_MAX

Search = Callable[..., SearchAnswer]

# A search takes milliseconds, and the count stands on every page; older needs are in their list.
NEEDS_TRIED_MAX: Final = 20
# More would hide what is urgent.
HINTS_MAX: Final = 3
HITS_TRIED: Final = 5
# Whoever did not answer within two months will not.
FRESH_S: Final = 60 * 86_400


class NeedHints:
    """What other labs seek and this one seems to have."""

    def __init__(self, opened: Opened, needs: Needs, search: Search) -> None:
        self._opened = opened
        self._needs = needs
        self._search = search

    def attention(self) -> list[Trouble]:
        """Return a hint for each of the newest needs that something of this lab's fits."""
        own, found = self._opened.lab, []
        since, day = time.time() - FRESH_S, today()
        waiting = [
            need
            for need in self._needs.list().needs
            if not need.own
            and need.published_at >= since
            and (need.until is None or need.until >= day)
            and all(word.lab != own for word in need.joined)
        ]
        for need in waiting[:NEEDS_TRIED_MAX]:
            if hit := self._fitting(need):
                lab = need.lab_name or need.lab[:8]
                about = (need.title, hit.name)
                remedy = f"/need/{need.need}"
                found.append(Trouble("need", "hint", Right.NEED, remedy, name=lab, about=about))
            if len(found) == HINTS_MAX:
                break
        return found

    def _fitting(self, need: NeedAnswer) -> HitAnswer | None:
        title, own = need.title[:QUERY_CHARS_MAX], self._opened.lab
        answer = self._search(title, kind=need.kind, lab=own, limit=HITS_TRIED)
        thesaurus = self._opened.index.thesaurus
        return next((hit for hit in answer.hits if is_one(thesaurus, hit.name, title)), None)


def is_one(thesaurus: Thesaurus, name: str, sought: str) -> bool:
    """Say whether what has this name is what is sought, or a kind of it.

    Where the thesaurus does not know what is sought, all its words must stand in the name.
    """
    wanted, had = _concept(thesaurus, sought), _concept(thesaurus, name)
    if wanted and had:
        return had in thesaurus.narrower(wanted)
    words = {word.folded for word in thesaurus.words.content(sought)}
    return bool(words) and words <= {word.folded for word in thesaurus.words.content(name)}


def _concept(thesaurus: Thesaurus, text: str) -> str | None:
    """Return what the thesaurus knows best of what a text names."""
    matches = thesaurus.matches(thesaurus.words.content(text))
    senses = [match.senses[0] for match in matches if match.senses]
    return max(senses, key=lambda sense: sense.worth).concept if senses else None
