"""What the service says, in the language of a page.

The service speaks English, to commands, programs and logs alike: errors with their hints, rows that
an import leaves out, problems of a backup. Such a sentence may have come through JSON, or have been
kept in the store since yesterday. So it is translated where it is shown: `locale/<language>.
sentences.po` has every sentence as the code writes it, `{0}` for each value, and a sentence is read
back by the one that fits. A test finds all of them in the code, and fails where one is missing.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from babel.messages.pofile import read_po
from markupsafe import Markup

from fedlab.node.web.i18n import LOCALE_DIR, Language

# A sentence about a file holds the reader's sentence, which may hold one more.
_NESTED_MAX: Final = 3
# Nothing of ours is longer; what is, a peer wrote.
_CHARS_MAX: Final = 4_000
_VALUE: Final = re.compile(r"\{(\d)\}")
_QUOTED: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"")


class Sentence(NamedTuple):
    """How one sentence is recognised, and what it is in another language."""

    begins: str
    fits: re.Pattern[str]
    text: str


def catalogue(code: str) -> dict[str, str]:
    """Return every sentence of the code with its translation."""
    path: Path = LOCALE_DIR / f"{code}.sentences.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=code) if m.id and m.string}


@cache
def _sentences(code: str) -> tuple[dict[str, str], tuple[Sentence, ...]]:
    """Return those without a value, and the others, the most telling first."""
    known = catalogue(code)
    plain = {text: said for text, said in known.items() if not _VALUE.search(text)}
    valued = sorted(set(known) - set(plain), key=lambda text: -len(_VALUE.sub("", text)))
    return plain, tuple(_sentence(text, known[text]) for text in valued)


def _sentence(template: str, said: str) -> Sentence:
    parts = _VALUE.split(template)  # what is written, and the numbers of the values, in turns
    written = "(.*?)".join(map(re.escape, parts[::2]))
    return Sentence(parts[0], re.compile(written, re.DOTALL), said)


def translated(language: Language, text: str, depth: int = _NESTED_MAX) -> str | None:
    """Return a sentence of the service in a language; None where it is not known there."""
    if language.code == "en" or not text:
        return text
    plain, valued = _sentences(language.code)
    if text in plain or not depth or len(text) > _CHARS_MAX:
        return plain.get(text)
    for sentence in valued:
        if text.startswith(sentence.begins) and (found := sentence.fits.fullmatch(text)):
            values = [_value(language, value, depth - 1) for value in found.groups()]
            return sentence.text.format(*values)
    about, colon, rest = text.partition(": ")  # a file's name, and what is wrong with it
    tail = translated(language, rest, depth - 1) if colon else None
    return None if tail is None else f"{about}\u00a0: {tail}"


def _value(language: Language, text: str, depth: int) -> str:
    if quoted := _QUOTED.fullmatch(text):  # as Python shows what was typed
        return f"«\u00a0{quoted[1] or quoted[2] or ''}\u00a0»"
    return translated(language, text, depth) or text.strip()


def told(language: Language, *sentences: str) -> Markup:
    """Return sentences for a page, each ended; what is not translated is marked as English."""
    shown = []
    for sentence in filter(None, (one.strip() for one in sentences)):
        text = translated(language, sentence)
        marked = Markup('<span lang="en">{}</span>') if text is None else Markup("{}")
        text = sentence if text is None else text
        text = text[0].upper() + text[1:]
        shown.append(marked.format(text if text[-1] in ".?!…" else f"{text}."))
    return Markup(" ").join(shown)
