"""The forms about a loan, as they were filled in; each is read into what the service takes."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fedlab.node.days import is_day
from fedlab.node.numbers import decimal
from fedlab.node.web.i18n import Language
from fedlab.node.web.itemform import text_of
from fedlab.node.web.loansteps import MOVES

Loan = dict[str, Any]
Reader = Callable[[Language, Any, Loan], dict[str, Any]]

_CHOICES: Final = ("risk", "carrying", "caution_kind")
_TEXTS: Final = ("faults", "use")


def read_form(language: Language, word: str, posted: Any, loan: Loan) -> dict[str, Any]:
    """Return what a form says beside its loan. Raises ValueError with what was wrong."""
    said = {"note": note} if (note := text_of(posted, "note").strip()) else {}
    reader = _moved if word in MOVES else _READERS.get(word)
    return said if reader is None else said | reader(language, posted, loan)


def number_of(language: Language, posted: Any, name: str) -> int | None:
    """Return a quantity in thousandths; None where nothing was typed. Raises ValueError."""
    typed = text_of(posted, name).strip()
    number = decimal(typed, 3) if typed else None
    if typed and number is None:
        raise ValueError(language.gettext("Write a number such as 2 or 2.5."))
    return number


def _money(language: Language, posted: Any, name: str) -> int | None:
    typed = text_of(posted, name).strip()
    cents = decimal(typed, 2) if typed else None
    if typed and cents is None:
        raise ValueError(language.gettext("Write an amount such as 12.50."))
    return cents


def _day(language: Language, posted: Any, name: str) -> str:
    day = text_of(posted, name).strip()
    if day and not is_day(day):
        raise ValueError(language.gettext("This is not a day. Write it as 2026-03-31."))
    return day


def _terms(language: Language, posted: Any, loan: Loan) -> dict[str, Any]:
    """Read the terms of an offer."""
    terms: dict[str, Any] = {
        name: text_of(posted, name).strip() for name in (*_CHOICES, *_TEXTS)
    } | {name: _day(language, posted, name) for name in ("day_from", "day_to", "until")}
    terms = {name: text for name, text in terms.items() if text}
    for name in ("fee", "caution"):
        if (cents := _money(language, posted, name)) is not None:
            terms[name] = cents
    if "caution" not in terms:
        terms.pop("caution_kind", None)
    values = [
        {"line": line["line"], "value": cents}
        for line in loan["lines"]
        if (cents := _money(language, posted, f"value-{line['line']}")) is not None
    ]
    return {"terms": terms | ({"values": values} if values else {})}


def _moved(language: Language, posted: Any, loan: Loan) -> dict[str, Any]:
    """Read what changes hands, line by line; a line left empty or at 0 stays where it is.

    A form with no quantities, the one button at the counter, moves what it names, or everything.
    """
    lines = []
    for line in loan["lines"]:
        number = line["line"]
        if f"q-{number}" not in posted and f"c-{number}" not in posted:
            continue
        quantity = number_of(language, posted, f"q-{number}")
        if quantity == 0 or (quantity is None and f"q-{number}" in posted):
            continue
        condition = text_of(posted, f"c-{number}")
        lines.append(
            {"line": number}
            | ({"quantity": quantity} if quantity else {})
            | ({"condition": condition} if condition else {})
        )
    if not lines and any(name.startswith("q-") for name in posted):
        raise ValueError(language.gettext("Write how many, at least of one."))
    return {"lines": lines} if lines else {}


def _settled(language: Language, posted: Any, loan: Loan) -> dict[str, Any]:
    lines = []
    for line in loan["lines"]:
        number = line["line"]
        ended = {
            "damage": _money(language, posted, f"damage-{number}"),
            "kept": number_of(language, posted, f"kept-{number}"),
            "lost": number_of(language, posted, f"lost-{number}"),
        }
        if some := {name: value for name, value in ended.items() if value}:
            lines.append({"line": number, **some})
    sums = {name: _money(language, posted, name) for name in ("fee", "caution_kept")}
    said: dict[str, Any] = {name: cents for name, cents in sums.items() if cents is not None}
    return said | ({"lines": lines} if lines else {})


def _report(language: Language, posted: Any, loan: Loan) -> dict[str, Any]:
    line = text_of(posted, "line")
    said: dict[str, Any] = {"kind": text_of(posted, "kind") or "other"}
    return said | ({"line": int(line)} if line.isascii() and line.isdigit() else {})


def _dispute(language: Language, posted: Any, loan: Loan) -> dict[str, Any]:
    return {"about": text_of(posted, "about")} | _reason(language, posted, loan)


def _reason(language: Language, posted: Any, loan: Loan) -> dict[str, Any]:
    return {"reason": text_of(posted, "reason") or "other"}


def _until(language: Language, posted: Any, loan: Loan) -> dict[str, Any]:
    if day := _day(language, posted, "day"):
        return {"day_to": day}
    raise ValueError(language.gettext("This is not a day. Write it as 2026-03-31."))


def _recall(language: Language, posted: Any, loan: Loan) -> dict[str, Any]:
    return _until(language, posted, loan) | _reason(language, posted, loan)


_READERS: Final[Mapping[str, Reader]] = {
    "offer": _terms,
    "decline": _reason,
    "cancel": _reason,
    "extend-ask": _until,
    "extend": _until,
    "recall": _recall,
    "settle": _settled,
    "report": _report,
    "dispute": _dispute,
}
