"""The thesaurus: what workshop words mean, in French and English, and how meanings are related.

`concepts` says what its file looks like, `phrases` how words are compared with terms. Reading a
file takes half a second and more on a small machine, so what was made of it can be kept
(`compiled`) and handed in again.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from fedlab.inventory.bookmaking import BookMaker
from fedlab.inventory.concepts import HEADER, Concept, Relations, read_concepts
from fedlab.inventory.phrases import Books, Match, PhraseBook, Sense
from fedlab.inventory.smallwords import STOP
from fedlab.inventory.spelling import Slips
from fedlab.inventory.words import WORD_LETTERS_MAX, Word, WordCache, is_code, root, stem

__all__ = ["HEADER", "Concept", "Match", "Sense", "Thesaurus"]

# Changes whenever the same file gives other books.
FORMAT: Final = "4"
# What things are made of is below one of these.
STUFF: Final = frozenset(
    (
        *("bamboo", "cork", "foam", "glass-sheet", "metal", "paper-material"),
        *("plastic-material", "rubber-sheet", "textile-material", "vinyl-material", "wood"),
    )
)
_MODEL: Final = re.compile(r"[^\W\d_]{2,}\d{2,}(?=[^\W\d_]+$)")
_FAMILY: Final = re.compile(r"[^\W\d_]{2,}(?=\d)")


class _Compiled(msgspec.Struct, array_like=True):
    digest: str
    concepts: list[Concept]
    problems: list[str]
    books: Books


class Thesaurus:
    """Concepts, the phrases that name them, and the ways between them."""

    def __init__(self, *texts: str, compiled: bytes = b"") -> None:
        """Read the files in order, or what an earlier reading of the same files left."""
        self.digest = hashlib.sha256("\f".join((FORMAT, *texts)).encode()).hexdigest()
        self.words = WordCache(self._word)
        self._slips: Slips | None = Slips(())  # none while terms are read
        kept = _decode(compiled, self.digest)
        self.was_compiled = kept is not None
        self._made = made = kept or self._make(texts)
        self.problems = made.problems
        self._concepts = {concept.slug: concept for concept in made.concepts}
        self._relations = Relations(self._concepts)
        self._books = made.books
        self._phrases = PhraseBook(made.books, list(self._concepts))
        self._slips = None  # made when the first unknown word is met
        self.words.clear()  # they were met before it was known what all terms say

    def _make(self, texts: Iterable[str]) -> _Compiled:
        concepts, problems = read_concepts(texts)
        self._books = Books()
        maker = BookMaker(concepts, Relations(concepts))
        books = maker.fill(self.words.read)
        return _Compiled(self.digest, list(concepts.values()), problems, books)

    def compiled(self) -> bytes:
        """Return what was made of the files, for another start."""
        return msgspec.msgpack.encode(self._made)

    def _word(self, folded: str) -> Word:
        if folded.isdigit():
            return Word(folded, folded, folded, False, folded if self.is_known(folded) else "#")
        folded = folded[:WORD_LETTERS_MAX]
        cut = stem(folded)
        loose = root(cut)
        books = self._books
        if cut in books.word_stems or loose in books.word_roots:
            mark = cut
        else:
            mark = self._taken_for(cut)
        return Word(folded, cut, loose, folded in STOP, mark, books.french.get(mark, 0))

    def _taken_for(self, cut: str) -> str:
        """Return the stem that an unknown word is taken for: `#` a code, `?` another word."""
        if is_code(cut):
            # KA3005D, where KA3005 is listed; DS1054Z, where only the family DS is.
            for family in (_MODEL.match(cut), _FAMILY.match(cut)):
                if family and self.is_known(family[0]):
                    return family[0]
            return "#"
        if self._slips is None:
            self._slips = Slips(self._books.nouns_known)
        return self._slips.meant(cut) or "?"

    def is_known(self, form: str) -> bool:
        """Say whether a stem stands in any term."""
        return form in self._books.word_stems

    @property
    def concepts(self) -> Mapping[str, Concept]:
        """The concepts by slug."""
        return MappingProxyType(self._concepts)

    @property
    def spellings(self) -> set[str]:
        """The words of all terms as they are written, folded."""
        return self._books.spellings

    @property
    def nouns(self) -> set[str]:
        """The stems of all words of terms that are no trade marks."""
        return self._books.nouns_known

    def matches(self, words: Sequence[Word], *, thorough: bool = False) -> list[Match]:
        """Return what the thesaurus knows in a text without stop words, the longest first met.

        Thorough also takes two words for a term written as one, the noun of longer terms, and
        words that share no more than their root with a term.
        """
        if thorough:
            return self._phrases.loose_matches(words)
        return self._phrases.matches(words)

    def completions(self, words: Sequence[Word], most: int) -> tuple[Sense, ...]:
        """Return what terms mean that begin with these words, the last perhaps unfinished."""
        return self._phrases.completions(words, most)

    def phrases(self, slug: str) -> list[tuple[str, ...]]:
        """Return the stems of each term of several words that names a concept."""
        concept = self._concepts[slug]
        bags = (
            tuple(word.stem for word in self.words.content(term))
            for term in (*concept.fr, *concept.en)
        )
        return [bag for bag in dict.fromkeys(bags) if len(bag) > 1]

    def broader(self, slug: str) -> Mapping[str, int]:
        """Return the concepts that this one is a kind of, with their distance; itself is 0."""
        return self._relations.broader(slug)

    def narrower(self, slug: str) -> Mapping[str, int]:
        """Return the concepts that are kinds of this one, with their distance; itself is 0."""
        return self._relations.narrower(slug)

    def related(self, slug: str) -> Sequence[str]:
        """Return the concepts that are related to this one, whichever of the two says so."""
        return self._relations.related(slug)

    def is_stuff(self, slug: str) -> bool:
        """Say whether a concept is something that things are made of."""
        return not STUFF.isdisjoint(self._relations.broader(slug))

    def named(self, slug: str) -> Iterable[str]:
        """Return the concepts whose terms are made of a term of this one and more words."""
        return self._books.named.get(slug, ())


def _decode(compiled: bytes, digest: str) -> _Compiled | None:
    """Return what was compiled, unless it is of other files or damaged."""
    try:
        made = msgspec.msgpack.decode(compiled, type=_Compiled) if compiled else None
    except msgspec.DecodeError:
        return None
    return made if made is not None and made.digest == digest else None
