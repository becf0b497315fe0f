"""Words: folded, split, cut to stem and root; one analysis for French and English."""

import pytest

from fedlab.inventory.thesaurus import Thesaurus
from fedlab.inventory.words import CACHE_WORDS_MAX, Word, WordCache, fold, root, split, stem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Découpeuse LASER", ["decoupeuse", "laser"]),
        ("l'établi, d’atelier, qu'on", ["etabli", "atelier", "on"]),
        ("Straße, œuvre, Łódź, 5 µL", ["strasse", "oeuvre", "lodz", "5", "ul"]),
        ("hpc_laser/band-saw", ["hpc", "laser", "band", "saw"]),
        ("De-Soldering pump, pied-de-biche", ["desoldering", "pump", "pied", "de", "biche"]),
        ("buse 0,4mm 1.75 mm", ["buse", "0.4", "mm", "1.75", "mm"]),
        ("Prusa i3 MK3S+ / 2+", ["prusa", "i3", "mk3s+", "2+"]),
        ("bois+métal", ["bois", "metal"]),
        ("Принтер 3D", ["принтер", "3d"]),
        ("", []),
    ],
)
def test_text_is_split_into_folded_words(text: str, words: list[str]) -> None:
    assert split(text) == words


def test_both_ways_of_folding_agree_on_latin_letters() -> None:
    """The quick way through Latin-1 and the slow one for everything else give the same words."""
    letters = "àâäçéèêëîïôöùûüÿñåÀÉÈÇ²°«»"
    assert split(letters) == split(letters + " \u0142")[: len(split(letters))]
    assert fold("é") == fold("e\u0301") == "e"


@pytest.mark.parametrize(
    "family",
    [
        "scie scies",
        "découpeuse découpeuses decoupeuse",
        "métal métaux metal metals",
        "batterie batteries battery",
        "ciseau ciseaux",
        "press presses presse",
        "MK3S MK3S+",
    ],
)
def test_number_and_gender_share_a_stem(family: str) -> None:
    assert len({stem(word) for word in split(family)}) == 1


@pytest.mark.parametrize("pair", ["scie vis", "tournevis tour", "noyaux noyal", "glace glass"])
def test_other_words_keep_their_own_stem(pair: str) -> None:
    one, two = split(pair)
    assert stem(one) != stem(two)


@pytest.mark.parametrize(
    "family",
    [
        "souder soudure soudeuse soudage soudeur",
        "fraiser fraiseuse fraisage",
        "perceuse perçage percer",
        "découpeuse découpage découpeuze",
        "measure mesurer mesure measuring",
        "compresseur compressor",
        "multimètre multimeter",
        "oscilloscope ossiloscope",
        "engraver engraving",
        "filtre filter",
        "robot robotique robotics",
    ],
)
def test_words_of_one_derivation_and_sound_share_a_root(family: str) -> None:
    assert len({root(stem(word)) for word in split(family)}) == 1


def test_endings_leave_something_to_search_for() -> None:
    for word in split("er age ing eur euse laser meter outil sac ci"):
        assert len(root(stem(word))) >= min(3, len(word))


def test_the_cache_forgets_rather_than_grow() -> None:
    made: list[str] = []

    def make(folded: str) -> Word:
        made.append(folded)
        return Word(folded, folded, folded)

    cache = WordCache(make, words_max=2)
    for word in ("un", "deux", "deux", "trois", "12", "1234", "1234"):
        assert cache[word].folded == word
    assert list(cache) == ["trois", "12"]
    assert made[3:] == ["12", "1234", "1234"], "long numbers are not kept at all"
    assert CACHE_WORDS_MAX < 100_000


def test_a_thesaurus_is_needed_for_nothing_but_marks() -> None:
    words = Thesaurus().words.read("perceuse 18V")
    assert [(word.stem, word.mark) for word in words] == [("perceus", "?"), ("18v", "#")]
