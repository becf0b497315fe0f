"""Keys: the verdicts that every node must share, and verifier keys in their one spelling."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fedlab.protocol import keys
from fedlab.protocol.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from fedlab.protocol.keys import (
    COSIGNATURE_V1,
    ED25519,
    Cosigner,
    Signer,
    Verifier,
    agreement_public,
    check_agreement_key,
    check_signing_key,
    cosigned_at,
    decode_base64,
    format_vkey,
    key_id,
    parse_vkey,
    sign,
    signing_public,
    verify,
)

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493  # of the group, RFC 8032, section 5.1

# --- Signatures ---------------------------------------------------------------------------------


def test_rfc_8032(shared: Path) -> None:
    """RFC 8032, section 7.1, tests 1 and 2."""
    for vector in json.loads((shared / "vectors/ed25519-rfc8032.json").read_text()):
        seed, public, message, signature = (
            bytes.fromhex(vector[name])
            for name in ("secret_key", "public_key", "message", "signature")
        )
        assert signing_public(seed) == public
        assert sign(seed, message) == signature
        verify(public, message, signature)


def test_rfc_8032_pinned() -> None:
    """RFC 8032, section 7.1, test 2, for a checkout without the file."""
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert signing_public(seed).hex() == public
    assert sign(seed, b"r").hex().startswith("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8f")


# Signatures at the edges of the rules, on which implementations differ (C2SP CCTV, ed25519). These
# are all that OpenSSL accepts, of 115; the second set is what is left of them here, since keys of
# small order and keys that are not canonical are refused before.
OPENSSL_ACCEPTS = {48, 176, 184, 304, 312, 432, 536, 632, 736, 832, 904}
FEDLAB_ACCEPTS = {48, 304, 536, 736, 832}


def test_edge_cases_have_the_pinned_verdicts(shared: Path) -> None:
    """If this fails after an upgrade of OpenSSL, two nodes would disagree about signatures."""
    vectors = json.loads((shared / "vectors/ed25519-cctv-edge-cases.json").read_text())
    assert len(vectors) == 115
    by_openssl, by_us = set(), set()
    for vector in vectors:
        key, signature = bytes.fromhex(vector["key"]), bytes.fromhex(vector["sig"])
        message = vector["msg"].encode()
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
            by_openssl.add(vector["number"])
        except InvalidSignature:
            pass
        try:
            verify(key, message, signature)
            by_us.add(vector["number"])
        except RemoteProtocolError:
            assert not {"low_order_A", "non_canonical_A"}.isdisjoint(vector["flags"]) or (
                vector["number"] not in by_openssl
            )
    assert by_openssl == OPENSSL_ACCEPTS
    assert by_us == FEDLAB_ACCEPTS


def test_a_second_signature_cannot_be_made_from_the_first() -> None:
    """Malleability: adding the group's order to S gives another encoding of the same equation."""
    seed = bytes(range(32))
    public, signature = signing_public(seed), sign(seed, b"text")
    verify(public, b"text", signature)
    s = int.from_bytes(signature[32:], "little")
    assert s < ORDER
    second = signature[:32] + (s + ORDER).to_bytes(32, "little")
    with pytest.raises(RemoteProtocolError):
        verify(public, b"text", second)


def test_any_changed_bit_of_a_signature_is_refused() -> None:
    seed = bytes(range(32))
    public, signature = signing_public(seed), sign(seed, b"text")
    for bit in range(512):
        changed = (int.from_bytes(signature) ^ (1 << bit)).to_bytes(64)
        with pytest.raises(RemoteProtocolError):
            verify(public, b"text", changed)
    for wrong in (b"", signature[:-1], signature + b"\0"):
        with pytest.raises(RemoteProtocolError):
            verify(public, b"text", wrong)
    with pytest.raises(RemoteProtocolError):
        verify(public, b"texu", signature)


# --- Public keys --------------------------------------------------------------------------------


