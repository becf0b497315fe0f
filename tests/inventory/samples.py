"""Facts to test with: one of each type as values, and any of each type by hypothesis."""

import datetime
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from fedlab.inventory.facts import (
    CODE_RE,
    DAY_RE,
    FACTS,
    Erase,
    Honoured,
    ItemHold,
    ItemKeep,
    ItemPlace,
    ItemRelease,
    ItemRetire,
    ItemSeen,
    ItemSet,
    LabProfile,
    LabUnvouch,
    LabVouch,
    Part,
    Seen,
    StopCancel,
    StopSet,
    TrainingGrant,
    TrainingHonour,
)
from fedlab.protocol.entry import Entry, FactHead, FactReader, LabId, Status, encode_fact
from fedlab.protocol.openings import Genesis, Opening, Prev, Words, WordsProof

LAB, OTHER, THIRD = "1a" * 32, "2b" * 32, "3c" * 32
H1, H2 = "d1" * 32, "d2" * 32
HEAD: dict[str, Any] = {"at": 1763900000, "by": LAB, "e": 0, "n": 7}
KEYS: dict[str, Any] = {
    key: f"{number:064x}" for number, key in enumerate(("log", "witness", "noise", "seal"))
}
READER = FactReader(FACTS)

# One of each, with every field it can have.
SAMPLES: tuple[FactHead, ...] = (
    Genesis(at=1763900000, e=0, n=0, v=1, network="fedlab", recovery=H1, **KEYS),
    Opening(
        **{**HEAD, "e": 1, "n": 0},
        **KEYS,
        recovery=H1,
        key=H2,
        prev=Prev(e=0, size=9, root=H1, sig=H1 + H2),
        words=WordsProof(at=1, n=2, path=(H1,)),
        sig=H1 + H2,
    ),
    Words(**HEAD, recovery=H1),
    LabProfile(**HEAD, detail=H1, kind="fab_lab", form="association", vat="none", mobility="fixed"),
    LabVouch(**HEAD, detail=H1, lab=OTHER),
    LabUnvouch(**HEAD, detail=H1, lab=OTHER),
    ItemSet(
        **HEAD,
        detail=H1,
        code="LASER-1",
        kind="tool",
        quantity=1000,
        unit="piece",
        terms=("lend", "use"),
        price=500,
        hourly=1500,
        deposit=20000,
        buffer=1,
        value=1500000,
        training=("LASER", "SAFETY"),
        parts=(Part(code="CHILLER", quantity=1000), Part(code="LENS-2", quantity=2000)),
    ),
    ItemRetire(**HEAD, detail=H1, code="LASER-1"),
    ItemSeen(**HEAD, detail=H1, code="LASER-1"),
    ItemPlace(
        **HEAD, detail=H1, code="CNC", host=OTHER, quantity=1000, powers=("hand_over", "offer")
    ),
    ItemKeep(
        **HEAD,
        detail=H1,
        lab=OTHER,
        code="CNC",
        place=H1,
        quantity=1000,
        seen=Seen(lab=OTHER, e=0, size=9, root=H1, sig=H1 + H2),
    ),
    ItemHold(
        **HEAD,
        detail=H1,
        lab=OTHER,
        code="LASER-1",
        day_from="2026-03-30",
        day_to="2026-04-02",
        quantity=1000,
        reason="maintenance",
    ),
    ItemRelease(**HEAD, detail=H1, lab=OTHER, code="LASER-1", hold=H1),
    StopSet(
        **HEAD,
        detail=H1,
        code="ECOLE-3",
        day_from="2026-03-30",
        day_to="2026-03-31",
        opens=540,
        closes=1020,
        items=("LASER-1", "PRUSA"),
        lab=OTHER,
    ),
    StopCancel(**HEAD, detail=H1, code="ECOLE-3"),
    TrainingGrant(
        **HEAD,
        detail=H1,
        training="LASER",
        holder=H1,
        day="2026-03-30",
        days=365,
        until="2027-12-31",
        disuse=180,
    ),
    TrainingHonour(
        **HEAD, detail=H1, lab=OTHER, trainings=(Honoured(own="LASER", their="DECOUPE"),)
    ),
    Erase(**HEAD, epoch=0, index=3),
)


