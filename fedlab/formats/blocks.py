"""Markdown cut into blocks, each with its line: headings, bullets, tables, running text.

CommonMark as far as lists of equipment go, GitHub's tables, and what MkDocs Material adds to
them: tabs (`=== "Title"`), folded boxes (`??? type "Title"`), included files (`--8<--`).
"""

import html
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from fedlab.formats.text import clean, one_line

_INDENT_MAX = 200
TAB_LEVEL = 7  # a tab stands below every heading, which have the levels 1 to 6

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_UNSEEN = re.compile(r"<!--|<(style|script)\b", re.IGNORECASE)
_COMMENT_END, _STYLE_END = re.compile("-->"), re.compile(r"</(?:style|script)\s*>", re.IGNORECASE)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*")
_TAB = re.compile(r'(\s*)===[+!]?\s+"(.*)"\s*')
_BOX = re.compile(r'(\s*)(?:\?\?\?\+?|!!!)\s+[\w -]*?"(.*)"\s*')
_INCLUDE = re.compile(r'\s*-+8<-+\s*"?([^"]*)"?\s*')
_BULLET = re.compile(r"(\s*)(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(.*)")
_RULE = re.compile(r" {0,3}(?:([-*_])\s*)(?:\1\s*){2,}")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)\s*")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_FENCE = re.compile(r"\s*(```+|~~~+)")
_CELL_BORDER = re.compile(r"(?<!\\)\|")


@dataclass
class Block:
    """A piece of a document: what it is, where it stands, and its text with its markup."""

    kind: str  # heading, bullet, box, text, include, table
    line: int
    level: int  # of a heading; otherwise how far it is indented
    text: str
    rows: list[tuple[int, list[str]]] = field(default_factory=list)  # of a table
    after_gap: bool = False  # an empty line stands before it


class Inline(NamedTuple):
    """The plain words of a text, and what its markup carried besides."""

    text: str
    extras: tuple[tuple[str, str], ...]  # (label, address or name): links, images, icons


def front_matter(text: str) -> tuple[str, str]:
    """Return the block of settings at the head of a document, and the rest on its old lines."""
    if match := _FRONT_MATTER.match(text):
        return match[1], "\n" * match[0].count("\n") + text[match.end() :]
    return "", text


def read_blocks(text: str) -> list[Block]:
    """Return the blocks of a Markdown text; comments, styles and scripts are no text."""
    return _Reader(_seen(text).split("\n")).run()


def _seen(text: str) -> str:
    """Return a text without comments, styles and scripts, its lines where they were.

    One pass: a pattern with an end in it would look for that end once for every beginning.
    """
    kept: list[str] = []
    at = 0
    while opening := _UNSEEN.search(text, at):
        closing = _STYLE_END if opening[1] else _COMMENT_END
        if (end := closing.search(text, opening.end())) is None:
            break
        kept += [text[at : opening.start()], "\n" * text.count("\n", opening.start(), end.end())]
        at = end.end()
    return "".join([*kept, text[at:]])


class _Reader:
    """One pass over the lines; the last bullet or text takes the lines that continue it."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = [_spaced(line) for line in lines]
        self.blocks: list[Block] = []
        self.open = False  # the last block can still grow
        self.gap = False

    def run(self) -> list[Block]:
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if not line.strip():
                self.open, self.gap = False, True
                at += 1
                continue
            at = self._fence(at) or self._table(at) or self._single(at)
            self.gap = False
        return self.blocks

    def _add(self, kind: str, at: int, level: int, text: str, *, grows: bool = False) -> Block:
        block = Block(kind, at + 1, level, text, after_gap=self.gap)
        self.blocks.append(block)
        self.open = grows
        return block

    def _fence(self, at: int) -> int:
        if not (fence := _FENCE.match(self.lines[at])):
            return 0
        end = at + 1
        while end < len(self.lines) and not self.lines[end].strip().startswith(fence[1]):
            end += 1
        self._add("text", at, _indent(self.lines[at]), "\n".join(self.lines[at + 1 : end]))
        return end + 1

    def _table(self, at: int) -> int:
        below = self.lines[at + 1] if at + 1 < len(self.lines) else ""
        if "|" not in self.lines[at] or "|" not in below or not _TABLE_RULE.fullmatch(below):
            return 0
        table = self._add("table", at, _indent(self.lines[at]), "")
        table.rows.append((at + 1, _table_cells(self.lines[at])))
        at += 2
        while at < len(self.lines) and "|" in self.lines[at]:
            table.rows.append((at + 1, _table_cells(self.lines[at])))
            at += 1
        return at

    def _single(self, at: int) -> int:
        line = self.lines[at]
        if heading := _HEADING.fullmatch(line):
            self._add("heading", at, len(heading[1]), heading[2] or "")
        elif tab := _TAB.fullmatch(line):
            self._add("heading", at, TAB_LEVEL + len(tab[1]) // 4, tab[2])
        elif box := _BOX.fullmatch(line):
            self._add("box", at, len(box[1]), box[2])
        elif include := _INCLUDE.fullmatch(line):
            self._add("include", at, _indent(line), include[1])
        elif self._underlines(line):
            last = self.blocks[-1]
            last.kind, last.level = "heading", 1 if "=" in line else 2
            self.open = False
        elif _RULE.fullmatch(line):
            self.open = False
        elif bullet := _BULLET.fullmatch(line):
            self._add("bullet", at, len(bullet[1]), bullet[2], grows=True)
        elif self.open:
            self.blocks[-1].text += "\n" + _unquoted(line)
        else:
            self._add("text", at, _indent(line), _unquoted(line), grows=True)
        return at + 1

    def _underlines(self, line: str) -> bool:
        last = self.blocks[-1] if self.blocks else None
        titled = self.open and last is not None and last.kind == "text" and "\n" not in last.text
        return titled and _UNDERLINE.fullmatch(line) is not None


def _spaced(line: str) -> str:
    """Return a line with its indent in spaces and no other run of white space."""
    words = line.split()
    if not words:
        return ""
    indent = line[: len(line) - len(line.lstrip())].expandtabs(4)
    return " " * min(len(indent), _INDENT_MAX) + " ".join(words)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _unquoted(line: str) -> str:
    return re.sub(r"^\s*(?:>\s?)*", "", line)


def _table_cells(line: str) -> list[str]:
    cells = _CELL_BORDER.split(line.strip())
    if cells and not cells[0].strip():
        cells = cells[1:]
    if cells and not cells[-1].strip():
        cells = cells[:-1]
    return [cell.replace("\\|", "|").strip() for cell in cells]


# --- inside a block -----------------------------------------------------------------------------

# Repetitions are bounded: whatever is unclosed is looked for so far and no further.
_ATTRIBUTES = re.compile(r"\{:?\s*[.#\w][^{}]*\}")
_IMAGE = re.compile(r"!\[([^\]]{0,500})\]\(\s?<?([^\s)>]{1,500}+)>?(?:\s[^)]{0,200}+)?\)")
_HTML_IMAGE = re.compile(
    r"<img\b[^>]{0,200}?\bsrc\s?=\s?[\"']([^\"']{1,500}+)[\"'][^>]{0,200}+>", re.IGNORECASE
)
_LINK = re.compile(r"\[([^\]]{1,500})\]\(\s?<?([^\s)>]{1,500}+)>?(?:\s[^)]{0,200}+)?\)")
_HTML_LINK = re.compile(
    r"<a\b[^>]{0,200}?\bhref\s?=\s?[\"']([^\"']{1,500}+)[\"'][^>]{0,200}+>(.{0,500}?)</a>",
    re.IGNORECASE | re.DOTALL,
)
_REFERENCE = re.compile(r"\[([^\]]{1,500})\]\[[^\]]{0,500}\]")
_DEFINITION = re.compile(r"^\[([^\]]+)\]:\s+(\S+).*$", re.MULTILINE)
_AUTOLINK = re.compile(r"<((?:https?|mailto):[^>\s]+)>")
_ICON = re.compile(r"(?<!\S):([a-z][a-z0-9_+-]+):(?!\S)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_MARK = re.compile(r"(?<!\\)(?:\*{1,3}|_{1,3}|~~)")
_CODE = re.compile(r"`+([^`]+)`+")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|~>-])")


def read_inline(raw: str) -> Inline:
    """Return a text without its markup, and the links, images and icons that it held."""
    extras: list[tuple[str, str]] = []

    def keep(label: str, value: str, shown: str) -> str:
        extras.append((one_line(clean(html.unescape(label))), clean(html.unescape(value))))
        return shown

    text = _IMAGE.sub(lambda m: keep(m[1] or "image", m[2], " "), raw)
    text = _HTML_IMAGE.sub(lambda m: keep("image", m[1], " "), text)
    text = _DEFINITION.sub(lambda m: keep(m[1], m[2], " "), text)
    text = _LINK.sub(lambda m: keep(_plain(m[1]), m[2], m[1]), text)
    text = _HTML_LINK.sub(lambda m: keep(_TAG.sub("", m[2]), m[1], m[2]), text)
    text = _ICON.sub(lambda m: keep("icon", m[1], " "), text)
    text = _ATTRIBUTES.sub(" ", _REFERENCE.sub(r"\1", text))
    return Inline(clean(_plain(text)), tuple(extras))


def _plain(text: str) -> str:
    text = _AUTOLINK.sub(r"\1", text)
    text = _TAG.sub(" ", text)
    text = _without_emphasis(text)
    return html.unescape(_ESCAPE.sub(r"\1", _CODE.sub(r"\1", text)))


def _without_emphasis(text: str) -> str:
    """Return a text without the stars, underscores and tildes that come in pairs, in one pass.

    `ABS_UM_1` and `2*3` keep theirs: between letters only two stars or tildes are marks.
    """
    opened: dict[str, int] = {}
    marks: list[tuple[int, int]] = []
    for match in _MARK.finditer(text):
        mark, (start, end) = match[0], match.span()
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        inside = mark in ("**", "***", "~~")
        closes = before.strip() and (inside or not after.isalnum())
        if mark in opened and closes:
            marks += [(opened.pop(mark), len(mark)), (start, len(mark))]
        elif after.strip() and (inside or not before.isalnum()):
            opened[mark] = start
    kept, at = [], 0
    for start, length in sorted(marks):
        kept.append(text[at:start])
        at = start + length
    return "".join([*kept, text[at:]])
