"""Which of the lab's items each row of a file is, and the code of those that are new.

Rows to which the file gives one code are a family: the item under the code itself, then `-2`, `-3`.
So are rows without a code that bear one name, whatever code their items have. A row first looks for
the item that says the same, so neither the order of the rows nor a deleted one makes the others
change places; then for any that is left.
"""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

import msgspec

from fedlab.formats.codes import bare_name, code_of_name, numbered
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
    rows: Sequence[ImportRow],
    own: Mapping[str, Own],
    last: Mapping[str, Content],
    words: Container[str],
) -> list[str]:
    """Return the code of each row; `last` is what each code's row said when it was imported.

    New codes are made of `words` (`codes.code_of_name`).
    """
    given: dict[str, list[int]] = defaultdict(list)
    named: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        family = given[row.code] if row.code else named[bare_name(row.name)]
        family.append(place)
    known: dict[int, str] = {}
    for families, members in (
        (given, _numbered_members(given, own, last)),
        (named, _named_members(own, last)),
    ):
        taken = set(known.values())
        for key, places in families.items():
            left = [code for code in members.get(key, []) if code not in taken]
            known |= _Family(key, left, rows, own, last).known(places)
    taken = {*known.values(), *own}
    numbers: dict[str, int] = {}
    for place, row in enumerate(rows):
        if row.code and place not in known:
            known[place] = _free_code(row.code, taken, given, numbers)
            taken.add(known[place])
    taken |= given.keys()
    for place, row in enumerate(rows):
        if place not in known:
            base = code_of_name(row.name, str(row.content.fact["kind"]), words)
            known[place] = _free_code(base, taken, (), numbers)
            taken.add(known[place])
    return [known[place] for place in range(len(rows))]


def _free_code(
    base: str, taken: Container[str], kept: Container[str], numbers: dict[str, int]
) -> str:
    """Return a code that nothing has; `numbers` remembers how far each base is used up.

    Codes that are `kept` are for the rows that give them.
    """
    number = numbers.get(base, 0) + 1
    code = base if number == 1 else numbered(base, number)
    while code in taken or (code != base and code in kept):
        number += 1
        code = numbered(base, number)
    numbers[base] = number
    return code


def _numbered_members(
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


def _named_members(own: Mapping[str, Own], last: Mapping[str, Content]) -> dict[str, list[str]]:
    """Return the codes of items there are, by what they are called, or were when imported."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for code in sorted({*own, *last}, key=lambda code: (len(code), code)):
        said = [last[code]] if code in last else []
        for content in [*said, own[code].content] if code in own else said:
            if "name" in content.detail:
                found[bare_name(str(content.detail["name"]))][code] = None
    return {name: list(codes) for name, codes in found.items()}


class _Family(NamedTuple):
    """Rows and items that share a code, or a name."""

    key: str
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

        The code that a file gives is its owner's word; without one, the name is all there is.
        """
        if code in self.last or not row.code:
            return True
        return code == self.key or self.own[code].content.detail.get("ref") == row.code
