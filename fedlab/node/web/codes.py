"""What somebody typed or scanned where a code is asked: a label's address, LAB/CODE, or a code."""

import re
from typing import Final, NamedTuple

from fedlab.node.errors import ServiceError
from fedlab.node.service import Service

_LABEL: Final = re.compile(r"(?:(?:https?://)?[^/\s]+)?/I/([0-9a-f]{4,64})/([^/\s?#]+)", re.I)
_NAMED: Final = re.compile(r"([0-9a-f]{8,64})/(\S+)", re.I)
_CHARS_MAX: Final = 300


class Typed(NamedTuple):
    """An item that exists; `sure` says that the text cannot be meant as a word to search."""

    lab: str
    code: str
    sure: bool

    @property
    def url(self) -> str:
        """The item's page."""
        return f"/I/{self.lab}/{self.code}"


def typed_item(service: Service, text: str) -> Typed | None:
    """Return the item that a text names, this lab's where it is a mere code; None if it is none."""
    text = text.strip()
    if not text or len(text) > _CHARS_MAX:
        return None
    match = _LABEL.fullmatch(text) or _NAMED.fullmatch(text)
    try:
        lab, code = service.opened.item_to_read(f"{match[1]}/{match[2]}" if match else text)
    except ServiceError:
        return None
    if service.projector.state(lab, code) is None or ("/" in text and not match):
        return None
    return Typed(lab, code, match is not None or any(not sign.isalpha() for sign in text))
