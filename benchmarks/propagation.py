"""Propagation: how soon an item added at A is found at C, in a chain A–B–C of real nodes.

    python benchmarks/propagation.py [--additions 20]

A and C never talk to each other. Each addition is the command `fedlab item add` in a process of its
own; C is asked to search until it finds the item. The time from the start of the command and the
time from its answer, when the entry is signed and on disk at A, are both told.
"""

import argparse
import contextlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from network import NETWORK
from nodes import ENVIRONMENT, FEDLAB, Running, fedlab, load, until
from report import write_section

from fedlab.node.config import Folder

LOOK_S = 0.01
MOST_S = 2.0
NAMES = ("A", "B", "C")


def add_and_find(here: Running, there: Running, number: int) -> tuple[float, float]:
    """Add an item here; return the seconds until it is found there, from start and from answer."""
    name = f"Chignole {number + 100}"
    command = [*FEDLAB, "--data", str(here.folder.path), "--json", "item", "add"]
    command += ["--name", name]
    began = time.perf_counter()
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as adding:
        answered: list[float] = []

        def found() -> bool:
            if not answered and adding.poll() is not None:
                answered.append(time.perf_counter())
                if adding.returncode != 0:
                    raise RuntimeError(f"{command} failed")
            return any(hit["name"] == name for hit in there.call("search", text=name)["hits"])

        at = until(found, LOOK_S)
    # Found before the command has ended: the answer was on its way at the same time.
    return at - began, max(0.0, at - answered[0]) if answered else 0.0


def measure(base: Path, additions: int) -> None:
    """Start the chain, add the items and write the table."""
    folders = [Folder(base / name) for name in NAMES]
    for folder, name in zip(folders, NAMES, strict=True):
        fedlab(folder, "init", "--name", name, "--network", NETWORK)
    with contextlib.ExitStack() as stack:
        a, b, c = (stack.enter_context(Running(folder)) for folder in folders)
        for outer in (a, c):
            outer.call("join", url=b.call("invite")["url"])
        until(lambda: c.call("status")["labs"] == len(NAMES) == a.call("status")["labs"], 0.1)
        chance = random.Random(4)
        times = []
        for number in range(additions):
            time.sleep(chance.uniform(0.3, 1.2))  # at no fixed beat of anybody's clock
            times.append(add_and_find(a, c, number))
            print(f"{number}: {times[-1][0]:.2f} s, {times[-1][1]:.2f} s", file=sys.stderr)
    report(times)


def report(times: list[tuple[float, float]]) -> None:
    """Write the table and say whether the aim was reached."""
    table = [["found at C, from", "s, median", "max", "asked", "reached"]]
    labels = ("the start of `fedlab item add` at A", "its answer: signed and on disk at A")
    for label, values in zip(labels, zip(*times, strict=True), strict=True):
        worst = max(values)
        reached = "yes" if worst <= MOST_S else "NO"
        cells = [f"{statistics.median(values):.2f}", f"{worst:.2f}"]
        table.append([label, *cells, f"at most {MOST_S}", reached])
    notes = f"""
{len(times)} additions in a chain A–B–C, three processes over loopback, all connected; A and C do
not know each other's address. "Reached" looks at the slowest. {load()}.

Run: `python benchmarks/propagation.py`.
"""
    write_section("Propagation", table, notes)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--additions", type=int, default=20)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), args.additions)


if __name__ == "__main__":
    main()
