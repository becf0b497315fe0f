"""`fedlab member …`, without a node."""

import json
from pathlib import Path
from typing import Any

import pytest

from fedlab.node.cli.main import run_command
from fedlab.node.config import Folder
from fedlab.node.members.passwords import is_right_now
from fedlab.node.service import Service
from tests.node.labs import found_lab


def run(data: Path, capsys: pytest.CaptureFixture[str], *args: str, expect: int = 0) -> Any:
    assert run_command([*args, "--data", str(data), "--json"]) == expect
    return json.loads(capsys.readouterr().out)


def test_the_first_account_is_made_and_let_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found_lab(tmp_path)
    added = run(
        tmp_path, capsys, "member", "add", "--name", "Awa", "--login", "Awa", "--role", "admin"
    )
    assert (added["login"], added["has_password"]) == ("awa", False)
    secret = "quatre mots bien rangés"
    answer = run(tmp_path, capsys, "member", "password", "awa", "--password", secret)
    assert answer["has_password"]
    run(tmp_path, capsys, "member", "password", "awa", "--password", "court", expect=1)
    assert "/enter/" in run(tmp_path, capsys, "member", "link", "1")["url"]
    run(tmp_path, capsys, "member", "card", "1", expect=1)  # an admin's pocket is no safe
    run(tmp_path, capsys, "member", "end", "awa", expect=1)  # the last admin stays
    with Service(Folder(tmp_path)) as service:
        assert service.members.has_any()
        assert is_right_now(secret, service.members.password_hash(1))


def test_members_are_imported_changed_found_and_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found_lab(tmp_path)
    sheet = tmp_path / "members.csv"
    sheet.write_text("nom,email\nAwa N’Diaye,awa@example.org\n,x@example.org\n")
    done = run(tmp_path, capsys, "member", "import", str(sheet))
    assert (done["added"], [one["row"] for one in done["rejected"]]) == (1, [3])
    run(tmp_path, capsys, "member", "set", "awa@example.org", "--ends", "2027-01-31")
    (awa,) = run(tmp_path, capsys, "member", "list", "diaye awa")["members"]
    assert awa["ends"] == "2027-01-31"
    assert run(tmp_path, capsys, "member", "end", "1")["left"]
    assert run(tmp_path, capsys, "member", "end", "nobody", expect=1)["error"]["hint"]
