"""A lab's identity as six words, to be compared on the telephone.

The first 66 bits of the lab's id, eleven for each word of the BIP-39 lists that recovery words are
made of: both labs see the same words, and another lab with the same six would take 2⁶⁶ foundings.
"""

from functools import cache
from typing import Final

from fedlab.protocol.entry import LabId

WORDS: Final = 6
_BITS: Final = 11  # 2,048 words in a list
_LISTS: Final = {"fr": "french", "en": "english"}


def identity_words(lab: LabId) -> dict[str, list[str]]:
    """Return the words of a lab's id, by language."""
    number = int(lab, 16) >> (len(lab) * 4 - WORDS * _BITS)
    places = [(number >> _BITS * (WORDS - 1 - n)) & (2**_BITS - 1) for n in range(WORDS)]
    return {code: [_words(name)[place] for place in places] for code, name in _LISTS.items()}


@cache
def _words(name: str) -> tuple[str, ...]:
    from mnemonic import Mnemonic  # late: few commands need it

    return tuple(Mnemonic(name).wordlist)
