"""The Noise handshake XX and its cipher: `Noise_XX_25519_ChaChaPoly_SHA256`, revision 34.

    -> e
    <- e, ee, s, es
    -> s, se

Both sides end with the other's static key, proved, and one cipher for each direction. Every name
below is the specification's. Randomness is handed in; nothing here knows a socket.
"""

import hmac
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from .errors import LocalProtocolError, RemoteProtocolError
from .keys import KEY_BYTES
from .limits import NOISE_MESSAGE_BYTES_MAX, NOISE_PLAINTEXT_BYTES_MAX, NOISE_TAG_BYTES

PROTOCOL_NAME = b"Noise_XX_25519_ChaChaPoly_SHA256"
NONCE_MAX = 2**64 - 1  # reserved by the specification: no message may use it

# What each handshake message carries; the initiator writes the first and the third.
XX_PATTERN = (("e",), ("e", "ee", "s", "es"), ("s", "se"))


class CipherState:
    """One direction of a connection: a key and the number of the next message."""

    def __init__(self, key: bytes, nonce: int = 0) -> None:
        self._aead = ChaCha20Poly1305(key)
        self._nonce = nonce

    def encrypt(self, plaintext: bytes, associated: bytes = b"") -> bytes:
        """Return the message; raises LocalProtocolError if it is too long or the last was sent."""
        if len(plaintext) > NOISE_PLAINTEXT_BYTES_MAX:
            raise LocalProtocolError(
                f"a Noise message holds at most {NOISE_PLAINTEXT_BYTES_MAX} bytes"
            )
        return self._aead.encrypt(self._next_nonce(LocalProtocolError), plaintext, associated)

    def decrypt(self, message: bytes, associated: bytes = b"") -> bytes:
        """Return the plaintext; raises RemoteProtocolError if a bit is wrong or out of order."""
        if not NOISE_TAG_BYTES <= len(message) <= NOISE_MESSAGE_BYTES_MAX:
            raise RemoteProtocolError(f"a Noise message of {len(message)} bytes")
        try:
            return self._aead.decrypt(self._next_nonce(RemoteProtocolError), message, associated)
        except InvalidTag:
            raise RemoteProtocolError("a Noise message that was not sent so") from None

    def _next_nonce(self, error: type[LocalProtocolError | RemoteProtocolError]) -> bytes:
        if self._nonce >= NONCE_MAX:
            raise error("no Noise message is left on this connection", "Connect again.")
        nonce = bytes(4) + self._nonce.to_bytes(8, "little")
        self._nonce += 1
        return nonce


class SymmetricState:
    """The chaining key and the hash of all that was said (section 5.2)."""

    def __init__(self, prologue: bytes) -> None:
        assert len(PROTOCOL_NAME) == KEY_BYTES  # else the specification would have it hashed
        self.h = self._chaining_key = PROTOCOL_NAME
        self._cipher: CipherState | None = None
        self.mix_hash(prologue)

    def mix_hash(self, data: bytes) -> None:
        self.h = sha256(self.h + data).digest()

    def mix_key(self, material: bytes) -> None:
        self._chaining_key, key = _hkdf(self._chaining_key, material)
        self._cipher = CipherState(key)

    def encrypt_and_hash(self, plaintext: bytes) -> bytes:
        message = self._cipher.encrypt(plaintext, self.h) if self._cipher else plaintext
        self.mix_hash(message)
        return message

    def decrypt_and_hash(self, message: bytes) -> bytes:
        plaintext = self._cipher.decrypt(message, self.h) if self._cipher else message
        self.mix_hash(message)
        return plaintext

    def sealed_bytes(self, plaintext_bytes: int) -> int:
        """Return how long a piece of this many bytes is now on the wire."""
        return plaintext_bytes + (NOISE_TAG_BYTES if self._cipher else 0)

    def split(self) -> tuple[CipherState, CipherState]:
        first, second = _hkdf(self._chaining_key, b"")
        return CipherState(first), CipherState(second)


