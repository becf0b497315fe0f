"""The desk of loans between labs: what is to be done, by how it presses; and asking for an item."""

from typing import Any, Final

from aiohttp import web

from fedlab.node.days import day_after, today
from fedlab.node.members.roles import Right
from fedlab.node.web.access import person_of
from fedlab.node.web.i18n import Language
from fedlab.node.web.keys import node_of
from fedlab.node.web.loansteps import next_word, step_text
from fedlab.node.web.loanwords import (
    condition_names,
    dispute_names,
    flag_names,
    said_more,
    said_names,
    state_names,
)
from fedlab.node.web.pages import language_of, render

routes = web.RouteTableDef()

# What is due within so many days stands by itself: the day after tomorrow can still be prepared.
DUE_DAYS: Final = 2


@routes.get("/loans")
async def loans(request: web.Request) -> web.StreamResponse:
    """Loans with other labs that are not over, by what is to be done; or those that are."""
    node, ended, language = node_of(request), "ended" in request.query, language_of(request)
    found = (await node.call("loan_list", {"ended": ended}))["loans"]
    here, day = node.service.opened.lab, today()
    wishes: list[dict[str, Any]] = []
    if not ended and person_of(request).may(Right.EDIT_ITEMS):
        wishes = (await node.call("wish_list", {}))["wishes"]
    shown = [
        loan | {"step": step_text(language, loan, here), "turn": bool(next_word(loan, here))}
        for loan in found
    ]
    groups = _grouped(language, shown, here, day, ended=ended)
    return render(
        request,
        "loans.html",
        page="loans",
        groups=groups,
        wishes=wishes,
        ended=ended,
        here=here,
        state_name=state_names(language),
        flag_name=flag_names(language),
    )


@routes.get("/loans/differences")
async def differences(request: web.Request) -> web.StreamResponse:
    """Every place where two labs' words differ, with both statements."""
    node, language = node_of(request), language_of(request)
    rows = (await node.call("loan_differences", {}))["discrepancies"]
    for row in rows:
        if row["about"]:
            loan = await node.call("loan_show", {"loan": row["loan"]})
            entry = next(one for one in loan["entries"] if one["entry"] == row["about"])
            said = said_names(language).get(entry["what"], entry["what"])
            row["told"] = ", ".join([said, *said_more(language, entry, loan)])
    return render(
        request,
        "loan_differences.html",
        page="loans",
        rows=rows,
        disputes=dispute_names(language),
        conditions=condition_names(language),
    )


def group_of(loan: dict[str, Any], here: str, day: str) -> str:
    """Return where a loan stands on the desk: once, where it presses most."""
    flags, state, ours = loan["flags"], loan["state"], loan["lender"] == here
    if "contested" in flags or "differs" in flags:
        return "contested"
    if "overdue" in flags:
        return "overdue"
    if state in ("requested", "offered"):
        return "asked"
    if state == "agreed":
        if loan["day_from"] > day:
            return "later"
        return "hand_over" if ours else "fetch"
    if state == "out":
        due = min(filter(None, (loan["day_to"], loan["recalled"])), default=None)
        return "due" if due and due <= day_after(day, DUE_DAYS) else "out"
    return {"back": "back", "settling": "settling"}.get(state, "other")


def _grouped(
    language: Language, found: list[dict[str, Any]], here: str, day: str, *, ended: bool
) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Return the loans by group, in each those first of which this lab is to say something."""
    _ = language.gettext
    if ended:
        return [("ended", _("Over"), found)] if found else []
    titles = {
        "contested": _("The two labs do not say the same"),
        "overdue": _("Overdue"),
        "asked": _("Asked"),
        "hand_over": _("To hand over today"),
        "fetch": _("To fetch today"),
        "due": _("Due"),
        "back": _("Coming back"),
        "settling": _("To settle"),
        "out": _("Out"),
        "later": _("Agreed for later"),
        "other": _("Others"),
    }
    groups: dict[str, list[dict[str, Any]]] = {key: [] for key in titles}
    for loan in sorted(found, key=lambda loan: (not loan["turn"], loan["day_to"] or "")):
        groups[group_of(loan, here, day)].append(loan)
    return [(key, titles[key], group) for key, group in groups.items() if group]
