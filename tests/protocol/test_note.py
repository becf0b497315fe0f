"""Signed notes: the published ones, and no second spelling of any."""

import base64
import json
from pathlib import Path

import pytest

from fedlab.protocol import keys
from fedlab.protocol.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from fedlab.protocol.keys import Cosigner, Signer, cosigned_at, decode_base64, parse_vkey
from fedlab.protocol.limits import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX
from fedlab.protocol.note import Signature, format_note, open_note, parse_note, sign_note

# Go, sumdb/note, example_test.go: secret key, verifier key and note are published together.
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER = parse_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
ENOCH = parse_vkey("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop")
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb"
    "6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33"
    "WWd1RvMc+QQ=\n"
)
NOTE = f"{TEXT}\n{PETER_LINE}".encode()
BOTH = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}".encode()

# --- Known answers ------------------------------------------------------------------------------


def test_the_published_note_is_signed_and_opened() -> None:
    assert sign_note(TEXT, Signer("PeterNeumann", PETER_SEED)) == NOTE
    note = open_note(NOTE, PETER)
    assert note.text == TEXT
    assert [signature.name for signature in note.verified] == ["PeterNeumann"]
    assert note.unknown == ()


def test_signatures_by_unknown_keys_are_kept_apart() -> None:
    assert [s.name for s in open_note(BOTH, ENOCH).verified] == ["EnochRoot"]
    assert [s.name for s in open_note(BOTH, ENOCH).unknown] == ["PeterNeumann"]
    assert len(open_note(BOTH, ENOCH, PETER).verified) == 2
    with pytest.raises(RemoteProtocolError, match="known key"):
        open_note(NOTE, ENOCH)
    with pytest.raises(RemoteProtocolError, match="known key"):
        open_note(NOTE)


def test_the_published_notes_have_their_verdicts(shared: Path) -> None:
    """Sources: golang.org/x/mod, C2SP signed-note, C2SP tlog-checkpoint."""
    for case in json.loads((shared / "vectors/signed-notes.json").read_text())["cases"]:
        raw = case["note"].encode()
        text, signatures = parse_note(raw)
        assert format_note(text, *signatures) == raw
        for name, key_id in case.get("key_ids", {}).items():
            assert [s.key_id.hex() for s in signatures if s.name == name] == [key_id]
        if case["verifier_key"] is None:
            continue
        key = parse_vkey(case["verifier_key"])
        if case["verifies"]:
            open_note(raw, key)
        else:
            with pytest.raises(RemoteProtocolError):
                open_note(raw, key)


def test_the_published_cosignatures_have_their_verdicts(shared: Path) -> None:
    """Sources: sunlight, skylight's test data; C2SP tlog-cosignature."""
    for case in json.loads((shared / "vectors/cosignatures.json").read_text())["cases"]:
        raw = case["note"].encode()
        if case["verifier_key"] is None:
            _, signatures = parse_note(raw)
            (line,) = [s for s in signatures if s.name == case["cosigner"]]
            assert line.key_id.hex() == case["cosigner_key_id"]
            assert cosigned_at(line.blob) == case["cosignature_timestamp"]
        elif case["verifies"]:
            note = open_note(raw, parse_vkey(case["verifier_key"]))
            assert cosigned_at(note.verified[0].blob) == case["timestamp"]
        else:
            with pytest.raises(RemoteProtocolError):
                open_note(raw, parse_vkey(case["verifier_key"]))


def test_a_cosignature_pinned() -> None:
    """Our own answer over the example checkpoint of C2SP, by the seed 00 01 … 1f."""
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    witness = Cosigner("witness.example/w1", bytes(range(32)), at=1679315147)
    note = sign_note(text, witness)
    assert note.decode().splitlines()[-1] == (
        "— witness.example/w1 519lMgAAAABkGFDLBuRDazBLVac2NE+Y+IjbjQOcXLfF9CSDZVUIoS83rE1nFZsVE8YiW"
        "V6Ngr7lV8H6bdoBQGP/l73euDMQ9k+bBQ=="
    )
    assert open_note(note, witness.verifier()).text == text


