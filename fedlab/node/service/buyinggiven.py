"""What the calls about purchases are given: the lines of facts, with the words of their details.

Money is cents, quantities are thousandths, rates hundredths of a percent, as in the facts.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

from fedlab.protocol.limits import PURCHASE_ARTICLES_MAX, PURCHASE_CHARGES_MAX

Text = Annotated[str, Meta(max_length=4_000)]
Name = Annotated[str, Meta(max_length=200)]


class _Given(Struct, kw_only=True, forbid_unknown_fields=True):
    """A line that somebody gives."""


class ChargeGiven(_Given, kw_only=True):
    """What comes on top, and by what it is split; the name is in the detail."""

    charge: int
    net: int
    rate: int = 2000
    basis: str = "value"
    name: Name = ""


class HelperGiven(_Given, kw_only=True):
    """A lab that acts for the organiser."""

    lab: str
    powers: list[str]


class StepGiven(_Given, kw_only=True):
    """From so many packs on, each costs so much, net."""

    packs: int
    price: int


class ArticleGiven(_Given, kw_only=True):
    """One article; without a ladder it is no longer offered."""

    article: Annotated[int, Meta(ge=1, le=PURCHASE_ARTICLES_MAX)]
    unit: str = "piece"
    pack: int = 1000
    grain: int = 1000
    rate: int = 2000
    grams: int | None = None
    ladder: list[StepGiven] = []
    name: Name = ""
    reference: Name = ""


class TermsGiven(_Given, kw_only=True):
    """What holds for the whole purchase; names and texts are in the detail."""

    mode: str | None = None
    currency: str = "EUR"
    deadline: str | None = None
    charges: Annotated[list[ChargeGiven], Meta(max_length=PURCHASE_CHARGES_MAX)] = []
    helpers: list[HelperGiven] = []
    passes: int | None = None
    passes_rate: int | None = None
    need: str | None = None
    name: Name = ""
    supplier: Name = ""
    description: Text = ""


class WantedGiven(_Given, kw_only=True):
    """So much for certain, up to `more` if that helps, at most `cap` a unit, landed."""

    article: int
    firm: int
    more: int | None = None
    cap: int | None = None


class PacksGiven(_Given, kw_only=True):
    """So many packs of an article."""

    article: int
    packs: int


class CameGiven(_Given, kw_only=True):
    """What came of an article, perhaps instead of another."""

    article: int
    accepted: int
    damaged: int | None = None
    missing: int | None = None
    instead: int | None = None


class MovedGiven(_Given, kw_only=True):
    """So much of an article changes hands."""

    article: int
    quantity: int


class InvoicedGiven(_Given, kw_only=True):
    """A line of a document, net."""

    article: int
    quantity: int
    net: int
    rate: int


class ChargedGiven(_Given, kw_only=True):
    """A charge on a document, net."""

    charge: int
    net: int
    rate: int


class RateGiven(_Given, kw_only=True):
    """What a document states for one rate."""

    rate: int
    net: int
    vat: int


class SumGiven(_Given, kw_only=True):
    """A sum for one party."""

    party: str
    cents: int


def fields_of(given: Struct, *without: str) -> dict[str, Any]:
    """Return those fields of what is given that say something, for a fact."""
    return {
        name: value
        for name in given.__struct_fields__
        if name not in without and (value := getattr(given, name)) not in (None, "", [])
    }


def said_of(given: CameGiven | WantedGiven) -> dict[str, Any]:
    """Return the fields of a line as `fields_of`, without extra quantities of nothing."""
    nothing = {name for name in ("damaged", "missing", "more") if not getattr(given, name, 0)}
    return fields_of(given, *nothing)
