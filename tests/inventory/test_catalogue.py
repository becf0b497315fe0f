"""What people see: facts joined with details that nobody vouches for."""

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.inventory.catalogue import ItemView, LabView, item_view, lab_view
from fedlab.inventory.facts import ItemRetire, ItemSet, LabProfile, Part
from fedlab.inventory.fold import fold
from fedlab.inventory.item import ItemState
from fedlab.inventory.lab import LabState
from tests.conftest import REPO
from tests.inventory.samples import LAB, Log

LAB_TEXTS = ("name", "description", "address", "hours", "contact", "url", "lang")
TEXTS = (
    *("name", "description", "category", "brand", "model", "serial", "condition", "care"),
    *("safety", "place", "ref", "lang"),
)


def lab_state() -> LabState:
    log = Log()
    log.add(LabProfile, kind="fab_lab", form="association", vat="none", mobility="mobile", at=77)
    return fold(LAB, log.entries).lab


def item_state(**fields: Any) -> ItemState:
    log = Log()
    log.add(ItemSet, code="LASER-1", kind="tool", unit="piece", at=88, **fields)
    return fold(LAB, log.entries).items["LASER-1"]


def seen(detail: Any, **fields: Any) -> ItemView:
    body = detail if isinstance(detail, bytes) or detail is None else json.dumps(detail).encode()
    return item_view(item_state(**fields), body, lab_view(lab_state(), b'{"name":"Ubo"}'))


def test_a_lab_is_its_profile_and_its_detail() -> None:
    detail = {key: f"the {key}" for key in LAB_TEXTS} | {"lat": 48.4, "lon": -4}
    view = lab_view(lab_state(), json.dumps(detail).encode())
    assert view == LabView(
        lab=LAB,
        kind="fab_lab",
        form="association",
        vat="none",
        mobility="mobile",
        lat=48.4,
        lon=-4.0,
        updated_at=77,
        **{key: f"the {key}" for key in LAB_TEXTS},
    )


def test_a_lab_without_a_name_goes_by_its_first_digits() -> None:
    assert lab_view(LabState(lab=LAB), None) == LabView(lab=LAB, name=LAB[:8])


def test_an_item_is_its_facts_and_its_detail() -> None:
    detail = {key: f"the {key}" for key in TEXTS}
    more = {"tags": ["bois", "CNC"], "photos": ["ab" * 32], "more": {"Etat": "neuf", "N°": 3}}
    view = seen(
        {**detail, **more},
        quantity=1500,
        terms=("lend", "use"),
        price=1,
        hourly=2,
        deposit=3,
        buffer=4,
        value=5,
        training=("LASER",),
        parts=(Part(code="LENS", quantity=2000),),
    )
    texts: dict[str, Any] = {key: f"the {key}" for key in TEXTS}
    assert view == ItemView(
        item=f"{LAB}/LASER-1",
        lab=LAB,
        lab_name="Ubo",
        code="LASER-1",
        kind="tool",
        tags=("bois", "CNC"),
        photos=("ab" * 32,),
        more={"Etat": "neuf", "N°": "3"},
        quantity=1500,
        terms=("lend", "use"),
        price=1,
        hourly=2,
        deposit=3,
        buffer=4,
        value=5,
        training=("LASER",),
        parts={"LENS": 2000},
        updated_at=88,
        seen_at=88,
        **texts,
    )


@pytest.mark.parametrize("detail", [None, b"", b"\xff", b"[]", b"{", b'{"name":1e999}', b"null"])
def test_without_a_detail_that_can_be_read_an_item_goes_by_its_code(detail: bytes | None) -> None:
    view = seen(detail)
    assert view.name == "LASER-1"
    assert (view.description, view.tags, view.more, view.quantity) == ("", (), {}, None)


def test_a_retired_item_says_so() -> None:
    log = Log()
    log.add(ItemSet, code="A", kind="tool", unit="piece")
    log.add(ItemRetire, code="A")
    state = fold(LAB, log.entries).items["A"]
    assert item_view(state, None, lab_view(lab_state(), None)).retired


@pytest.mark.parametrize(
    ("lat", "lon", "expected"),
    [
        (48.4, -4.5, (48.4, -4.5)),
        (0, 0, (0.0, 0.0)),
        ("48.4", "-4.5", (None, None)),
        (91, 181, (None, None)),
        (True, False, (None, None)),
        (10**300, -(10**300), (None, None)),
        (None, {}, (None, None)),
    ],
)
def test_coordinates_are_numbers_on_this_earth(
    lat: Any, lon: Any, expected: tuple[float | None, float | None]
) -> None:
    view = lab_view(lab_state(), json.dumps({"lat": lat, "lon": lon}).encode())
    assert (view.lat, view.lon) == expected


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("  Scie  ", "Scie"),
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("deux\nlignes\tet", "deux\nlignes\tet"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("\u2066x\u2069\u2028y", "xy"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),  # the page escapes, not we
        (3.5, "3.5"),
        (2**60, "LASER-1"),
        (True, "LASER-1"),
        (["x"], "LASER-1"),
        ("", "LASER-1"),
        ("\x00", "LASER-1"),
    ],
)
def test_text_commands_no_terminal_and_turns_nothing_around(told: Any, shown: str) -> None:
    assert seen({"name": told}).name == shown


def test_only_what_can_be_a_photo_is_one() -> None:
    photos = ["../../etc/passwd", "ab" * 32, "AB" * 32, 7, None, "ab" * 33]
    assert seen({"photos": photos}).photos == ("ab" * 32,)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_NAMES = st.sampled_from([*TEXTS, *LAB_TEXTS, "lat", "lon", "tags", "photos", "more", "sealed"])


@given(st.dictionaries(_NAMES, _JSON))
def test_whatever_a_detail_says_it_can_be_shown(detail: dict[str, Any]) -> None:
    try:
        body = json.dumps(detail, allow_nan=True, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        body = json.dumps(detail).encode()
    view = item_view(item_state(), body, lab_view(lab_state(), body))
    assert msgspec.json.decode(msgspec.json.encode(view), type=ItemView) == view


def test_the_reference_lists_the_keys_that_are_shown() -> None:
    text = (REPO / "docs" / "reference" / "details.md").read_text()
    rows = "".join(re.findall(r"^\| (`.*?) \|", text, re.MULTILINE))
    for key in (*TEXTS, *LAB_TEXTS, "tags", "photos", "more", "lat", "lon"):
        assert f"`{key}`" in rows
