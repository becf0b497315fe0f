"""The phrases of a thesaurus: which words, in which form, mean which concepts.

A phrase is sought by the joined forms of its words, so that *band saw*, *band-saw* and *bandsaw*
are one. Four books (made by `bookmaking`) are asked in turn, from strict to loose:

- *exact*: the words as a term spells them (*vise* is no *vis*);
- *stems*: as a term has them in singular or plural;
- *nouns*: the noun of longer terms, the last word in English, the first in French (*planer*, of
  *electric planer* and *thickness planer*);
- *roots*: of the same derivation (*thermoformer*, where *thermoformage* is a term).
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from fedlab.inventory.smallwords import LEARNING, PARTS, WEAK
from fedlab.inventory.words import Word, is_code

Source = Literal["makes", "fr", "en", "both"]
SOURCES: Final[tuple[Source, ...]] = ("makes", "fr", "en", "both")

ROOT_ALONE_LETTERS_MIN: Final = 5  # pink has the root of pince


class Sense(NamedTuple):
    """One concept that a phrase may mean, and how surely, 0 to 1."""

    concept: str
    worth: float
    source: Source


class Match(NamedTuple):
    """A run of words, [start, end) in the text, that the thesaurus knows."""

    start: int
    end: int
    senses: tuple[Sense, ...]


_Found = tuple[int, tuple[Sense, ...]]


class Books(msgspec.Struct, array_like=True):
    """The four books and the words in them, in a form that is quickly written and read.

    A sense is a whole number: concept * 1000 + worth * 4 + source.
    """

    stems: dict[str, list[int]] = {}  # by stems apart; the other books by forms as one word
    exact: dict[str, tuple[str, list[int]]] = {}  # as spelled, where that says other than stems
    nouns: dict[str, list[int]] = {}
    roots: dict[str, list[int]] = {}
    longest_nouns: dict[str, int] = {}  # first word -> words of the longest phrase
    longest_roots: dict[str, int] = {}
    named: dict[str, list[str]] = {}  # concept -> those whose terms its own terms are part of
    french: dict[str, int] = {}  # stem -> 1 if only French terms have it, -1 if only English ones
    spellings: set[str] = set()  # the words of all terms, folded
    word_stems: set[str] = set()
    word_roots: set[str] = set()
    nouns_known: set[str] = set()  # stems of words that are no trade marks


def pack(concept: int, worth: int, source: Source) -> int:
    """Return a sense as a whole number."""
    return concept * 1000 + worth * 4 + SOURCES.index(source)


def _at(
    book: dict[str, list[int]], longest: dict[str, int], forms: Sequence[str], at: int
) -> tuple[int, list[int]] | None:
    """Return the longest phrase of a book that begins at a word."""
    for count in range(min(longest.get(forms[at], 0), len(forms) - at), 0, -1):
        packed = book.get("".join(forms[at : at + count]))
        if packed:
            return count, packed
    return None


class _Node:
    """A place in the tree of terms: what the words so far mean, and which words may follow."""

    __slots__ = ("next", "packed", "senses", "spelled")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.packed: list[int] | None = None
        self.senses: tuple[Sense, ...] = ()  # unpacked when first asked for
        self.spelled: dict[str, list[int]] | None = None  # of terms of one stem, by spelling


class PhraseBook:
    """Finds phrases in words."""

    def __init__(self, books: Books, slugs: Sequence[str]) -> None:
        self._books = books
        self._slugs = slugs
        self._unpacked: dict[tuple[int, ...], tuple[Sense, ...]] = {}
        self._keys: list[str] = []
        self._terms: dict[str, _Node] = {}
        for key, packed in books.stems.items():
            self._node(key).packed = packed
        for spelled, (key, packed) in books.exact.items():
            node = self._node(key)
            node.spelled = {**(node.spelled or {}), spelled: packed}

    def _node(self, key: str) -> _Node:
        root = _Node()
        root.next = self._terms
        node = root
        for word in key.split():
            node = node.next.get(word) or node.next.setdefault(word, _Node())
        return node

    def _senses(self, packed: list[int]) -> tuple[Sense, ...]:
        key = tuple(packed)
        known = self._unpacked.get(key)
        if known is None:
            known = self._unpacked[key] = tuple(
                Sense(self._slugs[one // 1000], one % 1000 // 4 / 100, SOURCES[one % 4])
                for one in packed
            )
        return known

    def _term(self, words: Sequence[Word], stems: list[str], at: int) -> _Found | None:
        """Return the longest term that begins at a word."""
        node = self._terms.get(stems[at])
        best, place, count, end = None, at, 0, len(stems)
        while node is not None:
            place += 1
            if node.packed is not None:
                best, count = node, place - at
            node = node.next.get(stems[place]) if place < end else None
        if best is None:
            return None
        if best.spelled is not None:
            spelled = " ".join([word.folded for word in words[at : at + count]])
            if spelled in best.spelled:
                return count, self._senses(best.spelled[spelled])
        if not best.senses:
            best.senses = self._senses(best.packed or [])
        return count, best.senses

    def matches(self, words: Sequence[Word]) -> list[Match]:
        """Return the terms in a text without stop words, the longest first met."""
        stems = [word.mark for word in words]
        begins = self._terms
        found: list[Match] = []
        end = 0
        for at in [at for at, first in enumerate(stems) if first in begins]:
            if at >= end and (known := self._term(words, stems, at)):
                end = at + known[0]
                found.append(Match(at, end, known[1]))
        return found

    def loose_matches(self, words: Sequence[Word]) -> list[Match]:
        """Return the same, and what only a less strict comparison finds."""
        stems = [word.mark for word in words]
        roots = [word.root for word in words]
        found: list[Match] = []
        at = 0
        while at < len(stems):
            known = self._term(words, stems, at)
            if known is None or known[0] == 1:
                known = self._looser(words, stems, roots, at, known)
            if known is None:
                at += 1
                continue
            found.append(Match(at, at + known[0], known[1]))
            at += known[0]
        return found

    def _looser(
        self,
        words: Sequence[Word],
        stems: list[str],
        roots: list[str],
        at: int,
        known: _Found | None,
    ) -> _Found | None:
        """Return a longer match than the known one by less strict comparison, or the known one."""
        books = self._books
        if at + 1 < len(words):
            pair = books.stems.get(words[at].folded + stems[at + 1])
            if pair:
                return 2, self._senses(pair)
        folded = words[at].folded
        tells = len(folded) > 1 and not is_code(folded)
        tells = tells and folded not in WEAK and folded not in LEARNING
        is_part = folded in PARTS and len(words) > 1
        is_short = len(roots[at]) < ROOT_ALONE_LETTERS_MIN
        for book, longest, forms, alone in (
            (books.nouns, books.longest_nouns, stems, tells and not is_part),
            (books.roots, books.longest_roots, roots, tells and not is_short),
        ):
            other = _at(book, longest, forms, at)
            if other is None or (other[0] == 1 and (known is not None or not alone)):
                continue
            if known is None or other[0] > known[0]:
                known = other[0], self._senses(other[1])
        return known

    def completions(self, words: Sequence[Word], most: int) -> tuple[Sense, ...]:
        """Return what terms mean that begin with these words, the last perhaps unfinished.

        The shortest terms come first; nothing comes of a single letter.
        """
        start = " ".join([word.stem for word in words[:-1]] + [word.folded for word in words[-1:]])
        if len(start) < 2:
            return ()
        self._keys = self._keys or sorted(self._books.stems)
        first = bisect_left(self._keys, start)
        last = bisect_left(self._keys, start + "\U0010ffff")
        found: dict[str, Sense] = {}
        for key in sorted(self._keys[first:last], key=len):
            for sense in self._senses(self._books.stems[key]):
                found.setdefault(sense.concept, sense)
            if len(found) >= most:
                break
        return tuple(found.values())[:most]
