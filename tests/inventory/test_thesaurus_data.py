"""The thesaurus that ships: well-formed, a true hierarchy, no word with two meanings unawares."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Final, NamedTuple

import pytest

from fedlab.inventory.smallwords import STOP
from fedlab.inventory.thesaurus import HEADER, Thesaurus
from fedlab.inventory.words import split, stem

TEXT: Final = resources.files("fedlab.inventory").joinpath("thesaurus.tsv").read_text("utf-8")
CONCEPTS_MIN: Final = 900
TERM_CHARS_MAX: Final = 60

# Words that truly have two meanings in a workshop; everything else must choose one.
AMBIGUOUS: Final = {
    "chop saw": "a mitre saw in America, often the abrasive saw for metal in Britain",
    "découpe laser": "labs call the machine and the work by one name",
    "feutre": "the cloth and the pen",
    "mic": "the microphone, and a machinist's micrometer",
    "planer": "the hand-held one, and the stationary jointer or thicknesser",
    "plotter": "cuts vinyl, draws, or prints large, depending on who speaks",
    "router": "the wood router and the network's",
    "sableuse": "blasts sand in France, sands in Québec",
    "switch": "the push button, and the network switch in French too",
    "vise": "a vice in America, a screw by its stem",
    "traceur": "the drawing machine and the large-format printer",
}


class Row(NamedTuple):
    """One line of the file, its cells split."""

    slug: str
    broader: list[str]
    related: list[str]
    fr: list[str]
    en: list[str]
    makes: list[str]

    @property
    def terms(self) -> list[str]:
        """All that names the concept."""
        return [*self.fr, *self.en, *self.makes]


def read_rows(text: str) -> list[Row]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert tuple(lines[0].split("\t")) == HEADER
    rows = []
    for line in lines[1:]:
        cells = line.split("\t")
        assert len(cells) == len(HEADER), f"not six cells: {line!r}"
        rows.append(Row(cells[0], *(cell.split(";") if cell else [] for cell in cells[1:])))
    return rows


ROWS: Final = read_rows(TEXT)
BROADER: Final = {row.slug: row.broader for row in ROWS}


def above(slug: str, broader: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield every concept over this one; a cycle shows as the concept itself, and ends."""
    seen: set[str] = set()
    todo = list(broader[slug])
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            yield at
            todo.extend(broader[at])


def in_a_cycle(broader: Mapping[str, list[str]]) -> list[str]:
    return [slug for slug in broader if slug in above(slug, broader)]


def key(term: str) -> str:
    """Return what the search compares: stems run together, so that band saw is bandsaw."""
    return "".join(stem(word) for word in split(term) if word not in STOP)


def meanings(rows: list[Row]) -> dict[str, dict[str, str]]:
    """Return, for each compared form, the concepts it names and the term that says so."""
    named: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        for term in row.terms:
            named[key(term)][row.slug] = term
    return named


def ambiguous(rows: list[Row]) -> dict[str, dict[str, str]]:
    """Return the forms that name concepts of which none is a kind of the other."""
    broader = {row.slug: row.broader for row in rows}
    lines = {slug: {slug, *above(slug, broader)} for slug in broader}

    def one_line(slugs: dict[str, str]) -> bool:
        return all(a in lines[b] or b in lines[a] for a in slugs for b in slugs)

    return {form: slugs for form, slugs in meanings(rows).items() if not one_line(slugs)}


@pytest.fixture(scope="module")
def named() -> dict[str, dict[str, str]]:
    return meanings(ROWS)


def test_the_search_reads_every_line() -> None:
    thesaurus = Thesaurus(TEXT)
    assert thesaurus.problems == []
    assert len(thesaurus.concepts) == len(ROWS) >= CONCEPTS_MIN


def test_each_concept_comes_once_under_a_plain_name() -> None:
    slugs = [row.slug for row in ROWS]
    assert len(set(slugs)) == len(slugs)
    assert [slug for slug in slugs if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)] == []


def test_each_concept_has_a_french_and_an_english_term() -> None:
    assert [row.slug for row in ROWS if not (row.fr and row.en)] == []


