"""The form of an item: as it is shown, as it was typed, and what is to change by it."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec
from aiohttp import web

from fedlab.inventory.facts import CODE_RE, KINDS, TERMS, UNITS
from fedlab.node.service.answers import ItemAnswer
from fedlab.node.service.items import ItemChange
from fedlab.node.web import words
from fedlab.node.web.i18n import LANGUAGES, Language
from fedlab.protocol.limits import BUFFER_DAYS_MAX, MONEY_MAX, QUANTITY_MAX

_TEXTS: Final = (
    "name", "category", "description", "place", "brand", "model", "serial", "condition", "care",
    "safety", "ref", "lang",
)  # fmt: skip
_MONEY: Final = ("price", "hourly", "deposit", "value")
_TEXT_CHARS_MAX: Final = 4_000
_CLOSED: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": KINDS,
    "unit": UNITS,
    "lang": ("", *LANGUAGES),
}
_SPACES: Final = str.maketrans("", "", " \u00a0\u202f€")


class ItemForm(msgspec.Struct):
    """An item's fields as text, what is wrong with them by field, and the change they ask for."""

    typed: dict[str, str]
    terms: tuple[str, ...]
    errors: dict[str, str] = {}
    change: ItemChange = msgspec.field(default_factory=ItemChange)

    @property
    def changes(self) -> bool:
        """Whether anything is to change."""
        return self.change != ItemChange()


def blank_form(lang: str) -> ItemForm:
    """Return the form of an item that is not there yet."""
    names = (*_TEXTS, *_MONEY, "code", "quantity", "buffer", "tags", "training")
    return ItemForm({**dict.fromkeys(names, ""), "kind": "tool", "unit": "piece", "lang": lang}, ())


def form_of(item: ItemAnswer, language: Language) -> ItemForm:
    """Return the form of an item as it is."""
    typed = {name: getattr(item, name) for name in (*_TEXTS, "kind", "unit", "code")}
    for name in _MONEY:
        typed[name] = _plain(getattr(item, name), 100, language)
    typed["quantity"] = _plain(item.quantity, 1000, language)
    typed["buffer"] = "" if item.buffer is None else str(item.buffer)
    typed["tags"] = ", ".join(item.tags)
    typed["training"] = ", ".join(item.training)
    return ItemForm(typed, item.terms)


def read_form(posted: Mapping[str, Any], before: ItemForm, language: Language) -> ItemForm:
    """Return the form with what was typed; a field that was not sent stays as it is."""
    reader = _Reader(before, language)
    for name in before.typed:
        value = posted.get(name)
        if isinstance(value, str) and name != "code":
            reader.take(name, value.strip().replace("\r\n", "\n"))
    terms = before.terms
    if "with_terms" in posted:
        terms = tuple(term for term in TERMS if f"term_{term}" in posted)
        if terms != before.terms:
            reader.fields["terms"] = terms
    change = ItemChange() if reader.errors else ItemChange(**reader.fields)
    return ItemForm({**before.typed, **reader.typed}, terms, reader.errors, change)


class _Reader:
    def __init__(self, before: ItemForm, language: Language) -> None:
        self.before = before
        self.language = language
        self.typed: dict[str, str] = {}
        self.errors: dict[str, str] = {}
        self.fields: dict[str, Any] = {}

    def take(self, name: str, text: str) -> None:
        """Take one field; what is as before asks for no change."""
        self.typed[name] = text
        if text == self.before.typed[name] and (name != "name" or text):
            return
        if name in _MONEY:
            self._number(name, text, 100, MONEY_MAX)
        elif name == "quantity":
            self._number(name, text, 1000, QUANTITY_MAX)
        elif name == "buffer":
            self._number(name, text, 1, BUFFER_DAYS_MAX)
        elif name in ("tags", "training"):
            self._list(name, text)
        else:
            self._text(name, text)

    def _text(self, name: str, text: str) -> None:
        _ = self.language.gettext
        if name == "name" and not text:
            self.errors[name] = _("Write a name: what people call it.")
        elif len(text) > _TEXT_CHARS_MAX:
            most = self.language.number(_TEXT_CHARS_MAX)
            self.errors[name] = _("Too long: at most %(most)s characters.", most=most)
        elif name in _CLOSED and text not in _CLOSED[name]:
            self.errors[name] = _("Choose one of the list.")
        else:
            self.fields[name] = text

    def _list(self, name: str, text: str) -> None:
        words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
        if name == "training":
            words = tuple(word.upper() for word in words)
            if wrong := next((word for word in words if not CODE_RE.fullmatch(word)), None):
                said = self.language.gettext("“%(code)s” is no item’s code.", code=wrong)
                self.errors[name] = said
                return
        self.fields[name] = words

    def _number(self, name: str, text: str, parts: int, most: int) -> None:
        _ = self.language.gettext
        if not text:
            self.fields[name] = None
            return
        try:
            number = Decimal(text.translate(_SPACES).replace(",", ".")) * parts
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            self.errors[name] = _("Write a number, such as 12 or 2.5.")
        elif number != number.to_integral_value() or not 0 <= number <= most:
            shown = self.language.number(Decimal(most) / parts)
            self.errors[name] = _(
                "Write a number from 0 to %(most)s, with fewer decimals.", most=shown
            )
        else:
            self.fields[name] = int(number)


def read_code(posted: Mapping[str, Any], language: Language) -> tuple[str, str]:
    """Return the code that was typed for a new item, and what is wrong with it."""
    code = str(posted.get("code", "")).strip().upper()
    if code and not CODE_RE.fullmatch(code):
        said = language.gettext(
            "A code has 1 to 32 letters A–Z, digits, hyphens and dots, and no spaces."
        )
        return code, said
    return code, ""


def unit_name(language: Language, unit: str) -> str:
    """Return a unit as it stands after a number of several."""
    two = words.quantity_text(language, 2000, unit)
    return two.removeprefix(language.number(2)).strip() or language.gettext("pieces")


def reason_name(language: Language, reason: str) -> str:
    """Return why something is held, in words; a newer reason as it is written."""
    _ = language.gettext
    return {
        "event": _("event"),
        "lent": _("lent"),
        "lost": _("not to be found"),
        "maintenance": _("in repair or maintenance"),
        "other": _("another reason"),
        "own": _("used by the lab itself"),
        "reserved": _("reserved"),
        "tour": _("on tour"),
    }.get(reason, reason)


def text_of(request_data: Mapping[str, Any], name: str) -> str:
    """Return a field of a posted form as text; empty for none, and for a file."""
    value = request_data.get(name, "")
    return "" if isinstance(value, web.FileField) else str(value).strip()


def _plain(number: int | None, parts: int, language: Language) -> str:
    if number is None:
        return ""
    text = f"{Decimal(number) / parts:f}"
    return text.replace(".", ",") if language.code == "fr" else text
