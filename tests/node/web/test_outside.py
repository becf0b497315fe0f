"""What maps fetch from a node, and the command that writes the same."""

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner

from fedlab.node.app import open_node
from fedlab.node.cli.main import fedlab
from fedlab.node.web.app import make_web_app
from fedlab.protocol.events import ChainSeen
from tests.node.labs import ask, found_lab, opened_lab, package_of

URL = "https://ponant.example"


@pytest.fixture
async def map_maker(tmp_path: Path) -> AsyncIterator[TestClient]:
    """A program somewhere that reads a lab with one tool, which knows another lab."""
    with opened_lab(tmp_path / "a", "Ponant") as service, opened_lab(tmp_path / "b", "B") as other:
        change = {"address": "40 rue Jules Lesven, 29200 Brest", "contact": "a@ponant.example"}
        ask(service, "profile_set", change=change)
        ask(service, "item_add", code="LASER", change={"name": "Laser"})
        ask(service, "vouch", lab=other.opened.lab)
        service.store.commit([ChainSeen(other.store.own_chain()), *package_of(other)])
        service.refresh()
        service.peers.keep_own_urls([URL])
        async with open_node(service, [URL]) as node:
            async with TestClient(TestServer(make_web_app(node))) as client:
                yield client


async def test_every_format_is_open_to_pages_of_other_sites(map_maker: TestClient) -> None:
    for path, kind in (("okw.json", "json"), ("spaceapi.json", "json"), ("lamednum.csv", "csv")):
        answer = await map_maker.get(f"/{path}", headers={"Origin": "https://map.example"})
        assert (answer.status, kind in answer.content_type) == (200, True)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in answer.headers


async def test_addresses_in_it_are_the_nodes_own(map_maker: TestClient) -> None:
    okw = await (await map_maker.get("/okw.json")).json()
    assert okw["equipment"][0]["url"] == f"{okw['url'].replace('/lab/', '/I/')}/LASER"
    assert okw["url"].startswith(f"{URL}/lab/")
    space = await (await map_maker.get("/spaceapi.json")).json()
    assert (space["space"], space["url"]) == ("Ponant", URL)
    assert (await map_maker.get(space["logo"].removeprefix(URL))).status == 200


async def test_lamednum_holds_one_lab_or_all_that_are_shown(map_maker: TestClient) -> None:
    for query, names in (("", ["Ponant"]), ("?labs=all", ["Ponant", "B"])):
        text = await (await map_maker.get(f"/lamednum.csv{query}")).text()
        assert [row["nom"] for row in csv.DictReader(io.StringIO(text))] == names
    assert (await map_maker.get("/lamednum.csv?labs=some")).status == 400


def test_the_command_writes_what_the_node_publishes(tmp_path: Path) -> None:
    found_lab(tmp_path / "lab", "Ponant")
    run = CliRunner().invoke
    data = ["--data", str(tmp_path / "lab")]
    shown = run(fedlab, ["export", "spaceapi", *data])
    assert json.loads(shown.stdout)["space"] == "Ponant"
    run(fedlab, ["export", "lamednum", "--all", "--out", str(tmp_path / "a.csv"), *data])
    assert (tmp_path / "a.csv").read_text().startswith("id,pivot,nom,")
    assert run(fedlab, ["export", "okw", "--all", *data]).exit_code != 0
