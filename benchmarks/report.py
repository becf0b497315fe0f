"""Writes what a benchmark measured into RESULTS.md, each in a section of its own."""

import datetime
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
_HEAD = """# Results

Every table was written by the benchmark itself, which ran both sides in turn on one machine.
"""


def write_section(
    title: str,
    table_rows: Sequence[Sequence[object]],
    notes: str = "",
    *,
    path: Path = RESULTS,
) -> None:
    """Replace the section of this title, or add it; the first row is the head of the table."""
    head, *rows = [[str(cell) for cell in row] for row in table_rows]
    numeric = [all(_is_figure(row[at]) for row in rows) for at in range(len(head))]
    lines = [
        f"## {title}",
        "",
        f"{machine()}; {datetime.datetime.now(datetime.UTC).date().isoformat()}.",
        "",
    ]
    lines.append(_line(head))
    lines.append(_line(["---:" if figure and at else "---" for at, figure in enumerate(numeric)]))
    lines.extend(_line(row) for row in rows)
    if notes:
        lines += ["", notes.strip()]
    section = "\n".join(lines) + "\n"
    text = path.read_text("utf-8") if path.exists() else _HEAD
    parts = re.split(r"(?m)^(?=## )", text)
    kept = [part for part in parts if not part.startswith(f"## {title}\n")]
    path.write_text("\n".join(part.strip() + "\n" for part in [*kept, section]), "utf-8")


def machine() -> str:
    """Return one line on the machine: processor, cores, memory, Python."""
    cpu = platform.machine()
    memory = ""
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"model name\s*: (.*)", info.read_text())):
        cpu = found[1].strip()
    total = Path("/proc/meminfo")
    if total.exists() and (found := re.search(r"MemTotal:\s*(\d+) kB", total.read_text())):
        memory = f", {int(found[1]) / 1024**2:.0f} GB"
    cores = os.cpu_count()
    return f"{cpu}, {cores} cores{memory}, {platform.system()}, Python {platform.python_version()}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _is_figure(cell: str) -> bool:
    return bool(re.match(r"[\d.,/×≤≥<>~ -]+", cell)) or not cell
