"""The encryption of a backup: one line that says whose it is, then sealed pieces of 64 KiB.

    fedlab-backup/1 {"lab":…,"name":…,"at":…,"epoch":…,"size":…,"to":{"words":…,"seal":…}} newline
    pieces: up to 65,536 bytes each, under ChaCha20-Poly1305, 16 bytes longer for it

A random file key is wrapped by HPKE (RFC 9180) once for the key made from the recovery words, and
once for the lab's seal key, with which its node rehearses. The pieces' key is made from the file
key and the hash of the line, so that a changed line opens nothing. The nonce is the number of the
piece (11 bytes) and a byte that is 1 for the last: pieces cannot be swapped, left out or cut off.
"""

import base64
import hashlib
import os
from typing import BinaryIO, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fedlab.node.errors import BadRequestError, ServiceError
from fedlab.node.keeping.words import BACKUP_DOMAIN
from fedlab.protocol.entry import Hex32
from fedlab.protocol.keys import KEY_BYTES
from fedlab.protocol.limits import BACKUP_LINE_BYTES_MAX
from fedlab.protocol.seal import SUITE

MAGIC: Final = b"fedlab-backup/1 "
PIECE_BYTES: Final = 64 * 1024
_TAG_BYTES: Final = 16
WORDS, SEAL = "words", "seal"


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup says of itself in clear: nothing that the lab has not published."""

    lab: Hex32
    name: str
    at: int  # Unix seconds
    epoch: int
    size: int  # entries of this lab's log up to the signed head
    to: dict[str, str]


class DamagedError(ServiceError):
    """A backup is cut short, changed, or none."""

    code = "damaged_backup"


def _damaged(message: str) -> DamagedError:
    return DamagedError(message, "take another backup; `fedlab backup list` names those there are")


def read_line(file: BinaryIO) -> tuple[Line, bytes]:
    """Read a backup's first line; raises BadRequestError for a file that is no backup."""
    raw = file.readline(BACKUP_LINE_BYTES_MAX)
    if not raw.startswith(MAGIC) or not raw.endswith(b"\n"):
        raise BadRequestError(
            "this file is not a backup of fedlab",
            "its name ends in .fedlab",
            code="not_a_backup",
        )
    try:
        return msgspec.json.decode(raw[len(MAGIC) :], type=Line), raw
    except msgspec.MsgspecError as exc:
        raise _damaged(f"the first line of this backup is damaged ({exc})") from None


class Sealer:
    """A file to write into; what is written is sealed, and whole once `close` has returned."""

    def __init__(self, file: BinaryIO, line: Line, keys: dict[str, bytes]) -> None:
        """Begin with the line; `keys` are the public keys that may open it, by name."""
        file_key = os.urandom(KEY_BYTES)
        info = _info(line.lab)
        to = {
            name: base64.b64encode(
                SUITE.encrypt(file_key, X25519PublicKey.from_public_bytes(key), info)
            ).decode()
            for name, key in keys.items()
        }
        raw = MAGIC + msgspec.json.encode(msgspec.structs.replace(line, to=to)) + b"\n"
        file.write(raw)
        self._file = file
        self._cipher = _cipher(file_key, raw)
        self._count = 0
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        """Seal more bytes."""
        self._waiting += data
        while len(self._waiting) > PIECE_BYTES:
            self._piece(bytes(self._waiting[:PIECE_BYTES]), last=False)
            del self._waiting[:PIECE_BYTES]
        return len(data)

    def close(self) -> None:
        """Seal the last piece; the file itself stays open."""
        self._piece(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _piece(self, data: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._count, last), data, None))
        self._count += 1


class Opener:
    """A file to read from; raises DamagedError where a backup is not as it was written."""

    def __init__(self, file: BinaryIO, line: Line, raw: bytes, name: str, key: X25519PrivateKey):
        """Begin behind the line; raises BadRequestError if the key is not one it was sealed to."""
        try:
            box = base64.b64decode(line.to.get(name, ""), validate=True)
            file_key = SUITE.decrypt(box, key, _info(line.lab))
        except (ValueError, InvalidTag):
            raise BadRequestError(
                f"these are not the words of the lab “{line.name}” when it made this backup",
                "take the paper of that lab; words that were replaced later open later backups",
                code="wrong_words",
            ) from None
        self._file = file
        self._cipher = _cipher(file_key, raw)
        self._count = 0
        self._ready = bytearray()
        self._next = file.read(PIECE_BYTES + _TAG_BYTES)

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""
        while len(self._ready) < size and self._next:
            piece, self._next = self._next, self._file.read(PIECE_BYTES + _TAG_BYTES)
            try:
                nonce = _nonce(self._count, last=not self._next)
                self._ready += self._cipher.decrypt(nonce, piece, None)
            except InvalidTag:
                at = self._count * PIECE_BYTES
                raise _damaged(
                    f"this backup is cut short or changed, somewhere after {at:,} bytes"
                ) from None
            self._count += 1
        data = bytes(self._ready[:size])
        del self._ready[:size]
        return data

    def finish(self) -> None:
        """Read to the end; raises DamagedError unless it is there."""
        while self.read(PIECE_BYTES):
            pass
        if not self._count:
            raise _damaged("this backup is cut short after its first line")


def _info(lab: str) -> bytes:
    return BACKUP_DOMAIN + lab.encode() + b"\n"


def _cipher(file_key: bytes, line: bytes) -> ChaCha20Poly1305:
    info = BACKUP_DOMAIN + hashlib.sha256(line).digest()
    derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info)
    return ChaCha20Poly1305(derived.derive(file_key))


def _nonce(count: int, last: bool) -> bytes:
    return count.to_bytes(11) + bytes([last])
