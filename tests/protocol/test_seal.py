"""Sealed details, against HPKE written out by hand (docs/reference/details.md)."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from fedlab.node.sealing import seal
from fedlab.protocol.entry import encode_detail
from fedlab.protocol.errors import AuthorError, LocalProtocolError
from fedlab.protocol.keys import agreement_public
from fedlab.protocol.limits import DETAIL_BYTES_MAX, SEALED_BODY_BYTES_MAX, SEALED_RECIPIENTS_MAX
from fedlab.protocol.seal import make_sealed, open_sealed, seal_info

AUTHOR, READER, STRANGER = "aa" * 32, "bb" * 32, "cc" * 32
PRIVATE = bytes(range(32))
BODY = {"iban": "FR7630006000011234567890189", "note": "Économat"}
WHERE: dict[str, Any] = {"author": AUTHOR, "epoch": 3}


def sealed(body: dict[str, Any] = BODY) -> dict[str, Any]:
    return seal(body, author=AUTHOR, epoch=3, recipients={READER: agreement_public(PRIVATE)})


def opened(box: object, **changes: Any) -> dict[str, Any]:
    return open_sealed(
        box, **{"author": AUTHOR, "epoch": 3, "recipient": READER, "private": PRIVATE, **changes}
    )


# --- RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305 ---

KEM_ID = b"KEM\x00\x20"
HPKE_ID = b"HPKE\x00\x20\x00\x01\x00\x03"


def extract(suite: bytes, salt: bytes, label: bytes, key: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + key, "sha256")


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    message = length.to_bytes(2) + b"HPKE-v1" + suite + label + info + b"\x01"
    return hmac.digest(key, message, "sha256")[:length]


def hpke_key_and_nonce(enc: bytes, private: bytes, info: bytes) -> tuple[bytes, bytes]:
    secret = X25519PrivateKey.from_private_bytes(private)
    shared = secret.exchange(X25519PublicKey.from_public_bytes(enc))
    context = enc + secret.public_key().public_bytes_raw()
    shared = expand(KEM_ID, extract(KEM_ID, b"", b"eae_prk", shared), b"shared_secret", context, 32)
    context = b"\x00" + extract(HPKE_ID, b"", b"psk_id_hash", b"")
    context += extract(HPKE_ID, b"", b"info_hash", info)
    key = extract(HPKE_ID, shared, b"secret", b"")
    return expand(HPKE_ID, key, b"key", context, 32), expand(
        HPKE_ID, key, b"base_nonce", context, 12
    )


def test_hpke_by_hand_gives_the_known_answer() -> None:
    """RFC 9180, appendix A.2.1."""
    key, nonce = hpke_key_and_nonce(
        bytes.fromhex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"),
        bytes.fromhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"),
        b"Ode on a Grecian Urn",
    )
    assert key.hex() == "ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91"
    assert nonce.hex() == "5c4d98150661b848853b547f"


def test_a_sealed_detail_is_what_the_reference_says() -> None:
    box = sealed()
    wrapped = base64.b64decode(box["to"][READER])
    info = f"fedlab/seal/1\n{AUTHOR}\n{READER}\n3\n".encode()
    assert info == seal_info(AUTHOR, READER, 3)
    key, nonce = hpke_key_and_nonce(wrapped[:32], PRIVATE, info)
    content_key = ChaCha20Poly1305(key).decrypt(nonce, wrapped[32:], b"")
    assert hashlib.sha256(content_key).hexdigest() == box["key"]
    associated = f"fedlab/seal/1\n{AUTHOR}\n3\n".encode()
    text = ChaCha20Poly1305(content_key).decrypt(
        bytes(12), base64.b64decode(box["box"]), associated
    )
    assert json.loads(text) == BODY
    assert len(text) == 256


# --- who may read ---


def test_the_recipient_reads_and_nobody_else() -> None:
    assert opened(sealed()) == BODY
    with pytest.raises(LocalProtocolError, match="not sealed to this lab"):
        opened(sealed(), recipient=STRANGER)
    with pytest.raises(AuthorError):
        opened(sealed(), private=bytes(31) + b"\x01")


@pytest.mark.parametrize("changes", [{"author": STRANGER}, {"epoch": 4}])
def test_what_another_copies_into_its_own_log_cannot_be_opened(changes: dict[str, Any]) -> None:
    with pytest.raises(AuthorError):
        opened(sealed(), **changes)


def test_every_recipient_reads_the_same() -> None:
    keys = {f"{number:064x}": hashlib.sha256(b"%d" % number).digest() for number in range(16)}
    box = seal(BODY, recipients={lab: agreement_public(key) for lab, key in keys.items()}, **WHERE)
    for lab, private in keys.items():
        assert opened(box, recipient=lab, private=private) == BODY


def test_a_box_that_says_different_things_to_different_labs_is_refused() -> None:
    """The cipher does not commit to its key, so the detail does."""
    box, other = sealed(), sealed({"iban": "another"})
    with pytest.raises(AuthorError, match="the one it commits to"):
        opened({**box, "to": other["to"], "box": other["box"]})


@pytest.mark.parametrize(
    "box",
    [
        None,
        [],
        {},
        {"box": "", "key": "00" * 32, "to": {}, "more": 1},
        {"box": "", "key": "x", "to": {}},
        {"box": 1, "key": "00" * 32, "to": {}},
        {"box": "", "key": "00" * 32, "to": {READER: "%%"}},
        {"box": "", "key": "00" * 32, "to": {READER: ""}},
        {"box": "", "key": "00" * 32, "to": {READER: "AAAA"}},
        {"box": "", "key": "00" * 32, "to": {READER: base64.b64encode(bytes(80)).decode()}},
    ],
)
def test_a_malformed_box_is_its_authors_fault(box: object) -> None:
    with pytest.raises(AuthorError):
        opened(box)


def test_a_changed_box_does_not_open() -> None:
    box = sealed()
    raw = bytearray(base64.b64decode(box["box"]))
    raw[0] ^= 1
    with pytest.raises(AuthorError):
        opened({**box, "box": base64.b64encode(raw).decode()})


# --- limits ---


def test_the_longest_text_to_the_most_labs_still_is_a_detail() -> None:
    body = {"x": "y" * (SEALED_BODY_BYTES_MAX - len('{"x":""}'))}
    wrapped = {f"{number:064x}": bytes(80) for number in range(SEALED_RECIPIENTS_MAX)}
    found = make_sealed(body, content_key=bytes(32), wrapped=wrapped, **WHERE)
    assert len(encode_detail({"sealed": found})) <= DETAIL_BYTES_MAX
    with pytest.raises(LocalProtocolError, match="20,480 is the most"):
        make_sealed({"x": body["x"] + "y"}, content_key=bytes(32), wrapped=wrapped, **WHERE)
    for labs in ({}, {**wrapped, READER: bytes(80)}):
        with pytest.raises(LocalProtocolError, match="sealed to"):
            make_sealed(BODY, content_key=bytes(32), wrapped=labs, **WHERE)


def test_the_length_says_little() -> None:
    lengths = {len(sealed({"x": "y" * length})["box"]) for length in range(1, 240, 17)}
    assert len(lengths) == 1
