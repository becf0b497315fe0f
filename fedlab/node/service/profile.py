"""What this lab says of itself: name, place, hours, contact, legal form."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from fedlab.inventory.catalogue import LabView
from fedlab.inventory.facts import (
    LEGAL_FORMS,
    MOBILITIES,
    PLACE_KINDS,
    VAT_STATUSES,
    LabProfile,
)
from fedlab.node.errors import BadRequestError
from fedlab.node.service.base import Opened
from fedlab.node.writer import Draft, fact_of
from fedlab.protocol.entry import decode_detail, encode_detail
from fedlab.protocol.limits import LAB_NAME_CHARS_MAX, LAB_TEXT_CHARS_MAX, SALT_BYTES

Text = Annotated[str, Meta(max_length=LAB_TEXT_CHARS_MAX)] | UnsetType | None
Degrees = float | UnsetType | None


class ProfileChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to change of the profile: absent fields stay, None or an empty one clears."""

    kind: str | UnsetType | None = UNSET
    form: str | UnsetType | None = UNSET
    vat: str | UnsetType | None = UNSET
    mobility: str | UnsetType | None = UNSET

    name: Text = UNSET
    description: Text = UNSET
    address: Text = UNSET
    hours: Text = UNSET
    contact: Text = UNSET
    url: Text = UNSET
    lang: Text = UNSET
    lat: Degrees = UNSET
    lon: Degrees = UNSET


LANGUAGES: Final = ("fr", "en")
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": PLACE_KINDS,
    "form": LEGAL_FORMS,
    "vat": VAT_STATUSES,
    "mobility": MOBILITIES,
    "lang": LANGUAGES,
}
_FACT_FIELDS: Final = ("kind", "form", "vat", "mobility")
_DETAIL_FIELDS: Final = (
    "name", "description", "address", "hours", "contact", "url", "lang", "lat", "lon",
)  # fmt: skip


class Profile:
    """The commands about this lab's own profile."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def show(self) -> LabView:
        """Return what this lab says of itself."""
        return self._opened.projector.lab(self._opened.lab)

    def set(self, change: ProfileChange) -> LabView:
        """Change what this lab says of itself; nothing is signed if nothing changes."""
        fields = {name: getattr(change, name) for name in change.__struct_fields__}
        given = {name: value for name, value in fields.items() if value is not UNSET}
        fact, detail = self._said()
        merged = _merged({**fact, **detail}, given)
        _check(merged)
        new_fact: dict[str, Any] = {
            name: merged.pop(name) for name in _FACT_FIELDS if name in merged
        }
        if (new_fact, merged) != (fact, detail):
            self._opened.append_one(profile_draft(new_fact, merged))
        return self.show()

    def _said(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the fact and the detail of the profile as they stand, unknown keys too."""
        state = self._opened.projector.lab_state(self._opened.lab)
        if state is None or state.profile is None or state.entry is None:
            return {}, {}
        (blob,) = self._opened.store.details(
            self._opened.lab, state.entry.epoch, state.entry.index, state.entry.index + 1
        )
        fact: dict[str, Any] = {name: getattr(state.profile, name) for name in _FACT_FIELDS}
        told = {name: value for name, value in fact.items() if value is not UNSET}
        return told, decode_detail(blob[SALT_BYTES:]) if blob else {}


def profile_draft(fact: Mapping[str, str], detail: Mapping[str, Any]) -> Draft:
    """Return a profile to be signed; raise BadRequestError for a word that is none."""
    _check({**fact, **detail})
    return Draft(fact_of(LabProfile, fact), encode_detail(dict(detail)))


def clean_name(text: str) -> str:
    """Return a lab's name with single spaces; raise BadRequestError if it cannot be one."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= LAB_NAME_CHARS_MAX or not name.isprintable():
        raise BadRequestError(
            f"a lab's name has 1 to {LAB_NAME_CHARS_MAX} printable characters", "give --name"
        )
    return name


def _merged(said: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(said)
    for name, value in given.items():
        if value is None or value == "":
            merged.pop(name, None)
        else:
            merged[name] = value
    merged["name"] = clean_name(str(merged.get("name", "")))
    return merged


def _check(fields: Mapping[str, Any]) -> None:
    for name, words in WORDS.items():
        if fields.get(name) is not None and fields[name] not in words:
            raise BadRequestError(f"{fields[name]!r} is no {name}", f"one of {', '.join(words)}")
    if (fields.get("lat") is None) != (fields.get("lon") is None):
        raise BadRequestError("latitude and longitude go together", "give both, or clear both")
    for name, most in (("lat", 90), ("lon", 180)):
        value = fields.get(name)
        if value is not None and not -most <= value <= most:
            raise BadRequestError(f"{name} lies between -{most} and {most}", "in decimal degrees")
    url = fields.get("url")
    if url and not url.startswith(("http://", "https://")):
        raise BadRequestError("the website begins with http:// or https://", "give it whole")
