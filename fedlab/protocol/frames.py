"""Frames: what two nodes say to each other, and what a bundle file holds.

    u32be length ‖ u8 type ‖ msgpack array

The length counts the type and the array. An array has exactly the elements named here, in this
order; a change of one is a new type. A type below 0x80 that is not known closes the connection; one
from 0x80 on is skipped. *Paid* frames count against the credit that their receiver gave.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta, Struct

from .errors import LocalProtocolError, RemoteProtocolError
from .limits import (
    AGE_SECONDS_MAX,
    AGENT_CHARS_MAX,
    BLOCK_ENTRIES,
    BYE_CODE_CHARS_MAX,
    BYE_TEXT_CHARS_MAX,
    CREDIT_BYTES_MAX,
    DETAIL_BLOB_BYTES_MAX,
    EPOCHS_MAX,
    FACT_BYTES_MAX,
    FRAME_BYTES_MAX,
    HEADS_PER_FRAME_MAX,
    PHOTO_BYTES_MAX,
    PROOF_HASHES_MAX,
    RETRY_SECONDS_MAX,
    TOKEN_BYTES_MAX,
    TREE_SIZE_MAX,
    URL_CHARS_MAX,
    URLS_MAX,
)

Raw32 = Annotated[bytes, Meta(min_length=32, max_length=32)]  # a lab's id, a hash, a root
Raw64 = Annotated[bytes, Meta(min_length=64, max_length=64)]  # a signature
Leaf = Annotated[bytes, Meta(min_length=1, max_length=FACT_BYTES_MAX)]
DetailBlob = Annotated[
    bytes, Meta(min_length=32, max_length=DETAIL_BLOB_BYTES_MAX)
]  # salt and body
Epoch = Annotated[int, Meta(ge=0, lt=EPOCHS_MAX)]
Size = Annotated[int, Meta(ge=0, le=TREE_SIZE_MAX)]
# What a peer says ends up in terminals and logs: it may not command one, or turn text around.
_SHOWN: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*\Z"
Text = Annotated[str, Meta(max_length=BYE_TEXT_CHARS_MAX, pattern=_SHOWN)]
Hashes = Annotated[list[Raw32], Meta(max_length=PROOF_HASHES_MAX)]

HEADER_BYTES: Final = 5
OPTIONAL_FROM: Final = 0x80


class Frame(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Any frame; `TYPE` is its number on the wire."""

    TYPE: ClassVar[int]
    PAID: ClassVar[bool] = False


class Hello(Frame, frozen=True):
    """Who speaks, with what, and where it can be reached; the first frame of each side."""

    TYPE = 0x01
    agent: Annotated[str, Meta(max_length=AGENT_CHARS_MAX, pattern=_SHOWN)]
    urls: Annotated[list[Annotated[str, Meta(max_length=URL_CHARS_MAX)]], Meta(max_length=URLS_MAX)]


class YourHead(Frame, frozen=True):
    """The newest head of the receiver's own log that the sender knows; size 0 and no root if none.

    It comes before anything else once both are let in, so that whoever forgot something learns it.
    """

    TYPE = 0x02
    epoch: Epoch
    size: Size
    root: Annotated[bytes, Meta(max_length=32)]
    sig: Annotated[bytes, Meta(max_length=64)]


class Chain(Frame, frozen=True):
    """A lab's genesis and epoch openings; before that lab's first head, and when it grows."""

    TYPE = 0x03
    leaves: Annotated[list[Leaf], Meta(min_length=1, max_length=EPOCHS_MAX)]


