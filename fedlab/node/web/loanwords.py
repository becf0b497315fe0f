"""The words of loans between labs, as people read them."""

from typing import Any, Final

from fedlab.node.web import words
from fedlab.node.web.i18n import Language

_MOVING: Final = ("loan.hand_over", "loan.receive", "loan.give_back", "loan.take_back")


def state_names(language: Language) -> dict[str, str]:
    """Name a loan's state."""
    _ = language.gettext
    return {
        "requested": _("asked"),
        "offered": _("on offer"),
        "agreed": _("agreed upon"),
        "out": _("out"),
        "back": _("given back, to be confirmed"),
        "settling": _("to be settled"),
        "closed": _("over"),
        "declined": _("refused"),
        "cancelled": _("cancelled"),
        "lapsed": _("lapsed"),
        "unknown": _("not known here yet"),
    }


def flag_names(language: Language) -> dict[str, str]:
    """Name what is to be looked at."""
    _ = language.gettext
    return {
        "overdue": _("overdue"),
        "expired": _("no answer in time"),
        "not_fetched": _("not fetched"),
        "stale": _("nothing said for two weeks"),
        "unconfirmed": _("only one lab has said so"),
        "differs": _("the two labs do not count the same"),
        "contested": _("contested"),
        "cancel_asked": _("cancelling asked"),
        "withdrawn": _("the borrower no longer wants it"),
        "extension_asked": _("more time asked"),
        "recalled": _("wanted back"),
        "settlement_asked": _("a settlement waits for an answer"),
        "caution_held": _("the caution is still held"),
    }


def said_names(language: Language) -> dict[str, str]:
    """Name what a lab has said."""
    _ = language.gettext
    return {
        "loan.request": _("asked for it"),
        "loan.offer": _("offered it"),
        "loan.decline": _("declined"),
        "loan.agree": _("agreed"),
        "loan.cancel": _("called it off"),
        "loan.lapse": _("ended it without an answer"),
        "loan.hand_over": _("handed it over"),
        "loan.receive": _("received it"),
        "loan.extend_ask": _("asked for more time"),
        "loan.extend": _("gave more time"),
        "loan.recall": _("wants it back"),
        "loan.report": _("reported something"),
        "loan.dispute": _("disputes what was said"),
        "loan.give_back": _("gave it back"),
        "loan.take_back": _("took it back"),
        "loan.settle": _("said how it ends"),
        "loan.accept": _("accepted the settlement"),
    }


def word_names(language: Language, state: str) -> dict[str, str]:
    """Name what this lab may say of a loan in a state."""
    _ = language.gettext
    return {
        "offer": _("Offer it") if state == "requested" else _("Offer it otherwise"),
        "agree": _("Agree to the offer"),
        "hand-over": _("We have handed it over"),
        "receive": _("We have received it"),
        "give-back": _("We have given it back"),
        "take-back": _("We have taken it back"),
        "settle": _("Say how it ends"),
        "accept": _("Accept the settlement"),
        "report": _("Tell of damage, a fault or a loss"),
        "decline": _("Decline"),
        "cancel": _("Call it off"),
        "extend-ask": _("Ask for more time"),
        "extend": _("Give more time"),
        "recall": _("Ask for it back earlier"),
        "lapse": _("End it: no answer came"),
    }


def report_names(language: Language) -> dict[str, str]:
    """Name what may have happened."""
    _ = language.gettext
    return {
        "broken": _("broken"),
        "worn": _("worn"),
        "incomplete": _("incomplete"),
        "dangerous": _("dangerous to use"),
        "lost": _("lost"),
        "stolen": _("stolen"),
        "found": _("found again"),
        "repaired": _("repaired"),
        "accident": _("an accident"),
        "other": _("something else"),
    }


def dispute_names(language: Language) -> dict[str, str]:
    """Name what may not be so."""
    _ = language.gettext
    return {
        "quantity": _("the number"),
        "condition": _("the condition"),
        "amount": _("the amount"),
        "date": _("the day"),
        "never_received": _("we never received it"),
        "never_given_back": _("it was never given back"),
        "never_agreed": _("we never agreed to it"),
        "other": _("something else"),
    }


def carrying_names(language: Language) -> dict[str, str]:
    """Name who carries it."""
    _ = language.gettext
    return {
        "borrower": _("the borrower"),
        "lender": _("the lender"),
        "meet": _("both meet half-way"),
        "shared": _("in turns"),
        "post": _("the post"),
        "other": _("otherwise"),
    }


def caution_names(language: Language) -> dict[str, str]:
    """Name in which form a caution is given."""
    _ = language.gettext
    return {
        "cheque": _("by cheque"),
        "cash": _("in cash"),
        "transfer": _("by transfer"),
        "card": _("by card"),
        "promise": _("as a promise"),
        "other": _("otherwise"),
    }


