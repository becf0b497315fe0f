"""How a purchase is answered: `purchase show`, `purchase list` and `purchase why`."""

from typing import Any

import msgspec

from fedlab.ledger import book
from fedlab.ledger.accounts import balance, explain, transactions
from fedlab.ledger.discrepancies import discrepancies, three_way
from fedlab.ledger.purchasefacts import PurchaseArticle
from fedlab.ledger.purchasestate import (
    HELPERS_MAY,
    MOVES,
    Pledged,
    PurchaseState,
    Stage,
)
from fedlab.ledger.reckoning import Reckoning, can_reckon, reckon
from fedlab.ledger.split import STOCK, Party, Share
from fedlab.node.service.base import Opened
from fedlab.node.service.buyingbase import read_purchase
from fedlab.node.service.lendinganswers import MissingAnswer, SaidAnswer
from fedlab.node.service.lendingshown import decoded
from fedlab.node.store.base import Place, StoredSubject
from fedlab.protocol.entry import Entry, EntryId, LabId, Status, or_none


class StepAnswer(msgspec.Struct):
    """From so many packs on, each costs so much, net."""

    packs: int
    price: int


class ArticleAnswer(msgspec.Struct):
    """One article: how it is offered, and how far it has come; quantities in thousandths."""

    article: int
    name: str
    reference: str
    unit: str
    pack: int
    grain: int
    rate: int
    ladder: list[StepAnswer]
    firm: int
    more: int
    packs: int  # that the pledges come to
    ordered: int  # packs
    accepted: int
    damaged: int
    missing: int


class WantedAnswer(msgspec.Struct):
    """What a party pledged of an article, gets of it, and was given of it by each side's word."""

    article: int
    firm: int
    more: int
    cap: int | None
    allotted: int
    handed: int
    received: int


class PartyAnswer(msgspec.Struct):
    """A party of a purchase; money in cents."""

    party: Party
    name: str
    outside: bool  # without a node: the organiser's word alone
    cap: int | None
    mandate: int | None
    lines: list[WantedAnswer]
    estimate: int  # at announced prices, all taxes in
    called: int | None
    share: int  # by the documents
    excess: int
    conceded: int
    due: int
    accepted: int | None  # the share that it agreed to
    answered: bool
    paid: int  # by the organiser's books
    balance: int  # what it owes by the organiser's books
    own_balance: int  # by its own
    statement: int | None


class PurchaseProblem(msgspec.Struct, omit_defaults=True):
    """An entry that does not count, words that differ, or papers that do not match."""

    code: str
    entry: EntryId | None = None
    party: Party | None = None
    article: int | None = None
    charge: int | None = None
    said: int | None = None
    other: int | None = None


class PurchaseAnswer(msgspec.Struct):
    """A purchase as it is folded here."""

    purchase: EntryId
    state: str
    complete: bool
    missing: list[MissingAnswer]
    organiser: LabId
    organiser_name: str
    name: str
    supplier: str
    description: str
    currency: str
    mode: str | None
    deadline: str | None
    lines: list[ArticleAnswer]
    parties: list[PartyAnswer]
    total: int  # of all shares
    flags: list[str]
    problems: list[PurchaseProblem]
    can: list[str]  # what this lab may say now, as facts
    entries: list[SaidAnswer]


class PurchasesAnswer(msgspec.Struct):
    """Purchases in the order in which they became known here; without their entries."""

    purchases: list[PurchaseAnswer]


class ShareAnswer(msgspec.Struct):
    """How one sum was split: all that is needed to compute a share by hand."""

    key: str
    total: int
    weight: int
    weights: int
    exact: str  # a fraction of cents
    whole: int
    remainder: str
    rank: int
    leftover: int
    tie: str | None
    cents: int


class ReasonAnswer(msgspec.Struct):
    """One reason of a balance."""

    what: str
    cents: int
    entries: list[EntryId]
    share: ShareAnswer | None


class WhyAnswer(msgspec.Struct):
    """Why a party owes what it owes; the reasons sum to `cents`."""

    purchase: EntryId
    party: Party
    name: str
    cents: int
    reasons: list[ReasonAnswer]


def why_answer(opened: Opened, state: PurchaseState, party: Party) -> WhyAnswer:
    """Return every reason of what a party owes the organiser."""
    reasons = [
        ReasonAnswer(
            each.what,
            each.cents,
            list(each.entries),
            None if each.share is None else _share(each.share),
        )
        for each in explain(state, party)
    ]
    names = opened.lab_names()
    cents = balance(transactions(state), state.organiser, party)
    return WhyAnswer(state.purchase, party, names.get(party, ""), cents, reasons)


def _share(share: Share) -> ShareAnswer:
    return ShareAnswer(
        key=share.key, total=share.total, weight=share.weight, weights=share.weights,
        exact=str(share.exact), whole=share.whole, remainder=str(share.remainder),
        rank=share.rank, leftover=share.leftover,
        tie=None if share.tie is None else share.tie.hex(), cents=share.cents,
    )  # fmt: skip


