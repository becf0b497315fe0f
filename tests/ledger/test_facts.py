"""What holds of every fact that a node reads, of labs, items, loans, needs and purchases alike."""

from typing import Any

import pytest
from msgspec import NODEFAULT, UNSET, inspect

from fedlab.ledger.facts import FACTS
from fedlab.protocol.entry import Fact, FactHead
from fedlab.protocol.limits import INTEGER_MAX


def tag(kind: type[FactHead]) -> str:
    return str(kind.__struct_config__.tag)


def shape(kind: type[Any]) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found


def kinds_of_fields(kind: inspect.Type) -> list[inspect.Type]:
    """Return the type of a field and everything inside it."""
    if isinstance(kind, inspect.VarTupleType):
        return [kind, *kinds_of_fields(kind.item_type)]
    if isinstance(kind, inspect.StructType):
        return [kind, *(found for f in kind.fields for found in kinds_of_fields(f.type))]
    return [kind]


def test_no_two_types_bear_one_name() -> None:
    assert len({tag(kind) for kind in FACTS}) == len(FACTS)


@pytest.mark.parametrize("kind", FACTS, ids=tag)
def test_absence_is_the_only_default(kind: type[FactHead]) -> None:
    """A default that is a value would give an explicit second spelling."""
    for found in kinds_of_fields(shape(kind)):
        if isinstance(found, inspect.StructType):
            assert all(default in (UNSET, NODEFAULT) for default in found.cls.__struct_defaults__)


@pytest.mark.parametrize("kind", FACTS, ids=tag)
def test_there_is_no_room_for_free_text_floats_or_endless_values(kind: type[FactHead]) -> None:
    """Laws 4, 6 and 9: closed words, codes, days, hashes and bounded whole numbers only."""
    for found in kinds_of_fields(shape(kind)):
        if isinstance(found, inspect.StrType):
            assert found.pattern or found.max_length == 64
        elif isinstance(found, inspect.IntType):
            least = found.ge if found.ge is not None else found.gt
            most = found.le if found.le is not None else found.lt
            assert least is not None and most is not None
            assert least >= -INTEGER_MAX and most <= INTEGER_MAX
        elif isinstance(found, inspect.StructType):
            assert found.forbid_unknown_fields
        elif isinstance(found, inspect.VarTupleType):
            closed = isinstance(found.item_type, inspect.LiteralType)  # ascending, each word once
            assert found.min_length and (found.max_length or closed)
        else:
            assert isinstance(found, inspect.LiteralType), found


class _Loose(Fact, frozen=True, kw_only=True, tag="loose"):
    note: str


def test_a_fact_with_free_text_would_be_found() -> None:
    """The check has teeth."""
    with pytest.raises(AssertionError):
        test_there_is_no_room_for_free_text_floats_or_endless_values(_Loose)
