"""Numbers as people write them in cells: amounts with units, sums of money, days, yes and no.

Whatever is not plainly a number is *unknown*, never zero and never guessed; the caller keeps the
cell's text beside it. `1 234,5` and `1,234.5` are read alike; `1,234` alone depends on whether
the file writes decimals with a comma, and is unknown if nothing tells.
"""

import re
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from fedlab.formats.text import fold, folded, one_line
from fedlab.protocol import limits

_NUMBER = r"\d{1,3}(?:[ '’]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*"
_ABOUT = (
    r"(?:~|≈|±|>=?|≥|env(?:iron)?\b\.?|ca\b\.?|approx\b\.?|about\b|plus de\b|over\b|[x×](?=\s?\d))"
)
_QUANTITY = re.compile(rf"{_ABOUT}?\s*({_NUMBER})\s*\+?\s*([^\W\d_²³][\w²³.]*|[x×])?\s*(\(.*\))?")
_MONEY = re.compile(
    rf"(?:€|eur(?:os?)?\b)?\s*({_NUMBER})\s*(?:(?:€|euros?|eur)\s*(\d\d)?)?\s*(?:ttc|ht)?\s*"
    r"(?:(?:/|par|per|de l['’]|l['’]|the|an)?\s*(h|heure|hour|hr|jour|day|j|d)s?\b\.?)?",
    re.IGNORECASE,
)
_DAYS = re.compile(r"(\d{1,3})\s*(?:j|d|jours?|days?)?", re.IGNORECASE)


_CHARS_MAX = 200


class Amount(NamedTuple):
    """How much: thousandths, or None for unknown; and the unit if the text names one."""

    thousandths: int | None
    unit: str = ""


class Sum(NamedTuple):
    """An amount of euros in cents, or None; `per` is `hour` or `day` where the text says so."""

    cents: int | None
    per: str = ""


# Words for units: the unit of `inventory.facts` they mean, and how many of it one is. Boxes and
# spools count as themselves: how much is in one is for the text to say.
_UNITS: dict[str, tuple[str, Fraction]] = {}


def _define(unit: str, words: str, factor: Fraction | int = 1) -> None:
    _UNITS.update({fold(word): (unit, Fraction(factor)) for word in words.split("|")})


_define(
    "piece", "pièce|pièces|pce|pces|pc|pcs|piece|pieces|unité|unités|unit|units|u|ex|exemplaire"
)
_define("piece", "exemplaires|each|ea|stück|stk|item|items|x|×")
_define("kg", "kg|kilo|kilos|kilogramme|kilogrammes|kilogram|kilograms")
_define("kg", "t|tonne|tonnes", 1000)
_define("g", "g|gr|gramme|grammes|gram|grams")
_define("g", "mg|milligramme|milligrammes", Fraction(1, 1000))
_define("m", "m|mètre|mètres|metre|metres|meter|meters")
_define("cm", "cm|centimètre|centimètres|centimetre|centimetres")
_define("mm", "mm|millimètre|millimètres|millimetre|millimetres")
_define("m2", "m2|mètre carré|mètres carrés|sqm|square metre|square meter")
_define("m3", "m3|mètre cube|mètres cubes|cubic metre|cubic meter")
_define("l", "l|litre|litres|liter|liters")
_define("ml", "ml|millilitre|millilitres|milliliter|milliliters")
_define("ml", "cl|centilitre|centilitres", 10)
_define("hour", "h|heure|heures|hour|hours|hr|hrs")
_define("day", "j|jour|jours|day|days")
_define("box", "boîte|boîtes|bte|btes|box|boxes|carton|cartons|caisse|caisses|coffret|coffrets")
_define("bag", "sac|sacs|sachet|sachets|bag|bags")
_define("pack", "paquet|paquets|pack|packs|lot|lots|package|packages|batch|ramette|ramettes")
_define("set", "jeu|jeux|set|sets|kit|kits|série|séries|ensemble|ensembles")
_define("pair", "paire|paires|pair|pairs")
_define("roll", "rouleau|rouleaux|roll|rolls")
_define("spool", "bobine|bobines|spool|spools|reel|reels")
_define("sheet", "feuille|feuilles|sheet|sheets|plaque|plaques")
_define("board", "panneau|panneaux|planche|planches|board|boards")
_define("bottle", "bouteille|bouteilles|bottle|bottles|flacon|flacons")
_define("can", "pot|pots|bidon|bidons|can|cans|jar|jars|bombe|bombes")
_define("cartridge", "cartouche|cartouches|cartridge|cartridges")
_define("tube", "tube|tubes")