def placed(fact: FactHead, index: int, lab: LabId = LAB, epoch: int = 0) -> Entry:
    """Return the fact as the entry at a place of a lab's log, written and read as on the wire."""
    head: dict[str, Any] = {"e": epoch, "n": index}
    if "by" in fact.__struct_fields__:  # all but the genesis
        head["by"] = lab
    moved = msgspec.structs.replace(fact, **head)
    return READER.entry(encode_fact(moved), lab, epoch, index)


class Log:
    """A lab's log under construction: `log.add(ItemSeen, code="A")` gives the entry."""

    def __init__(self, lab: LabId = LAB) -> None:
        self.lab = lab
        self.entries: list[Entry] = []

    def add(self, kind: type[FactHead], /, **fields: Any) -> Entry:
        index = len(self.entries) + 1  # entry 0 is the genesis
        fact = kind(**{"at": 1_000 + index, "by": self.lab, "e": 0, "n": index, **fields})
        entry = placed(fact, index, self.lab)
        assert entry.status is Status.COUNTED, entry
        self.entries.append(entry)
        return entry


# --- any fact of a type, from the type itself ---

_PATTERNS: dict[str, st.SearchStrategy[str]] = {
    CODE_RE.pattern: st.from_regex(CODE_RE, fullmatch=True),
    DAY_RE.pattern: st.dates(datetime.date(1970, 1, 1), datetime.date(2999, 12, 31)).map(str),
    "[0-9a-f]{64}": st.binary(min_size=32, max_size=32).map(bytes.hex),
    "[0-9a-f]{128}": st.binary(min_size=64, max_size=64).map(bytes.hex),
}


def _values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Return a strategy for the values that a field may have."""
    if isinstance(kind, inspect.IntType):
        return st.integers(kind.ge, kind.lt - 1 if kind.lt is not None else kind.le)
    if isinstance(kind, inspect.LiteralType):
        return st.sampled_from(kind.values)
    if isinstance(kind, inspect.VarTupleType):
        most = kind.max_length or 5
        items = st.lists(_values(kind.item_type), min_size=1, max_size=min(most, 5), unique_by=repr)
        return items.map(sorted_as_facts_are)
    if isinstance(kind, inspect.StructType):
        return any_of(kind.cls)
    assert isinstance(kind, inspect.StrType), kind
    if kind.min_length == 64:
        return st.just(LAB)
    assert kind.pattern
    pattern = kind.pattern.removeprefix("^").removesuffix(r"\Z")
    return _PATTERNS[pattern] if pattern in _PATTERNS else st.from_regex(pattern, fullmatch=True)


def sorted_as_facts_are(items: list[Any]) -> tuple[Any, ...]:
    """Sort a set as facts spell it, parts of a kit by their code, each once."""
    if items and isinstance(items[0], Part):
        return tuple(
            {part.code: part for part in sorted(items, key=lambda part: part.code)}.values()
        )
    return tuple(sorted(items))


def any_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for facts of a type that keep every rule of it."""
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    required: dict[str, Any] = {}
    optional: dict[str, Any] = {}
    for field in shape.fields:
        (required if field.required else optional)[field.name] = _values(field.type)

    def build(fields: dict[str, Any]) -> Any:
        _mend(fields)
        try:
            return kind(**fields)
        except ValueError:
            return None

    return st.fixed_dictionaries(required, optional=optional).map(build).filter(lambda f: f)


def _mend(fields: dict[str, Any]) -> None:
    """Make fields agree that would hardly ever do so by chance."""
    if "day_to" in fields:
        fields["day_from"], fields["day_to"] = sorted((fields["day_from"], fields["day_to"]))
    if "until" in fields:
        fields["day"], fields["until"] = sorted((fields["day"], fields["until"]))
    if "seen" in fields:
        fields["seen"] = msgspec.structs.replace(fields["seen"], lab=fields["lab"])
    if not {"opens", "closes"} <= fields.keys():
        fields.pop("opens", None), fields.pop("closes", None)
    elif fields["opens"] != fields["closes"]:
        fields["opens"], fields["closes"] = sorted((fields["opens"], fields["closes"]))