def test_terms_are_clean() -> None:
    for row in ROWS:
        for term in row.terms:
            assert term == " ".join(term.split()), f"{row.slug}: spaces in {term!r}"
            assert term == unicodedata.normalize("NFC", term), f"{row.slug}: {term!r} is not NFC"
            assert 1 < len(term) <= TERM_CHARS_MAX, f"{row.slug}: length of {term!r}"


def test_no_cell_says_the_same_twice() -> None:
    for row in ROWS:
        for cell in row[1:]:
            folded = [re.sub(r"\W+", " ", value.casefold()) for value in cell]
            assert len(set(folded)) == len(folded), f"{row.slug}: {cell}"


def test_every_term_keeps_a_word_that_is_searched_for(named: dict[str, dict[str, str]]) -> None:
    """A term of stop words alone (IT, "to do") would match everything or nothing."""
    assert named.get("", {}) == {}


def test_relations_lead_to_concepts() -> None:
    for row in ROWS:
        assert {*row.broader, *row.related} <= BROADER.keys(), row.slug
        assert row.slug not in row.related
        assert not {*above(row.slug, BROADER)} & {*row.related}, f"{row.slug}: related is broader"


def test_no_concept_is_a_kind_of_itself() -> None:
    assert in_a_cycle(BROADER) == []


def test_a_cycle_would_be_seen() -> None:
    """The mutant: make the saw a kind of jigsaw."""
    assert {"saw", "power-saw", "jigsaw"} <= {*in_a_cycle({**BROADER, "saw": ["jigsaw"]})}


def test_broader_names_only_the_nearest() -> None:
    for row in ROWS:
        implied = {far for near in row.broader for far in above(near, BROADER)}
        assert not implied & {*row.broader}, f"{row.slug}: {implied & {*row.broader}} is implied"


def test_a_word_has_one_meaning_or_a_reason() -> None:
    allowed = {key(term) for term in AMBIGUOUS}
    report = {form: slugs for form, slugs in ambiguous(ROWS).items() if form not in allowed}
    assert report == {}, "choose one concept, write a longer term, or give a reason in AMBIGUOUS"


def test_an_ambiguous_word_would_be_seen() -> None:
    """The mutant: give the tape measure the word of the drill."""
    row = next(row for row in ROWS if row.slug == "tape-measure")
    mutant = [*ROWS, row._replace(slug="mutant", fr=["perceuses"])]
    assert {"drill", "mutant"} <= ambiguous(mutant)["perceus"].keys()


def test_no_reason_outlives_its_word() -> None:
    found = ambiguous(ROWS)
    assert [term for term in AMBIGUOUS if key(term) not in found] == []


@pytest.mark.parametrize(
    ("term", "slug"),
    [
        ("visseuse", "cordless-drill"),
        ("chignole", "hand-drill"),
        ("pillar drill", "drill-press"),
        ("disqueuses", "angle-grinder"),
        ("banc de scie", "table-saw"),
        ("Stanley knife", "utility-knife"),
        ("meuleuse d’angle", "angle-grinder"),
        ("impr. 3D", "printer-3d"),
        ("ENDER-3", "fdm-3d-printer"),
        ("Trotec Speedy", "laser-cutter"),
        ("mesurer une tension", "multimeter"),
        ("band saw", "bandsaw"),
        ("barnum", "gazebo"),
        ("aide numérique", "digital-help"),
    ],
)
def test_everyday_words_name_their_concept(
    term: str, slug: str, named: dict[str, dict[str, str]]
) -> None:
    assert slug in named[key(term)]


@pytest.mark.parametrize(
    ("narrow", "broad"),
    [
        ("jigsaw", "cutting-tool"),
        ("cnc-router", "cnc-machine"),
        ("resin-3d-printer", "printer-3d"),
        ("pla-filament", "consumable"),
        ("plywood", "wood"),
        ("vr-headset", "av-equipment"),
        ("bicycle-repair", "repair-service"),
    ],
)
def test_the_hierarchy_is_true(narrow: str, broad: str) -> None:
    assert broad in above(narrow, BROADER)
