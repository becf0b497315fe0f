"""The thesaurus: what workshop words mean, in French and English, and how meanings are related.

A file is UTF-8 text with one concept a line, cells apart by tabs, under the header
`concept  broader  related  fr  en  makes`:

- `concept`: the name of the concept, a lower-case English slug;
- `broader`: the concepts it is a kind of; `related`: those a searcher may also want;
- `fr`, `en`: terms in either language, the first preferred, the rest synonyms and everyday words;
- `makes`: product families that tell the concept by themselves (*Trotec Speedy*).

Within a cell values are apart by `;`. Lines that begin with `#` are comments. Several files may be
read, each adding to the ones before: a concept that comes again gains terms and relations. A line
that cannot be used is left out and named in `problems`, so that one slip never costs the search.
"""

import hashlib
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from fedlab.inventory.smallwords import DOING, LEARNING, PARTS, PURPOSE, STOP, WEAK
from fedlab.inventory.spelling import Slips
from fedlab.inventory.words import Word, WordCache, is_code, root, stem
from fedlab.protocol.limits import THESAURUS_CHARS_MAX, THESAURUS_TERM_WORDS_MAX

HEADER: Final = ("concept", "broader", "related", "fr", "en", "makes")
Source = Literal["fr", "en", "both", "makes"]
_FAMILY: Final = re.compile(r"[^\W\d_]{2,}(?=\d)")
Steps = Callable[[str], Iterable[str]]
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# What a match is worth: a term, a trade mark, the same root, or the noun of some terms
# (*planer* of *thickness planer* and *electric planer*), by how many concepts have it.
TERM_WORTH: Final = 1.0
MAKE_WORTH: Final = 0.9
SLUG_WORTH: Final = 0.9
ROOT_WORTH: Final = 0.8
ROOT_ALONE_LETTERS_MIN: Final = 5  # pink has the root of pince
NOUN_WORTH: Final = (0.8, 0.8, 0.8, 0.7, 0.7, 0.6, 0.6)
NOUN_OF_MANY_WORTH: Final = 0.4
COMMON_WORTH: Final = 0.85
COMMON_SHARE: Final = 0.6
COMMON_KINDS: Final = 0.4


class Concept(NamedTuple):
    """One meaning, with the terms that name it."""

    slug: str
    broader: tuple[str, ...]
    related: tuple[str, ...]
    fr: tuple[str, ...]
    en: tuple[str, ...]
    makes: tuple[str, ...]

    def label(self, lang: str) -> str:
        """Return the preferred term in a language, or in the other one where there is none."""
        terms = (self.fr or self.en) if lang == "fr" else (self.en or self.fr)
        return terms[0] if terms else self.slug.replace("-", " ")


class Sense(NamedTuple):
    """One concept that a phrase may mean, and how surely."""

    concept: str
    worth: float
    source: Source


class Match(NamedTuple):
    """A run of words, [start, end) in the text, that the thesaurus knows."""

    start: int
    end: int
    senses: tuple[Sense, ...]


class _Phrases:
    """Phrases by the joined forms of their words, so that band saw is bandsaw is band-saw."""

    def __init__(self) -> None:
        self.senses: dict[str, tuple[Sense, ...]] = {}
        self.longest: dict[str, int] = {}  # first word -> words of the longest phrase

    def add(self, forms: Sequence[str], sense: Sense, spellings: Iterable[str] = ()) -> None:
        for key in {"".join(forms), *spellings}:
            known = self.senses.get(key, ())
            self.senses[key] = _with(known, sense)
            self.longest.setdefault(key, 1)
        self.longest[forms[0]] = max(self.longest.get(forms[0], 1), len(forms))

    def at(self, forms: Sequence[str], start: int) -> tuple[int, tuple[Sense, ...]] | None:
        """Return the length and the senses of the longest phrase that begins at a word."""
        for count in range(min(self.longest.get(forms[start], 0), len(forms) - start), 0, -1):
            senses = self.senses.get("".join(forms[start : start + count]))
            if senses:
                return count, senses
        return None


