"""What the console says at the first start: addresses that others can open, a code, a QR."""

import io
from pathlib import Path

import pytest
import segno

from fedlab.node.config import Folder
from fedlab.node.greeting import greet, qr_lines, set_up_url

CODE = "ABCDEFGH"
LAN = ["http://192.168.1.7:7390", "http://fedlab.local:7390"]


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def said(out: io.StringIO, urls: list[str], **environ: str) -> str:
    greet(out, Folder(Path("/data")), urls, CODE, environ=environ)
    return out.getvalue()


def test_the_addresses_are_those_that_a_phone_can_open() -> None:
    text = said(io.StringIO(), LAN)
    assert text.index("    http://192.168.1.7:7390/setup") < text.index("ABCD-EFGH")
    assert " or http://fedlab.local:7390/setup" in text
    assert "On this machine itself: http://localhost:7390/setup" in text
    assert "/data/setup-code" in text


def test_a_machine_without_a_network_says_so() -> None:
    text = said(io.StringIO(), ["http://127.0.0.1:7390"])
    assert "No other machine can reach it" in text and "localhost" not in text


def test_a_terminal_shows_a_qr_and_a_log_does_not() -> None:
    assert "█" in said(Terminal(), LAN, TERM="xterm")
    for out, urls, environ in (
        (io.StringIO(), LAN, {"TERM": "xterm"}),
        (Terminal(), LAN, {"TERM": "dumb"}),
        (Terminal(), LAN, {"TERM": "xterm", "NO_COLOR": "1"}),
        (Terminal(), ["http://127.0.0.1:7390"], {"TERM": "xterm"}),
    ):
        text = said(out, urls, **environ)
        assert "█" not in text and "\033" not in text


@pytest.mark.parametrize("url", LAN)
def test_the_qr_holds_the_address_with_its_code_module_for_module(url: str) -> None:
    text = set_up_url(url, CODE)
    assert text == f"{url}/setup?code=ABCD-EFGH"
    drawn = []
    for line in qr_lines(text):
        assert line.startswith("\033[30;107m") and line.endswith("\033[0m")
        cells = line.removeprefix("\033[30;107m").removesuffix("\033[0m")
        drawn.append([cell in "▀█" for cell in cells])
        drawn.append([cell in "▄█" for cell in cells])
    meant = [
        [bool(one) for one in row] for row in segno.make(text, error="l").matrix_iter(border=4)
    ]
    assert drawn[: len(meant)] == meant
