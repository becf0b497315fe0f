"""The phrases of a thesaurus: which words, in which form, mean which concepts.

A phrase is sought by the joined forms of its words, so that *band saw*, *band-saw* and *bandsaw*
are one. Four books are asked in turn, from strict to loose:

- *exact*: the words as a term spells them (*vise* is no *vis*);
- *stems*: as a term has them in singular or plural;
- *nouns*: the noun of longer terms, the last word in English, the first in French (*planer*, of
  *electric planer* and *thickness planer*);
- *roots*: of the same derivation (*thermoformer*, where *thermoformage* is a term).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from fedlab.inventory.concepts import Concept, Relations
from fedlab.inventory.smallwords import DOING, LEARNING, PARTS, PURPOSE, WEAK
from fedlab.inventory.words import Word, is_code
from fedlab.protocol.limits import THESAURUS_TERM_WORDS_MAX

Source = Literal["makes", "fr", "en", "both"]
_SOURCES: Final[tuple[Source, ...]] = ("makes", "fr", "en", "both")

TERM_WORTH: Final = 100
MAKE_WORTH: Final = 90
SLUG_WORTH: Final = 90  # the name of the concept itself
ROOT_WORTH: Final = 80
COMMON_WORTH: Final = 85  # what most concepts that share a noun are kinds of
NOUN_WORTH: Final = (80, 80, 80, 70, 70, 60, 60)  # by how many concepts share it
NOUN_OF_MANY_WORTH: Final = 40
COMMON_SHARE: Final = 0.6
COMMON_KINDS: Final = 0.4
KIN_KINDS_MAX: Final = 150  # what is above more than this makes nobody akin
THEME_KINDS_MAX: Final = 40  # what has more kinds is not meant by a word that resembles its name
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
    return concept * 1000 + worth * 4 + _SOURCES.index(source)


class BookMaker:
    """Fills the books from concepts."""

    def __init__(self, concepts: Mapping[str, Concept], relations: Relations) -> None:
        self._concepts = concepts
        self._relations = relations
        self._numbers = {slug: number for number, slug in enumerate(concepts)}
        self._slugs = list(concepts)
        self.books = Books()
        self._spelled: dict[str, str] = {}  # a term as it is spelled -> as it stands in stems
        self._exact: dict[str, list[int]] = {}
        self._joined: dict[str, list[int]] = {}  # stems as one word

    def fill(self, content: Callable[[str], list[Word]]) -> Books:
        """Return the books; `content` reads the words of a term, stop words included."""
        for concept in self._concepts.values():
            for term in concept.makes:
                self._add_term(content(term), concept.slug, "makes", MAKE_WORTH)
            for term in concept.fr:
                self._add_term(content(term), concept.slug, "fr", TERM_WORTH)
            for term in concept.en:
                self._add_term(content(term), concept.slug, "en", TERM_WORTH)
        for concept in self._concepts.values():
            for term in concept.fr:
                self._add_nouns(content(term), concept.slug, "fr")
            for term in concept.en:
                self._add_nouns(content(term), concept.slug, "en")
        books = self.books
        self._tell_apart()
        for key, senses in books.nouns.items():
            books.nouns[key] = self._shared(senses)
        for slug, number in self._numbers.items():
            # The name of a concept is an English term too, where no term says the same.
            forms = [word.stem for word in content(slug)]
            if "".join(forms) not in self._joined:
                self._add(books.nouns, "".join(forms), pack(number, SLUG_WORTH, "en"))
                _lengthen(books.longest_nouns, forms)
        return books

    def _tell_apart(self) -> None:
        """Remember the spellings that mean less than their stems: vise is no vis."""
        for spelled, key in self._spelled.items():
            if self._exact[spelled] != self.books.stems[key]:
                self.books.exact[spelled] = key, self._exact[spelled]

    def _add(self, book: dict[str, list[int]], key: str, sense: int) -> None:
        known = book.setdefault(key, [])
        for at, other in enumerate(known):
            if other // 1000 == sense // 1000:
                if {_SOURCES[other % 4], _SOURCES[sense % 4]} == {"fr", "en"}:
                    sense = sense // 4 * 4 + _SOURCES.index("both")
                known[at] = max(other, sense)
                return
        known.append(sense)

    def _add_term(self, words: list[Word], slug: str, source: Source, worth: int) -> None:
        words = [word for word in words if not word.is_stop][:THESAURUS_TERM_WORDS_MAX]
        if not words:
            return
        books = self.books
        sense = pack(self._numbers[slug], worth, source)
        stems = [word.stem for word in words]
        folded = [word.folded for word in words]
        joined = {"".join(stems), "".join(folded[:-1]) + stems[-1]}
        for key in {" ".join(stems), *joined}:
            self._add(books.stems, key, sense)
        books.word_stems |= joined
        self._add(self._joined, "".join(stems), sense)
        self._spelled[" ".join(folded)] = " ".join(stems)
        self._add(self._exact, " ".join(folded), sense)
        books.spellings.update(folded)
        books.word_stems.update(stems)
        books.word_roots.update(word.root for word in words)
        if source == "makes":
            return
        if len(self._relations.narrower(slug)) <= THEME_KINDS_MAX:  # consommation, consommable
            roots = [word.root for word in words]
            self._add(books.roots, "".join(roots), pack(self._numbers[slug], ROOT_WORTH, source))
            _lengthen(books.longest_roots, roots)
        books.nouns_known.update(stems)
        sign = 1 if source == "fr" else -1
        for stem in stems:
            if books.french.setdefault(stem, sign) != sign:
                books.french[stem] = 0

    def _add_nouns(self, words: list[Word], slug: str, source: Source) -> None:
        """Learn the noun of a term: the end of an English one, the beginning of a French one.

        Where the noun is a term itself, its concept gets a kind by name: *visseuse à chocs* is a
        *visseuse*, whatever else the file says of it.
        """
        if source == "en" and any(word.folded in ("a", "an", "the", "my") for word in words[1:]):
            return  # drill a hole
        purpose = next((at for at, w in enumerate(words) if at and w.folded in PURPOSE), None)
        solid = [word for word in words[:purpose] if not word.is_stop]
        nouns = [] if purpose is None else [solid]
        if source == "en":
            while solid and solid[-1].folded in WEAK:
                solid = solid[:-1]
            nouns += [solid[at:] for at in range(1, len(solid))]
        else:
            while solid and solid[0].folded in WEAK:
                solid = solid[1:]
            nouns += [solid[:at] for at in range(1, len(solid))]
        does = source == "en" and bool(solid) and solid[0].folded in DOING
        for noun in filter(None, nouns):
            forms = [word.stem for word in noun]
            known = self._joined.get("".join(forms))
            if does:
                continue  # cut plywood is no plywood
            if known is not None:
                self._name_kinds(known, slug)
            elif not is_code(forms[0]):
                sense = pack(self._numbers[slug], TERM_WORTH, source)
                self._add(self.books.nouns, "".join(forms), sense)
                _lengthen(self.books.longest_nouns, forms)

    def _name_kinds(self, known: list[int], slug: str) -> None:
        for sense in known:
            other = self._slugs[sense // 1000]
            if _SOURCES[sense % 4] != "makes" and self._akin(other, slug):
                kinds = self.books.named.setdefault(other, [])
                if slug not in kinds:
                    kinds.append(slug)

    def _akin(self, one: str, two: str) -> bool:
        """Say whether two concepts have something above in common: cutting wood is no wood."""
        common = self._relations.broader(one).keys() & self._relations.broader(two).keys()
        narrower = self._relations.narrower
        return one != two and any(len(narrower(up)) <= KIN_KINDS_MAX for up in common)

    def _shared(self, senses: list[int]) -> list[int]:
        """Lower the worth of a noun by the number of concepts that share it.

        Where most of them are kinds of one thing, the noun means that thing: *mill*, of *knee
        mill*, *PCB mill* and *coffee mill*, is a milling machine rather than one of them.
        """
        count = len(senses)
        worth = NOUN_WORTH[count] if count < len(NOUN_WORTH) else NOUN_OF_MANY_WORTH
        lowered = [pack(sense // 1000, worth, _SOURCES[sense % 4]) for sense in senses]
        if count < 3:
            return lowered
        relations = self._relations
        slugs = [self._slugs[sense // 1000] for sense in senses]
        above = Counter(up for slug in slugs for up in relations.broader(slug))
        most = [
            up
            for up, times in above.items()
            if times >= COMMON_SHARE * count and times >= COMMON_KINDS * len(relations.narrower(up))
        ]
        if not most:
            return lowered
        common = min(most, key=lambda up: (-above[up], len(relations.narrower(up)), up))
        number = self._numbers[common]
        kept = [sense for sense in lowered if sense // 1000 != number]
        return [pack(number, COMMON_WORTH, _SOURCES[senses[0] % 4]), *kept]


def _at(
    book: dict[str, list[int]], longest: dict[str, int], forms: Sequence[str], at: int
) -> tuple[int, list[int]] | None:
    """Return the longest phrase of a book that begins at a word."""
    for count in range(min(longest.get(forms[at], 0), len(forms) - at), 0, -1):
        packed = book.get("".join(forms[at : at + count]))
        if packed:
            return count, packed
    return None


def _lengthen(longest: dict[str, int], forms: Sequence[str]) -> None:
    if longest.get(forms[0], 0) < len(forms):
        longest[forms[0]] = len(forms)


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
                Sense(self._slugs[one // 1000], one % 1000 // 4 / 100, _SOURCES[one % 4])
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
