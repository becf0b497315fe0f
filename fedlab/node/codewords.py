"""The words that codes are made of, so that no code says what a fact must not (law 4)."""

from functools import cache
from importlib.resources import files

from fedlab.formats.codes import known_words


@cache
def code_words() -> frozenset[str]:
    """Return the words of the thesaurus that fedlab ships: what any workshop might say."""
    return known_words(files("fedlab.inventory").joinpath("thesaurus.tsv").read_text("utf-8"))
