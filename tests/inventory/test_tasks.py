"""What is to be done, to what, is recognised in any order and with anything among it."""

from importlib.resources import files

import pytest

from fedlab.inventory.tasks import SECOND, Tasks
from fedlab.inventory.thesaurus import Thesaurus
from fedlab.inventory.words import WordCache
from tests.inventory.test_thesaurus_data import TEXT as THESAURUS

TEXT = files("fedlab.inventory").joinpath("tasks.tsv").read_text("utf-8")
SMALL = """@wood	bois;planche
couper;scier	@wood	saw/axe
couper	verre	glass-tool
polir		polisher
"""


@pytest.fixture(scope="module")
def words() -> WordCache:
    return Thesaurus("").words


def tools(text: str, words: WordCache) -> list[tuple[str, float]]:
    task = Tasks(SMALL).find(words.content(text))
    return [(sense.concept, sense.worth) for sense in task.tools] if task else []


def test_a_verb_and_its_object_name_the_tools(words: WordCache) -> None:
    assert tools("couper une grande planche", words) == [("saw", 1.0), ("axe", SECOND)]
    assert tools("scier du bois", words) == tools("couper une planche", words)
    assert tools("couper du verre", words) == [("glass-tool", 1.0)]


def test_a_verb_alone_is_enough_only_where_the_file_says_so(words: WordCache) -> None:
    assert tools("polir", words) == [("polisher", 1.0)]
    assert tools("couper", words) == []


def test_what_stands_before_a_verb_is_not_its_object(words: WordCache) -> None:
    """A board to saw is a board."""
    assert tools("planche à scier", words) == []


def test_every_tool_is_a_concept() -> None:
    assert Tasks(TEXT).concepts() - Thesaurus(THESAURUS).concepts.keys() == set()


def test_every_line_has_three_cells() -> None:
    for line in TEXT.splitlines():
        if not line.startswith(("#", "@")):
            assert line.count("\t") == 2, line
