"""Bytes to text, and text to what can be compared: encodings, white space, accents and case."""

import re
import unicodedata
from functools import lru_cache

from fedlab.formats.tables import FileError

_SPACES = re.compile(r"[^\S\n]+")
_AROUND_BREAKS = re.compile(r" *\n[ \n]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff]")
_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")  # turn text around, mostly to deceive
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ][a-zà-ÿ])")
_NOT_WORD = re.compile(r"[^\w#]+|_+")
_SAVE_AS_UTF8 = "save it again as CSV with the encoding UTF-8, or as XLSX or ODS"


def decode(data: bytes) -> str:
    """Return the text of a file, lines ended by a line feed.

    UTF-8 with or without its mark, UTF-16 with its mark, otherwise Windows-1252. Raises FileError
    for bytes that are no text, or that are UTF-8 damaged in a few places.
    """
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise FileError("the file is in UTF-32, which no spreadsheet writes", _SAVE_AS_UTF8)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _decode_utf16(data)
    elif b"\x00" in data:
        raise FileError("the file is not text: it holds zero bytes", _SAVE_AS_UTF8)
    else:
        text = _decode_bytes(data)
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _decode_utf16(data: bytes) -> str:
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError:
        raise FileError("the file begins as UTF-16 and is damaged", _SAVE_AS_UTF8) from None


def _decode_bytes(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        bad = exc.start
    lenient = data.decode("utf-8", errors="replace")
    wrong = lenient.count("\ufffd")
    accents = sum(1 for char in lenient if char > "\x7f") - wrong
    if accents > wrong:  # an old encoding would have hit valid UTF-8 by accident only
        line = data.count(b"\n", 0, bad) + 1
        raise FileError(f"the file is UTF-8, but line {line} holds a damaged letter", _SAVE_AS_UTF8)
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        raise FileError(
            "the file's letters are neither UTF-8, UTF-16 nor Windows-1252", _SAVE_AS_UTF8
        ) from None


def clean(cell: str) -> str:
    """Return a cell in one spelling: composed accents, single spaces, no control characters."""
    if cell.isascii() and cell.isalnum():
        return cell
    cell = _SURROGATE.sub("\ufffd", unicodedata.normalize("NFC", cell))
    cell = _CONTROL.sub(" ", _DIRECTION.sub("", cell).replace("\r\n", "\n").replace("\r", "\n"))
    return _AROUND_BREAKS.sub("\n", _SPACES.sub(" ", cell)).strip()


def one_line(text: str) -> str:
    """Return text with its line breaks as spaces."""
    return " ".join(text.split())


@lru_cache(maxsize=4096)  # headers, categories and units come again with every row
def fold(text: str) -> str:
    """Return text as it is compared: no accents, case or punctuation, words apart by one space.

    `partUnit`, `part_unit` and `Part unit:` are the same; `#` stays, for it stands for a number.
    """
    text = text.replace("n°", "no ").replace("N°", "no ").replace("№", "no ")
    text = _CAMEL.sub(" ", text).replace("œ", "oe").replace("Œ", "oe").replace("ß", "ss")
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(_NOT_WORD.sub(" ", bare.casefold().replace("#", " # ")).split())


def folded(words: str, separator: str = "|") -> frozenset[str]:
    """Return words written in one string, as they are compared."""
    return frozenset(fold(word) for word in words.split(separator))


def near(word: str, known: str) -> bool:
    """Say whether a word, of the same first letter, is mistyped: one slip, two in a long word."""
    slips = 0 if len(known) < 5 else 1 if len(known) < 9 else 2
    if not slips or abs(len(word) - len(known)) > slips or word[0] != known[0]:
        return False
    return _distance(word, known, slips) <= slips


def _distance(a: str, b: str, most: int) -> int:
    """Return how many letters to add, drop, change or swap (Damerau-Levenshtein), at least."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, last[j - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
    return row[-1]
