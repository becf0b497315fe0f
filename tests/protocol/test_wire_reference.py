"""The bytes, types and limits that `docs/reference/wire.md` shows are those that the code makes."""

import re
from pathlib import Path

import pytest

from fedlab.protocol import frames, limits
from fedlab.protocol.bundle import write_bundle
from fedlab.protocol.channel import Channel
from fedlab.protocol.entry import commit_detail
from fedlab.protocol.identity import SecretKeys, make_genesis, read_chain

from .nodes import Lab, Node, Wire

PAGE = (Path(__file__).parents[2] / "docs/reference/wire.md").read_text()


class Known(Lab):
    """A lab whose every secret is one byte, 32 times."""

    def __init__(self, name: str, first: int) -> None:
        self.name, self.network = name, "test"
        self.keys = SecretKeys(*(bytes([first + n]) * 32 for n in range(4)))
        genesis = make_genesis("test", self.keys.public(), bytes([first + 4]) * 32, 1_700_000_000)
        self.chain = read_chain([genesis])
        self.id = self.chain.lab
        self.leaves, self.details = [genesis], [None]


ANNA, BERT = Known("anna", 0x01), Known("bert", 0x11)
SALT, BODY = bytes([0x16]) * 32, b'{"name":"Fraise \xc3\xa0 bois"}'
BERT.leaves.append(
    b'{"at":1700000000,"by":"%s","code":"F-1","detail":"%s","e":0,"kind":"tool","n":1,'
    b'"t":"item.set","unit":"piece"}' % (BERT.id.encode(), commit_detail(SALT, BODY).hex().encode())
)
BERT.details.append(SALT + BODY)
EPHEMERAL = {"anna": bytes([0x06]) * 32, "bert": bytes([0x17]) * 32}


def conversation(monkeypatch: pytest.MonkeyPatch) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Let Anna dial Bert; return the messages on the wire, and every frame in order."""
    anna, bert = Node(ANNA, vouches=[BERT]), Node(BERT, vouches=[ANNA])
    monkeypatch.setattr("tests.protocol.nodes.seed", lambda name, *rest: EPHEMERAL[str(name)])
    said: list[str] = []
    real = frames.encode_frame

    def spy(frame: frames.Frame) -> bytes:
        data = real(frame)
        said.append(data.hex())
        return data

    monkeypatch.setattr(frames, "encode_frame", spy)
    monkeypatch.setattr("fedlab.protocol.serving.encode_frame", spy)
    return Wire(anna, bert).run().messages, said


def hex_block(data: bytes) -> str:
    """Return bytes as the page shows them: 48 a line, indented."""
    text = data.hex()
    return "".join(f"    {text[at : at + 96]}\n" for at in range(0, len(text), 96))


def test_the_labs_of_the_example() -> None:
    for lab in (ANNA, BERT):
        assert f"`{lab.id}`" in PAGE
        for leaf in lab.leaves:
            assert f"    {leaf.decode()}\n" in PAGE


def test_the_handshake_of_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    messages, _ = conversation(monkeypatch)
    assert messages[0] == ("a", b"fedlab/1 test\n") == ("a", messages[1][1])
    first, second = messages[2][1], messages[3][1]
    assert len(first) == 34 and hex_block(first) in PAGE
    assert hex_block(second) in PAGE
    third = messages[4][1]
    length = 2 + int.from_bytes(third[:2], "big")
    assert hex_block(third[:length]) in PAGE
    # Anna's first record follows in the same WebSocket message.
    assert hex_block(third[length:]) in PAGE


def test_the_frames_of_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    _, said = conversation(monkeypatch)
    for frame in said:
        assert hex_block(bytes.fromhex(frame)) in PAGE


def test_the_bundle_of_the_example() -> None:
    bert = Node(BERT, vouches=[ANNA])
    pieces = list(write_bundle(bert.replica, now=0.0, written_at=1_700_000_060))
    assert pieces[0] == b"fedlab-bundle/1 test 1700000060\n"
    assert "`fedlab-bundle/1 test 1700000060`" in PAGE
    kinds = [piece[4] for piece in pieces[1:]]
    assert kinds == [0x03, 0x04, 0x06, 0x07, 0x0E]
    assert hex_block(pieces[-1]) in PAGE


@pytest.mark.parametrize("kind", frames.FRAMES, ids=lambda kind: kind.__name__)
def test_every_frame_is_described(kind: type[frames.Frame]) -> None:
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
    fields = " ".join(f"`{field}`" for field in kind.__struct_fields__)
    paid = "yes" if kind.PAID else ""
    row = rf"^\| {kind.TYPE:#04x} \| `{name}` \| {re.escape(fields)} \| {paid} \|"
    assert re.search(row.replace("  ", " "), PAGE, re.MULTILINE), row


@pytest.mark.parametrize(
    "name",
    [
        "AGENT_CHARS_MAX",
        "BLOCK_ENTRIES",
        "CREDIT_BYTES",
        "CREDIT_BYTES_MAX",
        "DETAILS_FRAME_BYTES_MAX",
        "DETAIL_BLOB_BYTES_MAX",
        "EPOCHS_MAX",
        "FACT_BYTES_MAX",
        "FRAME_BYTES_MAX",
        "HANDSHAKE_SECONDS",
        "HEADS_PER_FRAME_MAX",
        "JOIN_SECONDS",
        "KEEPALIVE_SECONDS",
        "MESSAGE_BYTES_MAX",
        "NOISE_MESSAGE_BYTES_MAX",
        "PROOF_HASHES_MAX",
        "REQUESTS_MAX",
        "SILENCE_SECONDS",
        "STALL_BYTES",
        "STALL_SECONDS",
        "TOKEN_BYTES_MAX",
        "TREE_SIZE_MAX",
        "URLS_MAX",
        "URL_CHARS_MAX",
        "WANT_ENTRIES_MAX",
    ],
)
def test_the_limits_are_those_of_the_code(name: str) -> None:
    assert f"| `{name}` | {getattr(limits, name):,.0f} |" in PAGE


def test_the_line_of_a_channel() -> None:
    channel = Channel(
        "test", ANNA.chain, initiator=True, static=ANNA.keys.noise, ephemeral=EPHEMERAL["anna"]
    )
    assert f"`{channel.line.decode()[:-1]}`" in PAGE
