"""Noise XX: the published vector, then everything that must not get through."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from fedlab.protocol.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from fedlab.protocol.keys import agreement_public
from fedlab.protocol.noise import NONCE_MAX, CipherState, NoiseXX

PROLOGUE = b"fedlab/1 fedlab\n"
A_STATIC, A_EPHEMERAL = bytes([1]) * 32, bytes([2]) * 32
B_STATIC, B_EPHEMERAL = bytes([3]) * 32, bytes([4]) * 32

# The points of small order of Curve25519 and its twist, each of which makes the shared secret zero;
# the last three spell 0 and 1 in ways that RFC 7748 lets pass.
SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
]


def pair(prologue_b: bytes = PROLOGUE) -> tuple[NoiseXX, NoiseXX]:
    return (
        NoiseXX(True, PROLOGUE, A_STATIC, A_EPHEMERAL),
        NoiseXX(False, prologue_b, B_STATIC, B_EPHEMERAL),
    )


def shake_hands(a: NoiseXX, b: NoiseXX) -> None:
    assert b.read_message(a.write_message()) == b""
    assert a.read_message(b.write_message(b"chain of b")) == b"chain of b"
    assert b.read_message(a.write_message(b"chain of a")) == b"chain of a"


# --- Known answers ------------------------------------------------------------------------------


def test_the_published_conversation(shared: Path) -> None:
    """Source: the cacophony project's vector for Noise_XX_25519_ChaChaPoly_SHA256."""
    path = shared / "vectors/noise-xx-25519-chachapoly-sha256-cacophony.json"
    (vector,) = json.loads(path.read_text())["vectors"]
    a, b = (
        NoiseXX(
            side == "init",
            bytes.fromhex(vector[f"{side}_prologue"]),
            bytes.fromhex(vector[f"{side}_static"]),
            bytes.fromhex(vector[f"{side}_ephemeral"]),
        )
        for side in ("init", "resp")
    )
    messages = [
        (bytes.fromhex(m["payload"]), bytes.fromhex(m["ciphertext"])) for m in vector["messages"]
    ]
    for (payload, sealed), (writer, reader) in zip(
        messages[:3], ((a, b), (b, a), (a, b)), strict=True
    ):
        assert writer.write_message(payload) == sealed
        assert reader.read_message(sealed) == payload
    assert a.handshake_hash.hex() == b.handshake_hash.hex() == vector["handshake_hash"]
    a_send, a_receive = a.split()
    b_send, b_receive = b.split()
    for i, (payload, sealed) in enumerate(messages[3:]):
        # The vector lets the two sides speak in turns, the responder first.
        send, receive = (a_send, b_receive) if i % 2 else (b_send, a_receive)
        assert send.encrypt(payload) == sealed
        assert receive.decrypt(sealed) == payload


def test_the_handshake_pinned() -> None:
    """The same vector's first bytes, for a checkout without the file."""
    a = NoiseXX(
        True,
        b"John Galt",
        bytes.fromhex("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1"),
        bytes.fromhex("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"),
    )
    b = NoiseXX(
        False,
        b"John Galt",
        bytes.fromhex("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893"),
        bytes.fromhex("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"),
    )
    b.read_message(a.write_message(b"Ludwig von Mises"))
    a.read_message(b.write_message(b"Murray Rothbard"))
    b.read_message(a.write_message(b"F. A. Hayek"))
    expected = "c8e5f64e846193be2a834104c2a009868d6c9f3bd3c186299888b488b2f1f58e"
    assert a.handshake_hash.hex() == b.handshake_hash.hex() == expected


# --- What both sides know -----------------------------------------------------------------------


def test_each_side_learns_the_others_key() -> None:
    a, b = pair()
    shake_hands(a, b)
    assert a.done and b.done and not a.our_turn and not b.our_turn
    assert a.remote_static == agreement_public(B_STATIC)
    assert b.remote_static == agreement_public(A_STATIC)
    assert a.handshake_hash == b.handshake_hash


def test_both_directions_are_apart() -> None:
    a, b = pair()
    shake_hands(a, b)
    (a_send, a_receive), (b_send, b_receive) = a.split(), b.split()
    for i in range(5):
        text = b"message %d" % i
        one, other = a_send.encrypt(text), b_send.encrypt(text)
        assert one != other
        assert b_receive.decrypt(one) == a_receive.decrypt(other) == text
    with pytest.raises(RemoteProtocolError):
        a_receive.decrypt(a_send.encrypt(b"one's own words, sent back"))


def test_another_network_is_another_conversation() -> None:
    a, b = pair(prologue_b=b"fedlab/1 elsewhere\n")
    b.read_message(a.write_message())
    with pytest.raises(RemoteProtocolError):
        a.read_message(b.write_message())


# --- What must not get through ------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 2])
def test_any_changed_byte_ends_the_handshake(number: int) -> None:
    """Message 1 is in clear, so its change shows when message 2 is read."""
    a, b = pair()
    lengths = [len(a.write_message()), 32 + 48 + 16, 48 + 16]
    for at in range(lengths[number]):
        a, b = pair()
        with pytest.raises(RemoteProtocolError):
            for turn, (writer, reader) in enumerate(((a, b), (b, a), (a, b))):
                message = bytearray(writer.write_message())
                assert len(message) == lengths[turn]
                if turn == number:
                    message[at] ^= 1
                reader.read_message(bytes(message))
        assert not (a.done and b.done)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_short_message_is_refused(number: int) -> None:
    a, b = pair()
    for turn, (writer, reader) in enumerate(((a, b), (b, a), (a, b))):
        message = writer.write_message()
        if turn == number:
            cut = message[: 31 if turn == 0 else 40]
            with pytest.raises(RemoteProtocolError):
                reader.read_message(cut)
            return
        reader.read_message(message)


