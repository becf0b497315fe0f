"""Check digits of what people copy by hand: references (ISO 11649) and IBANs (ISO 13616).

Both are ISO 7064, MOD 97-10: the first four signs go last, letters count from A = 10, and the
number that this spells leaves 1 when it is divided by 97. One wrong sign, or two neighbours that
changed places, always leaves something else.
"""

import re
from typing import Final

_REFERENCE: Final = re.compile(r"RF[0-9]{2}[A-Z0-9]{1,21}")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_SPACES: Final = re.compile(r"[ \u00a0\u202f-]")
# How long an account is where most of ours are; elsewhere only the check digits are looked at.
_LENGTHS: Final = {"BE": 16, "CH": 21, "DE": 22, "ES": 24, "FR": 27, "IT": 27, "LU": 20, "MC": 27}


def _rest(text: str) -> int:
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97


def reference_of(body: str) -> str:
    """Return the reference that carries 1 to 21 capitals and digits."""
    reference = f"RF{98 - _rest('RF00' + body):02}{body}"
    assert _REFERENCE.fullmatch(reference)
    return reference


def read_reference(text: str) -> str | None:
    """Return a reference as it is kept, without spaces; None where a digit of it is wrong."""
    reference = _SPACES.sub("", text).upper()
    return reference if _REFERENCE.fullmatch(reference) and _rest(reference) == 1 else None


def read_iban(text: str) -> str | None:
    """Return an IBAN as it is kept, without spaces; None where a digit of it is wrong."""
    iban = _SPACES.sub("", text).upper()
    if not _IBAN.fullmatch(iban) or _rest(iban) != 1:
        return None
    return iban if len(iban) == _LENGTHS.get(iban[:2], len(iban)) else None
