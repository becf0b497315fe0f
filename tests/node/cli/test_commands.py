"""The manners of the command line, and the JSON of every command that needs no other lab."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fedlab.node.cli.main import run_command
from tests.node.labs import found_lab

Run = Callable[..., tuple[int, Any]]
REPO = Path(__file__).resolve().parents[3]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a lab, which commands find by themselves."""
    folder = tmp_path / "lab"
    found_lab(folder, "Atelier", place=(48.0, 2.0))
    monkeypatch.setenv("FEDLAB_DATA", str(folder))
    monkeypatch.delenv("FEDLAB_DEBUG", raising=False)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with --json; return its exit code and its one document."""

    def run(*args: object) -> tuple[int, Any]:
        capsys.readouterr()
        code = run_command([*map(str, args), "--json"])
        output = capsys.readouterr().out
        assert output.endswith("\n")
        assert output.count("\n") == 1, "exactly one document"
        return code, json.loads(output)

    return run


# --- manners --------------------------------------------------------------------------------------


def test_data_and_json_are_taken_before_or_after_the_command(
    data: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    _, after = run("status", "--data", data)
    assert run_command(["--json", "--data", str(data), "status"]) == 0
    assert json.loads(capsys.readouterr().out) == after


def test_an_error_is_one_document_with_a_hint(data: Path, run: Run) -> None:
    code, answer = run("item", "show", "NOTHING")
    assert code == 1
    assert answer.keys() == {"error"}
    assert answer["error"].keys() == {"code", "message", "hint"}
    assert answer["error"]["code"] == "not_found"
    assert answer["error"]["hint"]


def test_without_json_an_error_is_words_on_standard_error(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["item", "show", "NOTHING"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[0] == "fedlab: no item is known as 'NOTHING'"


@pytest.mark.parametrize(
    "args",
    [
        ["item", "add"],
        ["no-such-command"],
        ["status", "--no-such-option"],
        ["item", "add", "--name", "X", "--quantity", "many"],
        ["item", "hold", "X", "--from", "tomorrow", "--to", "2026-01-01"],
        ["search", "x", "--near", "91,0"],
        ["search", "x", "--near", "Brest"],
        ["import"],
        ["import", "x.csv", "--map", "name"],
        ["import", "--undo", "x.csv"],
        ["init", "--name", "X", "--lat", "48"],
        ["run", "--port", "70000"],
        ["run", "--public-url", "not a url"],
    ],
)
def test_a_usage_error_is_2_and_says_so_as_json(data: Path, run: Run, args: list[str]) -> None:
    code, answer = run(*args)
    assert code == 2
    assert answer["error"]["code"] == "usage"


def test_a_folder_without_a_lab_is_78_and_names_init(tmp_path: Path, run: Run) -> None:
    code, answer = run("status", "--data", tmp_path / "none")
    assert code == 78
    assert "fedlab init" in answer["error"]["hint"]
    assert not (tmp_path / "none").exists()


def test_a_missing_or_unreadable_file_is_one_sentence(data: Path, run: Run, tmp_path: Path) -> None:
    code, answer = run("import", tmp_path / "none.csv")
    assert (code, answer["error"]["code"]) == (1, "not_found")
    assert "none.csv" in answer["error"]["message"]
    code, answer = run("import", tmp_path)
    assert code == 2
    (tmp_path / "huge.csv").touch()
    os.truncate(tmp_path / "huge.csv", 2**30)
    code, answer = run("import", tmp_path / "huge.csv")
    assert code == 2
    assert "more than 8,388,608 bytes" in answer["error"]["message"]


def test_a_defect_shows_no_traceback(data: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedlab.node.service.labs.Labs.status", lambda self: 1 / 0)
    code, answer = run("status")
    assert (code, answer["error"]["code"]) == (1, "defect")


def test_a_reader_that_goes_away_is_no_error(data: Path) -> None:
    """`fedlab log | head -1` must not print a traceback."""
    env = {**os.environ, "PYTHONPATH": str(REPO), "FEDLAB_DATA": str(data)}
    command = [sys.executable, "-P", "-m", "fedlab", "log"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as log:
        assert log.stdout is not None
        assert log.stderr is not None
        log.stdout.close()
        assert log.stderr.read() == b""


def test_no_colour_and_no_spinner_off_a_terminal(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_command(["item", "add", "--name", "Scie [à ruban]"])
    run_command(["item", "list"])
    assert "\x1b" not in capsys.readouterr().out


def test_help_needs_nothing_heavy() -> None:
    """`fedlab --help` answers within 0.3 s: none of what takes time is imported for it."""
    heavy = ["aiohttp", "asyncio", "cryptography", "msgspec", "rich", "sqlite_utils", "tantivy"]
    code = (
        "import sys; from fedlab.node.cli.main import run_command; run_command(['--help']);"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    env = {**os.environ, "PYTHONPATH": str(REPO)}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert ran.stderr.strip() == "[]"


# --- every command --------------------------------------------------------------------------------


def test_init(tmp_path: Path, run: Run) -> None:
    code, answer = run("init", "--name", "Atelier", "--lang", "en", "--data", tmp_path / "new")
    assert code == 0
    assert answer.keys() == {"lab", "name", "network", "recovery_words"}
    assert len(answer["recovery_words"]) == 12
    code, answer = run("init", "--name", "Atelier", "--data", tmp_path / "new")
    assert (code, answer["error"]["code"]) == (1, "has_lab")


def test_status(data: Path, run: Run) -> None:
    code, answer = run("status")
    assert code == 0
    wanted = {
        "lab",
        "name",
        "network",
        "epoch",
        "size",
        "root",
        "labs",
        "entries",
        "items",
        "peers",
    }
    assert wanted <= answer.keys()
    assert (answer["name"], answer["epoch"], answer["size"], answer["items"]) == (
        "Atelier",
        0,
        2,
        0,
    )


def test_items(data: Path, run: Run) -> None:
    code, added = run(
        "item", "add", "--name", "Scie", "--code", "s-1", "--quantity", "2,5", "--unit", "kg",
        "--terms", "lend", "--terms", "use", "--price", "12.50", "--kind", "material",
    )  # fmt: skip
    assert code == 0
    assert added["item"].endswith("/S-1")
    assert run("item", "set", "s-1", "--place", "Mur")[0] == 0
    assert run("item", "seen", "s-1")[0] == 0
    code, answer = run("item", "list")
    (item,) = answer["items"]
    wanted = {"item", "lab", "lab_name", "code", "kind", "name", "description", "category"}
    wanted |= {"quantity", "unit", "terms", "place", "photos", "updated_at", "free"}
    assert wanted <= item.keys()
    assert (item["quantity"], item["price"], item["terms"]) == (2500, 1250, ["lend", "use"])
    assert run("item", "show", "S-1") == (0, item)
    assert run("item", "show", added["item"][:6] + "/s-1") == (0, item)
    code, held = run("item", "hold", "s-1", "--from", "2026-01-01", "--to", "2026-01-02")
    assert held.keys() == {"hold", "item", "from", "to", "quantity"}
    assert run("item", "release", held["hold"])[0] == 0
    assert run("item", "set", "s-1", "--price", "none", "--quantity", "unknown")[0] == 0
    assert run("item", "show", "s-1")[1]["quantity"] is None
    assert run("item", "retire", "s-1")[0] == 0
    assert run("item", "list") == (0, {"items": []})


def test_import_dry_run_and_undo(data: Path, run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "inventaire.csv"
    sheet.write_text("Désignation;Qté\nPerceuse;2\nScie;NC\n;3\n")
    names = {"added", "changed", "unchanged", "rejected"}
    code, dry = run("import", sheet, "--dry-run")
    assert code == 0
    assert names <= dry.keys() | {"changed", "unchanged", "added", "rejected"}
    assert run("item", "list")[1]["items"] == []
    code, answer = run("import", sheet)
    assert (code, answer["added"], len(answer["rejected"])) == (0, 2, 1)
    assert answer["rejected"][0].keys() >= {"row", "reason"}
    assert run("import", sheet)[1]["unchanged"] == 2
    assert run("import", "--undo")[0] == 0
    assert run("item", "list")[1]["items"] == []
    assert run("import", "--undo")[0] == 1


def test_import_with_a_mapping(data: Path, run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "x.csv"
    sheet.write_text("Bidule,Chose\nPerceuse,A-1\n")
    code, answer = run("import", sheet, "--map", "name=Bidule", "--map", "code=Chose")
    assert (code, answer["added"]) == (0, 1)
    assert run("item", "show", "a-1")[1]["name"] == "Perceuse"


def test_log_is_one_document_a_line(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["log", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    keys = {"epoch", "index", "entry", "fact", "detail", "detail_state", "status"}
    assert [line.keys() for line in lines] == [keys, keys]


def test_upkeep(data: Path, run: Run, tmp_path: Path) -> None:
    assert run("verify") == (0, {"labs": 1, "entries": 2, "problems": [], "split_views": []})
    assert run("rebuild") == (0, {"entries": 2, "items": 0})
    code, answer = run("bundle", "write", tmp_path / "stick")
    assert (code, answer["labs"], answer["entries"]) == (0, 1, 2)
    code, answer = run("bundle", "write", tmp_path / "more", "--since", tmp_path / "stick")
    assert (code, answer["labs"], answer["entries"]) == (0, 0, 0)
    code, answer = run("bundle", "read", tmp_path / "stick")
    assert (code, answer["entries"]) == (0, 0)
    code, answer = run("bundle", "read", tmp_path / "none")
    assert (code, answer["error"]["code"]) == (1, "not_found")


def test_verify_with_a_problem_is_1(data: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from fedlab.node.verify import Problem, Report

    report = Report(1, 2, [Problem("signature", "broken")], [])
    monkeypatch.setattr("fedlab.node.service.logs.verify", lambda *_: report)
    code, answer = run("verify")
    assert code == 1
    assert answer["problems"][0]["message"] == "broken"


def test_another_labs_split_view_is_told_and_is_no_damage(
    data: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fedlab.node.verify import Problem, Report

    report = Report(1, 2, [], [Problem("split_view", "two versions", "ab" * 32, 0, 7)])
    monkeypatch.setattr("fedlab.node.service.logs.verify", lambda *_: report)
    code, answer = run("verify")
    assert code == 0
    assert answer["split_views"][0]["index"] == 7


def test_peers(data: Path, run: Run) -> None:
    other = "ab" * 32
    assert run("invite")[1]["url"].startswith("http")
    for command in ("vouch", "unvouch", "block", "unblock"):
        assert run(command, other) == (0, {"lab": other, "name": ""}), command
    code, answer = run("peers")
    assert (code, answer["peers"]) == (0, [])


def test_a_join_to_nobody_is_75_and_says_what_to_do(data: Path, run: Run, tmp_path: Path) -> None:
    found_lab(tmp_path / "host", "Absent")
    url = json.loads(
        subprocess.run(
            [sys.executable, "-P", "-m", "fedlab", "invite", "--json"],
            env={**os.environ, "PYTHONPATH": str(REPO), "FEDLAB_DATA": str(tmp_path / "host")},
            capture_output=True,
            check=True,
        ).stdout
    )["url"]
    said = url.partition("?")[2].partition("&url=")[0]
    code, answer = run("join", f"http://127.0.0.1:9/join?{said}")
    assert (code, answer["error"]["code"]) == (75, "try_later")
    assert answer["error"]["hint"]
