"""Checkpoints: three lines, one spelling, signed by the key of exactly that log."""

import base64

import pytest

from fedlab.protocol.checkpoint import (
    Head,
    body,
    head_note,
    origin,
    parse_body,
    parse_note,
    parse_size,
    sign_head,
    verify_head,
    witness_name,
)
from fedlab.protocol.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from fedlab.protocol.keys import Cosigner, Signer, signing_public
from fedlab.protocol.limits import TREE_SIZE_MAX
from fedlab.protocol.merkle import EMPTY_ROOT, leaf_hash
from fedlab.protocol.note import Note, open_note, sign_note

SEED = bytes(range(32))
LOG_KEY = signing_public(SEED)
LAB = leaf_hash(b"genesis").hex()
NOTE_ORIGIN = origin("fedlab", LAB, 0)
ROOT = leaf_hash(b"one entry")
HEAD = sign_head(SEED, "fedlab", LAB, 0, 1, ROOT)
NOTE = head_note(HEAD, "fedlab", LOG_KEY)


def test_the_text_is_that_of_the_specification() -> None:
    """Source: the example in C2SP tlog-checkpoint."""
    root = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert body("example.com/behind-the-sofa", 20852163, root) == text.encode()
    assert parse_body(text) == ("example.com/behind-the-sofa", 20852163, root)


def test_a_head_becomes_a_note_and_a_head_again() -> None:
    verify_head(HEAD, "fedlab", LOG_KEY)
    assert NOTE.decode().startswith(f"fedlab/fedlab/{LAB}/0\n1\n")
    assert sign_note(body(NOTE_ORIGIN, 1, ROOT).decode(), Signer(NOTE_ORIGIN, SEED)) == NOTE
    assert parse_note(NOTE, "fedlab", LAB, 0, LOG_KEY) == HEAD


def test_an_empty_log_has_a_checkpoint() -> None:
    head = sign_head(SEED, "fedlab", LAB, 3, 0, EMPTY_ROOT)
    assert parse_note(head_note(head, "fedlab", LOG_KEY), "fedlab", LAB, 3, LOG_KEY) == head


def test_witnesses_may_have_added_their_lines() -> None:
    witness = Cosigner(witness_name("fedlab", LAB), bytes(32), at=1_700_000_000)
    cosigned = sign_note(
        open_note(NOTE, Signer(NOTE_ORIGIN, SEED).verifier()).text,
        Signer(NOTE_ORIGIN, SEED),
        witness,
    )
    assert parse_note(cosigned, "fedlab", LAB, 0, LOG_KEY) == HEAD


@pytest.mark.parametrize("at", range(len(NOTE)))
def test_any_changed_byte_of_the_note_is_refused(at: int) -> None:
    """Adding 1, not flipping a bit: that is what exposes spare bits in base64."""
    changed = bytearray(NOTE)
    changed[at] = (changed[at] + 1) % 256
    with pytest.raises(ProtocolError):
        parse_note(bytes(changed), "fedlab", LAB, 0, LOG_KEY)


@pytest.mark.parametrize(
    "other",
    [
        HEAD._replace(lab=leaf_hash(b"another").hex()),
        HEAD._replace(epoch=1),
        HEAD._replace(size=2),
        HEAD._replace(root=EMPTY_ROOT),
        HEAD._replace(sig=bytes(64)),
        HEAD._replace(sig=HEAD.sig[:-1]),
        HEAD._replace(sig=b""),
        HEAD._replace(lab=LAB.upper()),
        HEAD._replace(epoch=-1),
        HEAD._replace(size=-1),
        HEAD._replace(size=TREE_SIZE_MAX + 1),
        HEAD._replace(root=b"short"),
    ],
)
def test_a_head_says_one_thing(other: Head) -> None:
    """The carrier is to blame: anybody can write such a head."""
    with pytest.raises(RemoteProtocolError) as refusal:
        verify_head(other, "fedlab", LOG_KEY)
    assert refusal.value.fault == "carrier"


def test_a_head_belongs_to_one_network_and_one_key() -> None:
    with pytest.raises(RemoteProtocolError):
        verify_head(HEAD, "elsewhere", LOG_KEY)
    with pytest.raises(RemoteProtocolError):
        verify_head(HEAD, "fedlab", signing_public(bytes(32)))
    for network, lab, epoch in (("elsewhere", LAB, 0), ("fedlab", "0" * 64, 0), ("fedlab", LAB, 1)):
        with pytest.raises(RemoteProtocolError):
            parse_note(NOTE, network, lab, epoch, LOG_KEY)


def test_the_origin_in_the_text_must_be_the_keys_name() -> None:
    """A log key that signs another log's text, under its own name, is not believed."""
    text = body(origin("fedlab", LAB, 7), 1, ROOT).decode()
    with pytest.raises(RemoteProtocolError, match="expected"):
        parse_note(sign_note(text, Signer(NOTE_ORIGIN, SEED)), "fedlab", LAB, 0, LOG_KEY)


@pytest.mark.parametrize(
    "text",
    [
        "origin\n1\n",
        "origin\n1\n" + base64.b64encode(ROOT).decode(),
        "origin\n1\n" + base64.b64encode(ROOT).decode() + "\nextension\n",
        "origin\n1\n" + base64.b64encode(ROOT).decode() + "\n\n",
        "\n1\n" + base64.b64encode(ROOT).decode() + "\n",
        "origin\n1\n" + base64.b64encode(ROOT[1:]).decode() + "\n",
        "origin\n1\n" + base64.b64encode(ROOT).decode().rstrip("=") + "\n",
        "origin\n1\n" + ROOT.hex() + "\n",
        "origin \r\n1\n" + base64.b64encode(ROOT).decode() + "\r\n",
    ],
)
def test_a_text_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_body(text)


@pytest.mark.parametrize(
    "text",
    ["", "007", "+7", "-1", "1_0", " 1", "1 ", "٧", "²", "1e3", "0x1", str(2**53), "9" * 5000],
)
def test_a_size_has_one_spelling(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_size(text)


def test_sizes_are_read() -> None:
    for size in (0, 1, 70000, TREE_SIZE_MAX):
        assert parse_size(str(size)) == size


@pytest.mark.parametrize(
    ("network", "lab", "epoch"),
    [
        ("", LAB, 0),
        ("Fedlab", LAB, 0),
        ("a" * 33, LAB, 0),
        ("fed lab", LAB, 0),
        ("fedlab\n", LAB, 0),
        ("fedlab", LAB[1:], 0),
        ("fedlab", LAB.upper(), 0),
        ("fedlab", LAB, -1),
    ],
)
def test_impossible_names_are_our_own_mistake(network: str, lab: str, epoch: int) -> None:
    with pytest.raises(LocalProtocolError):
        origin(network, lab, epoch)


def test_names() -> None:
    assert origin("fedlab", LAB, 12) == f"fedlab/fedlab/{LAB}/12"
    assert witness_name("tours-37", LAB) == f"fedlab/tours-37/{LAB}/0/witness"
    with pytest.raises(LocalProtocolError):
        body("origin", -1, ROOT)
    with pytest.raises(LocalProtocolError):
        body("origin", 1, b"")


def test_a_note_holds_what_was_signed() -> None:
    note = open_note(NOTE, Signer(NOTE_ORIGIN, SEED).verifier())
    assert isinstance(note, Note)
    assert note.verified[0].blob == HEAD.sig
