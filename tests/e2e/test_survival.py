"""Pulling the plug on a node and starting it again loses nothing."""

import signal
import subprocess
import threading

from tests.e2e.conftest import NewLab
from tests.e2e.nodes import FEDLAB, Lab, environment, until


def add_items(lab: Lab, prefix: str, added: list[str], stop: threading.Event) -> None:
    """Add items through the running node until it dies; tell those that it said were added."""
    number = 0
    while not stop.is_set():
        number += 1
        code = f"{prefix}-{number}"
        done = subprocess.run(
            [*FEDLAB, "item", "add", "--name", f"Outil {number}", "--code", code, "--json"],
            env=environment(lab.data),
            capture_output=True,
        )
        if done.returncode == 0:
            added.append(code)


def test_what_was_acknowledged_survives_a_kill(new_lab: NewLab) -> None:
    """Killed with SIGKILL while somebody adds items: every one that was acknowledged is there."""
    lab, peer = new_lab("Atelier"), new_lab("Voisin")
    with peer.running():
        lab.start()
        lab.join(peer)
        for prefix in ("K", "L"):
            stop, added = threading.Event(), list[str]()
            adding = threading.Thread(target=add_items, args=(lab, prefix, added, stop))
            adding.start()
            until(lambda added=added: len(added) >= 2, "two items")
            assert lab.stop(signal.SIGKILL) == -signal.SIGKILL
            stop.set()
            adding.join()
            lab.start()
            codes = {item["code"] for item in lab.run("item", "list")["items"]}
            assert set(added) <= codes
        # It can write again, and its neighbour accepts what follows: no size was signed twice.
        lab.run("item", "add", "--name", "Après la panne", "--code", "APRES")
        until(peer.holds(lab), "the log at the neighbour")
        lab.stop()
    for one in (lab, peer):
        assert one.run("verify")["problems"] == []
    mine = [entry["entry"] for entry in lab.run("log")]
    assert [entry["entry"] for entry in peer.run("log", lab.id)] == mine


def test_a_stop_is_clean_and_gives_the_folder_back(new_lab: NewLab) -> None:
    lab = new_lab("Atelier")
    for how in (signal.SIGTERM, signal.SIGINT):
        lab.start()
        assert lab.stop(how) == 0
        assert not (lab.data / "control.json").exists()
    assert "Traceback" not in lab.said()
