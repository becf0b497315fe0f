"""Replication between two processes over loopback, beside Hypercore 11 and bare SQLite.

    python benchmarks/replication.py [--entries 100000] [--rounds 5]

Entries are `item.set` facts with their detail, about 450 bytes together. fedlab's receiver is the
node's own driver, exchange and store: WebSocket, Noise, every hash and commitment verified, every
batch on disk with `synchronous=FULL`; as Hypercore builds no index, it folds and indexes nothing
here (`joining.py` measures that). The rounds alternate; the table gives medians.
"""

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from made_up import item_draft
from nodes import load
from report import write_section

from fedlab.inventory.facts import LabVouch
from fedlab.node.app import Node, open_node
from fedlab.node.config import Folder
from fedlab.node.founding import found
from fedlab.node.service import Service
from fedlab.node.writer import Draft

HYPERCORE_PORT = 9321


# --- fedlab ---------------------------------------------------------------------------------------


def make_labs(base: Path, entries: int) -> tuple[str, str]:
    """Found a sender with so many items and a receiver; each vouches for the other."""
    labs = [
        found(Folder(base / name), name=name, network="bench", lat=None, lon=None, lang="fr").lab
        for name in ("sender", "receiver")
    ]
    for name, other in (("sender", labs[1]), ("receiver", labs[0])):
        with Service(Folder(base / name)) as service:
            service.opened.append_one(Draft(LabVouch(by="", e=0, n=0, at=0, lab=other)))
            if name == "sender":
                for start in range(0, entries, 1000):
                    many = range(start, min(start + 1000, entries))
                    service.opened.writer.append([item_draft(number) for number in many])
    return labs[0], labs[1]


class UnfoldedNode(Node):
    """A node that leaves what it receives unfolded."""

    def changed(self) -> None:
        pass


async def send(folder: Path) -> None:
    """Serve the sender until standard input ends."""
    from fedlab.node.web.app import make_web_app
    from fedlab.node.web.guard import listen

    with Service(Folder(folder)) as service:
        async with (
            open_node(service, []) as node,
            listen(make_web_app(node), "127.0.0.1", 0) as (host, port),
        ):
            print(json.dumps({"url": f"http://{host}:{port}"}), flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def receive(folder: Path, lab: str, url: str, entries: int) -> None:
    """Fetch the sender's log and print how long it took, to the last commit."""
    from fedlab.node.driver import Driver

    with Service(Folder(folder)) as service:
        service.store.peers.put(lab, [url])
        node = UnfoldedNode(service, [])
        node.driver = Driver(node)
        began = time.perf_counter()
        await node.driver.start()
        while True:
            held = service.store.log(lab, 0)
            if held is not None and held.head is not None and held.head.size >= entries:
                break
            await asyncio.sleep(0.005)
        seconds = time.perf_counter() - began
        await node.driver.stop()
        node.close()
        print(json.dumps({"seconds": seconds}), flush=True)


def fedlab_round(base: Path, number: int, lab: str, url: str, entries: int) -> float:
    folder = base / f"receiver-{number}"
    shutil.copytree(base / "receiver", folder)
    seconds = run(
        [sys.executable, __file__, "--receive", str(folder), lab, url, "--entries", str(entries)]
    )
    shutil.rmtree(folder)
    return entries / seconds


# --- Hypercore ------------------------------------------------------------------------------------


def hypercore_folder() -> Path:
    """Where `npm install` puts Hypercore: outside the checkout's history."""
    folder = HERE / "hypercore"
    if not (folder / "node_modules").is_dir():
        subprocess.run(["npm", "install", "--no-package-lock", "--silent"], cwd=folder, check=True)
    return folder


def hypercore_round(base: Path, number: int, entries: int) -> float:
    folder, key = base / f"core-{number}", (base / "core.key").read_text()
    peer = str(hypercore_folder() / "peer.mjs")
    seconds = run(["node", peer, "fetch", str(folder), str(HYPERCORE_PORT), str(entries), key])
    shutil.rmtree(folder)
    return entries / seconds


# --- the ceiling ----------------------------------------------------------------------------------


def sqlite_round(base: Path, entries: int) -> float:
    """Insert the same bytes as rows, 256 to a transaction, with the same promise (FULL)."""
    path = base / "ceiling.db"
    rows = [(at, os.urandom(450)) for at in range(entries)]
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=wal", "synchronous=full"):
        connection.execute(f"pragma {pragma}")
    connection.execute("create table entries(n integer primary key, body blob)")
    began = time.perf_counter()
    for start in range(0, entries, 256):
        connection.execute("begin")
        connection.executemany("insert into entries values(?, ?)", rows[start : start + 256])
        connection.execute("commit")
    seconds = time.perf_counter() - began
    connection.close()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    return entries / seconds


# --- all of it ------------------------------------------------------------------------------------


def run(command: list[str]) -> float:
    """Run one receiver in a process of its own; return the seconds that it measured."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--send", type=Path)
    parser.add_argument("--receive", nargs=3)
    args = parser.parse_args()
    if args.send:
        return asyncio.run(send(args.send))
    if args.receive:
        folder, lab, url = args.receive
        return asyncio.run(receive(Path(folder), lab, url, args.entries))
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), args.entries, args.rounds)
    return None


def compare(base: Path, entries: int, rounds: int) -> None:
    print("making the logs", file=sys.stderr)
    lab, _ = make_labs(base, entries)
    ours = subprocess.Popen(
        [sys.executable, __file__, "--send", str(base / "sender")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    peer = str(hypercore_folder() / "peer.mjs")
    theirs = subprocess.Popen(
        ["node", peer, "serve", str(base / "core"), str(HYPERCORE_PORT), str(entries), "450"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert ours.stdout is not None
        assert theirs.stdout is not None
        url = json.loads(ours.stdout.readline())["url"]
        theirs.stdout.readline()
        rates: dict[str, list[float]] = {"fedlab": [], "Hypercore 11": [], "SQLite": []}
        for number in range(rounds):
            rates["fedlab"].append(fedlab_round(base, number, lab, url, entries))
            rates["Hypercore 11"].append(hypercore_round(base, number, entries))
            rates["SQLite"].append(sqlite_round(base, entries))
            print({name: round(values[-1]) for name, values in rates.items()}, file=sys.stderr)
    finally:
        ours.kill()
        theirs.kill()
    medians = {name: statistics.median(values) for name, values in rates.items()}
    ratio = statistics.median(
        a / b for a, b in zip(rates["fedlab"], rates["Hypercore 11"], strict=True)
    )
    table = [["what", "entries/s, median", "min", "max", "to disk"]]
    disk = {
        "fedlab": "every batch synced (FULL)",
        "Hypercore 11": "not synced per batch (RocksDB's log is left to the system)",
        "SQLite": "every 256 synced (FULL); the ceiling: nothing sent, nothing verified",
    }
    for label, values in rates.items():
        cells = [f"{value:,.0f}" for value in (medians[label], min(values), max(values))]
        table.append([label, *cells, disk[label]])
    write_section(
        "Replication",
        table,
        f"""
{entries:,} entries of about 450 bytes over loopback, {rounds} alternating rounds.
fedlab / Hypercore 11, median of the rounds' ratios: **{ratio:.1f}**; asked: at least 8
({"reached" if ratio >= 8 else "MISSED"}), aim 10. {load()}.

Run: `python benchmarks/replication.py`.
""",
    )


if __name__ == "__main__":
    main()
