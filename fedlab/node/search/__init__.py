"""Search over everything the node knows: what an item is, in two languages and any spelling."""

from contextlib import suppress
from importlib.resources import files
from io import TextIOWrapper
from pathlib import Path

from fedlab.inventory.thesaurus import Thesaurus
from fedlab.node.files import open_file
from fedlab.node.search.asking import Answer, FreeItems, Hit, Query, Whereabouts
from fedlab.node.search.index import SearchIndex
from fedlab.protocol.limits import THESAURUS_CHARS_MAX

__all__ = [
    "Answer",
    "FreeItems",
    "Hit",
    "Query",
    "SearchIndex",
    "Whereabouts",
    "load_thesaurus",
]


def load_thesaurus(own: Path | None = None, kept: Path | None = None) -> Thesaurus:
    """Return our thesaurus, extended by a lab's own file if there is one.

    What is made of the files is kept at `kept`, since reading them takes seconds on a small
    machine. Raises OSError or BadRequestError if the lab's file is there and cannot be read; its
    bad lines are in `problems`.
    """
    texts = [files("fedlab.inventory").joinpath("thesaurus.tsv").read_text("utf-8")]
    if own is not None and own.exists():
        with TextIOWrapper(open_file(own), "utf-8", "replace") as file:
            texts.append(file.read(THESAURUS_CHARS_MAX + 1))
    if kept is None:
        return Thesaurus(*texts)
    thesaurus = Thesaurus(*texts, compiled=kept.read_bytes() if kept.is_file() else b"")
    if not thesaurus.was_compiled:
        with suppress(OSError):  # a read-only folder costs time, not the search
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(thesaurus.compiled())
    return thesaurus
