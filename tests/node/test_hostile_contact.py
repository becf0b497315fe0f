"""Another program on the port that a node which died has left in `control.json`."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fedlab.node.config import Folder
from fedlab.node.control import Contact, call_folder, write_contact
from tests.node.labs import found_lab

# What a web server, another node's pages, and another node's control endpoint answer.
ANSWERS = [
    (404, b'{"error": {"code": "not_found", "message": "x", "hint": ""}}'),
    (401, b'{"error": {"code": "unauthorized"}}'),
    (404, b"<html>"),
    (200, b"<html>"),
    (500, b"[]"),
    (500, b""),
    (500, b'{"error": 1, "exit": 99}'),
]


@pytest.fixture(params=ANSWERS)
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    status, body = request.param

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_command_does_not_take_another_program_for_its_node(tmp_path: Path, port: int) -> None:
    lab = found_lab(tmp_path).lab
    write_contact(Folder(tmp_path).control, Contact(port, "token", 1, "http://127.0.0.1:1"))
    assert call_folder(Folder(tmp_path), "status", {})["lab"] == lab
