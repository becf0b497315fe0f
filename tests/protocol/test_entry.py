"""The one spelling of facts, the verdict on each, and details (docs/reference/facts.md)."""

import hashlib
import json
import re
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, UnsetType

from fedlab.protocol import entry as entry_module
from fedlab.protocol.entry import (
    BareFact,
    Entry,
    Fact,
    FactReader,
    Status,
    check_detail,
    check_spelling,
    commit_detail,
    decode_detail,
    detail_field,
    encode_detail,
    encode_fact,
)
from fedlab.protocol.errors import AuthorError, LocalProtocolError, RemoteProtocolError
from fedlab.protocol.limits import DETAIL_BYTES_MAX, FACT_BYTES_MAX, INTEGER_MAX
from fedlab.protocol.merkle import leaf_hash
from tests.conftest import REPO

LAB = "5c" * 32
OTHER = "a7" * 32


class Thing(Fact, frozen=True, kw_only=True, tag="test.thing"):
    """A fact with one field of each sort that facts have."""

    word: Literal["one", "two"]
    code: str | UnsetType = UNSET
    count: Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)] | UnsetType = UNSET
    list: tuple[str, ...] | UnsetType = UNSET


class Bare(BareFact, frozen=True, kw_only=True, tag="test.bare"):
    """A fact without detail."""


READER = FactReader([Thing, Bare])

SPELLED = (
    f'{{"at":1763900000,"by":"{LAB}","code":"A-1","count":-3,"e":0,"list":["x","y"],"n":7,'
    '"t":"test.thing","word":"one"}'
).encode()
FACT = Thing(at=1763900000, by=LAB, e=0, n=7, word="one", code="A-1", count=-3, list=("x", "y"))


def read(leaf: bytes, lab: str = LAB, epoch: int = 0, index: int = 7) -> Status:
    return READER.read(leaf, lab, epoch, index)[1]


def varied(**changes: Any) -> bytes:
    """Return the fact above with other values, in the order and manner of the one spelling."""
    fields = {**json.loads(SPELLED), **changes}
    kept = {key: value for key, value in fields.items() if value is not UNSET}
    return json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()


def test_a_fact_has_one_spelling() -> None:
    assert encode_fact(FACT) == SPELLED == varied()
    check_spelling(SPELLED)
    assert READER.read(SPELLED, LAB, 0, 7) == (FACT, Status.COUNTED)


# --- second spellings ---

SECOND_SPELLINGS = {
    "white space after a comma": SPELLED.replace(b',"by"', b', "by"'),
    "white space after a colon": SPELLED.replace(b'"e":0', b'"e": 0'),
    "a newline at the end": SPELLED + b"\n",
    "a byte order mark": b"\xef\xbb\xbf" + SPELLED,
    "keys out of order": SPELLED.replace(b'"n":7,"t":"test.thing"', b'"t":"test.thing","n":7'),
    "the type first": b'{"t":"test.thing",' + SPELLED[1:].replace(b',"t":"test.thing"', b""),
    "a key twice": SPELLED.replace(b'"n":7', b'"n":7,"n":7'),
    "the type twice": SPELLED.replace(b'"t":"test.thing"', b'"t":"test.bare","t":"test.thing"'),
    "an escape": SPELLED.replace(b'"A-1"', b'"A\\u002d1"'),
    "an escaped slash": SPELLED.replace(b'"A-1"', b'"A\\/1"'),
    "an escaped quote": SPELLED.replace(b'"A-1"', b'"A\\"1"'),
    "an escaped key": SPELLED.replace(b'"code"', b'"\\u0063ode"'),
    "a float": SPELLED.replace(b'"n":7', b'"n":7.0'),
    "an exponent": SPELLED.replace(b'"n":7', b'"n":7e0'),
    "a leading zero": SPELLED.replace(b'"n":7', b'"n":07'),
    "minus zero": SPELLED.replace(b'"e":0', b'"e":-0'),
    "a plus": SPELLED.replace(b'"n":7', b'"n":+7'),
    "NaN": SPELLED.replace(b'"count":-3', b'"count":NaN'),
    "infinity": SPELLED.replace(b'"count":-3', b'"count":1e999'),
    "a huge integer": SPELLED.replace(b'"count":-3', b'"count":' + b"9" * 400),
    "2 ** 53": SPELLED.replace(b'"count":-3', b'"count":9007199254740992'),
    "-2 ** 53": SPELLED.replace(b'"count":-3', b'"count":-9007199254740992'),
    "null for absent": SPELLED.replace(b'"count":-3', b'"count":null'),
    "false for absent": SPELLED.replace(b'"count":-3', b'"count":false'),
    "an empty text": SPELLED.replace(b'"A-1"', b'""'),
    "an empty list": SPELLED.replace(b'["x","y"]', b"[]"),
    "an empty object": SPELLED.replace(b'["x","y"]', b"{}"),
    "UTF-8": SPELLED.replace(b"A-1", "é".encode()),
    "invalid UTF-8": SPELLED.replace(b"A-1", b"\xff\xfe"),
    "a lone surrogate": SPELLED.replace(b"A-1", b"\xed\xa0\x80"),
    "a control character": SPELLED.replace(b"A-1", b"A\x001"),
    "DEL": SPELLED.replace(b"A-1", b"A\x7f1"),
    "a tab": SPELLED.replace(b"A-1", b"A\t1"),
    "a capital in a key": SPELLED.replace(b'"code"', b'"Code"'),
    "a comma too many": SPELLED.replace(b'"y"]', b'"y",]'),
    "single quotes": SPELLED.replace(b'"', b"'"),
    "cut short": SPELLED[:-1],
    "two of them": SPELLED + SPELLED,
    "a list": b"[" + SPELLED + b"]",
    "nothing": b"",
    "a number": b"7",
    "not JSON": b"hello",
}


