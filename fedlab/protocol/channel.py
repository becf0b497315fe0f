"""The encrypted stream between two nodes: one clear line, the Noise handshake, then records.

    fedlab/1 <network>\\n
    u16be length ‖ Noise message, again and again

Both sides send the line first; a peer of another network is told so by it, naming both. The line
is the handshake's prologue. The handshake's second and third message carry the sender's chain as a
msgpack array of its leaves, from which its static key must follow. Bytes may arrive cut anywhere.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from .errors import RemoteProtocolError
from .identity import Chain, read_chain
from .limits import LINE_BYTES_MAX, NOISE_MESSAGE_BYTES_MAX, NOISE_PLAINTEXT_BYTES_MAX
from .noise import CipherState, NoiseXX

LINE_PREFIX: Final = "fedlab/1 "
LENGTH_BYTES: Final = 2
_LEAVES: Final = msgspec.msgpack.Decoder(list[bytes])


class Channel:
    """One side of the stream; `ephemeral` is 32 new random bytes, `static` the private Noise key.

    After a refusal nothing more may be fed; the connection must be closed.
    """

    def __init__(
        self, network: str, own: Chain, *, initiator: bool, static: bytes, ephemeral: bytes
    ) -> None:
        self.network = network
        self.peer: Chain | None = None  # who it is, once the handshake is done
        self._line = f"{LINE_PREFIX}{network}\n".encode()
        self._payload = msgspec.msgpack.encode(own.leaves)
        self._noise = NoiseXX(initiator, self._line, static, ephemeral)
        self._initiator = initiator
        self._line_read = False
        self._sealing: CipherState | None = None
        self._opening: CipherState | None = None
        self._buffer = bytearray()
        self._handshake = bytearray()  # what the handshake has to send
        if initiator:
            self._write()

    @property
    def established(self) -> bool:
        """Whether frames can be sent and received."""
        return self._sealing is not None

    @property
    def line(self) -> bytes:
        """The clear line, which is the first message of each side and stands alone in it."""
        return self._line

    def handshake_to_send(self) -> bytes:
        """Return what the handshake has to send now."""
        data, self._handshake = bytes(self._handshake), bytearray()
        return data

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Take bytes of the stream and yield what they say, in order.

        Raises RemoteProtocolError for another network, a failed handshake, or a changed byte.
        """
        self._buffer += data
        if not self._line_read and not self._read_line():
            return
        at = 0
        try:
            while (message := self._message(at)) is not None:
                at += LENGTH_BYTES + len(message)
                if self._opening is not None:
                    yield self._opening.decrypt(message)
                else:
                    self._read(message)
        finally:
            del self._buffer[:at]

    def seal(self, stream: bytes) -> bytes:
        """Return the records that carry these bytes of the stream."""
        assert self._sealing is not None, "the handshake is not done"
        parts: list[bytes] = []
        with memoryview(stream) as view:
            for at in range(0, len(stream), NOISE_PLAINTEXT_BYTES_MAX):
                with view[at : at + NOISE_PLAINTEXT_BYTES_MAX] as piece:
                    message = self._sealing.encrypt(bytes(piece))
                parts += (len(message).to_bytes(LENGTH_BYTES, "big"), message)
        return b"".join(parts)

    def _message(self, at: int) -> bytes | None:
        if len(self._buffer) < at + LENGTH_BYTES:
            return None
        end = at + LENGTH_BYTES + int.from_bytes(self._buffer[at : at + LENGTH_BYTES], "big")
        return bytes(self._buffer[at + LENGTH_BYTES : end]) if len(self._buffer) >= end else None

    def _read_line(self) -> bool:
        end = self._buffer.find(b"\n", 0, LINE_BYTES_MAX) + 1
        if not end:
            if len(self._buffer) >= LINE_BYTES_MAX:
                raise RemoteProtocolError(
                    "the other side does not speak fedlab's protocol",
                    "Check the address: is it a fedlab node's?",
                )
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[:end]
        if line != self._line:
            raise self._other_line(line)
        self._line_read = True
        return True

    def _other_line(self, line: bytes) -> RemoteProtocolError:
        text = line.decode("ascii", "backslashreplace").rstrip("\n")
        if text.startswith(LINE_PREFIX):
            return RemoteProtocolError(
                f"the other node belongs to network {text.removeprefix(LINE_PREFIX)!r}, "
                f"this one to {self.network!r}",
                "Labs of two networks cannot be joined; was the invitation meant for this node?",
            )
        return RemoteProtocolError(
            f"the other side began with {text!r} instead of {LINE_PREFIX + self.network!r}",
            "One of the two may need a newer fedlab.",
        )

    def _read(self, message: bytes) -> None:
        payload = self._noise.read_message(message)
        if self._initiator or self._noise.done:
            self._meet(payload)
        elif payload:
            raise RemoteProtocolError("the first handshake message carries something")
        if not self._noise.done:
            self._write()
        if self._noise.done:
            self._sealing, self._opening = self._noise.split()

    def _write(self) -> None:
        first = self._initiator and self.peer is None
        message = self._noise.write_message(b"" if first else self._payload)
        self._handshake += len(message).to_bytes(LENGTH_BYTES, "big") + message

    def _meet(self, payload: bytes) -> None:
        """Learn who the peer is: its static key must be that of its newest epoch."""
        try:
            chain = read_chain(_LEAVES.decode(payload), self.network)
        except msgspec.DecodeError as exc:
            raise RemoteProtocolError(f"the peer's chain is malformed: {exc}") from exc
        if chain.epochs[-1].noise != self._noise.remote_static:
            raise RemoteProtocolError("the peer's Noise key is not the one its chain names")
        self.peer = chain


assert NOISE_MESSAGE_BYTES_MAX < 2 ** (8 * LENGTH_BYTES)
