"""A lab, its node, and a browser before it, for the tests of pages that need no more than that."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from fedlab.node.app import Node, open_node
from fedlab.node.service import Service
from tests.node.labs import opened_lab
from tests.node.web.signing import Client, client_of


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path, "Atelier") as service:
        yield service


@pytest.fixture
async def node(service: Service) -> AsyncIterator[Node]:
    async with open_node(service, ["http://127.0.0.1"]) as node:
        yield node


@pytest.fixture
async def browser(node: Node) -> AsyncIterator[Client]:
    client = await client_of(node)
    yield client
    await client.close()
