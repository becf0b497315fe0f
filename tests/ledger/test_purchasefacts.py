"""Every fact of purchases: read as written, without floats or free text, and short enough."""

import re
from typing import Any

import pytest
from msgspec import inspect

from fedlab.inventory.facts import Seen
from fedlab.ledger import purchasefacts as before
from fedlab.ledger import settlingfacts as after
from fedlab.ledger.facts import FACTS, FAMILIES
from fedlab.protocol.entry import FactHead, FactReader, Status, encode_fact
from fedlab.protocol.limits import (
    FACT_BYTES_MAX,
    INTEGER_MAX,
    MONEY_MAX,
    PURCHASE_CHARGES_MAX,
    PURCHASE_LINES_MAX,
    PURCHASE_TAKES_MAX,
    QUANTITY_MAX,
    VAT_RATES_MAX,
)
from tests.conftest import REPO

PAGE = REPO / "docs" / "reference" / "purchases.md"
KINDS = next(family for family in FAMILIES if family.kind == "purchase").facts
READER = FactReader(FACTS)
LAB, H1 = "1a" * 32, "d1" * 32
LONG: dict[str, Any] = {"at": INTEGER_MAX, "by": LAB, "e": 47, "n": 2**40 - 1, "detail": H1}
SEEN = {"e": 47, "size": 2**40, "root": H1, "sig": H1 * 2}


def tag(kind: type[FactHead]) -> str:
    return str(kind.__struct_config__.tag)


def shape(kind: type[Any]) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found


def labs(count: int) -> list[str]:
    return [f"{number:064x}" for number in range(2**250, 2**250 + count)]


def longest() -> list[FactHead]:
    """Return the types with lists, filled to the brim."""
    head = {**LONG, "purchase": H1}
    rows = range(PURCHASE_LINES_MAX)
    numbers = [500 - at for at in reversed(rows)]
    money = {"cents": MONEY_MAX}
    paper = {
        "replaces": H1,
        "document": H1,
        "day": "2026-11-20",
        "lines": tuple(
            after.InvoicedLine(article=n, quantity=QUANTITY_MAX, net=MONEY_MAX, rate=10_000)
            for n in numbers
        ),
        "charges": tuple(
            after.InvoicedCharge(charge=n, net=MONEY_MAX, rate=10_000)
            for n in range(1, PURCHASE_CHARGES_MAX + 1)
        ),
        "rates": tuple(
            after.InvoicedRate(rate=10_000 - 8 + n, net=MONEY_MAX, vat=MONEY_MAX)
            for n in range(VAT_RATES_MAX)
        ),
    }
    wanted = tuple(
        before.WantedLine(article=n, firm=QUANTITY_MAX, more=QUANTITY_MAX, cap=MONEY_MAX)
        for n in numbers
    )
    delivered = tuple(
        after.DeliveredLine(
            article=n,
            accepted=QUANTITY_MAX,
            damaged=QUANTITY_MAX,
            missing=QUANTITY_MAX,
            instead=499,
        )
        for n in numbers
    )
    parties = labs(PURCHASE_LINES_MAX)
    return [
        before.Pledge(**head, version=H1, lines=wanted, cap=MONEY_MAX, seen=Seen(lab=H1, **SEEN)),
        before.PledgeFor(**head, version=H1, lines=wanted, cap=MONEY_MAX, body=H1),
        before.PurchaseTake(
            **head,
            takes=tuple(
                before.Take(pledge=H1, seen=Seen(lab=lab, **SEEN))
                for lab in labs(PURCHASE_TAKES_MAX)
            ),
        ),
        before.PurchaseCall(
            **head,
            sums=tuple(before.PartySum(party=lab, **money) for lab in parties),
            due="2026-11-20",
        ),
        before.PurchaseParts(
            **head,
            charge=8,
            parts=tuple(before.PartyWeight(party=lab, part=QUANTITY_MAX) for lab in parties),
        ),
        after.PurchaseRemind(**head, day="2026-11-20", parties=tuple(parties)),
        after.PurchaseInvoice(**head, **paper),
        after.PurchaseDelivery(**head, replaces=H1, day="2026-11-20", lines=delivered),
    ]  # fmt: skip


@pytest.mark.parametrize("fact", longest(), ids=lambda fact: tag(type(fact)))
def test_the_longest_facts_fit(fact: FactHead) -> None:
    leaf = encode_fact(fact)
    assert len(leaf) <= FACT_BYTES_MAX
    assert READER.read(leaf, LAB, 47, 2**40 - 1) == (fact, Status.COUNTED)


def test_a_thousand_labs_and_fifty_articles_fit() -> None:
    """Two pledges a lab, 125 entries to take them, one to seal them."""
    assert -(-50 // PURCHASE_LINES_MAX) == 2
    assert -(-1000 // PURCHASE_TAKES_MAX) == 125


# --- the page that describes them ---


def page_of(kind: type[FactHead]) -> str:
    text = PAGE.read_text()
    found = re.search(rf"^### `{re.escape(tag(kind))}`\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    assert found, f"{tag(kind)} has no section in {PAGE.name}"
    return found[1]


@pytest.mark.parametrize("kind", KINDS, ids=tag)
def test_the_reference_describes_every_field(kind: type[FactHead]) -> None:
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", page_of(kind), re.MULTILINE))
    fields = {field.encode_name for field in shape(kind).fields}
    assert rows == fields - {"at", "by", "e", "n", "t", "detail", "purchase"}


def test_the_reference_has_every_word_of_every_list() -> None:
    text = " ".join(PAGE.read_text().split())
    for words in (before.Mode, before.HelperPower, before.Method, before.ShareReason, before.Basis):
        listed = words.__args__
        assert list(listed) == sorted(listed)
        assert ", ".join(f"`{word}`" for word in listed) in text


def test_the_reference_lists_the_statuses_of_purchases() -> None:
    text = (REPO / "docs" / "reference" / "facts.md").read_text()
    for status in Status:
        assert f"| {status.value} | `{status.name}` |" in text
