"""Footprint: memory of a node that holds 200 labs with 500 items each, and how soon it is there.

    python benchmarks/footprint.py [--labs 200] [--items 500] [--rounds 5]

Every round starts the node anew on the same folder (its files are in the page cache by then), asks
500 different searches over its API and its search page, and reads what Linux says of the process.
A lab that was just founded is started beside it, and `--help` is asked.
"""

import argparse
import http.client
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from network import NETWORK, Network, item_name, make_network
from nodes import ENVIRONMENT, FEDLAB, Running, fedlab, load
from report import write_section

from fedlab.node.config import Folder

SEARCHES = 500
RSS_MAX_MB = 150
READY_MAX_S = 2.0
HELP_MAX_S = 0.3


class Round(NamedTuple):
    """What one round measured: MB and seconds."""

    ready_mb: float
    rss_mb: float
    peak_mb: float
    pss_mb: float
    search_ms: float
    ready_s: float
    fresh_s: float
    help_s: float


def questions(network: Network) -> Iterator[dict[str, str]]:
    """Yield what people ask: as typed in the held-out list, mistyped, unfinished, filtered."""
    lines = (HERE / "relevance" / "heldout" / "queries.tsv").read_text("utf-8").splitlines()
    typed = [line.split("\t")[1] for line in lines[1:]]
    chance = random.Random(3)
    while True:
        for text in chance.sample(typed, len(typed)):
            yield {"q": text}
            yield {"q": _mistyped(text, chance)}
            yield {"q": text[: chance.randint(2, len(text))], "prefix": "true"}
            yield {"q": text, "kind": chance.choice(("tool", "material")), "limit": "50"}
            lat, lon = chance.uniform(43, 50), chance.uniform(-4, 7)
            yield {"q": text, "near": f"{lat:.3f},{lon:.3f}", "within": "150"}
            yield {"q": item_name(chance.randrange(network.items))}


def _mistyped(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice("aeinrst") + text[at + 1 :]


def ask_all(node: Running, network: Network) -> float:
    """Ask all searches, every fifth as a page; return milliseconds for the median one."""
    address = urlsplit(node.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    took = []
    for number, question in zip(range(SEARCHES), questions(network), strict=False):
        path = "/api/v1/search?" + urlencode(question)
        if number % 5 == 4:
            path = "/?" + urlencode({"q": question["q"]})
        began = time.perf_counter()
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        took.append(time.perf_counter() - began)
        assert response.status == 200, (path, response.status, body)
    connection.close()
    return statistics.median(took) * 1000


def help_s() -> float:
    """Return the seconds that `fedlab --help` takes."""
    began = time.perf_counter()
    subprocess.run([*FEDLAB, "--help"], env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def one_round(base: Path, number: int, full: Folder, network: Network) -> Round:
    """Start both nodes, one after the other, and measure."""
    fresh = Folder(base / f"fresh-{number}")
    fedlab(fresh, "init", "--name", "Fresh", "--network", NETWORK)
    with Running(fresh) as node:
        fresh_s = node.ready_s
    with Running(full) as node:
        status = node.call("status")
        assert status["items"] == network.items, status
        ready_mb = node.memory()["rss"]
        search_ms = ask_all(node, network)
        memory = node.memory()
        ready_s = node.ready_s
    return Round(
        ready_mb,
        memory["rss"],
        memory["peak"],
        memory["pss"],
        search_ms,
        ready_s,
        fresh_s,
        help_s(),
    )


def measure(base: Path, labs: int, items: int, rounds: int) -> None:
    """Run the rounds and write the table."""
    print("making the network", file=sys.stderr)
    folder = Folder(base / "full")
    network = make_network(folder, labs, items)
    with Running(folder):
        pass  # the first start puts files into the page cache and compiles modules
    measured = []
    for number in range(rounds):
        measured.append(one_round(base, number, folder, network))
        print(json.dumps(measured[-1]._asdict()), file=sys.stderr)
    report(measured, labs, items)


def report(measured: list[Round], labs: int, items: int) -> None:
    """Write the table and say what was reached."""
    shown = (
        ("resident when ready, MB", "ready_mb", None),
        (f"resident after {SEARCHES} searches, MB", "rss_mb", RSS_MAX_MB),
        ("its peak (VmHWM), MB", "peak_mb", None),
        ("its own share (PSS), MB", "pss_mb", None),
        ("one search over HTTP, ms", "search_ms", None),
        ("`run` until ready, s", "ready_s", READY_MAX_S),
        ("`run` of a lab just founded, s", "fresh_s", READY_MAX_S),
        ("`fedlab --help`, s", "help_s", HELP_MAX_S),
    )
    table: list[list[str]] = [["what", "median", "min", "max", "asked", "reached"]]
    for label, field, most in shown:
        values = [float(getattr(one, field)) for one in measured]
        middle = statistics.median(values)
        cells = [f"{value:.2f}" if label.endswith(" s") else f"{value:.1f}" for value in
                 (middle, min(values), max(values))]  # fmt: skip
        asked = "" if most is None else f"at most {most}"
        reached = "" if most is None else "yes" if middle <= most else "NO"
        table.append([label, *cells, asked, reached])
    notes = f"""
A node that holds {labs} labs × {items} items and answers {SEARCHES} different searches one after
the other (typed, mistyped, unfinished, filtered, near a place, by name; every fifth is the page);
{len(measured)} starts, warm disk. MB are 10^6 bytes. {load()}.

Run: `python benchmarks/footprint.py`.
"""
    write_section("Footprint", table, notes)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--labs", type=int, default=200)
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), args.labs, args.items, args.rounds)


if __name__ == "__main__":
    main()