@pytest.mark.parametrize("leaf", SECOND_SPELLINGS.values(), ids=SECOND_SPELLINGS.keys())
def test_a_second_spelling_is_malformed(leaf: bytes) -> None:
    assert read(leaf) is Status.MALFORMED
    with pytest.raises(AuthorError):
        check_spelling(leaf)


def test_without_the_grammar_a_second_spelling_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: comparing what is written again does not see an escaped quote."""
    monkeypatch.setattr(entry_module, "_SPELLING", re.compile(rb".*", re.DOTALL))
    assert read(SECOND_SPELLINGS["an escaped quote"]) is Status.COUNTED


def test_without_comparing_a_second_spelling_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the grammar does not see the order of keys."""

    class Blind:
        def encode(self, fact: object) -> bytes:
            return SECOND_SPELLINGS["a key twice"]

    monkeypatch.setattr(entry_module, "_FACT_ENCODER", Blind())
    assert read(SECOND_SPELLINGS["a key twice"]) is Status.COUNTED


@pytest.mark.parametrize("brackets", [5, 1_000, 2_000, 4_096, 100_000])
@pytest.mark.parametrize("pair", [b"[]", b"{}", b'{"a":'])
def test_deep_nesting_is_malformed_and_nothing_overflows(pair: bytes, brackets: int) -> None:
    deep = (pair[:-1] if pair[-1:] in b"]}" else pair) * brackets + b"1"
    closed = deep + (b"]" if pair[:1] == b"[" else b"}") * brackets
    for value in (deep, closed):
        for leaf in (value, SPELLED.replace(b"-3", value), b'{"a":' + value + b',"t":"new"}'):
            assert read(leaf) is Status.MALFORMED
            assert detail_field(leaf) is None


@pytest.mark.parametrize("value", [0, 1, -1, INTEGER_MAX, -INTEGER_MAX, INTEGER_MAX - 1, 10**15])
def test_integers_below_two_to_the_53_are_spelled(value: int) -> None:
    check_spelling(b'{"a":%d}' % value)


@given(st.integers())
def test_no_other_integer_is(value: int) -> None:
    leaf = b'{"a":%d}' % value
    if abs(value) <= INTEGER_MAX:
        check_spelling(leaf)
    else:
        with pytest.raises(AuthorError):
            check_spelling(leaf)


def test_depth_four_is_the_most() -> None:
    check_spelling(b'{"a":[{"b":["c"]}]}')
    check_spelling(b'{"a":{"b":{"c":{"d":true}}}}')
    for leaf in (b'{"a":[{"b":[["c"]]}]}', b'{"a":{"b":{"c":{"d":[1]}}}}'):
        with pytest.raises(AuthorError):
            check_spelling(leaf)


_KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
_SCALARS = (
    st.integers(-INTEGER_MAX, INTEGER_MAX)
    | st.text(
        st.sampled_from([chr(c) for c in range(0x20, 0x7F) if chr(c) not in '"\\']), min_size=1
    )
    | st.just(True)
)
_LEVEL_2 = st.lists(_SCALARS, min_size=1) | st.dictionaries(_KEYS, _SCALARS, min_size=1)
_LEVEL_3 = st.lists(_SCALARS | _LEVEL_2, min_size=1) | st.dictionaries(
    _KEYS, _SCALARS | _LEVEL_2, min_size=1
)
_OBJECTS = st.dictionaries(_KEYS, _SCALARS | _LEVEL_2 | _LEVEL_3, min_size=1, max_size=8)


@given(_OBJECTS)
def test_whatever_the_rules_allow_has_a_spelling(value: dict[str, object]) -> None:
    leaf = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    if len(leaf) <= FACT_BYTES_MAX:
        check_spelling(leaf)


@given(_OBJECTS, st.data())
def test_any_changed_byte_means_something_else_or_nothing(
    value: dict[str, object], data: st.DataObject
) -> None:
    leaf = bytearray(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())
    at = data.draw(st.integers(0, len(leaf) - 1))
    leaf[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != leaf[at]))
    try:
        check_spelling(bytes(leaf))
    except AuthorError:
        return
    assert json.loads(bytes(leaf)) != value


@given(st.binary(max_size=300))
def test_reading_never_raises(leaf: bytes) -> None:
    fact, _ = READER.read(leaf, LAB, 0, 7)
    assert fact is None
    detail_field(leaf)


# --- verdicts, in order of precedence ---


def test_a_fact_says_where_it_stands_and_counts_nowhere_else() -> None:
    assert read(SPELLED, lab=OTHER) is Status.WRONG_HEAD
    assert read(SPELLED, epoch=1) is Status.WRONG_HEAD
    assert read(SPELLED, index=8) is Status.WRONG_HEAD


def test_an_author_that_is_no_lab_is_malformed() -> None:
    assert read(varied(by="Z" * 64)) is Status.MALFORMED
    assert read(varied(by=LAB.upper())) is Status.MALFORMED
    assert read(varied(by=LAB[:-1])) is Status.MALFORMED
    assert read(varied(by=UNSET)) is Status.MALFORMED


@pytest.mark.parametrize(
    "changes",
    [
        {"word": "three"},
        {"word": UNSET},
        {"count": "3"},
        {"n": "7"},
        {"count": True},
        {"list": "x"},
        {"extra": 1},
        {"at": -1},
        {"e": 48},
        {"n": 2**40},
        {"n": UNSET},
        {"at": UNSET},
        {"detail": "zz" * 32},
        {"detail": "ab" * 31},
    ],
)
def test_a_known_type_of_another_shape_is_malformed(changes: dict[str, Any]) -> None:
    assert read(varied(**changes)) is Status.MALFORMED


def test_a_bare_fact_has_no_detail() -> None:
    leaf = varied(t="test.bare", word=UNSET, code=UNSET, count=UNSET, list=UNSET)
    assert read(leaf) is Status.COUNTED
    assert read(leaf.replace(b'"e":0', b'"detail":"%s","e":0' % (b"ab" * 32))) is Status.MALFORMED


def test_an_unknown_type_is_kept_for_after_the_upgrade() -> None:
    newer = varied(t="test.thing.2", more={"of": ["what", "comes"]})
    assert read(newer) is Status.UNKNOWN_TYPE
    assert FactReader([Bare]).read(SPELLED, LAB, 0, 7) == (None, Status.UNKNOWN_TYPE)


def test_an_unknown_type_obeys_spelling_and_head_all_the_same() -> None:
    assert read(varied(t="test.new", n=8)) is Status.WRONG_HEAD
    assert read(varied(t="test.new", by=OTHER)) is Status.WRONG_HEAD
    assert read(varied(t="test.new", n="8")) is Status.MALFORMED
    assert read(varied(t="test new")) is Status.MALFORMED
    assert read(varied(t=UNSET)) is Status.MALFORMED
    assert read(varied(t=7)) is Status.MALFORMED
    swapped = varied(t="test.new").replace(b'"e":0,"list":["x","y"]', b'"list":["x","y"],"e":0')
    assert read(swapped) is Status.MALFORMED


def test_the_first_status_that_applies_is_the_status() -> None:
    assert read(varied(word="three", n=8)) is Status.MALFORMED  # before WRONG_HEAD
    assert read(varied(t="test.new", n=8)) is Status.WRONG_HEAD  # before UNKNOWN_TYPE
    disputed = READER.entry(varied(t="test.new"), LAB, 0, 7, end=3)
    assert disputed.status is Status.UNKNOWN_TYPE  # before DISPUTED
    assert list(Status) == sorted(Status)


