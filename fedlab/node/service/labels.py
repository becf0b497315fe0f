"""Labels of this lab's items: which, under which address, and as PDF where typst is installed."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import msgspec

from fedlab.formats.labels import SHEETS, Label, Sheet, fit_name, label_url, qr_path
from fedlab.inventory.catalogue import ItemView
from fedlab.node.addresses import check_public_url
from fedlab.node.errors import BadRequestError, ConflictError, MissingError
from fedlab.node.service import names
from fedlab.node.service.base import Opened
from fedlab.protocol.limits import LABELS_MAX, URL_CHARS_MAX

ADDRESS_KEY: Final = "label_address"
_SOURCE: Final = Path(__file__).with_name("labels.typ")
_APART: Final = re.compile(r"[\s,;+]+")


class AddressAnswer(msgspec.Struct):
    """The address that labels carry; empty until it is chosen."""

    address: str


class Labels:
    """The commands about labels."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def address(self) -> AddressAnswer:
        """Return the address that labels carry."""
        return AddressAnswer(self._opened.store.settings.get(ADDRESS_KEY))

    def set_address(self, address: str) -> AddressAnswer:
        """Choose the address that labels carry; raises BadRequestError if it is none."""
        checked = check_public_url(address.strip())
        if len(checked) > URL_CHARS_MAX:
            raise BadRequestError("this address is too long for a label", "give a shorter one")
        self._opened.store.settings.set(ADDRESS_KEY, checked)
        return AddressAnswer(checked)

    def choose(self, codes: str = "", kind: str = "", place: str = "") -> list[Label]:
        """Return the labels of the items named, or of all that are of a kind and at a place.

        Raises ConflictError before an address is chosen, NotFoundError for a code that is not this
        lab's, BadRequestError for more than can be printed at once.
        """
        address = self.address().address
        if not address:
            raise ConflictError(
                "labels need an address first: what phones open when they scan one",
                "choose it on the labels page",
                code="no_label_address",
            )
        found = self._named(codes) if codes.strip() else self._matching(kind, place)
        if len(found) > LABELS_MAX:
            raise BadRequestError(
                f"these are {len(found)} labels; {LABELS_MAX} can be printed at a time",
                "choose a kind, a place, or codes",
                code="too_many_labels",
            )
        lab = self._opened.lab
        return [
            Label(item.code, item.name, item.lab_name, label_url(address, lab, item.code))
            for item in found
        ]

    def places(self) -> list[str]:
        """Return where this lab's items stand."""
        offered = self._opened.projector.offered(self._opened.lab)
        return sorted({view.place for _, view in offered if view.place}, key=str.casefold)

    def pdf(
        self, sheet: str, start: int = 1, codes: str = "", kind: str = "", place: str = ""
    ) -> bytes:
        """Return sheets of labels as tagged PDF (PDF/UA-1); `start` is the first free label.

        Raises MissingError without typst, and as `choose` does.
        """
        return typeset(sheet_of(sheet), self.choose(codes, kind, place), start, self._language())

    def _named(self, codes: str) -> list[ItemView]:
        found = []
        for code in _APART.split(codes.strip()):
            name = names.item_code(code)
            state = self._opened.projector.state(self._opened.lab, name)
            item = self._opened.projector.item(self._opened.lab, name)
            if state is None or item is None or state.retired:
                raise BadRequestError(
                    f"no item of this lab has the code {name}",
                    "see `fedlab item list`",
                    code="no_such_code",
                )
            found.append(item)
        return found

    def _matching(self, kind: str, place: str) -> list[ItemView]:
        return [
            view
            for _, view in self._opened.projector.offered(self._opened.lab)
            if (not kind or view.kind == kind) and (not place or view.place == place)
        ]

    def _language(self) -> str:
        return self._opened.labs()[self._opened.lab].lang or "fr"


def sheet_of(key: str) -> Sheet:
    """Return a sheet by its key; raise BadRequestError if there is none."""
    try:
        return SHEETS[key]
    except KeyError:
        raise BadRequestError(f"no sheet is known as {key!r}", f"use {', '.join(SHEETS)}") from None


def can_typeset() -> bool:
    """Say whether typst is installed, the extra `pdf`."""
    return find_spec("typst") is not None


def typeset(sheet: Sheet, labels: list[Label], start: int, lang: str) -> bytes:
    """Return labels as tagged PDF; texts are handed to typst as data, never as its source."""
    if not can_typeset():
        raise MissingError(
            "PDF needs typst, which is not installed",
            "install it with `pip install 'fedlab[pdf]'`, or print the page from the browser",
        )
    import typst  # late: 25 MB that only a print needs

    document = {
        "lang": lang,
        "sheet": sheet,
        "skip": min(max(start, 1), sheet.labels) - 1,
        "labels": [_drawn(label, sheet) for label in labels],
    }
    pdf = typst.compile(
        _SOURCE.read_bytes(),
        format="pdf",
        sys_inputs={"document": msgspec.json.encode(document).decode()},
        pdf_standards=["ua-1"],
    )
    assert isinstance(pdf, bytes)
    return pdf


def _drawn(label: Label, sheet: Sheet) -> dict[str, Any]:
    side, path = qr_path(label.url)
    size, name = fit_name(label.name, sheet)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">'
        f'<path stroke="#000" d="{path}"/></svg>'
    )
    return {"code": label.code, "name": name, "lab": label.lab, "size": size, "svg": svg}
