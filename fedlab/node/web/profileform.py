"""The form about the lab itself: read into the profile, with a word beside what is wrong."""

from collections.abc import Iterable, Mapping
from typing import Any

from fedlab.inventory.placing import read_point
from fedlab.node.service.profile import WORDS
from fedlab.node.web.i18n import Language
from fedlab.protocol.limits import LAB_NAME_CHARS_MAX, LAB_TEXT_CHARS_MAX

TEXTS = ("name", "description", "address", "hours", "contact", "url")


def read_profile(
    form: Mapping[str, Any], names: Iterable[str], language: Language
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the fields as the profile takes them, and for each one that is wrong, why.

    `place` becomes `lat` and `lon`, None when it is empty.
    """
    _ = language.gettext
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name in names:
        text = form.get(name, "")
        text = text.strip() if isinstance(text, str) else ""
        if name == "place":
            point = read_point(text) if text else None
            values["lat"], values["lon"] = point or (None, None)
            if text and point is None:
                problems[name] = _("No coordinates are found in this. Paste two numbers, such as 48.39, -4.49, or the link of a map that is centred on the lab.")  # fmt: skip  # noqa: E501
        elif name in WORDS:
            values[name] = text
            if text and text not in WORDS[name]:
                problems[name] = _("Choose one of the list.")
        else:
            values[name] = " ".join(text.split()) if name == "name" else text.replace("\r\n", "\n")
            if problem := _text_problem(name, values[name], language):
                problems[name] = problem
    return values, problems


def _text_problem(name: str, text: str, language: Language) -> str:
    _ = language.gettext
    most = LAB_NAME_CHARS_MAX if name == "name" else LAB_TEXT_CHARS_MAX
    if len(text) > most:
        return _("At most %(count)s characters.", count=language.number(most))
    if name == "name" and not text:
        return _("Give the lab a name.")
    if name == "name" and not text.isprintable():
        return _("This name holds characters that cannot be shown.")
    if name == "url" and text and not text.startswith(("http://", "https://")):
        return _("The address of a website begins with %(start)s.", start="https://")
    return ""


def place_text(lat: float | None, lon: float | None) -> str:
    """Return a place as it can be typed again."""
    return "" if lat is None or lon is None else f"{lat}, {lon}"
