"""Words as a searcher means them: folded, split, and cut to what stays when they are inflected.

Labs write French and English in one cell, so one analysis serves both languages and nobody has to
say which it is. A word has three forms, from strict to loose:

- *folded*: lower case, no accents (`Découpeuses` -> `decoupeuses`);
- *stem*: number, gender and the mute *e* are gone (`decoupeus`), after the light stemmers of
  Savoy (UniNE): they change little and rarely confuse two words;
- *root*: endings that make nouns and verbs of each other are gone too, and spellings that sound
  alike are one (`dekoup`: decouper, decoupe, decoupage; `soldering`, `soldered`). It brings
  *compresseur* and *compressor* together, and what people write by ear.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final, NamedTuple

_LIGATURES: Final = {
    "œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "µ": "u", "’": "'",
    "™": " ", "®": " ", "©": " ",
}  # fmt: skip
_LIGATURE_TABLE: Final = str.maketrans(_LIGATURES)
_MARKS: Final = re.compile("[\u0300-\u036f]+")


def _fold_slowly(text: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFKD", text.translate(_LIGATURE_TABLE)))


def _latin_byte(code: int) -> int:
    """Return what a Latin-1 character folds to: 0 if that is longer, a space if it is no letter."""
    folded = _fold_slowly(chr(code))
    if len(folded) > 1:
        return 0
    return ord(folded) if folded.isascii() else 0x20


# Nearly all French is Latin-1, where every character folds to one byte but ß, æ, ¼, ½ and ¾.
_LATIN_TABLE: Final = bytes(_latin_byte(code) for code in range(256))
# l'établi, d'atelier, qu'on: the article is not a word of its own.
_ELISION: Final = re.compile(r"\b(?:[cdjlmnst]|qu)'(?=\w)")
# De-soldering is one word; pied-de-biche is not begun by its de.
_PREFIX: Final = re.compile(r"(?<![\w-])de-(?=[a-z])")
# A decimal number is one word, and so is a trailing plus (MK3S+, Ultimaker 2+).
_WORD: Final = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+\+{0,2}")
_DIGIT: Final = re.compile(r"\d")
_DECIMAL: Final = re.compile(r"\d[.,]\d")
_PLUS_CODE: Final = re.compile(r"^(?=.*\d).*[^+]\+{1,2}$")

STEM_LETTERS_MIN: Final = 3  # sci(e), vis: the shortest thing that still tells words apart
ROOT_LETTERS_MIN: Final = 4
WORD_LETTERS_MAX: Final = 40  # longer runs are part numbers or noise; they are cut, not lost
_NUMBER_KEPT_DIGITS: Final = 3  # longer ones seldom come again
CACHE_WORDS_MAX: Final = 30_000  # about 8 MB; the everyday words of a network are fewer


class Word(NamedTuple):
    """The forms of one word, and what a thesaurus knows of it."""

    folded: str
    stem: str
    root: str
    is_stop: bool = False
    mark: str = ""  # the stem that the thesaurus takes it for; `#` or `?` if it knows none
    french: int = 0  # 1 if only French terms have it, -1 if only English ones do


def fold(text: str) -> str:
    """Return the text in lower case without accents, ligatures and elided articles."""
    text = text.lower()
    if not text.isascii():
        text = text.replace("’", "'")
        try:
            latin = text.encode("latin-1").translate(_LATIN_TABLE)
        except UnicodeEncodeError:
            latin = b"\0"
        text = _fold_slowly(text) if b"\0" in latin else latin.decode("ascii")
    if "'" in text:
        text = _ELISION.sub(" ", text)
    if "de-" in text:
        text = _PREFIX.sub("de", text)
    return text


def split(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    text = fold(text)
    words: list[str] = _WORD.findall(text)
    if "+" in text or _DECIMAL.search(text):
        return [_tidy(word) for word in words]
    return words


def _tidy(word: str) -> str:
    word = word.replace(",", ".")
    # A plus belongs to a model number; after plain letters it is punctuation (C++ keeps its own).
    if word.endswith("+") and not _PLUS_CODE.match(word) and len(word) > 3:
        word = word.rstrip("+")
    return word


def is_code(word: str) -> bool:
    """Say whether a word holds a digit: a size, a number or part of a model's name."""
    return not word.isalpha() and _DIGIT.search(word) is not None


def _undouble(word: str) -> str:
    if len(word) > STEM_LETTERS_MIN and word[-1] == word[-2]:
        return word[:-1]
    return word


