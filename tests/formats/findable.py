"""The law of every import, as a question: does an item still say what its row said?"""

import unicodedata

from fedlab.formats.items import ImportRow


def words(text: str) -> str:
    """Return a text as a person reads it: one space between words, accents composed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def texts(row: ImportRow) -> list[str]:
    """Return every text and plain number that the page of a row's item would show."""
    fact, detail = row.content
    found = [row.code]
    for value in detail.values():
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list):
            found += value
        else:
            found += value.values()
    if "quantity" in fact and fact["quantity"] % 1000 == 0:
        found.append(str(fact["quantity"] // 1000))
    for field in ("price", "hourly", "deposit", "value"):
        if field in fact and fact[field] % 100 == 0:
            found.append(str(fact[field] // 100))
    if "buffer" in fact:
        found.append(str(fact["buffer"]))
    return [words(text) for text in found]


class Page:
    """What a reader of one item's page sees."""

    def __init__(self, row: ImportRow) -> None:
        self._code = row.code
        self._texts = texts(row)

    def says(self, cell: str) -> bool:
        """Say whether a cell can be found on the page: whole in one of its texts."""
        wanted = words(cell)
        if wanted.upper() == self._code:
            return True
        if len(wanted) < 3:  # a lone letter is in every text: it must stand there by itself
            return any(wanted in text.split() for text in self._texts)
        return any(wanted in text for text in self._texts)
