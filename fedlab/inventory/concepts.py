"""The concepts of a thesaurus: how its file is read, and how concepts are related.

A file is UTF-8 text with one concept a line, cells apart by tabs, under the header
`concept  broader  related  fr  en  makes`:

- `concept`: the name of the concept, a lower-case English slug;
- `broader`: the concepts it is a kind of; `related`: those a searcher may also want;
- `fr`, `en`: terms in either language, the first preferred, the rest synonyms and everyday words;
- `makes`: product families that tell the concept by themselves (*Trotec Speedy*).

Within a cell values are apart by `;`. Lines that begin with `#` are comments. Several files may be
read, each adding to the ones before: a concept that comes again gains terms and relations. A line
that cannot be used is left out and named among the problems, so that one slip never costs the
search.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from fedlab.protocol.limits import THESAURUS_CHARS_MAX

HEADER: Final = ("concept", "broader", "related", "fr", "en", "makes")
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_Steps = Callable[[str], Iterable[str]]


class Concept(NamedTuple):
    """One meaning, with the terms that name it."""

    slug: str
    broader: tuple[str, ...]
    related: tuple[str, ...]
    fr: tuple[str, ...]
    en: tuple[str, ...]
    makes: tuple[str, ...]

    def label(self, lang: str) -> str:
        """Return the preferred term in a language, or in the other one where there is none."""
        terms = (self.fr or self.en) if lang == "fr" else (self.en or self.fr)
        return terms[0] if terms else self.slug.replace("-", " ")


def read_concepts(texts: Iterable[str]) -> tuple[dict[str, Concept], list[str]]:
    """Return the concepts of some files by slug, and what could not be used, in words."""
    concepts: dict[str, Concept] = {}
    problems: list[str] = []
    for text in texts:
        if len(text) > THESAURUS_CHARS_MAX:
            problems.append(f"longer than {THESAURUS_CHARS_MAX} characters: not read")
            continue
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
            try:
                concept = _read_line(line)
            except ValueError as exc:
                problems.append(f"line {number}: {exc}")
                continue
            if concept is not None:
                known = concepts.get(concept.slug)
                concepts[concept.slug] = _merged(known, concept) if known else concept
    for slug, concept in concepts.items():
        missing = [x for x in (*concept.broader, *concept.related) if x not in concepts]
        if missing:
            problems.append(f"{slug}: names unknown concepts: {', '.join(missing)}")
            concepts[slug] = concept._replace(
                broader=tuple(other for other in concept.broader if other in concepts),
                related=tuple(other for other in concept.related if other in concepts),
            )
    return concepts, problems


def _read_line(line: str) -> Concept | None:
    cells = tuple(cell.strip() for cell in line.split("\t"))
    if not any(cells) or line.startswith("#") or cells[: len(HEADER)] == HEADER:
        return None
    if len(cells) > len(HEADER):
        raise ValueError(f"{len(cells)} cells, where {len(HEADER)} are the most")
    if not _SLUG.fullmatch(cells[0]):
        raise ValueError("does not begin with the name of a concept (a-z, 0-9 and hyphens)")
    lists = [_values(cell) for cell in cells[1:]] + [()] * (len(HEADER) - len(cells))
    return Concept(cells[0], *lists)


def _values(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for part in cell.split(";") if (value := part.strip())))


def _merged(old: Concept, new: Concept) -> Concept:
    pairs = zip(old[1:], new[1:], strict=True)
    return Concept(old.slug, *(tuple(dict.fromkeys((*one, *two))) for one, two in pairs))


class Relations:
    """The ways between concepts, each walked once."""

    def __init__(self, concepts: Mapping[str, Concept]) -> None:
        self._concepts = concepts
        self._children: dict[str, list[str]] = {}
        self._related: dict[str, list[str]] = {}
        for concept in concepts.values():
            for parent in concept.broader:
                self._children.setdefault(parent, []).append(concept.slug)
            for other in concept.related:
                self._related.setdefault(concept.slug, []).append(other)
                self._related.setdefault(other, []).append(concept.slug)
        self._above: dict[str, dict[str, int]] = {}
        self._below: dict[str, dict[str, int]] = {}

    def broader(self, slug: str) -> Mapping[str, int]:
        """Return the concepts that this one is a kind of, with their distance; itself is 0."""
        known = self._above.get(slug)
        if known is None:
            known = self._above[slug] = _walk(slug, lambda at: self._concepts[at].broader)
        return known

    def narrower(self, slug: str) -> Mapping[str, int]:
        """Return the concepts that are kinds of this one, with their distance; itself is 0."""
        known = self._below.get(slug)
        if known is None:
            known = self._below[slug] = _walk(slug, lambda at: self._children.get(at, ()))
        return known

    def related(self, slug: str) -> Sequence[str]:
        """Return the concepts that are related to this one, whichever of the two says so."""
        return self._related.get(slug, ())


def _walk(slug: str, steps: _Steps) -> dict[str, int]:
    distances = {slug: 0}
    ring = [slug]
    while ring:
        nearest = [(step, distances[at] + 1) for at in ring for step in steps(at)]
        ring = []
        for step, distance in nearest:
            if step not in distances:
                distances[step] = distance
                ring.append(step)
    return distances
