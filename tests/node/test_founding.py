"""Founding a lab: words that bring it back, a profile, one lab a folder."""

import stat
import unicodedata
from pathlib import Path

import pytest
from mnemonic import Mnemonic

from fedlab.node.config import Folder
from fedlab.node.errors import BadRequestError
from fedlab.node.founding import recovery_words
from fedlab.node.service import Service
from fedlab.node.store.errors import StoreError
from fedlab.protocol.identity import recovers
from tests.node.labs import ask, found_lab


def test_the_words_are_bip_39_in_the_labs_language() -> None:
    """Known answer: 128 zero bits, in English and in French (BIP-39 word lists)."""
    assert recovery_words(bytes(16), "en") == ["abandon"] * 11 + ["about"]
    assert recovery_words(bytes(16), "fr") == ["abaisser"] * 11 + ["abeille"]


@pytest.mark.parametrize(("lang", "words"), [("fr", "french"), ("en", "english")])
def test_the_words_bring_the_lab_back(tmp_path: Path, lang: str, words: str) -> None:
    founded = found_lab(tmp_path, lang=lang)
    typed = unicodedata.normalize("NFKD", " ".join(founded.recovery_words))
    entropy = bytes(Mnemonic(words).to_entropy(typed))
    with Service(Folder(tmp_path)) as service:
        chain = service.store.chain(founded.lab)
    assert chain is not None
    assert recovers(chain, entropy)
    assert not recovers(chain, bytes(16))


def test_the_profile_tells_name_place_and_language(tmp_path: Path) -> None:
    found_lab(tmp_path, "Atelier  du\tport", place=(48.39, -4.49), lang="fr")
    with Service(Folder(tmp_path)) as service:
        own = service.own()
        assert (own.name, own.lat, own.lon, own.lang) == ("Atelier du port", 48.39, -4.49, "fr")
        status = ask(service, "status")
    assert (status["name"], status["network"], status["size"]) == ("Atelier du port", "fedlab", 2)


def test_keys_and_store_are_for_their_owner_alone(tmp_path: Path) -> None:
    found_lab(tmp_path / "lab")
    for name in ("", "keys.json", "store.db", "head"):
        mode = (tmp_path / "lab" / name).stat().st_mode
        assert not mode & (stat.S_IRWXG | stat.S_IRWXO), name


def test_a_folder_holds_one_lab(tmp_path: Path) -> None:
    first = found_lab(tmp_path)
    with pytest.raises(StoreError, match="holds a lab already"):
        found_lab(tmp_path)
    with Service(Folder(tmp_path)) as service:
        assert service.store.lab == first.lab


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\x00b", "evil\x1b[2J"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRequestError):
        found_lab(tmp_path / "lab", name)
    assert not (tmp_path / "lab").exists()


@pytest.mark.parametrize("network", ["", "Town", "a b", "x" * 33])
def test_a_network_that_is_none_is_refused(tmp_path: Path, network: str) -> None:
    with pytest.raises(BadRequestError):
        found_lab(tmp_path / "lab", network=network)
