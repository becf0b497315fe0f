"""The thesaurus: how its file is read, how phrases are found, how meanings are related."""

import pytest

from fedlab.inventory import bookmaking
from fedlab.inventory.thesaurus import Thesaurus

TEXT = """concept\tbroader\trelated\tfr\ten\tmakes
# saws
saw\ttool\t\tscie;scier\tsaw\t
tool\t\t\toutil\ttool\t
jigsaw\tsaw\tsaw-blade\tscie sauteuse;sauteuse\tjigsaw\t
saw-blade\t\t\tlame de scie\tsaw blade\t
bandsaw\tsaw\t\tscie à ruban\tbandsaw\t
thicknesser\ttool\t\traboteuse\tthickness planer\t
hand-planer\ttool\t\trabot électrique\telectric planer\t
laser-cutter\ttool\t\tdécoupeuse laser\tlaser cutter\tTrotec Speedy
vice\ttool\t\tétau\tvice;vise\t
screw\t\t\tvis\tscrew\t
thermoforming\t\t\tthermoformage\tthermoforming\t
"""


@pytest.fixture(scope="module")
def thesaurus() -> Thesaurus:
    return Thesaurus(TEXT)


def found(thesaurus: Thesaurus, text: str) -> list[tuple[str, list[str]]]:
    """The phrases found in a text, with the concepts they may mean."""
    words = thesaurus.words.content(text)
    return [
        (
            " ".join(word.folded for word in words[match.start : match.end]),
            [sense.concept for sense in match.senses],
        )
        for match in thesaurus.matches(words, thorough=True)
    ]


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("scie", ["saw"]),
        ("Scies sauteuses", ["jigsaw"]),
        ("scie-sauteuse", ["jigsaw"]),
        ("scie ruban", ["bandsaw"]),
        ("band saw", ["bandsaw"]),
        ("band-saws", ["bandsaw"]),
        ("Découpeuse à laser", ["laser-cutter"]),
        ("trotec speedy", ["laser-cutter"]),
        ("trotecspeedy", ["laser-cutter"]),
        ("vise", ["vice"]),
        ("vis", ["screw"]),
        ("thermoformer", ["thermoforming"]),
        ("decoupeuse lasser", ["laser-cutter"]),
        ("cafetière", []),
    ],
)
def test_phrases_are_found_in_any_spelling(
    thesaurus: Thesaurus, text: str, concepts: list[str]
) -> None:
    assert [name for _, names in found(thesaurus, text) for name in names] == concepts


def test_the_longest_term_hides_the_shorter_ones(thesaurus: Thesaurus) -> None:
    assert found(thesaurus, "lame de scie pour scie sauteuse") == [
        ("lame scie", ["saw-blade"]),
        ("scie sauteuse", ["jigsaw"]),
    ]


def test_the_noun_of_longer_terms_means_each_of_them(thesaurus: Thesaurus) -> None:
    assert found(thesaurus, "planer") == [("planer", ["thicknesser", "hand-planer"])]
    words = thesaurus.words.content("planer")
    assert not thesaurus.matches(words), "only where one looks thoroughly"


def test_without_the_spelling_a_vise_would_be_screws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the stem alone cannot tell the two words apart."""
    monkeypatch.setattr(bookmaking.BookMaker, "_tell_apart", lambda self: None)
    blunt = Thesaurus(TEXT)
    assert found(blunt, "vise") == [("vise", ["vice", "screw"])]


def test_a_slip_of_one_letter_is_forgiven_in_long_words(thesaurus: Thesaurus) -> None:
    marks = [word.mark for word in thesaurus.words.read("elcetrique sauteusze moteur mars")]
    assert marks == ["electriqu", "sauteus", "?", "?"]


def test_meanings_are_related_both_ways(thesaurus: Thesaurus) -> None:
    assert dict(thesaurus.broader("jigsaw")) == {"jigsaw": 0, "saw": 1, "tool": 2}
    assert dict(thesaurus.narrower("saw")) == {"saw": 0, "jigsaw": 1, "bandsaw": 1}
    assert thesaurus.related("saw-blade") == ["jigsaw"]
    assert thesaurus.concepts["jigsaw"].label("fr") == "scie sauteuse"
    assert thesaurus.concepts["jigsaw"].label("en") == "jigsaw"


def test_an_unfinished_term_may_become_several(thesaurus: Thesaurus) -> None:
    senses = thesaurus.completions(thesaurus.words.content("scie sau"), 5)
    assert [sense.concept for sense in senses] == ["jigsaw"]
    assert thesaurus.completions(thesaurus.words.content("s"), 5) == ()


def test_a_labs_own_file_extends_ours() -> None:
    own = "jigsaw\t\t\tchantourneuse portative\nkiln\t\t\tfour à terre\tkiln\n"
    thesaurus = Thesaurus(TEXT, own)
    assert found(thesaurus, "four à terre") == [("four terre", ["kiln"])]
    assert found(thesaurus, "chantourneuse portative")[0][1] == ["jigsaw"]
    assert thesaurus.concepts["jigsaw"].fr[0] == "scie sauteuse", "what comes first stays first"
    assert thesaurus.digest != Thesaurus(TEXT).digest


def test_bad_lines_are_named_and_cost_nothing_else() -> None:
    thesaurus = Thesaurus("Saw\t\t\tscie\nlathe\tgone;\t\ttour\tlathe\na\tb\tc\td\te\tf\tg\n")
    assert list(thesaurus.concepts) == ["lathe"]
    assert thesaurus.concepts["lathe"].broader == ()
    assert thesaurus.problems == [
        "line 1: does not begin with the name of a concept (a-z, 0-9 and hyphens)",
        "line 3: 7 cells, where 6 are the most",
        "lathe: names unknown concepts: gone",
    ]


def test_circles_and_floods_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    circle = Thesaurus("one\ttwo\t\tun\tone\ntwo\tone\t\tdeux\ttwo\n")
    assert dict(circle.broader("one")) == {"one": 0, "two": 1}
    monkeypatch.setattr("fedlab.inventory.concepts.THESAURUS_CHARS_MAX", 10)
    assert Thesaurus("a" * 11).problems == ["longer than 10 characters: not read"]


def test_what_was_read_can_be_kept(thesaurus: Thesaurus) -> None:
    kept = thesaurus.compiled()
    again = Thesaurus(TEXT, compiled=kept)
    assert again.was_compiled
    assert found(again, "scie sauteuse, vise") == found(thesaurus, "scie sauteuse, vise")
    assert not Thesaurus(TEXT + "kiln\t\t\tfour\n", compiled=kept).was_compiled
    assert not Thesaurus(TEXT, compiled=kept[:-3]).was_compiled
