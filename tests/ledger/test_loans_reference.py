"""docs/reference/loans.md is the code's: its facts, limits, moves and words.

`python -m tests.ledger.test_loans_reference` draws its diagram anew.
"""

import re
from typing import Any, get_args

import msgspec
import pytest

from fedlab.ledger import loanfacts as f
from fedlab.ledger.checks import flags
from fedlab.ledger.moves import ENDS, MOVES, LineState, Side
from fedlab.protocol.entry import FactHead, Status, encode_fact
from fedlab.protocol.limits import (
    CODE_CHARS_MAX,
    FACT_BYTES_MAX,
    LOAN_LINES_MAX,
    LOAN_PLACES_MAX,
    MONEY_MAX,
    QUANTITY_MAX,
)
from tests.conftest import REPO
from tests.ledger.story import ANNA, CARL, READER, Story, seen

PAGE = REPO / "docs" / "reference" / "loans.md"
BOX = re.compile(r"```mermaid\n.*?```", re.DOTALL)


def tag(kind: type[FactHead]) -> str:
    return str(kind.__struct_config__.tag)


def diagram() -> str:
    """Draw the moves that lead from one state to another, or back to where they began alone."""
    lines = ["stateDiagram-v2", "    [*] --> requested: loan.request"]
    arrows: dict[tuple[str, str], dict[str, None]] = {}
    for move in MOVES:
        if move.fact in (f.LoanReport, f.LoanDispute):
            continue  # anywhere, and they move nothing
        who = " (borrower)" if move.fact is f.LoanCancel and move.side is Side.BORROWER else ""
        for end in move.ends:
            if end is not move.state:
                pair = (move.state.name.lower(), end.name.lower())
                arrows.setdefault(pair, {})[tag(move.fact)[5:] + who] = None
    lines += [f"    {a} --> {b}: {', '.join(said)}" for (a, b), said in arrows.items()]
    lines += [f"    {state.name.lower()} --> [*]" for state in LineState if state in ENDS]
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def section(kind: type[FactHead]) -> str:
    found = re.search(rf"^### `{re.escape(tag(kind))}`\n(.*?)(?=^#)", PAGE.read_text(), re.M | re.S)
    assert found, f"no section for {tag(kind)}"
    return found[1]


def test_the_diagram_is_drawn_from_the_table() -> None:
    (drawn,) = BOX.findall(PAGE.read_text())
    assert drawn == diagram(), "run: python -m tests.ledger.test_loans_reference"


@pytest.mark.parametrize("kind", f.LOAN_FACTS, ids=tag)
def test_every_fact_has_a_section_with_every_field(kind: type[FactHead]) -> None:
    head = {"at", "by", "e", "n", "detail", "loan"}
    fields = [name for name in kind.__struct_encode_fields__ if name not in head]
    assert re.findall(r"^\| `(\w+)` \|", section(kind), re.M) == fields


@pytest.mark.parametrize("part", [f.RequestLine, f.OfferLine, f.Moved, f.Settled])
def test_every_field_of_a_line_is_told(part: type[msgspec.Struct]) -> None:
    page = PAGE.read_text()
    assert all(f"`{name}`" in page for name in part.__struct_encode_fields__)


@pytest.mark.parametrize(
    "words",
    [
        *(f.Refusal, f.CancelReason, f.RecallReason, f.CautionKind, f.Risk, f.Carrying),
        *(f.Condition, f.ReportKind, f.DisputeReason),
    ],
)
def test_every_word_of_every_list_is_told(words: Any) -> None:
    told = get_args(words)
    assert list(told) == sorted(told)
    assert ", ".join(f"`{word}`" for word in told) in " ".join(PAGE.read_text().split())


def test_every_state_and_flag_is_told() -> None:
    page, story = PAGE.read_text(), Story()
    story.agreed()
    assert all(f"| `{state.name.lower()}` |" in page for state in LineState)
    told = re.findall(r"^\| `(\w+)` \|", page[page.index("## Flags") :], re.M)
    source = (REPO / "fedlab/ledger/checks.py").read_text()
    assert told == re.findall(r'^        "(\w+)":', source, re.M)
    assert set(flags(story.fold(), "2030-01-01", 2**40)) <= set(told)


def test_the_longest_offer_fits_in_a_fact() -> None:
    code, most = "Z" * CODE_CHARS_MAX, {"quantity": QUANTITY_MAX, "price": MONEY_MAX}
    slot = {"day": "2026-04-01", "starts": 1000, "ends": 1440, "value": MONEY_MAX}
    line = f.OfferLine(code=code, term="help", **most, **slot)  # type: ignore[arg-type]
    later = f.OfferLine(code=code, term="help", of=0, **most, **slot)  # type: ignore[arg-type]
    offer = f.LoanOffer(
        at=2**53 - 1,
        by=CARL,
        e=47,
        n=2**40 - 1,
        detail="d1" * 32,
        loan="d2" * 32,
        owner=ANNA,
        lines=(line, *(LOAN_LINES_MAX - 1) * (later,)),
        day_from="2026-04-01",
        day_to="2026-04-08",
        until="2026-04-08",
        fee=MONEY_MAX,
        caution=MONEY_MAX,
        caution_kind="transfer",
        risk="borrower_insured",
        carrying="borrower",
        places=tuple(f"{n:064x}" for n in range(LOAN_PLACES_MAX)),
        seen=seen(ANNA, 2**40),
    )
    assert len(encode_fact(offer)) <= FACT_BYTES_MAX
    assert READER.read(encode_fact(offer), CARL, 47, 2**40 - 1) == (offer, Status.COUNTED)


if __name__ == "__main__":
    PAGE.write_text(BOX.sub(lambda _: diagram(), PAGE.read_text()))