class HeadItem(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One fully held log: its signed head, and how long ago it was known to be there."""

    lab: Raw32
    epoch: Epoch
    size: Size
    root: Raw32
    sig: Raw64
    age_s: Annotated[int, Meta(ge=0, le=AGE_SECONDS_MAX)]
    names_you: bool  # the lab's log names the receiver, who may not know the lab


class Heads(Frame, frozen=True):
    """Logs that the sender holds and serves; only what changed or got fresher is repeated."""

    TYPE = 0x04
    heads: Annotated[list[HeadItem], Meta(max_length=HEADS_PER_FRAME_MAX)]


class Want(Frame, frozen=True):
    """Asks for the entries `[start, end)`, proved to the announced head of `size` entries."""

    TYPE = 0x05
    lab: Raw32
    epoch: Epoch
    size: Size
    start: Size
    end: Size


class Package(Frame, frozen=True):
    """Entries of one block from `start` on, with the proof of `[block start, end)` to the head."""

    TYPE = 0x06
    PAID = True
    lab: Raw32
    epoch: Epoch
    size: Size
    start: Size
    leaves: Annotated[list[Leaf], Meta(min_length=1, max_length=BLOCK_ENTRIES)]
    proof: Hashes


class Details(Frame, frozen=True):
    """Details of the package before, or asked for by `WantDetails`; `last` ends that answer."""

    TYPE = 0x07
    PAID = True
    lab: Raw32
    epoch: Epoch
    blobs: Annotated[list[tuple[Size, DetailBlob]], Meta(max_length=BLOCK_ENTRIES)]
    last: bool


class WantDetails(Frame, frozen=True):
    """Asks for the details of these entries, ascending; what is not held is left out."""

    TYPE = 0x08
    lab: Raw32
    epoch: Epoch
    indexes: Annotated[list[Size], Meta(min_length=1, max_length=BLOCK_ENTRIES)]


class WantProof(Frame, frozen=True):
    """Asks how the tree of `new` entries continues that of `old`: the answer to a mismatch."""

    TYPE = 0x09
    lab: Raw32
    epoch: Epoch
    old: Size
    new: Size


class Proof(Frame, frozen=True):
    """The root at `old` in the sender's tree, and the proof that leads from it to `new`."""

    TYPE = 0x0A
    PAID = True
    lab: Raw32
    epoch: Epoch
    old: Size
    new: Size
    old_root: Raw32
    hashes: Hashes


class Credit(Frame, frozen=True):
    """Lets the receiver send this many more bytes of paid frames, their five first ones counted."""

    TYPE = 0x0B
    bytes: Annotated[int, Meta(ge=1, le=CREDIT_BYTES_MAX)]


class Join(Frame, frozen=True):
    """Shows an invitation's token; nothing else is said until it is answered."""

    TYPE = 0x0C
    token: Annotated[bytes, Meta(min_length=1, max_length=TOKEN_BYTES_MAX)]


class Joined(Frame, frozen=True):
    """The invitation is taken."""

    TYPE = 0x0D


class Bye(Frame, frozen=True):
    """The last frame of a side: why it goes, what can be done, and when to come back."""

    TYPE = 0x0E
    code: Annotated[str, Meta(max_length=BYE_CODE_CHARS_MAX, pattern=_SHOWN)]
    message: Text
    hint: Text
    retry_s: Annotated[int, Meta(ge=0, le=RETRY_SECONDS_MAX)]


class WantBlob(Frame, frozen=True):
    """Asks for a lab's photo by its SHA-256; a node that serves none skips this."""

    TYPE = 0x80
    lab: Raw32
    name: Raw32


class Blob(Frame, frozen=True):
    """A photo that was asked for, or nothing where it is not held."""

    TYPE = 0x81
    PAID = True
    name: Raw32
    data: Annotated[bytes, Meta(max_length=PHOTO_BYTES_MAX)]


FRAMES: Final[tuple[type[Frame], ...]] = (
    Hello,
    YourHead,
    Chain,
    Heads,
    Want,
    Package,
    Details,
    WantDetails,
    WantProof,
    Proof,
    Credit,
    Join,
    Joined,
    Bye,
    WantBlob,
    Blob,
)
_DECODERS: Final = {kind.TYPE: msgspec.msgpack.Decoder(kind) for kind in FRAMES}
PAID_TYPES: Final = frozenset(kind.TYPE for kind in FRAMES if kind.PAID)
_ENCODER: Final = msgspec.msgpack.Encoder()


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes of a frame; raises LocalProtocolError if it is too long to be sent."""
    body = bytearray(HEADER_BYTES)
    _ENCODER.encode_into(frame, body, HEADER_BYTES)
    length = len(body) - 4
    if length > FRAME_BYTES_MAX:
        raise LocalProtocolError(f"a frame of {length} bytes is over {FRAME_BYTES_MAX}")
    body[:HEADER_BYTES] = length.to_bytes(4, "big") + bytes((frame.TYPE,))
    return bytes(body)


def decode_body(kind: int, body: bytes | memoryview) -> Frame:
    """Read the array of a known type; raises RemoteProtocolError if it is not as it must be."""
    try:
        return _DECODERS[kind].decode(body)
    except (msgspec.DecodeError, ValueError) as exc:
        raise RemoteProtocolError(f"a malformed frame of type {kind:#04x}: {exc}") from exc


class FrameBuffer:
    """Cuts a stream into frames; holds at most one that is not whole yet."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def begun(self) -> int | None:
        """The type of the frame that is not whole yet, or None between frames."""
        return self._buffer[4] if len(self._buffer) >= HEADER_BYTES else None

    @property
    def empty(self) -> bool:
        """Whether the stream stands between two frames."""
        return not self._buffer

    def feed(self, data: bytes) -> None:
        """Add bytes of the stream."""
        self._buffer += data

    def frames(self) -> Iterator[tuple[Frame | None, int]]:
        """Yield each whole frame with its bytes in the stream; None for one that is skipped.

        Raises RemoteProtocolError for a frame that is too long, unknown, or malformed.
        """
        at = 0
        try:
            while (end := self._end(at)) is not None and end <= len(self._buffer):
                kind, start, at = self._buffer[at + 4], at, end
                frame: Frame | None = None
                if kind in _DECODERS:
                    with memoryview(self._buffer) as view, view[start + HEADER_BYTES : end] as body:
                        frame = decode_body(kind, body)
                yield frame, end - start
        finally:
            del self._buffer[:at]

    def _end(self, at: int) -> int | None:
        """Return where the frame at `at` ends; None if its header is not here."""
        if len(self._buffer) < at + HEADER_BYTES:
            return None
        length = int.from_bytes(self._buffer[at : at + 4], "big")
        kind = self._buffer[at + 4]
        if not 1 <= length <= FRAME_BYTES_MAX:
            raise RemoteProtocolError(f"a frame of {length} bytes; {FRAME_BYTES_MAX} is the most")
        if kind < OPTIONAL_FROM and kind not in _DECODERS:
            raise RemoteProtocolError(
                f"a frame of type {kind:#04x}, which is not known here",
                "One of the two nodes needs a newer fedlab.",
            )
        return at + 4 + length