def purchase_answer(
    opened: Opened, stored: StoredSubject, *, brief: bool = False
) -> PurchaseAnswer:
    """Return a purchase as people see it; one whose opening is not held has only what was said."""
    entries = opened.projector.subject_entries(stored)
    outcome = book.fold("purchase", stored.root.hex(), entries, opened.projector.stands)
    said = _said(opened, entries, outcome.statuses if outcome else {})
    missing = [
        MissingAnswer(lab, epoch, size)
        for (lab, epoch), size in sorted(opened.projector.missing(entries).items())
    ]
    state = None if stored.state is None else read_purchase(stored.state)
    words = _Words(said)
    reckoned = reckon(state) if state is not None and can_reckon(state) else None
    names = opened.lab_names()
    problems = _problems(state, reckoned, said)
    return PurchaseAnswer(
        purchase=stored.root.hex(),
        state="unknown" if state is None else state.stage.value,
        complete=not missing and state is not None,
        missing=missing,
        organiser=state.organiser if state else "",
        organiser_name=names.get(state.organiser, "") if state else "",
        name=words.opening.get("name", ""),
        supplier=words.opening.get("supplier", ""),
        description=words.opening.get("description", ""),
        currency=state.currency if state else "",
        mode=state.mode if state else None,
        deadline=or_none(state.terms.deadline) if state else None,
        lines=_articles(state, reckoned, words) if state else [],
        parties=_parties(state, reckoned, words, names) if state else [],
        total=sum(each.share for each in reckoned.bearing.values()) if reckoned else 0,
        flags=_flags(state, problems) if state else [],
        problems=problems,
        can=_can(state, opened.lab) if state else [],
        entries=[] if brief else said,
    )


class _Words:
    """The words of details: of the purchase, of its articles, of bodies without a node."""

    def __init__(self, said: list[SaidAnswer]) -> None:
        self.opening: dict[str, Any] = {}
        self.articles: dict[int, dict[str, Any]] = {}
        self.bodies: dict[Party, str] = {}
        for one in said:
            detail = one.detail or {}
            if one.status not in ("counted", "suspended"):
                continue
            match one.what:
                case "purchase.open" | "purchase.amend":
                    self.opening |= {k: v for k, v in detail.items() if isinstance(v, str)}
                case "purchase.article":
                    self.articles[one.fact["article"]] = detail
                case "pledge.for" if detail.get("name"):
                    self.bodies[one.fact["body"]] = str(detail["name"])


def _articles(
    state: PurchaseState, reckoned: Reckoning | None, words: _Words
) -> list[ArticleAnswer]:
    return [
        _article(state, number, article, reckoned, words)
        for number, article in state.articles.items()
    ]


def _article(
    state: PurchaseState,
    number: int,
    article: PurchaseArticle,
    reckoned: Reckoning | None,
    words: _Words,
) -> ArticleAnswer:
    told = words.articles.get(number, {})
    wanted = [each.lines[number] for each in state.pledges.values() if number in each.lines]
    came = [each.line for each in state.delivered if each.line.article == number]
    steps = or_none(article.ladder) or ()
    return ArticleAnswer(
        article=number,
        name=str(told.get("name", "")),
        reference=str(told.get("reference", "")),
        unit=article.unit,
        pack=article.pack,
        grain=article.grain,
        rate=article.rate,
        ladder=[StepAnswer(step.packs, step.price) for step in steps],
        firm=sum(line.firm for line in wanted),
        more=sum(line.more for line in wanted),
        packs=reckoned.plan.packs.get(number, 0) if reckoned else 0,
        ordered=state.ordered.get(number, 0),
        accepted=sum(line.accepted for line in came),
        damaged=sum(or_none(line.damaged) or 0 for line in came),
        missing=sum(or_none(line.missing) or 0 for line in came),
    )


def _parties(
    state: PurchaseState,
    reckoned: Reckoning | None,
    words: _Words,
    names: dict[LabId, str],
) -> list[PartyAnswer]:
    shares = reckoned.bearing if reckoned else {}
    known = sorted({*state.last_pledges, *shares, *state.handed} - {STOCK})
    estimates = reckoned.plan.shares.totals() if reckoned else {}
    books = transactions(state) if reckoned else []
    answers = []
    for party in known:
        pledged, bearing = state.pledges.get(party), shares.get(party)
        answer = state.answers.get(party)
        paid = [
            each.cents if each.payer == party else -each.cents
            for each in state.payments
            if each.by == state.organiser and party in (each.payer, each.payee)
        ]
        answers.append(
            PartyAnswer(
                party=party,
                name=words.bodies.get(party) or names.get(party, ""),
                outside=party in state.bodies,
                cap=pledged.cap if pledged else None,
                mandate=state.mandates.get(party),
                lines=_wanted(state, reckoned, party, pledged),
                estimate=estimates.get(party, 0),
                called=state.calls.get(party),
                share=bearing.share if bearing else 0,
                excess=bearing.excess if bearing else 0,
                conceded=bearing.conceded if bearing else 0,
                due=bearing.due if bearing else 0,
                accepted=answer.cents if answer else None,
                answered=answer is not None,
                paid=sum(paid),
                balance=balance(books, state.organiser, party),
                own_balance=-balance(books, party, state.organiser),
                statement=state.statements.get(party),
            )
        )
    return answers


