"""A disk that is full or read-only is said in one sentence with the way out, and harms nothing."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import NewLab
from tests.e2e.nodes import Lab, fedlab

BYTES = 4_000_000  # room for a store, an index and the thesaurus that is kept beside it


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of our own, which only root can mount."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("a disk can be mounted only by root")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def fill(disk: Path) -> Iterator[Callable[[], None]]:
    """Fill the disk to the last block; the end of the test frees it."""
    ballast = disk / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                return

    yield fill
    ballast.unlink(missing_ok=True)


@pytest.fixture
def lab(disk: Path) -> Lab:
    return Lab(disk / "lab", "Petit")


def test_a_full_disk_refuses_and_goes_on_when_there_is_room(
    disk: Path, lab: Lab, fill: Callable[[], None]
) -> None:
    sheet = disk / "inventaire.csv"
    sheet.write_text("Nom\n" + "".join(f"Outil {number} {'x' * 60}\n" for number in range(2000)))
    add = ("item", "add", "--name", "Scie")
    for command in (add, ("import", sheet)):
        fill()
        error = lab.run(*command, expect=75)["error"]
        assert error["code"] == "disk_full"
        assert "full" in error["message"]
        assert error["hint"]
        (disk / "ballast").unlink()
    with lab.running():
        fill()
        assert lab.run("import", sheet, expect=75)["error"]["code"] == "disk_full"
        (disk / "ballast").unlink()
        lab.run(*add)
    sheet.unlink()
    assert [item["name"] for item in lab.run("item", "list")["items"]] == ["Scie"]
    assert lab.run("verify")["problems"] == []


def test_a_read_only_disk_is_a_matter_of_configuration(disk: Path, lab: Lab) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    for command in (("status",), ("item", "add", "--name", "Scie"), ("run", "--port", "0")):
        error = lab.run(*command, expect=78)["error"]
        assert error["code"] == "read_only", command
        assert not error["message"].partition(":")[0].endswith("lock"), "the folder is named"
        assert error["hint"]
    error = fedlab(disk / "new", "init", "--name", "Autre", expect=78)["error"]
    assert error["code"] == "read_only"


def test_a_file_that_may_not_be_read_is_named(new_lab: NewLab, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    sheet = tmp_path / "secret.csv"
    sheet.write_text("Nom\nScie\n")
    sheet.chmod(0)
    error = new_lab("Atelier").run("import", sheet, expect=78)["error"]
    assert "secret.csv" in error["message"]