class Thesaurus:
    """Concepts, the phrases that name them, and the ways between them."""

    def __init__(self, *texts: str) -> None:
        """Read the files in order; what could not be used is listed in `problems`."""
        self.problems: list[str] = []
        self.digest = hashlib.sha256("\f".join(texts).encode()).hexdigest()
        self.words = WordCache(self._word)
        self._concepts: dict[str, Concept] = {}
        for text in texts:
            self._read(text)
        self._check_relations()
        self._above: dict[str, dict[str, int]] = {}
        self._below: dict[str, dict[str, int]] = {}
        self._narrower: dict[str, list[str]] = {}
        self._related: dict[str, list[str]] = {}
        self._stems = _Phrases()
        self._roots = _Phrases()
        self._nouns = _Phrases()
        self._named: dict[str, dict[str, bool]] = {}
        self.vocabulary: set[str] = set()
        """The stems of all words of all terms."""
        self.spellings: set[str] = set()
        """The words of all terms as they are written, folded."""
        self.nouns: set[str] = set()
        """Those that are no trade marks."""
        self._french: dict[str, int] = {}
        self._root_vocabulary: set[str] = set()
        self._slips = Slips(())
        for concept in self._concepts.values():
            self._index(concept)
        for concept in self._concepts.values():
            self._index_nouns(concept)
        for key, senses in self._nouns.senses.items():
            self._nouns.senses[key] = self._shared(senses)
        for slug in self._concepts:
            # The name of a concept is an English term too, where no term says the same.
            forms = [self.words[word].stem for word in slug.split("-")]
            if "".join(forms) not in self._stems.senses:
                self._nouns.add(forms, Sense(slug, SLUG_WORTH, "en"))
        self._keys = sorted(self._stems.senses)
        self._slips = Slips(self.nouns)
        self.words.clear()  # they were met before it was known what all terms say

    def _word(self, folded: str) -> Word:
        cut = stem(folded)
        loose = root(cut)
        if cut in self.vocabulary or loose in self._root_vocabulary:
            mark = cut
        else:
            mark = self._taken_for(folded, cut)
        return Word(folded, cut, loose, folded in STOP, mark, self._french.get(mark, 0))

    def _taken_for(self, folded: str, cut: str) -> str:
        """Return the stem that an unknown word is taken for: `#` a code, `?` another word."""
        if is_code(folded):
            # DS1054Z, where only the family DS is listed.
            family = _FAMILY.match(cut)
            return family[0] if family and family[0] in self.vocabulary else "#"
        return self._slips.meant(cut) or "?"

    @property
    def concepts(self) -> Mapping[str, Concept]:
        """The concepts by slug."""
        return MappingProxyType(self._concepts)

    def _read(self, text: str) -> None:
        if len(text) > THESAURUS_CHARS_MAX:
            self.problems.append(f"longer than {THESAURUS_CHARS_MAX} characters: not read")
            return
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
            cells = tuple(cell.strip() for cell in line.split("\t"))
            if not any(cells) or line.startswith("#") or cells[: len(HEADER)] == HEADER:
                continue
            if len(cells) > len(HEADER) or not _SLUG.fullmatch(cells[0]):
                self.problems.append(
                    f"line {number}: begins with no concept name, or has more than six cells"
                )
                continue
            lists = [_values(cell) for cell in cells[1:]] + [()] * (len(HEADER) - len(cells))
            self._merge(Concept(cells[0], *lists))

    def _merge(self, concept: Concept) -> None:
        known = self._concepts.get(concept.slug)
        if known is not None:
            pairs = zip(known[1:], concept[1:], strict=True)
            concept = Concept(
                concept.slug, *(tuple(dict.fromkeys((*old, *new))) for old, new in pairs)
            )
        self._concepts[concept.slug] = concept

    def _check_relations(self) -> None:
        for slug, concept in self._concepts.items():
            missing = [other for other in (*concept.broader, *concept.related) if other not in self]
            if missing:
                self.problems.append(f"{slug}: names unknown concepts: {', '.join(missing)}")
                self._concepts[slug] = concept._replace(
                    broader=tuple(other for other in concept.broader if other in self),
                    related=tuple(other for other in concept.related if other in self),
                )

    def __contains__(self, slug: str) -> bool:
        return slug in self._concepts

    def _index(self, concept: Concept) -> None:
        for parent in concept.broader:
            self._narrower.setdefault(parent, []).append(concept.slug)
        for other in concept.related:
            self._related.setdefault(concept.slug, []).append(other)
            self._related.setdefault(other, []).append(concept.slug)
        sources: tuple[tuple[Source, tuple[str, ...], float], ...] = (
            ("fr", concept.fr, TERM_WORTH),
            ("en", concept.en, TERM_WORTH),
            ("makes", concept.makes, MAKE_WORTH),
        )
        for source, terms, worth in sources:
            for term in terms:
                self._index_term(term, Sense(concept.slug, worth, source))

    def _index_term(self, term: str, sense: Sense) -> None:
        words = self.words.content(term)[:THESAURUS_TERM_WORDS_MAX]
        if not words:
            return
        self.vocabulary.update(word.stem for word in words)
        self.spellings.update(word.folded for word in words)
        self._root_vocabulary.update(word.root for word in words)
        if sense.source != "makes":
            self.nouns.update(word.stem for word in words)
            sign = 1 if sense.source == "fr" else -1
            for word in words:
                if self._french.setdefault(word.stem, sign) != sign:
                    self._french[word.stem] = 0
        joined = "".join(word.folded for word in words[:-1]) + words[-1].stem
        self._stems.add([word.stem for word in words], sense, [joined])
        if sense.source != "makes" and len("".join(word.root for word in words)) > 3:
            looser = sense._replace(worth=sense.worth * ROOT_WORTH)
            self._roots.add([word.root for word in words], looser)

    def _index_nouns(self, concept: Concept) -> None:
        for term in concept.fr:
            self._index_noun(term, Sense(concept.slug, TERM_WORTH, "fr"))
        for term in concept.en:
            self._index_noun(term, Sense(concept.slug, TERM_WORTH, "en"))

    def _index_noun(self, term: str, sense: Sense) -> None:
        """Learn the noun of a term: the end of an English one, the beginning of a French one.

        Where the noun is a term itself, its concept gets a kind by name: *visseuse à chocs* is a
        *visseuse*, whatever else the file says of it.
        """
        words = self.words.read(term)[:THESAURUS_TERM_WORDS_MAX]
        if sense.source == "en" and _says_what_is_done(words):
            return
        purpose = next((at for at, w in enumerate(words) if at and w.folded in PURPOSE), None)
        words = [word for word in words[:purpose] if not word.is_stop]
        whole = [] if purpose is None else [words]
        if sense.source == "en":
            while words and words[-1].folded in WEAK:
                words = words[:-1]
            nouns = whole + [words[at:] for at in range(1, len(words))]
        else:
            while words and words[0].folded in WEAK:
                words = words[1:]
            nouns = whole + [words[:at] for at in range(1, len(words))]
        for noun in filter(None, nouns):
            forms = [word.stem for word in noun]
            known = self._stems.senses.get("".join(forms))
            if known is None:
                if not is_code(forms[0]):
                    self._nouns.add(forms, sense)
                continue
            for other in known:
                if other.source != "makes" and self._akin(other.concept, sense.concept):
                    self._named.setdefault(other.concept, {})[sense.concept] = True

    def _akin(self, one: str, two: str) -> bool:
        """Say whether two concepts have anything above in common: cutting wood is no wood."""
        return one != two and not self.broader(one).keys().isdisjoint(self.broader(two).keys())

    def _shared(self, senses: tuple[Sense, ...]) -> tuple[Sense, ...]:
        """Lower the worth of a noun by the number of concepts that share it.

        Where most of them are kinds of one thing, the noun means that thing: *mill*, of *knee
        mill*, *PCB mill* and *coffee mill*, is a milling machine rather than one of them.
        """
        count = len(senses)
        worth = NOUN_WORTH[count] if count < len(NOUN_WORTH) else NOUN_OF_MANY_WORTH
        lowered = tuple(sense._replace(worth=worth) for sense in senses)
        if count < 3:
            return lowered
        above = Counter(up for sense in senses for up in self.broader(sense.concept))
        most = [
            up
            for up, times in above.items()
            if times >= COMMON_SHARE * count and times >= COMMON_KINDS * len(self.narrower(up))
        ]
        if not most:
            return lowered
        common = min(most, key=lambda up: (-above[up], len(self.narrower(up)), up))
        kept = tuple(sense for sense in lowered if sense.concept != common)
        return (Sense(common, COMMON_WORTH, senses[0].source), *kept)

    def matches(self, words: Sequence[Word], *, thorough: bool = False) -> list[Match]:
        """Return what the thesaurus knows in a text without stop words, the longest first met.

        Thorough also takes two words for a term written as one (`band saw`, if only `bandsaw` is
        listed) and words that share no more than their root with a term.
        """
        found: list[Match] = []
        stems = [word.mark for word in words]
        begins = self._stems.longest
        if not thorough:
            end = 0
            for at in [at for at, first in enumerate(stems) if first in begins]:
                if at >= end and (known := self._stems.at(stems, at)):
                    end = at + known[0]
                    found.append(Match(at, end, known[1]))
            return found
        roots = [word.root for word in words]
        at = 0
        while at < len(stems):
            known = self._stems.at(stems, at) if stems[at] in begins else None
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
        known: tuple[int, tuple[Sense, ...]] | None,
    ) -> tuple[int, tuple[Sense, ...]] | None:
        """Return a longer match than the known one by less strict comparison, or the known one."""
        if at + 1 < len(words):
            pair = self._stems.senses.get(words[at].folded + stems[at + 1])
            if pair:
                return 2, pair
        folded = words[at].folded
        tells = len(folded) > 1 and not is_code(folded)
        tells = tells and folded not in WEAK and folded not in LEARNING
        is_part = words[at].folded in PARTS and len(words) > 1
        for phrases, forms, allowed in (
            (self._nouns, stems, tells and not is_part),
            (self._roots, roots, tells),
        ):
            other = phrases.at(forms, at)
            if phrases is self._roots and len(roots[at]) < ROOT_ALONE_LETTERS_MIN:
                allowed = False
            if other and (other[0] > 1 or (known is None and allowed)):
                if known is None or other[0] > known[0]:
                    known = other
        return known

    def phrases(self, slug: str) -> list[tuple[str, ...]]:
        """Return the stems of each term of several words that names a concept."""
        concept = self._concepts[slug]
        bags = (
            tuple(word.stem for word in self.words.content(term))
            for term in (*concept.fr, *concept.en)
        )
        return [bag for bag in dict.fromkeys(bags) if len(bag) > 1]

    def completions(self, words: Sequence[Word], most: int) -> tuple[Sense, ...]:
        """Return what terms mean that begin with these words, the last perhaps unfinished.

        The shortest terms come first; nothing comes of a single letter.
        """
        start = "".join([word.stem for word in words[:-1]] + [word.folded for word in words[-1:]])
        if len(start) < 2:
            return ()
        first = bisect_left(self._keys, start)
        last = bisect_left(self._keys, start + "\U0010ffff")
        found: dict[str, Sense] = {}
        for key in sorted(self._keys[first:last], key=len):
            for sense in self._stems.senses[key]:
                found.setdefault(sense.concept, sense)
            if len(found) >= most:
                break
        return tuple(found.values())[:most]

    def broader(self, slug: str) -> Mapping[str, int]:
        """Return the concepts that this one is a kind of, with their distance; itself is 0."""
        known = self._above.get(slug)
        if known is None:
            known = self._above[slug] = _walk(slug, lambda at: self._concepts[at].broader)
        return known

    def narrower(self, slug: str) -> Mapping[str, int]:
        """Return the concepts that are kinds of this one, with their distance; itself is 0."""
        known = self._below.get(slug)
        if known is None:
            known = self._below[slug] = _walk(slug, lambda at: self._narrower.get(at, ()))
        return known

    def related(self, slug: str) -> Sequence[str]:
        """Return the concepts that are related to this one, whichever of the two says so."""
        return self._related.get(slug, ())

    def named(self, slug: str) -> Iterable[str]:
        """Return the concepts whose terms are made of a term of this one and more words."""
        return self._named.get(slug, {})


def _walk(slug: str, steps: Steps) -> dict[str, int]:
    distances = {slug: 0}
    ring = [slug]
    while ring:
        nearest = [(step, distances[at] + 1) for at in ring for step in steps(at)]
        ring = []
        for step, distance in nearest:
            if step not in distances:
                distances[step] = distance
                ring.append(step)
    return distances


def _with(known: tuple[Sense, ...], sense: Sense) -> tuple[Sense, ...]:
    """Add a sense; one that is there in the other language becomes one of both."""
    for at, other in enumerate(known):
        if other.concept == sense.concept:
            if {other.source, sense.source} == {"fr", "en"}:
                sense = sense._replace(source="both", worth=max(sense.worth, other.worth))
            return (*known[:at], max(sense, other, key=_better), *known[at + 1 :])
    return (*known, sense)


def _says_what_is_done(words: Sequence[Word]) -> bool:
    """Say whether an English term is a phrase like cut wood, or drill a hole."""
    first = words[0].folded if words else ""
    article = any(word.folded in ("a", "an", "the", "my") for word in words[1:])
    return first in DOING or article


def _better(sense: Sense) -> tuple[float, bool]:
    return sense.worth, sense.source == "both"


def _values(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for part in cell.split(";") if (value := part.strip())))
