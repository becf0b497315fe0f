"""How people name labs, items and entries, and which one is meant.

Commands that only read take a prefix of a lab's id or its exact name. Commands that write take the
full id, or the name of a lab that this one vouched for: a stranger may call itself anything.
"""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from fedlab.inventory.facts import CODE_RE
from fedlab.node.errors import BadRequestError, NotFoundError
from fedlab.protocol.entry import LabId

_FULL_ID: Final = re.compile(r"[0-9a-f]{64}")
_PREFIX: Final = re.compile(r"[0-9a-f]{4,63}")
# An entry's id is looked up by an unambiguous prefix of at least this many digits.
ENTRY_PREFIX: Final = re.compile(r"[0-9a-f]{8,64}")


def lab_to_read(text: str, names: Mapping[LabId, str]) -> LabId:
    """Return the lab meant by an id, an exact name or a prefix; raise NotFoundError if it is none.

    Raises BadRequestError when several labs could be meant, naming them.
    """
    lowered = text.strip().lower()
    if lowered in names:
        return lowered
    if named := [lab for lab, name in names.items() if name == text.strip()]:
        return _only(named, text, names)
    begun = [lab for lab in names if lab.startswith(lowered)]
    if begun and _PREFIX.fullmatch(lowered):
        return _only(begun, text, names)
    raise NotFoundError(
        f"no lab is known here as {text!r}", "see `fedlab peers`, or give more of its id"
    )


def lab_to_write(text: str, names: Mapping[LabId, str], vouched: AbstractSet[LabId]) -> LabId:
    """Return the lab meant by a full id or a vouched lab's name; raise NotFoundError if none.

    Raises BadRequestError when several vouched labs bear that name.
    """
    lowered = text.strip().lower()
    if _FULL_ID.fullmatch(lowered):
        return lowered
    named = [lab for lab in vouched if names.get(lab) == text.strip()]
    if not named:
        raise NotFoundError(f"this lab vouches for no lab named {text!r}", _full_id(text, names))
    return _only(named, text, names)


def _full_id(text: str, names: Mapping[LabId, str]) -> str:
    """Say that the full id is wanted, and which it is if the text names one lab known here."""
    try:
        lab = lab_to_read(text, names)
    except (NotFoundError, BadRequestError):
        return "a command that writes takes the lab's full id, 64 hex digits"
    who = f"{names[lab]} " if names[lab] and names[lab] != text.strip() else ""
    return f"if you mean the lab {who}known here, give its full id: {lab}"


def _only(labs: Iterable[LabId], text: str, names: Mapping[LabId, str]) -> LabId:
    first, *others = sorted(labs)
    if others:
        choices = "; ".join(
            f"{lab[:12]}… {names.get(lab, '')}".rstrip() for lab in [first, *others]
        )
        raise BadRequestError(f"{text!r} could be {choices}", "give more of the lab's id")
    return first


def item_parts(text: str) -> tuple[str | None, str]:
    """Return lab (None for this one) and code; raise BadRequestError if the code cannot be one.

    A lab's name may hold a slash, a code never does.
    """
    lab, slash, code = text.strip().rpartition("/")
    return (lab if slash else None), item_code(code)


def item_code(text: str) -> str:
    """Return a code as it is written; raise BadRequestError if it cannot be one."""
    code = text.strip().upper()
    if not CODE_RE.fullmatch(code):
        raise BadRequestError(
            f"{text!r} is not an item's code",
            "a code is 1 to 32 of A-Z 0-9 - . and begins with a letter or a digit",
        )
    return code
