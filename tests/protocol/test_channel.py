"""The channel: one line, the handshake, records; cut anywhere, and no byte of it changed."""

import pytest

from fedlab.protocol.channel import Channel
from fedlab.protocol.errors import RemoteProtocolError
from fedlab.protocol.limits import LINE_BYTES_MAX, NOISE_PLAINTEXT_BYTES_MAX
from fedlab.protocol.noise import NoiseXX

from .nodes import NETWORK, Lab, seed

ANNA, BERT = Lab("anna"), Lab("bert")


def side(lab: Lab, *, initiator: bool, network: str = NETWORK, static: bytes = b"") -> Channel:
    return Channel(
        network,
        lab.chain,
        initiator=initiator,
        static=static or lab.keys.noise,
        ephemeral=seed(lab.name, "ephemeral"),
    )


def flow(channel: Channel) -> bytes:
    return channel.handshake_to_send()


def give(channel: Channel, data: bytes, size: int) -> list[bytes]:
    said: list[bytes] = []
    for at in range(0, len(data), size):
        said += channel.receive(data[at : at + size])
    return said


def meet(size: int = 1 << 20) -> tuple[Channel, Channel]:
    """Let the two shake hands, with everything cut into pieces of `size` bytes."""
    anna, bert = side(ANNA, initiator=True), side(BERT, initiator=False)
    assert give(bert, anna.line + flow(anna), size) == []
    assert give(anna, bert.line + flow(bert), size) == []
    assert give(bert, flow(anna), size) == []
    return anna, bert


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1 << 20])
def test_both_learn_who_the_other_is_however_bytes_are_cut(size: int) -> None:
    anna, bert = meet(size)
    assert anna.established and bert.established
    assert anna.peer == BERT.chain and bert.peer == ANNA.chain
    assert give(bert, anna.seal(b"hello"), size) == [b"hello"]
    assert give(anna, bert.seal(b"hello yourself"), size) == [b"hello yourself"]


def test_the_line_is_what_the_formats_say() -> None:
    assert side(ANNA, initiator=True).line == b"fedlab/1 test\n"


def test_a_long_stream_is_split_into_records_and_comes_out_whole() -> None:
    anna, bert = meet()
    stream = bytes(range(256)) * 8192  # 2 MiB
    sealed = anna.seal(stream)
    records = -(-len(stream) // NOISE_PLAINTEXT_BYTES_MAX)
    assert len(sealed) == len(stream) + records * (2 + 16)
    assert b"".join(give(bert, sealed, 100_000)) == stream


def test_another_network_is_refused_naming_both() -> None:
    anna = side(ANNA, initiator=True)
    with pytest.raises(RemoteProtocolError, match=r"'lille'.*'test'") as caught:
        list(anna.receive(b"fedlab/1 lille\n"))
    assert caught.value.hint


def test_another_version_and_another_protocol_are_refused() -> None:
    for said in (b"fedlab/2 test\n", b"HTTP/1.1 400 Bad Request\r\n", b"\xff\xfe\n"):
        with pytest.raises(RemoteProtocolError, match="instead of"):
            list(side(ANNA, initiator=True).receive(said))


def test_a_line_without_an_end_is_refused_early() -> None:
    anna = side(ANNA, initiator=True)
    assert list(anna.receive(b"x" * (LINE_BYTES_MAX - 1))) == []
    with pytest.raises(RemoteProtocolError, match="does not speak"):
        list(anna.receive(b"x"))


def test_a_changed_byte_anywhere_ends_it() -> None:
    """The line is the handshake's prologue, and every key and payload is part of its hash.

    Only a changed length makes a side wait for more, until its time is over.
    """
    line = side(ANNA, initiator=True).line
    first = line + flow(side(ANNA, initiator=True))
    for at in sorted(set(range(len(first))) - {len(line), len(line) + 1}):
        anna, bert = side(ANNA, initiator=True), side(BERT, initiator=False)
        changed = bytearray(first)
        changed[at] ^= 1
        with pytest.raises(RemoteProtocolError):
            give(bert, bytes(changed), 1 << 20)
            give(anna, bert.line + flow(bert), 1 << 20)


def test_a_changed_byte_in_a_record_ends_it() -> None:
    for at in range(2, 2 + 5 + 16):
        anna, bert = meet()
        sealed = bytearray(anna.seal(b"hello"))
        sealed[at] ^= 1
        with pytest.raises(RemoteProtocolError):
            list(bert.receive(bytes(sealed)))


def test_records_out_of_order_or_twice_end_it() -> None:
    anna, bert = meet()
    first, second = anna.seal(b"one"), anna.seal(b"two")
    with pytest.raises(RemoteProtocolError):
        list(bert.receive(second + first))
    anna, bert = meet()
    first = anna.seal(b"one")
    with pytest.raises(RemoteProtocolError):
        list(bert.receive(first + first))


def test_a_key_that_the_chain_does_not_name_is_refused() -> None:
    """Somebody shows Bert's chain, which is public, with a key of his own."""
    anna, mallory = side(ANNA, initiator=True), side(BERT, initiator=False, static=seed("mallory"))
    list(mallory.receive(anna.line + flow(anna)))
    with pytest.raises(RemoteProtocolError, match="not the one its chain names"):
        list(anna.receive(mallory.line + flow(mallory)))


def test_a_chain_of_another_network_is_refused() -> None:
    stray = Lab("stray", network="lille")
    anna, other = side(ANNA, initiator=True), side(stray, initiator=False)
    list(other.receive(anna.line + flow(anna)))
    with pytest.raises(RemoteProtocolError, match="lille"):
        list(anna.receive(other.line + flow(other)))


def test_the_first_message_carries_nothing() -> None:
    """Nobody has proved anything yet: what came with it would come from anybody."""
    line = b"fedlab/1 test\n"
    noise = NoiseXX(True, line, ANNA.keys.noise, seed("ephemeral"))
    message = noise.write_message(b"early")
    with pytest.raises(RemoteProtocolError, match="carries something"):
        list(side(BERT, initiator=False).receive(line + len(message).to_bytes(2, "big") + message))


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x90", b"\x91\xa1x", b"\x91\xc4\x01x"])
def test_a_payload_that_is_no_chain_is_refused(payload: bytes) -> None:
    anna = side(ANNA, initiator=True)
    noise = NoiseXX(False, anna.line, BERT.keys.noise, seed("ephemeral"))
    noise.read_message(flow(anna)[2:])
    message = noise.write_message(payload)
    with pytest.raises(RemoteProtocolError):
        list(anna.receive(anna.line + len(message).to_bytes(2, "big") + message))


def test_garbage_in_the_handshake_is_refused() -> None:
    bert = side(BERT, initiator=False)
    with pytest.raises(RemoteProtocolError):
        list(bert.receive(bert.line + b"\0\x20" + bytes(32)))  # a key of small order
