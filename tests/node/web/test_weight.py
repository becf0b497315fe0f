"""A search page weighs at most 60 KB on a phone's first visit, everything it loads included."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import open_node
from fedlab.node.web.app import make_web_app
from tests.node.labs import ask, opened_lab

Browser = TestClient[Any, Any]
FIRST_VISIT_BYTES_MAX = 60_000
LOADED = re.compile(r'<(?:link|script|img)\b[^>]*?(?:href|src)="(/[^"]+)"')


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser that sees what goes over the air, before a lab with a page full of results."""
    with opened_lab(tmp_path, "Atelier") as service:
        for number in range(20):
            change = {
                "name": f"Perceuse sans fil n° {number}",
                "description": f"Deux batteries et un chargeur, mandrin de {number + 10} mm. " * 4,
                "terms": ["lend", "use"],
            }
            ask(service, "item_add", change=change)
        service.refresh()
        async with open_node(service, ["http://127.0.0.1"]) as node:
            server = TestServer(make_web_app(node))
            async with TestClient(server, auto_decompress=False) as client:
                yield client


async def weigh(phone: Browser, path: str, encoding: str) -> tuple[int, str]:
    """Return how many bytes an answer is, headers too, and its text."""
    answer = await phone.get(path, headers={"Accept-Encoding": encoding, "Accept": "text/html"})
    assert answer.status == 200
    body = await answer.read()
    headers = sum(len(name) + len(value) + 4 for name, value in answer.raw_headers)
    packed = answer.headers.get("Content-Encoding") == "gzip"
    return len(body) + headers, (gzip.decompress(body) if packed else body).decode()


async def first_visit(phone: Browser, path: str, encoding: str = "gzip, deflate, br") -> int:
    weight, page = await weigh(phone, path, encoding)
    for loaded in set(LOADED.findall(page)):
        weight += (await weigh(phone, loaded, encoding))[0]
    return weight


async def test_a_search_page_is_light(phone: Browser) -> None:
    _, page = await weigh(phone, "/?q=perceuse", "gzip")
    assert page.count("<h2") >= 20, "a page full of results"
    assert len(set(LOADED.findall(page))) >= 3, "and what it loads"
    assert await first_visit(phone, "/?q=perceuse") <= FIRST_VISIT_BYTES_MAX


async def test_uncompressed_it_would_not_be(phone: Browser) -> None:
    """Negative control."""
    assert await first_visit(phone, "/?q=perceuse", "identity") > FIRST_VISIT_BYTES_MAX


async def test_a_photo_and_an_unwilling_program_get_bytes_as_they_are(phone: Browser) -> None:
    plain = await phone.get("/api/v1/labs", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert len((await plain.json())["labs"]) == 1
