"""The closed words of the facts (kinds, terms, units) as people read them."""

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


def unit_name(language: Language, unit: str) -> str:
    """Units of measure are written alike in both languages; what is counted is not."""
    _ = language.gettext
    return {
        "bag": _("bags"),
        "board": _("boards"),
        "bottle": _("bottles"),
        "box": _("boxes"),
        "can": _("cans"),
        "cartridge": _("cartridges"),
        "day": _("days"),
        "hour": _("hours"),
        "pack": _("packs"),
        "pair": _("pairs"),
        "piece": _("pcs"),
        "roll": _("rolls"),
        "set": _("sets"),
        "sheet": _("sheets"),
        "spool": _("spools"),
        "tube": _("tubes"),
    }.get(unit, unit)
