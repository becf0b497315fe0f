"""Whatever bytes come in, the readers of logs and channels answer or refuse; none falls over."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fedlab.protocol.checkpoint import Head, parse_body, parse_note, verify_head
from fedlab.protocol.errors import RemoteProtocolError
from fedlab.protocol.keys import Signer, parse_vkey, signing_public
from fedlab.protocol.merkle import (
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from fedlab.protocol.noise import NoiseXX
from fedlab.protocol.note import open_note, sign_note
from fedlab.protocol.tiles import decode_bundle, encode_bundle, parse_tile_path, tile_path

SIGNER = Signer("example.com/log", bytes(32))
NOTE = sign_note("some text\n\nand more\n", SIGNER)
LAB = "ab" * 32

numbers = st.integers(-(2**64), 2**64)
hashes = st.one_of(st.binary(min_size=32, max_size=32), st.binary(max_size=40))
proofs = st.lists(hashes, max_size=70)
storm = settings(max_examples=150, deadline=None, derandomize=True)


def answers(read: Callable[..., Any], *arguments: Any) -> bool:
    """Say whether it answered; any other exception than a refusal fails the test."""
    try:
        read(*arguments)
    except RemoteProtocolError as refusal:
        assert str(refusal)
        return False
    return True


@storm
@given(st.binary(max_size=400))
def test_any_bytes_as_a_note(raw: bytes) -> None:
    answers(open_note, raw, SIGNER.verifier())
    answers(parse_note, raw, "fedlab", LAB, 0, SIGNER.public)
    answers(decode_bundle, raw)
    answers(NoiseXX(False, b"", bytes(32), bytes([1]) * 32).read_message, raw)


@storm
@given(st.integers(0, len(NOTE)), st.integers(0, 40), st.binary(max_size=40))
def test_a_note_with_any_piece_replaced(at: int, length: int, piece: bytes) -> None:
    raw = NOTE[:at] + piece + NOTE[at + length :]
    if answers(open_note, raw, SIGNER.verifier()) and raw != NOTE:
        note = open_note(raw, SIGNER.verifier())  # only lines by unknown keys may have changed
        assert sign_note(note.text, SIGNER) == NOTE


@storm
@given(st.text(max_size=120))
def test_any_text_as_a_key_a_path_or_a_checkpoint(text: str) -> None:
    assert not answers(parse_vkey, text)
    answers(parse_body, text)
    if answers(parse_tile_path, text):
        assert tile_path(parse_tile_path(text)) == text


@storm
@given(
    st.from_regex(
        r"tile/(entries|[0-9]{1,2})/(x[0-9]{3}/){0,6}[0-9]{3}(\.p/[0-9]{1,3})?", fullmatch=True
    )
)
def test_a_path_has_one_spelling(text: str) -> None:
    if answers(parse_tile_path, text):
        assert tile_path(parse_tile_path(text)) == text


@storm
@given(numbers, numbers, numbers, hashes, hashes, proofs)
def test_any_numbers_and_hashes_as_a_proof(
    a: int, b: int, c: int, one: bytes, other: bytes, proof: list[bytes]
) -> None:
    answers(verify_inclusion, a, b, one, other, proof)
    answers(verify_consistency, a, b, one, other, proof)
    answers(verify_subtree_inclusion, a, b, c, one, other, proof)
    answers(verify_subtree_consistency, a, b, c, one, other, proof)


@storm
@given(st.text(max_size=70), numbers, numbers, hashes, st.binary(max_size=70))
def test_any_values_as_a_head(lab: str, epoch: int, size: int, root: bytes, sig: bytes) -> None:
    assert not answers(verify_head, Head(lab, epoch, size, root, sig), "fedlab", SIGNER.public)
    assert not answers(
        verify_head, Head(LAB, 0, 1, bytes(32), sig), "fedlab", signing_public(bytes(32))
    )


@storm
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_comes_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


@storm
@given(st.binary(max_size=300))
def test_a_bundle_has_one_spelling(raw: bytes) -> None:
    if answers(decode_bundle, raw):
        assert encode_bundle(decode_bundle(raw)) == raw
