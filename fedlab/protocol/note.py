"""Signed notes (C2SP signed-note): text that one or more named keys signed.

    This is an example message.

    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm…

The text ends with a newline; an empty line follows; then one line for each signature: an em dash,
the key's name, and base64 of the key's id and the signature. A note has one spelling: nothing in
it can be changed without a refusal, save lines by keys that the reader does not know.
"""

import base64
import re
from typing import NamedTuple

from .errors import LocalProtocolError, RemoteProtocolError
from .keys import KEY_ID_BYTES, Signer, Verifier, decode_base64, is_key_name
from .limits import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX

_DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")  # all but the newline


class Signature(NamedTuple):
    """One signature line; `blob` is what the algorithm made, without the key's id."""

    name: str
    key_id: bytes
    blob: bytes


class Note(NamedTuple):
    """A note that at least one known key signed."""

    text: str
    verified: tuple[Signature, ...]
    unknown: tuple[Signature, ...]  # by keys the reader does not know: they prove nothing


def sign_note(text: str, *signers: Signer) -> bytes:
    """Return the note with a line by each signer.

    Raises LocalProtocolError if the text cannot be a note's or nobody signs it.
    """
    if not signers:
        raise LocalProtocolError("a note needs a signature")
    body = text.encode()
    return format_note(
        text, *(Signature(signer.name, signer.key_id, signer.sign(body)) for signer in signers)
    )


def format_note(text: str, *signatures: Signature) -> bytes:
    """Return the bytes of a note whose signatures are already made.

    Raises LocalProtocolError if the text cannot be a note's.
    """
    if not text.endswith("\n") or _has_control(text):
        raise LocalProtocolError("the text of a note ends with a newline and has no control bytes")
    lines = [
        f"{_DASH}{name} {base64.b64encode(key_id + blob).decode()}\n"
        for name, key_id, blob in signatures
    ]
    return f"{text}\n{''.join(lines)}".encode()


def parse_note(raw: bytes) -> tuple[str, tuple[Signature, ...]]:
    """Split a note into its text and its signature lines, without checking any signature.

    Raises RemoteProtocolError if it is too long or malformed anywhere.
    """
    if len(raw) > NOTE_BYTES_MAX:
        raise RemoteProtocolError(f"malformed note: longer than {NOTE_BYTES_MAX} bytes")
    try:
        whole = raw.decode()
    except UnicodeDecodeError:
        raise RemoteProtocolError("malformed note: not UTF-8") from None
    if _has_control(whole):
        raise RemoteProtocolError("malformed note: a control byte")
    # The last empty line ends the text, which may hold others.
    text, separator, block = whole.rpartition("\n\n")
    if not separator or not block.endswith("\n"):
        raise RemoteProtocolError("malformed note: no signature lines")
    lines = block[:-1].split("\n")
    if len(lines) > NOTE_SIGNATURES_MAX:
        raise RemoteProtocolError(f"malformed note: more than {NOTE_SIGNATURES_MAX} signatures")
    return text + "\n", tuple(_parse_line(line) for line in lines)


def open_note(raw: bytes, *verifiers: Verifier) -> Note:
    """Read a note and check the signatures of the known keys.

    Raises RemoteProtocolError if the note is malformed, a known key's signature does not fit or
    stands twice, or no known key signed; LocalProtocolError if two verifiers look alike.
    """
    known = {(key.name, key.key_id): key for key in verifiers}
    if len(known) < len(verifiers):
        raise LocalProtocolError("two verifiers with the same name and key id")
    text, signatures = parse_note(raw)
    body = text.encode()
    verified: list[Signature] = []
    unknown: list[Signature] = []
    for signature in signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            unknown.append(signature)
            continue
        if any((s.name, s.key_id) == (key.name, key.key_id) for s in verified):
            raise RemoteProtocolError(f"malformed note: {key.name} signed twice")
        key.verify(body, signature.blob)
        verified.append(signature)
    if not verified:
        raise RemoteProtocolError("the note is not signed by a known key")
    return Note(text, tuple(verified), tuple(unknown))


def _parse_line(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not is_key_name(name):
        raise RemoteProtocolError("malformed note: not a signature line")
    blob = decode_base64(encoded)
    if len(blob) <= KEY_ID_BYTES:
        raise RemoteProtocolError("malformed note: an empty signature")
    return Signature(name, blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])


def _has_control(text: str) -> bool:
    return _CONTROL.search(text) is not None
