"""Founding a lab: its keys, its genesis, its profile, and the words that bring it back."""

import os
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from fedlab.node.config import Folder
from fedlab.node.errors import BadRequestError
from fedlab.node.keeping.epochs import remember_backup_key
from fedlab.node.service import Service
from fedlab.node.service.base import now
from fedlab.node.service.profile import clean_name, profile_draft
from fedlab.node.store import SqliteStore
from fedlab.node.writer import found_lab, is_unused
from fedlab.protocol.checkpoint import NETWORK_RE
from fedlab.protocol.identity import (
    SecretKeys,
    make_genesis,
    recovery_hash,
    recovery_seed,
)
from fedlab.protocol.keys import KEY_BYTES, signing_public
from fedlab.protocol.limits import NETWORK_CHARS_MAX

ENTROPY_BYTES: Final = 16  # BIP-39: 128 bits are twelve words
_WORD_LISTS: Final = {"fr": "french", "en": "english"}


class FoundedAnswer(msgspec.Struct):
    """The new lab; the words are shown this once."""

    lab: str
    name: str
    network: str
    recovery_words: list[str]


def found(
    folder: Folder,
    *,
    name: str,
    network: str,
    lat: float | None,
    lon: float | None,
    lang: str,
    fact: Mapping[str, str] | None = None,
    address: str = "",
    entropy: bytes | None = None,
) -> FoundedAnswer:
    """Found a lab in a folder that holds none; raise StoreError if it does.

    `fact` says what sort of lab it is; `entropy` is what recovery words were made of that somebody
    has on paper already. Raises BadRequestError for a name or a network that cannot be one.
    """
    name = clean_name(name)
    if not NETWORK_RE.fullmatch(network):
        raise BadRequestError(
            f"{network!r} is not a network's name",
            f"use 1 to {NETWORK_CHARS_MAX} of a-z 0-9 -, or leave --network out",
        )
    detail: dict[str, Any] = {"name": name, "lang": lang}
    if lat is not None and lon is not None:
        detail |= {"lat": lat, "lon": lon}
    if address:
        detail["address"] = address
    profile = profile_draft(fact or {}, detail)
    entropy = entropy or os.urandom(ENTROPY_BYTES)
    keys = SecretKeys(*(os.urandom(KEY_BYTES) for _ in range(4)))
    recovery = recovery_hash(signing_public(recovery_seed(entropy)))
    genesis = make_genesis(network, keys.public(), recovery, now())
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = SqliteStore(folder.path)
    try:
        found_lab(store, folder.head, folder.keys, genesis, keys)
        remember_backup_key(store, entropy)
    finally:
        store.close()
    with Service(folder) as service:
        service.opened.append_one(profile)
        return FoundedAnswer(service.opened.lab, name, network, recovery_words(entropy, lang))


def can_found(folder: Folder) -> bool:
    """Say whether nothing in the folder speaks of a lab, but for one whose founding was cut short.

    Keys without a store are not nothing: that lab has spoken, and its backup is to be restored.
    """
    return not folder.keys.exists() or is_unused(folder.head)


def recovery_words(entropy: bytes, lang: str) -> list[str]:
    """Return the BIP-39 words of the entropy, in the lab's language."""
    from mnemonic import Mnemonic  # late: only founding needs it

    words = Mnemonic(_WORD_LISTS[lang]).to_mnemonic(entropy).split()
    # The lists are in decomposed form; people type composed letters.
    return [unicodedata.normalize("NFC", word) for word in words]
