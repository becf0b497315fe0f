"""Ed25519 keys with names, as C2SP signed notes and Go's sumdb use them.

A key's *id* is four bytes of a hash over its name, its algorithm and its public half; name and id
together say which key signed. A *verifier key* is one line of text, `<name>+<id>+<base64>`.

Everybody must reach the same verdict on a signature, so the rules are exact: those of RFC 8032
without the cofactor, as OpenSSL checks them (`S` below the group's order, `R` compared as bytes),
and before them a public key must be written canonically and not be of small order, since under
such a key one signature may fit many messages.
"""

import base64
import binascii
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from .errors import LocalProtocolError, RemoteProtocolError
from .limits import KEY_NAME_BYTES_MAX

KEY_BYTES = 32
SIGNATURE_BYTES = 64
KEY_ID_BYTES = 4

# The signature types of C2SP signed-note that fedlab uses.
ED25519 = 1  # over the text of the note
COSIGNATURE_V1 = 4  # with the time of signing, C2SP tlog-cosignature

_P = 2**255 - 19
# The y coordinates of the eight points of small order: 0 (order 4), 1 and -1 (orders 1 and 2), and
# those of order 8. The sign of x is left out, for both signs are of small order.
_ORDER_8_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})


# --- Public keys --------------------------------------------------------------------------------


def check_signing_key(public: bytes) -> None:
    """Refuse an Ed25519 public key under which a signature proves nothing.

    Raises RemoteProtocolError if it is not 32 bytes, not canonical, or of small order.
    """
    if len(public) != KEY_BYTES:
        raise RemoteProtocolError(f"an Ed25519 public key is 32 bytes, not {len(public)}")
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y >= _P:
        raise RemoteProtocolError("the Ed25519 public key is not written canonically")
    if y in _SMALL_ORDER_Y:
        raise RemoteProtocolError("the Ed25519 public key is of small order")


def check_agreement_key(public: bytes) -> None:
    """Refuse an X25519 public key with which every shared secret would be zero.

    Raises RemoteProtocolError if it is not 32 bytes or of small order (RFC 7748, section 6.1).
    """
    if len(public) != KEY_BYTES:
        raise RemoteProtocolError(f"an X25519 public key is 32 bytes, not {len(public)}")
    # Private keys are multiples of the cofactor, so one of them finds every point of small order.
    probe = X25519PrivateKey.from_private_bytes(bytes([1]) * KEY_BYTES)
    try:
        probe.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise RemoteProtocolError("the X25519 public key is of small order") from None


def signing_public(seed: bytes) -> bytes:
    """Return the Ed25519 public key of a 32-byte seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def agreement_public(private: bytes) -> bytes:
    """Return the X25519 public key of a 32-byte private key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


# --- Signatures ---------------------------------------------------------------------------------


def sign(seed: bytes, message: bytes) -> bytes:
    """Return the 64-byte Ed25519 signature by a 32-byte seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Check an Ed25519 signature; raises RemoteProtocolError if key or signature is bad."""
    check_signing_key(public)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        raise RemoteProtocolError("the signature does not fit") from None


