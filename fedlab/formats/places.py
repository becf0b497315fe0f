"""An address and a contact, as people write them, taken apart for those who want fields.

What is not recognised stays where it was: a street keeps the whole address, and no number is
made up.
"""

import re
from typing import Final, NamedTuple

# The last five digits with a name behind them, so that a house number is not taken for a postcode.
_TOWN: Final = re.compile(r"(?:^|[\s,;])(?:F-?)?(\d{5})\s+([^\W\d][^,;\n]*)")
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE: Final = re.compile(
    r"(?<![\w+])(?:(?:\+|00)33\s?(?:\(0\)\s?)?|0)([1-9](?:[\s.-]?\d{2}){4})(?!\d)"
)


class Address(NamedTuple):
    """A French address; a part that is not there is empty."""

    street: str
    postcode: str
    city: str


def read_address(text: str) -> Address:
    """Return the parts of `2 rue Borda, 29200 Brest`; all of it is the street where none shows."""
    towns = list(_TOWN.finditer(text))
    if not towns:
        return Address(" ".join(text.split()), "", "")
    town = towns[-1]
    street = " ".join(text[: town.start()].split()).rstrip(",; ")
    return Address(street, town[1], " ".join(town[2].split()))


def read_emails(text: str) -> list[str]:
    """Return the e-mail addresses in a text, each once."""
    return list(dict.fromkeys(found.rstrip(".-") for found in _EMAIL.findall(text)))


def read_phone(text: str) -> str:
    """Return the first French telephone number in a text as `+33298000000`, or nothing."""
    found = _PHONE.search(text)
    return "+33" + re.sub(r"\D", "", found[1]) if found else ""