class NoiseXX:
    """One side of the handshake; `static` and `ephemeral` are 32-byte private keys.

    The ephemeral key must be new and random for every handshake. After any refusal the handshake is
    over: the connection must be closed.
    """

    def __init__(self, initiator: bool, prologue: bytes, static: bytes, ephemeral: bytes) -> None:
        self._initiator = initiator
        self._static = X25519PrivateKey.from_private_bytes(static)
        self._ephemeral = X25519PrivateKey.from_private_bytes(ephemeral)
        self._symmetric = SymmetricState(prologue)
        self._remote_ephemeral = b""
        self._remote_static = b""
        self._turn = 0  # of three messages
        self._broken = False

    @property
    def done(self) -> bool:
        """Whether all three messages were exchanged."""
        return self._turn == len(XX_PATTERN) and not self._broken

    @property
    def our_turn(self) -> bool:
        """Whether the next handshake message is ours to write."""
        return self._turn < len(XX_PATTERN) and (self._turn % 2 == 0) == self._initiator

    @property
    def remote_static(self) -> bytes:
        """The peer's static public key, proved by what followed it once the handshake is done."""
        if not self._remote_static:
            raise LocalProtocolError("the peer's static key is not known yet")
        return self._remote_static

    @property
    def handshake_hash(self) -> bytes:
        """A hash of all that was said, the same on both sides and on no other connection."""
        if not self.done:
            raise LocalProtocolError("the handshake is not done")
        return self._symmetric.h

    def write_message(self, payload: bytes = b"") -> bytes:
        """Return the next handshake message.

        Raises LocalProtocolError if it is not our turn or the payload is too long.
        """
        self._begin(ours=True)
        pieces: list[bytes] = []
        for part in XX_PATTERN[self._turn]:
            if part == "e":
                pieces.append(self._ephemeral.public_key().public_bytes_raw())
                self._symmetric.mix_hash(pieces[-1])
            elif part == "s":
                public = self._static.public_key().public_bytes_raw()
                pieces.append(self._symmetric.encrypt_and_hash(public))
            else:
                self._mix_shared(part)
        room = NOISE_MESSAGE_BYTES_MAX - sum(map(len, pieces)) - self._symmetric.sealed_bytes(0)
        if len(payload) > room:
            raise LocalProtocolError(f"this handshake message has room for {room} bytes")
        pieces.append(self._symmetric.encrypt_and_hash(payload))
        self._end()
        return b"".join(pieces)

    def read_message(self, message: bytes) -> bytes:
        """Take the peer's next handshake message and return its payload.

        Raises RemoteProtocolError if it is malformed, changed, or holds a key of small order, and
        LocalProtocolError if it is our turn to write.
        """
        self._begin(ours=False)
        if len(message) > NOISE_MESSAGE_BYTES_MAX:
            raise RemoteProtocolError(f"a Noise message of {len(message)} bytes")
        rest = message
        for part in XX_PATTERN[self._turn]:
            if part == "e":
                self._remote_ephemeral, rest = _take(rest, KEY_BYTES)
                self._symmetric.mix_hash(self._remote_ephemeral)
            elif part == "s":
                sealed, rest = _take(rest, self._symmetric.sealed_bytes(KEY_BYTES))
                self._remote_static = self._symmetric.decrypt_and_hash(sealed)
            else:
                self._mix_shared(part)
        payload = self._symmetric.decrypt_and_hash(rest)
        self._end()
        return payload

    def split(self) -> tuple[CipherState, CipherState]:
        """Return the ciphers to send and to receive with; raises LocalProtocolError if not done."""
        if not self.done:
            raise LocalProtocolError("the handshake is not done")
        from_initiator, from_responder = self._symmetric.split()
        if self._initiator:
            return from_initiator, from_responder
        return from_responder, from_initiator

    def _begin(self, *, ours: bool) -> None:
        if self._broken:
            raise LocalProtocolError("the handshake has failed; close the connection")
        if self._turn == len(XX_PATTERN) or ours != self.our_turn:
            raise LocalProtocolError(f"handshake message {self._turn + 1} is not ours to handle so")
        self._broken = True  # until this message is handled to its end

    def _end(self) -> None:
        self._turn += 1
        self._broken = False

    def _mix_shared(self, pair: str) -> None:
        """Mix in a shared secret; `es` is the initiator's `e` with the responder's `s`."""
        ours, theirs = (pair[0], pair[1]) if self._initiator else (pair[1], pair[0])
        private = self._ephemeral if ours == "e" else self._static
        public = self._remote_ephemeral if theirs == "e" else self._remote_static
        try:
            shared = private.exchange(X25519PublicKey.from_public_bytes(public))
        except ValueError:  # all zero: whoever sent this key would know the secret (RFC 7748, 6.1)
            raise RemoteProtocolError("the peer's Noise key is of small order") from None
        self._symmetric.mix_key(shared)


def _take(data: bytes, count: int) -> tuple[bytes, bytes]:
    if len(data) < count:
        raise RemoteProtocolError("a Noise handshake message was cut short")
    return data[:count], data[count:]


def _hkdf(chaining_key: bytes, material: bytes) -> tuple[bytes, bytes]:
    """Return two 32-byte keys (section 4.3)."""
    secret = hmac.digest(chaining_key, material, "sha256")
    first = hmac.digest(secret, b"\x01", "sha256")
    return first, hmac.digest(secret, first + b"\x02", "sha256")
