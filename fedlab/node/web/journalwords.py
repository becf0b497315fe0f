"""The private journal in sentences: what somebody did, as one would tell it to a colleague.

A line of the journal has the route that was used and the path it was used on. `_told` has words for
each route that writes; a test walks `ROUTES` and fails where one has none.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from fedlab.node.web.i18n import Language

_PART: Final = re.compile(r"\{(\w+)\}")


class Line(NamedTuple):
    """What was done, and the page that shows what it was done to."""

    text: str
    href: str = ""


def line_of(language: Language, what: str, subject: str) -> Line:
    """Return a line of the journal in words; one of a newer fedlab is shown as it was noted."""
    text = _told(language).get(what)
    if text is None:
        return Line(f"{what} {subject}".strip())
    route = what.partition(" ")[2]
    parts = _parts_of(route, subject)
    names = {name: parts.get(name, "") for name in _PART.findall(route)}
    return Line(text % names if names else text, _page_of(route, parts))


def _parts_of(route: str, path: str) -> Mapping[str, str]:
    found = _pattern(route).fullmatch(path) if route else None
    return found.groupdict() if found else {}


@cache
def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(_PART.sub(r"(?P<\1>[^/]+)", route))


def _page_of(route: str, parts: Mapping[str, str]) -> str:
    """Return where to look at what was changed, if a page shows it."""
    pages = {
        "/desk/item/": "/desk/item/{code}",
        "/item/": "/desk/item/{code}",
        "/counter/lend/": "/desk/item/{code}",
        "/counter/loans/": "/counter/loans/{loan}",
        "/members/{number}": "/members/{number}",
        "/desk/import/{number}": "/desk/import/{number}",
        "/api/v1/items/": "/desk/item/{code}",
        "/purchase/{purchase}/": "/purchase/{purchase}",
    }
    for begins, page in pages.items():
        if route.startswith(begins) and all(name in parts for name in _PART.findall(page)):
            return page.format(**parts)
    return ""


def _told(language: Language) -> dict[str, str]:
    _ = language.gettext
    return {
        "login": _("signed in"),
        "login refused": _("could not sign in: name and password do not go together"),
        "login by link or card": _("signed in by a link or a card"),
        "POST /login": _("signed in"),
        "POST /logout": _("signed out"),
        "POST /enter/{secret}": _("signed in by a link or a card"),
        "POST /account/password": _("chose a password"),
        "POST /account/calendar": _("made a new address for calendars"),
        "POST /account/devices/{number}/end": _("signed a device out"),
        "POST /account/tokens": _("made a token for a program"),
        "POST /account/tokens/{number}/end": _("ended a token"),
        # --- items ---
        "POST /api/v1/items": _("added an item, by a program"),
        "PATCH /api/v1/items/{lab}/{code}": _("changed %(code)s, by a program"),
        "DELETE /api/v1/items/{lab}/{code}": _("took %(code)s out of the inventory, by a program"),
        "POST /desk/new": _("added an item"),
        "POST /desk/item/{code}": _("changed %(code)s"),
        "POST /desk/item/{code}/retire": _("took %(code)s out of the inventory"),
        "POST /desk/item/{code}/hold": _("held %(code)s back"),
        "POST /desk/item/{code}/release": _("released %(code)s"),
        "POST /desk/item/{code}/seen": _("saw that %(code)s is still here"),
        "POST /item/{code}/photos": _("added a photo of %(code)s"),
        "POST /item/{code}/photos/{name}/remove": _("took a photo of %(code)s away"),
        "POST /desk/walk": _("began or ended a walk"),
        "POST /desk/walk/seen": _("saw on the walk that something is still here"),
        "POST /desk/import": _("gave a file to import"),
        "POST /desk/import/undo": _("took the last import back"),
        "POST /desk/import/{number}": _("chose how the columns of a file are read"),
        "POST /desk/import/{number}/run": _("imported a file"),
        "POST /labels/address": _("chose the address that labels carry"),
        # --- members ---
        "POST /members": _("added a member"),
        "POST /members/import": _("imported a list of members"),
        "POST /members/{number}": _("changed member %(number)s"),
        "POST /members/{number}/end": _("ended the membership of member %(number)s"),
        "POST /members/{number}/back": _("took member %(number)s back"),
        "POST /members/{number}/link": _("made a one-time link for member %(number)s"),
        "POST /members/{number}/card": _("made a card for member %(number)s"),
        # --- counter ---
        "POST /counter/lend/{code}": _("lent %(code)s"),
        "POST /counter/loans/{loan}/return": _("took loan %(loan)s back"),
        "POST /counter/loans/{loan}/extend": _("gave loan %(loan)s another day"),
        "POST /counter/reminders/{reminder}/told": _("told a borrower of the day"),
        "POST /counter/mail": _("changed how mail is sent"),
        "POST /api/v1/counter/loans": _("lent something, by a program"),
        "POST /api/v1/counter/loans/{loan}/return": _("took loan %(loan)s back, by a program"),
        "POST /api/v1/counter/loans/{loan}/extend": _(
            "gave loan %(loan)s another day, by a program"
        ),
        # --- loans between labs ---
        "POST /loans/ask/{lab}/{code}": _("asked another lab for %(code)s"),
        "POST /loan/{loan}/terms/{word}": _("said something about a loan with another lab"),
        "POST /loan/{loan}/counter/{word}": _("said something about a loan with another lab"),
        "POST /loans/wish/{lab}/{code}": _("wished for %(code)s of another lab"),
        "POST /wishes/{number}/pass": _("passed a member’s wish on to another lab"),
        "POST /wishes/{number}/decline": _("answered a member’s wish with no"),
        "POST /wishes/{number}/withdraw": _("took a wish back"),
        "POST /api/v1/loans": _("asked another lab for something, by a program"),
        "POST /api/v1/loans/{loan}/terms/{word}": _(
            "said something about a loan with another lab, by a program"
        ),
        "POST /api/v1/loans/{loan}/counter/{word}": _(
            "said something about a loan with another lab, by a program"
        ),
        # --- group purchases ---
        "POST /purchases": _("proposed a group purchase"),
        "POST /purchase/{purchase}/terms/{word}": _("said something about a group purchase"),
        "POST /purchase/{purchase}/goods/{word}": _("noted goods of a group purchase"),
        "POST /purchase/{purchase}/money/{word}": _("noted money of a group purchase"),
        # --- needs ---
        "POST /needs": _("published a need"),
        "POST /need/{need}/join": _("joined a need"),
        "POST /need/{need}/close": _("closed a need"),
        "POST /api/v1/needs": _("published a need, by a program"),
        "POST /api/v1/needs/{need}/join": _("joined a need, by a program"),
        "POST /api/v1/needs/{need}/close": _("closed a need, by a program"),
        # --- network, settings, backups ---
        "POST /network/invite": _("made an invitation"),
        "POST /network/withdraw": _("withdrew an invitation"),
        "POST /network/join": _("accepted an invitation"),
        "POST /network/vouch": _("vouched for a lab"),
        "POST /network/unvouch": _("no longer vouches for a lab"),
        "POST /network/block": _("blocked a lab"),
        "POST /network/unblock": _("unblocked a lab"),
        "POST /network/bundle": _("read a file of the network"),
        "POST /setup/code": _("began the set-up"),
        "POST /setup/account": _("made the first account"),
        "POST /setup/{step}": _("did a step of the set-up"),
        "POST /settings": _("changed what the lab says of itself"),
        "POST /backups": _("chose where backups go"),
        "POST /backups/now": _("made a backup"),
        "POST /backups/off": _("switched backups off"),
    }
