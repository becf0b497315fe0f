"""Sums of money as whole cents: what people type, read without guessing.

A treasurer types `1 234,50`, a supplier's sheet says `€1,234.50`. Both are 123,450 cents. What
could be read in two ways is refused, never guessed: `1,234` is one thousand to an Englishman and
a third decimal to a Frenchman. So are a third decimal, a sign, and any currency but the
purchase's: a purchase has one.
"""

import re
from typing import Final, Literal

from fedlab.protocol.errors import LocalProtocolError
from fedlab.protocol.limits import MONEY_MAX

CENTS: Final = 100  # of one unit of the currency

Reason = Literal[
    "ambiguous", "currency", "empty", "negative", "not_a_number", "third_decimal", "too_large"
]

_HINTS: Final[dict[Reason, str]] = {
    "ambiguous": "Write 1234 or 1 234 for thousands, 1,23 or 1.23 for cents.",
    "currency": "One purchase has one currency: convert first, or open another purchase.",
    "empty": "Write 0 if nothing is meant.",
    "negative": "Amounts have no sign; money back is a credit note or a refund.",
    "not_a_number": "Write digits, with at most two decimals: 1 234,50 or 1234.50.",
    "third_decimal": "Money has two decimals; round on the document, not here.",
    "too_large": f"At most {MONEY_MAX // CENTS:,}.",
}


class AmountError(LocalProtocolError, ValueError):
    """A text that is no sum of money; `reason` is for programs, the message for people."""

    def __init__(self, text: str, reason: Reason, said: str) -> None:
        super().__init__(f"{text[:40]!r}: {said}", _HINTS[reason])
        self.reason: Reason = reason


# What a currency is called besides its ISO 4217 code. A sign that many share (kr) is not here.
_SIGNS: Final = {"€": "EUR", "$": "USD", "£": "GBP", "EURO": "EUR", "EUROS": "EUR"}
_SPACES = re.compile(r"[ \t\u00a0\u2009\u202f]+")  # no-break, thin and narrow: as typesetters write
_CURRENCY = re.compile(r"[€$£¥]|[A-Za-z]+")
_MINUS = re.compile(r"[-−–(]")
_GROUPED_BY_SPACE = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?=[,.]|\Z)")
# By a sign only where another sign follows for the decimals, or where it comes twice.
_GROUPED_BY_SIGN = re.compile(
    r"[0-9]{1,3}(?:,[0-9]{3})+(?=\.)|[0-9]{1,3}(?:\.[0-9]{3})+(?=,)"
    r"|[0-9]{1,3}(?:(?:,[0-9]{3}){2,}|(?:\.[0-9]{3}){2,})\Z"
)
_NUMBER = re.compile(r"([0-9]+)(?:[.,]([0-9]*))?")


def parse_amount(text: str, currency: str = "EUR") -> int:
    """Return a typed sum in cents of the currency, an ISO 4217 code.

    Raises AmountError where it is not one, or could be two.
    """
    clean = _SPACES.sub(" ", text).strip()
    if not clean:
        raise AmountError(text, "empty", "no amount")
    named = {_SIGNS.get(word.upper(), word.upper()) for word in _CURRENCY.findall(clean)}
    if others := sorted(named - {currency}):
        raise AmountError(text, "currency", f"in {others[0]}, where {currency} is asked")
    number = _CURRENCY.sub(" ", clean).strip()
    if _MINUS.match(number):
        raise AmountError(text, "negative", "less than nothing")
    return _cents(text, _ungrouped(text, number))


def _ungrouped(text: str, number: str) -> str:
    """Return the number without separators of thousands."""
    if found := _GROUPED_BY_SPACE.match(number):
        return found[0].replace(" ", "") + number[found.end() :]
    if found := _GROUPED_BY_SIGN.match(number):
        return re.sub("[,.]", "", found[0]) + number[found.end() :]
    if re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", number):
        raise AmountError(text, "ambiguous", "thousands, or a third decimal?")
    return number


def _cents(text: str, number: str) -> int:
    found = _NUMBER.fullmatch(number)
    if found is None:
        raise AmountError(text, "not_a_number", "not an amount")
    whole, decimals = found[1], found[2] or ""
    if len(decimals) > 2:
        raise AmountError(text, "third_decimal", "more than two decimals")
    # Digits are counted first: a whole number of any length costs time to read.
    if len(whole.lstrip("0")) > len(str(MONEY_MAX)):
        raise AmountError(text, "too_large", "too much")
    cents = int(whole) * CENTS + int(decimals.ljust(2, "0"))
    if cents > MONEY_MAX:
        raise AmountError(text, "too_large", "too much")
    return cents


def spell_amount(cents: int) -> str:
    """Return cents as `-1234.50`: for messages and files; pages write sums as their reader does."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // CENTS}.{abs(cents) % CENTS:02}"
