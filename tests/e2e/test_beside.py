"""Commands beside a running node: the same answers as without, and never two writers."""

import json
import socket
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from urllib.request import urlopen

import pytest

from tests.e2e.conftest import NewLab
from tests.e2e.nodes import FEDLAB, HOST, Lab, environment, free_port

READS = [
    ("status",),
    ("peers",),
    ("item", "list"),
    ("item", "show", "TOUR"),
    ("search", "lathe"),
    ("log",),
    ("verify",),
]


@pytest.fixture
def lab(new_lab: NewLab) -> Lab:
    lab = new_lab("Atelier", (48.0, 2.0))
    lab.run("item", "add", "--name", "Tour à métaux", "--code", "TOUR")
    return lab


def test_every_reading_command_answers_alike_beside_a_node_and_without(lab: Lab) -> None:
    without = [lab.run(*command) for command in READS]
    with lab.running():
        beside = [lab.run(*command) for command in READS]
    assert beside == without


def test_every_writing_command_works_beside_a_node(lab: Lab) -> None:
    sheet = lab.data / "sheet.csv"
    sheet.write_text("Nom;Quantité\nScie;2\nSerre-joint;12\n")
    other = "ab" * 32
    with lab.running():
        assert lab.run("item", "add", "--name", "Étau")["item"] == f"{lab.id}/ETAU"
        lab.run("item", "set", "ETAU", "--place", "Établi 3")
        lab.run("item", "seen", "ETAU")
        held = lab.run("item", "hold", "ETAU", "--from", "2026-05-01", "--to", "2026-05-02")
        lab.run("item", "release", held["hold"])
        assert lab.run("import", sheet)["added"] == 2
        assert lab.run("import", "--undo")["retired"] == 2
        for command in ("vouch", "unvouch", "block", "unblock"):
            lab.run(command, other)
        entry = lab.run("log")[2]["entry"]
        assert lab.run("erase", entry)["entry"] == entry
        assert lab.run("bundle", "write", lab.data / "stick")["labs"] == 1
        lab.run("bundle", "read", lab.data / "stick")
        assert lab.run("rebuild")["entries"] == lab.run("status")["size"]
        lab.run("item", "retire", "ETAU")
        assert lab.run("invite")["url"].startswith(f"{lab.url}/join?")
        error = lab.run("item", "show", "NOTHING", expect=1)["error"]
        assert error["code"] == "not_found"
        assert error["hint"]
    assert lab.run("verify")["problems"] == []


def test_commands_that_write_at_once_take_turns(lab: Lab) -> None:
    """Twelve at the same moment, with and without a node: every size is signed once."""
    with ThreadPoolExecutor(6) as pool:
        add = [("item", "add", "--name", "Pince", "--code", f"P-{n}") for n in range(12)]
        done = list(pool.map(lambda args: lab.run(*args), add[:6]))
        with lab.running():
            done += list(pool.map(lambda args: lab.run(*args), add[6:]))
    assert len({answer["entry"] for answer in done}) == 12
    answer = lab.run("verify")
    assert (answer["entries"], answer["problems"]) == (15, [])


def test_the_token_is_for_the_owner_and_the_endpoint_on_loopback_alone(lab: Lab) -> None:
    with lab.running():
        contact = lab.data / "control.json"
        assert stat.S_IMODE(contact.stat().st_mode) == 0o600
        said = json.loads(contact.read_text())
        with socket.create_connection((HOST, said["port"]), timeout=5) as line:
            line.sendall(
                b"POST /call/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer guess\r\n"
                b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
            )
            assert line.makefile("rb").readline().split()[1] == b"401"
        assert said["port"] != lab.port


def test_a_second_node_of_a_folder_is_refused_and_names_the_first(lab: Lab) -> None:
    with lab.running():
        error = lab.run("run", "--host", HOST, "--port", free_port(), expect=75)["error"]
        assert error["code"] == "already_running"
        assert lab.url in error["message"]


def test_a_contact_left_by_a_dead_node_is_no_obstacle(lab: Lab) -> None:
    lab.start()
    assert lab.process is not None
    lab.process.kill()
    lab.process.wait()
    assert (lab.data / "control.json").exists()
    assert lab.run("status")["lab"] == lab.id


def test_a_busy_port_names_the_next_free_one(lab: Lab) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        error = lab.run("run", "--host", HOST, "--port", port, expect=75)["error"]
        assert f"port {port} is in use" in error["message"]
        lab.port = int(error["hint"].split("--port ")[1].split(",")[0])
        with lab.running():
            with urlopen(f"{lab.url}/healthz", timeout=10) as health:
                assert json.load(health) == {"status": "ok"}


def test_without_json_a_node_says_where_it_is(lab: Lab) -> None:
    command = [*FEDLAB, "run", "--host", HOST, "--port", str(lab.port)]
    with subprocess.Popen(
        command, env=environment(lab.data), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as node:
        assert node.stdout is not None
        assert lab.url.encode() in node.stdout.readline()
        node.terminate()
        assert node.wait(20) == 0
