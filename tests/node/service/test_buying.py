"""Purchases as one lab says them: what cannot be is refused by line and field, unsigned."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from fedlab.ledger.purchasefacts import PurchaseSeal, PurchaseTake
from fedlab.ledger.sealing import seal_root
from fedlab.node.calls import CALLS
from fedlab.node.cli.buyinglines import ARTICLE, INVOICED, WANTED
from fedlab.node.errors import ServiceError
from fedlab.node.service import Service
from fedlab.node.service.buyinggiven import (
    ArticleGiven,
    InvoicedGiven,
    PacksGiven,
    RateGiven,
    StepGiven,
    TermsGiven,
    WantedGiven,
)
from fedlab.node.service.saying import newest_head
from fedlab.node.writer import Draft, fact_of
from tests.node.labs import opened_lab
from tests.node.service.test_needs import hear

SHEET = ArticleGiven(article=1, pack=10_000, unit="sheet", ladder=[StepGiven(packs=1, price=20000)])
INVOICE: dict[str, Any] = {
    "day": "2026-11-20",
    "lines": [InvoicedGiven(article=1, quantity=10_000, net=20000, rate=2000)],
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path / "port", "Port") as service:
        yield service


def opened(service: Service, **terms: Any) -> str:
    given = TermsGiven(name="Plywood", mode="mandate", **terms)
    return service.buying.open(given, [SHEET]).purchase


def sealed(service: Service) -> str:
    bought = opened(service)
    service.buying.pledge(bought, [WantedGiven(article=1, firm=10_000)])
    service.buying.seal(bought)
    return bought


def signed(service: Service) -> int:
    log = service.store.log(service.opened.lab, 0)
    assert log is not None
    return log.held


@pytest.mark.parametrize(
    ("code", "where", "lines", "more"),
    [
        ("bad_field", "lines, line 1, field firm", [{"article": 1, "firm": -1}], {}),
        ("bad_field", "lines, line 2", [{"article": 1, "firm": 1}, {"article": 7, "firm": 1}], {}),
        ("above_cap", "lines, line 1, field cap", [{"article": 1, "firm": 1, "cap": 100}], {}),
        ("above_cap", "field cap", [{"article": 1, "firm": 10_000}], {"cap": 100}),
        ("not_a_multiple", "", [{"article": 1, "firm": 1_500}], {}),
        ("terms_changed", "", [{"article": 1, "firm": 1_000}], {"version": "00" * 32}),
    ],
)
def test_a_pledge_that_cannot_be(
    service: Service, code: str, where: str, lines: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    bought = opened(service)
    before = signed(service)
    with pytest.raises(ServiceError) as caught:
        service.buying.pledge(bought, [WantedGiven(**line) for line in lines], **more)
    assert caught.value.code == code and caught.value.message.startswith(where)
    assert signed(service) == before


def test_a_purchase_with_one_bad_article_is_not_begun(service: Service) -> None:
    before = signed(service)
    bad = ArticleGiven(article=2, unit="furlong", ladder=SHEET.ladder)
    with pytest.raises(ServiceError, match="field unit"):
        service.buying.open(TermsGiven(name="Plywood"), [SHEET, bad])
    with pytest.raises(ServiceError, match="has a name"):
        service.buying.open(TermsGiven())
    assert signed(service) == before


def test_after_the_seal(service: Service) -> None:
    bought = sealed(service)
    before = signed(service)
    refused = [
        lambda: service.buying.pledge(bought, [WantedGiven(article=1, firm=1_000)]),
        lambda: service.buying.seal(bought),
        lambda: service.buying.article(bought, SHEET),
        lambda: service.buying.order(bought, [PacksGiven(article=9, packs=1)]),
        lambda: service.buying.invoice(
            bought, rates=[RateGiven(rate=2000, net=1, vat=0)], **INVOICE
        ),
        lambda: service.buying.payment_sent(bought, 100, to="nobody"),
        lambda: service.buying.share_accept(bought, cents=5),
    ]
    for attempt in refused:
        with pytest.raises(ServiceError):
            attempt()
    assert signed(service) == before


def test_from_the_pledge_to_the_close(service: Service) -> None:
    """Alone, with a school without a node: what is left out is as planned."""
    bought = opened(service)
    service.buying.pledge(bought, [WantedGiven(article=1, firm=6_000)])
    service.buying.pledge_for(bought, "École", [WantedGiven(article=1, firm=4_000)])
    service.buying.seal(bought[:8])
    service.buying.call(bought)
    service.buying.order(bought)
    service.buying.invoice(bought, rates=[RateGiven(rate=2000, net=20000, vat=4000)], **INVOICE)
    shown = service.buying.show(bought)
    school = next(one for one in shown.parties if one.outside)
    assert (school.name, school.called, school.due, school.balance) == ("École", 9600, 9600, 9600)
    service.buying.payment_received(bought, 9600, payer=school.party, method="cash")
    with pytest.raises(ServiceError, match="check digits"):
        service.buying.payment_received(bought, 1, payer=school.party, reference="RF00 12")
    service.buying.close(bought)
    ended = service.buying.list(ended=True).purchases
    assert [(one.state, one.total) for one in ended] == [("closed", 24000)]
    assert not service.buying.list().purchases
    why = service.buying.why(bought, school.party)
    assert why.cents == sum(reason.cents for reason in why.reasons) == 0


def test_every_word_is_a_call(service: Service) -> None:
    for name, call in CALLS.items():
        if name.startswith(("purchase_", "share_", "payment_", "statement_")):
            assert callable(call.find(service)), name


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [
        (ARTICLE, "1:10:sheet:1=200.005:20", "ladder"),
        (ARTICLE, "one:10:sheet", "article"),
        (WANTED, "1:-3", "firm"),
        (WANTED, "1:3@24.005", "firm"),
        (INVOICED, "1:3:12.505:20", "net"),
        (INVOICED, "1:3:12.50", "rate"),
    ],
)
def test_a_line_that_cannot_be_read_names_its_field(
    kind: click.ParamType[Any], text: str, field: str
) -> None:
    with pytest.raises(click.BadParameter, match=f"{field} is "):
        kind.convert(text, None, None)


def test_a_pledge_that_the_organiser_had_seen_and_left_out_is_shown_to_all(
    service: Service, tmp_path: Path
) -> None:
    """It quotes the head under which the pledge stands; one that came after is late instead."""
    with opened_lab(tmp_path / "ann", "Ann") as ann:
        bought = opened(service)
        hear(ann, service)
        pledged = ann.buying.pledge(bought, [WantedGiven(article=1, firm=10_000)])
        hear(service, ann)
        head = newest_head(service.opened, ann.opened.lab)
        takes = fact_of(PurchaseTake, {"purchase": bought, "takes": [{"seen": head}]})
        seal = fact_of(PurchaseSeal, {"purchase": bought, "count": 0, "root": seal_root([])})
        service.opened.append([Draft(takes), Draft(seal)])
        hear(ann, service)
        for who in (ann, service):
            shown = who.buying.show(bought)
            assert shown.complete and shown.flags == ["omitted"]
            assert [(one.code, one.entry, one.party) for one in shown.problems] == [
                ("omitted", pledged.entry, ann.opened.lab)
            ]
        with pytest.raises(ServiceError) as caught:
            ann.buying.pledge(bought, [WantedGiven(article=1, firm=1_000)])
        assert caught.value.code == "late"
