"""Founding a lab: its keys, its genesis, its profile, and the words that bring it back."""

import os
import unicodedata
from typing import Any, Final

import msgspec

from fedlab.inventory.facts import LabProfile
from fedlab.node.config import Folder
from fedlab.node.errors import BadRequestError
from fedlab.node.service import Service
from fedlab.node.service.base import now
from fedlab.node.store import SqliteStore
from fedlab.node.writer import Draft, found_lab
from fedlab.protocol.checkpoint import NETWORK_RE
from fedlab.protocol.entry import encode_detail
from fedlab.protocol.identity import (
    SecretKeys,
    make_genesis,
    recovery_hash,
    recovery_seed,
)
from fedlab.protocol.keys import KEY_BYTES, signing_public
from fedlab.protocol.limits import LAB_NAME_CHARS_MAX, NETWORK_CHARS_MAX

_ENTROPY_BYTES: Final = 16  # BIP-39: 128 bits are twelve words
_WORD_LISTS: Final = {"fr": "french", "en": "english"}


class FoundedAnswer(msgspec.Struct):
    """The new lab; the words are shown this once."""

    lab: str
    name: str
    network: str
    recovery_words: list[str]


def found(
    folder: Folder, *, name: str, network: str, lat: float | None, lon: float | None, lang: str
) -> FoundedAnswer:
    """Found a lab in a folder that holds none; raise StoreError if it does.

    Raises BadRequestError for a name or a network that cannot be one.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= LAB_NAME_CHARS_MAX or not name.isprintable():
        raise BadRequestError(
            f"a lab's name has 1 to {LAB_NAME_CHARS_MAX} printable characters", "give --name"
        )
    if not NETWORK_RE.fullmatch(network):
        raise BadRequestError(
            f"{network!r} is not a network's name",
            f"use 1 to {NETWORK_CHARS_MAX} of a-z 0-9 -, or leave --network out",
        )
    entropy = os.urandom(_ENTROPY_BYTES)
    keys = SecretKeys(*(os.urandom(KEY_BYTES) for _ in range(4)))
    recovery = recovery_hash(signing_public(recovery_seed(entropy)))
    genesis = make_genesis(network, keys.public(), recovery, now())
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = SqliteStore(folder.path)
    try:
        found_lab(store, folder.head, folder.keys, genesis, keys)
    finally:
        store.close()
    detail: dict[str, Any] = {"name": name, "lang": lang}
    if lat is not None and lon is not None:
        detail |= {"lat": lat, "lon": lon}
    with Service(folder) as service:
        blank = LabProfile(by="", e=0, n=0, at=0)
        service.opened.append_one(Draft(blank, encode_detail(detail)))
        return FoundedAnswer(service.opened.lab, name, network, recovery_words(entropy, lang))


def recovery_words(entropy: bytes, lang: str) -> list[str]:
    """Return the BIP-39 words of the entropy, in the lab's language."""
    from mnemonic import Mnemonic  # late: only founding needs it

    words = Mnemonic(_WORD_LISTS[lang]).to_mnemonic(entropy).split()
    # The lists are in decomposed form; people type composed letters.
    return [unicodedata.normalize("NFC", word) for word in words]
