"""Pulling the plug on a node and starting it again loses nothing."""

import signal
import threading

from tests.e2e.conftest import NewLab
from tests.e2e.nodes import Lab, until


def acknowledged(lab: Lab, prefix: str, stop: threading.Event) -> list[str]:
    """Add items through the running node until it dies; return those that it said were added."""
    import subprocess

    from tests.e2e.nodes import FEDLAB, environment

    added: list[str] = []
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
    return added


def test_what_was_acknowledged_survives_a_kill(new_lab: NewLab) -> None:
    """Killed with SIGKILL while somebody adds items: every one that was acknowledged is there."""
    lab, peer = new_lab("Atelier"), new_lab("Voisin")
    with peer.running():
        lab.start()
        lab.join(peer)
        for round_ in ("K", "L"):
            stop = threading.Event()
            added: list[str] = []
            adding = threading.Thread(
                target=lambda name, into, end: into.extend(acknowledged(lab, name, end)),
                args=(round_, added, stop),
            )
            adding.start()
            until(lambda: f"{round_}-2" in str(lab.run("item", "list")), "two items")  # noqa: B023
            assert lab.stop(signal.SIGKILL) == -signal.SIGKILL
            stop.set()
            adding.join()
            lab.start()
            codes = {item["code"] for item in lab.run("item", "list")["items"]}
            assert len(added) >= 2
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