def test_an_entry_after_the_end_of_its_epoch_is_disputed() -> None:
    assert READER.entry(SPELLED, LAB, 0, 7, end=8).status is Status.COUNTED
    assert READER.entry(SPELLED, LAB, 0, 7, end=7).status is Status.DISPUTED


def test_an_entry_is_named_by_its_leaf_hash() -> None:
    assert READER.entry(SPELLED, LAB, 0, 7) == Entry(
        LAB, 0, 7, leaf_hash(SPELLED), SPELLED, FACT, Status.COUNTED
    )


def test_4096_bytes_are_the_most() -> None:
    fits = varied(code="x" * (FACT_BYTES_MAX - len(varied(code="")) - 0))
    assert len(fits) == FACT_BYTES_MAX
    assert read(fits) is Status.COUNTED
    assert read(varied(code="x" * (FACT_BYTES_MAX - len(varied(code="")) + 1))) is Status.MALFORMED
    with pytest.raises(LocalProtocolError):
        encode_fact(msgspec.structs.replace(FACT, code="x" * FACT_BYTES_MAX))


@pytest.mark.parametrize(
    "changes",
    [
        {"code": ""},
        {"code": "é"},
        {"code": 'a"b'},
        {"code": "a\\b"},
        {"list": ()},
        {"count": 2**53},
        {"count": 1.5},
        {"word": "three"},
        {"by": "me"},
        {"n": -1},
    ],
)
def test_we_never_write_what_we_would_not_read(changes: dict[str, Any]) -> None:
    with pytest.raises(LocalProtocolError):
        encode_fact(msgspec.structs.replace(FACT, **changes))


# --- details ---


def test_a_detail_is_committed_to_with_its_salt() -> None:
    """The formula of docs/reference/details.md, by hand."""
    salt, body = bytes(range(32)), b'{"name":"scie"}'
    expected = hashlib.sha256(b"fedlab/detail/1\n" + salt + body).digest()
    assert commit_detail(salt, body) == expected
    assert expected.hex() == "b3bb2ef05340825745a42d875bc11327e7c6a2bbc0dc885686d07bc89251d81a"
    check_detail(salt + body, expected)
    assert expected.hex() in (REPO / "docs" / "reference" / "details.md").read_text()


@pytest.mark.parametrize("at", [0, 31, 32, 40])
def test_a_changed_byte_of_salt_or_body_is_refused(at: int) -> None:
    salt, body = bytes(32), b'{"name":"scie"}'
    commitment = commit_detail(salt, body)
    blob = bytearray(salt + body)
    blob[at] ^= 1
    with pytest.raises(RemoteProtocolError):
        check_detail(bytes(blob), commitment)


def test_a_detail_too_long_or_too_short_is_refused_whatever_it_hashes_to() -> None:
    for body in (b"", b" " * (DETAIL_BYTES_MAX + 1)):
        with pytest.raises(RemoteProtocolError):
            check_detail(bytes(32) + body, commit_detail(bytes(32), body))


def test_any_utf8_object_is_a_detail() -> None:
    detail = {"name": "Découpeuse à ruban", "lat": 48.39, "more": {"Etat": "neuf"}}
    assert decode_detail(encode_detail(detail)) == detail


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"1", b"{", b'{"a":NaN}', b'{"a":"\xff"}', b'{"a":' * 50_000, b"\xff", b"null"],
)
def test_a_detail_that_is_no_object_is_its_authors_fault(body: bytes) -> None:
    with pytest.raises(AuthorError):
        decode_detail(body)


def test_a_detail_of_ours_has_a_limit_too() -> None:
    with pytest.raises(LocalProtocolError, match="32,768"):
        encode_detail({"description": "x" * DETAIL_BYTES_MAX})
    with pytest.raises(LocalProtocolError):
        encode_detail({"when": object()})


def test_the_commitment_is_found_in_facts_of_any_type() -> None:
    assert detail_field(SPELLED) is None
    assert detail_field(varied(detail="ab" * 32)) == bytes.fromhex("ab" * 32)
    assert detail_field(varied(detail="ab" * 32, t="newer", more=[1])) == bytes.fromhex("ab" * 32)
    assert detail_field(varied(detail="AB" * 32)) is None
    assert detail_field(varied(detail="ab" * 31)) is None
    assert detail_field(b'{"detail":"' + b"[" * 4_000) is None
