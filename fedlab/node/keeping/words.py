"""The recovery words: read as people type them, and the backup key that is made from them."""

import re
import unicodedata
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fedlab.node.errors import BadRequestError
from fedlab.protocol.keys import KEY_BYTES
from fedlab.protocol.limits import WORDS_CHARS_MAX

BACKUP_DOMAIN: Final = b"fedlab/backup/1\n"
_COUNTS: Final = (12, 15, 18, 21, 24)  # BIP-39


class WordsError(BadRequestError):
    """What was typed is no lab's words: another `count` than the paper's, or a `stranger`."""

    code = "wrong_words"

    def __init__(self, message: str, *, count: int = 0, stranger: str = "") -> None:
        super().__init__(message, "type the words in the order in which they stand on the paper")
        self.count = count
        self.stranger = stranger


def read_words(text: str) -> bytes:
    """Return the entropy of recovery words, typed with or without accents, capitals and numbers.

    Raises WordsError which says what is wrong with them.
    """
    from mnemonic import Mnemonic  # late: few commands ask for words

    words = [_plain(word) for word in re.split(r"[\W\d_]+", text[:WORDS_CHARS_MAX]) if word]
    if len(words) not in _COUNTS:
        said = f"there are {len(words)} words, and the paper has 12"
        raise WordsError(said, count=len(words))
    strangers: list[str] = []
    for language in sorted(Mnemonic.list_languages(), key=lambda name: name != "french"):
        known = Mnemonic(language)
        spelled = {_plain(word): word for word in known.wordlist}
        missing = [word for word in words if word not in spelled]
        if missing:
            if not strangers or len(missing) < len(strangers):
                strangers = missing
            continue
        try:
            return bytes(known.to_entropy([spelled[word] for word in words]))
        except ValueError:  # the checksum: other words of this list, or another order
            strangers = strangers or [""]
    if strangers and strangers[0]:
        stranger = strangers[0]
        said = f"“{stranger}” is not one of the words of any list"
        raise WordsError(said, stranger=stranger)
    raise WordsError("one of the words is not the right one, or they stand in another order")


def backup_key(entropy: bytes) -> X25519PrivateKey:
    """Return the key that opens backups: HKDF-SHA-256, no salt, info "fedlab/backup/1", newline."""
    derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=BACKUP_DOMAIN)
    return X25519PrivateKey.from_private_bytes(derived.derive(entropy))


def backup_public(entropy: bytes) -> bytes:
    """Return the public half, which a node keeps so as to make backups without the words."""
    return backup_key(entropy).public_key().public_bytes_raw()


def _plain(word: str) -> str:
    """Return a word without accents and capitals; the lists stay unambiguous."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
