"""Entries: the one spelling of facts, their head, the verdict on each, and salted details.

An *entry* is a fact (the leaf that is hashed) and perhaps a detail beside it. A fact is JSON in
exactly one spelling:

    printable ASCII without backslash; one object, no white space; keys `[a-z][a-z0-9_]*`,
    ascending, each once; values are strings, integers |n| < 2**53, `true`, arrays and objects;
    never `false`, `null`, "", [], {} or a float; depth at most 4, the fact itself being 1.

Absence is the only default. A grammar of known depth is regular, so one compiled expression
settles this on the bytes, before any parser sees them, but for two things: the order of keys, by
writing the decoded value again and comparing; the largest integers, by looking at them (every
integer of a known type has bounds anyway).

Log validity never looks in here: a leaf that fails is kept, passed on, and inert. The formats
stand in docs/reference/facts.md and docs/reference/details.md.
"""

import enum
import functools
import hashlib
import operator
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from .errors import AuthorError, LocalProtocolError, RemoteProtocolError
from .limits import (
    DETAIL_BLOB_BYTES_MAX,
    DETAIL_BYTES_MAX,
    EPOCHS_MAX,
    FACT_BYTES_MAX,
    FACT_DEPTH_MAX,
    INTEGER_MAX,
    SALT_BYTES,
    TREE_SIZE_MAX,
)
from .merkle import leaf_hash

LabId = str  # 64 lower-case hex digits: the leaf hash of the lab's genesis
EntryId = str  # 64 lower-case hex digits: the leaf hash of a fact

Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Hex64 = Annotated[str, Meta(pattern=r"^[0-9a-f]{128}\Z")]
Natural = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
EpochNumber = Annotated[int, Meta(ge=0, lt=EPOCHS_MAX)]
EntryIndex = Annotated[int, Meta(ge=0, lt=TREE_SIZE_MAX)]

_HEX32 = re.compile(r"[0-9a-f]{64}")


class Status(enum.IntEnum):
    """Why an entry counts or does not; the first that applies is the entry's status.

    Numbers are never reused. Below 16 a status is the protocol's, found without any state and
    in this order; from 16 the inventory's, found by its folds; from 32 the ledger's: below 40 found
    in the author's own log, from 40 in all that is held about a loan, a need or a purchase.
    """

    COUNTED = 0
    MALFORMED = 1  # not in the one spelling, or not of the shape its type asks for
    WRONG_HEAD = 2  # says another lab, epoch or index than where it stands: a copy is inert
    UNKNOWN_TYPE = 3  # newer than this fedlab; folded again after an upgrade
    DISPUTED = 4  # after the head from which a later epoch goes on, or in a proved split view
    NOT_FOLDED = 5  # a known type whose rules this fedlab does not have yet

    WRONG_AUTHOR = 16  # the author has no authority over what the fact names
    UNKNOWN_ITEM = 17  # no `item.set` of that code stands before it
    ITEM_RETIRED = 18  # the item is retired; an `item.set` revives it
    UNKNOWN_HOLD = 19  # releases a hold that does not stand, or no longer
    TOO_MANY_HOLDS = 20  # the item has HOLDS_OPEN_MAX of them
    NOT_VOUCHED = 21  # takes back a vouch that does not stand
    TOO_MANY_VOUCHES = 22  # the lab has VOUCHES_MAX of them
    NOT_BEFORE = 23  # erases an entry that does not stand before it

    EXCEEDS_FREE = 32  # offers or extends more than is free on one of the days

    UNKNOWN_SUBJECT = 40  # what opened the loan, need or purchase is not held, or is none
    UNKNOWN_REFERENCE = 41  # names an entry that is not held, or does not count
    REPLACED = 42  # counted until a later one of the same author took its place
    OUT_OF_TURN = 43  # no move of the table leads on from where the subject is
    EXCEEDS_LINES = 44  # names a line that there is not, or more of it than there is
    NOT_AGREED = 45  # moves what nobody of the other side has agreed to

    NEED_CLOSED = 56  # closes a need that its publisher has closed before
    NOT_JOINED = 57  # takes back a word that the lab has not given, or no longer
    NO_MODE = 64  # orders while nobody has said who invoices whom
    TERMS_SEALED = 65  # changes, after the seal, terms on which labs have pledged
    NOT_A_MULTIPLE = 66  # pledges parts of what is handed out as a whole, or too much of it
    SUSPENDED = 67  # a pledge on terms that have become worse since
    OMITTED = 68  # a pledge, or its end, that the organiser had seen and did not take
    LATE = 69  # a pledge, or its end, that the organiser had not seen when it sealed
    SEAL_DIFFERS = 70  # the count or root of a seal is not that of what was taken
    NOT_ADDING_UP = 71  # a document whose sums are not those of its lines
    UNANSWERED = 72  # closes while a share has neither an answer nor two reminders
    NOT_CONFIRMED = 73  # a transfer of which the other side has not said the same


