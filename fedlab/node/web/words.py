"""The closed words of the facts (kinds, terms, units) as people read them."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, Protocol

from fedlab.node.service.answers import FreeSpan
from fedlab.node.web.i18n import Language

# Knowledge older than a day may be wrong about what is free.
STALE_SECONDS: Final = 86_400


# The conditions that lists of two languages write, and which of ours each is.
_CONDITIONS: Final = {
    "neuf": "new", "neuve": "new", "très bon": "very good", "très bon état": "very good",
    "bon": "good", "bon état": "good", "bonne": "good", "good condition": "good", "ok": "good",
    "moyen": "fair", "état moyen": "fair", "passable": "fair", "usé": "worn", "used": "worn",
    "usagé": "worn", "en panne": "broken", "hs": "broken", "hors service": "broken",
    "out of order": "broken", "à réparer": "to be repaired", "to repair": "to be repaired",
}  # fmt: skip


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


def condition_text(language: Language, written: str) -> str:
    """Return the condition of a thing; the usual words of one language in the other."""
    _ = language.gettext
    says = {
        "new": _("as new"),
        "very good": _("very good"),
        "good": _("good"),
        "fair": _("fair"),
        "worn": _("worn"),
        "broken": _("broken"),
        "to be repaired": _("to be repaired"),
    }
    word = written.strip().casefold()
    known = _CONDITIONS.get(word, word)
    return says[known] if known in says and word not in says.values() else written


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
        extra.append(_("caution %(price)s", price=language.money(item.deposit)))
    return ", ".join([name, *extra])


class Dated(Protocol):
    """What is said to be free is read from this."""

    @property
    def free(self) -> Sequence[FreeSpan]: ...
    @property
    def kind(self) -> str: ...
    @property
    def age_s(self) -> int | None: ...


def free_text(language: Language, hit: Dated, asked: Sequence[str] = ()) -> str:
    """Whether something is free, on the days asked for or now: `free from 3 Dec 2026`.

    Nothing is promised where the quantity is unknown or the news is old: `parts.fresh` says so.
    """
    _ = language.gettext
    if not hit.free or hit.kind == "skill" or hit.age_s is None or hit.age_s > STALE_SECONDS:
        return ""
    spans = hit.free
    if any(span.quantity is None for span in spans):
        return _("availability to be asked") if asked else ""
    free = [bool(span.quantity) for span in spans]
    if asked:
        return _("available on these days") if all(free) else ""
    if free[0]:
        taken = next((span for span, is_free in zip(spans, free, strict=True) if not is_free), None)
        if taken is None:
            return _("available")
        return _(
            "available, but taken from %(day)s", day=language.days(taken.day_from, taken.day_from)
        )
    again = next((span for span, is_free in zip(spans, free, strict=True) if is_free), None)
    if again is None:
        return _("taken for the time being")
    return _("taken, available from %(day)s", day=language.days(again.day_from, again.day_from))


@lru_cache(maxsize=4096)  # the same few on every page
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