# --- One spelling -------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(len(NOTE)))
def test_any_changed_byte_is_refused(at: int) -> None:
    """Adding 1 exposes spare bits in base64; flipping bit 0 would not."""
    changed = bytearray(NOTE)
    changed[at] = (changed[at] + 1) % 256
    with pytest.raises(RemoteProtocolError):
        open_note(bytes(changed), PETER)


@pytest.mark.parametrize("at", range(len(NOTE)))
def test_any_lost_or_doubled_byte_is_refused(at: int) -> None:
    for changed in (NOTE[:at] + NOTE[at + 1 :], NOTE[:at] + NOTE[at : at + 1] + NOTE[at:]):
        with pytest.raises(RemoteProtocolError):
            open_note(changed, PETER)


def test_negative_control_spare_bits_pass_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: Python's own decoder lets a note have four spellings."""
    other = NOTE.replace(b"wJnAM=\n", b"wJnAN=\n")
    with pytest.raises(RemoteProtocolError, match="spare"):
        open_note(other, PETER)
    monkeypatch.setattr("fedlab.protocol.note.decode_base64", base64.b64decode)
    open_note(other, PETER)
    assert decode_base64 is keys.decode_base64


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"\n\n",
        TEXT.encode(),
        f"{TEXT}\n".encode(),
        PETER_LINE.encode(),
        f"\n{PETER_LINE}".encode(),
        f"{TEXT}{PETER_LINE}".encode(),
        NOTE[:-1],
        NOTE + b"\n",
        NOTE + b"more\n",
        NOTE.replace(b"\n", b"\r\n"),
        NOTE.replace(b"crypto", b"cry\tpto"),
        NOTE.replace(b"crypto", b"cry\x00pto"),
        NOTE.replace(b"crypto", b"cry\xffpto"),
        NOTE.replace(b"crypto", b"cry\xed\xa0\x80pto"),
        NOTE.replace("—".encode(), b"-"),
        NOTE.replace("— ".encode(), "—".encode()),
        NOTE.replace(b"PeterNeumann x08", b"PeterNeumann  x08"),
        NOTE.replace(b"PeterNeumann x08", "PeterNeumann\u00a0x08".encode()),
        NOTE.replace(b"PeterNeumann x08", b" x08"),
        NOTE.replace(b"PeterNeumann x08", b"Peter+Neumann x08"),
        NOTE.replace(b"nAM=\n", b"nAM= \n"),
        NOTE.replace(b"nAM=\n", b"nAM=\n\n"),
        NOTE.replace(b"nAM=\n", b"nAM\n"),
        f"{TEXT}\n— PeterNeumann x08goA==\n".encode(),  # a key id and no signature
        f"{TEXT}\n— PeterNeumann x08g\n".encode(),
        f"{TEXT}\n— PeterNeumann \n".encode(),
        f"{TEXT}\n— PeterNeumann\n".encode(),
        b"\xef\xbb\xbf" + NOTE,
    ],
)
def test_what_is_no_note_is_refused(raw: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        open_note(raw, PETER)


@pytest.mark.parametrize("text", ["tab\there\n", "carriage\r\n", "nul\x00\n", "escape\x1b[1m\n"])
def test_control_bytes_are_refused_even_if_signed(text: str) -> None:
    signer = Signer("a", bytes(32))
    blob = base64.b64encode(signer.key_id + signer.sign(text.encode())).decode()
    with pytest.raises(RemoteProtocolError, match="control"):
        open_note(f"{text}\n— a {blob}\n".encode(), signer.verifier())


@pytest.mark.parametrize("line", ["— b YWJjZA==", "— b+c YWJjZGU=", "— b", "— ", "-- b YWJjZGU="])
def test_a_malformed_line_beside_a_good_one_spoils_the_note(line: str) -> None:
    """Whoever signs, every line has the shape of one."""
    open_note(NOTE + "— b YWJjZGU=\n".encode(), PETER)
    with pytest.raises(RemoteProtocolError, match="malformed"):
        open_note(NOTE + f"{line}\n".encode(), PETER)


def test_a_wrong_signature_by_a_known_key_spoils_the_note() -> None:
    """Even beside a good one (C2SP signed-note): it says that something is wrong."""
    bad = sign_note("other\n", Signer("PeterNeumann", PETER_SEED)).decode().splitlines()[-1]
    with pytest.raises(RemoteProtocolError, match="does not fit"):
        open_note(f"{TEXT}\n{ENOCH_LINE}{bad}\n".encode(), PETER, ENOCH)
    open_note(f"{TEXT}\n{ENOCH_LINE}{bad}\n".encode(), ENOCH)


def test_a_known_key_signs_once() -> None:
    with pytest.raises(RemoteProtocolError, match="twice"):
        open_note(NOTE + PETER_LINE.encode(), PETER)
    assert len(open_note(BOTH + PETER_LINE.encode(), ENOCH).unknown) == 2


def test_the_same_name_or_the_same_id_alone_is_another_key() -> None:
    """C2SP signed-note: ignore signatures that share a name or an id, but not both."""
    key_id, blob = PETER.key_id, bytes(64)
    others = [Signature("PeterNeumann", b"abcd", blob), Signature("Peter", key_id, blob)]
    _, (own,) = parse_note(NOTE)
    note = open_note(format_note(TEXT, *others, own), PETER)
    assert note.unknown == tuple(others)


def test_the_last_empty_line_ends_the_text() -> None:
    signer = Signer("a", bytes(32))
    for text in ("\n", "a\n\nb\n", "a\n\n", "\n\n\n", "— a QQ==\n\n— b\n", "é — œ\n"):
        assert open_note(sign_note(text, signer), signer.verifier()).text == text


# --- Limits -------------------------------------------------------------------------------------


def test_signatures_are_counted() -> None:
    """C2SP signed-note: at least 16 must be read."""
    signer = Signer("a", bytes(32))
    _, (own,) = parse_note(sign_note("x\n", signer))
    others = [Signature(f"w{i}", b"abcd", bytes(72)) for i in range(NOTE_SIGNATURES_MAX)]
    assert NOTE_SIGNATURES_MAX > 16
    open_note(format_note("x\n", own, *others[1:]), signer.verifier())
    with pytest.raises(RemoteProtocolError, match="signatures"):
        open_note(format_note("x\n", own, *others), signer.verifier())


def test_bytes_are_counted() -> None:
    signer = Signer("a", bytes(32))
    room = NOTE_BYTES_MAX - len(sign_note("\n", signer))
    open_note(sign_note("x" * room + "\n", signer), signer.verifier())
    with pytest.raises(RemoteProtocolError, match="longer"):
        open_note(sign_note("x" * (room + 1) + "\n", signer), signer.verifier())


def test_what_cannot_be_a_note_is_not_signed() -> None:
    signer = Signer("a", bytes(32))
    for text in ("", "no newline", "tab\t\n", "nul\x00\n", "cr\r\n"):
        with pytest.raises(LocalProtocolError):
            sign_note(text, signer)
    with pytest.raises(LocalProtocolError):
        sign_note("x\n")
    with pytest.raises(LocalProtocolError):
        open_note(NOTE, PETER, PETER)


@pytest.mark.parametrize("cut", range(0, len(BOTH), 7))
def test_a_note_cut_anywhere_is_refused_or_whole(cut: int) -> None:
    """A cut between two lines leaves a whole note, with one signature."""
    try:
        note = open_note(BOTH[:cut], PETER)
    except ProtocolError:
        return
    assert note.text == TEXT
