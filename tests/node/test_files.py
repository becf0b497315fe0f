"""Files that people name: only files are read, and never more of them than the limit."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fedlab.node.cli.main import run_command
from fedlab.node.errors import BadRequestError
from fedlab.node.files import open_file, read_file
from tests.node.labs import found_lab

Trap = Callable[[Path], object]


def pipe(path: Path) -> None:
    """Put a pipe there, at whose other end nobody writes: to open it is to wait for ever."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def endless(path: Path) -> None:
    """Put a device there that never ends, and says that it has no bytes."""
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


TRAPS = pytest.mark.parametrize("trap", [pipe, endless])


@TRAPS
def test_only_files_are_read(tmp_path: Path, trap: Trap) -> None:
    trap(tmp_path / "trap")
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(BadRequestError, match="pipe or a device") as raised:
        read_file(tmp_path / "trap", 10)
    assert raised.value.code == "unreadable_file"
    with pytest.raises(IsADirectoryError):
        open_file(tmp_path)
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_no_more_than_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert read_file(path, 10) == b"0123456789"
    with pytest.raises(BadRequestError, match="more than 9 bytes"):
        read_file(path, 9)


@TRAPS
@pytest.mark.parametrize("name", ["head", "keys.json", "thesaurus.tsv"])
def test_a_trap_in_the_folder_is_named(
    tmp_path: Path, trap: Trap, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found_lab(tmp_path)
    trap(tmp_path / name)
    assert run_command(["--data", str(tmp_path), "search", "saw"]) == 2
    assert f"{tmp_path / name} is a pipe or a device" in capsys.readouterr().err


@TRAPS
def test_a_contact_that_is_none_is_no_contact(tmp_path: Path, trap: Trap) -> None:
    found_lab(tmp_path)
    trap(tmp_path / "control.json")
    assert run_command(["--data", str(tmp_path), "status"]) == 0


@TRAPS
@pytest.mark.parametrize(
    "command",
    [("import",), ("bundle", "read"), ("bundle", "write", "out", "--since")],
    ids=" ".join,
)
def test_a_trap_that_is_named_is_said(
    tmp_path: Path,
    trap: Trap,
    command: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found_lab(tmp_path / "lab")
    monkeypatch.chdir(tmp_path)
    trap(tmp_path / "trap")
    assert run_command(["--data", "lab", *command, str(tmp_path / "trap")]) == 2
    assert "trap is a pipe or a device" in capsys.readouterr().err


def test_an_inventory_that_is_too_large_is_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found_lab(tmp_path / "lab")
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(9 * 1024 * 1024)
    assert run_command(["--data", str(tmp_path / "lab"), "import", str(large)]) == 2
    assert "large.csv has more than 8,388,608 bytes" in capsys.readouterr().err
