"""What the manager's pages do, from the command line: labels, photos, the walk, what to see to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fedlab.node.cli.main import run_command
from tests.node.labs import found_lab
from tests.node.photos.pictures import picture

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with --json in a lab with two items; return its code and its one document."""
    monkeypatch.setenv("FEDLAB_DATA", str(tmp_path / "lab"))
    monkeypatch.delenv("FEDLAB_DEBUG", raising=False)
    found_lab(tmp_path / "lab", "Atelier")

    def run(*args: object) -> tuple[int, Any]:
        capsys.readouterr()
        code = run_command([*map(str, args), "--json"])
        return code, json.loads(capsys.readouterr().out)

    assert run("item", "add", "--name", "Scie", "--code", "S", "--place", "Cave")[0] == 0
    assert run("item", "add", "--name", "Étau", "--code", "ETAU")[0] == 0
    return run


def test_labels_are_written_once_an_address_is_chosen(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("typst", reason="PDF needs typst")
    path = tmp_path / "labels.pdf"
    code, answer = run("labels", "--to", path)
    assert (code, answer["error"]["code"]) == (1, "no_label_address") and not path.exists()
    code, answer = run("labels", "S", "ETAU", "--to", path, "--address", "http://lab.local")
    assert code == 0 and path.read_bytes().startswith(b"%PDF-")
    assert answer == {"file": str(path), "labels": 2, "sheet": "L7160"}
    assert run("labels", "NONE", "--to", path)[1]["error"]["code"] == "no_such_code"
    assert run("labels", "--to", path, "--sheet", "A9")[0] == 2


def test_a_photo_is_added_and_taken_away(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "saw.jpg"
    path.write_bytes(picture())
    assert run("item", "photo", "add", "S", path)[0] == 0
    (name,) = run("item", "show", "S")[1]["photos"]
    path.write_bytes(b"<svg/>")
    assert run("item", "photo", "add", "S", path)[0] == 2
    assert run("item", "photo", "remove", "S", name)[0] == 0
    assert run("item", "show", "S")[1]["photos"] == []
    assert run("item", "photo", "remove", "S", name)[1]["error"]["code"] == "not_found"


def test_a_walk_is_begun_followed_and_ended(run: Run) -> None:
    assert run("walk", "show") == (0, {"walk": None, "ended_at": None})
    code, begun = run("walk", "begin")
    assert (code, begun["walk"]["total"]) == (0, 2)
    assert run("walk", "begin")[1]["error"]["code"] == "conflict"
    code, ended = run("walk", "end")
    assert code == 0 and ended["walk"] is None and ended["ended_at"] is not None


def test_what_to_see_to_is_listed(run: Run) -> None:
    code, answer = run("attention")
    assert code == 0 and all(one.keys() >= {"code", "severity"} for one in answer["troubles"])