def _wanted(
    state: PurchaseState, reckoned: Reckoning | None, party: Party, pledged: Pledged | None
) -> list[WantedAnswer]:
    handed, received = state.handed.get(party, {}), state.received.get(party, {})
    goods = reckoned.goods if reckoned else {}
    lines = pledged.lines if pledged else {}
    given = {number for number, each in goods.items() if each.get(party)}
    return [
        WantedAnswer(
            article=number,
            firm=lines[number].firm if number in lines else 0,
            more=lines[number].more if number in lines else 0,
            cap=lines[number].cap if number in lines else None,
            allotted=goods.get(number, {}).get(party, 0),
            handed=handed.get(number, 0),
            received=received.get(number, 0),
        )
        for number in sorted({*lines, *given, *handed, *received})
    ]


def _problems(
    state: PurchaseState | None, reckoned: Reckoning | None, said: list[SaidAnswer]
) -> list[PurchaseProblem]:
    found = [
        PurchaseProblem(one.status, entry=one.entry, party=one.lab)
        for one in said
        if one.status not in ("counted", "replaced")
    ]
    if state is None or reckoned is None:
        return found
    for row in discrepancies(state, reckoned):
        if row.what == "omitted":
            continue  # it stands there as the entry that does not count
        entry = row.entries[0] if row.entries else None
        found.append(
            PurchaseProblem(
                row.what.value, entry, row.party, row.article, said=row.said, other=row.other
            )
        )
    for one in three_way(state) if state.papers else ():
        problem = PurchaseProblem(one.what.value, said=one.cents, other=one.quantity)
        setattr(problem, *one.line)
        found.append(problem)
    return found


def _flags(state: PurchaseState, problems: list[PurchaseProblem]) -> list[str]:
    codes = {each.code for each in problems}
    flags: list[str] = [name for name in ("omitted", "late", "suspended") if name in codes]
    if any(code.endswith("_differs") for code in codes):
        flags.append("differs")
    return flags


def _can(state: PurchaseState, lab: LabId) -> list[str]:
    """Return the facts that this lab may say now, as far as the stage alone decides."""
    if state.organiser == lab:
        kinds = set(MOVES[state.stage])
    else:
        helpers = or_none(state.terms.helpers) or ()
        powers = {power for helper in helpers if helper.lab == lab for power in helper.powers}
        under_way = state.stage in (Stage.SEALED, Stage.ORDERED, Stage.CLOSED)
        kinds = {kind for kind, power in HELPERS_MAY.items() if power in powers and under_way}
        names = _PARTICIPANT[state.stage] if lab in state.last_pledges else ()
        if state.stage is Stage.OPEN:
            names = (*names, "pledge")
        return sorted({*names, *(str(kind.__struct_config__.tag) for kind in kinds)})
    return sorted(str(kind.__struct_config__.tag) for kind in kinds)


_MONEY = ("payment.received", "payment.sent")
_GOODS = ("pledge.transfer", "purchase.receive", "share.accept", "share.dispute", "variance.accept")
_PARTICIPANT: dict[Stage, tuple[str, ...]] = {
    Stage.OPEN: ("mandate.grant", "pledge.withdraw", *_MONEY),
    Stage.SEALED: ("mandate.grant", *_GOODS, *_MONEY),
    Stage.ORDERED: ("mandate.grant", *_GOODS, *_MONEY),
    Stage.CLOSED: ("statement.agree", *_MONEY),
    Stage.CANCELLED: _MONEY,
}


def _said(opened: Opened, entries: list[Entry], statuses: Any) -> list[SaidAnswer]:
    """Return what was said: the organiser's and others' by time, each log in its own order."""
    ordered = sorted(entries, key=lambda e: (e.fact.at if e.fact else 0, e.lab, e.epoch, e.index))
    places = [Place(entry.lab, entry.epoch, entry.index) for entry in ordered]
    said = []
    for entry, blob in zip(ordered, opened.store.details_of(places), strict=True):
        fact = msgspec.to_builtins(entry.fact)
        status = Status(statuses.get(entry.id.hex(), entry.status))
        at, what = fact.pop("at"), fact.pop("t")
        kept = {key: value for key, value in fact.items() if key not in _HEAD}
        said.append(
            SaidAnswer(
                entry.id.hex(), entry.lab, at, what, status.name.lower(), kept, decoded(blob)
            )
        )
    return said


_HEAD = frozenset({"by", "e", "n", "purchase"})