class FactError(LocalProtocolError, ValueError):
    """A fact that breaks a rule of its type.

    A ValueError too, so that where the fact came from outside, its decoder tells a bad value.
    """


class FactHead(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="t",
    gc=False,  # a fact holds no cycle, and a fold makes many
):
    """What the head of every fact says, the genesis included; `t`, the type, is the tag.

    `at` is Unix seconds by the author's clock; it is shown to people and decides nothing.
    """

    at: Natural
    e: EpochNumber
    n: EntryIndex


class BareFact(FactHead, frozen=True, kw_only=True):
    """A fact that never has a detail."""

    by: Annotated[str, Meta(min_length=64, max_length=64)]  # hex: compared, so checked by reading


class Fact(BareFact, frozen=True, kw_only=True):
    """A fact that may have a detail, to which `detail` commits (see `commit_detail`)."""

    detail: Hex32 | UnsetType = UNSET


class Entry(Struct, frozen=True, gc=False):
    """One entry where it stands; `fact` is there only for the statuses of a fold and DISPUTED."""

    lab: LabId
    epoch: int
    index: int
    id: bytes
    leaf: bytes
    fact: FactHead | None
    status: Status


# --- the one spelling ---


def _grammar(depth: int) -> bytes:
    """Return the expression for one object of at most `depth` levels.

    Each level names the one below twice, so it stays short; what follows a comma is looked at
    instead. Repeats are possessive, so that no text makes it slow.
    """
    scalar = r'"[ !#-\[\]-~]++"|-?[1-9][0-9]{0,15}+|0|true'
    key = '"[a-z][a-z0-9_]*+":'
    value = container = scalar
    for _ in range(depth):
        container = rf"\{{(?:{key}(?:{value})(?:,(?!\}})|(?=\}})))++\}}"
        value = rf"{scalar}|{container}|\[(?:(?:{value})(?:,(?!\])|(?=\])))++\]"
    return container.encode()


_SPELLING = re.compile(_grammar(FACT_DEPTH_MAX))
_FACT_ENCODER = msgspec.json.Encoder(order="sorted")
_ANY_DECODER = msgspec.json.Decoder()


class _AnyHead(Struct, frozen=True):
    """The head of a fact of any type, known or not."""

    at: Natural
    e: EpochNumber
    n: EntryIndex
    t: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.]{0,63}\Z")]
    by: Hex32


_HEAD_DECODER = msgspec.json.Decoder(_AnyHead)


def _is_grammatical(leaf: bytes) -> bool:
    return len(leaf) <= FACT_BYTES_MAX and _SPELLING.fullmatch(leaf) is not None


def check_spelling(leaf: bytes) -> None:
    """Check that a leaf is a JSON object in the one spelling, of whatever type.

    Raises AuthorError: the carrier passed on, as it must, what the author had signed.
    """
    if len(leaf) > FACT_BYTES_MAX:
        raise AuthorError(f"a fact of {len(leaf):,} bytes; {FACT_BYTES_MAX:,} is the most")
    if _SPELLING.fullmatch(leaf) is None:
        raise AuthorError(f"a fact that is not in the one spelling: {leaf[:60]!r}")
    value = _ANY_DECODER.decode(leaf)
    if _FACT_ENCODER.encode(value) != leaf:
        raise AuthorError("a fact whose keys do not ascend, or come twice")
    if not _is_exact(value):
        raise AuthorError("a fact with an integer of 2**53 or more")


def _is_exact(value: Any) -> bool:
    """Say whether every integer is below 2**53; the grammar only counts digits."""
    if isinstance(value, dict):
        return all(map(_is_exact, value.values()))
    if isinstance(value, list):
        return all(map(_is_exact, value))
    return not isinstance(value, int) or abs(value) <= INTEGER_MAX


F = TypeVar("F", bound=FactHead)
T = TypeVar("T")


def decode_fact(leaf: bytes, kind: type[F]) -> F:
    """Return a leaf as a fact of one type.

    Raises AuthorError where it is not in the one spelling or not of that type.
    """
    check_spelling(leaf)
    try:
        return msgspec.json.decode(leaf, type=kind)
    except msgspec.ValidationError as exc:
        raise AuthorError(f"not a {_tag(kind)}: {exc}") from exc


def or_none(value: T | UnsetType) -> T | None:
    """Return what a fact says, or None where it is silent."""
    return None if value is UNSET else value


def encode_fact(fact: FactHead) -> bytes:
    """Return a fact in its one spelling.

    Raises LocalProtocolError where it is too long or breaks a rule of its type.
    """
    try:
        leaf = _FACT_ENCODER.encode(fact)
        decode_fact(leaf, type(fact))
    except (AuthorError, TypeError, ValueError) as exc:
        raise LocalProtocolError(f"this {_tag(type(fact))} cannot be written: {exc}") from exc
    return leaf


def _tag(kind: type[FactHead]) -> str:
    return str(kind.__struct_config__.tag)