_YES = folded("oui|o|yes|y|x|vrai|true|1|ok|ja|si|possible")
_NO = folded("non|n|no|faux|false|0|nein|jamais|never")
_TICKS, _CROSSES = frozenset("✓✔☑✅"), frozenset("✗✘☐❌-–—")


def find_unit(text: str) -> str:
    """Return the unit that a word names by itself, or ``""``."""
    unit, factor = _UNITS.get(fold(text.replace("²", "2").replace("³", "3")), ("", Fraction(1)))
    return unit if factor == 1 else ""


def read_quantity(text: str, *, decimal_comma: bool | None = None) -> Amount:
    """Return the amount a cell states; unknown for `NC`, `-3`, `Reel` or `10 to 12`."""
    match = _QUANTITY.fullmatch(_short(text).lower())
    number = _decimal(match[1], decimal_comma) if match else None
    if match is None or number is None:
        return Amount(None)
    word = (match[2] or "").rstrip(".").replace("²", "2").replace("³", "3")
    if not word:
        return Amount(_whole(number, 1000, limits.QUANTITY_MAX))
    if (found := _UNITS.get(fold(word))) is None:
        return Amount(None)
    unit, factor = found
    return Amount(_whole(number * factor, 1000, limits.QUANTITY_MAX), unit)


def read_money(text: str, *, decimal_comma: bool | None = None) -> Sum:
    """Return a sum of euros; unknown for another currency, and for `1e/ml` or `100*`."""
    match = _MONEY.fullmatch(_short(text))
    if not match or (number := _decimal(match[1], decimal_comma, cents=True)) is None:
        return Sum(None)
    if match[2]:  # 12€50
        number += Fraction(int(match[2]), 100)
    per = (match[3] or "").lower()
    return Sum(
        _whole(number, 100, limits.MONEY_MAX),
        "" if not per else "hour" if per.startswith("h") else "day",
    )


def _short(text: str) -> str:
    """Return a text as one line, nothing if it is too long for a number with its unit."""
    return one_line(text) if len(text) <= _CHARS_MAX else ""


def read_days(text: str) -> int | None:
    """Return a number of days of pause between two loans, or None."""
    match = _DAYS.fullmatch(text.strip())
    days = int(match[1]) if match else None
    return days if days is not None and days <= limits.BUFFER_DAYS_MAX else None


def read_yes(text: str) -> bool | None:
    """Return whether a cell says yes or no, None for neither."""
    text = text.strip()
    if text in _TICKS:
        return True
    if text in _CROSSES:
        return False
    word = fold(text)
    return True if word in _YES else False if word in _NO else None


def is_number(text: str) -> bool:
    """Say whether a cell holds a bare number, of whatever meaning."""
    return re.fullmatch(rf"[-+]?(?:{_NUMBER})\s*[€$£%]?", text.strip()) is not None


def decimal_comma(cells: list[str]) -> bool | None:
    """Say how a column writes decimals: True with a comma, False with a point, None untold."""
    commas = sum(1 for cell in cells if re.fullmatch(r"\D*\d+,(?:\d{1,2}|\d{4,})\D*", cell))
    points = sum(1 for cell in cells if re.fullmatch(r"\D*\d+\.(?:\d{1,2}|\d{4,})\D*", cell))
    return None if commas == points else commas > points


def _decimal(text: str, comma: bool | None, *, cents: bool = False) -> Fraction | None:
    """Return a number whose separators may be of either habit, None if they contradict."""
    text = re.sub(r"[ '’]", "", text)
    last = max(text.rfind(","), text.rfind("."))
    marks = [char for char in text if char in ",."]
    if len(set(marks)) == 2:
        if marks.count(text[last]) > 1:
            return None
        text = text[:last].replace(",", "").replace(".", "") + "." + text[last + 1 :]
    elif len(marks) > 1:
        if not re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", text):
            return None
        text = re.sub(r"[.,]", "", text)
    elif marks and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", text):
        decimal = False if cents else comma if marks[0] == "," else not comma
        if decimal is None:
            return None
        text = text.replace(marks[0], "." if decimal else "")
    else:
        text = text.replace(",", ".")
    return Fraction(Decimal(text)) if len(text) <= 24 else None


def _whole(number: Fraction, parts: int, most: int) -> int | None:
    """Return a number in whole parts, half a part rounded up; None beyond what is believable."""
    whole = int(number * parts + Fraction(1, 2))
    return whole if whole <= most else None
