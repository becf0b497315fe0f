"""Opening hours as OpenStreetMap writes them (`Mo-Fr 10:00-18:00; Sa off`), in words.

Only the everyday part of that syntax is read, which is what labs write; anything else is shown as
it was written.
"""

import re
from typing import Final

from babel.dates import get_day_names

from fedlab.node.web.i18n import Language

_DAYS: Final = {"Mo": 0, "Tu": 1, "We": 2, "Th": 3, "Fr": 4, "Sa": 5, "Su": 6}
_DAY: Final = "(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)"
_TIME: Final = r"[0-2]?[0-9]:[0-5][0-9]-[0-2]?[0-9]:[0-5][0-9]"
_RULE: Final = re.compile(
    rf"(?:({_DAY}(?:-{_DAY})?(?:, ?{_DAY}(?:-{_DAY})?)*) )?(off|closed|{_TIME}(?:, ?{_TIME})*)"
)
# Nobody's week has more rules; a longer text is shown as it is.
_CHARS_MAX: Final = 400


def hours_in_words(language: Language, text: str) -> list[str]:
    """Return a line for each rule; the text itself where it is not of that syntax."""
    if text.strip() == "24/7":
        return [language.gettext("day and night, every day")]
    rules = [_RULE.fullmatch(part.strip()) for part in text.strip().rstrip(";").split(";")]
    if len(text) > _CHARS_MAX or not all(rules):
        return [text]
    return [_rule(language, rule[1] or "", rule[2]) for rule in rules if rule]


def _rule(language: Language, days: str, times: str) -> str:
    _ = language.gettext
    when = ", ".join(_span(language, part.strip()) for part in days.split(",") if part.strip())
    if times in ("off", "closed"):
        return _("%(days)s: closed", days=when or _("every day"))
    hours = ", ".join(part.strip().replace("-", "\u2013") for part in times.split(","))
    return _("%(days)s: %(hours)s", days=when or _("every day"), hours=hours)


def _span(language: Language, part: str) -> str:
    names = get_day_names("wide", locale=language.locale)

    def name(day: str) -> str:
        return language.gettext("public holidays") if day == "PH" else str(names[_DAYS[day]])

    return "\u2013".join(map(name, part.split("-")))
