"""What a node serves: pages, API and logs, asked over HTTP as their users ask."""

import base64
import hashlib
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.e2e.nodes import Lab, until

ITEMS = 300  # more than one block of 256


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One node for all these tests: starting one costs more than asking it."""
    lab = Lab(tmp_path_factory.mktemp("ponant"), "Ponant", (48.39, -4.49))
    lab.run("item", "add", "--name", "Découpeuse laser", "--code", "LASER", "--terms", "use")
    with lab.running():
        yield lab


def ask(
    lab: Lab, path: str, *, method: str = "GET", body: object = None, **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of an answer, whatever the status."""
    request = urllib.request.Request(
        lab.url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, exc.read(), dict(exc.headers)


def ask_json(lab: Lab, path: str, expect: int = 200, **more: Any) -> Any:
    status, body, _ = ask(lab, path, **more)
    assert status == expect, body
    return json.loads(body)


# --- pages ---


@pytest.mark.parametrize("path", ["/", "/?q=laser", "/labs", "/join", "/nothing"])
def test_every_page_is_whole_in_both_languages(lab: Lab, path: str) -> None:
    for code in ("fr", "en"):
        status, body, headers = ask(lab, path, Accept="text/html", Accept_Language=code)
        assert status == (404 if path == "/nothing" else 200)
        assert f'<html lang="{code}">' in body.decode()
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(rb"(?:src|href)=.?https?:", body), "nothing comes from elsewhere"


def test_a_label_opens_its_item_in_whatever_case(lab: Lab) -> None:
    for path in (f"/I/{lab.id.upper()}/LASER", f"/I/{lab.id}/laser"):
        status, body, _ = ask(lab, path, Accept="text/html")
        assert status == 200
        assert "Découpeuse laser" in body.decode()


def test_what_a_lab_wrote_is_shown_as_text(lab: Lab) -> None:
    evil = "<script>alert(1)</script>\"'&lt;"
    lab.run("item", "add", "--name", evil, "--description", evil, "--code", "EVIL")
    for path in (f"/I/{lab.id}/EVIL", "/?q=script", f"/lab/{lab.id}"):
        status, body, _ = ask(lab, path, Accept="text/html")
        assert status == 200
        assert b"<script>alert" not in body


# --- API ---


def test_the_api_describes_itself_and_answers_as_described(lab: Lab) -> None:
    document = ask_json(lab, "/api/v1/openapi.json")
    validate(document)
    for path in ("/status", "/search?q=laser", "/labs", "/items", f"/items/{lab.id}/LASER"):
        ask_json(lab, f"/api/v1{path}")
    found = ask_json(lab, "/api/v1/search?q=decoupe+laser")
    assert found["hits"][0]["item"] == f"{lab.id}/LASER"
    assert found == lab.run("search", "decoupe laser")


@pytest.mark.parametrize(
    "path, status",
    [
        ("/search?q=a&colour=red", 400),
        ("/search?q=a&limit=many", 400),
        ("/search?q=a&near=here", 400),
        ("/items/zz/LASER", 404),
        ("/nothing", 404),
    ],
)
def test_an_api_error_says_what_and_what_to_do(lab: Lab, path: str, status: int) -> None:
    error = ask_json(lab, f"/api/v1{path}", expect=status)["error"]
    assert set(error) == {"code", "message", "hint"}
    assert error["message"]
    assert error["hint"]


def test_a_write_asked_twice_is_done_once(lab: Lab) -> None:
    token = json.loads((lab.data / "control.json").read_text())["token"]
    ask_json(lab, "/api/v1/items", 403, method="POST", body={"name": "Étau"})
    wrong = {"Authorization": "Bearer wrong", "Idempotency_Key": "one"}
    ask_json(lab, "/api/v1/items", 401, method="POST", body={"name": "Étau"}, **wrong)
    signed = {"Authorization": f"Bearer {token}", "Idempotency_Key": "one"}
    item = {"change": {"name": "Étau"}}
    first = ask_json(lab, "/api/v1/items", 201, method="POST", body=item, **signed)
    assert ask_json(lab, "/api/v1/items", 201, method="POST", body=item, **signed) == first
    other = {"change": {"name": "Scie"}}
    ask_json(lab, "/api/v1/items", 409, method="POST", body=other, **signed)
    assert [one["name"] for one in lab.run("item", "list")["items"]].count("Étau") == 1


def test_a_page_elsewhere_cannot_open_the_peers_socket(lab: Lab) -> None:
    status, _, _ = ask(
        lab, "/sync", Origin="http://elsewhere.example", Connection="Upgrade", Upgrade="websocket"
    )
    assert status == 403


def test_health_is_open_and_figures_are_for_this_machine(lab: Lab) -> None:
    assert ask_json(lab, "/healthz") == {"status": "ok"}
    assert re.search(rb"^fedlab_items [1-9]", ask(lab, "/metrics")[1], re.MULTILINE)
    assert ask(lab, "/metrics", X_Forwarded_For="192.0.2.1")[0] == 404


# --- logs, as any C2SP client reads them; nothing of fedlab's own code is used to check ---


def test_a_stranger_can_mirror_and_audit_a_lab(lab: Lab) -> None:
    rows = "name\n" + "".join(f"Pince n° {number}\n" for number in range(ITEMS))
    (lab.data / "rows.csv").write_text(rows)
    lab.run("import", lab.data / "rows.csv")
    (log,) = until(lambda: ask_json(lab, "/log")["logs"], "the log")
    prefix = f"/log/{log['lab']}/{log['epoch']}"
    origin, size, root = checkpoint(ask(lab, f"{prefix}/checkpoint")[1].decode())
    assert (origin, size) == (log["origin"], log["size"])
    assert size > ITEMS
    leaves: list[bytes] = []
    for number in range(0, size, 256):
        width = min(256, size - number)
        path = f"{number // 256:03}" + ("" if width == 256 else f".p/{width}")
        leaves += bundle(ask(lab, f"{prefix}/tile/entries/{path}")[1])
        hashes = ask(lab, f"{prefix}/tile/0/{path}")[1]
        assert hashes == b"".join(leaf_hash(leaf) for leaf in leaves[number:])
    assert tree_root([leaf_hash(leaf) for leaf in leaves]) == root
    assert ask(lab, f"{prefix}/tile/1/000.p/1")[1] == tree_root(
        [leaf_hash(x) for x in leaves[:256]]
    )
    assert ask(lab, f"{prefix}/tile/1/000.p/2")[0] == 404
    assert ask(lab, f"{prefix}/tile/0/999")[0] == 404


def checkpoint(note: str) -> tuple[str, int, bytes]:
    origin, size, root = note.split("\n\n")[0].split("\n")
    return origin, int(size), base64.b64decode(root)


def bundle(data: bytes) -> list[bytes]:
    leaves = []
    while data:
        length = int.from_bytes(data[:2], "big")
        leaves.append(data[2 : 2 + length])
        data = data[2 + length :]
    return leaves


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def tree_root(hashes: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    both = tree_root(hashes[:half]) + tree_root(hashes[half:])
    return hashlib.sha256(b"\1" + both).digest()
