"""Joining late: a fresh node joins a network of 200 labs with 500 items each, and can search it.

    python benchmarks/joining.py [--labs 200] [--items 500] [--rounds 5]

All is real: the hub and the joiner are two processes of `fedlab run`; the clock starts before
`join` shows the invitation, and ends when a search in the joiner counts every item. By then all
heads, chains, entries and details were fetched encrypted, verified, put on disk (FULL), folded and
indexed. Beside it, in turn: Hypercore 11 replicates as many entries of the same size from one core,
and neither folds nor indexes anything.
"""

import argparse
import contextlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from network import EVERYWHERE, NETWORK, Network, item_name, make_network
from nodes import Running, fedlab, load, until
from replication import HYPERCORE_PORT, hypercore_folder, hypercore_round
from report import write_section

from fedlab.node.config import Folder

# A search that counts 100,000 items costs the joiner 40 ms, so it is asked often only at the ends;
# in between its status is looked at.
LOOK_S = 0.1
WAIT_S = 0.5
NEARLY = 0.9
NAMES_ASKED = 200


class Joined(NamedTuple):
    """What one round measured; seconds from the start of `join`."""

    first_s: float
    held_s: float
    all_s: float
    joiner_cpu_s: float
    hub_cpu_s: float
    peak_mb: float
    missed: int


def join_round(base: Path, number: int, hub: Running, network: Network) -> Joined:
    """Let a fresh lab join, and wait until it finds everything."""
    folder = Folder(base / f"joiner-{number}")
    fedlab(folder, "init", "--name", f"Joiner {number}", "--network", NETWORK)
    link = hub.call("invite")["url"]
    with Running(folder) as joiner:

        def found() -> int:
            return int(joiner.call("search", text=EVERYWHERE, limit=1)["total"])

        def holds_all() -> bool:
            return int(joiner.call("status")["entries"]) >= network.entries

        cpu = joiner.cpu_s(), hub.cpu_s()
        began = time.perf_counter()
        joiner.call("join", url=link)
        first = until(lambda: found() > 0, LOOK_S)
        held = until(holds_all, WAIT_S)
        until(lambda: found() >= NEARLY * network.items, WAIT_S)
        complete = until(lambda: found() >= network.items, LOOK_S)
        helper_s = joiner.helpers_cpu_s()
        used = joiner.cpu_s() + helper_s - cpu[0], hub.cpu_s() - cpu[1]
        peak = joiner.memory()["peak"]
        missed = sum(not finds(joiner, at) for at in _sample(number, network))
    return Joined(first - began, held - began, complete - began, *used, peak, missed)


def finds(joiner: Running, number: int) -> bool:
    """Say whether an item is found by its name, among the first three."""
    hits = joiner.call("search", text=item_name(number), limit=3)["hits"]
    return any(hit["code"] == f"T-{number:06}" for hit in hits)


def _sample(seed: int, network: Network) -> list[int]:
    return random.Random(seed).sample(range(network.items), min(NAMES_ASKED, network.items))


@contextlib.contextmanager
def hypercore(base: Path, network: Network) -> Iterator[None]:
    """Serve a core of as many entries, as large."""
    command = ["node", str(hypercore_folder() / "peer.mjs"), "serve", str(base / "core")]
    command += [str(HYPERCORE_PORT), str(network.entries), str(round(network.entry_bytes))]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert serving.stdout is not None
        serving.stdout.readline()
        yield
    finally:
        serving.kill()
        with serving:
            serving.wait()


def compare(base: Path, labs: int, items: int, rounds: int) -> None:
    """Run both in turn and write the table."""
    print("making the network", file=sys.stderr)
    hub_folder = Folder(base / "hub")
    network = make_network(hub_folder, labs, items)
    print(network, file=sys.stderr)
    joined: list[Joined] = []
    theirs: list[float] = []
    with hypercore(base, network), Running(hub_folder) as hub:
        for number in range(rounds):
            joined.append(join_round(base, number, hub, network))
            theirs.append(network.entries / hypercore_round(base, number, network.entries))
            print(joined[-1], f"Hypercore {theirs[-1]:.1f} s", file=sys.stderr)
    report(network, labs, items, joined, theirs)


def report(
    network: Network, labs: int, items: int, joined: list[Joined], theirs: list[float]
) -> None:
    """Write the table and say whether the aim was reached."""
    rows: list[tuple[str, list[float]]] = [
        ("fedlab: the first item is found", [one.first_s for one in joined]),
        ("fedlab: all entries are on disk", [one.held_s for one in joined]),
        ("fedlab: every item is found", [one.all_s for one in joined]),
        ("Hypercore 11: all entries are there", theirs),
    ]
    table = [["what", "s, median", "min", "max", "entries/s"]]
    for label, values in rows:
        middle = statistics.median(values)
        rate = "" if "first" in label else f"{network.entries / middle:,.0f}"
        table.append([label, f"{middle:.1f}", f"{min(values):.1f}", f"{max(values):.1f}", rate])
    ratio = statistics.median(b / one.all_s for one, b in zip(joined, theirs, strict=True))
    missed = sum(one.missed for one in joined)
    cpu = [statistics.median(values) for values in zip(*(one[3:6] for one in joined), strict=True)]
    notes = f"""
{labs} labs × {items} items: {network.entries:,} entries of {network.entry_bytes:.0f} bytes (fact
and detail, without hashes and proofs) in {labs} logs; {len(joined)} alternating rounds, processes
over loopback. fedlab's clock stops when all is verified, synced to disk, folded and found by
search; Hypercore's when its one core is downloaded, neither indexed nor synced per batch.

Hypercore's time / fedlab's time to find everything, median of the rounds' ratios: **{ratio:.1f}**;
asked: at least 2 ({"reached" if ratio >= 2 else "MISSED"}).
Afterwards {NAMES_ASKED} items a round, drawn by lot, were asked for by name: {missed} were not
among the first three hits. Processor time: joiner {cpu[0]:.1f} s, hub {cpu[1]:.1f} s; the joiner's
memory peaked at {cpu[2]:.0f} MB. {load()}.

Run: `python benchmarks/joining.py`.
"""
    write_section("Joining late", table, notes)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--labs", type=int, default=200)
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), args.labs, args.items, args.rounds)


if __name__ == "__main__":
    main()
