"""A Markdown document as its headings see it: sections, and the items that grow out of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fedlab.formats.blocks import Block, read_inline
from fedlab.formats.tables import Aside
from fedlab.formats.text import one_line


@dataclass(eq=False)
class Section:
    """A heading with what stands under it before the next heading."""

    line: int
    level: int
    name: str
    above: "Section | None" = None
    extras: tuple[tuple[str, str], ...] = ()
    blocks: list[Block] = field(default_factory=list)

    def path(self) -> list[str]:
        """Return the headings from the outermost to this one."""
        above = self.above.path() if self.above else []
        return [*above, self.name] if self.name else above


@dataclass(eq=False)
class Entry:
    """One item in the making."""

    line: int
    name: str
    level: int = 0  # of its heading
    path: list[str] = field(default_factory=list)  # headings and bullets above it
    category: str = ""
    quantity: str = ""
    description: list[str] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)

    def cells(self) -> Iterator[tuple[str, str]]:
        """Yield what is known about the item, by column name."""
        yield "name", self.name
        yield "category", self.category
        yield "quantity", self.quantity
        yield "description", "\n".join(self.description)
        yield "section", " / ".join(self.path) if len(self.path) > 1 else ""
        yield from self.said

    def describe(self, text: str, said: list[tuple[str, str]]) -> None:
        """Add running text and labelled values."""
        if text:
            self.description.append(text)
        self.said += said


def sections_of(blocks: list[Block]) -> list[Section]:
    """Return the sections of a document in order; the first has no heading."""
    sections = [Section(0, 0, "")]
    for block in blocks:
        if block.kind != "heading":
            sections[-1].blocks.append(block)
            continue
        above: Section | None = sections[-1]
        while above and above.level >= block.level:
            above = above.above
        name, extras = read_inline(block.text)
        sections.append(Section(block.line, block.level, one_line(name), above, extras))
    return sections


def title_of(sections: list[Section]) -> Section | None:
    """Return the heading that names the whole document: the first, if above all the others."""
    named = [section for section in sections if section.name]
    if named and named[0].level == 1 and all(other.level > 1 for other in named[1:]):
        return named[0]
    return None


def set_aside(section: Section, asides: list[Aside]) -> None:
    """Tell what a section says that belongs to no item."""
    for block in section.blocks:
        if block.kind != "table" and (said := one_line(read_inline(block.text).text)):
            asides.append(Aside(block.line, f"belongs to no item: {said[:300]}"))
