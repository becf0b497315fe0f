"""French and English: messages, numbers, money, distances and times in words.

Messages live in `locale/<language>.po` and are read at start, without a compile step. The msgid
is the English text; French is the language of a browser that asks for neither.
"""

import datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date, format_interval, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

__all__ = ["LANGUAGES", "Language", "language", "negotiate"]

LANGUAGES: Final = ("fr", "en")
LOCALE_DIR: Final = Path(__file__).parent / "locale"
# Numbers, days and ages that are kept as words.
WORDED: Final = 4096


class Language:
    """Everything that a page says, in one language."""

    def __init__(self, code: str, messages: dict[str, tuple[str, ...]]) -> None:
        self.code = code
        self.locale = Locale.parse(code)
        self.messages = messages

    def gettext(self, message: str, **values: object) -> str:
        """The message in this language, `%(name)s` filled in."""
        text = self.messages.get(message, (message,))[0]
        return text % values if values else text

    def ngettext(self, one: str, many: str, count: float | Decimal, **values: object) -> str:
        """The message for a count: French uses the plural from 2 on, English for all but 1."""
        plural = count >= 2 if self.code == "fr" else count != 1
        forms = self.messages.get(one, (one, many))
        return forms[1 if plural else 0] % {"count": self.number(count), **values}

    def number(self, value: float | Decimal) -> str:
        """A number with its separators: `1 234,5`."""
        return _number(value, self.code)

    def money(self, cents: int, currency: str = "EUR") -> str:
        """An amount of cents: `12,50 €`."""
        return format_currency(Decimal(cents) / 100, currency, locale=self.locale)

    def percent(self, hundredths: int) -> str:
        """A rate of hundredths of a percent: `5,5 %`."""
        share = Decimal(hundredths) / 10_000
        return format_percent(share, locale=self.locale, decimal_quantization=False)

    def distance(self, km: float) -> str:
        """Whole kilometres beyond ten: nobody drives by the hundred metres."""
        return f"{self.number(round(km) if km >= 10 else round(km, 1))} km"

    def days(self, day_from: str, day_to: str) -> str:
        """A span of days, both included: `24–30 nov. 2026`."""
        return _days(day_from, day_to, self.code)

    def day_of(self, at: int) -> str:
        """The day on the lab's wall at Unix seconds: `28 mai 2026`."""
        day = datetime.datetime.fromtimestamp(at).astimezone().date()
        return format_date(day, "medium", locale=self.locale)

    def ago(self, seconds: float) -> str:
        """How long since, in words: `il y a 3 heures`."""
        return _ago(max(round(seconds), 1), self.code)

    def until(self, seconds: float) -> str:
        """How long from now, in words: `dans 3 heures`."""
        return format_timedelta(round(seconds), add_direction=True, locale=self.locale)


# Babel takes 80 µs for a number, and a page of the desk has hundreds, mostly the same few.


@lru_cache(maxsize=WORDED)
def _number(value: float | Decimal, code: str) -> str:
    return format_decimal(value, locale=language(code).locale)


@lru_cache(maxsize=WORDED)
def _days(day_from: str, day_to: str, code: str) -> str:
    first, last = datetime.date.fromisoformat(day_from), datetime.date.fromisoformat(day_to)
    return format_interval(first, last, "yMMMd", locale=language(code).locale)


@lru_cache(maxsize=WORDED)
def _ago(seconds: int, code: str) -> str:
    delta = datetime.timedelta(seconds=-seconds)
    return format_timedelta(delta, add_direction=True, locale=language(code).locale)


@cache
def language(code: str) -> Language:
    """One of `LANGUAGES`, loaded once."""
    path = LOCALE_DIR / f"{code}.po"
    messages: dict[str, tuple[str, ...]] = {}
    if path.exists():
        with path.open("rb") as file:
            for message in read_po(file, locale=code):
                forms = message.string if isinstance(message.string, tuple) else (message.string,)
                key = message.id[0] if isinstance(message.id, tuple) else message.id
                if key and all(forms):
                    messages[str(key)] = tuple(str(form) for form in forms)
    return Language(code, messages)


def negotiate(asked: str | None, cookie: str | None, accept: str, default: str) -> Language:
    """The language of one answer: what was clicked, then chosen before, then the browser's."""
    for code in (asked, cookie):
        if code in LANGUAGES:
            return language(code)
    ranked: list[tuple[float, str]] = []
    for part in accept.split(",")[:16]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        ranked.append((-weight, tag[:2].lower()))
    for _, code in sorted(ranked, key=lambda pair: pair[0]):
        if code in LANGUAGES:
            return language(code)
    return language(default if default in LANGUAGES else "fr")
