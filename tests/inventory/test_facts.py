"""Every fact of labs and items: its spelling, its limits, and the page that describes it."""

import json
import re
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, inspect

from fedlab.inventory import facts as facts_module
from fedlab.inventory.facts import (
    FACTS,
    ItemHold,
    ItemKeep,
    ItemPlace,
    ItemSet,
    LabVouch,
    Part,
    StopSet,
    TrainingGrant,
    TrainingHonour,
)
from fedlab.protocol.entry import BareFact, FactHead, Status, encode_fact
from fedlab.protocol.errors import LocalProtocolError
from fedlab.protocol.limits import FACT_BYTES_MAX, INTEGER_MAX, MONEY_MAX, PARTS_MAX, QUANTITY_MAX
from tests.conftest import REPO
from tests.inventory.samples import HEAD, LAB, OTHER, READER, SAMPLES, THIRD, any_of

PAGE = REPO / "docs" / "reference" / "facts.md"


def tag(kind: type[FactHead]) -> str:
    return str(kind.__struct_config__.tag)


def shape(kind: type[Any]) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found


def read(leaf: bytes, lab: str = LAB) -> tuple[FactHead | None, Status]:
    head = json.loads(leaf)
    return READER.read(leaf, lab, head["e"], head["n"])


# --- all of them ---


def test_there_is_a_sample_of_every_type_with_every_field() -> None:
    assert {type(fact) for fact in SAMPLES} == set(FACTS)
    for fact in SAMPLES:
        assert UNSET not in msgspec.structs.astuple(fact), type(fact)


@pytest.mark.parametrize("fact", SAMPLES, ids=lambda fact: tag(type(fact)))
def test_what_is_written_is_read(fact: FactHead) -> None:
    assert read(encode_fact(fact)) == (fact, Status.COUNTED)


@given(st.sampled_from(FACTS).flatmap(any_of))
def test_whatever_a_type_allows_is_written_and_read(fact: FactHead) -> None:
    leaf = encode_fact(fact)
    assert read(leaf) == (fact, Status.COUNTED)
    assert json.dumps(json.loads(leaf), sort_keys=True, separators=(",", ":")).encode() == leaf


def closed_lists() -> list[tuple[str, ...]]:
    m = facts_module
    own = [m.Kind, m.Term, m.Unit, m.HoldReason, m.Power]
    return [get_args(words) for words in (*own, m.PlaceKind, m.LegalForm, m.VatStatus, m.Mobility)]


def test_closed_lists_ascend_so_that_sets_of_them_can() -> None:
    for words in closed_lists():
        assert list(words) == sorted(set(words))
        assert all(re.fullmatch("[a-z][a-z0-9_]*", word) for word in words)


@pytest.mark.parametrize("fact", SAMPLES, ids=lambda fact: tag(type(fact)))
def test_every_optional_field_can_be_absent_and_no_other(fact: FactHead) -> None:
    whole = json.loads(encode_fact(fact))
    names = {field.encode_name: field.required for field in shape(type(fact)).fields}
    for name in whole.keys() - {"t"}:
        left = {key: value for key, value in whole.items() if key != name}
        leaf = json.dumps(left, sort_keys=True, separators=(",", ":")).encode()
        head = {"e": fact.e, "n": fact.n, **left}
        status = READER.read(leaf, LAB, head["e"], head["n"])[1]
        if name in ("opens", "closes"):
            assert status is Status.MALFORMED  # they go together
        else:
            assert status is (Status.MALFORMED if names[name] else Status.COUNTED), name


def test_the_longest_facts_fit() -> None:
    """The relations asserted in limits.py, by the facts themselves."""
    codes = tuple(f"{number:032d}" for number in range(100))
    item = next(fact for fact in SAMPLES if isinstance(fact, ItemSet))
    longest = msgspec.structs.replace(
        item,
        code="Z" * 32,
        at=INTEGER_MAX,
        e=47,
        n=2**40 - 1,
        quantity=QUANTITY_MAX,
        price=MONEY_MAX,
        hourly=MONEY_MAX,
        deposit=MONEY_MAX,
        value=MONEY_MAX,
        buffer=90,
        terms=("give", "help", "lend", "sell", "use"),
        training=codes[:8],
        parts=tuple(Part(code=code, quantity=QUANTITY_MAX) for code in codes[:PARTS_MAX]),
    )
    assert len(encode_fact(longest)) <= FACT_BYTES_MAX
    stop = next(fact for fact in SAMPLES if isinstance(fact, StopSet))
    encode_fact(msgspec.structs.replace(stop, code="Z" * 32, items=codes[:80]))
    with pytest.raises(LocalProtocolError):
        encode_fact(msgspec.structs.replace(stop, items=codes[:81]))


# --- rules of one type ---


def refused(kind: type[FactHead], /, **fields: Any) -> None:
    with pytest.raises(LocalProtocolError):
        encode_fact(kind(**HEAD, **fields))


ITEM: dict[str, Any] = {"code": "DRILL", "kind": "tool", "unit": "piece"}
HOLD: dict[str, Any] = {"code": "DRILL", "day_from": "2026-03-30", "reason": "lent"}


def test_an_item_needs_a_code_a_kind_and_a_unit() -> None:
    leaf = encode_fact(ItemSet(**HEAD, **ITEM))
    assert leaf == (
        b'{"at":1763900000,"by":"%s","code":"DRILL","e":0,"kind":"tool","n":7,"t":"item.set",'
        b'"unit":"piece"}' % LAB.encode()
    )


