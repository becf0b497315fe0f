"""Checkpoints (C2SP tlog-checkpoint): a lab's signed word about one of its logs.

    fedlab/fedlab/<lab>/0
    70000
    dtE7u/…=

    — fedlab/fedlab/<lab>/0 …

Three lines and no more: which log (the *origin*), how many entries, and the root over them. The
key's name is the origin. Between peers a checkpoint travels as a `Head`, and is put together again
before it is believed.
"""

import base64
import re
from typing import NamedTuple

from .errors import LocalProtocolError, RemoteProtocolError
from .keys import ED25519, Verifier, decode_base64, key_id, sign, verify
from .limits import NETWORK_CHARS_MAX, TREE_SIZE_MAX
from .merkle import HASH_BYTES
from .note import Signature, format_note, open_note

NETWORK_RE = re.compile(rf"[a-z0-9-]{{1,{NETWORK_CHARS_MAX}}}")
_LAB = re.compile(r"[0-9a-f]{64}")


class Head(NamedTuple):
    """One signed statement: log `epoch` of `lab` has `size` entries under `root`."""

    lab: str
    epoch: int
    size: int
    root: bytes
    sig: bytes  # 64 bytes, Ed25519 by the log key of that epoch over the checkpoint's text


def origin(network: str, lab: str, epoch: int) -> str:
    """Return the name of a log and of its key; raises LocalProtocolError for impossible parts."""
    if not NETWORK_RE.fullmatch(network):
        raise LocalProtocolError(
            f"not a network name: {network[:40]!r}",
            f"Use 1 to {NETWORK_CHARS_MAX} of a-z, 0-9 and -.",
        )
    if not _LAB.fullmatch(lab) or epoch < 0:
        raise LocalProtocolError(f"no log {epoch} of lab {lab[:70]!r}")
    return f"fedlab/{network}/{lab}/{epoch}"


def witness_name(network: str, lab: str) -> str:
    """Return the name of a lab's witness key, which stays the same through all epochs."""
    return origin(network, lab, 0) + "/witness"


def body(origin: str, size: int, root: bytes) -> bytes:
    """Return the text of a checkpoint: what its key signs."""
    if not 0 <= size <= TREE_SIZE_MAX or len(root) != HASH_BYTES:
        raise LocalProtocolError(
            f"no checkpoint of {size} entries with a root of {len(root)} bytes"
        )
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n".encode()


def parse_body(text: str) -> tuple[str, int, bytes]:
    """Read a checkpoint's text into origin, size and root; raises RemoteProtocolError."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise RemoteProtocolError("malformed checkpoint: three lines expected")
    root = decode_base64(lines[2])
    if len(root) != HASH_BYTES:
        raise RemoteProtocolError("malformed checkpoint: the root is not 32 bytes")
    return lines[0], parse_size(lines[1]), root


def parse_size(text: str) -> int:
    """Read a tree's size in its one spelling; raises RemoteProtocolError for `007` or `+7`."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 16 or str(int(text)) != text:
        raise RemoteProtocolError("malformed checkpoint: not a tree size")
    if int(text) > TREE_SIZE_MAX:
        raise RemoteProtocolError(f"malformed checkpoint: more than {TREE_SIZE_MAX} entries")
    return int(text)


def sign_head(seed: bytes, network: str, lab: str, epoch: int, size: int, root: bytes) -> Head:
    """Sign a statement about one's own log; the log key signs nothing else.

    Raises LocalProtocolError for impossible parts.
    """
    return Head(lab, epoch, size, root, sign(seed, body(origin(network, lab, epoch), size, root)))


def verify_head(head: Head, network: str, log_key: bytes) -> None:
    """Check the signature on a head.

    Raises RemoteProtocolError: the carrier could have made it up, so the author is not to blame.
    """
    try:
        text = body(origin(network, head.lab, head.epoch), head.size, head.root)
    except LocalProtocolError as exc:  # whoever built it, here it came from outside
        raise RemoteProtocolError(str(exc), exc.hint) from exc
    verify(log_key, text, head.sig)


def head_note(head: Head, network: str, log_key: bytes) -> bytes:
    """Return the checkpoint of a head as a signed note, for readers outside.

    Raises LocalProtocolError for impossible parts; the signature is not checked again.
    """
    name = origin(network, head.lab, head.epoch)
    text = body(name, head.size, head.root).decode()
    return format_note(text, Signature(name, key_id(name, ED25519, log_key), head.sig))


def parse_note(raw: bytes, network: str, lab: str, epoch: int, log_key: bytes) -> Head:
    """Read a checkpoint that must be of this log; raises RemoteProtocolError."""
    name = origin(network, lab, epoch)
    note = open_note(raw, Verifier(name, ED25519, log_key))
    written, size, root = parse_body(note.text)
    if written != name:
        raise RemoteProtocolError(f"a checkpoint of {written[:120]!r} where {name!r} was expected")
    return Head(lab, epoch, size, root, note.verified[0].blob)
