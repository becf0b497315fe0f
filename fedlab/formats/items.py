"""From a row under named columns to an item: fields that are understood, and `more` for the rest.

The law of every import: a cell is either kept as it stands in a text of the item, or its text
stands in `more` under its header. What was turned into numbers, terms or a kind keeps its text
beside it, unless it was a plain whole number.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from fedlab.formats import kinds
from fedlab.formats.codes import code_of_text
from fedlab.formats.columns import Layout
from fedlab.formats.headers import TERM_COLUMNS, recognise
from fedlab.formats.quantities import (
    find_unit,
    read_days,
    read_money,
    read_quantity,
    read_yes,
)
from fedlab.formats.tables import Aside, Row, Table
from fedlab.formats.text import one_line
from fedlab.inventory.facts import CODE_RE
from fedlab.protocol import limits
from fedlab.protocol.entry import encode_detail
from fedlab.protocol.errors import LocalProtocolError

_TEXTS = frozenset({"category", "brand", "model", "serial", "condition", "ref", "lang"})
_LONG_TEXTS = frozenset({"description", "care", "safety"})
_MONEY = frozenset({"price", "hourly", "deposit", "value"})
_TAG_BREAKS = str.maketrans(";|\n", ",,,")
# What else a column of a field may fill.
_ALSO_FILLS = {
    "name": {"description"},
    "code": {"ref"},
    "quantity": {"unit"},
    "price": {"hourly", "use"},
    "hourly": {"use"},
    "terms": TERM_COLUMNS,
}


class Content(NamedTuple):
    """An item without its code: the fields of `item.set`, and those of its detail."""

    fact: dict[str, Any]
    detail: dict[str, Any]


class ImportRow(NamedTuple):
    """One row that became an item; its code is settled when the lab's other items are known."""

    row: int
    sheet: str
    code: str  # as the file gives it, in our spelling; "" where it gives none
    content: Content
    guessed: frozenset[str] = frozenset()  # fields of the fact that the file does not state
    code_text: str = ""  # the code as it stands in the file
    heard: frozenset[str] = frozenset()  # fields, terms and headers of which the file speaks

    @property
    def name(self) -> str:
        """The item's name."""
        return str(self.content.detail["name"])

    @property
    def said(self) -> Content:
        """The item without what nobody said; this is what the next import compares."""
        fact = {k: v for k, v in self.content.fact.items() if k not in self.guessed}
        return Content(fact, self.content.detail)

    def with_reference(self) -> "ImportRow":
        """Return the row with its code also kept as the lab's own reference."""
        detail = dict(self.content.detail)
        text = self.code_text
        if self.code and detail.setdefault("ref", text) != text:
            detail["more"] = {**detail.get("more", {}), "code": text}
        return self._replace(content=self.content._replace(detail=detail))

    def coded_as_reference(self) -> "ImportRow":
        """Return the row without a code of its own; what the file gave is its reference."""
        return self.with_reference()._replace(code="")

    def said_after(self, last: Content) -> Content:
        """Return what the row says, and for columns that the file lacks what was said `last`."""
        said, unheard = self.said, self._unheard
        fact = {**unheard(last.fact), **said.fact}
        detail = {**unheard(last.detail), **said.detail}
        if terms := {*unheard(dict.fromkeys(last.fact.get("terms", ()))), *fact.get("terms", ())}:
            fact["terms"] = sorted(terms)
        if more := {**unheard(last.detail.get("more", {})), **said.detail.get("more", {})}:
            detail["more"] = more
        return Content(fact, detail)

    def _unheard(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the file does not speak of; a header's second text ends in ` (2)`."""
        return {
            name: value
            for name, value in values.items()
            if name not in ("terms", "more") and not {name, name.rpartition(" (")[0]} & self.heard
        }


class Context(NamedTuple):
    """What holds for all rows of a table."""

    table: Table
    layout: Layout
    kind: str  # as asked for, "" if not
    title_kind: str  # as the file's or sheet's title says
    usual_kind: str  # as the columns suggest
    heard: frozenset[str]


def heard_in(table: Table, layout: Layout) -> frozenset[str]:
    """Return the fields, terms and headers of which a table speaks, in empty cells too.

    A column that is mapped to something else, or left out, still speaks of what its header means.
    """
    heard = {"category", "section"} if any(row.section for row in table.rows) else set()
    for header, field in zip(table.columns, layout.fields, strict=True):
        meaning = recognise(header) if table.headed else None
        for name in (field, meaning.field if meaning else field):
            heard |= {header, name, *_ALSO_FILLS.get(name, ())}
            if name == "price" and (term := kinds.term_of_price(header)):
                heard.add(term)
    if layout.name:
        heard |= {"name", *_ALSO_FILLS["name"]}
    return frozenset(heard)


def read_row(row: Row, context: Context) -> ImportRow | Aside:
    """Return the item of a row, or why there is none."""
    sheet = context.table.title
    for column, cell in row.cells.items():
        if len(cell) > limits.IMPORT_CELL_CHARS_MAX:
            name = context.table.columns[column]
            why = f"“{name}” has {len(cell):,} characters; {limits.IMPORT_CELL_CHARS_MAX:,} fit"
            return Aside(row.number, why, sheet)
    item = _Item(row, context)
    if not item.name:
        said = "; ".join(f"{context.table.columns[c]}: {text}" for c, text in row.cells.items())
        return Aside(row.number, f"names nothing (it says only {one_line(said)[:300]})", sheet)
    content = item.content()
    try:
        encode_detail(content.detail)
    except LocalProtocolError as exc:
        return Aside(row.number, f"is too long for one item: {exc}", sheet)
    guessed = item.guessed()
    return ImportRow(row.number, sheet, item.code, content, guessed, item.code_text, context.heard)


class _Item:
    """One item in the making."""

    def __init__(self, row: Row, context: Context) -> None:
        self.row, self.context, self.layout = row, context, context.layout
        self.fact: dict[str, Any] = {}
        self.detail: dict[str, Any] = {}
        self.more: dict[str, str] = {}
        self.terms: set[str] = set()
        self.places: list[str] = []
        self.tags: list[str] = []
        self.code = self.code_text = self.unit = self.kind = ""
        self.name, named_by = self._name()
        for column, cell in row.cells.items():
            if column not in named_by:
                self._take(self.layout.fields[column], column, cell)
        if row.section:
            self._text("category", row.section, "section")

    def _name(self) -> tuple[str, frozenset[int]]:
        """Return the name, and the columns that need not be kept anywhere else."""
        cells = self.row.cells
        used = [column for column in self.layout.name if column in cells]
        name = one_line(" ".join(cells[column] for column in used))
        if used and name:
            keep = self.layout.composed or (len(used) > 1)
            columns = frozenset() if keep else frozenset(used)
        else:
            spare = next((column for column in self.layout.fallback if column in cells), None)
            if spare is None:
                return "", frozenset()
            name = one_line(cells[spare])
            columns = frozenset({spare}) if self.layout.fields[spare] != "model" else frozenset()
        if len(name) > limits.ITEM_NAME_CHARS_MAX:
            self.detail["description"] = name
            name = name[: limits.ITEM_NAME_CHARS_MAX].rsplit(" ", 1)[0] + "…"
        return name, columns

    # --- one cell ---------------------------------------------------------------------------------

    def _take(self, field: str, column: int, cell: str) -> None:
        header = self.context.table.columns[column]
        if field in _TEXTS:
            self._text(field, one_line(cell), header)
        elif field in _LONG_TEXTS:
            self._text(field, cell, header)
        elif field == "place":
            self.places.append(one_line(cell))
        elif field == "tags":
            self._tags(cell, header)
        elif field in _MONEY:
            self._money(field, cell, header)
        elif field in TERM_COLUMNS:
            self._term(field, cell, header)
        elif field == "skip":
            return
        elif take := getattr(self, f"_take_{field}", None):
            take(cell, header)
        else:
            self._more(header, cell)

    def _text(self, field: str, text: str, header: str) -> None:
        if field in self.detail and field != "description":
            if self.detail[field] != text:
                self._more(header, text)
        elif field in self.detail:
            self.detail[field] += "\n" + text
        else:
            self.detail[field] = text

    def _tags(self, cell: str, header: str) -> None:
        tags = [one_line(tag) for tag in cell.translate(_TAG_BREAKS).split(",")]
        self.tags += [tag for tag in tags if tag and tag not in self.tags]
        if one_line(cell) not in self.tags:
            self._more(header, cell)

    def _money(self, field: str, cell: str, header: str) -> None:
        cents, per = read_money(cell, decimal_comma=self.layout.decimal_comma)
        if per == "hour":
            field = "hourly"
        if cents is None or (per == "day" and field != "price") or field in self.fact:
            self._more(header, cell)
            return
        self.fact[field] = cents
        if field == "hourly":
            self.terms.add("use")
        elif field == "price" and (term := kinds.term_of_price(header)):
            self.terms.add(term)
        self._more_unless_plain(header, cell)

    def _term(self, term: str, cell: str, header: str) -> None:
        """Take `Prêt: oui`, `Vente: 12 €`; the answer's own words stay readable."""
        self._more(header, cell)
        answer = read_yes(cell)
        cents, per = read_money(cell, decimal_comma=self.layout.decimal_comma)
        if answer:
            self.terms.add(term)
        elif answer is None and cents is not None and per != "day":
            self.terms.add("use" if per == "hour" else term)
            self.fact.setdefault("hourly" if per == "hour" else "price", cents)

    def _take_terms(self, cell: str, header: str) -> None:
        self.terms |= kinds.terms_of(cell)
        self._more(header, cell)

    def _take_kind(self, cell: str, header: str) -> None:
        self.kind = kinds.kind_of_word(cell)
        self._more(header, cell)

    def _take_code(self, cell: str, header: str) -> None:
        self.code, self.code_text = code_of_text(cell), one_line(cell)
        if self.code != cell.upper():
            self._text("ref", one_line(cell), header)

    def _take_quantity(self, cell: str, header: str) -> None:
        thousandths, unit = read_quantity(cell, decimal_comma=self.layout.decimal_comma)
        if thousandths is not None:
            self.fact["quantity"] = thousandths
        self.unit = unit or self.unit
        in_header = [word.strip("()[] ") for word in header.replace("(", " (").split()]
        self.unit = self.unit or next((u for w in in_header[1:] if (u := find_unit(w))), "")
        self._more_unless_plain(header, cell)

    def _take_unit(self, cell: str, header: str) -> None:
        self.unit = find_unit(cell) or self.unit
        self._more(header, cell)

    def _take_buffer(self, cell: str, header: str) -> None:
        if days := read_days(cell):
            self.fact["buffer"] = days
            self._more_unless_plain(header, cell)
        else:
            self._more(header, cell)

    def _take_training(self, cell: str, header: str) -> None:
        codes = sorted({part.strip() for part in cell.split(",")})
        are_codes = all(CODE_RE.fullmatch(code) and not code.isalpha() for code in codes)
        if are_codes and len(codes) <= limits.TRAININGS_ASKED_MAX:
            self.fact["training"] = codes
        self._more(header, cell)

    def _more_unless_plain(self, header: str, cell: str) -> None:
        """Keep a number's text, but for a whole number: that one is shown as it stands."""
        if not (cell.isascii() and cell.isdecimal() and (cell == "0" or cell[0] != "0")):
            self._more(header, cell)

    def _more(self, header: str, text: str) -> None:
        name, copy = header, 1
        while name in self.more:
            copy += 1
            name = f"{header} ({copy})"
        self.more[name] = text

    # --- the whole --------------------------------------------------------------------------------

    def content(self) -> Content:
        """Return the item; its lists ascend, as facts ask."""
        detail = {"name": self.name, **self.detail}
        if self.places:
            detail["place"] = " / ".join(dict.fromkeys(self.places))
        if self.tags:
            detail["tags"] = self.tags
        if self.more:
            detail["more"] = self.more
        fact = {"kind": self._kind(), "unit": self.unit or "piece", **self.fact}
        if self.terms:
            fact["terms"] = sorted(self.terms)
        return Content(fact, detail)

    def guessed(self) -> frozenset[str]:
        """Return what nobody said: the file neither in a cell, nor the person who imports it."""
        kind = set() if self.kind or self.context.kind else {"kind"}
        return frozenset(kind if self.unit else kind | {"unit"})

    def _kind(self) -> str:
        section = " ".join([self.row.section, self.detail.get("category", "")])
        named = (
            self.kind,
            self.context.kind,
            kinds.kind_of_title(section),
            self.context.title_kind,
            kinds.kind_of_thing(self.name),
            self.context.usual_kind,
        )
        return next((kind for kind in named if kind), "tool")
