"""How the books of phrases are filled: with terms and nouns, and what each of them is worth."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from fedlab.inventory.concepts import Concept, Relations
from fedlab.inventory.phrases import SOURCES, Books, Source, pack
from fedlab.inventory.smallwords import DOING, PURPOSE, WEAK
from fedlab.inventory.words import Word, is_code
from fedlab.protocol.limits import THESAURUS_TERM_WORDS_MAX

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
                if {SOURCES[other % 4], SOURCES[sense % 4]} == {"fr", "en"}:
                    sense = sense // 4 * 4 + SOURCES.index("both")
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
            if SOURCES[sense % 4] != "makes" and self._akin(other, slug):
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
        lowered = [pack(sense // 1000, worth, SOURCES[sense % 4]) for sense in senses]
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
        return [pack(number, COMMON_WORTH, SOURCES[senses[0] % 4]), *kept]


def _lengthen(longest: dict[str, int], forms: Sequence[str]) -> None:
    if longest.get(forms[0], 0) < len(forms):
        longest[forms[0]] = len(forms)