def small_order_keys() -> list[bytes]:
    """All encodings of the eight points of small order, as y with either sign of x."""
    order_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    y8 = int.from_bytes(order_8, "little")
    ys = [0, 1, P - 1, P, P + 1, y8, P - y8]
    return [(y | sign_bit).to_bytes(32, "little") for y in ys for sign_bit in (0, 1 << 255)]


@pytest.mark.parametrize("key", small_order_keys(), ids=bytes.hex)
def test_a_signing_key_of_small_order_is_refused(key: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        check_signing_key(key)
    with pytest.raises(RemoteProtocolError):
        Verifier("example.com/log", ED25519, key)


def test_a_signing_key_is_written_canonically() -> None:
    check_signing_key((2).to_bytes(32, "little"))
    for y in (P, P + 2, 2**255 - 1):
        with pytest.raises(RemoteProtocolError):
            check_signing_key(y.to_bytes(32, "little"))
    for length in (0, 31, 33):
        with pytest.raises(RemoteProtocolError):
            check_signing_key(bytes([9]) * length)


def test_negative_control_a_key_of_small_order_signs_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The mutant: without the check, one signature by nobody fits messages nobody signed.

    With the key of order 1, the signature (R = the point 0, S = 0) holds for every message.
    """
    neutral = (1).to_bytes(32, "little")
    forged = neutral + bytes(32)
    with pytest.raises(RemoteProtocolError):
        verify(neutral, b"I owe you a laser cutter", forged)
    monkeypatch.setattr(keys, "_SMALL_ORDER_Y", frozenset())
    verify(neutral, b"I owe you a laser cutter", forged)
    verify(neutral, b"I owe you two", forged)


@pytest.mark.parametrize("u", [0, 1, P - 1, P, P + 1])
def test_an_agreement_key_of_small_order_is_refused(u: int) -> None:
    for top_bit in (0, 1 << 255):  # RFC 7748 has the last bit ignored
        with pytest.raises(RemoteProtocolError):
            check_agreement_key((u | top_bit).to_bytes(32, "little"))
    with pytest.raises(RemoteProtocolError):
        check_agreement_key(bytes(31))
    check_agreement_key(agreement_public(bytes(range(32))))


# --- Verifier keys ------------------------------------------------------------------------------

VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


@pytest.mark.parametrize(
    "vkey",
    [
        VKEY,  # Go, sumdb/note
        "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",  # C2SP
        "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN",  # sunlight
    ],
)
def test_published_verifier_keys(vkey: str) -> None:
    key = parse_vkey(vkey)
    assert format_vkey(key) == vkey
    assert key.key_id.hex() == vkey.split("+")[1]


def test_a_key_has_its_id_from_name_algorithm_and_key() -> None:
    public = signing_public(bytes(32))
    ids = {
        key_id("a", ED25519, public),
        key_id("b", ED25519, public),
        key_id("a", COSIGNATURE_V1, public),
        key_id("a", ED25519, signing_public(bytes([1]) * 32)),
    }
    assert len(ids) == 4
    assert Signer("a", bytes(32)).key_id == key_id("a", ED25519, public)


@pytest.mark.parametrize("at", range(len(VKEY)))
def test_any_changed_character_of_a_verifier_key_is_refused(at: int) -> None:
    changed = VKEY[:at] + chr(ord(VKEY[at]) + 1) + VKEY[at + 1 :]
    with pytest.raises(RemoteProtocolError):
        parse_vkey(changed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        VKEY + "\n",
        " " + VKEY,
        VKEY + "=",
        VKEY[:-4],
        "PeterNeumann+c74f20a3+",
        # The key is too long, and the id fits it (Go, sumdb/note).
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_vkey(text)


@pytest.mark.parametrize("algorithm", [0, 2, 5, 6, 255])
def test_an_algorithm_we_do_not_know_is_refused(algorithm: int) -> None:
    public = signing_public(bytes(32))
    blob = base64.b64encode(bytes([algorithm]) + public).decode()
    with pytest.raises(RemoteProtocolError, match="algorithm"):
        parse_vkey(f"a+{key_id('a', algorithm, public).hex()}+{blob}")


def test_verifier_keys_of_the_published_list(shared: Path) -> None:
    cases = json.loads((shared / "vectors/signed-notes.json").read_text())["verifier_keys"]
    for case in cases:
        if case["valid"]:
            assert format_vkey(parse_vkey(case["verifier_key"])) == case["verifier_key"]
        else:
            with pytest.raises(RemoteProtocolError):
                parse_vkey(case["verifier_key"])


BAD_NAMES = ["", "a b", "a+b", "a\n", "\ta", "a\u00a0b", "a\u2028b", "a\x00", "\ud800", "x" * 256]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_fits_a_signature_line(name: str) -> None:
    with pytest.raises(LocalProtocolError):
        Signer(name, bytes(32))
    with pytest.raises(RemoteProtocolError):
        Verifier(name, ED25519, signing_public(bytes(32)))


def test_names_may_be_anything_else() -> None:
    for name in ("é", "example.com/log?x=1", "—", "x" * 255):
        signer = Signer(name, bytes(32))
        assert parse_vkey(format_vkey(signer.verifier())).name == name


# --- Cosignatures -------------------------------------------------------------------------------


def test_a_cosignature_binds_the_time() -> None:
    witness = Cosigner("witness.example/w1", bytes(range(32)), at=1679315147)
    signature = witness.sign(b"text\n")
    assert cosigned_at(signature) == 1679315147
    witness.verifier().verify(b"text\n", signature)
    later = (1679315148).to_bytes(8) + signature[8:]
    for wrong in (later, signature[8:], b"", signature + b"\0", b"\xff" * 72):
        with pytest.raises(RemoteProtocolError):
            witness.verifier().verify(b"text\n", wrong)


def test_a_cosignature_is_no_signature_and_the_other_way_round() -> None:
    seed, text = bytes(range(32)), b"text\n"
    signer, witness = Signer("a", seed), Cosigner("a", seed, at=1)
    for key, signature in (
        (signer.verifier(), witness.sign(text)),
        (signer.verifier(), witness.sign(text)[8:]),
        (witness.verifier(), signer.sign(text)),
        (witness.verifier(), bytes(8) + signer.sign(text)),
    ):
        with pytest.raises(RemoteProtocolError):
            key.verify(text, signature)


def test_a_cosignature_is_over_header_time_and_text() -> None:
    """C2SP tlog-cosignature: the time in decimal, without leading zeros."""
    seed, text = bytes(range(32)), b"origin\n1\nroot\n"
    expected = (7).to_bytes(8) + sign(seed, b"cosignature/v1\ntime 7\n" + text)
    assert Cosigner("a", seed, at=7).sign(text) == expected


def test_a_cosignature_has_a_possible_time() -> None:
    for at in (-1, 2**63):
        with pytest.raises(LocalProtocolError):
            Cosigner("a", bytes(32), at)
    last = Cosigner("a", bytes(32), 2**63 - 1)
    last.verifier().verify(b"", last.sign(b""))
    beyond = (2**63).to_bytes(8) + sign(bytes(32), b"cosignature/v1\ntime %d\n" % 2**63)
    with pytest.raises(RemoteProtocolError):
        last.verifier().verify(b"", beyond)


# --- Base64 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["QR==", "QQ", "QQ=", "QQ===", "Q Q=", "QQ==\n", "Q-==", "QUJ=", "=", "é", "QQ==QQ=="]
)
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises(ProtocolError):
        decode_base64(text)


def test_base64_is_read() -> None:
    assert [decode_base64(text) for text in ("", "QQ==", "QUI=", "QUJD")] == [
        b"",
        b"A",
        b"AB",
        b"ABC",
    ]
