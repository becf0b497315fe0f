"""The page of backups: chosen, made, and what goes wrong said beside the form."""

from pathlib import Path

import aiohttp
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import open_node
from fedlab.node.members.roles import Role
from fedlab.node.web.app import make_web_app
from tests.node.labs import opened_lab
from tests.node.web.signing import from_here, signed_in


async def test_backups_are_chosen_and_made_on_the_page(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with opened_lab(tmp_path / "lab") as service:
        async with open_node(service, ["http://127.0.0.1:1"]) as node:
            jar = aiohttp.CookieJar(unsafe=True)
            async with TestClient(TestServer(make_web_app(node)), cookie_jar=jar) as client:
                assert (await client.get("/backups")).status in (401, 403)
                signed_in(client, service, Role.ADMIN)
                here = from_here(client)

                async def said(path: str, **form: str) -> tuple[int, str]:
                    answer = await client.post(path, data=form, headers=here)
                    return answer.status, await answer.text()

                page = await (await client.get("/backups?lang=en")).text()
                assert "No backups are planned" in page
                status, page = await said("/backups", folder="/nowhere/stick", every_h="12")
                assert status == 422 and "no such folder" in page and "/nowhere/stick" in page
                assert 'value="12"' in page
                status, page = await said("/backups", folder=str(stick), every_h="soon")
                assert status == 422 and "whole numbers" in page
                status, page = await said("/backups", folder=str(tmp_path / "lab"))
                assert status == 422 and "cannot be used" in page

                status, page = await said("/backups", folder=str(stick), every_h="12", keep="3")
                assert status == 200 and str(stick) in page and "No backups" not in page
                status, page = await said("/backups/now")
                assert status == 200 and "What is there" in page
                assert len(service.backups.list().backups) == 1

                (stick / "fedlab-backups").unlink()
                status, page = await said("/backups/now")
                assert status == 422 and "not there" in page and "failed" in page
                page = await (await client.get("/backups?lang=fr")).text()
                assert "La dernière sauvegarde a échoué" in page
                status, page = await said("/backups/off")
                assert status == 200 and "Aucune sauvegarde" in page
