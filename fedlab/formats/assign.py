"""Which of the lab's items each row of a file is, and the code of those that are new.

Rows with one code, given or made from one name, are a family: the item under the code itself, then
`-2`, `-3`. A row first looks for the item that says the same, so neither the order of the rows nor
a deleted one makes the others change places; then, if it is the only one left, for the one left.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from fedlab.formats.codes import code_of_name, numbered
from fedlab.formats.items import Content, ImportRow


class Own(NamedTuple):
    """An item of this lab as it stands."""

    content: Content
    place: tuple[int, int]  # epoch and index of the entry that says so
    retired: bool = False
    held: bool = False  # something is out of its calendar


def spelled(content: Content) -> bytes:
    """Return an item's content in one spelling, to compare it."""
    return msgspec.json.encode(content, order="sorted")


def _bare(content: Content) -> bytes:
    """Return what tells two items of one name apart: not what an import adds of itself."""
    fact = {key: value for key, value in content.fact.items() if key not in ("kind", "unit")}
    detail = {key: value for key, value in content.detail.items() if key != "lang"}
    return spelled(Content(fact, detail))


def assign_codes(
    rows: Sequence[ImportRow], own: Mapping[str, Own], last: Mapping[str, Content]
) -> list[str]:
    """Return the code of each row; `last` is what each code's row said when it was imported."""
    families: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        families[row.code or code_of_name(row.name)].append(place)
    codes = [""] * len(rows)
    taken: set[str] = set()
    members = _members(families, own, last)
    for base, places in families.items():
        places.sort(key=lambda place: (not rows[place].code, place))
        family = _Family(base, members.get(base, []), rows, own, last)
        for place, code in family.known(places).items():
            codes[place] = code
            taken.add(code)
    for base, places in families.items():
        number = 1
        for place in places:
            if codes[place]:
                continue
            code = base
            while code in taken or code in own or (code != base and code in families):
                number += 1
                code = numbered(base, number)
            codes[place] = code
            taken.add(code)
    return codes


def _members(
    families: Mapping[str, list[int]], own: Mapping[str, Own], last: Mapping[str, Content]
) -> dict[str, list[str]]:
    """Return the codes of items there are, by the family that each may belong to, in order."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for code in {*own, *last}:
        if code in families:
            found[code].append((1, code))
            continue
        base, _, number = code.rpartition("-")
        if number.isdecimal() and 1 < int(number) < 10_000:
            for family in families if len(code) > 27 else (base,):
                if family in families and numbered(family, int(number)) == code:
                    found[family].append((int(number), code))
    return {base: [code for _, code in sorted(codes)] for base, codes in found.items()}


class _Family(NamedTuple):
    """Rows and items that share a code."""

    base: str
    members: list[str]
    rows: Sequence[ImportRow]
    own: Mapping[str, Own]
    last: Mapping[str, Content]

    def known(self, places: Sequence[int]) -> dict[int, str]:
        """Return the code of each row that is an item already."""
        found: dict[int, str] = {}
        left = dict.fromkeys(self.members)
        said = {code: spelled(self.last[code]) for code in left if code in self.last}
        shown = {code: _bare(self.own[code].content) for code in left if code in self.own}
        rows_said = {place: spelled(self.rows[place].said) for place in places}
        rows_shown = {place: _bare(self.rows[place].content) for place in places}
        for known, wanted in ((said, rows_said), (shown, rows_shown)):
            by_content: dict[bytes, list[str]] = defaultdict(list)
            for code in reversed(left):
                if code in known:
                    by_content[known[code]].append(code)
            for place in places:
                same = by_content.get(wanted[place])
                if place not in found and same:
                    found[place] = same.pop()
                    del left[found[place]]
        for place in places:
            if place not in found:
                match = next((code for code in left if self._may_be(self.rows[place], code)), None)
                if match:
                    found[place] = match
                    del left[match]
        return found

    def _may_be(self, row: ImportRow, code: str) -> bool:
        """Say whether a row that says something new may be about that item.

        The code that a file gives is its owner's word. A code that was only made from the name
        might be another thing's: that item must have come from a file, or bear the name.
        """
        if code in self.last:
            return True
        if row.code:
            own = self.own[code]
            return code == self.base or own.content.detail.get("ref") == row.code
        return code_of_name(str(self.own[code].content.detail.get("name", ""))) == self.base
