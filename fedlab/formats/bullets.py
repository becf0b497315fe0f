"""Items from Markdown bullets: a tree of bullets under each heading, some of them only details."""

import re
from dataclasses import dataclass, field

from fedlab.formats.blocks import Block, read_inline
from fedlab.formats.outline import Entry, Section, set_aside
from fedlab.formats.tables import Aside
from fedlab.formats.text import one_line

_LABELLED = re.compile(r"([^:\n]{1,60}?)\s*:\s*(?!//)(\S.*)", re.DOTALL)
_BARE_COUNT = re.compile(r"\d{1,6}(?:\s*\(.*\))?", re.DOTALL)
_COUNTS = (
    re.compile(r"(\d{1,4})\s*[x×]\s+[^\W\d]"),  # 3 x Prusa
    re.compile(r"(?:.*?[^\d:]:\s*)?(\d{1,6})(?=\s*(?:\(|$))"),  # Saws: 2 (wood)
    re.compile(r".*[^\d\s][ (]+[x×]\s?(\d{1,4})\)?$"),  # Saw (x2)
)
_BOLD_LEAD = re.compile(r"(\*\*|__)(.+?)\1\s*[:–—-]\s+(.+)", re.DOTALL)


@dataclass(eq=False)
class Node:
    """A bullet, what stands under it, and the text that belongs to it."""

    block: Block
    children: list["Node"] = field(default_factory=list)
    body: list[Block] = field(default_factory=list)


def describes(texts: list[str]) -> bool:
    """Say whether bullets describe one thing (`Area: 200 mm`), not list several (`Saws: 2`)."""
    found = (_LABELLED.fullmatch(read_inline(text).text) for text in texts)
    values = [match[2] for match in found if match]
    bare = sum(1 for value in values if _BARE_COUNT.fullmatch(value))
    return len(values) > 0.6 * len(texts) and 2 * bare < len(values)


def described(blocks: list[Block]) -> tuple[str, list[tuple[str, str]]]:
    """Return running text, and what is said under labels: `label: value` bullets, links, images."""
    lines: list[str] = []
    said: list[tuple[str, str]] = []
    for block in blocks:
        plain, extras = read_inline(block.text)
        label = _LABELLED.fullmatch(plain) if block.kind == "bullet" else None
        if label:
            said.append((one_line(label[1]), label[2]))
        elif block.kind == "include":
            said.append(("include", plain))
        elif plain and block.kind != "table":
            lines.append(f"- {plain}" if block.kind == "bullet" else plain)
        said += extras
    return "\n".join(lines), said


def entries_from_bullets(
    sections: list[Section], title: Section | None, asides: list[Aside]
) -> list[Entry]:
    """Return one entry per bullet that names something; text around them is set aside."""
    entries: list[Entry] = []
    for section in sections:
        roots, loose = _tree(section.blocks)
        set_aside(Section(section.line, 0, "", blocks=loose), asides)
        path = section.path()
        if title and section is not title and path:
            path = path[1:]
        for root in roots:
            _grow(root, path, section, entries)
    return entries


def _tree(blocks: list[Block]) -> tuple[list[Node], list[Block]]:
    """Return the bullets as a tree by their indents, and the blocks outside of it."""
    roots: list[Node] = []
    loose: list[Block] = []
    above: list[Node] = []
    for block in blocks:
        while above and above[-1].block.level >= block.level:
            above.pop()
        if block.kind in ("bullet", "box"):
            node = Node(block)
            (above[-1].children if above else roots).append(node)
            above.append(node)
        elif above:
            above[-1].body.append(block)
        else:
            loose.append(block)
    return roots, loose


def _grow(node: Node, path: list[str], section: Section, entries: list[Entry]) -> None:
    entry = _entry(node.block, path, section.name)
    entries.append(entry)
    entry.describe(*described(node.body))
    if describes([child.block.text for child in node.children]):
        for child in node.children:
            entry.describe(*described(_all_blocks(child)))
        return
    for child in node.children:
        _grow(child, [*path, entry.name], section, entries)


def _all_blocks(node: Node) -> list[Block]:
    below = [block for child in node.children for block in _all_blocks(child)]
    return [node.block, *node.body, *below]


def _entry(block: Block, path: list[str], category: str) -> Entry:
    raw, rest = block.text, ""
    if lead := _BOLD_LEAD.fullmatch(raw):
        raw, rest = lead[2], lead[3]
    plain, extras = read_inline(raw)
    entry = Entry(block.line, one_line(plain), path=path, category=category)
    entry.describe(*described([Block("text", block.line, 0, rest)] if rest else []))
    entry.said += extras
    for text in (entry.name, one_line(read_inline(rest).text)):
        for pattern in _COUNTS:
            if not entry.quantity and (count := pattern.match(text)):
                entry.quantity = count[1]
    return entry