def test_nothing_of_something_is_not_the_same_as_unknown() -> None:
    none_left = ItemSet(**HEAD, **ITEM, quantity=0, price=0)
    assert b'"price":0,"quantity":0' in encode_fact(none_left)
    assert b"quantity" not in encode_fact(ItemSet(**HEAD, **ITEM))


@pytest.mark.parametrize("code", ["drill", "", "-A", ".A", "A B", "A/B", "É", "A" * 33, "A\n"])
def test_a_code_is_capitals_digits_hyphens_and_dots(code: str) -> None:
    refused(ItemSet, **{**ITEM, "code": code})


@pytest.mark.parametrize(
    "fields",
    [
        {"quantity": -1},
        {"quantity": QUANTITY_MAX + 1},
        {"price": -1},
        {"value": MONEY_MAX + 1},
        {"buffer": 0},
        {"buffer": 91},
        {"kind": "robot"},
        {"unit": "inch"},
        {"terms": ()},
        {"terms": ("use", "lend")},
        {"terms": ("lend", "lend")},
        {"terms": ("rent",)},
        {"training": ("B", "A")},
        {"training": ()},
        {"parts": ()},
        {"parts": (Part(code="B", quantity=1), Part(code="A", quantity=1))},
        {"parts": (Part(code="A", quantity=1), Part(code="A", quantity=2))},
        {"parts": (Part(code="A", quantity=0),)},
        {"parts": (Part(code="DRILL", quantity=1),)},
    ],
)
def test_an_item_that_cannot_be_is_refused(fields: dict[str, Any]) -> None:
    refused(ItemSet, **{**ITEM, **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"day_from": "2026-02-30"},
        {"day_from": "2026-2-3"},
        {"day_from": "20260203"},
        {"day_from": "2026-W01-1"},
        {"day_from": "1969-12-31"},
        {"day_from": "3000-01-01"},
        {"day_to": "2026-03-29"},
        {"day_to": "2026-13-01"},
        {"quantity": 0},
        {"reason": "because"},
        {"lab": LAB},
    ],
)
def test_a_hold_that_cannot_be_is_refused(fields: dict[str, Any]) -> None:
    refused(ItemHold, **{**HOLD, **fields})


def test_the_same_is_malformed_where_another_wrote_it() -> None:
    leaf = encode_fact(ItemHold(**HEAD, **HOLD)).replace(b"2026-03-30", b"2026-02-30")
    assert read(leaf) == (None, Status.MALFORMED)


def test_a_lab_does_not_deal_with_itself() -> None:
    refused(LabVouch, lab=LAB)
    refused(ItemPlace, code="A", host=LAB, quantity=1)
    refused(TrainingHonour, lab=LAB)


def test_a_host_quotes_the_owners_log_and_no_other() -> None:
    keep = next(fact for fact in SAMPLES if isinstance(fact, ItemKeep))
    with pytest.raises(LocalProtocolError):
        msgspec.structs.replace(keep, seen=msgspec.structs.replace(keep.seen, lab=THIRD))
    assert keep.seen.head().lab == OTHER


@pytest.mark.parametrize("hours", [(540, 540), (600, 540), (540, UNSET), (UNSET, 540), (0, 1441)])
def test_a_stop_has_hours_that_follow(hours: tuple[Any, Any]) -> None:
    refused(
        StopSet,
        code="A",
        day_from="2026-03-30",
        day_to="2026-03-30",
        opens=hours[0],
        closes=hours[1],
    )


def test_a_training_cannot_end_before_it_begins() -> None:
    refused(TrainingGrant, training="A", holder="ab" * 32, day="2026-03-30", until="2026-03-29")


# --- the page ---


def page_of(kind: type[FactHead]) -> str:
    """Return what the reference says of one fact."""
    text = PAGE.read_text()
    return text.split(f"\n### `{tag(kind)}`", 1)[1].split("\n### ", 1)[0].split("\n## ", 1)[0]


@pytest.mark.parametrize("kind", FACTS, ids=tag)
def test_the_reference_describes_every_field(kind: type[FactHead]) -> None:
    rows = set(re.findall(r"^\| `([a-z]+)` \|", page_of(kind), re.MULTILINE))
    fields = {field.encode_name for field in shape(kind).fields}
    assert rows == fields - {"at", "by", "e", "n", "t", "detail"}


@pytest.mark.parametrize("kind", FACTS, ids=tag)
def test_the_reference_says_who_has_a_detail(kind: type[FactHead]) -> None:
    bare = issubclass(kind, BareFact) and "detail" not in kind.__struct_fields__
    assert ("No detail." in page_of(kind)) == (bare or tag(kind) == "lab.genesis")


def test_the_reference_lists_every_word_of_every_list_and_every_status() -> None:
    text = PAGE.read_text()
    for words in closed_lists():
        assert ", ".join(f"`{word}`" for word in words) in " ".join(text.split())
    for status in Status:
        assert f"| {status.value} | `{status.name}` |" in text


def test_the_examples_of_the_reference_count() -> None:
    examples = re.findall(r"^```\n(\{.*\})\n```$", PAGE.read_text(), re.MULTILINE)
    assert len(examples) >= 2
    for example in examples:
        assert read(example.encode())[1] is Status.COUNTED