def stem(word: str) -> str:
    """Return a folded word without number, gender and mute e; a code without its plus."""
    if word.endswith("+"):
        return word.rstrip("+")
    if len(word) <= STEM_LETTERS_MIN or not word.isalpha():
        return word
    if word.endswith("aux") and len(word) > 5 and word[-4] not in "ey":
        return word[:-3] + "al"  # métaux, but not ciseaux, noyaux
    if (word[-1] == "s" and word[-2] != "s") or word.endswith(("eux", "oux", "aux")):
        word = word[:-1]
    while len(word) > STEM_LETTERS_MIN and word[-1] == "e":
        word = word[:-1]
    if word[-1] == "y" and len(word) > STEM_LETTERS_MIN:
        word = word[:-1] + "i"  # battery, batteries, batterie
    return _undouble(word)


# Endings of the agent and the action; what they leave may be short: scier, sewing, limage.
_VERB_ENDING: Final = re.compile(r"(.{3,}?)(?:euse|eus|eur|ing|age|ag|er|or|ed|ant|ur)$")
_ENDING: Final = re.compile(
    r"(.{4,}?)(?:isation|ization|ation|ition|ction|ssion|tion|sion|ement|ment|rice|atric|atrice"
    r"|ateur|ator|atoir|oir|iser|iseur|ier|iere|ir|re|ee|able|ibl|abl|if|iv|ive|ent|ence|ance|anc"
    r"|enc|ery|eri|iqu|ik|ic|ical|al|ai|air|ari|arie|ity|iti|it|ism|ist|nes|ful|li|el|ien|i)$"
)
_ROUNDS_MAX: Final = 2
# In order; an h that makes a ch is kept aside (!) while the others go.
_SOUNDS: Final = (
    ("ph", "f"), ("sch", "ch"), ("sh", "ch"), ("ch", "!"), ("h", ""), ("!", "ch"), ("ce", "se"),
    ("ci", "si"), ("cy", "sy"), ("x", "s"), ("qu", "k"), ("ck", "k"), ("q", "k"), ("ch", "!"),
    ("c", "k"), ("!", "ch"), ("eau", "o"), ("au", "o"), ("ai", "e"), ("ei", "e"), ("ea", "e"),
    ("ou", "u"), ("y", "i"), ("ee", "i"), ("emb", "anb"), ("emp", "anp"), ("amb", "anb"),
    ("amp", "anp"), ("en", "an"),
)  # fmt: skip
_VOWELS: Final = frozenset("aeiou")  # what is left must still be a word: zzzqqq is no sk
_DOUBLE: Final = re.compile(r"(.)\1+")


def root(word: str) -> str:
    """Return the looser form of a stem: no derivational ending, one spelling per sound."""
    if len(word) < STEM_LETTERS_MIN or not word.isalpha():
        return word
    whole, word = word, word.replace("z", "s")  # decoupeuze
    for _ in range(_ROUNDS_MAX):
        if len(word) > ROOT_LETTERS_MIN:
            cut = _VERB_ENDING.match(word) or _ENDING.match(word)
            word = cut[1] if cut else word
    # filtre, filter; mètre, meter: the er of English is the mute re of French.
    if len(word) > ROOT_LETTERS_MIN and word[-1] == "r" and word[-2] in "bdt":
        word = word[:-1]
    # A c that has become the last letter is hard, whatever ending followed: perc(er), perç(age).
    for sound, spelling in _SOUNDS:
        if sound in word:
            word = word.replace(sound, spelling)
    word = _DOUBLE.sub(r"\1", word)
    return word if len(word) > 2 or not _VOWELS.isdisjoint(word) else whole


class WordCache(dict[str, Word]):
    """Remembers the forms of the words met, since most words of an inventory come again."""

    def __init__(self, make: Callable[[str], Word], words_max: int = CACHE_WORDS_MAX) -> None:
        super().__init__()
        self._make = make
        self._words_max = words_max

    def __missing__(self, folded: str) -> Word:
        word = self._make(folded)
        if len(folded) <= _NUMBER_KEPT_DIGITS or not folded.isdigit():
            if len(self) >= self._words_max:
                self.clear()
            self[folded] = word
        return word

    def read(self, text: str) -> list[Word]:
        """Return the words of a text with all their forms."""
        return [self[folded] for folded in split(text)]

    def content(self, text: str) -> list[Word]:
        """Return the words of a text that are not stop words."""
        return [word for folded in split(text) if not (word := self[folded]).is_stop]
