"""Sealed details: text that only named labs can read, published like any other detail.

A detail may hold, under `sealed`, an object with three keys:

    box   base64 of the JSON text, filled up with spaces to a multiple of 256 bytes, under
          ChaCha20-Poly1305 with a key of its own, nonce 0, and the domain below with author and
          epoch as associated data
    key   SHA-256 of that key, in hex: the cipher does not commit to its key, so without this one
          box could be made to say different things to different labs
    to    for each lab it is sealed to, base64 of that key wrapped by HPKE (RFC 9180: base mode,
          X25519, HKDF-SHA-256, ChaCha20-Poly1305) for the lab's seal key; `info` is the domain,
          author, recipient and epoch

The domain is "fedlab/seal/1" and a newline; author, recipient and epoch (of the author's log, in
decimal) follow, a newline after each. HPKE draws randomness, so `node` wraps keys; here is the
rest. Whoever is named in `to` is public, what was sealed is not.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from msgspec import Struct

from .entry import Hex32, LabId, decode_detail, encode_detail
from .errors import AuthorError, LocalProtocolError, RemoteProtocolError
from .keys import decode_base64
from .limits import SEALED_BODY_BYTES_MAX, SEALED_PAD_BYTES, SEALED_RECIPIENTS_MAX

SEAL_DOMAIN: Final = b"fedlab/seal/1\n"
SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_NONCE: Final = bytes(12)  # each key encrypts one text


class Sealed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands under `sealed` in a detail."""

    box: str
    key: Hex32
    to: dict[Hex32, str]


def seal_info(author: LabId, recipient: LabId, epoch: int) -> bytes:
    """Return HPKE's `info` for one recipient."""
    return SEAL_DOMAIN + f"{author}\n{recipient}\n{epoch}\n".encode()


def make_sealed(
    body: Mapping[str, Any],
    *,
    author: LabId,
    epoch: int,
    content_key: bytes,
    wrapped: Mapping[LabId, bytes],
) -> dict[str, Any]:
    """Return what stands under `sealed`, with a fresh random key and its wraps handed in.

    Raises LocalProtocolError where the text is too long or nobody, or too many, may read it.
    """
    text = encode_detail(body)
    if len(text) > SEALED_BODY_BYTES_MAX:
        raise LocalProtocolError(
            f"{len(text):,} bytes to seal; {SEALED_BODY_BYTES_MAX:,} is the most"
        )
    if not 1 <= len(wrapped) <= SEALED_RECIPIENTS_MAX:
        raise LocalProtocolError(f"sealed to {len(wrapped)} labs; 1 to {SEALED_RECIPIENTS_MAX}")
    padded = text + b" " * (-len(text) % SEALED_PAD_BYTES)
    box = ChaCha20Poly1305(content_key).encrypt(_NONCE, padded, _associated(author, epoch))
    return {
        "box": base64.b64encode(box).decode(),
        "key": hashlib.sha256(content_key).hexdigest(),
        "to": {lab: base64.b64encode(wrapped[lab]).decode() for lab in sorted(wrapped)},
    }


def open_sealed(
    sealed: object, *, author: LabId, epoch: int, recipient: LabId, private: bytes
) -> dict[str, Any]:
    """Return what was sealed, with the recipient's X25519 private key.

    Raises LocalProtocolError where it was not sealed to this lab; AuthorError where what the
    author committed to cannot be opened.
    """
    try:
        found = msgspec.convert(sealed, Sealed)
    except msgspec.ValidationError as exc:
        raise AuthorError(f"malformed sealed detail: {exc}") from exc
    if recipient not in found.to:
        raise LocalProtocolError("this was not sealed to this lab")
    try:
        key = SUITE.decrypt(
            decode_base64(found.to[recipient]),
            X25519PrivateKey.from_private_bytes(private),
            seal_info(author, recipient, epoch),
        )
        if hashlib.sha256(key).hexdigest() != found.key:
            raise AuthorError("a sealed detail whose key is not the one it commits to")
        box = decode_base64(found.box)
        return decode_detail(ChaCha20Poly1305(key).decrypt(_NONCE, box, _associated(author, epoch)))
    except AuthorError:
        raise
    except (InvalidTag, ValueError, RemoteProtocolError) as exc:  # a key of an odd length, base64
        raise AuthorError("a sealed detail that its recipient cannot open") from exc


def _associated(author: LabId, epoch: int) -> bytes:
    return SEAL_DOMAIN + f"{author}\n{epoch}\n".encode()
