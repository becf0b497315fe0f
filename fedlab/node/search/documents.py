"""The form of the index: one document an item, its words cut beforehand, its concepts as words.

| field | holds | asked for |
|---|---|---|
| `id` | lab/CODE | replacing |
| `facet` | `lab:…`, `kind:…`, `terms:…`, `category:…` | filters |
| `name` | stems of name, make, model, category and tags | a word where it tells most |
| `text` | roots of all words of the item | a word anywhere |
| `concept` | `=saw`: is a saw, or a kind of it; `~saw`: mentions one | meanings |
| `shown` | stored, not searched: what ranking looks at | |

Positions and counts are not kept: an item's text is short, and ranking reads the words anyway.
"""

from itertools import pairwise
from typing import Final, NamedTuple

import tantivy

from fedlab.inventory.catalogue import ItemView
from fedlab.inventory.smallwords import LEARNING, WEAK
from fedlab.inventory.thesaurus import Thesaurus
from fedlab.inventory.words import Word, fold, is_code
from fedlab.node.search.naming import HEAD_MIN
from fedlab.node.search.reading import Reader, Reading

# Changes whenever documents of an older index would be read wrongly.
FORMAT: Final = "5"
IS: Final = "="
MENTIONS: Final = "~"
JOINED_LETTERS_MAX: Final = 16
SKILL: Final = "skill"


def make_schema() -> tantivy.Schema:
    """Return the schema described above."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    for name in ("facet", "name", "text", "concept"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    builder.add_bytes_field("shown", stored=True)
    return builder.build()


def facet(name: str, value: str) -> str:
    """Return the word that stands for one value of a filter."""
    return f"{name}:{'_'.join(fold(value).split())}"


class Shown(NamedTuple):
    """What ranking needs of an item, as it is stored in the index.

    Words stand between spaces, so that one is found without splitting the rest.
    """

    item: str
    kind: str
    telling: int  # words of the main part of the name that say something
    main: str  # stems
    rest: str
    purpose: str
    labels: str
    roots: str  # of the name
    text: str  # roots of everything else
    spelled: str  # name, then labels behind a bar, folded
    concepts: list[tuple[str, float]]

    @property
    def squashed(self) -> str:
        """Name, then labels behind a bar, without spaces."""
        return self.spelled.replace(" ", "")

    @classmethod
    def read(cls, stored: bytes) -> "Shown":
        """Read what `write_shown` wrote."""
        *parts, concepts = stored.decode().split("\t")
        told = concepts.replace(":", " ").split()
        weights = [
            (slug, int(weight) / 100) for slug, weight in zip(told[::2], told[1::2], strict=True)
        ]
        item, kind, telling, *words = parts
        main, rest, purpose, labels, roots, text, spelled = words
        return cls(
            item, kind, int(telling), main, rest, purpose, labels, roots, text, spelled, weights
        )


def write_shown(item: ItemView, reading: Reading) -> str:
    """Return what ranking needs of an item in one line."""
    (main, rest, purpose), labels = reading.name[:3], reading.labels
    is_skill = item.kind == SKILL or any(word.folded in LEARNING for word in main)
    telling = [w for w in main if w.folded not in WEAK and not is_code(w.folded)]
    name = main + rest if rest else main
    text = purpose + labels + reading.text
    weights = [f"{slug}:{int(weight * 100)}" for slug, weight in reading.concepts.items()]
    return "\t".join(
        (
            item.item,
            SKILL if is_skill else item.kind,
            str(len(telling)),
            _stems(main),
            _stems(rest),
            _stems(purpose),
            _stems(labels),
            f" {' '.join([w.root for w in name])} ",
            f" {' '.join([w.root for w in text])} ",
            f" {' '.join([w.folded for w in name])} | {' '.join([w.folded for w in labels])} ",
            " ".join(weights),
        )
    )


def _stems(words: list[Word]) -> str:
    return f" {' '.join([word.stem for word in words])} " if words else ""


def _joined(words: list[Word]) -> list[str]:
    """Return codes with the word before as one: FX-888D is typed fx888, Speedy 100 speedy100."""
    return [
        before.stem + word.stem
        for before, word in pairwise(words)
        if word.mark == "#" and len(before.stem) + len(word.stem) <= JOINED_LETTERS_MAX
    ]


class DocumentMaker:
    """Makes documents; concepts come with all that is broader, worked out once each."""

    def __init__(self, thesaurus: Thesaurus) -> None:
        self._thesaurus = thesaurus
        self._reader = Reader(thesaurus)
        self._last_facet: tuple[tuple[object, ...], str] = ((), "")
        self._concept_words: dict[str, tuple[str, str]] = {}

    def make(self, item: ItemView) -> tuple[tantivy.Document, Reading]:
        """Return the document of an item, and its reading."""
        reading = self._reader.read(item)
        name = reading.name
        named = [*name.main, *name.rest, *name.purpose, *reading.labels]
        document = tantivy.Document()
        document.add_text("id", item.item)
        document.add_text("facet", self._facet(item))
        document.add_text("name", " ".join([w.stem for w in named] + _joined(named)))
        document.add_text("text", " ".join({w.root for w in named + reading.text}))
        document.add_text("concept", self._concepts(reading.concepts))
        document.add_bytes("shown", write_shown(item, reading).encode())
        return document, reading

    def _facet(self, item: ItemView) -> str:
        key = (item.lab, item.kind, item.terms, item.category)
        if key == self._last_facet[0]:
            return self._last_facet[1]
        words = [f"lab:{item.lab} kind:{item.kind}"]
        words.extend([f"terms:{term}" for term in item.terms])
        if item.category:
            words.append(facet("category", item.category))
        self._last_facet = key, " ".join(words)
        return self._last_facet[1]

    def _concepts(self, weights: dict[str, float]) -> str:
        parts = []
        for slug, weight in weights.items():
            known = self._concept_words.get(slug)
            if known is None:
                broader = self._thesaurus.broader(slug)
                mentions = " ".join(MENTIONS + other for other in broader)
                known = (mentions, f"{mentions} {' '.join(IS + other for other in broader)}")
                self._concept_words[slug] = known
            parts.append(known[weight >= HEAD_MIN])
        return " ".join(parts)
