"""What a loan waits for: whose turn it is in plain words, and this lab's word that is next."""

from typing import Any, Final

from fedlab.node.members.roles import Right
from fedlab.node.web.access import Person
from fedlab.node.web.i18n import Language

# What binds the lab, and what is said at its counter.
TERMS: Final = (
    *("offer", "agree", "settle", "accept", "extend", "extend-ask", "recall"),
    *("decline", "cancel", "lapse", "dispute"),
)
COUNTER: Final = ("hand-over", "receive", "take-back", "give-back", "report")
MOVES: Final = ("hand-over", "receive", "give-back", "take-back")
_WAYS: Final = (("counter", COUNTER, Right.LEND), ("terms", TERMS, Right.EDIT_ITEMS))

# Of what nobody answers: only that can be ended by one side.
_SILENT: Final = frozenset({"expired", "not_fetched", "stale", "withdrawn", "overdue"})
_NEXT_OF_LENDER: Final = {
    "requested": "offer",
    "agreed": "hand-over",
    "out": "take-back",
    "back": "take-back",
    "settling": "settle",
}
_NEXT_OF_BORROWER: Final = {"offered": "agree", "agreed": "receive", "out": "give-back"}


def words_of(loan: dict[str, Any], here: str, person: Person) -> list[tuple[str, str]]:
    """Return what somebody may say of a loan for this lab, with its way; what is next, first."""
    found = [
        (way, word)
        for way, words, right in _WAYS
        if person.may(right)
        for word in words
        if word in loan["can"] and word != "dispute" and _leads(loan, word)
    ]
    pressing = next_word(loan, here)
    return sorted(found, key=lambda pair: pair[1] != pressing)


def next_word(loan: dict[str, Any], here: str) -> str:
    """Return the word of this lab's that a loan waits for; none while the other's is awaited."""
    flags, state = loan["flags"], loan["state"]
    if loan["lender"] == here:
        if "cancel_asked" in flags:
            return "cancel"
        if "extension_asked" in flags:
            return "extend"
        if state == "settling" and "settlement_asked" in flags:
            return ""
        return _NEXT_OF_LENDER.get(state, "")
    if "settlement_asked" in flags:
        return "accept"
    if state == "out" and any(line["handed"] > line["received"] for line in loan["lines"]):
        return "receive"
    return _NEXT_OF_BORROWER.get(state, "")


def step_text(language: Language, loan: dict[str, Any], here: str) -> str:
    """Say who is to do what next; nothing where a loan is over."""
    _, word, state = language.gettext, next_word(loan, here), loan["state"]
    ours = loan["lender"] == here
    lab = loan["borrower_name" if ours else "lender_name"] or _("the other lab")
    if word:
        day_from, day_to = (_day(language, loan[name]) for name in ("day_from", "day_to"))
        return {
            "offer": _("Answer %(lab)s: offer it, or decline.", lab=lab),
            "agree": _("Read the offer, then agree to it or call it off."),
            "hand-over": _("Hand it over from %(day)s on.", day=day_from),
            "receive": _("Fetch it from %(day)s on.", day=day_from)
            if state == "agreed"
            else _("%(lab)s says that you have it: say so too.", lab=lab),
            "give-back": _("Bring it back by %(day)s.", day=day_to)
            if day_to
            else _("Bring it back."),
            "take-back": _("Expected back by %(day)s.", day=day_to)
            if state == "out" and day_to
            else _("Say that you have it back, and in which condition."),
            "settle": _("Say how it ends: damage, and what becomes of the caution."),
            "accept": _("Look at the settlement, then accept it or say what is not so."),
            "extend": _("%(lab)s asks for more time: say until when.", lab=lab),
            "cancel": _("%(lab)s asks to call it off.", lab=lab),
        }[word]
    return {
        "requested": _("%(lab)s has yet to answer.", lab=lab),
        "offered": _("%(lab)s has yet to agree to the offer.", lab=lab),
        "back": _("%(lab)s has yet to say that it has it back.", lab=lab),
        "settling": _("%(lab)s has yet to answer the settlement.", lab=lab)
        if ours
        else _("%(lab)s has yet to say how it ends.", lab=lab),
    }.get(state, "")


def _leads(loan: dict[str, Any], word: str) -> bool:
    """Say whether a word that may count has something to be about."""
    if word in MOVES:
        return any(word in line["left"] for line in loan["lines"])
    if word == "accept":
        return "settlement_asked" in loan["flags"]
    if word == "settle":  # before anything has gone out there is nothing to settle
        return any(line["handed"] or line["received"] for line in loan["lines"])
    if word == "decline":  # later it is called off
        return loan["state"] in ("requested", "declined")
    if word == "lapse":
        return loan["state"] == "settling" or not _SILENT.isdisjoint(loan["flags"])
    return True


def _day(language: Language, day: str | None) -> str:
    return language.days(day, day) if day else ""