class FactReader:
    """Reads leaves as facts of the types it was given, and says why one does not count."""

    def __init__(self, kinds: Iterable[type[FactHead]]) -> None:
        kinds = tuple(kinds)
        self._tags = frozenset(_tag(kind) for kind in kinds)
        self._decode = msgspec.json.Decoder(functools.reduce(operator.or_, kinds)).decode

    def read(
        self, leaf: bytes, lab: LabId, epoch: int, index: int
    ) -> tuple[FactHead | None, Status]:
        """Return the fact and COUNTED, or None and the first status that applies.

        The statuses are MALFORMED, WRONG_HEAD and UNKNOWN_TYPE. Never raises on a leaf.
        """
        if not _is_grammatical(leaf):
            return None, Status.MALFORMED
        try:
            fact: FactHead = self._decode(leaf)
        except msgspec.ValidationError:
            return None, self._why_not(leaf, lab, epoch, index)
        if _FACT_ENCODER.encode(fact) != leaf:
            return None, Status.MALFORMED
        by = getattr(fact, "by", lab)
        if by == lab and fact.e == epoch and fact.n == index:
            return fact, Status.COUNTED
        return None, Status.WRONG_HEAD if _HEX32.fullmatch(by) else Status.MALFORMED

    def _why_not(self, leaf: bytes, lab: LabId, epoch: int, index: int) -> Status:
        """Tell an unknown type, in the one spelling and the right place, from what is malformed."""
        try:
            head = _HEAD_DECODER.decode(leaf)
            check_spelling(leaf)
        except (msgspec.ValidationError, AuthorError):
            return Status.MALFORMED
        if head.t in self._tags:
            return Status.MALFORMED
        if (head.by, head.e, head.n) != (lab, epoch, index):
            return Status.WRONG_HEAD
        return Status.UNKNOWN_TYPE

    def entry(
        self, leaf: bytes, lab: LabId, epoch: int, index: int, end: int | None = None
    ) -> Entry:
        """Return the entry at its place; from `end` on it is DISPUTED: `evidence.disputed_from`."""
        fact, status = self.read(leaf, lab, epoch, index)
        if fact is not None and end is not None and index >= end:
            status = Status.DISPUTED
        return Entry(lab, epoch, index, leaf_hash(leaf), leaf, fact, status)


# --- details ---

DETAIL_DOMAIN: Final = b"fedlab/detail/1\n"


class _DetailField(Struct, frozen=True):
    detail: Hex32 | UnsetType = UNSET


_DETAIL_DECODER = msgspec.json.Decoder(_DetailField)


def detail_field(leaf: bytes) -> bytes | None:
    """Return the commitment of a leaf to its detail, or None where it has none that can be read.

    Cheap, and indifferent to the type: details of facts newer than this fedlab travel as well.
    """
    if b'"detail":"' not in leaf:
        return None
    try:
        commitment = _DETAIL_DECODER.decode(leaf).detail
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return None if commitment is UNSET else bytes.fromhex(commitment)


def commit_detail(salt: bytes, body: bytes) -> bytes:
    """Return SHA-256("fedlab/detail/1" newline, salt, body): what a fact says of its detail."""
    assert len(salt) == SALT_BYTES
    return hashlib.sha256(DETAIL_DOMAIN + salt + body).digest()


def check_detail(blob: bytes, commitment: bytes) -> None:
    """Check a detail as it travels (salt, then body) against the commitment in its fact.

    Raises RemoteProtocolError: a carrier answers for sizes and commitments. Whether the body is
    JSON is the author's affair, see `decode_detail`.
    """
    if not SALT_BYTES < len(blob) <= DETAIL_BLOB_BYTES_MAX:
        raise RemoteProtocolError(
            f"a detail of {len(blob):,} bytes with its salt; {DETAIL_BLOB_BYTES_MAX:,} is the most"
        )
    if hashlib.sha256(DETAIL_DOMAIN + blob).digest() != commitment:
        raise RemoteProtocolError("a detail that its fact does not commit to")


def encode_detail(detail: Mapping[str, Any]) -> bytes:
    """Return a detail as UTF-8 JSON; raise LocalProtocolError where it is too long or no JSON."""
    try:
        body = msgspec.json.encode(detail)
    except (TypeError, ValueError) as exc:
        raise LocalProtocolError(f"this detail is not JSON: {exc}") from exc
    if not body.startswith(b"{"):
        raise LocalProtocolError("a detail is a JSON object")
    if len(body) > DETAIL_BYTES_MAX:
        raise LocalProtocolError(
            f"a detail of {len(body):,} bytes; {DETAIL_BYTES_MAX:,} is the most",
            "Shorten the description or the notes.",
        )
    return body


_DETAIL_OBJECT_DECODER = msgspec.json.Decoder(dict[str, Any])


def decode_detail(body: bytes) -> dict[str, Any]:
    """Return a detail as its author wrote it, whatever it says: nothing in it can be trusted.

    Raises AuthorError where it is not a JSON object.
    """
    try:
        return _DETAIL_OBJECT_DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise AuthorError(f"a detail that is not a JSON object: {exc}") from exc
