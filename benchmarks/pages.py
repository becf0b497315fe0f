"""Pages: how long a node that holds 200 labs with 500 items each takes to answer its main pages.

    python benchmarks/pages.py [--labs 200] [--items 500] [--rounds 3] [--seconds 3]

The load comes from wrk (a package of Debian), over loopback:
it asks for gzip as browsers do, for different searches, items and labs in turn. Beside it, in the
same rounds, an aiohttp handler that answers nothing: what no page on aiohttp can be quicker than.
"""

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from footprint import questions
from network import Network, item_draft, make_network
from nodes import Running, load
from report import write_section

from fedlab.node.config import Folder
from fedlab.node.service import Service
from fedlab.node.web.access import SESSION_COOKIE

P95_MAX_MS = 50
CLIENTS = (1, 8)
OWN_ITEMS = 500
LOANS = 40
# How many addresses of each page are asked in turn.
ADDRESSES = 300

EMPTY = """
from aiohttp import web
async def empty(request): return web.Response(text="")
app = web.Application(); app.router.add_get("/{any:.*}", empty)
async def ready(_): print("ready", flush=True)
app.on_startup.append(ready)
web.run_app(app, host="127.0.0.1", port={port}, print=None, access_log=None)
"""


class Page(NamedTuple):
    """One page, who asks for it, and the addresses that are asked."""

    name: str
    who: str
    paths: list[str]


class Answered(NamedTuple):
    """What wrk measured: milliseconds and pages a second."""

    p50_ms: float
    p95_ms: float
    per_second: float


def live(folder: Folder) -> tuple[str, list[str]]:
    """Give the hub an inventory, an admin and loans; return the session and its items' codes."""
    with Service(folder) as service:
        drafts = [item_draft(number) for number in range(1_000_000, 1_000_000 + OWN_ITEMS)]
        service.opened.append(drafts)
        codes = [draft.fact.code for draft in drafts]  # type: ignore[attr-defined]
        admin = service.members.add_first("Ada", "ada", "")
        for number, code in enumerate(codes[:LOANS]):
            service.counter.lend(f"{service.opened.lab}/{code}", to=f"Voisin {number}")
        return service.members.begin_session(admin, "Firefox", "127.0.0.1"), codes


def pages_of(node: Running, network: Network, codes: list[str]) -> list[Page]:
    """Return the pages with the addresses that are asked of each."""
    chance = random.Random(7)
    hub, labs = node.call("status")["lab"], [lab["lab"] for lab in node.call("labs")["labs"]]
    others = chance.sample([lab for lab in labs if lab != hub], min(30, len(labs) - 1))
    items = [
        f"/I/{item['item']}"
        for lab in others
        for item in node.call("item_list", lab=lab, limit=10)["items"]
    ]
    searches = ["/?" + urlencode({"q": one["q"]}) for one in islice(questions(network), ADDRESSES)]
    public = {
        "search": searches,
        "item": items,
        "lab": [f"/lab/{lab}" for lab in others],
        "labs": ["/labs"],
    }
    inside = {
        "inventory desk": ["/desk"],
        "inventory desk, filtered": [f"/desk?{urlencode({'q': code})}" for code in codes[:20]],
        "counter": ["/counter"],
        "loans": ["/loans"],
        "needs": ["/needs"],
        "network": ["/network"],
        "what needs attention": ["/attention"],
        "members": ["/members"],
        "labels": ["/labels"],
        "journal": ["/journal"],
        "settings": ["/settings"],
        "own item": [f"/I/{hub}/{quote(code)}" for code in codes[:ADDRESSES]],
    }
    visitor = [Page(name, "visitor", paths) for name, paths in public.items()]
    return [*visitor, *(Page(name, "admin", paths) for name, paths in {**public, **inside}.items())]


@contextmanager
def empty_handler(port: int) -> Iterator[str]:
    """Run the aiohttp application that answers nothing."""
    code = EMPTY.replace("{port}", str(port))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        with process:
            process.wait()


def ask(url: str, page: Page, cookie: str, clients: int, seconds: int, base: Path) -> Answered:
    """Ask the addresses of a page for some seconds; raise RuntimeError if one was not answered."""
    listed = base / "paths"
    listed.write_text("\n".join(page.paths) + "\n")
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", str(HERE / "pages.lua"), url, "--", str(listed)]
    command += [cookie if page.who == "admin" else ""]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    line = next(line for line in said.splitlines() if line.startswith("RESULT"))
    requests, wrong, took_us, p50_us, p95_us = map(int, line.split()[1:])
    if wrong or not requests:
        raise RuntimeError(f"{page.name}: {wrong} of {requests} were not answered\n{said}")
    return Answered(p50_us / 1000, p95_us / 1000, requests / took_us * 1e6)


def measure(base: Path, args: argparse.Namespace) -> None:
    """Run the rounds and write the table."""
    print("making the network", file=sys.stderr)
    folder = Folder(base / "hub")
    network = make_network(folder, args.labs, args.items)
    session, codes = live(folder)
    cookie = f"{SESSION_COOKIE}={session}"
    measured: dict[tuple[str, str, int], list[Answered]] = {}
    with Running(folder) as node:
        pages = pages_of(node, network, codes)
        with empty_handler(int(node.url.rpartition(":")[2]) + 1) as empty:
            for _ in range(args.rounds):
                for clients in CLIENTS:
                    for page in (Page("empty aiohttp handler", "", ["/"]), *pages):
                        url = node.url if page.who else empty
                        answered = ask(url, page, cookie, clients, args.seconds, base)
                        measured.setdefault((page.name, page.who, clients), []).append(answered)
                        print(page.name, page.who, clients, json.dumps(answered), file=sys.stderr)
    report(measured, args)


def report(measured: dict[tuple[str, str, int], list[Answered]], args: argparse.Namespace) -> None:
    """Write the table and say what was reached."""
    head = ["page", "who asks"]
    for clients in CLIENTS:
        at = f"{clients} at once" if clients > 1 else "alone"
        head += [f"{at}: p50, ms", "p95, ms", "a second"]
    table = [[*head, f"p95 ≤ {P95_MAX_MS} ms, {' / '.join(map(str, CLIENTS))}"]]
    for name, who in dict.fromkeys((name, who) for name, who, _ in measured):
        row, reached = [name, who], []
        for clients in CLIENTS:
            rounds = measured[name, who, clients]
            p50, p95, rate = (
                statistics.median(getattr(one, field) for one in rounds)
                for field in Answered._fields
            )
            row += [f"{p50:.1f}", f"{p95:.1f}", f"{rate:.0f}"]
            reached.append("yes" if p95 <= P95_MAX_MS else "NO")
        table.append([*row, " / ".join(reached) if who else ""])
    notes = f"""
A node that holds {args.labs} labs × {args.items} items and {OWN_ITEMS} of its own, {LOANS} of them
lent, in one process; wrk on the same machine asks {ADDRESSES} different searches (typed, mistyped,
unfinished, by name), items and labs in turn, by keep-alive connections, for {args.seconds} seconds
each; medians of {args.rounds} rounds, the empty handler in each. {load()}.

Run: `python benchmarks/pages.py`.
"""
    write_section("Pages", table, notes)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--labs", type=int, default=200)
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    args = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("this needs wrk: apt install wrk")
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), args)


if __name__ == "__main__":
    main()