def said_more(language: Language, entry: dict[str, Any], loan: dict[str, Any]) -> list[str]:
    """Return what an entry says beyond its name: days, sums, and what changed hands."""
    _, fact, what = language.gettext, entry["fact"], entry["what"]
    found = []
    if "from" in fact:
        found.append(language.days(fact["from"], fact.get("to") or fact["from"]))
    elif "to" in fact:
        found.append(_("until %(day)s", day=language.days(fact["to"], fact["to"])))
    for name, label in (("fee", _("Fee")), ("caution", _("Caution"))):
        if name in fact:
            found.append(f"{label}{_(':')} {language.money(fact[name])}")
    if what in _MOVING:
        found += [_moved(language, one, loan) for one in fact.get("lines", ())]
    elif what == "loan.settle":
        for one in fact.get("lines", ()):
            name, unit = _item(loan, one["line"]), loan["lines"][one["line"]]["unit"]
            if one.get("damage"):
                found.append(f"{name}{_(':')} {_('damage')} {language.money(one['damage'])}")
            for key, label in (("lost", _("lost")), ("kept", _("kept by the borrower"))):
                if one.get(key):
                    many = words.quantity_text(language, one[key], unit)
                    found.append(f"{name}{_(':')} {label} {many}")
        if fact.get("caution_kept"):
            kept = language.money(fact["caution_kept"])
            found.append(_("%(sum)s kept of the caution", sum=kept))
    if what == "loan.report":
        about = _item(loan, fact["line"]) if "line" in fact else ""
        names = report_names(language)
        found.append(" ".join(filter(None, (about, names.get(fact["kind"], fact["kind"])))))
    elif what == "loan.dispute":
        found.append(dispute_names(language).get(fact["reason"], fact["reason"]))
    elif "reason" in fact:
        named = reason_names(language).get(what.removeprefix("loan."), {})
        found.append(named.get(fact["reason"], fact["reason"].replace("_", " ")))
    return found


def slot_text(language: Language, line: dict[str, Any]) -> str:
    """Return the day and the hours of what is used on site."""
    hours = (f"{minute // 60}:{minute % 60:02}" for minute in (line["starts"], line["ends"]))
    return f"{language.days(line['day'], line['day'])}, {'–'.join(hours)}"


def _moved(language: Language, moved: dict[str, Any], loan: dict[str, Any]) -> str:
    lines, number = loan["lines"], moved["line"]
    unit = lines[number]["unit"] if number < len(lines) else "piece"
    condition = moved.get("condition", "")
    told = condition_names(language).get(condition, condition)
    many = words.quantity_text(language, moved["quantity"], unit)
    return f"{many} × {_item(loan, number)}" + (f" ({told})" if told else "")


def _item(loan: dict[str, Any], number: int) -> str:
    lines = loan["lines"]
    name = lines[number]["name"] if number < len(lines) else ""
    return str(name) or f"n°{number + 1}"


def risk_names(language: Language) -> dict[str, str]:
    """Name who bears an accident."""
    _ = language.gettext
    return {
        "borrower": _("the borrower"),
        "borrower_insured": _("the borrower’s insurance"),
        "lender": _("the lender"),
        "lender_insured": _("the lender’s insurance"),
        "shared": _("both"),
    }


def condition_names(language: Language) -> dict[str, str]:
    """Name in which condition it came back."""
    _ = language.gettext
    return {
        "good": _("good"),
        "as_new": _("as new"),
        "worn": _("worn"),
        "dirty": _("dirty"),
        "scratched": _("scratched"),
        "incomplete": _("incomplete"),
        "broken": _("broken"),
        "unsafe": _("unsafe"),
        "missing": _("missing"),
        "used_up": _("used up"),
    }


def reason_names(language: Language) -> dict[str, dict[str, str]]:
    """Name the usual reasons for declining, calling off and wanting it back."""
    _ = language.gettext
    return {
        "decline": {
            "taken": _("taken on these days"),
            "damaged": _("damaged"),
            "not_lent": _("not lent"),
            "training": _("a training is lacking"),
            "other": _("for another reason"),
        },
        "cancel": {
            "no_longer": _("no longer wanted"),
            "found_elsewhere": _("found elsewhere"),
            "mistake": _("a mistake"),
            "damaged": _("damaged"),
            "other": _("for another reason"),
        },
        "recall": {
            "needed": _("needed here"),
            "damage": _("damaged"),
            "danger": _("dangerous to use"),
            "other": _("for another reason"),
        },
    }
