"""Law 9: every limit stands in one place with its reason, and is enforced by somebody."""

import re
from pathlib import Path

from fedlab.protocol import limits
from tests.conftest import REPO

SOURCE = Path(limits.__file__)
LIMIT = re.compile(r"([A-Z][A-Z0-9_]*): Final = ")


def without_reason(source: str) -> list[str]:
    """Return the limits with no comment above them; a pair may share one."""
    found, reasons = [], 0
    for line in source.splitlines():
        if line.startswith("# ") and not line.startswith("# ---"):
            reasons = 3  # NOISE_TAG_BYTES and what is left beside it
        elif not line:
            reasons = 0
        elif match := LIMIT.match(line):
            if not reasons:
                found.append(match[1])
            reasons -= bool(reasons)
    return found


def unused(source: str, others: str) -> list[str]:
    """Return the limits that no other module names, nor another limit."""
    names = LIMIT.findall(source)
    return [n for n in names if not re.search(rf"\b{n}\b", others) and source.count(n) == 1]


def other_modules() -> str:
    paths = (REPO / "fedlab").rglob("*.py")
    return "".join(path.read_text() for path in sorted(paths) if path != SOURCE)


def test_every_limit_has_its_reason_beside_it() -> None:
    assert len(LIMIT.findall(SOURCE.read_text())) > 60
    assert without_reason(SOURCE.read_text()) == []


def test_every_limit_is_somebodys() -> None:
    assert unused(SOURCE.read_text(), other_modules()) == []


def test_a_limit_without_reason_or_use_is_found() -> None:
    """Negative control."""
    mutant = SOURCE.read_text() + "\nMOONS_MAX: Final = 1\n"
    assert without_reason(mutant) == ["MOONS_MAX"]
    assert unused(mutant, other_modules()) == ["MOONS_MAX"]