# --- Named keys ---------------------------------------------------------------------------------


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """Return the four bytes by which signature lines name a key (C2SP signed-note)."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:KEY_ID_BYTES]


def is_key_name(name: str) -> bool:
    """Say whether a signature line can carry the name: one word without a plus, not endless."""
    if any(char == "+" or char < " " or char.isspace() for char in name):
        return False
    try:
        return 0 < len(name.encode()) <= KEY_NAME_BYTES_MAX
    except UnicodeEncodeError:  # half a surrogate pair, as a terminal may hand over
        return False


class Signer:
    """A named private key for `ED25519`; raises LocalProtocolError for a bad name."""

    algorithm = ED25519

    def __init__(self, name: str, seed: bytes) -> None:
        _check_own_name(name)
        self.name = name
        self._seed = seed
        self.public = signing_public(seed)
        self.key_id = key_id(name, self.algorithm, self.public)

    def sign(self, text: bytes) -> bytes:
        """Return the signature over the text of a note."""
        return sign(self._seed, text)

    def verifier(self) -> "Verifier":
        """Return the public half."""
        return Verifier(self.name, self.algorithm, self.public)


class Cosigner(Signer):
    """A named private key for `COSIGNATURE_V1`: it says when it saw a checkpoint.

    The time is handed in, as Unix seconds. The signed bytes leave out the cosigner's name, so a
    key must not serve under two names, nor as a log key.
    """

    algorithm = COSIGNATURE_V1

    def __init__(self, name: str, seed: bytes, at: int) -> None:
        super().__init__(name, seed)
        if not 0 <= at < 2**63:
            raise LocalProtocolError(f"a cosignature cannot be made at {at}")
        self.at = at

    def sign(self, text: bytes) -> bytes:
        """Return time and signature over the text of a checkpoint."""
        return self.at.to_bytes(8) + sign(self._seed, _cosigned(self.at, text))


class Verifier:
    """A named public key; raises RemoteProtocolError for a bad name, algorithm or key."""

    def __init__(self, name: str, algorithm: int, public: bytes) -> None:
        if not is_key_name(name):
            raise RemoteProtocolError(f"not a key name: {name[:100]!r}")
        if algorithm not in (ED25519, COSIGNATURE_V1):
            raise RemoteProtocolError(f"unknown signature algorithm {algorithm}")
        check_signing_key(public)
        self.name = name
        self.algorithm = algorithm
        self.public = public
        self.key_id = key_id(name, algorithm, public)

    def verify(self, text: bytes, signature: bytes) -> None:
        """Check a signature over the text of a note; raises RemoteProtocolError."""
        if self.algorithm == COSIGNATURE_V1:
            at = cosigned_at(signature)
            verify(self.public, _cosigned(at, text), signature[8:])
        else:
            verify(self.public, text, signature)


def cosigned_at(signature: bytes) -> int:
    """Return the Unix seconds in a cosignature; raises RemoteProtocolError for another shape."""
    if len(signature) != 8 + SIGNATURE_BYTES or signature[0] & 0x80:
        raise RemoteProtocolError("not a cosignature/v1")
    return int.from_bytes(signature[:8])


def _cosigned(at: int, text: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n" % at + text


def _check_own_name(name: str) -> None:
    if not is_key_name(name):
        raise LocalProtocolError(f"not a key name: {name!r}")


# --- Verifier keys as text ----------------------------------------------------------------------


def format_vkey(key: Verifier) -> str:
    """Return `<name>+<key id in hex>+<base64 of algorithm and public key>`."""
    blob = base64.b64encode(bytes([key.algorithm]) + key.public).decode()
    return f"{key.name}+{key.key_id.hex()}+{blob}"


def parse_vkey(text: str) -> Verifier:
    """Read a verifier key; raises RemoteProtocolError if anything in it is not as it is written."""
    parts = text.split("+", 2)  # base64 may hold further ones
    if len(parts) != 3:
        raise RemoteProtocolError("not a verifier key: <name>+<id>+<key> expected")
    name, written_id, encoded = parts
    blob = decode_base64(encoded)
    if len(blob) != 1 + KEY_BYTES:
        raise RemoteProtocolError("not a verifier key: its key is not 32 bytes")
    key = Verifier(name, blob[0], blob[1:])
    if written_id != key.key_id.hex():
        raise RemoteProtocolError(f"not a verifier key: its id should be {key.key_id.hex()}")
    return key


def decode_base64(text: str) -> bytes:
    """Decode standard base64 in its one spelling; raises RemoteProtocolError.

    Python ignores spare bits in the last character even when told to validate, and with them a
    note would have several spellings; so what was decoded is encoded again and compared.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RemoteProtocolError("malformed base64") from None
    if base64.b64encode(data).decode() != text:
        raise RemoteProtocolError("base64 with spare bits set")
    return data
