"""Words that were probably meant: those that share letter pairs with a mistyped one."""

from array import array
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from fedlab.inventory.words import root

LETTERS_MIN: Final = 4  # shorter words have too many neighbours
LETTERS_MAX: Final = 24
WORDS_MAX: Final = 60_000  # 8 MB; the words of a network's names are fewer, after that rare ones
TRIED_MAX: Final = 24  # candidates whose distance is counted letter by letter


class Slips:
    """Finds the one known word that a word is one slip away from; quick enough for every item.

    A word and its misspelling share a form with one letter left out of either or both (the
    symmetric deletion of Garbe's SymSpell).
    """

    LETTERS_MIN: Final = 6  # in a shorter word one letter makes another word

    def __init__(self, words: Iterable[str]) -> None:
        self._words: dict[str, str] = {}
        for word in sorted(words):
            if len(word) >= self.LETTERS_MIN and word.isalpha():
                for form in (word, *_shortened(word)):
                    self._words.setdefault(form, word)

    def meant(self, word: str) -> str | None:
        """Return the known word that begins alike and is one slip away."""
        if len(word) < self.LETTERS_MIN or not word.isalpha():
            return None
        for form in (word, *_shortened(word)):
            known = self._words.get(form)
            if known and known[0] == word[0] and letters_between(word, known, 1) <= 1:
                return known
        return None


def _shortened(word: str) -> Iterable[str]:
    return (word[:at] + word[at + 1 :] for at in range(1, len(word)))


class Guess(NamedTuple):
    """A known word and how far it is: 0.5 to 2.5, less is nearer."""

    word: str
    distance: float


class Speller:
    """Known stems by their letter pairs."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._known: set[str] = set()
        self._pairs: dict[tuple[str, int], array[int]] = {}  # by pair and length of word

    def __contains__(self, word: str) -> bool:
        return word in self._known

    def add(self, words: Iterable[str]) -> list[str]:
        """Learn words and return the new ones; those with digits, short or too many are left."""
        added = []
        for word in words:
            if (
                word in self._known
                or not LETTERS_MIN <= len(word) <= LETTERS_MAX
                or len(self._words) >= WORDS_MAX
                or not word.isalpha()
            ):
                continue
            number = len(self._words)
            self._words.append(word)
            self._known.add(word)
            for pair in _pairs(word):
                self._pairs.setdefault((pair, len(word)), array("I")).append(number)
            added.append(word)
        return added

    def guesses(self, word: str, most: int) -> list[Guess]:
        """Return the nearest known words, at most two letters away, without the word itself."""
        allowed = letters_allowed(word)
        if not allowed or not word.isalpha():
            return []
        pairs = _pairs(word)
        # Every wrong letter spoils at most three pairs (a transposition), so some are left, and
        # those that most words have need not be looked up.
        needed = max(1, len(pairs) - 3 * allowed)
        shared: Counter[int] = Counter()
        for length in range(len(word) - allowed, len(word) + allowed + 1):
            lists = sorted((self._pairs.get((pair, length), ()) for pair in pairs), key=len)
            for numbers in lists[: len(lists) - needed + 1]:
                shared.update(numbers)
        near = [self._words[number] for number, _ in shared.most_common(2 * TRIED_MAX)]
        found = []
        for other in near:
            distance = letters_between(word, other, allowed)
            if 0 < distance <= allowed:
                found.append(Guess(other, _felt(word, other, distance)))
        return sorted(found, key=lambda guess: guess.distance)[:most]


def letters_allowed(word: str) -> int:
    """Return how many letters of a word of this length may be wrong."""
    if len(word) < LETTERS_MIN:
        return 0
    return 1 if len(word) < 6 else 2


def _felt(word: str, other: str, distance: int) -> float:
    """Weigh a distance: what sounds alike is nearer, another first letter further."""
    felt = float(distance)
    if root(word) == root(other):
        felt -= 0.5
    if word[0] != other[0]:
        felt += 0.5
    return felt


def _pairs(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[at : at + 2] for at in range(len(padded) - 1)}


def letters_between(one: str, two: str, most: int) -> int:
    """Return the letters to insert, drop, change or swap with a neighbour; most + 1 if more.

    Optimal string alignment distance (Damerau 1964, Levenshtein 1966), near the diagonal only:
    what is further from it costs more than is asked (Ukkonen 1985).
    """
    one, two = _without_ends(one, two)
    if abs(len(one) - len(two)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, start=1):
        earlier, before = before, row
        row = [i] + [most + 1] * len(two)
        for j in range(max(1, i - most), min(len(two), i + most) + 1):
            b = two[j - 1]
            cost = before[j - 1] if a == b else 1 + min(before[j - 1], before[j], row[j - 1])
            if i > 1 and j > 1 and a == two[j - 2] and b == one[i - 2]:
                cost = min(cost, earlier[j - 2] + 1)
            row[j] = cost
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _without_ends(one: str, two: str) -> tuple[str, str]:
    """Return two words without the letters that both begin and end with."""
    start = end = 0
    shorter = min(len(one), len(two))
    while start < shorter and one[start] == two[start]:
        start += 1
    while end < shorter - start and one[-1 - end] == two[-1 - end]:
        end += 1
    return one[start : len(one) - end], two[start : len(two) - end]
