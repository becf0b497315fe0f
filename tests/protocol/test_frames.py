"""Frames: every type there and back, cut anywhere, and what is refused before it costs memory."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.protocol import frames
from fedlab.protocol.errors import LocalProtocolError, RemoteProtocolError
from fedlab.protocol.frames import FrameBuffer, decode_body, encode_frame
from fedlab.protocol.limits import (
    BLOCK_ENTRIES,
    CREDIT_BYTES,
    DETAIL_BLOB_BYTES_MAX,
    DETAILS_FRAME_BYTES_MAX,
    FACT_BYTES_MAX,
    FRAME_BYTES_MAX,
    PROOF_HASHES_MAX,
    TREE_SIZE_MAX,
)

LAB, ROOT, SIG = b"L" * 32, b"R" * 32, b"S" * 64

ONE_OF_EACH = [
    frames.Hello("fedlab/1", ["https://lab.example"]),
    frames.YourHead(0, 3, ROOT, SIG),
    frames.Chain([b"{}"]),
    frames.Heads([frames.HeadItem(LAB, 0, 3, ROOT, SIG, 17, False)]),
    frames.Want(LAB, 0, 3, 0, 3),
    frames.Package(LAB, 0, 3, 0, [b"a", b"b", b"c"], [ROOT]),
    frames.Details(LAB, 0, [(1, b"s" * 33)], True),
    frames.WantDetails(LAB, 0, [1, 2]),
    frames.WantProof(LAB, 0, 2, 3),
    frames.Proof(LAB, 0, 2, 3, ROOT, [ROOT]),
    frames.Credit(65_536),
    frames.Join(b"token"),
    frames.Joined(),
    frames.Bye("end", "", "", 0),
    frames.WantBlob(LAB, ROOT),
    frames.Blob(ROOT, b"photo"),
]


def read(data: bytes) -> list[frames.Frame | None]:
    buffer = FrameBuffer()
    buffer.feed(data)
    found = [frame for frame, _ in buffer.frames()]
    assert buffer.empty
    return found


@pytest.mark.parametrize("frame", ONE_OF_EACH, ids=lambda frame: type(frame).__name__)
def test_every_frame_comes_back_as_it_was(frame: frames.Frame) -> None:
    assert read(encode_frame(frame)) == [frame]


def test_there_is_one_of_each_and_each_has_its_number() -> None:
    assert {type(frame) for frame in ONE_OF_EACH} == set(frames.FRAMES)
    numbers = [kind.TYPE for kind in frames.FRAMES]
    assert sorted(set(numbers)) == numbers == [*range(1, 15), 0x80, 0x81]
    assert {kind for kind in frames.FRAMES if kind.PAID} == {
        frames.Package,
        frames.Details,
        frames.Proof,
        frames.Blob,
    }


def test_the_bytes_of_a_frame() -> None:
    # u32be length of type and array, the type, then msgpack: array of 1, uint32 65,536
    assert encode_frame(frames.Credit(65_536)).hex() == "00000007" + "0b" + "91" + "ce00010000"
    # array of 5: bin8 of 32 bytes, then four small integers
    want = encode_frame(frames.Want(LAB, 0, 3, 1, 2))
    assert want.hex() == "00000028" + "05" + "95" + "c420" + LAB.hex() + "00030102"
    assert encode_frame(frames.Joined()).hex() == "00000002" + "0d" + "90"


@given(st.data())
def test_a_stream_may_be_cut_anywhere(data: st.DataObject) -> None:
    stream = b"".join(map(encode_frame, ONE_OF_EACH))
    buffer, found, at = FrameBuffer(), [], 0
    while at < len(stream):
        end = data.draw(st.integers(at + 1, len(stream)))
        buffer.feed(stream[at:end])
        found += [frame for frame, _ in buffer.frames()]
        at = end
    assert found == ONE_OF_EACH


def test_the_bytes_of_a_frame_in_the_stream_are_told() -> None:
    buffer = FrameBuffer()
    stream = b"".join(map(encode_frame, ONE_OF_EACH))
    buffer.feed(stream)
    assert sum(size for _, size in buffer.frames()) == len(stream)


def test_the_largest_package_fits_a_frame_and_the_credit() -> None:
    package = frames.Package(
        LAB,
        47,
        TREE_SIZE_MAX,
        TREE_SIZE_MAX - BLOCK_ENTRIES,
        [b"x" * FACT_BYTES_MAX] * BLOCK_ENTRIES,
        [ROOT] * PROOF_HASHES_MAX,
    )
    assert len(encode_frame(package)) + DETAILS_FRAME_BYTES_MAX < CREDIT_BYTES


def test_a_frame_that_is_too_long_is_refused_by_its_header() -> None:
    buffer = FrameBuffer()
    buffer.feed((FRAME_BYTES_MAX + 1).to_bytes(4, "big") + b"\x06")
    with pytest.raises(RemoteProtocolError, match="the most"):
        list(buffer.frames())
    with pytest.raises(LocalProtocolError):
        encode_frame(frames.Details(LAB, 0, [(n, bytes(32_000)) for n in range(40)], True))


def test_a_frame_without_even_a_type_is_refused() -> None:
    buffer = FrameBuffer()
    buffer.feed(b"\0\0\0\0\x01")
    with pytest.raises(RemoteProtocolError, match="of 0 bytes"):
        list(buffer.frames())


@pytest.mark.parametrize("kind", [0x00, 0x0F, 0x7F])
def test_an_unknown_frame_is_refused_by_its_header(kind: int) -> None:
    buffer = FrameBuffer()
    buffer.feed(b"\0\0\xff\xff" + bytes([kind]))
    with pytest.raises(RemoteProtocolError, match="not known here"):
        list(buffer.frames())


@pytest.mark.parametrize("kind", [0x82, 0x9F, 0xFF])
def test_an_unknown_optional_frame_is_skipped(kind: int) -> None:
    optional = b"\0\0\0\x04" + bytes([kind]) + b"\xc1?!"  # not even msgpack
    joined = encode_frame(frames.Joined())
    assert read(joined + optional + joined) == [frames.Joined(), None, frames.Joined()]


def array(*items: object) -> bytes:
    return msgspec.msgpack.encode(items)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (0x0B, b""),
        (0x0B, array()),
        (0x0B, array(1, 2)),
        (0x0B, array(1) + b"\0"),
        (0x0B, array(0)),
        (0x0B, array(-1)),
        (0x0B, array(2**63)),
        (0x0B, array(1.0)),
        (0x0B, array("1")),
        (0x0B, array(True)),
        (0x0B, msgspec.msgpack.encode({"bytes": 1})),
        (0x05, array(b"short", 0, 1, 0, 1)),
        (0x05, array(LAB, 48, 1, 0, 1)),
        (0x05, array(LAB, 0, TREE_SIZE_MAX + 1, 0, 1)),
        (0x06, array(LAB, 0, 1, 0, [], [])),
        (0x06, array(LAB, 0, 1, 0, [b""], [])),
        (0x06, array(LAB, 0, 1, 0, [b"x" * (FACT_BYTES_MAX + 1)], [])),
        (0x06, array(LAB, 0, 1, 0, [b"x"] * 257, [])),
        (0x06, array(LAB, 0, 1, 0, [b"x"], [b"R" * 31])),
        (0x06, array(LAB, 0, 1, 0, [b"x"], [ROOT] * 64)),
        (0x07, array(LAB, 0, [[0, b"x" * 31]], True)),
        (0x07, array(LAB, 0, [[0, b"x" * (DETAIL_BLOB_BYTES_MAX + 1)]], True)),
        (0x07, array(LAB, 0, [[0]], True)),
        (0x0E, array("code", "x" * 513, "", 0)),
        (0x0E, b"\x94\xa1\xff\xa0\xa0\x00"),  # a code that is not UTF-8
        (0x0E, array("code", "\x1b[2J gone", "", 0)),
        (0x0E, array("two\nlines", "", "", 0)),
        (0x01, array("fedlab\u202e/1", [])),
        (0x03, array([])),
        (0x0C, b"\x91" * 2000),
    ],
)
def test_an_array_that_is_not_as_it_must_be_is_refused(kind: int, body: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="malformed frame"):
        decode_body(kind, body)


@given(st.binary(max_size=400), st.sampled_from([frame.TYPE for frame in ONE_OF_EACH]))
def test_whatever_comes_is_a_frame_or_the_carriers_fault(body: bytes, kind: int) -> None:
    buffer = FrameBuffer()
    buffer.feed((len(body) + 1).to_bytes(4, "big") + bytes([kind]) + body)
    try:
        assert len(list(buffer.frames())) == 1
    except RemoteProtocolError as exc:
        assert exc.fault == "carrier"
