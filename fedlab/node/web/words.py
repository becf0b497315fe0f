"""The closed words of the facts (kinds, terms, units) as people read them."""

from decimal import Decimal
from typing import Protocol

from fedlab.node.web.i18n import Language


class Priced(Protocol):
    """What a term's price is read from."""

    price: int | None
    hourly: int | None
    deposit: int | None


def kind_name(language: Language, kind: str) -> str:
    """`tool` is *machine ou outil*; a kind newer than this fedlab is shown as it is written."""
    _ = language.gettext
    return {
        "tool": _("tool or machine"),
        "material": _("material"),
        "skill": _("skill"),
    }.get(kind, kind)


def term_name(language: Language, term: str, item: Priced | None = None) -> str:
    """A term, with its price when an item is given: `use on site, €6.00 an hour`."""
    _ = language.gettext
    name = {
        "use": _("use on site"),
        "lend": _("loan"),
        "give": _("gift"),
        "sell": _("sale"),
        "help": _("help"),
    }.get(term, term)
    if item is None:
        return name
    extra = []
    if term in ("use", "help") and item.hourly:
        extra.append(_("%(price)s an hour", price=language.money(item.hourly)))
    if term == "lend" and item.price:
        name = _("rental")
        extra.append(language.money(item.price))
    if term == "sell" and item.price:
        extra.append(language.money(item.price))
    if term == "lend" and item.deposit:
        extra.append(_("deposit %(price)s", price=language.money(item.deposit)))
    return ", ".join([name, *extra])


def quantity_text(language: Language, thousandths: int | None, unit: str) -> str:
    """How much: `2,5 m²`, `3 rouleaux`, `4` for pieces; *unknown* where nobody counted."""
    _ = language.gettext
    if thousandths is None:
        return _("unknown quantity")
    ngettext = language.ngettext
    count = Decimal(thousandths) / 1000
    counted = {
        "piece": language.number(count),
        "bag": ngettext("%(count)s bag", "%(count)s bags", count),
        "board": ngettext("%(count)s board", "%(count)s boards", count),
        "bottle": ngettext("%(count)s bottle", "%(count)s bottles", count),
        "box": ngettext("%(count)s box", "%(count)s boxes", count),
        "can": ngettext("%(count)s can", "%(count)s cans", count),
        "cartridge": ngettext("%(count)s cartridge", "%(count)s cartridges", count),
        "day": ngettext("%(count)s day", "%(count)s days", count),
        "hour": ngettext("%(count)s hour", "%(count)s hours", count),
        "pack": ngettext("%(count)s pack", "%(count)s packs", count),
        "pair": ngettext("%(count)s pair", "%(count)s pairs", count),
        "roll": ngettext("%(count)s roll", "%(count)s rolls", count),
        "set": ngettext("%(count)s set", "%(count)s sets", count),
        "sheet": ngettext("%(count)s sheet", "%(count)s sheets", count),
        "spool": ngettext("%(count)s spool", "%(count)s spools", count),
        "tube": ngettext("%(count)s tube", "%(count)s tubes", count),
    }
    measure = unit.replace("2", "²").replace("3", "³")
    return counted.get(unit, f"{language.number(count)}\u00a0{measure}")
