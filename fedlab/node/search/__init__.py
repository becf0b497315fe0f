"""Search over everything the node knows: what an item is, in two languages and any spelling."""

from importlib.resources import files
from pathlib import Path

from fedlab.inventory.thesaurus import Thesaurus
from fedlab.node.search.asking import Answer, FreeItems, Hit, Place, Query, Whereabouts
from fedlab.node.search.index import SearchIndex

__all__ = [
    "Answer",
    "FreeItems",
    "Hit",
    "Place",
    "Query",
    "SearchIndex",
    "Whereabouts",
    "load_thesaurus",
]


def load_thesaurus(own: Path | None = None) -> Thesaurus:
    """Return our thesaurus, extended by a lab's own file if there is one.

    Raises OSError if that file is there and cannot be read; its bad lines are in `problems`.
    """
    texts = [files("fedlab.inventory").joinpath("thesaurus.tsv").read_text("utf-8")]
    if own is not None and own.exists():
        texts.append(own.read_text("utf-8", errors="replace"))
    return Thesaurus(*texts)