@pytest.mark.parametrize("key", SMALL_ORDER)
def test_an_ephemeral_key_of_small_order_is_refused(key: str) -> None:
    _, b = pair()
    b.read_message(bytes.fromhex(key))
    with pytest.raises(RemoteProtocolError, match="small order"):
        b.write_message()
    a, _ = pair()
    a.write_message()
    with pytest.raises(RemoteProtocolError, match="small order"):
        a.read_message(bytes.fromhex(key) + bytes(64))


@pytest.mark.parametrize("key", SMALL_ORDER)
def test_a_static_key_of_small_order_is_refused(key: str) -> None:
    """A responder that offers one must know no secret to finish; it is cut off at that point."""
    a, b = pair()
    b.read_message(a.write_message())
    liar = b._symmetric
    ephemeral = agreement_public(B_EPHEMERAL)
    liar.mix_hash(ephemeral)
    b._mix_shared("ee")
    message = ephemeral + liar.encrypt_and_hash(bytes.fromhex(key))
    liar.mix_key(bytes(32))
    message += liar.encrypt_and_hash(b"")
    with pytest.raises(RemoteProtocolError, match="small order"):
        a.read_message(message)


def test_a_refusal_is_final() -> None:
    a, b = pair()
    first = a.write_message()
    with pytest.raises(RemoteProtocolError):
        b.read_message(first[:-1])
    with pytest.raises(LocalProtocolError, match="failed"):
        b.read_message(first)


def test_messages_come_in_order() -> None:
    a, b = pair()
    with pytest.raises(LocalProtocolError):
        b.write_message()
    with pytest.raises(LocalProtocolError):
        a.read_message(bytes(32))
    first = a.write_message()
    with pytest.raises(LocalProtocolError):
        a.write_message()
    b.read_message(first)
    with pytest.raises(LocalProtocolError):
        b.read_message(first)
    for too_early in (a.split, b.split, lambda: a.handshake_hash, lambda: b.remote_static):
        with pytest.raises(LocalProtocolError):
            too_early()
    a.read_message(b.write_message())
    b.read_message(a.write_message())
    for too_late in (a.write_message, b.write_message):
        with pytest.raises(LocalProtocolError):
            too_late()
    with pytest.raises(LocalProtocolError):
        b.read_message(bytes(64))


def test_a_message_is_at_most_65535_bytes() -> None:
    """Noise, section 3, handshake messages included."""
    a, b = pair()
    shake_hands(a, b)
    send, _ = a.split()
    _, receive = b.split()
    assert len(receive.decrypt(send.encrypt(bytes(65519)))) == 65519
    with pytest.raises(LocalProtocolError):
        send.encrypt(bytes(65520))
    for size in (0, 15, 65536):
        with pytest.raises(RemoteProtocolError):
            receive.decrypt(bytes(size))
    key = bytes(range(32))
    too_long = ChaCha20Poly1305(key).encrypt(bytes(12), bytes(65520), b"")
    with pytest.raises(RemoteProtocolError, match="65536 bytes"):
        CipherState(key).decrypt(too_long)

    a, b = pair()
    with pytest.raises(LocalProtocolError):
        a.write_message(bytes(65536 - 32))
    a, b = pair()
    assert b.read_message(a.write_message(bytes(65535 - 32))) == bytes(65535 - 32)
    a, b = pair()
    b.read_message(a.write_message())
    full = b.write_message(bytes(65535 - 32 - 48 - 16))
    assert len(full) == 65535
    a.read_message(full)
    a, b = pair()
    with pytest.raises(RemoteProtocolError):
        b.read_message(bytes(65536))


def test_lost_repeated_and_swapped_messages_are_refused() -> None:
    key = bytes(range(32))
    send = CipherState(key)
    sealed = [send.encrypt(b"%d" % i) for i in range(3)]
    for order in ([1], [0, 0], [0, 2], [1, 0]):
        receive = CipherState(key)
        with pytest.raises(RemoteProtocolError):
            for number in order:
                receive.decrypt(sealed[number])


def test_the_last_nonce_is_never_used() -> None:
    """Noise, section 5.1: 2^64 - 1 is reserved; the one before it still works."""
    key = bytes(range(32))
    send, receive = CipherState(key, NONCE_MAX - 1), CipherState(key, NONCE_MAX - 1)
    last = send.encrypt(b"the last")
    nonce = bytes(4) + (2**64 - 2).to_bytes(8, "little")
    assert last == ChaCha20Poly1305(key).encrypt(nonce, b"the last", b"")
    assert receive.decrypt(last) == b"the last"
    for _ in range(2):
        with pytest.raises(LocalProtocolError):
            send.encrypt(b"one more")
        with pytest.raises(RemoteProtocolError):
            receive.decrypt(last)


def test_negative_control_without_the_transcript_a_change_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The mutant: if the hash ignores what was said, another prologue is not noticed."""
    monkeypatch.setattr("fedlab.protocol.noise.SymmetricState.mix_hash", lambda *_: None)
    a, b = pair(prologue_b=b"fedlab/1 elsewhere\n")
    try:
        shake_hands(a, b)
    except ProtocolError:
        pytest.fail("the mutant should not notice")
    assert a.done and b.done
