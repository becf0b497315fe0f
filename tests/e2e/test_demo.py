"""`fedlab demo`: three labs on this machine, ready when the first finds what only the last has."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

from fedlab.node.addresses import next_free_port
from tests.e2e.nodes import FEDLAB, HOST, environment, fedlab, free_port, until


def three_ports() -> int:
    """Return the first of three free ports in a row."""
    first = next_free_port(HOST, free_port(), 3)
    assert first is not None
    return first


@contextmanager
def demo(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run the demonstration; yields its process and its first line."""
    command = [*FEDLAB, "demo", "--port", str(port), "--json"]
    process = subprocess.Popen(
        command,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that Ctrl-C can be sent to all of it, as a terminal does
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield process, json.loads(line)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        with process:
            process.wait()


def search(url: str, question: str) -> list[dict[str, Any]]:
    with urlopen(f"{url}/api/v1/search?q={quote(question)}", timeout=10) as answer:
        hits: list[dict[str, Any]] = json.load(answer)["hits"]
        return hits


def answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=5):
            return True
    except OSError:
        return False


def test_the_demonstration(tmp_path: Path) -> None:
    port = three_ports()
    with demo(tmp_path, port) as (process, ready):
        first, _, last = ready["labs"]
        assert [lab["url"] for lab in ready["labs"]] == [
            f"http://{HOST}:{port + number}" for number in range(3)
        ]
        for question in ("decoupe laser", "laser cutter", "découpeuze lazer"):
            hit = search(first["url"], question)[0]
            assert hit["name"] == "Découpeuse laser Trotec Speedy 100", question
            assert hit["lab_name"] == last["name"]
            assert 490 < hit["distance_km"] < 520
            assert "use" in hit["terms"]
            assert hit["age_s"] is not None
        ends = [fedlab(Path(lab["data"]), "status") for lab in (first, last)]
        assert all(end["labs"] == 3 for end in ends)
        assert all(len(end["peers"]) == 1 for end in ends)
        # Somebody pulls the plug on one of them and starts it again.
        contact = json.loads((Path(last["data"]) / "control.json").read_text())
        os.kill(contact["pid"], signal.SIGKILL)
        until(lambda: not answers(last["url"]), "the last node's end")
        assert fedlab(Path(last["data"]), "verify")["problems"] == []
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0
    assert not any(answers(lab["url"]) for lab in ready["labs"])
    for lab in ready["labs"]:
        assert "Fatal" not in Path(lab["data"]).with_suffix(".log").read_text()

    # The second start founds nothing and knows the same labs.
    with demo(tmp_path, port) as (process, again):
        assert again == ready
        # What the last lab had told in that short run is not forgotten, nor made a century old.
        assert 0 <= search(again["labs"][0]["url"], "decoupe laser")[0]["age_s"] < 3600
        ids = [fedlab(Path(lab["data"]), "status")["lab"] for lab in again["labs"]]
        assert [ids[0], ids[2]] == [end["lab"] for end in ends]
        # Killed without a chance to say good-bye, it leaves no node behind.
        process.kill()
        until(lambda: not any(answers(lab["url"]) for lab in again["labs"]), "the nodes' end")

    # All three moved to other ports at once: no address that they know of each other is good.
    with demo(tmp_path, three_ports()) as (_, moved):
        for lab in (moved["labs"][0], moved["labs"][2]):
            folder = Path(lab["data"])
            until(lambda at=folder: connected(at), f"{lab['name']} and its neighbour")


def connected(folder: Path) -> bool:
    return all(peer["connected"] for peer in fedlab(folder, "status")["peers"])


def test_a_taken_port_names_three_free_ones(tmp_path: Path) -> None:
    import socket

    port = three_ports()
    with socket.create_server((HOST, port + 1)):
        error = fedlab(tmp_path, "demo", "--port", port, expect=75)["error"]
    assert (error["code"], f"port {port + 1} is in use" in error["message"]) == (
        "port_in_use",
        True,
    )
    assert "--port" in error["hint"]
    assert not (tmp_path / "demo").exists()


def test_a_start_that_was_cut_short_is_begun_again(tmp_path: Path) -> None:
    port = three_ports()
    command = [*FEDLAB, "demo", "--port", str(port), "--json"]
    with subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        until((tmp_path / "demo" / "brest" / "store.db").exists, "the first lab's folder")
        process.kill()
    with demo(tmp_path, port) as (_, ready):
        assert search(ready["labs"][0]["url"], "laser cutter")
