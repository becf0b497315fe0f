"""The words of loans between labs, as people read them."""

from fedlab.node.web.i18n import Language


def state_names(language: Language) -> dict[str, str]:
    """Name a loan's state."""
    _ = language.gettext
    return {
        "requested": _("asked"),
        "offered": _("offered"),
        "agreed": _("agreed"),
        "out": _("out"),
        "back": _("given back, to be confirmed"),
        "settling": _("to be settled"),
        "closed": _("over"),
        "declined": _("declined"),
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


def word_names(language: Language) -> dict[str, str]:
    """Name what this lab may say now."""
    _ = language.gettext
    return {
        "offer": _("Offer it"),
        "agree": _("Agree to the offer"),
        "hand-over": _("We have handed it over"),
        "receive": _("We have received it"),
        "give-back": _("We have given it back"),
        "take-back": _("We have taken it back"),
        "decline": _("Decline"),
        "cancel": _("Call it off"),
        "extend-ask": _("Ask for more time"),
        "extend": _("Give more time"),
        "recall": _("Ask for it back earlier"),
        "lapse": _("End it: no answer came"),
    }


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
        "worn": _("worn"),
        "dirty": _("dirty"),
        "scratched": _("scratched"),
        "incomplete": _("incomplete"),
        "broken": _("broken"),
        "unsafe": _("unsafe"),
        "missing": _("missing"),
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
