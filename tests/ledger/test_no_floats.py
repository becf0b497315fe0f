"""Law 6, read from the source: no float in the ledger, nor anything that makes one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPO

LEDGER = sorted((REPO / "fedlab" / "ledger").glob("*.py"))
# `round` of a Fraction is whole, and rounds half to even: no document is rounded so.
MAKERS = {"float", "round", "complex"}
FLOATING = {"math", "cmath", "statistics", "decimal", "numpy"}


def floats(source: str) -> Iterator[str]:
    """Yield what in a module is a float or makes one."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=float()):
                yield f"the literal {node.value}"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield f"a division in line {node.lineno}; use // or Fraction"
            case ast.Name(id=name) if name in MAKERS:
                yield name
            case ast.Import(names=names) if {name.name for name in names} & FLOATING:
                yield ast.unparse(node)
            case ast.ImportFrom(module=name) if name in FLOATING:
                yield ast.unparse(node)


@pytest.mark.parametrize("path", LEDGER, ids=lambda path: str(path.name))
def test_no_float_is_in_the_ledger(path: Path) -> None:
    """Property 14."""
    assert list(floats(path.read_text())) == []


@pytest.mark.parametrize(
    "line", ["x = 0.5", "x = a / b", "x /= 2", "x = float(3)", "x = round(y)", "import math",
             "from decimal import Decimal"],
)  # fmt: skip
def test_what_makes_a_float_is_found(line: str) -> None:
    """Mutants."""
    assert list(floats(line))
