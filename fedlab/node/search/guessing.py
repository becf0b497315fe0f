"""What the words of a query may have been meant to be, where nobody uses them as they were typed.

A word may be mistyped, two may be written as one (*bandsaw*), a code may be nearly remembered, and
the last word not typed to its end. All guesses are kept with what they are worth; those that make
known phrases together win.
"""

import re
from itertools import islice, product
from typing import Final

from fedlab.inventory.spelling import Guess, Speller, letters_between
from fedlab.inventory.tasks import Tasks
from fedlab.inventory.thesaurus import Thesaurus
from fedlab.inventory.words import Word, is_code, root, stem
from fedlab.node.search.plans import CODE_LETTERS_MIN, Form, IndexWords

GUESS_WORTH: Final = (1.0, 0.92, 0.85, 0.75, 0.7, 0.6)  # by half letters of distance
COMPLETION_WORTH: Final = 0.9
GUESSES_MAX: Final = 4
PHRASINGS_MAX: Final = 27
COMPLETIONS_MAX: Final = 12

SIZE: Final = re.compile(
    r"(\d+(?:\.\d+)?)(mm|cm|dm|m|km|um|in|inch|pouces?|g|kg|mg|t|ml|cl|l|w|kw|v|kv|a|ah|mah|hz|khz"
    r"|mhz|ghz|go|gb|to|tb|bars?|nm|ohms?)"
)


class Guessing:
    """The guesses about one query, over the words of the index that it is put to."""

    def __init__(
        self, thesaurus: Thesaurus, tasks: Tasks, speller: Speller, index: IndexWords
    ) -> None:
        self._thesaurus = thesaurus
        self._tasks = tasks
        self._speller = speller
        self._index = index
        self._guesses: dict[str, list[Guess]] = {}

    def forms(self, word: Word) -> tuple[Form, ...]:
        """Return the word, and if nobody uses it, what it may have been meant to be."""
        itself = Form(word.stem, word.root, 1.0)
        size = SIZE.fullmatch(word.folded)
        if size:  # 3mm and 3 mm
            return itself, Form(f"{size[1]} {size[2]}", "", 1.0, (size[1], stem(size[2])))
        known = self._thesaurus.is_known(word.stem) or self._tasks.is_known(word.stem)
        if known or self._index.is_used(word):
            return (itself,)
        found = {itself.stem: itself}
        for form in (*self._halves(word), *self._guessed(word)):
            found.setdefault(form.stem, form)
        return tuple(found.values())

    def completed(self, word: Word) -> tuple[Form, ...]:
        """Return what an unfinished word may become."""
        stems = self._index.beginning(word.folded, COMPLETIONS_MAX) if len(word.folded) > 1 else ()
        return tuple(
            Form(other, root(other), COMPLETION_WORTH) for other in stems if other != word.stem
        )

    def meant(self, words: list[Word], forms: list[tuple[Form, ...]]) -> list[Word]:
        """Return the words, mistyped ones replaced by those that make known phrases together."""
        choices: list[list[Word]] = []
        for word, some in zip(words, forms, strict=True):
            known = self._thesaurus.matches([word], thorough=True)
            others = [] if known else [form for form in some[1:] if not form.parts]
            choices.append([word, *(_meant_word(form) for form in others)])
        best, most = words, -1
        for tried in islice(product(*choices), PHRASINGS_MAX):
            matches = self._thesaurus.matches(tried, thorough=True)
            known_words = sum((m.end - m.start) ** 2 for m in matches)
            if known_words > most:
                best, most = list(tried), known_words
        return best

    def corrected(self, typed: list[Word], words: list[Word], meant: list[Word]) -> str:
        """Return the query as it should have been typed; nothing where it was."""
        better = self._better(words, meant)
        return " ".join(better.get(word.folded, word.folded) for word in typed) if better else ""

    def _better(self, words: list[Word], meant: list[Word]) -> dict[str, str]:
        """Return the mistyped words, and how they should have been typed."""
        better = {}
        for word, other in zip(words, meant, strict=True):
            if word.folded in self._thesaurus.spellings or self._index.is_used(word, exactly=True):
                continue
            for guess in self._spelled(word):
                if other.stem == word.stem or stem(guess.word) == other.stem:
                    better[word.folded] = guess.word
                    break
        return better

    def _halves(self, word: Word) -> list[Form]:
        """Return the two used words that are written as one: speedy100, bandsaw."""
        for at in range(2, len(word.stem)):
            halves = [self._thesaurus.words[part] for part in (word.stem[:at], word.stem[at:])]
            solid = [half for half in halves if not half.is_stop]
            long = is_code(word.stem) or all(len(half.stem) > 2 for half in halves)
            if solid and long and all(self._index.is_used(half) for half in solid):
                parts = tuple(half.stem for half in solid)
                return [Form(word.stem, word.root, 1.0), Form(" ".join(parts), "", 0.95, parts)]
        return []

    def _guessed(self, word: Word) -> list[Form]:
        if not is_code(word.folded):
            return [
                Form(meant.stem, meant.root, GUESS_WORTH[min(int(guess.distance * 2), 5)])
                for guess in self._spelled(word)
                for meant in (self._thesaurus.words[guess.word],)
            ]
        if len(word.stem) < CODE_LETTERS_MIN:
            return []
        near = [
            Form(other, other, COMPLETION_WORTH if other.startswith(word.stem) else GUESS_WORTH[2])
            for other in self._index.beginning(word.stem[:2], 200)
            if other.startswith(word.stem)
            or (abs(len(other) - len(word.stem)) <= 1 and letters_between(word.stem, other, 1) <= 1)
        ]
        return near[:GUESSES_MAX]

    def _spelled(self, word: Word) -> list[Guess]:
        if word.folded not in self._guesses:
            self._guesses[word.folded] = self._speller.guesses(word.folded, GUESSES_MAX)
        return self._guesses[word.folded]


def _meant_word(form: Form) -> Word:
    return Word(form.stem, form.stem, form.root, mark=form.stem)
