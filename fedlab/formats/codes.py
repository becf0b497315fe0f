"""Codes for rows that give none, and for rows that give the same: the same file, the same codes.

A code stands in the fact, for ever and for everybody, and a name may be personal (*Perceuse de Jean
Dupont*) and is erasable. So a code is made of such words of the name as any workshop might say,
those of the thesaurus, and of nothing else. Rows that share a code are told apart by number
(`SEAU`, `SEAU-2`); on a later import each first finds the item that it became, by what it says, so
that shuffled rows do not swap their codes.
"""

import hashlib
import itertools
import re
from base64 import b32encode
from collections.abc import Container

from fedlab.formats.text import fold
from fedlab.inventory.facts import CODE_RE
from fedlab.protocol.limits import CODE_CHARS_MAX

_NOT_CODE = re.compile(r"[^A-Z0-9.]+")
_COUNT_LAST = re.compile(r"\s*:\s*\d+\s*$|\s+\(?[x×]\s?\d+\)?\s*$")
_WORD = re.compile("[a-z]{3,}")
_NUMBER_CHARS = 5  # -9999
_SLUG_CHARS = CODE_CHARS_MAX - _NUMBER_CHARS
_HASH_CHARS = 4  # a million names cut at the same word give one clash


def code_of_text(text: str) -> str:
    """Return a code that a file gives, in our spelling: `inv 12/3` becomes `INV-12-3`.

    Returns ``""`` if nothing of it can be written in a code; one that is too long is cut, and a
    hash of the whole keeps it apart from its likes.
    """
    upper = text.strip().upper()
    return upper if CODE_RE.fullmatch(upper) else _cut(_slug(text), text, CODE_CHARS_MAX)


def known_words(thesaurus: str) -> frozenset[str]:
    """Return the words that codes are made of: the French and English ones of a thesaurus' file.

    Its makes are left out: many a maker bears somebody's name.
    """
    terms = (line.split("\t")[3:5] for line in thesaurus.splitlines())
    return frozenset(_WORD.findall(fold(" ".join(itertools.chain.from_iterable(terms)))))


def code_of_name(name: str, kind: str, words: Container[str]) -> str:
    """Return the code made from a name: the first run of its words that are among `words`.

    Where there is none, the code is the kind. A run ends at the first word that is unknown, as what
    follows may say whose the thing is.
    """
    said = _WORD.findall(fold(name))
    known = itertools.dropwhile(lambda word: word not in words, said)
    code = ""
    for word in itertools.takewhile(lambda word: word in words, known):
        longer = f"{code}-{word}".lstrip("-").upper()
        if len(longer) > _SLUG_CHARS:
            break
        code = longer
    return code or kind.upper()


def bare_name(name: str) -> str:
    """Return what a thing is called, folded; a count after it (`Saws: 2`) plays no part."""
    return fold(_COUNT_LAST.sub("", name) or name)


def numbered(code: str, number: int) -> str:
    """Return the code of the second, third … row that shares one."""
    suffix = f"-{number}"
    return code[: CODE_CHARS_MAX - len(suffix)].rstrip("-.") + suffix


def _slug(text: str) -> str:
    ascii_only = fold(text).replace("#", " ").encode("ascii", "ignore").decode()
    return _NOT_CODE.sub("-", ascii_only.upper()).strip("-.")


def _cut(slug: str, text: str, most: int) -> str:
    if len(slug) <= most:
        return slug
    kept = slug[: most - _HASH_CHARS - 1]
    word = kept.rpartition("-")[0]
    return f"{word if len(word) > most // 2 else kept.rstrip('-.')}-{_hash(text)}"


def _hash(text: str) -> str:
    digest = hashlib.sha256(fold(text).encode()).digest()
    return b32encode(digest).decode()[:_HASH_CHARS]
